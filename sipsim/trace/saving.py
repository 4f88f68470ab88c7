"""Writing files: a trace by its name's suffix, and any bytes whole or not at all.

Everything that the package puts on a disk goes through `write`: bytes, under a temporary name beside the
target, then renamed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.trace import captures, jsonl

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

SUFFIXES = (".jsonl", ".pcap", ".pcapng")


def write(path: str | PathLike[str], data: bytes) -> None:
    """Put `data` into a file, whole or not at all; a `UsageError` says what keeps it from being written."""
    target, part = Path(path), None
    try:
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(target)
    except (OSError, ValueError) as error:
        if part is not None:
            with suppress(OSError, ValueError):
                part.unlink()
        raise UsageError(f"path={str(path)!r}: can't be written: {reason(error)}") from None


def reason(error: OSError | ValueError) -> str:
    """What the operating system, or the name itself, has against a path."""
    return getattr(error, "strerror", None) or str(error)


def save(trace: Trace, path: str | PathLike[str]) -> None:
    """Write a trace as its suffix says: .jsonl is everything, .pcap and .pcapng are the SIP packets."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"path={str(path)!r}: a trace is saved as {', '.join(SUFFIXES)}, by the suffix")
    write(path, jsonl.dump(trace) if suffix == ".jsonl" else captures.dump(trace, suffix))
