"""Messages: what goes over the wire, as octets and as values.

May import `sipsim.errors` and nothing else of the package: no clock, no socket, no dice. From the inside out:
`grammar` (tokens, lists, parameters), `codes`, `names` and `categories` (tables), `uri`, `fields` and `rare_fields`
(values of header fields), `lines` (from a header line to its value, fast), `headers` (all lines of a message),
`attributes`, `entity` (bodies and their parts), `readers` (header fields by attribute), `message` (`parse`, Request,
Response), `build` (requests and replies from scratch), `framing` (messages on a stream), `sdp`.
"""

from sipsim.message.entity import Part, multipart
from sipsim.message.fields import STAR, CSeq, MediaType, NameAddr, Via
from sipsim.message.framing import Framer
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.rare_fields import Date, Parameterised, RAck, Timestamp, WarningValue
from sipsim.message.sdp import Media, Sdp
from sipsim.message.uri import Uri

__all__ = [
    "STAR", "CSeq", "Date", "Framer", "Media", "MediaType", "Message", "NameAddr", "Parameterised", "Part", "RAck",
    "Request", "Response", "Sdp", "Timestamp", "Uri", "Via", "WarningValue", "multipart", "parse",
]  # fmt: skip
