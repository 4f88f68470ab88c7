"""Registrations: what a REGISTER may ask for, and what a registrar must say (RFC 3261 §10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf

from sipsim.message.fields import STAR, NameAddr
from sipsim.trace.checker.conversations import Transaction, first_time
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("REG-01", MUST, "RFC 3261 §10.2")
def names_a_domain(index: Index) -> Iterator[Fault]:
    """The Request-URI of a REGISTER is a domain, without a user."""
    for hop in index.requests:
        if hop.method == "REGISTER" and hop.fresh and "@" in hop.uri_text:
            yield fault(f"REGISTER is for {hop.uri_text[:60]}", hop)


@rule("REG-02", MUST, "RFC 3261 §10.2")
def one_after_another(index: Index) -> Iterator[Fault]:
    """REGISTERs of one Call-ID count CSeq up by one, each after the answer to the one before."""
    series: dict[tuple[str, str], list[Transaction]] = defaultdict(list)
    for transaction in _registers(index):
        if transaction.first.own:
            series[transaction.client, transaction.first.call_id].append(transaction)
    for before, after in (pair for transactions in series.values() for pair in pairwise(transactions)):
        one, other = before.first, after.first
        step = other.cseq.number - one.cseq.number
        again = step == 0 and not before.heard(200)  # at the next server (RFC 3263 §4.3)
        if (step <= 0 and not again) or (step > 1 and index.watched(other.sender)):
            yield fault(f"REGISTER has CSeq {other.cseq.number} after {one.cseq.number}", other, one)
        elif other.contacts and _is_waiting(index, before, other.time):
            yield fault("REGISTER is sent before the one before was answered", other, one)


@rule("REG-03", MUST, "RFC 3261 §10.2.2")
def star(index: Index) -> Iterator[Fault]:
    """Contact * stands alone, with Expires 0; a registrar refuses it otherwise."""
    for transaction in _registers(index):
        hop = transaction.first
        if STAR in hop.contacts and (len(hop.contacts) > 1 or hop.get("expires") != 0):
            if hop.fresh:
                yield fault("REGISTER has Contact * with others, or without Expires 0", hop)
            for answer in transaction.sent(200, 299)[:1]:
                yield fault(f"{answer.status} accepts a Contact * that is not allowed", answer, hop)


@rule("REG-04", MUST, "RFC 3261 §10.3")
def old_ones_change_nothing(index: Index) -> Iterator[Fault]:
    """A REGISTER that is older than the binding it is for changes nothing."""
    bindings: dict[tuple[str, str, str, str], tuple[Hop, float]] = {}  # who set each, and until when
    for answer, request in sorted(_accepted(index), key=lambda pair: pair[0].number):
        arrived = min((arrival.time for arrival in request.arrivals), default=request.time)
        for contact in _named(request):
            key = (answer.sender, request.get("to").uri.aor, request.call_id, str(contact.uri))
            before, until = bindings.get(key, (request, -inf))
            if before.cseq.number > request.cseq.number and before.time < arrived < until:
                text = f"REGISTER with CSeq {request.cseq.number} is accepted after {before.cseq.number}"
                yield fault(text, answer, request, before)
            granted = [one.expires or 0 for one in _named(answer) if one.uri.matches(contact.uri)]
            bindings[key] = request, answer.time + max(granted, default=0)


@rule("REG-05", MUST, "RFC 3261 §10.3")
def lists_bindings(index: Index) -> Iterator[Fault]:
    """The 200 lists what is bound now, each with its expires, none longer than was asked for."""
    for answer, request in _accepted(index):
        listed = list(_named(answer))
        if any(contact.expires is None for contact in listed):
            yield fault(f"a Contact of the {answer.status} has no expires", answer)
            continue
        for contact in _named(request):
            asked = contact.expires if contact.expires is not None else request.get("expires")
            granted = [one.expires or 0 for one in listed if one.uri.matches(contact.uri)]
            if asked == 0 and granted:
                yield fault(f"{contact.uri} was to be removed and is listed", answer, request)
            elif asked != 0 and not granted:
                yield fault(f"{contact.uri} was to be bound and is not listed", answer, request)
            elif granted and asked is not None and max(granted) > asked:
                yield fault(f"{contact.uri} is bound for {max(granted)} s, {asked} were asked for", answer, request)


def _registers(index: Index) -> Iterable[Transaction]:
    return (transaction for transaction in index.transactions if transaction.method == "REGISTER")


def _accepted(index: Index) -> Iterator[tuple[Hop, Hop]]:
    """Each REGISTER that a registrar accepted: (its 2xx, the request)."""
    for transaction in _registers(index):
        for answer in transaction.sent(200, 299)[:1]:
            if answer.own:
                yield answer, transaction.first


def _named(hop: Hop) -> Iterator[NameAddr]:
    return (contact for contact in hop.contacts if contact is not STAR)


def _is_waiting(index: Index, register: Transaction, time: float) -> bool:
    """Whether a REGISTER was still without a final response at an instant, for all that its sender knew."""
    final = first_time(register.heard(200))
    sure = index.steady(register.client) or (not index.watched(register.client) and final < inf)
    failed = any(hop.failed for hop in register.requests)
    until = min(final, register.first.time + index.patience)
    return time < until - index.slack(0) and sure and not failed
