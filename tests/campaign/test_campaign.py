"""Random runs: topologies, users and faults drawn from a seed, and what holds all the same (`make soak` for more)."""

from __future__ import annotations

from collections import Counter

import pytest
from campaign.plan import draw
from campaign.reached import WANTED
from campaign.trial import shrunk, tried

RUNS, ROUNDS = 500, 10
SELDOM = ("status 488", "status 302", "timer C")
"""What five hundred runs need not reach."""


@pytest.fixture(scope="module")
def tally() -> Counter[str]:
    """How often each recovery path was reached, by all the rounds so far."""
    return Counter()


@pytest.mark.parametrize("first", range(0, RUNS, RUNS // ROUNDS))
def test_whatever_goes_wrong_the_invariants_hold(tally: Counter[str], first: int) -> None:
    for seed in range(first, first + RUNS // ROUNDS):
        verdict = tried(draw(seed), twice=seed % 20 == 0)
        assert not verdict.amiss, f"`make soak SEED={seed}` shows it\n{tried(shrunk(verdict.stage.plan))}"
        tally.update(verdict.reached)
    tally["runs"] += RUNS // ROUNDS


def test_the_runs_reach_the_recovery_paths(tally: Counter[str]) -> None:
    if tally["runs"] < RUNS:
        pytest.skip("only some of the runs were asked for")
    assert [path for path in WANTED if not tally[path] and path not in SELDOM] == []


def test_a_failing_plan_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an invariant that any CANCEL breaks: what is left is a call and its end."""
    from campaign import trial

    def no_cancel(stage: object) -> list[str]:
        sent = stage.lab.trace.select("sent")  # type: ignore[attr-defined]
        return [str(record) for record in sent if record.raw.startswith(b"CANCEL ")]

    monkeypatch.setattr(trial, "INVARIANTS", (no_cancel,))
    seed = next(seed for seed in range(100) if len(draw(seed).steps) > 6 and tried(draw(seed)).amiss)
    plan = shrunk(draw(seed))
    assert tried(plan).amiss and len(plan.steps) <= 2 and not plan.faults
