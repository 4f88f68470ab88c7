"""What it takes a presence server to tell its watchers that somebody's presence is another one: linear in them.

Trace off, memory network; timed from the PUBLISH to the last 200, for few watchers and for many.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Figure, in_turn, ratio
from sipsim import Lab
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.message.presence import present

FEW, MANY = 250, 1000
TIMES = 4
"""Changes told in a row, so that the few take long enough to be timed."""
BOB = "sip:bob@example.com"


def figures() -> Iterator[Figure]:
    labs = {str(count): watched(count) for count in (FEW, MANY)}
    sides = {name: (lambda lab=lab, bob=bob: tell(lab, bob)) for name, (lab, bob) in labs.items()}
    times = in_turn(sides, turns=5)
    each = {name: round(1e6 * min(found) / TIMES / int(name), 1) for name, found in times.items()}
    more = {"microseconds_per_watcher": each}
    grown = ratio(times, str(MANY), str(FEW)) * FEW / MANY
    yield Figure(f"a watcher, {MANY} / {FEW} of them", grown, "x", most=1.3, more=more)


def watched(count: int) -> tuple[Lab, UserAgent]:
    """A lab in which so many phones watch one user."""
    lab = Lab(seed=1, trace="off")
    lab.presence_server("example.com")
    bob = lab.user_agent(BOB)
    for number in range(count):
        lab.user_agent(f"sip:w{number}@example.com").subscribe(BOB, refresh=False)
    lab.run(until=1)
    return lab, bob


def tell(lab: Lab, bob: UserAgent) -> None:
    """Bob comes and goes, and everybody hears of it."""
    for number in range(TIMES):
        bob.publish(present(BOB, "open" if number % 2 else "closed"))
        lab.run(until=lab.env.now + 1)
