"""Rules about subscriptions, their NOTIFYs, references and publications (RFC 6665, RFC 3515, RFC 3903)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.sipfrag import Fragment
from sipsim.protocol.subscription import Standing, same_event
from sipsim.trace.checker.conversations import first_time
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

MAKERS = ("SUBSCRIBE", "REFER")
"""Methods that make a subscription."""


@rule("EVT-01", MUST, "RFC 6665 §4.2.2")
def notified_at_once(index: Index) -> Iterator[Fault]:
    """A NOTIFY follows each 2xx to SUBSCRIBE, refreshes and Expires 0 included."""
    yield from _unnotified(index, "SUBSCRIBE")


@rule("EVT-02", MUST, "RFC 6665 §4.2.2")
def says_how_it_stands(index: Index) -> Iterator[Fault]:
    """A NOTIFY has Subscription-State, with expires unless it is terminated, and the Event of the subscription."""
    makers = _by_tag(_makers(index))
    for hop in _own(index, "NOTIFY"):
        state, event = _standing(hop), hop.get("event")
        asked = makers.get((hop.call_id, hop.to_tag), [])
        if state is None:
            yield fault("NOTIFY does not say how the subscription stands", hop)
        elif state.state != "terminated" and state.expires is None:
            yield fault(f"NOTIFY says {state.state} and not for how long", hop)
        elif event is None:
            yield fault("NOTIFY has no Event", hop)
        elif asked and not any(_is_about(event, one) for one in asked):
            yield fault(f"NOTIFY is about {event}, and nobody subscribed to that", hop, asked[0])


@rule("EVT-03", MUST, "RFC 6665 §3.1.1")
def says_how_long(index: Index) -> Iterator[Fault]:
    """A 2xx to SUBSCRIBE says for how long, and never for longer than was asked."""
    for transaction in index.transactions:
        for answer in transaction.sent(200, 299)[:1] if transaction.method == "SUBSCRIBE" else ():
            given, asked = answer.get("expires"), transaction.first.get("expires")
            if not answer.own:
                continue
            if given is None:
                yield fault(f"{answer.status} to SUBSCRIBE has no Expires", answer, transaction.first)
            elif asked is not None and given > asked:
                yield fault(f"{answer.status} grants {given} s, {asked} s were asked for", answer, transaction.first)


@rule("EVT-04", MUST, "RFC 6665 §4.1.3")
def for_no_subscription(index: Index) -> Iterator[Fault]:
    """A NOTIFY that matches no subscription gets 481."""
    makers = _makers(index)
    for transaction in index.transactions:
        hop = transaction.first
        ends = transaction.method == "NOTIFY" and not transaction.branches and index.watched(transaction.server)
        for answer in transaction.sent(200, 299)[:1] if ends else ():
            if answer.own and (transaction.server, hop.call_id, hop.to_tag) not in makers:
                yield fault(f"{answer.status} accepts a NOTIFY for no subscription", answer, hop)


@rule("EVT-05", MUST, "RFC 6665 §4.2.1.1")
def unknown_package(index: Index) -> Iterator[Fault]:
    """A SUBSCRIBE without Event, or for a package that is not among the server's Allow-Events, gets 489."""
    known: dict[str, set[str]] = defaultdict(set)
    for hop in [*index.requests, *index.responses]:
        if hop.own:
            known[hop.sender].update(hop.get("allow_events", ()))
    for transaction in index.transactions:
        for answer in transaction.sent(200, 299)[:1] if transaction.method == "SUBSCRIBE" else ():
            event, listed = transaction.first.get("event"), known.get(answer.sender)
            if answer.own and (event is None or (listed and event.value not in listed)):
                yield fault(f"{answer.status} accepts a SUBSCRIBE to {event or 'nothing'}", answer, transaction.first)


@rule("EVT-06", MUST, "RFC 3515 §2.4.1")
def one_refer_to(index: Index) -> Iterator[Fault]:
    """A REFER has exactly one Refer-To, else it gets 400."""
    for transaction in index.transactions:
        hop = transaction.first
        count = hop.message.names.count("refer-to") if hop.message is not None else 1
        if transaction.method != "REFER" or count == 1:
            continue
        if hop.own:
            yield fault(f"REFER has {count} Refer-To", hop)
        for answer in transaction.sent(200, 299)[:1]:
            if answer.own:
                yield fault(f"{answer.status} accepts a REFER with {count} Refer-To", answer, hop)


@rule("EVT-07", MUST, "RFC 3515 §2.4.4")
def told_of_references(index: Index) -> Iterator[Fault]:
    """NOTIFYs of an accepted REFER begin with a status line; the first comes at once, the last ends it: noresource."""
    yield from _unnotified(index, "REFER")
    for hop in _own(index, "NOTIFY"):
        event, state = hop.get("event"), _standing(hop)
        if event is None or event.value != "refer" or state is None or hop.message is None:
            continue
        status = _status(hop)
        if not status and (hop.message.body or state.reason == "noresource"):
            yield fault("NOTIFY of a reference has no status line", hop)
        elif status >= 200 and state.state != "terminated":
            yield fault(f"NOTIFY tells the final {status}, and says {state.state}", hop)
        elif status >= 200 and state.reason != "noresource":
            yield fault(f"the last NOTIFY of a reference gives {state.reason or 'nothing'} as its reason", hop)


