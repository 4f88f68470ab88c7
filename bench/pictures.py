"""How long a ladder of 200 messages takes as SVG and as text, and whether twice as many take twice as long.

And what a player is told of one more call, where the run had few messages so far and where it had many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from statistics import fmean, median
from time import perf_counter
from typing import Any

import sipsim
from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.pictures.player.book import Book

CALL = 13  # messages of a call through a proxy
FEW, MANY = 1000, 10_000  # messages that a player has before it is told of more
PAGE = 130  # rows of its pages: ten calls
EVERYTHING = ("transactions", "dialogs", "timers", "reasons")


def calls(messages: int) -> tuple[sipsim.Lab, Callable[..., Any]]:
    """A lab with at least so many messages, two phones that call one another through a proxy; the story of a call."""
    lab = sipsim.Lab(seed=7)
    lab.proxy("example.com")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com") for name in ("alice", "bob"))

    def one(lab: sipsim.Lab):
        call = alice.call(bob.uri)
        yield call.answered
        yield lab.env.timeout(3)
        yield call.hang_up()
        yield lab.env.timeout(1)

    def story(lab: sipsim.Lab):
        yield bob.register(refresh=True)
        for _ in range(-(-messages // CALL)):
            yield from one(lab)

    lab.run(story)
    return lab, one


def figures() -> Iterator[Figure]:
    """The figures of this file."""
    small, large = (calls(messages)[0].trace for messages in (200, 400))
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
    yield from growing()


def growing() -> Iterator[Figure]:
    """A call more in a player: its cost goes by what is new, not by what there is."""
    each = {messages: update(messages) for messages in (FEW, MANY)}
    more = {"kilobytes": round(each[MANY][1] / 1000), f"after_{FEW}": round(each[FEW][0], 1)}
    yield Figure(f"player, a call more after {MANY} messages", each[MANY][0], "ms", most=50.0, more=more)
    yield Figure(f"player, a call more, {MANY} / {FEW} messages", each[MANY][0] / each[FEW][0], "x", most=2.0)


def update(messages: int) -> tuple[float, float]:
    """Milliseconds until a player's book has a call more, and the octets of such news, while a page fills up."""
    lab, call = calls(messages)
    book = Book(lab.trace.ladder(max_rows=PAGE))
    took, size = [], []
    for _ in range(2 * PAGE // CALL):
        lab.run(call)
        began = perf_counter()
        news = book.news()
        took.append(1000 * (perf_counter() - began))
        size.append(len(json.dumps(news)))
    return median(took), fmean(size)
