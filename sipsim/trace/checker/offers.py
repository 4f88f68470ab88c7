"""Rules about descriptions of sessions: who may offer when, and what an answer says of each stream (RFC 3264)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import inf
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.sdp import Sdp
from sipsim.protocol.offer_answer import direction_of, foreign, mirrored, misplaced, narrowed
from sipsim.trace.checker.conversations import Dialog, Transaction, first_time
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

OFFERING = ("INVITE", "UPDATE")
NEGOTIATING = (*OFFERING, "PRACK", "ACK")
"""Methods whose descriptions are offers or answers; in the 200 to OPTIONS one only tells what there is."""


class Said(NamedTuple):
    """A description, the message that it was in, and whether that was refused."""

    hop: Hop
    description: Sdp
    in_vain: bool


@rule("OAN-01", MUST, "RFC 3261 §13.2.1")
def answers(index: Index) -> Iterator[Fault]:
    """A 2xx brings the answer to its request's offer, or the offer where an INVITE had none, unless a 1xx has."""
    for transaction in index.transactions:
        asked = transaction.first
        if transaction.method not in OFFERING or bool(asked.message and asked.message.body) != _bears(asked):
            continue
        for given in transaction.sent(200, 299)[:1] if transaction.method == "INVITE" or _bears(asked) else ():
            before = [hop for hop in transaction.sent(101, 199) if hop.get("rseq") and hop.to_tag == given.to_tag]
            if given.own and not _bears(given) and not any(map(_bears, before)):
                yield fault(f"{given.status} brings no {'answer' if _bears(asked) else 'offer'}", given, asked)


@rule("OAN-02", MUST, "RFC 3264 §4")
def one_offer_at_a_time(index: Index) -> Iterator[Fault]:
    """Nobody makes an offer, nor an INVITE accepts one, while another offer waits for its answer in the dialog."""
    for dialog, change, other in _meeting(index):
        asked = change.first
        if asked.own and _waits(index, dialog, other, (change.client, asked.from_tag), asked.time):
            yield fault(f"{asked.method} offers while another offer has no answer", asked, other.first)
        if change.method == "INVITE" and (accepted := _taken_meanwhile(index, dialog, change, other, 200, 299)):
            yield fault("INVITE is accepted while another offer has no answer", accepted, asked)


@rule("EXT-05", MUST, "RFC 3311 §5.2")
def updates_wait(index: Index) -> Iterator[Fault]:
    """An UPDATE whose offer meets an open one gets 491, or 500 with Retry-After, and is not accepted."""
    for dialog, change, other in _meeting(index):
        if change.method != "UPDATE":
            continue
        if accepted := _taken_meanwhile(index, dialog, change, other, 200, 299):
            yield fault("UPDATE is accepted while another offer has no answer", accepted, change.first)
        refused = _taken_meanwhile(index, dialog, change, other, 500, 500)
        if refused and refused.own and refused.get("retry_after") is None:
            yield fault("500 to an UPDATE that came too early does not say when to try again", refused, change.first)


@rule("OAN-03", MUST, "RFC 3264 §6")
def fits(index: Index) -> Iterator[Fault]:
    """An answer has as many streams as the offer, of the same kinds in their order; a refused one has port 0."""
    for offered, answered, asked, given in _pairs(index):
        why = misplaced(offered, answered)
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


@rule("OAN-05", MUST, "RFC 3264 §8")
def versions(index: Index) -> Iterator[Fault]:
    """In a dialog each end counts the version in o= up by one with each change, and keeps the rest and all streams."""
    for dialog in index.dialogs.values():
        said: dict[tuple[str, str], dict[int, Said]] = {}
        for hop, end, new in _descriptions(dialog):
            earlier, version = said.setdefault(end, {}), _origin(new)[1]
            if earlier:
                last = next(reversed(earlier.values()))
                if why := _against(index, hop, new, earlier, last):
                    yield fault(why, hop, last.hop)
            earlier[version] = Said(hop, new, _in_vain(index, hop))


@rule("OAN-06", MUST, "RFC 3264 §6.1")
def formats(index: Index) -> Iterator[Fault]:
    """A stream that an answer takes has one of the formats that were offered, at least."""
    for offered, answered, asked, given in _pairs(index):
        if not misplaced(offered, answered) and (why := foreign(offered, answered)):
            yield fault(f"the answer does not fit the offer: {why}", given, asked)


@rule("OAN-07", MUST, "RFC 8866 §5")
def readable(index: Index) -> Iterator[Fault]:
    """A session description keeps to its grammar, has v, o, s and t, and an address for each stream."""
    for hop in index.hops:
        if hop.message is not None and hop.message.body and hop.fresh and _kind(hop) == ("application", "sdp"):
            why = _flaw(hop.message.body)
            if why:
                yield fault(f"the description {why}", hop)


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


def _kind(hop: Hop) -> tuple[str, str] | None:
    """What a message says its body is."""
    kind = hop.get("content_type")
    return (kind.type, kind.subtype) if kind is not None else None


def _bears(hop: Hop) -> bool:
    """Whether a message may have a description: in its body, or in one part of it."""
    kind = _kind(hop) if hop.message is not None and hop.message.body else None
    return kind is not None and (kind == ("application", "sdp") or kind[0] == "multipart")


def _description(hop: Hop) -> Sdp | None:
    message = hop.message
    if message is None or not message.body or _kind(hop) != ("application", "sdp"):
        return None
    return _parsed(message.body)


@lru_cache(maxsize=2048)
def _parsed(body: bytes) -> Sdp | None:
    try:
        return Sdp.parse(body)
    except SipParseError:
        return None