@rule("EVT-08", MUST, "RFC 6665 §4.2.2")
def last_notify(index: Index) -> Iterator[Fault]:
    """After a NOTIFY that ends a subscription comes no other one of it, unless somebody subscribes anew."""
    over: dict[tuple[str, str, str, str], list[Hop]] = defaultdict(list)
    for hop in index.requests:
        if hop.method in MAKERS and hop.arrivals:
            over.pop((hop.receiver, hop.call_id, hop.to_tag, hop.from_tag), None)
        if hop.method != "NOTIFY" or not hop.own or not hop.fresh:
            continue
        key, event, state = (hop.sender, hop.call_id, hop.from_tag, hop.to_tag), hop.get("event"), _standing(hop)
        ended = [last for last in over[key] if event is not None and same_event(last.get("event"), event)]
        if ended and not index.of[ended[0]].sent(300):  # one that was refused may be sent again
            yield fault("NOTIFY follows the one that ended the subscription", hop, ended[0])
        elif state is not None and state.state == "terminated" and event is not None:
            over[key].append(hop)


@rule("EVT-09", MUST, "RFC 6665 §4.2.1.1")
def says_what_would_do(index: Index) -> Iterator[Fault]:
    """A 489 lists Allow-Events, a 423 says Min-Expires."""
    for hop in index.responses:
        if not hop.own or hop.copy_of is not None or hop.message is None:
            continue
        if hop.status == 489 and hop.method in ("SUBSCRIBE", "PUBLISH") and not hop.message.has("Allow-Events"):
            yield fault(f"489 to {hop.method} does not say which events are known", hop)
        elif hop.status == 423 and hop.method in ("SUBSCRIBE", "PUBLISH") and hop.get("min_expires") is None:
            yield fault(f"423 to {hop.method} does not say how long is long enough", hop)


@rule("EVT-10", MUST, "RFC 3903 §6")
def published(index: Index) -> Iterator[Fault]:
    """A 2xx to PUBLISH has Expires and an entity tag; one for a tag that was never given is refused with 412."""
    given: dict[str, set[str]] = defaultdict(set)
    for transaction in index.transactions:
        hop = transaction.first
        for answer in transaction.sent(200, 299)[:1] if transaction.method == "PUBLISH" else ():
            seconds, tag, wanted = answer.get("expires"), answer.get("sip_etag"), hop.get("sip_if_match")
            if not answer.own:
                continue
            if seconds is None or not tag:
                yield fault(f"{answer.status} to PUBLISH has no {'Expires' if seconds is None else 'SIP-ETag'}", answer)
            elif wanted and index.whole and index.steady(answer.sender) and wanted not in given[answer.sender]:
                yield fault(f"{answer.status} accepts the tag {wanted!r}, which was never given", answer, hop)
            given[answer.sender].add(tag or "")


@rule("EVT-11", MUST, "RFC 3903 §4.1")
def publishes(index: Index) -> Iterator[Fault]:
    """PUBLISH names its event; one that is about no earlier state, by SIP-If-Match, has a state itself."""
    for hop in _own(index, "PUBLISH"):
        first = hop.message is not None and not hop.message.has("SIP-If-Match")
        if hop.get("event") is None:
            yield fault("PUBLISH has no Event", hop)
        elif first and hop.message is not None and not hop.message.body:
            yield fault("PUBLISH is about no earlier state, and has none itself", hop)


def _unnotified(index: Index, method: str) -> Iterator[Fault]:
    """The 2xx that no NOTIFY follows while their sender waits for answers, and remembers."""
    sent: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for hop in _own(index, "NOTIFY"):
        sent[hop.sender, hop.call_id, hop.from_tag, hop.to_tag].append(hop.time)
    for transaction in index.transactions:
        hop = transaction.first
        for answer in transaction.sent(200, 299)[:1] if transaction.method == method else ():
            if not answer.own or not index.steady(answer.sender, hop.time) or answer.get("refer_sub") == "false":
                continue
            times = sent[answer.sender, answer.call_id, answer.to_tag, answer.from_tag]
            came = first_time(transaction.taken)
            if not any(time >= came for time in times) and index.over(answer.time + index.patience):
                yield fault(f"no NOTIFY follows the {answer.status} to {method}", answer, hop)


def _own(index: Index, method: str) -> Iterator[Hop]:
    """The requests of a method where they were made, each once."""
    return (hop for hop in index.requests if hop.method == method and hop.own and hop.fresh)


def _makers(index: Index) -> dict[tuple[str, str, str], list[Hop]]:
    """What was asked for by SUBSCRIBE and REFER, by who asked, Call-ID and their tag."""
    found: dict[tuple[str, str, str], list[Hop]] = defaultdict(list)
    for transaction in index.transactions:
        if transaction.method in MAKERS and transaction.first.own:
            found[transaction.client, transaction.first.call_id, transaction.first.from_tag].append(transaction.first)
    return dict(found)


def _by_tag(makers: dict[tuple[str, str, str], list[Hop]]) -> dict[tuple[str, str], list[Hop]]:
    """The same by Call-ID and tag, as proxies may stand between the ends."""
    found: dict[tuple[str, str], list[Hop]] = defaultdict(list)
    for (_, call_id, tag), hops in makers.items():
        found[call_id, tag] += hops
    return found


def _is_about(event: object, asked: Hop) -> bool:
    if asked.method == "REFER":
        return getattr(event, "value", "") == "refer"
    wanted = asked.get("event")
    return wanted is not None and same_event(event, wanted)  # type: ignore[arg-type]


def _standing(hop: Hop) -> Standing | None:
    try:
        return Standing.of(hop.message)  # type: ignore[arg-type]
    except SipParseError:
        return None


def _status(hop: Hop) -> int:
    """The status that a NOTIFY tells, 0 for none."""
    try:
        return Fragment.read(hop.message.body).status if hop.message is not None else 0
    except SipParseError:
        return 0
