"""The device's log, and the view of it that the guide tells one to look at: logcat."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.apis.android.errors import IllegalArgumentException
from sipsim.simulation.environment import Environment
from sipsim.trace.record import Record
from sipsim.trace.sentences import called
from sipsim.trace.trace import Trace

LEVELS = "VDIWE"
"""From all that there is to errors only."""


class Log:
    """What an application and the SIP service write down: `context.log.d("WalkieTalkieActivity", "...", error)`."""

    def __init__(self, env: Environment, trace: Trace, device: str) -> None:
        self._env = env
        self._trace = trace
        self._device = device

    def v(self, tag: str, text: str, error: Exception | None = None) -> None:
        self._write("V", tag, text, error)

    def d(self, tag: str, text: str, error: Exception | None = None) -> None:
        self._write("D", tag, text, error)

    def i(self, tag: str, text: str, error: Exception | None = None) -> None:
        self._write("I", tag, text, error)

    def w(self, tag: str, text: str, error: Exception | None = None) -> None:
        self._write("W", tag, text, error)

    def e(self, tag: str, text: str, error: Exception | None = None) -> None:
        self._write("E", tag, text, error)

    def _write(self, level: str, tag: str, text: str, error: Exception | None) -> None:
        said = text if error is None else f"{text} ({type(error).__name__}: {error})"
        self._trace.add("log", self._env.now, self._device, level=level, tag=tag, text=said)


def logcat(trace: Trace, devices: tuple[str, ...], level: str = "V", tag: str | None = None) -> list[str]:
    """The log of a device as lines "time LEVEL/tag: text": what was written, and the calls of the API and callbacks.

    `level` leaves out what matters less ("V", "D", "I", "W", "E"), `tag` all but one tag; calls have the tag "SipApi".
    """
    if not isinstance(level, str) or level not in LEVELS or len(level) != 1:
        raise IllegalArgumentException(f"level: {level!r}; allowed are {', '.join(LEVELS)}")
    return [
        f"{record.time:10.3f} {how}/{who}: {text}"
        for record in trace
        if record.element in devices
        for how, who, text in _line(record)
        if LEVELS.index(how) >= LEVELS.index(level) and tag in (None, who)
    ]


def _line(record: Record) -> Iterator[tuple[str, str, str]]:
    """Level, tag and text of a record that belongs into the log."""
    if record.kind == "log":
        yield record.data["level"], record.data["tag"], record.data["text"]
    elif record.kind == "api":
        arrow = "<-" if record.data.get("direction") == "callback" else "->"
        yield "D", "SipApi", f"{arrow} {called(record.data)}"
    elif record.kind == "error":
        yield "E", "AndroidRuntime", record.data["text"]
