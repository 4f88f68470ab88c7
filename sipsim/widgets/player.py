"""The ladder that plays, in a notebook: what `ladder.widget()` gives.

The whole book of the ladder goes to the browser once, where it plays, steps and is searched without asking the kernel;
what a run that goes on adds is read and sent as news, at a cost that goes by what is new and not by what there is. Back
come small values: which message is selected, the position, whether it plays, the filter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import ref

import anywidget
import traitlets

from sipsim.errors import UsageError
from sipsim.pictures.player.book import Book
from sipsim.pictures.player.page import script, style
from sipsim.widgets.still import HIDDEN, show

if TYPE_CHECKING:
    from sipsim.pictures.ladder.ladder import Ladder
    from sipsim.trace.record import Record
    from sipsim.trace.trace import Trace

PERIOD = 0.1
"""Seconds between two updates, at least."""
BYTES_A_SECOND = 500_000
"""How much news is sent: servers drop what is more than twice that."""


class Player(anywidget.AnyWidget):
    """A ladder that plays; a viewer without a kernel shows it as SVG or as text.

    `selected` is the number of the message that is open, 0 for none; `position` the time in seconds that it stands at;
    `playing` and `filter` (`{"text": "INVITE bob", "call": ""}`) may be set from Python too. `follow=False` leaves out
    what the trace records from now on; else a running event loop brings it, at most ten times a second, and `update()`
    at any time.
    """

    _esm = script()
    _css = f"{style()}\n{HIDDEN}\n"
    _book = traitlets.Dict().tag(sync=True)
    _news = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    position = traitlets.Float(0.0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    filter = traitlets.Dict({"text": "", "call": ""}).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    def __init__(self, ladder: Ladder, follow: bool = True) -> None:
        self.ladder = ladder
        self.trace: Trace = ladder.trace
        self._book_of = Book(ladder)
        tracks = [page["track"] for page in self._book_of.content["pages"] if page["track"]]
        super().__init__(_book=self._book_of.content, position=tracks[-1][-1][0] if tracks else 0.0)
        self._told: list[Callable[[Record | None], object]] = []
        self._loop = _running_loop()
        self._due = False
        self.observe(self._selected, "selected")
        self.on_msg(self._asked)
        self._unsubscribe = self._subscribe() if follow and self._loop else lambda: None

    def on_select(self, fn: Callable[[Record | None], object]) -> None:
        """Call `fn` with the record of each message that is selected from now on, None where none is any more.

        An exception that it raises is shown above the ladder, and everything goes on.
        """
        self._told.append(fn)

    def update(self) -> None:
        """Show what the trace has by now."""
        self._news = self._book_of.news()

    def close(self) -> None:
        """Follow the trace no longer, and disappear."""
        self._unsubscribe()
        super().close()

    # ---- a trace that grows

    def _subscribe(self) -> Callable[[], None]:
        """Hear of each new record; whoever forgets the player is not held by the trace."""
        player = ref(self)

        def hear(_: int) -> None:
            if (alive := player()) is not None and not alive._due:
                alive._due = True
                alive._in_the_loop(alive._later, PERIOD)

        return self.trace.subscribe(hear)

    def _in_the_loop(self, fn: Callable[..., object], *args: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(fn, *args)

    def _later(self, seconds: float) -> None:
        assert self._loop is not None
        self._loop.call_later(seconds, self._catch_up)

    def _catch_up(self) -> None:
        """Show what is new; the longer that took and the more it was, the later what comes next."""
        assert self._loop is not None
        began = self._loop.time()
        self._due = False
        try:
            self.update()
        except Exception as error:
            self.problem = f"the ladder can't show this: {type(error).__name__}: {error}"
        size = sum(len(part) for page in self._news.get("pages", {}).values() for part in page["parts"].values())
        pause = max(PERIOD, 4 * (self._loop.time() - began), size / BYTES_A_SECOND)
        if pause > PERIOD:
            self._due = True
            self._loop.call_later(pause, self._catch_up_again, self._book_of.seen)

    def _catch_up_again(self, seen: int) -> None:
        self._due = False
        if len(self.trace) != seen:
            self._catch_up()

    # ---- what the browser says

    def _selected(self, change: dict[str, Any]) -> None:
        problems = []
        try:
            record = self.trace.message(change["new"]) if change["new"] else None
        except UsageError as error:
            self.problem = f"selected: {error}"
            return
        for fn in self._told:
            try:
                fn(record)
            except Exception as error:
                problems.append(f"{getattr(fn, '__name__', 'on_select')}: {type(error).__name__}: {error}")
        self.problem = "; ".join(problems)

    def _asked(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "again":
            self.send_state("_book")

    # ---- where there is no kernel

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **options: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget; the picture for pages without a kernel, and the text where that isn't trusted."""
        made = super()._repr_mimebundle_(**options)
        data, about = made if isinstance(made, tuple) else (made or {}, {})
        data = {**data, "image/svg+xml": self.ladder.to_svg(), "text/plain": str(self.ladder)}
        return {
            kind: data[kind] for kind in data if (not include or kind in include) and kind not in (exclude or ())
        }, about

    def _ipython_display_(self) -> None:
        """The player, and below it the picture for when its kernel is gone."""
        show(self._repr_mimebundle_()[0])

    def __repr__(self) -> str:
        return f"<player of {self.ladder!r}>"


def player(ladder: Ladder, follow: bool = True) -> Player:
    """A player of a ladder; UsageError for a `follow` that is neither True nor False."""
    if not isinstance(follow, bool):
        raise UsageError(f"follow={follow!r}: True or False")
    return Player(ladder, follow)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
