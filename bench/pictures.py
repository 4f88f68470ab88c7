"""How long a ladder of 200 messages takes as SVG and as text, and whether twice as many take twice as long."""

from __future__ import annotations

from collections.abc import Iterator

import sipsim
from bench.figures import Figure, in_turn, microseconds, ratio

CALL = 13  # messages of a call through a proxy
EVERYTHING = ("transactions", "dialogs", "timers", "reasons")


def calls(messages: int) -> sipsim.Trace:
    """A trace of at least so many messages: two phones that call one another through a proxy again and again."""
    lab = sipsim.Lab(seed=7)
    lab.proxy("example.com")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com") for name in ("alice", "bob"))

    def story(lab: sipsim.Lab):
        yield bob.register()
        for _ in range(-(-messages // CALL)):
            call = alice.call(bob.uri)
            yield call.answered
            yield lab.env.timeout(3)
            yield call.hang_up()
            yield lab.env.timeout(1)

    return lab.run(story)


def figures() -> Iterator[Figure]:
    """The figures of this file."""
    small, large = calls(200), calls(400)
    count = len(small.ladder().arrows)
    times = in_turn(
        {
            "read": lambda: small.ladder(),
            "svg": lambda: small.ladder().to_svg(),
            "text": lambda: small.ladder().to_text(),
            "svg of twice as many": lambda: large.ladder(max_rows=None).to_svg(),
            "svg with all marks": lambda: small.ladder(marks=EVERYTHING).to_svg(),
        }
    )
    each = {name: figure / 1000 * 200 / count for name, figure in microseconds(times, 1).items()}  # of 200 messages
    more = {"messages": count, "reading": round(each["read"], 1)}
    yield Figure("ladder, trace to SVG", each["svg"], "ms", most=30.0, more=more)
    yield Figure("ladder, trace to text", each["text"], "ms", most=10.0, more=more)
    yield Figure("ladder, twice as many messages", ratio(times, "svg of twice as many", "svg"), "times", most=2.5)
    yield Figure("ladder with all marks, trace to SVG", each["svg with all marks"], "ms")
