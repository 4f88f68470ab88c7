"""Via: the way back of every response, and the name of every transaction (RFC 3261 §8.1.1.7, §18.2; RFC 3581)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.fields import Via
from sipsim.protocol.matching import COOKIE
from sipsim.trace.checker.digest import ASKING, challenges_in, credentials_in
from sipsim.trace.checker.hops import Hop, is_address, plain_host
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

_STAMPS = ("received", "rport")


@rule("VIA-01", MUST, "RFC 3261 §8.1.1.7")
def magic_cookie(index: Index) -> Iterator[Fault]:
    """The branch in the top Via of a request begins with z9hG4bK."""
    for hop in index.requests:
        if hop.copy_of is None and not hop.path[0][0].startswith(COOKIE):
            yield fault(f"branch of the top Via is {hop.path[0][0]!r}", hop)


@rule("VIA-02", MUST, "RFC 3261 §8.1.1.7")
def unique_branch(index: Index) -> Iterator[Fault]:
    """Each request has a branch of its own; only CANCEL and ACK borrow the INVITE's."""
    known: dict[tuple[str, str], Hop] = {}
    for hop in index.requests:
        if hop.method in ("CANCEL", "ACK") or hop.copy_of is not None:
            continue
        first = known.setdefault((hop.sender, hop.path[0][0]), hop)
        if (hop.call_id, hop.cseq, hop.uri_text) != (first.call_id, first.cseq, first.uri_text):
            yield fault(f"{hop.method} has the branch of an earlier {first.method}", hop, first)


@rule("VIA-03", MUST, "RFC 3261 §8.2.6.2")
def same_vias(index: Index) -> Iterator[Fault]:
    """A response has the Via values of its request, in their order."""
    for transaction in index.transactions:
        wanted = _unstamped(transaction.first)
        for hop in transaction.answers:
            if hop.copy_of is None and _unstamped(hop) != wanted:
                yield fault(f"{hop.status} has other Via values than its {hop.method}", hop, transaction.first)


@rule("VIA-04", MUST, "RFC 3261 §18.2.1")
def received(index: Index) -> Iterator[Fault]:
    """The server notes in received where a request came from, unless its Via says so."""
    for request, hop, via in _stamped(index):
        source = plain_host(request.source[0])
        right = plain_host(via.received or "") == source if index.watched(hop.sender) else via.received
        if plain_host(request.vias[0].host) != source and not right:
            yield fault(f"{hop.method} came from {source}, received says {via.received or 'nothing'}", hop, request)


@rule("VIA-05", MUST, "RFC 3581 §4")
def rport(index: Index) -> Iterator[Fault]:
    """An empty rport is filled in with the port that the request came from, and used."""
    for request, hop, via in _stamped(index):
        if _port(request.vias[0]) != 0 or not (index.watched(hop.sender) or _port(via)):
            continue  # a host in a capture may know nothing of RFC 3581
        host, port = request.source
        if not index.watched(hop.sender):
            host, port = via.received or "?", _port(via) or 0
        if (via.received, _port(via)) != (host, port):
            yield fault(f"rport was left empty by the {hop.method}, and the Via that comes back is {via}", hop, request)
        elif hop.status and (hop.destination, hop.source) != (request.source, request.destination):
            yield fault(f"{hop.status} does not go back the way that the {hop.method} came", hop, request)


@rule("VIA-09", MUST, "RFC 3261 §8.2.6.2")
def via_of_a_request(index: Index) -> Iterator[Fault]:
    """The top Via of a response is that of a request which its sender got."""
    asked: dict[object, list[Hop]] = defaultdict(list)
    for one in index.transactions:
        asked[one.server, one.first.call_id, one.first.cseq].append(one.first)
    for hop in index.responses:
        if hop in index.of or not hop.fresh or _own_on_top(hop):
            continue
        requests = asked.get((hop.sender, hop.call_id, hop.cseq), ())
        branch = hop.path[0][0]
        known = index.watched(hop.sender) or (branch and branch in [one.path[0][0] for one in requests])
        if requests and known and hop.path[0] not in [one.path[0] for one in requests]:
            yield fault(f"top Via of the {hop.status} is that of no {hop.method} that came", hop, requests[0])


@rule("VIA-06", MUST, "RFC 3261 §18.2.2")
def goes_back(index: Index) -> Iterator[Fault]:
    """A response goes where its top Via says: maddr, received or sent-by; by a connection if its request came so."""
    came: dict[object, Hop] = {}
    for one in index.transactions:
        came.setdefault((one.server, one.first.call_id, one.first.cseq, one.first.path), one.first)
    failed = {(hop.sender, hop.path) for hop in index.responses if hop.failed}
    for hop in index.responses:
        request = came.get((hop.sender, hop.call_id, hop.cseq, hop.path))
        if request is None or hop.copy_of is not None or _port(hop.vias[0]) is not None:  # with rport it is VIA-05's
            continue
        if (hop.sender, hop.path) in failed or (index.captured and _to_sender(hop)):
            continue  # what can't be delivered is sent where the sent-by leads (RFC 3263 §5)
        if hop.reliable != request.reliable:
            yield fault(
                f"{hop.status} goes over {hop.transport}, its {hop.method} came over {request.transport}", hop, request
            )
        elif not _leads_back(hop, request):
            yield fault(f"{hop.status} does not go where its top Via says", hop, request)


