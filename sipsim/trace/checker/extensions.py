"""Rules about reliable provisional responses (RFC 3262) and session timers (RFC 4028)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sipsim.protocol.reliable import TAG
from sipsim.protocol.session_timers import LEAST
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("EXT-01", MUST, "RFC 3262 §3")
def reliable(index: Index) -> Iterator[Fault]:
    """A reliable provisional response has Require: 100rel and RSeq, and only who knows 100rel gets one."""
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
    sent: dict[tuple[object, ...], Hop] = {}
    for transaction in index.invites:
        for hop in transaction.sent(101, 199):
            if hop.own and hop.get("rseq"):
                sent.setdefault((hop.sender, hop.call_id, hop.to_tag, hop.get("rseq"), hop.cseq.number), hop)
    came: dict[Hop, float] = {}
    for transaction in index.transactions:
        hop = transaction.first
        rack = hop.get("rack") if transaction.method == "PRACK" else None
        if rack is None or not index.steady(transaction.server) or transaction.branches:
            continue
        said = sent.get((transaction.server, hop.call_id, hop.to_tag, rack.rseq, rack.cseq.number))
        if said is not None and transaction.taken:
            came[said] = min(came.get(said, inf), transaction.taken[0].time)
        for answer in transaction.sent(200, 299)[:1] if said is None else ():
            yield fault(f"{answer.status} accepts a PRACK for a response {rack.rseq} that never was", answer, hop)
    described = [said for said in sent.values() if said.message is not None and said.message.body]
    open_ = {(said.sender, said.call_id, said.to_tag): said for said in described}
    for transaction in index.invites if open_ else ():
        for hop in transaction.sent(200, 299)[:1] if index.steady(transaction.server) else ():
            said = open_.get((hop.sender, hop.call_id, hop.to_tag))
            if said is not None and hop.time < came.get(said, inf):
                yield fault(f"{hop.status} does not wait for the PRACK of a described {said.status}", hop, said)


@rule("EXT-06", MUST, "RFC 4028 §4")
def long_enough(index: Index) -> Iterator[Fault]:
    """A session interval is 90 s at least, and in a 2xx no less than the request's Min-SE."""
    for transaction in index.transactions:
        hop = transaction.first
        if transaction.method not in ("INVITE", "UPDATE"):
            continue
        wanted, least = hop.get("session_expires"), hop.get("min_se") or 0
        if wanted is not None and wanted.seconds < LEAST and hop.fresh:
            yield fault(f"a session interval of {wanted.seconds} s is asked for", hop)
        for answer in transaction.sent(200, 299)[:1]:
            granted = answer.get("session_expires") if answer.own else None
            if granted is not None and granted.seconds < max(LEAST, least):
                yield fault(f"a session interval of {granted.seconds} s is granted", answer, hop)
