"""Scenarios: stories that can be run by name, with parameters, in memory, paced or live."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from sipsim.errors import UsageError
from sipsim.lab.parameters import checks_of
from sipsim.lab.wiring import LINK_PARAMETERS, TIMERS
from sipsim.lab.written import read_value

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Scenario:
    """A generator function of a lab and keyword parameters, and what a reader wants to know of it.

    `rfc` is the section that it shows, `question` what to look for in its ladder, `codes` the response codes that it
    produces; `live` says whether it can run on sockets, `breaks` which rules of the checker it breaks on purpose.
    """

    story: Callable[..., Any]
    name: str
    title: str = ""
    rfc: str = ""
    question: str = ""
    codes: tuple[int, ...] = ()
    live: bool = True
    breaks: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """Its own parameters and their defaults: all but the first, which is the lab."""
        _, *own = self._signature()
        return {parameter.name: parameter.default for parameter in own if parameter.kind in NAMED}

    def _signature(self) -> list[inspect.Parameter]:
        parameters = list(inspect.signature(self.story).parameters.values())
        if not parameters or parameters[0].kind not in POSITIONAL:
            raise UsageError(f"scenario: {self.name} takes no lab; write it as {self.name}(lab, *, talk=5.0)")
        return parameters

    def sort(self, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split keyword parameters into the story's own and the lab's; `UsageError` for a wrong name or value."""
        own = self.parameters
        allowed = (*own, *LINK_PARAMETERS, *TIMERS)
        for name in given:
            if name not in allowed:
                raise UsageError(f"{name}: {self.name} has no such parameter; there are {', '.join(allowed)}")
        for name, default in own.items():
            if default is inspect.Parameter.empty and name not in given:
                raise UsageError(f"{name}: {self.name} needs this parameter, and it has no default")
        mine = {name: fitting(name, value, own[name]) for name, value in given.items() if name in own}
        for name, value in mine.items():
            for check in checks_of(self.story, name):
                check(name, value)
        return mine, {name: value for name, value in given.items() if name not in own}

    def read(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Values of parameters as people write them on a command line; where a text is wanted, `15` is one."""
        own = self.parameters
        return {name: read_value(text, own.get(name)) for name, text in texts.items()}

    def about(self) -> dict[str, Any]:
        """What the catalogue says of it, ready for JSON."""
        return {
            "name": self.name, "title": self.title, "rfc": self.rfc, "question": self.question,
            "codes": list(self.codes), "parameters": self.parameters, "live": self.live,
            "breaks": list(self.breaks),
        }  # fmt: skip


def fitting(name: str, value: Any, default: Any) -> Any:
    """A parameter's value, if it is of its default's kind; `UsageError` where it is not."""
    kinds = {bool: (bool,), int: (int,), float: (int, float), str: (str,)}.get(type(default))
    if isinstance(value, float) and not isfinite(value):
        raise UsageError(f"{name}: {value!r} is not finite")
    if kinds is None or (isinstance(value, kinds) and isinstance(value, bool) == isinstance(default, bool)):
        return value
    kind = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[type(default)]
    raise UsageError(f"{name}: {value!r} does not fit; it takes {kind}, as its default {default!r}")


def scenario(
    name: str | None = None, *, title: str = "", rfc: str = "", question: str = "", codes: tuple[int, ...] = (),
    live: bool = True, breaks: tuple[str, ...] = (),
) -> Callable[[F], F]:  # fmt: skip
    """Mark a generator function `f(lab, *, own=default)` as a scenario.

    Without `name` its catalogue name is the function's, with `-` for `_`. The function stays what it is.
    """
    if callable(name):
        raise UsageError("scenario: write the decorator with its parentheses, @sipsim.scenario(title=...)")

    def mark(function: F) -> F:
        called = name or function.__name__.replace("_", "-")
        made = Scenario(function, called, title, rfc, question, codes, live, breaks)
        function.scenario = made  # type: ignore[attr-defined]
        return function

    return mark
