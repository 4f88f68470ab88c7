"""A figure, its target, and how they are printed; sides that take turns."""

from __future__ import annotations

import gc
import json
import platform
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import process_time
from typing import Any

TURNS = 5


@dataclass(frozen=True)
class Figure:
    """What was measured. `most` or `least` is the target, None where there is none; `more` are figures beside it."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        too_much = self.most is not None and self.value > self.most
        return too_much or (self.least is not None and self.value < self.least)

    @property
    def target(self) -> str:
        if self.most is not None:
            return f"at most {self.most:g}"
        return f"at least {self.least:g}" if self.least is not None else "-"


def build() -> str:
    """Which Python this is, and how it was built."""
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    optimised = [word for word in ("--enable-optimizations", "--with-lto") if word in flags]
    how = " ".join(optimised) or "neither PGO nor LTO"
    return f"{platform.python_implementation()} {platform.python_version()}, {platform.python_compiler()}, {how}"


def show(figure: Figure) -> None:
    """The line for programs."""
    entry = {"name": figure.name, "value": round(figure.value, 3), "unit": figure.unit, "target": figure.target}
    entry |= {"missed": figure.missed, **figure.more, "python": build()}
    print("FIGURE " + json.dumps(entry), flush=True)


def table(figures: list[Figure]) -> str:
    """The lines for people."""
    rows = [("figure", "", "unit", "target", "")]
    rows += [(f.name, f"{f.value:.3g}" if f.value < 100 else f"{f.value:.0f}", f.unit, f.target,
              "MISSED" if f.missed else "") for f in figures]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


Times = dict[str, list[float]]


def in_turn(sides: Mapping[str, Callable[[], object]], turns: int = TURNS) -> Times:
    """CPU seconds of each side, in every turn."""
    times: Times = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            gc.collect()
            start = process_time()
            side()
            times[name].append(process_time() - start)
    return times


def ratio(times: Times, one: str, other: str) -> float:
    """How many times the time of the other one side takes: the median over the turns."""
    return median([mine / theirs for mine, theirs in zip(times[one], times[other], strict=True)])


def microseconds(times: Times, of: int) -> dict[str, float]:
    """The median time of each side, for each of so many."""
    return {name: round(median(values) / of * 1e6, 2) for name, values in times.items()}
