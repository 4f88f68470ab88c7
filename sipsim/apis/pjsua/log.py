"""The library's log: lines with a level, for a callback or the console, and for a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sipsim.apis.pjsua.settings import LogConfig
from sipsim.message.message import Request
from sipsim.trace.trace import Trace

ERROR, INFO, DETAIL, OCTETS = 1, 3, 4, 5
"""The levels that are written at: what failed, what happens, what else is done, whole messages."""


class Log:
    """Writes lines as a `LogConfig` says, each with the time of the run in seconds."""

    def __init__(
        self, env: Any, config: LogConfig, mistaken: Callable[[str, Exception], object] = lambda name, error: None
    ) -> None:  # fmt: skip
        self._env = env
        self._config = config
        self._mistaken = mistaken  # told of what its callback raises
        if config.filename:
            Path(config.filename).write_bytes(b"")  # from the beginning, as the original does

    def write(self, level: int, text: str) -> None:
        """Write a line, where its level is wanted."""
        config = self._config
        if level > config.level:
            return
        line = f"{self._env.now:12.6f}  {text}\n"
        if config.callback is not None:
            try:
                config.callback(level, line, len(line))
            except Exception as error:
                self._mistaken("callback", error)
        elif level <= config.console_level:
            print(line, end="")
        if config.filename:
            with Path(config.filename).open("a", encoding="utf-8") as file:
                file.write(line)

    def follow(self, trace: Trace, names: set[str]) -> None:
        """Write the messages of the elements with these names, where they are wanted and the trace has them."""
        if not (self._config.msg_logging and self._config.level >= OCTETS):
            return

        def look(id: int) -> None:
            record = trace[id]
            if record.element in names and record.kind in ("sent", "delivered") and record.message is not None:
                way, where = ("TX", "to") if record.kind == "sent" else ("RX", "from")
                self.write(OCTETS, f"{way} {_said(record)} {where} {record.peer}:\n{record.message}--end msg--")

        trace.subscribe(look)


def _said(record: Any) -> str:
    message = record.message
    octets, number = len(bytes(message)), message.cseq
    if isinstance(message, Request):
        return f"{octets} bytes Request msg {message.method}/cseq={number.number}"
    return f"{octets} bytes Response msg {message.status}/{number.method}/cseq={number.number}"
