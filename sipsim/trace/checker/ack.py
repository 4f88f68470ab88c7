"""ACK: for each final response to INVITE, hop by hop or end to end (RFC 3261 §13.2.2.4, §17.1.1.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import inf

from sipsim.protocol.timing import SHORTEST_D
from sipsim.trace.checker.conversations import Transaction, first_time
from sipsim.trace.checker.hops import Arrival, Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("ACK-01", MUST, "RFC 3261 §17.1.1.3")
def belongs_to_refusal(index: Index) -> Iterator[Fault]:
    """The ACK for a refusal has the INVITE's URI, Call-ID, From, Route, CSeq and Via."""
    for transaction in index.invites:
        refusals = transaction.sent(300)
        for hop in transaction.acks if refusals else ():
            if hop.copy_of is not None or hop.upstream is not None:
                continue
            wrong = unlike(index, hop, transaction.first)
            if hop.to_tag not in [refusal.to_tag for refusal in refusals]:
                wrong.append("To")
            if wrong:
                text = f"ACK has another {' and '.join(wrong)} than it should"
                yield fault(text, hop, transaction.first, refusals[0])


@rule("ACK-02", MUST, "RFC 3261 §13.2.2.4")
def acknowledges_success(index: Index) -> Iterator[Fault]:
    """The caller sends an ACK for each 2xx, with the INVITE's CSeq and a new branch."""
    for transaction in index.invites:
        tags = [hop.to_tag for hop in transaction.sent(200, 299)]
        refused = first_time(transaction.heard(300))  # without a transaction: then a 2xx may follow (§8.2.7)
        for hop in transaction.acks:
            if hop.to_tag in tags and hop.copy_of is None and hop.time < refused:
                yield fault("the ACK for a 2xx has the branch of the INVITE", hop, transaction.first)
        for came in _successes(index, transaction):
            sent = index.acks_of(came[0].hop)
            due = _due(came, sent) if came[0].hop.get("body") and not transaction.first.get("body") else came
            if len(sent) < len(due):
                text = f"a 2xx came {len(due)} times, {len(sent)} ACKs went out"
                yield fault(text, due[-1].hop, by=transaction.client)
    yield from _wrongly_numbered(index)


@rule("ACK-03", MUST, "RFC 3261 §17.1.1.2")
def acknowledges_refusal(index: Index) -> Iterator[Fault]:
    """Each copy of a refusal gets an ACK from the hop that it reached, and nothing else does."""
    for transaction in index.invites:
        came = transaction.heard(300)
        sent = [*transaction.acks, *_misnamed(index, transaction)]
        if not _can_be_told(index, transaction) or transaction.heard(200, 299):
            continue
        patience = max(SHORTEST_D, index.patience)
        due = [one for one in came if one.time < came[0].time + patience and index.over(one.time)]
        if len(sent) < len(due):
            text = f"a refusal came {len(due)} times, {len(sent)} ACKs went out"
            yield fault(text, due[-1].hop, transaction.first, by=transaction.client)
        elif len(sent) > len(came):
            yield fault(f"{len(sent)} ACKs went out, a refusal came {len(came)} times", sent[-1], transaction.first)


@rule("ACK-04", MUST, "RFC 3261 §17")
def is_not_answered(index: Index) -> Iterator[Fault]:
    """Nobody answers an ACK."""
    for hop in index.responses:
        if hop.method == "ACK" and hop.fresh:
            yield fault(f"{hop.status} answers an ACK", hop)


@rule("ACK-06", MUST, "RFC 3261 §13.2.2.4")
def brings_the_answer(index: Index) -> Iterator[Fault]:
    """When the 2xx brought the offer, its ACK brings the answer."""
    for transaction in index.invites:
        reliable = any(hop.get("require") for hop in transaction.sent(101, 199))
        if not transaction.first.own or transaction.first.get("body") or reliable:
            continue
        for hop in transaction.sent(200, 299):
            for ack in index.acks_of(hop)[:1]:
                if hop.copy_of is None and hop.get("body") and not ack.get("body"):
                    yield fault(f"ACK has no answer to the offer in the {hop.status}", ack, hop)


@rule("ACK-07", MUST, "RFC 6026 §8.4")
def leaves_success_to_its_user(index: Index) -> Iterator[Fault]:
    """No client transaction acknowledges a 2xx by itself: neither at a proxy, nor beside the caller."""
    for transaction in index.invites:
        for hop in transaction.sent(200, 299):
            acks = [ack for ack in index.acks_of(hop) if ack.copy_of is None and ack.own]
            if transaction.first.own:
                same = [ack for ack in acks if ack.path == transaction.first.path]
                acks = same if len(same) < len(acks) else []
            elif not index.watched(transaction.client):
                acks = []
            for ack in acks if hop.copy_of is None else ():
                yield fault(f"ACK for the {hop.status} is none of the caller's, but of a transaction", ack, hop)


