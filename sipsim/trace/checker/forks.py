"""Forks: what a proxy makes of the final responses of several branches (RFC 3261 §16.7)."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.trace.checker.cancel import uncancelled
from sipsim.trace.checker.conversations import Transaction
from sipsim.trace.checker.hops import Hop
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
