"""What goes on from one side of a back-to-back user agent to the other, and what it adds (RFC 7092 §3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.calls.replacing import MISPLACED
from sipsim.elements.calls.session import description_from
from sipsim.message.lines import value_of
from sipsim.message.message import Message, Request
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import UNTYPED, Fields, Refusal
from sipsim.protocol.offer_answer import declined, succeeding

if TYPE_CHECKING:
    from sipsim.elements.servers.b2bua import B2bua

OURS = frozenset(
    ("", "via", "max-forwards", "max-breadth", "from", "to", "call-id", "cseq", "contact", "route", "record-route",
     "rseq", "rack", "content-length"),
)  # fmt: skip
"""What belongs to one side: its way, its dialog, its numbers. All else is between the two ends."""


def across(message: Message) -> Fields:
    """The header fields that go on to the other side, in their order; not what no line of ours may carry.

    A body of which nothing was said is octets (RFC 3261 §20.15).
    """
    found = [(name, value_of(line)) for name, line in zip(message.names, message.lines, strict=True)]
    if message.body and "content-type" not in message.names:
        found.append(("Content-Type", "application/octet-stream"))
    return tuple([(name, value) for name, value in found if name not in OURS and "\0" not in value])


def unclear(request: Request) -> Refusal | None:
    """Why a request goes no further: it is none that a user agent would send (RFC 3261 §20.15, RFC 3891 §3)."""
    if request.body and request.content_type is None:
        return UNTYPED
    misplaced = "replaces" in request.names and (request.method != "INVITE" or request.names.count("replaces") > 1)
    return MISPLACED if misplaced else None


def onward(b2bua: B2bua, dialog: Dialog, request: Request, rack: Fields = (), number: int | None = None) -> Request:
    """A request as it goes on in a dialog, without credentials for us.

    That Max-Forwards is lowered is all that keeps it from going in circles (RFC 7332).
    """
    fields = across(request if b2bua.gate is None else request.without("Authorization"))
    return dialog.request(
        request.method, via=b2bua.new_via(), contact=b2bua.contact if "contact" in request.names else None,
        number=number, headers=fields + rack, body=request.body, max_forwards=(request.max_forwards or 71) - 1,
    )  # fmt: skip


def declining(offer: bytes, said: bytes, host: str) -> bytes:
    """An answer that takes nothing of an offer, by one who has `said` this before; b"" where no offer can be read."""
    offered, last = description_from(offer), description_from(said)
    if offered is None:
        return b""
    answer = declined(offered, "-", host)
    try:
        return bytes(answer if last is None else succeeding(last, answer))
    except ValueError:  # an o= line that is none
        return bytes(answer)