@rule("ACK-09", MUST, "RFC 3261 §17.1.1.3")
def has_the_invites_branch(index: Index) -> Iterator[Fault]:
    """The ACK for a refusal has the branch of its INVITE, at a proxy without state too (§16.11)."""
    found = {ack: leg for leg in index.invites for ack in _misnamed(index, leg)}
    for ack, leg in found.items():
        if ack.copy_of is None and ack.upstream not in found:
            refusal = leg.sent(300)[0]
            yield fault(f"ACK for the {refusal.status} has another branch than the INVITE", ack, leg.first, refusal)


def unlike(index: Index, hop: Hop, invite: Hop) -> list[str]:
    """The fields of an ACK or CANCEL that should be those of its INVITE and are not."""
    path = hop.path if index.watched(hop.sender) else hop.path[:1]  # in a capture it may come from beyond a proxy
    pairs = {
        "Request-URI": (hop.uri_text, invite.uri_text),
        "Call-ID": (hop.call_id, invite.call_id),
        "From": (hop.get("from_"), invite.get("from_")),
        "CSeq number": (hop.cseq.number, invite.cseq.number),
        "Via": (path, invite.path[:1]),
        "Route": (hop.routes, invite.routes),
    }
    return [name for name, (one, other) in pairs.items() if one != other]


def _misnamed(index: Index, transaction: Transaction) -> list[Hop]:
    """ACKs from this client to this server that by all but their branch are for its refusals.

    A proxy with state sends its own, and passes on those that come too late for their transaction (§16.2).
    """
    accepted = {hop.to_tag for hop in transaction.sent(200, 299)}
    refusals = {hop.to_tag: hop for hop in transaction.sent(300) if hop.to_tag not in accepted}
    acks = [ack for refusal in refusals.values() for ack in index.acks_of(refusal)]
    acks = [ack for ack in acks if ack not in index.of and ack.receiver == transaction.server]
    return [ack for ack in acks if ack.upstream is None or not (transaction.acks or index.watched(ack.sender))]


def _can_be_told(index: Index, transaction: Transaction) -> bool:
    """Whether the client surely was still there when responses came, and not told that its messages got lost."""
    start, heard = transaction.first.time, transaction.heard()
    failed = any(hop.failed for hop in [*transaction.requests, *transaction.acks])
    alive = not heard or heard[0].time < start + index.patience
    return alive and not failed and not _gave_up(index, transaction) and index.steady(transaction.client, start)


def _gave_up(index: Index, transaction: Transaction) -> bool:
    """Whether the client may have let go of its INVITE before the answer came, 64 T1 after its CANCEL (§9.1)."""
    cancels = [one.first.time for one in index.sharing_branch(transaction) if one.method == "CANCEL"]
    return first_time(transaction.heard(200)) >= min(cancels, default=inf) + index.patience - index.slack(0)


def _successes(index: Index, transaction: Transaction) -> list[list[Arrival]]:
    """For each To tag the 2xx that came to the caller while its transaction still took them (RFC 6026 §7.2)."""
    came, refused = transaction.heard(200, 299), transaction.heard(300)
    if not came or not transaction.first.own or not _can_be_told(index, transaction):
        return []
    until = min([came[0].time + index.patience, *(arrival.time for arrival in refused)])
    found: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in came:
        if arrival.time < until and index.over(arrival.time):
            found[arrival.hop.to_tag].append(arrival)
    return list(found.values())


def _due(came: list[Arrival], sent: list[Hop]) -> list[Arrival]:
    """The copies of a 2xx with an offer that are owed an ACK: until there is an answer, several get one together."""
    first = min((ack.time for ack in sent), default=0.0)
    return came[:1] + [one for one in came[1:] if one.time > first]


def _wrongly_numbered(index: Index) -> Iterator[Fault]:
    for hop in index.loose_acks:
        dialog = index.dialog_of(hop)
        if dialog is None or not hop.own or hop.copy_of is not None:
            continue
        invites = [one.first for one in [*dialog.legs, *dialog.inside] if one.method == "INVITE"]
        numbers = [invite.cseq.number for invite in invites if invite.from_tag == hop.from_tag]
        known = index.watched(hop.sender) or hop.cseq.number < min(numbers, default=0)
        if known and hop.cseq.number not in numbers:
            yield fault(f"CSeq {hop.cseq.number} of the ACK is that of no INVITE", hop, *invites[:1])
