"""CSeq: the order of requests (RFC 3261 §8.1.1.5, §12.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sipsim.message.message import Request
from sipsim.trace.checker.conversations import Dialog, Transaction
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

REORDERED = 1.0
"""Seconds within which the order in a capture may not be the order of sending."""

_CSEQ = re.compile(r"([0-9]{1,20})[ \t]+(\S+)", re.ASCII)


@rule("CSQ-01", MUST, "RFC 3261 §8.1.1.5")
def number_and_method(index: Index) -> Iterator[Fault]:
    """CSeq has a number below 2**31 and the method of the request."""
    for hop in index.hops:
        text = hop.message.header("CSeq") if hop.message is not None and hop.fresh else None
        if text is None:
            continue
        found = _CSEQ.fullmatch(text)
        if found is None or int(found[1]) >= 2**31:
            yield fault(f"CSeq is {text[:40]!r}", hop)
        elif isinstance(hop.message, Request) and found[2] != hop.message.method:
            yield fault(f"CSeq of the {hop.message.method} says {found[2]}", hop)


@rule("CSQ-02", MUST, "RFC 3261 §12.2.1.1")
def contiguous(index: Index) -> Iterator[Fault]:
    """In a dialog each end counts its requests up by one, ACK and CANCEL aside."""
    for dialog in index.dialogs.values():
        for requests in _counted(dialog):
            for before, hop in pairwise(requests):
                step = hop.cseq.number - before.cseq.number
                if step != 1 and _is_fault(index, before, hop, step):
                    yield fault(f"{hop.method} has CSeq {hop.cseq.number} after {before.cseq.number}", hop, before)


@rule("CSQ-03", MUST, "RFC 3261 §12.2.2")
def late_is_refused(index: Index) -> Iterator[Fault]:
    """A request in a dialog with a lower CSeq than one before is answered with 500; a CANCEL has that of its INVITE."""
    for dialog in index.dialogs.values():
        for tag in (dialog.caller_tag, dialog.callee_tag):
            inside = [one for one in dialog.inside if one.first.from_tag == tag and one.taken and one.sent()]
            yield from _accepted_late([one for one in inside if one.method != "CANCEL"])


def _accepted_late(inside: list[Transaction]) -> Iterator[Fault]:
    """Of the transactions that one end sent in a dialog: those accepted when a higher number had been answered."""
    answered = sorted(inside, key=lambda one: one.sent()[0].time)
    highest: Transaction | None = None
    for late in sorted(inside, key=lambda one: one.taken[0].time):
        while answered and answered[0].sent()[0].time < late.taken[0].time:
            one = answered.pop(0)
            if highest is None or one.first.cseq.number > highest.first.cseq.number:
                highest = one
        accepted = [hop for hop in late.sent(200, 299) if hop.own]
        if highest and accepted and highest.server == late.server:
            number, other = late.first.cseq.number, highest.first.cseq.number
            if number < other:
                text = f"{late.method} with CSeq {number} is accepted after {other}"
                yield fault(text, accepted[0], late.first, highest.first)


def _counted(dialog: Dialog) -> Iterator[list[Hop]]:
    """The requests of each end in its order, the caller's with the INVITE that made the dialog."""
    first = [dialog.caller_leg.first] if dialog.caller_leg else []
    for made, tag in ((first, dialog.caller_tag), (list[Hop](), dialog.callee_tag)):
        yield made + [hop for hop in dialog.by(tag) if hop.method not in ("ACK", "CANCEL")]


def _is_fault(index: Index, before: Hop, hop: Hop, step: int) -> bool:
    """Whether a step other than one is wrong; what fails at one server goes to the next as it is (RFC 3263 §4.3)."""
    if step == 0 and hop.method == before.method:
        return any(arrival.hop.status != 503 for arrival in index.of[before].heard(200))
    if index.watched(hop.sender):
        return True
    return step == 0 or (step < 0 and hop.time - before.time > REORDERED)
