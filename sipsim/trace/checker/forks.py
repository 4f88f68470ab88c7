"""Forks: what a proxy makes of the final responses of several branches (RFC 3261 §16.7), and a caller of the 2xx."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.trace.checker.cancel import uncancelled
from sipsim.trace.checker.conversations import Dialog, Transaction
from sipsim.trace.checker.hops import Arrival, Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

CHALLENGES = ("WWW-Authenticate", "Proxy-Authenticate")


@rule("FRK-01", MUST, "RFC 3261 §16.7")
def best_response(index: Index) -> Iterator[Fault]:
    """Of several refusals a proxy picks a 6xx, else one of the lowest class."""
    for transaction, final in _refused(index):
        came = _finals(transaction, final)
        classes = [hop.status // 100 for hop in came if hop.status >= 400]
        best = 6 if 6 in classes else min(classes, default=7)
        if final.status < 600 if best == 6 else final.status // 100 > best:
            yield fault(f"{final.status} is picked, {best}xx came too", final, *came)


@rule("FRK-02", MUST, "RFC 3261 §16.7")
def all_challenges(index: Index) -> Iterator[Fault]:
    """A 401 or 407 that is forwarded has the challenges of all branches."""
    for transaction, final in _refused(index):
        for hop in _finals(transaction, final) if final.status in (401, 407) else ():
            missing = [name for name in CHALLENGES if not set(_values(hop, name)) <= set(_values(final, name))]
            if hop.status in (401, 407) and missing:
                yield fault(f"{missing[0]} of a branch's {hop.status} is missing", final, hop)


@rule("FRK-03", MUST, "RFC 3261 §16.7")
def losers_are_cancelled(index: Index) -> Iterator[Fault]:
    """When a final response to an INVITE went upstream, every branch still open is cancelled."""
    for transaction in index.invites:
        for final in transaction.finals[:1] if transaction.branches else ():
            for branch in uncancelled(index, transaction, final.time):
                yield fault(f"{final.status} went upstream, and this branch is not cancelled", branch.first, final)


@rule("FRK-05", MUST, "RFC 3261 §13.2.2.4")
def a_dialog_for_each(index: Index) -> Iterator[Fault]:
    """Each To tag of a 2xx is a dialog of the caller's: acknowledged, known, and ended if it had been given up."""
    for leg in index.invites:
        patience = index.patience + index.slack(index.patience)
        tags: dict[str, Arrival] = {}
        for came in leg.heard(200, 299) if leg.first.own and index.steady(leg.client, leg.first.time) else ():
            tags.setdefault(came.hop.to_tag, came)
        in_time = [one for one in tags.values() if one.time < next(iter(tags.values())).time + index.patience]
        acked = [one for one in in_time if index.acks_of(one.hop)]
        for one in in_time:
            dialog = index.dialog_of(one.hop)
            if one not in acked and acked and index.over(one.time):
                yield fault(f"{one.hop.status} of a further branch gets no ACK", one.hop, acked[0].hop, by=leg.client)
            for hop in _denied(leg, dialog) if dialog and one in acked else ():
                yield fault(f"{hop.status} denies a dialog that a {one.hop.status} made", hop, one.hop)
            given_up = [cancel for cancel in _given_up(index, leg) if cancel.time < one.time - index.slack(0)]
            ended = dialog is not None and any(hop.method == "BYE" for hop in dialog.requests)
            if given_up and one in acked and not ended and index.over(one.time + patience):
                text = f"{one.hop.status} came after CANCEL, and no BYE ends the call"
                yield fault(text, one.hop, given_up[0], by=leg.client)


def _denied(leg: Transaction, dialog: Dialog) -> list[Hop]:
    """What the caller says to the first request of the callee, if it says that there is no such dialog.

    One in which the caller has sent requests of its own may be over by then (§12.2.1.2).
    """
    if any(hop.method != "ACK" for hop in dialog.by(dialog.caller_tag) if hop.to_tag):
        return []
    first = [one for one in dialog.inside if one.server == leg.client and one.first.from_tag == dialog.callee_tag][:1]
    return [hop for one in first for hop in one.finals[:1] if hop.status == 481]


def _given_up(index: Index, leg: Transaction) -> list[Hop]:
    """The CANCEL with which a caller took its INVITE back."""
    return [one.first for one in index.sharing_branch(leg) if one.method == "CANCEL" and one.server == leg.server]


def _refused(index: Index) -> Iterator[tuple[Transaction, Hop]]:
    """The requests that a proxy forwarded, and has refused in the end."""
    for transaction in index.transactions:
        finals = transaction.finals
        if transaction.branches and finals and finals[0].status >= 300 and index.steady(transaction.server):
            yield transaction, finals[0]


def _finals(transaction: Transaction, final: Hop) -> list[Hop]:
    """The first final response of each branch that had one in time."""
    heard = [branch.heard(200) for branch in transaction.branches]
    came = [arrivals[0].hop for arrivals in heard if arrivals and arrivals[0].time <= final.time]
    return [hop for hop in came if len(hop.vias) > 1]  # one without a Via to go on by is for the proxy alone


def _values(hop: Hop, name: str) -> list[str]:
    return hop.message.values(name) if hop.message else []
