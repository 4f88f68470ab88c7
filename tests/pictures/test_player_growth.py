"""A player's book that reads on: whatever the pieces in which a run comes in, it is the book of the whole run."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from test_player_book import merged

import sipsim
from sipsim.pictures.player import book as books
from sipsim.pictures.player.book import Book
from sipsim.trace.jsonl import _read_header, _read_record, dump
from sipsim.trace.trace import Trace

SCENARIOS = (
    "fork",
    "media",
    "lost-200",
    "glare",
    "two-answers",
    "proxy-crash",
    "dtmf",
    "rfc3515-4.1",
    "intercepted",
    "to-a-telephone",
)
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"max_rows": 5},
    {"max_rows": 7, "group": "call", "details": ("gaps", "codecs")},
    {"max_rows": 4, "filter": "* INVITE"},
    {"max_rows": 6, "call": 1},
    {"max_rows": 6, "marks": ("transactions", "timers"), "color": "call", "repeats": "folded"},
    {"max_rows": 6, "details": ("calls", "counts"), "findings": True},
)


class Piecemeal:
    """A run that comes in pieces, as it is recorded."""

    def __init__(self, run: Trace) -> None:
        self.lines = [json.loads(line) for line in dump(run).splitlines()]
        self.trace = Trace()
        _read_header(self.trace, self.lines.pop(0))

    def take(self, number: int) -> None:
        for line in self.lines[:number]:
            _read_record(self.trace, line)
        del self.lines[:number]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_news_add_up_to_the_whole_book(scenario: str, options: dict[str, Any]) -> None:
    run, dice = Piecemeal(sipsim.run(scenario, seed=3)), random.Random(5)
    run.take(len(run.lines) // 2)
    book = Book(run.trace.ladder(**options))
    mine = json.loads(json.dumps(book.content))
    while run.lines:
        run.take(dice.choice((1, 2, 5, 20)))
        mine = merged(mine, json.loads(json.dumps(book.news())))
    fresh = json.loads(json.dumps(Book(run.trace.ladder(**options)).content))
    for name in ("title", "foot", "calls", "pages"):
        assert mine[name] == fresh[name], name
    assert {key: mine["messages"][key] for key in fresh["messages"]} == fresh["messages"]
    assert fresh["sentences"].items() <= mine["sentences"].items()
    assert [*map(int, fresh["messages"])] == sorted(map(int, fresh["messages"]))
    assert "0" not in fresh["messages"], "what is not SIP is drawn, and no message to open"


def test_an_element_that_comes_up_later_gets_its_column() -> None:
    lab = sipsim.Lab(seed=7)
    lab.proxy("example.com")
    alice = lab.user_agent("sip:alice@example.com")
    book = Book(lab.trace.ladder(max_rows=5))
    mine = json.loads(json.dumps(book.content))
    for name in ("bob", "carol"):
        phone = lab.user_agent(f"sip:{name}@example.com", answers=1.0)
        phone.register()
        lab.run()
        mine = merged(mine, json.loads(json.dumps(book.news())))
        alice.call(phone.uri)
        lab.run(until=lab.env.now + 5)
        mine = merged(mine, json.loads(json.dumps(book.news())))
        assert mine["pages"] == json.loads(json.dumps(Book(lab.trace.ladder(max_rows=5)).content))["pages"]
    assert all(name in "".join(mine["pages"][0]["parts"].values()) for name in ("alice", "bob", "carol"))


def test_an_update_reads_and_draws_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run's pages are left alone: drawn again are the last ones, explained again those where something came."""
    lab = sipsim.Lab(seed=7)
    lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.register()

    def call(lab: sipsim.Lab):
        placed = alice.call(bob.uri)
        yield placed.answered
        yield placed.hang_up()

    for _ in range(20):
        lab.run(call)
    book = Book(lab.trace.ladder(max_rows=30))
    drawn: list[int] = []
    made = books.draw
    monkeypatch.setattr(books, "draw", lambda model, foot: drawn.append(len(model.rows)) or made(model, foot))
    lab.run(call)
    news = book.news()
    assert len(book.content["pages"]) >= 9 and len(drawn) <= 3
    assert len(news["messages"]) <= 14 and len(news["calls"]) == 1 and len(news["pages"]) <= 3
    assert news["sentences"].keys().isdisjoint(str(id) for id in range(1, 200))
