"""Messages: what goes over the wire, as octets and as values.

May import `sipsim.errors` and nothing else of the package: no clock, no socket, no dice. From the inside out:
`grammar` (tokens, lists, parameters), `codes` and `names` (tables), `uri`, `fields` (values of header fields),
`lines` (from a header line to its value, fast), `headers` (all lines of a message), `attributes`, `message` (`parse`,
Request, Response), `build` (requests and replies from scratch), `sdp`.
"""

from sipsim.message.fields import STAR, CSeq, MediaType, NameAddr, Via
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.sdp import Media, Sdp
from sipsim.message.uri import Uri

__all__ = [
    "STAR",
    "CSeq",
    "Media",
    "MediaType",
    "Message",
    "NameAddr",
    "Request",
    "Response",
    "Sdp",
    "Uri",
    "Via",
    "parse",
]
