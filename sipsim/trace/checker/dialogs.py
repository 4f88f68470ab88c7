"""Dialogs: how they begin, where requests in them go, how they end (RFC 3261 §12, §14, §15)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sipsim.trace.checker.conversations import Dialog, Transaction, first_time, same_path, same_routes
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule
from sipsim.trace.checker.syntax import DIALOG_MAKERS

NOT_FOR_BYE = frozenset(range(300, 700)) - {400, 401, 403, 407, 408, 413, 420, 481, 500, 503, 513}
"""Final responses that no state of a user agent explains as an answer to BYE."""


@rule("DLG-01", MUST, "RFC 3261 §12.1.1")
def makes_a_dialog(index: Index) -> Iterator[Fault]:
    """A response that makes a dialog has all Record-Route values of the request, and a Contact."""
    for transaction in index.transactions:
        request = transaction.first
        if transaction.method not in DIALOG_MAKERS or request.to_tag:
            continue
        wanted = [str(route.uri) for route in request.record_routes]
        for hop in transaction.sent(101 if transaction.method == "INVITE" else 200, 299):
            if hop.copy_of is not None or not hop.own or not hop.to_tag or hop.status == 199:  # which ends one
                continue
            has = [str(route.uri) for route in hop.record_routes]
            if not index.watched(hop.sender):  # who may be a proxy, and those behind it have added values on top
                has = has[len(has) - len(wanted) :]
            if has != wanted:
                yield fault(f"Record-Route of the {hop.status} is not that of the {hop.method}", hop, request)
            elif not hop.contacts:
                yield fault(f"{hop.status} makes a dialog and has no Contact", hop)


@rule("DLG-02", MUST, "RFC 3261 §12.2.1.1")
def goes_to_the_target(index: Index) -> Iterator[Fault]:
    """A request in a dialog goes to the peer's Contact along the route set."""
    for dialog in index.dialogs.values():
        for hop in dialog.requests:
            targets, route_sets = dialog.targets[hop.sender], dialog.route_sets[hop.sender]
            made_by_transaction = hop.method == "CANCEL" or (hop.method == "ACK" and hop in index.of)
            if not targets or not route_sets or made_by_transaction:
                continue
            if index.watched(hop.sender):
                right = same_path(hop, targets, route_sets)
            else:
                right = not _knows_its_routes(dialog, hop) or same_routes(hop, route_sets)
            if not right:
                yield fault(f"{hop.method} does not go to the Contact of the peer along the route set", hop)


@rule("DLG-03", MUST, "RFC 3261 §12.2.2")
def unknown_dialog(index: Index) -> Iterator[Fault]:
    """A request for a dialog that does not exist gets 481."""
    issued: dict[tuple[str, str, str], int] = {}  # tags that an element has used, and in which message first
    for hop in [*index.requests, *index.responses]:
        key = (hop.sender, hop.call_id, hop.to_tag if hop.status else hop.from_tag)
        issued[key] = min(hop.number, issued.get(key, hop.number))
    for transaction in index.transactions:
        request = transaction.first
        for hop in transaction.sent(200, 299)[:1] if transaction.method == "BYE" and request.to_tag else ():
            known = issued.get((hop.sender, hop.call_id, request.to_tag), hop.number)
            if hop.own and index.watched(hop.sender) and known >= hop.number:
                yield fault(f"{hop.status} accepts a BYE for a dialog that never was", hop, request)


@rule("DLG-04", MUST, "RFC 3261 §15")
def bye_too_early(index: Index) -> Iterator[Fault]:
    """A BYE is sent in a dialog, and by the callee not before the ACK for its 2xx."""
    for hop in index.requests:
        if hop.method == "BYE" and hop.fresh and not hop.to_tag:
            yield fault("To of the BYE has no tag, so it is in no dialog", hop)
    for dialog in index.dialogs.values():
        leg = dialog.callee_leg
        accepted = dialog.accepting(leg, 200) if leg else []
        for hop in dialog.by(dialog.callee_tag) if leg and index.watched(leg.server) else ():
            may = min(first_time(index.acked(accepted[0])), accepted[0].time + index.patience) if accepted else inf
            if hop.method == "BYE" and hop.time < may - index.slack(0):
                yield fault("the callee sends BYE before the ACK for its 2xx came", hop, *accepted[:1])