def _flaw(body: bytes) -> str:
    """What is wrong with a description, "" where nothing is."""
    found = _parsed(body)
    if found is None:
        return "can't be read"
    letters = [letter for letter, _ in found.lines]
    if missing := [letter for letter in "vost" if letter not in letters]:
        return f"has no {' and no '.join(missing)} line"
    if not _origin(found)[0]:
        return f"has an origin that is none: {(found.origin or '')[:60]!r}"
    if any(stream.port and not (stream.connection or found.connection) for stream in found.media):
        return "has a stream without an address"
    return ""


def _origin(description: Sdp) -> tuple[tuple[str, ...], int]:
    """What stays the same of an o= value, and the version in it; nothing where it is none."""
    parts = (description.origin or "").split(" ")
    if len(parts) != 6 or not (parts[1].isdecimal() and parts[2].isdecimal() and len(parts[2]) < 25):
        return (), 0
    return (*parts[:2], *parts[3:]), int(parts[2])


def _descriptions(dialog: Dialog) -> Iterator[tuple[Hop, tuple[str, str], Sdp]]:
    """What the two ends have said in a dialog of their sessions, in order, and who said it: element and tag."""
    legs = [dialog.caller_leg.first] if dialog.caller_leg else []
    answers = [hop for one in [*dialog.legs, *dialog.inside] for hop in one.answers if hop.to_tag]
    later = [hop for hop in answers if hop.own and hop.copy_of is None and hop.status != 199]
    members = [hop for hop in [*legs, *dialog.requests, *later] if hop.method in NEGOTIATING and _bears(hop)]
    if len(members) < 3:  # one offer, one answer, as nearly always
        return
    for hop in sorted(members, key=lambda hop: hop.number):
        ours = {dialog.caller_tag, dialog.callee_tag} >= {hop.from_tag, *([hop.to_tag] if hop.to_tag else [])}
        if ours and (new := _description(hop)) is not None and _origin(new)[0]:
            yield hop, (hop.sender, hop.to_tag if hop.status else hop.from_tag), new


def _against(index: Index, hop: Hop, new: Sdp, earlier: dict[int, Said], last: Said) -> str:
    """Why a description can't follow those that its end has said before, "" where it can.

    The version of what was refused may be used again.
    """
    version = _origin(new)[1]
    same = earlier.get(version)
    if _origin(new)[0] != _origin(last.description)[0]:
        return f"o= was {last.description.origin}, and is {new.origin}"
    if same is None and version - 1 not in earlier and (version < max(earlier) or not _passed_on(index, hop)):
        return f"version {version} follows {_origin(last.description)[1]}"
    if same is not None and not same.in_vain and new != same.description:
        return f"the description is another one, and its version is still {version}"
    if len(new.media) < len(last.description.media) and not last.in_vain:
        return f"{len(new.media)} streams follow {len(last.description.media)}"
    return ""


def _passed_on(index: Index, hop: Hop) -> bool:
    """Whether a description is another one's, whose versions in between went nowhere (RFC 7092 §3.1.2)."""
    body = hop.message.body if hop.message is not None else b""
    came = [one for one in index.hops if one.receiver == hop.sender and one.arrivals and one.number < hop.number]
    return any(one.message is not None and one.message.body == body for one in came)


def _in_vain(index: Index, hop: Hop) -> bool:
    """Whether a request was refused, so that what it offered never came to be."""
    transaction = None if hop.status else index.of.get(hop)
    return transaction is not None and bool(transaction.sent(300)) and not transaction.sent(200, 299)


def _meeting(index: Index) -> Iterator[tuple[Dialog, Transaction, Transaction]]:
    """Each offer in a dialog with every other one there; of two INVITEs speak DLG-06 and DLG-07."""
    for dialog in index.dialogs.values():
        changes = [one for one in dialog.inside if one.method in OFFERING and _bears(one.first)]
        for change in changes if any(one.method == "UPDATE" for one in changes) else ():
            for other in [*dialog.legs, *changes]:
                both_invite = other.method == change.method == "INVITE"
                if other is not change and not both_invite and _bears(other.first):
                    yield dialog, change, other


def _taken_meanwhile(
    index: Index, dialog: Dialog, change: Transaction, other: Transaction, low: int, high: int
) -> Hop | None:
    """The response of such a status that a server sends to a change, while it knows another offer without answer."""
    answers = change.sent(low, high)[:1] if change.taken and not change.branches else []
    for answer in answers:
        end = change.server, change.first.to_tag
        if _waits(index, dialog, other, end, change.taken[0].time, answer.time):
            return answer
    return None


def _waits(
    index: Index, dialog: Dialog, offer: Transaction, end: tuple[str, str], time: float, until: float | None = None
) -> bool:
    """Whether the offer in a request had, at an instant (and until another one), no answer for all that an end knew."""
    element, tag = end
    ours = {hop.to_tag for hop in offer.answers} if offer.first.to_tag else {dialog.callee_tag}
    if offer.first.from_tag == tag:
        if offer.client != element or not offer.first.own or any(hop.failed for hop in offer.requests):
            return False
        heard = [one for one in offer.heard(101) if one.hop.status >= 300 or one.hop.to_tag in ours]
        began, ended = offer.first.time, first_time([one for one in heard if _settles(one.hop)])
        gone = not offer.heard() and time > began + index.patience
        return began < time and (until or time) < ended and not gone and (index.steady(element) or ended < inf)
    if offer.server != element or offer.branches or not index.steady(element):
        return False
    sent = [hop for hop in offer.sent(101) if _settles(hop)]
    return first_time(offer.taken) < time and (until or time) < min((hop.time for hop in sent), default=inf)


def _settles(hop: Hop) -> bool:
    """Whether a response brings the answer, or none any more."""
    return hop.status >= 200 or bool(hop.get("rseq") and _bears(hop))
