"""SIPp beside a lab on sockets: how it is called, what it complained of, and whether the lab is at rest afterwards."""

from __future__ import annotations

import math
from pathlib import Path

from beside import DATA, HOST, free_port

import sipsim


def sipp(*arguments: object, scenario: str, calls: int = 1, port: int = 0) -> list[object]:
    """Arguments of SIPp for so many calls; it ends with 0 only if every one of them went well."""
    return [
        *arguments, "-sf", DATA / f"{scenario}.xml", "-m", calls, "-i", HOST, "-p", port or free_port(),
        "-mi", HOST, "-cp", free_port(), "-timeout", "25s", "-timeout_error", "-nostdin",
        "-trace_err", "-error_file", "errors.log",
    ]  # fmt: skip


def complaints(folder: Path) -> str:
    """What SIPp wrote of what it did not expect."""
    log = folder / "errors.log"
    return log.read_text(errors="replace") if log.exists() else ""


def at_rest(lab: sipsim.Lab) -> bool:
    """Whether a live lab has nothing left to do, and nothing at all once its timers have run out."""
    quiet = lab.env.quiet
    lab.drain()
    return quiet and not lab.leftovers() and lab.env.peek() == math.inf
