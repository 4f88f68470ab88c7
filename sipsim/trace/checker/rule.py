"""What a rule of the checker is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.trace.sentences import printable

if TYPE_CHECKING:
    from sipsim.trace.checker.hops import Hop
    from sipsim.trace.checker.index import Index

MUST, SHOULD = "MUST", "SHOULD"
"""How much an RFC insists (RFC 2119); what it forbids counts as what it asks for."""

UNSEEN = "UNSEEN"
"""In place of both, and of a rule's id: no fault, but something that the checker could not look at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken: by which `element`, and in which messages, by the numbers on their arrows.

    `severity` is "MUST" or "SHOULD", `rfc` the section that asks for it, `text` says what is wrong in these messages.
    One of severity "UNSEEN" is of no rule, element and message: its `text` says what could not be judged.
    """

    rule: str
    severity: str
    rfc: str
    text: str
    messages: tuple[int, ...]
    element: str

    def __str__(self) -> str:
        if self.severity == UNSEEN:
            return printable(f"not judged: {self.text}")
        many = "messages" if len(self.messages) > 1 else "message"
        where = f"{many} {', '.join(map(str, self.messages))}"
        return printable(f"{self.element}, {where}: {self.text} ({self.rule}, {self.severity}, {self.rfc})")

    def as_dict(self) -> dict[str, Any]:
        """The finding ready for JSON."""
        return {**asdict(self), "messages": list(self.messages)}


class Fault(NamedTuple):
    """What a rule's function yields: what is wrong, the messages that show it, and the element at fault."""

    text: str
    hops: tuple[Hop, ...]
    element: str


def fault(text: str, *hops: Hop, by: str = "") -> Fault:
    """A fault of the sender of the first message, or of the element that `by` names."""
    return Fault(text, hops, by or hops[0].sender)


@dataclass(frozen=True)
class Rule:
    """One rule: its id, how much the RFC insists, the section, what it asks for in our words, and how to tell."""

    id: str
    severity: str
    rfc: str
    text: str
    look: Callable[[Index], Iterable[Fault]]

    def findings(self, index: Index) -> Iterator[Finding]:
        """Everything in a trace that breaks this rule."""
        for text, hops, element in self.look(index):
            numbers = tuple(sorted({hop.number for hop in hops}))
            yield Finding(self.id, self.severity, self.rfc, text, numbers, element)


def rule(id: str, severity: str, rfc: str) -> Callable[[Callable[[Index], Iterable[Fault]]], Rule]:
    """Make a rule of the function that looks for its faults; what it asks for is the function's docstring."""
    return lambda look: Rule(id, severity, rfc, (look.__doc__ or "").rstrip("."), look)
