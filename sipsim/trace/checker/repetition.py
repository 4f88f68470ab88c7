"""What is sent again, when, and until when: the timers of transactions, and of the 2xx (RFC 3261 §17, §13.3.1.4).

Of an element that is watched every copy has its instant. In a capture copies may be missing, and T1 is not known; but
whatever is missing, the pauses between copies never get shorter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from sipsim.trace.checker.conversations import Dialog, Transaction, arrivals, first_time
from sipsim.trace.checker.extensions import Key, acknowledged_at, impatient, response_key
from sipsim.trace.checker.hops import Hop, is_group
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, SHOULD, Fault, fault, rule

TRYING_WITHIN = 0.2
"""Seconds in which an INVITE gets its first response (§17.2.1)."""

OVERLOADED = 503
"""What a server may say without a transaction, and forget: the next copy may fare better (§8.2.7, §21.5.4)."""


class Plan(NamedTuple):
    """A message and its copies, and when copies are due: before `until`, and otherwise only at `excuses`."""

    hops: Sequence[Hop]
    due: list[float]
    until: float
    excuses: Sequence[float] = ()


@rule("TIM-01", MUST, "RFC 3261 §17.1.1.2")
def timer_a(index: Index) -> Iterator[Fault]:
    """Over UDP an INVITE is repeated after T1, 3 T1, 7 T1 ... until a response comes."""
    for transaction in index.invites:
        if index.watched(transaction.client):
            yield from _too_many(index, _plan_of_invite(index, transaction))
        elif index.repeats(transaction.client):
            yield from _hurrying(index, transaction.requests)


@rule("TIM-02", MUST, "RFC 3261 §17.1.1.2")
def timer_b(index: Index) -> Iterator[Fault]:
    """An INVITE without any response is given up after 64 T1, not before."""
    for transaction in index.invites:
        plan = _plan_of_invite(index, transaction)
        patience = index.slack(index.patience)
        due = [time for time in plan.due if time + patience < plan.until and index.over(time + patience)]
        if len(plan.hops) <= len(due) and _persists(index, transaction):
            yield fault(f"is sent {len(plan.hops)} times, {len(due) + 1} times were due", transaction.first)


@rule("TIM-03", MUST, "RFC 3261 §17.1.2.2")
def timer_e(index: Index) -> Iterator[Fault]:
    """Over UDP other requests are repeated after T1, doubling up to T2, until a final response."""
    for transaction in index.transactions:
        forwarded = transaction.first.upstream is not None  # a CANCEL, then, without a transaction (§16.10)
        if transaction.method == "INVITE" or (transaction.method == "CANCEL" and forwarded):
            continue
        if not index.watched(transaction.client):
            if index.repeats(transaction.client):
                yield from _hurrying(index, transaction.requests, index.timing.t2)
            continue
        plan = _plan_of_request(index, transaction)
        yield from _too_many(index, plan)
        if _persists(index, transaction):
            yield from _too_few(index, plan)


@rule("TIM-06", MUST, "RFC 3261 §17.2.1")
def timer_g(index: Index) -> Iterator[Fault]:
    """Over UDP a refusal is repeated after T1, doubling up to T2, until its ACK, and for each INVITE."""
    for transaction in index.invites:
        refusals = [hop for hop in transaction.sent(300) if not transaction.without_state(hop)]
        if refusals and index.steady(transaction.server, transaction.first.time):
            start = refusals[0].time  # an ACK before that is for a refusal that nobody remembers (§8.2.7)
            acked = min((arrival.time for arrival in transaction.acked if arrival.time >= start), default=inf)
            asked = [arrival.time for arrival in transaction.taken if start <= arrival.time <= acked]
            due = [] if refusals[0].reliable else _doubling(start, index)
            plan = Plan(_copies(index, transaction, refusals), due, min(acked, start + index.patience), asked)
            yield from _too_many(index, plan)
            if refusals[0].status != OVERLOADED:
                yield from _too_few(index, plan._replace(due=[*due, *(time for time in asked if start < time < acked)]))


@rule("TIM-07", MUST, "RFC 3261 §17.2.1")
def trying(index: Index) -> Iterator[Fault]:
    """An INVITE gets its first response within 200 ms."""
    for transaction in index.invites:
        if not transaction.taken or not index.steady(transaction.server, transaction.first.time):
            continue
        due = transaction.taken[0].time + TRYING_WITHIN + index.slack(TRYING_WITHIN)
        answered = transaction.answers[0].time if transaction.answers else inf
        if answered > due and index.over(due):
            yield fault("no response within 200 ms", transaction.first, *transaction.answers[:1], by=transaction.server)


@rule("TIM-08", MUST, "RFC 3261 §17.2.2")
def timer_j(index: Index) -> Iterator[Fault]:
    """Over UDP a repeated request gets its final response again, for 64 T1, and nothing else does."""
    for transaction in index.transactions:
        finals = transaction.finals if transaction.method != "INVITE" and not transaction.first.reliable else []
        if finals and index.steady(transaction.server, transaction.first.time):
            start = finals[0].time
            asked = [arrival.time for arrival in transaction.taken if start <= arrival.time < start + index.patience]
            same = _copies(index, transaction, finals)
            yield from _too_many(index, Plan(same, [], inf, asked))
            yield from _too_few(index, Plan(same, [time for time in asked if time > start], inf))


@rule("ACK-05", MUST, "RFC 3261 §13.3.1.4")
def repeated_success(index: Index) -> Iterator[Fault]:
    """The callee repeats its 2xx after T1, doubling up to T2, until the ACK comes, or a BYE that ends the session."""
    for dialog, leg, accepted in _answered(index):
        if index.steady(leg.server, leg.first.time):
            start = accepted[0].time
            asked = [arrival.time for arrival in leg.taken]
            until = min(first_time(index.acked(accepted[0])), start + index.patience)
            ended = min((hop.time for hop in dialog.requests if hop.method == "BYE"), default=inf)
            due = _doubling(start, index)
            yield from _too_many(index, Plan(accepted, due, until, asked))
            yield from _too_few(index, Plan(accepted, due, min(until, ended), asked))


@rule("ACK-08", SHOULD, "RFC 3261 §13.3.1.4")
def unacknowledged(index: Index) -> Iterator[Fault]:
    """A callee whose 2xx gets no ACK for 64 T1 ends the session with BYE."""
    for dialog, leg, accepted in _answered(index):
        given_up = accepted[0].time + index.patience
        known = index.steady(leg.server, leg.first.time) and index.over(given_up + index.slack(index.patience))
        byes = [hop for hop in dialog.requests if hop.method == "BYE"]
        if known and not byes and first_time(index.acked(accepted[0])) > given_up:
            yield fault("no ACK came for 64 T1, and no BYE goes out", accepted[0])


@rule("EXT-02", MUST, "RFC 3262 §3")
def reliable(index: Index) -> Iterator[Fault]:
    """A reliable provisional response is repeated after T1, 3 T1, 7 T1 ... until its PRACK; a second one waits."""
    yield from impatient(index)
    acknowledged: dict[Key, float] | None = None
    for transaction in index.invites:
        said: dict[Key, list[Hop]] = defaultdict(list)
        for hop in transaction.sent(101, 199):
            if hop.own and hop.get("rseq"):
                said[response_key(hop)].append(hop)
        if not said or not index.steady(transaction.server, transaction.first.time):
            continue
        acknowledged = acknowledged_at(index) if acknowledged is None else acknowledged
        for key, copies in said.items():
            start, came = copies[0].time, acknowledged.get(key, inf)
            final = min((hop.time for hop in transaction.sent(200)), default=inf)
            given_up = min(final, start + index.patience)
            due = [start + index.timing.t1 * (2**n - 1) for n in range(1, 7)]
            plan = Plan(copies, [time for time in due if time <= came + index.slack(0)], given_up)
            yield from _too_many(index, plan._replace(excuses=_asked_after(transaction, start)))
            known = final if final < inf else copies[-1].time  # without a final response the call may be forgotten
            yield from _too_few(index, plan._replace(until=min(came, given_up, known)))


def _asked_after(transaction: Transaction, time: float) -> list[float]:
    """When copies of an INVITE came after an instant: each brings the last provisional response once more."""
    return [arrival.time for arrival in transaction.taken if arrival.time >= time]


def _plan_of_invite(index: Index, transaction: Transaction) -> Plan:
    first, t1 = transaction.first, index.timing.t1
    due = [] if first.reliable else [first.time + t1 * (2**n - 1) for n in range(1, 7)]
    return Plan(transaction.requests, due, first_time(transaction.heard()))


def _plan_of_request(index: Index, transaction: Transaction) -> Plan:
    first = transaction.first
    due = [] if first.reliable else _doubling(first.time, index, first_time(transaction.heard(100, 199)))
    heard = transaction.heard(200)
    if is_group(first.destination[0]):  # whoever is in it answers, from an address of their own (§18.1.1)
        same = [hop for hop in index.responses if hop.receiver == first.sender and hop.path[:1] == first.path[:1]]
        heard = arrivals([hop for hop in same if hop.status >= 200])
    return Plan(transaction.requests, due, first_time(heard))


def _copies(index: Index, transaction: Transaction, answers: list[Hop]) -> list[Hop]:
    """The first of these responses and its copies, until a late request begins another transaction."""
    first, anew = answers[0], index.anew(transaction)
    return [hop for hop in answers if hop.raw == first.raw and not first.time < anew <= hop.time]


def _doubling(start: float, index: Index, provisional: float = inf) -> list[float]:
    """When timers E and G, and the one of a 2xx, go off; E rests for T2 once a provisional response is there."""
    t1, t2 = index.timing.t1, index.timing.t2
    found, interval, time = list[float](), t1, start + t1
    while time < start + index.patience:
        found.append(time)
        interval = t2 if provisional < time else min(2 * interval, t2)
        time += interval
    return found


def _too_many(index: Index, plan: Plan) -> Iterator[Fault]:
    """Copies that go out when none is due."""
    first = plan.hops[0]
    for before, hop in pairwise(plan.hops):
        if before.failed and (hop.reliable or hop.destination != before.destination):  # sent another way (§18.2.2)
            continue
        passed = hop.time - first.time
        allowed = any(index.about(hop.time, time, passed) for time in [*plan.due, *plan.excuses])
        if hop.time > plan.until + index.slack(passed):
            yield fault("is sent again although an answer had come, or the time was up", hop, first)
        elif not allowed:
            yield fault(f"is sent again after {passed:.3f} s, when it is not due", hop, first)


def _too_few(index: Index, plan: Plan) -> Iterator[Fault]:
    """Copies that were due and did not go out."""
    first = plan.hops[0]
    for due in plan.due:
        passed = due - first.time
        slack = index.slack(passed)
        missing = not any(abs(hop.time - due) <= slack for hop in plan.hops[1:])
        if missing and due + slack < plan.until and index.over(due + slack):
            yield fault(f"is not sent again after {passed:.3f} s, when it is due", first)
            return


def _hurrying(index: Index, hops: Sequence[Hop], longest: float = inf) -> Iterator[Fault]:
    """Copies in a capture that follow one another faster and faster; what was but captured twice is no copy."""
    pauses = [(hop, hop.time - before.time) for before, hop in pairwise(hops)]
    pauses = [(hop, pause) for hop, pause in pauses if pause > index.slack(0)]
    for (_, before), (hop, pause) in pairwise(pauses):
        if pause + index.slack(before) < before <= longest:
            yield fault(f"is sent again after {pause:.3f} s, the pause before was {before:.3f} s", hop, hops[0])
            return


def _persists(index: Index, transaction: Transaction) -> bool:
    """Whether the client surely wants an answer for as long as the timers run."""
    failed = any(hop.failed for hop in transaction.requests)
    return not failed and index.steady(transaction.client, transaction.first.time)


def _answered(index: Index) -> Iterator[tuple[Dialog, Transaction, list[Hop]]]:
    """Each dialog with the transaction in which the callee accepted the INVITE, and the copies of its 2xx."""
    for dialog in index.dialogs.values():
        leg = dialog.callee_leg
        accepted = [hop for hop in dialog.accepting(leg, 200) if hop.own] if leg else []
        if leg and accepted:
            yield dialog, leg, accepted
