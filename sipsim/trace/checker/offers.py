"""Rules about descriptions of sessions: an answer says of each offered stream what becomes of it (RFC 3264)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sipsim.errors import SipParseError
from sipsim.message.sdp import Sdp
from sipsim.protocol.offer_answer import direction_of, mirrored, misfit, narrowed
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

OFFERING = ("INVITE", "UPDATE")


@rule("OAN-03", MUST, "RFC 3264 §6")
def fits(index: Index) -> Iterator[Fault]:
    """An answer has the streams of the offer in their order, each refused by port 0 or with a format of the offer."""
    for offered, answered, asked, given in _pairs(index):
        why = misfit(offered, answered)
        if why:
            yield fault(f"the answer does not fit the offer: {why}", given, asked)


@rule("OAN-04", MUST, "RFC 3264 §6.1")
def directions(index: Index) -> Iterator[Fault]:
    """Who is only sent to does not send in the answer, and who is only heard does not listen."""
    for offered, answered, asked, given in _pairs(index):
        for at, (one, other) in enumerate(zip(offered.media, answered.media, strict=False), 1):
            may, does = mirrored(direction_of(offered, one)), direction_of(answered, other)
            if one.port and other.port and narrowed(may, does) != does:
                yield fault(f"stream {at} was offered {mirrored(may)}, and is answered {does}", given, asked)


def _pairs(index: Index) -> Iterator[tuple[Sdp, Sdp, Hop, Hop]]:
    """Each offer in a request with the answers that its server made, as far as both can be read.

    Of an INVITE only the first description in a response counts that was sure to arrive.
    """
    for transaction in index.transactions:
        asked = transaction.first
        offered = _description(asked) if transaction.method in OFFERING else None
        if offered is None or asked.torn or asked.copy_of is not None:
            continue
        for given in transaction.sent(101, 299):
            if not given.own or given.copy_of is not None or given.status == 199:
                continue
            answered = _description(given)
            if answered is not None:
                yield offered, answered, asked, given
                if given.get("rseq") or given.status >= 200:
                    break


def _description(hop: Hop) -> Sdp | None:
    message = hop.message
    kind = hop.get("content_type") if message is not None and message.body else None
    if message is None or kind is None or (kind.type, kind.subtype) != ("application", "sdp"):
        return None
    return _parsed(message.body)


@lru_cache(maxsize=256)
def _parsed(body: bytes) -> Sdp | None:
    try:
        return Sdp.parse(body)
    except SipParseError:
        return None
