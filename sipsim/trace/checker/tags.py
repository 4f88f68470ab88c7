"""Tags and Call-IDs: which dialog a message is in, and which response belongs to which request (RFC 3261 §8, §19.3)."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.trace.checker.conversations import Transaction
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("TAG-01", MUST, "RFC 3261 §8.1.1.3")
def from_tag(index: Index) -> Iterator[Fault]:
    """From has a tag."""
    for hop in index.requests:
        if not hop.from_tag and hop.fresh:
            yield fault(f"From of the {hop.method} has no tag", hop)


@rule("TAG-02", MUST, "RFC 3261 §8.1.1.2")
def no_to_tag(index: Index) -> Iterator[Fault]:
    """A request outside a dialog has no To tag."""
    refused: dict[tuple[str, str, str], Hop] = {}  # by element, Call-ID and tag: who gave the tag in a refusal
    for hop in sorted([*index.requests, *index.responses], key=lambda hop: hop.number):
        key = (hop.receiver if hop.status else hop.sender, hop.call_id, hop.to_tag)
        if hop.status >= 300 and (made := index.of.get(hop)) and not made.first.to_tag:
            refused.setdefault(key, hop)
        elif hop.to_tag and not hop.status and hop.own and hop.copy_of is None and hop.method != "ACK":
            if hop.method == "REGISTER":
                yield fault("a REGISTER is in no dialog, its To has a tag", hop)
            elif key in refused and index.dialog_of(hop) is None:
                yield fault(f"To of the {hop.method} has the tag of a refusal", hop, refused[key])


@rule("TAG-03", MUST, "RFC 3261 §8.2.6.2")
def to_tag(index: Index) -> Iterator[Fault]:
    """Every response but 100 has a To tag, and all that a server makes to a request the same."""
    for hop in index.responses:
        if hop.status > 100 and not hop.to_tag and hop.fresh:
            yield fault(f"To of the {hop.status} has no tag", hop)
    for transaction in index.transactions:
        until = index.forgotten(transaction)
        made = [hop for hop in transaction.sent(101) if hop.own and hop.to_tag and hop.time < until]
        made = [hop for hop in made if not transaction.without_state(hop) and hop.status != 199]  # of others' tags
        other = next((hop for hop in made if hop.to_tag != made[0].to_tag), None)
        if other and index.steady(transaction.server):
            yield fault(f"{other.status} has another To tag than the {made[0].status} before", other, made[0])


@rule("TAG-05", MUST, "RFC 3261 §8.1.1.4")
def call_id(index: Index) -> Iterator[Fault]:
    """All messages of a dialog have the same Call-ID."""
    by_tags = {frozenset((dialog.caller_tag, dialog.callee_tag)): dialog for dialog in index.dialogs.values()}
    for hop in index.requests:
        dialog = by_tags.get(frozenset((hop.from_tag, hop.to_tag)))
        if hop.to_tag and hop.fresh and dialog is not None and index.dialog_of(hop) is None:
            yield fault(f"{hop.method} has the tags of a dialog and another Call-ID", hop, *_maker(dialog.legs))


@rule("TAG-06", MUST, "RFC 3261 §8.2.6.2")
def copied_fields(index: Index) -> Iterator[Fault]:
    """From, Call-ID, CSeq and, where it has a tag, To of a response are the request's."""
    for transaction in index.transactions:
        request = transaction.first
        for hop in transaction.answers:
            if hop.copy_of is None and (wrong := _not_copied(hop, request)):
                yield fault(f"{hop.status} has another {' and '.join(wrong)} than its {request.method}", hop, request)


def _not_copied(response: Hop, request: Hop) -> list[str]:
    """The fields of a response that should be those of its request and are not."""
    wrong = [name for name in ("From", "To") if not _same_address(response, request, name)]
    same = {"Call-ID": response.call_id == request.call_id, "CSeq": response.cseq == request.cseq}
    return wrong + [name for name in same if not same[name]]


def _same_address(response: Hop, request: Hop, name: str) -> bool:
    """Whether From or To, but for a tag that the server has added, mean the same."""
    mine, theirs = (hop.message.header(name) if hop.message else None for hop in (response, request))
    if mine == theirs:
        return True
    one, other = (hop.get("from_" if name == "From" else "to") for hop in (response, request))
    added = name == "To" and not request.to_tag
    return one.uri == other.uri and (added or sorted(one.params, key=repr) == sorted(other.params, key=repr))


def _maker(legs: list[Transaction]) -> tuple[Hop, ...]:
    return tuple(leg.first for leg in legs[:1])
