"""The load: calls through one proxy at a fixed rate, answered and hung up at once, until every timer has run out."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.lab.lab import Lab

EVERY = 0.00099
"""Seconds between two calls. No divisor of the links' 5 ms: packets of different calls shall not arrive together."""

BOB = "sip:bob@example.com"


def a_lab(trace: str) -> Lab:
    """A caller, a proxy and a callee."""
    lab = Lab(seed=7, trace=trace)
    lab.proxy("example.com")
    lab.user_agent("sip:alice@example.com")
    lab.user_agent(BOB, answers=0)
    return lab


def agent(lab: Lab, name: str) -> UserAgent:
    found = lab.elements[name]
    assert isinstance(found, UserAgent)
    return found


def by_callbacks(lab: Lab, calls: int) -> None:
    """Calls with the least around them: a function places each, another hangs up when it is answered."""
    env, alice = lab.env, ready(lab)

    def hang_up(answered: simpy.Event) -> None:
        answered.value.hang_up()

    def place(left: int) -> None:
        answered = alice.call(BOB).answered
        assert answered.callbacks is not None
        answered.callbacks.append(hang_up)
        if left > 1:
            env.call_later(EVERY, place, left - 1)

    place(calls)
    finish(lab, calls)


def by_stories(lab: Lab, calls: int) -> None:
    """Calls as users write them: each is a SimPy process."""
    env, alice = lab.env, ready(lab)

    def talk() -> Generator[simpy.Event, Any, None]:
        call = alice.call(BOB)
        yield call.answered
        yield call.hang_up()

    def story(lab: Lab) -> Generator[simpy.Event, Any, None]:
        for _ in range(calls):
            env.process(talk())
            yield env.timeout(EVERY)

    lab.run(story)
    finish(lab, calls)


def ready(lab: Lab) -> UserAgent:
    """Let the callee register; gives the caller."""
    agent(lab, "bob").register()
    lab.run()
    return agent(lab, "alice")


def finish(lab: Lab, calls: int) -> None:
    """Let everything end, the timers of finished transactions too: every call has succeeded and nothing is left."""
    lab.run()
    lab.drain()
    assert agent(lab, "alice").tally.answered >= calls and not lab.leftovers()
