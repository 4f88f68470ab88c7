"""An application: one program that uses pjsua, on a lab. Each has a library of its own, as each process once had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sipsim.apis.lane import Lane
from sipsim.apis.pjsua.error import PJ_EINVALIDOP, Error

if TYPE_CHECKING:
    from sipsim.apis.pjsua.lib import Lib
    from sipsim.lab.lab import Lab

_at_work: list[Application] = []
"""The application whose code runs now, in the last place; empty before `use`."""


class Application:
    """A program called `name` on a lab, and its library while it has one.

    `media` is that of its phones: "off", "packets" (which keys need) or "flow".
    """

    def __init__(self, lab: Lab, name: str = "pjsua", media: str = "off") -> None:
        self.media = media
        self.lab = lab
        self.name = name
        self.lib: Lib | None = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While it lasts, the code that runs is this application's."""
        _at_work.append(self)
        try:
            yield
        finally:
            _at_work.pop()

    def back(self, lane: Lane, fn: Callable[..., Any], *arguments: object, call: str = "", text: str = "") -> Any:
        """Call it back; `text` is what a ladder shows."""
        with self.at_work():
            return lane.back(fn, *arguments, call=call, text=text)


def use(lab: Lab, name: str = "pjsua", media: str = "off") -> Application:
    """From now on `Lib()` stands on this lab, in an application of this name; what `run` does for a program."""
    _at_work[:1] = [Application(lab, name, media)]
    return _at_work[0]


def current() -> Application:
    """The application whose code runs now; `Error` where there is none."""
    if not _at_work:
        raise Error("Lib()", None, PJ_EINVALIDOP, "there is no lab: use(lab) first, or run(program, lab)")
    return _at_work[-1]
