"""What a call costs where everybody has to log in: a registration with digest before each, and a proxy that asks.

Each call is 18 messages: a REGISTER that brings its credentials unasked (the first of a phone does not), an INVITE
that is refused with 407, and the call in eight steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import simpy

from bench import workload
from bench.figures import Figure, in_turn, microseconds
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.lab.lab import Lab

FEW, MANY, PHONES = 3_000, 30_000, 100


def figures() -> Iterator[Figure]:
    """The time for a call, and whether it is more when there are many."""
    few = microseconds(in_turn({"few": logged_in(FEW)}, turns=3), FEW)["few"]
    many = microseconds(in_turn({"many": logged_in(MANY)}, turns=1), MANY)["many"]
    yield Figure(f"call with digest, of {FEW}", few, "us")
    yield Figure(f"call with digest, of {MANY}", many, "us")
    yield Figure(f"call with digest, of {MANY} / of {FEW}", many / few, "x", most=1.25)


def logged_in(calls: int) -> Callable[[], object]:
    """One run in a lab of its own: phones take turns, each registers and then calls."""
    return lambda: load(a_lab(), calls)


def a_lab(trace: str = "off") -> Lab:
    lab = Lab(seed=7, trace=trace)
    names = [f"alice{n}" for n in range(PHONES)]
    users = {name: f"secret of {name}" for name in (*names, "bob")}
    lab.proxy("example.com", users=users)
    for name, password in users.items():
        lab.user_agent(f"sip:{name}@example.com", password=password, answers=0)
    return lab


def load(lab: Lab, calls: int) -> None:
    env = lab.env
    phones = [workload.agent(lab, f"alice{n}") for n in range(PHONES)]
    workload.agent(lab, "bob").register()
    lab.run()

    def call(registered: simpy.Event) -> None:
        phone: UserAgent = registered.value.agent
        listen(phone.call(workload.BOB).answered, hang_up)

    def hang_up(answered: simpy.Event) -> None:
        answered.value.hang_up()

    def begin(left: int) -> None:
        listen(phones[left % PHONES].register(), call)
        if left > 1:
            env.call_later(workload.EVERY, begin, left - 1)

    begin(calls)
    lab.run()
    lab.drain()
    assert sum(phone.tally.answered for phone in phones) == calls and not lab.leftovers()


def listen(event: simpy.Event, fn: Callable[[Any], None]) -> None:
    assert event.callbacks is not None
    event.callbacks.append(fn)
