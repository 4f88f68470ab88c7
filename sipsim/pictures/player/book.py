"""The book of a ladder: everything that its player shows, as JSON values; made once, then followed by what is new.

A book holds all messages of a trace, in pages of so many as are drawn at once. `news` gives what has to be known by
whoever has the book as it was: new messages and sentences, and the changed pieces of pages.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from sipsim.pictures.charts.state_chart import StateChart
from sipsim.pictures.charts.states import names
from sipsim.pictures.ladder.model import Arrow, Model, Row
from sipsim.pictures.player.explaining import Explainer, brief
from sipsim.pictures.player.meanings import FIELDS, METHODS, STATUSES
from sipsim.pictures.player.pages import PREFIX, changed, draw, key_of, split
from sipsim.pictures.writers import svg
from sipsim.protocol.machine import Machine
from sipsim.trace.walks import TABLES

if TYPE_CHECKING:
    from sipsim.pictures.ladder.ladder import Ladder

AT_ONCE = 400
"""How many messages, notes and media bars are drawn on one page, unless a ladder says less."""

SETTLED = 60.0
"""So many seconds after its arrival nothing new is said of a message."""


class Book:
    """The book of a ladder, with what its trace has by now; `content` is all of it, as JSON values."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.trace = ladder.trace
        self.at_once = min(ladder.wishes.max_rows or AT_ONCE, AT_ONCE)
        self.seen = 0  # how many records of the trace are in it
        self.content: dict[str, Any] = {"edition": 0, "messages": {}, "sentences": {}, "pages": [], "words": _words()}
        self._explainer = Explainer(self.trace)
        self._drawn: list[tuple[Model, dict[str, Any]]] = []  # each page's model, and what was drawn of it
        self.news()

    def news(self) -> dict[str, Any]:
        """Bring the book up to what the trace has by now; gives what changed, in the book's own form."""
        ladder = self.ladder.whole()
        self.seen = len(self.trace)
        self._explainer.catch_up()
        pages = split(ladder, self.at_once)
        messages = {
            str(arrow.number): self._message(arrow, page)
            for page, model in enumerate(pages) for arrow in model.arrows if not arrow.duplicate
        }  # fmt: skip
        sentences = {str(id): [brief(told), *ties] for id, (told, *ties) in self._explainer.sentences.items()}
        return self._turn(ladder, messages, sentences, self._pages(pages, ladder.foot))

    def _pages(self, models: list[Model], foot: str) -> list[dict[str, Any]]:
        """Draw the pages; one whose model is as before is not drawn again. The foot stands below the last."""
        last = len(models) - 1
        for i, model in enumerate(models):
            if i < last and i < len(self._drawn) - 1 and self._drawn[i][0] == model:
                continue
            self._drawn[i : i + 1] = [(model, draw(model, foot if i == last else ""))]
        del self._drawn[last + 1 :]
        return [drawn for _, drawn in self._drawn]

    def _turn(
        self, ladder: Ladder, messages: dict[str, Any], sentences: dict[str, Any], pages: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Take over what was made anew; gives the difference."""
        old = self.content
        about = {
            "edition": old["edition"] + 1,
            "title": brief(ladder.title) or "Ladder diagram",
            "foot": ladder.foot,
            "calls": _calls(ladder.rows),
        }
        news = {
            **about,
            "messages": {key: made for key, made in messages.items() if old["messages"].get(key) != made},
            "sentences": {key: made for key, made in sentences.items() if key not in old["sentences"]},
            "pages": {
                str(i): changed(page, old["pages"][i]) if i < len(old["pages"]) else page
                for i, page in enumerate(pages) if i >= len(old["pages"]) or page != old["pages"][i]
            },
        }  # fmt: skip
        old.update(about, messages=messages, sentences=sentences, pages=pages)
        return news

    def _message(self, arrow: Arrow, page: int) -> dict[str, Any]:
        """What there is to say of a message; of one that is long over, what was said before."""
        known = self.content["messages"].get(str(arrow.number))
        if known and known["page"] == page and self.trace[self.seen].time > (known["ended"] or math.inf) + SETTLED:
            return known  # type: ignore[no-any-return]
        said = self._explainer.message(self.trace[arrow.record])
        return {
            "key": key_of(arrow), "page": page, "text": brief(arrow.text), "method": brief(arrow.method),
            "from": brief(arrow.source), "to": brief(arrow.target), "sent": arrow.sent, "ended": arrow.ended,
            "label": brief(arrow.label), "family": arrow.family, "way": brief(arrow.way), "remark": brief(arrow.remark),
            "transport": brief(arrow.transport), "copy": arrow.copy, "call": brief(arrow.call), **said,
        }  # fmt: skip


def _calls(rows: list[Row]) -> list[str]:
    """The Call-IDs, in the order in which they came up."""
    return list(dict.fromkeys(brief(row.call) for row in rows if isinstance(row, Arrow) and row.call))


@cache
def _words() -> dict[str, Any]:
    """What lines of messages mean, and the tables of states with their charts."""
    machines = {machine.name: _machine(machine) for machine in TABLES.values()}
    return {"fields": FIELDS, "methods": METHODS, "statuses": STATUSES, "machines": machines}


def _machine(machine: Machine) -> dict[str, Any]:
    """A table of states: its rows, its chart in pieces, and which of these are which state and which row."""
    picture, ids = StateChart(machine, title="").picture(), names(machine)
    return {
        "rfc": machine.rfc,
        "initial": machine.initial,
        "states": list(machine.states),
        "rows": [[state, input, row[0]] for (state, input), row in machine.rows.items()],
        "chart": {
            "width": round(picture.width, 1),
            "height": round(picture.height, 1),
            "parts": dict(svg.pieces(picture, PREFIX)),
            "states": {state: ids.get(state, "") for state in machine.states},
            "ways": {" ".join(pair): ids.get(pair, "") for pair in machine.rows},
        },
    }
