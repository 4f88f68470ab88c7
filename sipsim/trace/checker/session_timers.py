"""Rules about session timers (RFC 4028) and UPDATE (RFC 3311)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sipsim.protocol.session_timers import LEAST, TAG
from sipsim.trace.checker.conversations import Dialog, first_time
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, SHOULD, Fault, fault, rule

REFRESHING = ("INVITE", "UPDATE")
"""Methods that begin the time of a session, and begin it anew."""


@rule("EXT-06", MUST, "RFC 4028 §4")
def long_enough(index: Index) -> Iterator[Fault]:
    """A session interval is 90 s at least, in a 2xx no less than the request's Min-SE; a 422 has Min-SE."""
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
        for answer in transaction.sent(422, 422)[:1]:
            if answer.own and answer.get("min_se") is None:
                yield fault("422 has no Min-SE", answer)


@rule("EXT-15", MUST, "RFC 4028 §9")
def who_refreshes(index: Index) -> Iterator[Fault]:
    """A 2xx with Session-Expires says who refreshes: the client only if it knows timers, and then by Require: timer."""
    for transaction in index.transactions:
        if transaction.method not in REFRESHING:
            continue
        for hop in transaction.sent(200, 299)[:1]:
            terms = hop.get("session_expires") if hop.own else None
            if terms is None:
                continue
            asked, who = transaction.first, (terms.refresher or "").lower()
            if not who:
                yield fault(f"Session-Expires of the {hop.status} does not say who refreshes", hop)
            elif who == "uac" and TAG not in asked.get("supported", ()):
                yield fault("the client is to refresh, which knows no session timers", hop, asked)
            elif who == "uac" and TAG not in hop.get("require", ()):
                yield fault("the client is to refresh, and there is no Require: timer", hop)


@rule("EXT-16", MUST, "RFC 4028 §7.3")
def raised(index: Index) -> Iterator[Fault]:
    """The next request of a call after a 422 asks for as much as its Min-SE, and says so itself."""
    refused = [one for one in index.transactions if one.method in REFRESHING and one.sent(422, 422)]
    calls = _calls(index, {one.first.call_id for one in refused}) if refused else {}
    for transaction in refused:
        hop = transaction.sent(422, 422)[0]
        least = hop.get("min_se")
        if least is None or not transaction.first.own:
            continue
        came = first_time(transaction.heard(300))
        again = next((one for one in calls.get(_client(transaction.first), ()) if one.time >= came), None)
        wanted = again.get("session_expires") if again is not None else None
        if again is not None and wanted is not None and min(wanted.seconds, again.get("min_se") or 0) < least:
            yield fault(f"422 asks for {least} s, and the next {again.method} for less", again, hop)


@rule("EXT-07", SHOULD, "RFC 4028 §10")
def ends_in_time(index: Index) -> Iterator[Fault]:
    """A session that nobody refreshes is ended by BYE before its time is over."""
    for dialog in index.dialogs.values():
        agreed = _agreed(dialog)
        for at, (hop, seconds) in enumerate(agreed):
            over = hop.time + seconds
            if not seconds or any(later.time <= over for later, _ in agreed[at + 1 :]):
                continue
            ended = any(bye.method == "BYE" and bye.time <= over + index.slack(seconds) for bye in dialog.requests)
            transaction = index.of.get(hop)
            ends = [hop.sender] if hop.own else []
            ends += [hop.receiver] if hop.arrivals and transaction is not None and transaction.first.own else []
            for end in ends if not ended and index.over(over + index.slack(seconds)) else ():
                if index.steady(end, hop.time):
                    yield fault(f"the session of {seconds} s is neither refreshed nor ended", hop, by=end)


@rule("EXT-17", MUST, "RFC 3311 §5.1")
def update_has_contact(index: Index) -> Iterator[Fault]:
    """UPDATE is sent in a dialog; it and its 2xx say by Contact where their senders are."""
    for transaction in index.transactions:
        hop = transaction.first
        if transaction.method != "UPDATE":
            continue
        if hop.own and hop.copy_of is None and not (hop.contacts and hop.to_tag):
            yield fault(f"UPDATE has no {'Contact' if hop.to_tag else 'To tag'}", hop)
        for answer in transaction.sent(200, 299)[:1]:
            if answer.own and not answer.contacts:
                yield fault(f"{answer.status} to UPDATE has no Contact", answer)


def _client(hop: Hop) -> tuple[str, ...]:
    """Whose request it is, of which kind, in which call."""
    return hop.sender, hop.method, hop.call_id, hop.from_tag


def _calls(index: Index, call_ids: set[str]) -> dict[tuple[str, ...], list[Hop]]:
    """The requests that clients made in these calls, in order of time."""
    found: dict[tuple[str, ...], list[Hop]] = defaultdict(list)
    for transaction in index.transactions:
        if transaction.first.own and transaction.first.call_id in call_ids:
            found[_client(transaction.first)].append(transaction.first)
    return found


def _agreed(dialog: Dialog) -> list[tuple[Hop, int]]:
    """The 2xx that begin the time of a session or begin it anew, with its seconds, 0 for none."""
    found = [
        (hop, terms.seconds if (terms := hop.get("session_expires")) is not None else 0)
        for transaction in [*dialog.legs, *dialog.inside] if transaction.method in REFRESHING
        for hop in transaction.sent(200, 299) if hop.copy_of is None
    ]  # fmt: skip
    return sorted(found, key=lambda one: one[0].time) if any(seconds for _, seconds in found) else []
