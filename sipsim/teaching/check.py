"""The check of an exercise: hints, not answers, and never an exception for an answer that is wrong.

check("first-call", mine)        # shows what is done, and a hint for what is not
"""

from __future__ import annotations

from typing import Any

from sipsim.errors import UsageError
from sipsim.teaching.exercises import EXERCISES
from sipsim.teaching.verdict import Step, Verdict
from sipsim.trace.trace import Trace


def check(exercise: str, answer: Any) -> Verdict:
    """Look at the answer to an exercise: the trace of what the learner ran.

    UsageError for an exercise that there isn't; an answer of any other kind gets a hint like any other wrong one.
    """
    if exercise not in EXERCISES:
        raise UsageError(f"exercise={exercise!r}: there is none of that name; there are {', '.join(EXERCISES)}")
    if not isinstance(answer, Trace):
        what = f"this is {type(answer).__name__}; hand over the trace, as lab.run() gives it or lab.trace holds it"
        return Verdict(exercise, (Step("the answer is a trace", False, what),))
    return Verdict(exercise, tuple(EXERCISES[exercise](answer)))