@rule("DLG-05", MUST, "RFC 3261 §15.1.2")
def bye_is_answered(index: Index) -> Iterator[Fault]:
    """BYE is answered with 2xx, or with 481 where there is no such dialog."""
    for dialog in index.dialogs.values():
        ends = [leg.client for leg in [dialog.caller_leg] if leg] + [leg.server for leg in [dialog.callee_leg] if leg]
        for bye in dialog.inside:
            if bye.method != "BYE" or bye.server not in ends:
                continue
            finals = bye.sent(200)
            waits = bye.taken and index.steady(bye.server, bye.first.time)
            if finals and finals[0].status in NOT_FOR_BYE:
                yield fault(f"{finals[0].status} answers a BYE", finals[0], bye.first)
            elif not finals and waits and index.over(bye.taken[0].time + index.patience):
                yield fault("the BYE is never answered", bye.first, by=bye.server)


@rule("DLG-06", MUST, "RFC 3261 §14.1")
def one_invite_at_a_time(index: Index) -> Iterator[Fault]:
    """No INVITE is sent in a dialog while another one is under way in it."""
    for dialog in index.dialogs.values():
        invites = [one for one in [*dialog.legs, *dialog.inside] if one.method == "INVITE"]
        for hop in dialog.requests:
            for other in invites if hop.method == "INVITE" else ():
                if _under_way(index, other, (hop.sender, hop.from_tag), hop.time) and other is not index.of[hop]:
                    yield fault("INVITE is sent while another one is under way", hop, other.first)


@rule("DLG-07", MUST, "RFC 3261 §14.2")
def glare(index: Index) -> Iterator[Fault]:
    """An INVITE that crosses one's own gets 491, one before the answer to the last 500 with Retry-After."""
    for dialog in index.dialogs.values():
        invites = [one for one in [*dialog.legs, *dialog.inside] if one.method == "INVITE"]
        for late in dialog.inside:
            finals = [hop for hop in late.sent(200) if hop.own]
            for other in invites if late.method == "INVITE" and late.taken and finals else ():
                end = late.server, late.first.to_tag
                mine = other.first.from_tag == late.first.to_tag
                began = other.first.time if mine else first_time(other.taken)
                waited = _under_way(index, other, end, finals[0].time) and began < late.taken[0].time
                if waited and other is not late and not _is_put_off(finals[0], 491 if mine else 500):
                    yield fault(f"{finals[0].status} answers an INVITE in the way of another", finals[0], other.first)


def _knows_its_routes(dialog: Dialog, hop: Hop) -> bool:
    """Whether a capture shows what the sender learnt when the dialog began; a Contact may have changed unseen."""
    leg = dialog.caller_leg
    if leg is None or leg.client != hop.sender:
        return hop.method != "ACK"
    return bool(dialog.accepting(leg, 200))


def _under_way(index: Index, invite: Transaction, end: tuple[str, str], time: float) -> bool:
    """Whether an INVITE that an end has sent, or got, had no final response at an instant, for all it knew.

    An end is an element and its tag: a phone that calls itself, as through a fork, is at both ends.
    """
    element, tag = end
    if invite.first.from_tag == tag:
        if invite.client != element or not invite.first.own:
            return False
        final, provisional = first_time(invite.heard(200)), first_time(invite.heard(100, 199))
        waits = provisional <= time or time < invite.first.time + index.patience
        failed = any(hop.failed for hop in invite.requests)
        return invite.first.time < time < final and waits and not failed and _is_sure(index, element, final)
    if invite.server == element and not invite.branches:
        got = first_time(invite.taken)
        if not index.watched(element):  # in a capture only a response says that it was not lost
            got = min((hop.time for hop in invite.sent(100)), default=inf)
        final = min((hop.time for hop in invite.sent(200)), default=inf)
        return got < time < final and _is_sure(index, element, final)
    return False


def _is_sure(index: Index, element: str, final: float) -> bool:
    """Whether a response that is not there did not come: in a capture it may be missing, unless it is seen later."""
    return index.steady(element) or (not index.watched(element) and final < inf)


def _is_put_off(hop: Hop, wanted: int) -> bool:
    """Whether this final response says "not now"; one that finds other fault with the request may come first."""
    if wanted == 500 == hop.status:
        return bool(hop.message and hop.message.has("retry-after"))
    return hop.status >= 400 and hop.status not in (480, 486, 488, 600, 603, 606)
