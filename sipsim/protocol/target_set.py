"""A target set: the addresses that a request may go to, in which order, none of them twice (RFC 3261 §16.5, §16.6)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sipsim.message.uri import Uri

FORKING = ("parallel", "sequential", "q-groups")
"""All contacts at once; one after another, the best liked first; those of equal q at once, one group after another."""

MOST_TARGETS = 60
"""How many targets one request may have, those of redirects included; a robustness limit of ours."""

Liked = tuple[Uri, float]
"""A contact and how much it is liked (q)."""


class TargetSet:
    """Targets in rounds: those of one round are asked at the same time, the next when all of them have failed."""

    def __init__(self, forking: str) -> None:
        self.forking = forking
        self._known: list[Uri] = []
        self._rounds: list[list[Uri]] = []

    def __bool__(self) -> bool:
        """Whether a target waits to be asked."""
        return bool(self._rounds)

    def add(self, contacts: Iterable[Liked]) -> list[Uri]:
        """Put contacts that are new before all that wait, in rounds of their own; gives those that were taken."""
        new: list[Liked] = []
        for uri, q in contacts:
            if len(self._known) < MOST_TARGETS and not any(uri.matches(known) for known in self._known):
                self._known.append(uri)
                new.append((uri, q))
        self._rounds[:0] = rounds(new, self.forking)
        return [uri for uri, _ in new]

    def take(self, most: int) -> list[Uri]:
        """The next round, of no more than `most` targets: the others of it make another round (RFC 5393 §5.5)."""
        first = self._rounds[0]
        self._rounds[:1] = [first[most:]] if first[most:] else []
        return first[:most]


def rounds(contacts: list[Liked], forking: str) -> list[list[Uri]]:
    """Contacts in rounds, as a way of forking has it; among equals the order stays."""
    if forking == "parallel":
        return [[uri for uri, _ in contacts]] if contacts else []
    liked = sorted(contacts, key=lambda contact: -contact[1])
    if forking == "sequential":
        return [[uri] for uri, _ in liked]
    return [[uri for uri, _ in group] for _, group in groupby(liked, key=lambda contact: contact[1])]