@rule("VIA-07", MUST, "RFC 3261 §8.1.3.3")
def one_via(index: Index) -> Iterator[Fault]:
    """A client pays no attention to a response with more than one Via value: it has gone astray."""
    own = {(one.client, one.method, one.first.path[0]): one.first for one in index.transactions if one.first.own}
    for astray in index.responses:
        request = own.get((astray.receiver, astray.method, astray.path[0])) if len(astray.vias) > 1 else None
        if request is None or not (astray.copy_of is None and astray.arrivals):
            continue
        if not index.steady(astray.receiver, request.time):
            continue
        for taken in _follow_ups(index, request, astray):
            if taken.number > astray.number and not _was_due(index, astray, taken):
                text = f"{taken.method} follows a {astray.status} with {len(astray.vias)} Via values"
                yield fault(text, taken, astray)


@rule("VIA-08", MUST, "RFC 3261 §16.7")
def own_via_removed(index: Index) -> Iterator[Fault]:
    """A proxy takes its own Via away before it forwards a response."""
    for hop in index.responses:
        if hop.copy_of is None and _own_on_top(hop):
            yield fault(f"{hop.status} has its sender's own Via on top", hop)


def _follow_ups(index: Index, request: Hop, answer: Hop) -> list[Hop]:
    """What a client sends next because of a final response: an ACK for a 2xx, the request with credentials."""
    if 200 <= answer.status < 300:
        return index.acks_of(answer)[:1]
    nonces = {challenge.nonce for _, challenge in challenges_in(answer)} if answer.status in ASKING else set()
    ours = (request.sender, request.call_id, request.method)
    later = [hop for hop in index.requests if nonces and (hop.sender, hop.call_id, hop.method) == ours]
    return [hop for hop in later if nonces & {shown.nonce for _, shown in credentials_in(hop)}][:1]


def _was_due(index: Index, astray: Hop, taken: Hop) -> bool:
    """Whether the same response with one Via value came to the client as well, before it went on."""
    alike = (hop for hop in index.responses if len(hop.vias) == 1 and hop.path[0] == astray.path[0])
    alike = (hop for hop in alike if (hop.receiver, hop.status) == (astray.receiver, astray.status))
    return any(arrival.time <= taken.time for hop in alike for arrival in hop.arrivals)


def _to_sender(hop: Hop) -> bool:
    """Whether a response goes to the sent-by address, whatever else the Via says."""
    return plain_host(hop.vias[0].host) == plain_host(hop.destination[0])


def _leads_back(hop: Hop, request: Hop) -> bool:
    """Whether a response goes to the host and port that its Via names, or back by the connection of its request.

    To the host that the request came from is right as well: who aims at others by maddr need not be obeyed.
    """
    via, (host, port) = hop.vias[0], hop.destination
    if hop.reliable and (hop.destination, hop.source) == (request.source, request.destination):
        return True
    named = via.param("maddr") or via.received or via.host
    if not is_address(named) and via.port is None:
        return True  # a name can be any address, and any port too (RFC 3263 §5)
    hosts = {plain_host(named), plain_host(request.source[0])}
    return (plain_host(host) in hosts or not is_address(named)) and via.sent_by.endswith(f":{port}")


def _own_on_top(hop: Hop) -> bool:
    """Whether a response has its sender's Via on top; what somebody sends to himself may have."""
    top, (host, port) = hop.vias[0], hop.source
    mine = plain_host(top.host) == plain_host(host) and top.sent_by.endswith(f":{port}")
    return mine and hop.source != hop.destination


def _unstamped(hop: Hop) -> list[object]:
    """What the Via values say, the top one without what its server may add."""
    top = [param for param in hop.vias[0].params if param[0].lower() not in _STAMPS]
    return [hop.path, *[sorted(params, key=repr) for params in (top, *[via.params for via in hop.vias[1:]])]]


def _stamped(index: Index) -> Iterator[tuple[Hop, Hop, Via]]:
    """(request, message that its receiver made of it, the Via in there that the receiver may have stamped)."""
    for transaction in index.transactions:
        for hop in transaction.answers:
            if hop.copy_of is None and len(hop.vias) == len(transaction.first.vias):
                yield transaction.first, hop, hop.vias[0]
        for branch in transaction.branches:
            yield transaction.first, branch.first, branch.first.vias[1]


def _port(via: Via) -> int | None:
    """What rport says: 0 where it is empty, None where it is not there or no port."""
    try:
        return via.rport
    except SipParseError:
        return None
