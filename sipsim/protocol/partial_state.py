"""What is news to a subscriber: the elements of a state that changed since it was told last (RFC 3680 §5, RFC 4235 §4).

An element has an `id` and a `state`; one that is "terminated" is told once, to those who knew of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

E = TypeVar("E", bound=Any)


class Told:
    """What one subscriber knows. `version` is that of its last document, `whole` whether that told all."""

    def __init__(self) -> None:
        self.version, self.whole, self.all_is_due = -1, True, True
        self._known: dict[str, Any] = {}

    def news(self, elements: Iterable[E]) -> tuple[E, ...]:
        """The elements of the next document."""
        every, known = {one.id: one for one in elements}, self._known
        self._known = living = {id: one for id, one in every.items() if one.state != "terminated"}
        whole = self.all_is_due or bool(known.keys() - every)  # nobody knows what became of these
        self.version, self.whole, self.all_is_due = self.version + 1, whole, False
        if whole:
            return tuple(living.values())
        return tuple([one for id, one in every.items() if (id in living or id in known) and known.get(id) != one])
