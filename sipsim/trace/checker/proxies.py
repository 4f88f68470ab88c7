"""Proxies: what changes in a message that is passed on, and what is passed on at all (RFC 3261 §16; RFC 5393)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import inf

from sipsim.trace.checker.cancel import uncancelled
from sipsim.trace.checker.conversations import Transaction, first_time
from sipsim.trace.checker.hops import Arrival, Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.repetition import OVERLOADED
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("PRX-01", MUST, "RFC 3261 §16.6")
def counts_down(index: Index) -> Iterator[Fault]:
    """Each proxy takes one from Max-Forwards."""
    for hop in _forwarded(index):
        before, after = hop.upstream.get("max_forwards") if hop.upstream else None, hop.get("max_forwards")
        if before and after != before - 1:
            yield fault(f"Max-Forwards of the {hop.method} was {before} and is {after}", hop, hop.upstream or hop)


@rule("PRX-02", MUST, "RFC 3261 §16.3")
def stops_at_zero(index: Index) -> Iterator[Fault]:
    """A request whose Max-Forwards is 0 goes no further."""
    for hop in _forwarded(index):
        if hop.upstream and hop.upstream.get("max_forwards") == 0:
            yield fault(f"{hop.method} came with Max-Forwards 0 and is forwarded", hop, hop.upstream)


@rule("PRX-04", MUST, "RFC 5393 §4.2")
def refuses_loops(index: Index) -> Iterator[Fault]:
    """A proxy that forks refuses a request that comes back as it went."""
    before: dict[tuple[str, tuple[str, str]], Hop] = {(hop.sender, hop.path[0]): hop for hop in _forwarded(index)}
    for hop in _forwarded(index):
        came = hop.upstream
        for place in came.path if came else ():
            earlier = before.get((hop.sender, place))
            first = earlier.upstream if earlier else None
            forks = first is not None and first in index.of and len(index.of[first].branches) > 1
            if came and first and forks and (came.uri_text, came.routes) == (first.uri_text, first.routes):
                yield fault(f"{hop.method} came back unchanged and is forwarded again", hop, came, first)


@rule("PRX-05", MUST, "RFC 3261 §16.7")
def passes_on(index: Index) -> Iterator[Fault]:
    """A proxy forwards 101 to 199 and every 2xx to INVITE at once, 100 never; 6xx ends the search."""
    for hop in index.responses:
        if hop.status != 100 or hop.upstream is None or not hop.to_tag or hop.copy_of is not None:
            continue
        if index.repeats(hop.sender):  # one without state passes on whatever comes (§16.11)
            yield fault("100 is forwarded", hop, hop.upstream)
    for transaction in index.invites:
        if transaction.branches and index.steady(transaction.server, transaction.first.time):
            for came in _to_pass_on(index, transaction):
                hop = came[0].hop
                sent = [one for one in transaction.sent(hop.status, hop.status) if one.to_tag == hop.to_tag]
                if len(sent) < len(came):
                    text = f"{hop.status} came {len(came)} times and is forwarded {len(sent)} times"
                    yield fault(text, came[-1].hop, by=transaction.server)
            for refusal in [one for branch in transaction.branches for one in branch.heard(600)][:1]:
                for branch in uncancelled(index, transaction, refusal.time):
                    text = f"{refusal.hop.status} came, and this branch is not cancelled"
                    yield fault(text, branch.first, refusal.hop)


@rule("PRX-06", MUST, "RFC 3261 §17.2")
def one_final(index: Index) -> Iterator[Fault]:
    """After the final response of a transaction comes no other, but for a further 2xx to INVITE."""
    for transaction in index.transactions:
        finals = [hop for hop in transaction.sent(200) if hop.status != OVERLOADED]
        until = index.forgotten(transaction)
        remembers = index.repeats(transaction.server) and not index.crashed(transaction.server)
        for hop in transaction.answers if finals and remembers else ():
            also = 200 <= hop.status < 300 and transaction.method == "INVITE"
            later = hop.number > finals[0].number and finals[0].time + _order(index, hop) <= hop.time < until
            if later and not also and hop.raw != finals[0].raw:
                yield fault(f"{hop.status} follows the final {finals[0].status}", hop, finals[0])


@rule("TIM-12", MUST, "RFC 3261 §17.2.3")
def forwards_once(index: Index) -> Iterator[Fault]:
    """A repeated request makes no second transaction, so a proxy forwards it once to each target."""
    for transaction in index.transactions:
        seen: dict[object, Transaction] = {}
        for branch in transaction.branches if index.steady(transaction.server) else ():
            hop = branch.first  # by UDP after TCP has failed is another try of the same (§18.1.1)
            first = seen.setdefault((hop.uri_text, hop.destination, hop.reliable), branch)
            if first is not branch and branch.first.time < index.anew(transaction):
                yield fault(f"{branch.method} is forwarded to {branch.server} a second time", branch.first, first.first)


def _forwarded(index: Index) -> Iterator[Hop]:
    return (hop for hop in index.requests if hop.upstream is not None and hop.copy_of is None)


def _to_pass_on(index: Index, transaction: Transaction) -> list[list[Arrival]]:
    """The responses that came to a proxy's branches and go upstream at once, by status and To tag."""
    refused = min((hop.time for hop in transaction.sent(300)), default=inf)
    final = min((hop.time for hop in transaction.sent(200)), default=inf)
    found: dict[tuple[int, str], list[Arrival]] = defaultdict(list)
    for branch in transaction.branches:
        accepted, ended = first_time(branch.heard(200, 299)), first_time(branch.heard(300))
        if any(hop.failed for hop in branch.requests):
            continue
        for arrival in branch.heard(101, 299):
            patience = min(accepted, final) + index.patience
            until = min(final, accepted, ended) if arrival.hop.status < 200 else min(refused, ended, patience)
            if arrival.time < until and index.over(arrival.time):
                found[arrival.hop.status, arrival.hop.to_tag].append(arrival)
    return list(found.values())


def _order(index: Index, hop: Hop) -> float:
    """Seconds within which the order in a capture may not be the order of sending."""
    return 0.0 if index.watched(hop.sender) else index.slack(0)
