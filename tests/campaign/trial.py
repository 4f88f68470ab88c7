"""One run of a plan, tried: what is amiss with it, and the smallest plan that still fails in the same way."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import NamedTuple

from campaign.invariants import INVARIANTS, same_again
from campaign.plan import Plan
from campaign.reached import reached
from campaign.stage import Stage


class Verdict(NamedTuple):
    """What came of a run: by invariant, what is amiss; and which paths it reached."""

    stage: Stage
    amiss: dict[str, list[str]]
    reached: Counter[str]

    def __str__(self) -> str:
        lines = [f"{name}: {text}" for name, texts in self.amiss.items() for text in texts[:5]]
        return "\n".join([str(self.stage.plan), *lines])


def tried(plan: Plan, twice: bool = False) -> Verdict:
    """Run a plan and hold it against every invariant; with `twice` against a second run of itself too."""
    stage = Stage(plan)
    try:
        stage.run()
    except Exception:
        return Verdict(stage, {"no exception": [traceback.format_exc(limit=-8)]}, Counter())
    paths = reached(stage)
    checks = [same_again, *INVARIANTS] if twice else INVARIANTS
    found = {check.__name__: list(check(stage)) for check in checks}
    return Verdict(stage, {name: texts for name, texts in found.items() if texts}, paths)


def shrunk(plan: Plan, most: int = 300) -> Plan:
    """The plan with everything left out that the failure does not need, found in so many runs at the most."""
    wanted = set(tried(plan).amiss)
    while wanted:
        for smaller in plan.smaller:
            most -= 1
            if most < 0:
                return plan
            if wanted & set(tried(smaller).amiss):
                plan = smaller
                break
        else:
            return plan
    return plan
