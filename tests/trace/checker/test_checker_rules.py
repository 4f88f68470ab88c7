"""Every rule finds what is planted for it, and nothing in the clean run that it was planted in."""

from __future__ import annotations

import plants_calls
import plants_events
import plants_extensions
import plants_form
import plants_order
import plants_repetition
import plants_servers
import plants_sessions
import pytest
from planting import PLANTS, Base, Plant, Tape
from tapes import PASSWORDS, known_user

from sipsim.trace.checker.check import RULES, check
from sipsim.trace.checker.rule import Finding

GARDENS = (
    plants_form,
    plants_order,
    plants_calls,
    plants_extensions,
    plants_sessions,
    plants_events,
    plants_repetition,
    plants_servers,
)
BASES = {make.__name__: make for plants in PLANTS.values() for _, bases in plants for make in bases}
EACH = [(rule, plant, bases) for rule, plants in PLANTS.items() for plant, bases in plants]
ENOUGH = 0.95
"""The part of all broken tapes in which the broken rule has to be found."""


def judged(tape: Tape, of: Base, rules: list[str] | None = None) -> list[Finding]:
    """What is found on a tape; the users' passwords are known where they have some."""
    return check(tape.play(), rules, passwords=PASSWORDS if of is known_user else None)


def test_every_rule_can_be_broken() -> None:
    assert set(PLANTS) == set(RULES)


@pytest.mark.parametrize("make", BASES.values(), ids=BASES)
def test_a_clean_tape_has_no_findings(make: Base) -> None:
    assert judged(make(), make) == []


@pytest.mark.parametrize("rule", PLANTS)
def test_a_planted_fault_raises_its_rule_alone(rule: str) -> None:
    """In one of the ways to break it at least: many faults lead to others."""
    found = [judged(next(plant(bases[0]())), bases[0]) for plant, bases in PLANTS[rule]]
    assert {rule} in [{finding.rule for finding in findings} for findings in found], found


@pytest.mark.parametrize(("rule", "plant", "bases"), EACH, ids=[f"{rule}-{plant.__name__}" for rule, plant, _ in EACH])
def test_a_planted_fault_is_found(rule: str, plant: Plant, bases: tuple[Base, ...]) -> None:
    assert rule in {finding.rule for finding in judged(next(plant(bases[0]())), bases[0])}


def test_hardly_any_broken_tape_passes() -> None:
    broken = [(rule, plant, tape, base) for rule, plant, bases in EACH for base in bases for tape in plant(base())]
    passed = [f"{rule} {plant.__name__}" for rule, plant, tape, base in broken if not judged(tape, base, [rule])]
    assert len(broken) > 2 * len(EACH)
    assert len(passed) <= (1 - ENOUGH) * len(broken), passed
