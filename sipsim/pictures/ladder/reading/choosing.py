"""Which messages a ladder shows: those of a call, those that fit a pattern, those between chosen columns.

Calls are Call-IDs, numbered in the order in which a trace first shows them. A pattern speaks of messages as faults of
the network do ("200 INVITE"), or of who talks to whom ("alice -> proxy").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from sipsim.errors import UsageError
from sipsim.message.codes import METHODS
from sipsim.pictures.ladder.model import Arrow

Test = Callable[[Arrow], object]
Filter = str | Test | Iterable[str | Test]
Call = int | str

_MESSAGE = re.compile(r"(?P<status>[1-6](?:\d\d|xx)|\*)?(?:(?:^| +)(?P<method>[A-Z]+))?")
_ROUTE = re.compile(r"\s*(?P<source>.*?)\s*(?P<way><?->)\s*(?P<target>.*?)\s*", re.DOTALL)
_WORKS = (
    'what works is a method for a request ("INVITE"), a status for a response ("200", "4xx"), both for a response to '
    'that method ("200 INVITE"), "* INVITE" for all of these, a column for what it sends or gets ("alice"), '
    '"alice -> proxy", "alice <-> proxy", a function of an arrow, or a list of such'
)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
NAMED = 12  # as many calls an error message names


class Choice:
    """What of a trace to show; `wants` is asked about every message, in order, and learns from each what there is."""

    def __init__(
        self, calls: Call | Iterable[Call] | None = None, filter: Filter | None = None, among: Iterable[str] = ()
    ) -> None:
        self.wanted = _calls(calls)
        self.among = frozenset(among)
        self.calls: dict[str, tuple[int, str]] = {}  # by Call-ID: its number, and its first message in words
        self.seen: dict[str, None] = {}
        self._of_columns: list[str] = []
        self._tests = [] if filter is None else [self._test(one) for one in _each(filter)]
        self.everything = calls is None and filter is None and not self.among

    def wants(self, arrow: Arrow) -> bool:
        """Whether a message is shown."""
        if arrow.call and arrow.call not in self.calls:
            self.calls[arrow.call] = len(self.calls) + 1, f"{arrow.text}, {arrow.source} -> {arrow.target}"
        self.seen.setdefault(arrow.source)
        self.seen.setdefault(arrow.target)
        if not self.between(arrow.source, arrow.target) or not self.of_call(arrow.call):
            return False
        return not self._tests or any(test(arrow) for test in self._tests)

    def between(self, *columns: str) -> bool:
        """Whether what these columns have to do with is shown."""
        return not self.among or self.among.issuperset(columns)

    def of_call(self, call: str) -> bool:
        """Whether what belongs to this Call-ID ("" for none) is shown."""
        return not self.wanted or call in self.wanted or self.number(call) in self.wanted

    def number(self, call: str) -> int:
        """The number of a call, 0 for a Call-ID that no message had so far."""
        return self.calls[call][0] if call in self.calls else 0

    def check(self, elements: Collection[str]) -> None:
        """`UsageError` where a call or a column that was asked for is in none of the messages that were seen."""
        there = {*self.calls, *range(1, len(self.calls) + 1)}
        for call in self.wanted:
            if call not in there and not (isinstance(call, str) and _NUMBER.fullmatch(call)):
                raise UsageError(f"call={call!r}: no such call in this trace; there are {_some(self._named())}")
        for name in self._of_columns:
            if name not in self.seen and name not in elements:
                known = dict.fromkeys([*elements, *self.seen])
                raise UsageError(f"filter={name!r}: no column of this ladder ({_some(map(repr, known))}); {_WORKS}")

    def _named(self) -> Iterator[str]:
        return (f"{number} {call!r} ({about})" for call, (number, about) in self.calls.items())

    def _test(self, one: object) -> Test:
        if callable(one):
            return one
        if not isinstance(one, str) or not one.strip():
            raise UsageError(f"filter={one!r}: {_WORKS}")
        message = _MESSAGE.fullmatch(one.strip())
        if message is not None and message["method"] in (None, *METHODS):
            return _of_message(message["status"], message["method"])
        route = _ROUTE.fullmatch(one)
        return self._between(**route.groupdict()) if route else self._at(one.strip())

    def _at(self, name: str) -> Test:
        self._of_columns.append(name)
        return lambda arrow: name in (arrow.source, arrow.target)

    def _between(self, source: str, way: str, target: str) -> Test:
        self._of_columns += [name for name in (source, target) if name not in ("", "*")]

        def there(a: str, b: str) -> bool:
            return source in ("", "*", a) and target in ("", "*", b)

        both = way == "<->"
        return lambda arrow: there(arrow.source, arrow.target) or (both and there(arrow.target, arrow.source))


def _calls(calls: Call | Iterable[Call] | None) -> list[Call]:
    several = isinstance(calls, Iterable) and not isinstance(calls, str)
    wanted = [] if calls is None else list(calls) if several else [calls]  # type: ignore[arg-type]
    if any(isinstance(call, bool) or not isinstance(call, (int, str)) for call in wanted):
        raise UsageError(f"call={calls!r}: a call goes by its number, from 1, or by its Call-ID")
    return [*wanted, *(int(call) for call in wanted if isinstance(call, str) and _NUMBER.fullmatch(call))]


def _each(filter: Filter) -> Iterable[object]:
    if isinstance(filter, str) or callable(filter):
        return [filter]
    if not isinstance(filter, Iterable):
        raise UsageError(f"filter={filter!r}: {_WORKS}")
    return filter


def _of_message(status: str | None, method: str | None) -> Test:
    """What is a request of this method or, when a status is given, a response with it (to this method)."""

    def fits(arrow: Arrow) -> bool:
        if method not in (None, arrow.method):
            return False
        return status == "*" or (arrow.family == "request" if status is None else status in _statuses(arrow))

    return fits


def _statuses(arrow: Arrow) -> tuple[str, ...]:
    return (arrow.text[:3], arrow.family) if arrow.family[:1].isdigit() else ()


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return (", ".join(listed[:NAMED]) or "none") + more
