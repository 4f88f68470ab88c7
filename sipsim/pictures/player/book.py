"""The book of a ladder: everything that its player shows, as JSON values; made once, then followed by what is new.

A book holds all messages of a trace, in pages of so many as are drawn at once. `news` gives what has to be known by
whoever has the book as it was: new messages and sentences, and the changed pieces of pages.
"""

from __future__ import annotations

import math
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sipsim.pictures.charts.numbers import codecs_in
from sipsim.pictures.charts.state_chart import StateChart
from sipsim.pictures.charts.states import names
from sipsim.pictures.ladder.model import Arrow, Model
from sipsim.pictures.player.explaining import Explainer, brief
from sipsim.pictures.player.growth import Grown, Growth
from sipsim.pictures.player.meanings import FIELDS, METHODS, STATUSES
from sipsim.pictures.player.pages import PREFIX, changed, draw, key_of
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
        self.content: dict[str, Any] = {
            "edition": 0, "foot": "", "calls": [], "messages": {}, "sentences": {}, "pages": [], "words": _words(),
        }  # fmt: skip
        self._explainer = Explainer(self.trace)
        self._growth = Growth(ladder, self.at_once)
        self._calls: dict[str, None] = {}
        self._models: dict[int, Model] = {}  # of pages, where all of it was read
        self.news()

    def news(self) -> dict[str, Any]:
        """Bring the book up to what the trace has by now; gives what changed, in the book's own form."""
        grown = self._growth.catch_up(self._explainer.catch_up())
        self.seen = len(self.trace)
        old = self.content
        messages = {str(arrow.number): self._message(arrow, page, grown.whole) for arrow, page in grown.messages}
        new = {key: made for key, made in messages.items() if old["messages"].get(key) != made}
        calls = dict.fromkeys(brief(arrow.call) for arrow, _ in grown.messages if arrow.call)
        about = {
            "edition": old["edition"] + 1,
            "title": brief(self.ladder.title) or "Ladder diagram",
            "foot": grown.foot,
        }
        news = {
            **about,
            "calls": [call for call in calls if call not in self._calls],
            "messages": new,
            "sentences": {str(id): [brief(told), *ties] for id, (told, *ties) in self._explainer.spoken().items()},
            "pages": self._pages(grown),
        }
        self._calls |= calls
        old["calls"] += news["calls"]
        old["sentences"].update(news["sentences"])
        old.update(about)
        if grown.whole:
            old["messages"] = messages
        else:
            old["messages"].update(new)
        return news

    def _pages(self, grown: Grown) -> dict[str, dict[str, Any]]:
        """Draw the pages that changed; gives what is other of each. The foot stands below the last."""
        pages, last, models = self.content["pages"], grown.count - 1, dict(grown.pages)
        ends = {len(pages) - 1, last} if (grown.count, grown.foot) != (len(pages), self.content["foot"]) else ()
        models |= {i: self._growth.page(i) for i in ends if 0 <= i <= last and i not in models}
        found: dict[str, dict[str, Any]] = {}
        for i, model in sorted(models.items(), key=itemgetter(0)):
            if grown.whole and i not in ends and self._models.get(i) == model:
                continue
            drawn = draw(model, grown.foot if i == last else "")
            if i >= len(pages) or pages[i] != drawn:
                found[str(i)] = changed(drawn, pages[i]) if i < len(pages) else drawn
                pages[i : i + 1] = [drawn]
        if grown.whole:
            self._models = models
        del pages[grown.count :]
        return found

    def _message(self, arrow: Arrow, page: int, whole: bool) -> dict[str, Any]:
        """What there is to say of a message; where all are asked for, of one that is long over what was said before."""
        known = self.content["messages"].get(str(arrow.number)) if whole else None
        if known and known["page"] == page and self.trace[self.seen].time > (known["ended"] or math.inf) + SETTLED:
            return known  # type: ignore[no-any-return]
        said = self._explainer.message(self.trace[arrow.record])
        if arrow.badge.startswith("SDP") and (codecs := codecs_in(self.trace, arrow)):
            said["codecs"] = " ".join(codecs)
        return {
            "key": key_of(arrow), "page": page, "text": brief(arrow.text), "method": brief(arrow.method),
            "from": brief(arrow.source), "to": brief(arrow.target), "sent": arrow.sent, "ended": arrow.ended,
            "label": brief(arrow.label), "family": arrow.family, "way": brief(arrow.way), "remark": brief(arrow.remark),
            "transport": brief(arrow.transport), "copy": arrow.copy, "call": brief(arrow.call), **said,
        }  # fmt: skip


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
