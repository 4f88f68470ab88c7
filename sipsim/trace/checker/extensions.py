"""Rules about reliable provisional responses and their PRACKs (RFC 3262)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf

from sipsim.protocol.reliable import TAG
from sipsim.trace.checker.conversations import Transaction
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

Key = tuple[object, ...]


@rule("EXT-01", MUST, "RFC 3262 §3")
def reliable(index: Index) -> Iterator[Fault]:
    """Only who knows 100rel gets reliable 101 to 199, with Require: 100rel, and RSeq from below 2**31 up by one."""
    for transaction in index.invites:
        asked = transaction.first
        known = TAG in asked.get("supported", ()) or TAG in asked.get("require", ())
        for hop in transaction.sent(100, 199):
            if not hop.own or hop.copy_of is not None or hop.message is None:
                continue
            number, requires = hop.message.has("RSeq"), TAG in hop.get("require", ())
            if number != requires:
                yield fault(f"{hop.status} has {'no ' if not number else ''}RSeq and "
                            f"{'no ' if not requires else ''}Require: 100rel", hop)  # fmt: skip
            elif number and (not known or hop.status == 100):
                yield fault(f"{hop.status} is reliable, and nobody asked for that", hop, asked)
        for first, *later in _in_order(transaction):
            if not 1 <= first.get("rseq") < 2**31:
                yield fault(f"RSeq begins at {first.get('rseq')}", first)
            for before, hop in pairwise([first, *later]):
                if hop.get("rseq") != before.get("rseq") + 1:
                    yield fault(f"RSeq {hop.get('rseq')} follows {before.get('rseq')}", hop, before)


def impatient(index: Index) -> Iterator[Fault]:
    """A second reliable response that does not wait for the PRACK of the first, which is part of EXT-02."""
    acknowledged: dict[Key, float] | None = None
    for transaction in index.invites:
        for first, *later in _in_order(transaction):
            if later and index.steady(transaction.server):
                acknowledged = acknowledged_at(index) if acknowledged is None else acknowledged
                if later[0].time < acknowledged.get(response_key(first), inf):
                    yield fault("a second reliable response does not wait for the PRACK of the first", later[0], first)


def _in_order(transaction: Transaction) -> Iterable[list[Hop]]:
    """The reliable responses that a server makes to an INVITE, those of each dialog in their order."""
    found: dict[str, list[Hop]] = defaultdict(list)
    for hop in transaction.sent(101, 199):
        if hop.own and hop.copy_of is None and hop.get("rseq") is not None:
            found[hop.to_tag].append(hop)
    return found.values()


@rule("EXT-03", MUST, "RFC 3262 §4")
def acknowledged_once(index: Index) -> Iterator[Fault]:
    """PRACK names in RAck a response that came, and one only: each has one PRACK, those sent again left out."""
    seen: dict[tuple[object, ...], Hop] = {}
    heard = _heard(index)
    for transaction in index.transactions:
        hop = transaction.first
        rack = hop.get("rack") if transaction.method == "PRACK" and hop.own else None
        if rack is None:
            continue
        key = (hop.sender, hop.call_id, hop.to_tag, rack.rseq, rack.cseq.number)
        if index.watched(hop.sender) and heard.get(key, index.end + 1) > hop.time:
            yield fault(f"the PRACK is for a response {rack.rseq} that never came", hop)
        before = seen.setdefault(key, hop)
        if before is not hop and before.sender == hop.sender and not _asked_again(index, before):
            yield fault(f"response {rack.rseq} is acknowledged a second time", hop, before)


def _heard(index: Index) -> dict[tuple[object, ...], float]:
    """When reliable responses reached whoever sent the INVITE."""
    found: dict[tuple[object, ...], float] = {}
    for transaction in index.invites:
        for arrival in transaction.heard(101, 199):
            hop, number = arrival.hop, arrival.hop.get("rseq")
            if number:
                key = (hop.receiver, hop.call_id, hop.to_tag, number, hop.cseq.number)
                found.setdefault(key, arrival.time)
    return found


def _asked_again(index: Index, hop: Hop) -> bool:
    """Whether a request was refused, so that another one may follow."""
    transaction = index.of.get(hop)
    return transaction is not None and bool(transaction.sent(300))


@rule("EXT-04", MUST, "RFC 3262 §3")
def waited_for(index: Index) -> Iterator[Fault]:
    """A PRACK for no response of ours gets 481, and no 2xx is sent before that for a described provisional response."""
    sent = {response_key(hop): hop for hop in _reliable(index)}
    for transaction in _pracks(index):
        hop = transaction.first
        if index.steady(transaction.server) and _acknowledged(transaction) not in sent:
            for answer in transaction.sent(200, 299)[:1]:
                rack = hop.get("rack").rseq
                yield fault(f"{answer.status} accepts a PRACK for a response {rack} that never was", answer, hop)
    came = acknowledged_at(index) if sent else {}
    described = [said for said in sent.values() if said.message is not None and said.message.body]
    open_ = {(said.sender, said.call_id, said.to_tag): said for said in described}
    for transaction in index.invites if open_ else ():
        for hop in transaction.sent(200, 299)[:1] if index.steady(transaction.server) else ():
            said = open_.get((hop.sender, hop.call_id, hop.to_tag))
            if said is not None and hop.time < came.get(response_key(said), inf):
                yield fault(f"{hop.status} does not wait for the PRACK of a described {said.status}", hop, said)


def response_key(hop: Hop) -> Key:
    """What a PRACK says of a reliable response, and to whom."""
    return hop.sender, hop.call_id, hop.to_tag, hop.get("rseq"), hop.cseq


def acknowledged_at(index: Index) -> dict[Key, float]:
    """When the PRACK for a reliable response first came to whoever sent that, by `response_key`."""
    found: dict[Key, float] = {}
    for transaction in _pracks(index):
        if transaction.taken:
            key = _acknowledged(transaction)
            found[key] = min(found.get(key, inf), transaction.taken[0].time)
    return found


def _reliable(index: Index) -> Iterator[Hop]:
    """The reliable provisional responses where they were made, copies included, the last copy first."""
    for transaction in index.invites:
        yield from (hop for hop in reversed(transaction.sent(101, 199)) if hop.own and hop.get("rseq"))


def _pracks(index: Index) -> Iterator[Transaction]:
    """The transactions in which a PRACK came to its end."""
    for transaction in index.transactions:
        if transaction.method == "PRACK" and not transaction.branches and transaction.first.get("rack") is not None:
            yield transaction


def _acknowledged(transaction: Transaction) -> Key:
    hop = transaction.first
    rack = hop.get("rack")
    return transaction.server, hop.call_id, hop.to_tag, rack.rseq, rack.cseq
