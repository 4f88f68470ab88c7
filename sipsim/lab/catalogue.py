"""The door to the catalogue: the one place that looks up the scenarios of `flows`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from sipsim.errors import UsageError
from sipsim.lab.scenario import Scenario


def catalogue() -> Mapping[str, Scenario]:
    """All scenarios of the catalogue by name, in the order in which they are best read."""
    from sipsim.flows.catalogue import CATALOGUE

    return CATALOGUE


def find(name: str) -> Scenario:
    """The scenario with this name; `UsageError` names those that come near, or all."""
    known = catalogue()
    if name in known:
        return known[name]
    near = get_close_matches(name, known) or list(known)
    raise UsageError(f"scenario: {name!r} is not in the catalogue; there are {', '.join(near)}")
