"""CANCEL: when it may go out, what it is made of, and what it leads to (RFC 3261 §9, §16.10)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sipsim.trace.checker.ack import unlike
from sipsim.trace.checker.conversations import Transaction, first_time
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, SHOULD, Fault, fault, rule


@rule("CAN-01", MUST, "RFC 3261 §9.1")
def belongs_to_invite(index: Index) -> Iterator[Fault]:
    """A CANCEL has the URI, Call-ID, To, From, CSeq number, top Via and Route of what it cancels."""
    for cancel in index.transactions:
        hop = cancel.first
        invite = _meant(index, cancel) if cancel.method == "CANCEL" and hop.upstream is None else None
        if invite is None:
            continue
        wrong = unlike(index, hop, invite.first)
        if hop.get("to") != invite.first.get("to"):
            wrong.append("To")
        if wrong:
            yield fault(f"CANCEL has another {' and '.join(wrong)} than its INVITE", hop, invite.first)


@rule("CAN-02", MUST, "RFC 3261 §9.1")
def in_time(index: Index) -> Iterator[Fault]:
    """A CANCEL goes out after a provisional response and before a final one."""
    for cancel, invite in _cancelled(index):
        hop, first = cancel.first, invite.first
        if not index.watched(hop.sender):
            continue
        if hop.time < first_time(invite.heard()) - index.slack(0):
            yield fault("CANCEL goes out before any response to the INVITE came", hop, first)
        elif hop.time > first_time(invite.heard(200)) + index.slack(0):
            yield fault("CANCEL goes out although a final response had come", hop, first)


@rule("CAN-03", SHOULD, "RFC 3261 §9.2")
def is_answered(index: Index) -> Iterator[Fault]:
    """A CANCEL gets 200 where its INVITE is known and 481 elsewhere, tagged as the INVITE's responses."""
    for cancel in index.transactions:
        judged = cancel.method == "CANCEL" and cancel.first.upstream is None and index.repeats(cancel.server)
        for hop in cancel.sent(200)[:1] if judged else ():  # to one without state it is like any request (§16.11)
            invite = index.invite_of(cancel)
            right = _right_answers(index, cancel, invite)
            judged = invite is not None and not invite.branches and index.watched(hop.sender)
            tags = [answer.to_tag for answer in invite.sent(101) if answer.own] if invite and judged else []
            if hop.status not in (*right, 401, 407):  # what a challenge is worth here is another rule's
                wanted = " or ".join(map(str, right))
                yield fault(f"CANCEL is answered with {hop.status}, not with {wanted}", hop, cancel.first)
            elif invite and hop.status == 200 and tags and hop.to_tag not in tags:
                yield fault(f"To tag of the {hop.status} is not that of the INVITE's responses", hop, invite.first)


@rule("CAN-04", SHOULD, "RFC 3261 §9.2")
def ends_with_487(index: Index) -> Iterator[Fault]:
    """An INVITE that is cancelled before it was answered gets 487."""
    for cancel, invite in _cancelled(index):
        yes = cancel.sent(200, 299)
        if not yes or invite.branches or not index.watched(invite.server):
            continue
        finals = [hop for hop in invite.sent(200) if hop.copy_of is None]
        if not finals:
            waits = index.steady(invite.server, invite.first.time) and index.over(yes[0].time + index.patience)
            if waits:
                yield fault("the INVITE of the CANCEL never gets 487", cancel.first, invite.first, by=invite.server)
        elif finals[0].number > yes[0].number and finals[0].status != 487 and finals[0].own:
            yield fault(f"the cancelled INVITE is answered with {finals[0].status}", finals[0], cancel.first)


@rule("CAN-06", MUST, "RFC 3261 §16.10")
def reaches_every_branch(index: Index) -> Iterator[Fault]:
    """A proxy that gets a CANCEL cancels each branch that has had a provisional response."""
    for cancel, invite in _cancelled(index):
        if cancel.sent(200, 299) and cancel.taken and invite.branches:
            for branch in uncancelled(index, invite, cancel.taken[0].time):
                yield fault("this branch is never cancelled", branch.first, cancel.first)


@rule("CAN-07", SHOULD, "RFC 3261 §9.1")
def invites_only(index: Index) -> Iterator[Fault]:
    """Only an INVITE is cancelled: other requests are answered at once."""
    for cancel in index.transactions:
        for other in _others(index, cancel):
            yield fault(f"CANCEL is for {other.method}, not for INVITE", cancel.first, other.first)


def uncancelled(index: Index, invite: Transaction, since: float) -> Iterator[Transaction]:
    """The branches that were open at an instant, had or got a provisional response, and were never cancelled."""
    for branch in invite.branches:
        provisional, final = first_time(branch.heard(100, 199)), first_time(branch.heard(200))
        due = max(since, provisional)
        cancelled = any(one.method == "CANCEL" for one in index.sharing_branch(branch))
        known = index.over(due + index.slack(0)) and index.steady(branch.client, branch.first.time)
        given_up = provisional >= branch.first.time + index.patience - index.slack(0)  # by timer B
        if due < final - index.slack(0) and known and not cancelled and not given_up:
            yield branch


def _cancelled(index: Index) -> Iterator[tuple[Transaction, Transaction]]:
    """Each CANCEL with the INVITE that it is for."""
    for cancel in index.transactions:
        if cancel.method == "CANCEL" and (invite := index.invite_of(cancel)):
            yield cancel, invite


def _meant(index: Index, cancel: Transaction) -> Transaction | None:
    """The INVITE that a CANCEL is for, or should be for, had it the right branch."""
    found = index.invite_of(cancel)
    if found is None and index.watched(cancel.client):
        call = (cancel.client, cancel.server, cancel.first.call_id)
        found = next((one for one in index.invites if (one.client, one.server, one.first.call_id) == call), None)
    return found


def _others(index: Index, cancel: Transaction) -> list[Transaction]:
    """The transactions that a CANCEL is for and should not be for."""
    sharing = index.sharing_branch(cancel) if cancel.method == "CANCEL" else []
    return [one for one in sharing if one.method not in ("INVITE", "CANCEL")]


def _right_answers(index: Index, cancel: Transaction, invite: Transaction | None) -> list[int]:
    """What the server may answer a CANCEL with, knowing what it knows of the INVITE."""
    if not index.steady(cancel.server) or not cancel.taken or _others(index, cancel):
        return [200, 481]
    came, cancelled = first_time(invite.taken) if invite else inf, cancel.taken[0].time
    if came > cancelled:
        return [481]
    gone = invite is not None and cancelled >= index.forgotten(invite)
    return [200, 481] if gone or came == cancelled else [200]
