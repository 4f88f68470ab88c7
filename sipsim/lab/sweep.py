"""Many runs of one scenario: every point of a grid of parameters, with several replications, as rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

from sipsim.errors import UsageError
from sipsim.lab.run import run, scenario_of
from sipsim.lab.scenario import Scenario
from sipsim.protocol.options import whole

Row = dict[str, Any]


class Executor(Protocol):
    """Anything with the `map` of `concurrent.futures.Executor`."""

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> Iterable[Any]: ...


def sweep(
    scenario: str | Callable[..., Any] | Scenario, grid: Mapping[str, Sequence[Any]] | None = None, *,
    replications: int = 1, seed: int = 1, executor: Executor | None = None, **fixed: Any,
) -> list[Row]:  # fmt: skip
    """Run a scenario at every point of `grid`, `replications` times each, and give one row a run.

    A row holds the parameters, `replication`, `seed` and the run's result. Replication k has the same seed, and so the
    same random streams, at every point. A run whose story raised is a row with `ok` false. `executor` runs points side
    by side (its processes need a catalogue name or an importable function); the rows are the same in the same order.
    """
    whole("replications", replications, 1)
    grid = dict(grid or {})
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise UsageError(f"grid: {name} needs a list of values, not {values!r}")
    points = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    for point in points:
        scenario_of(scenario).sort({**fixed, **point})  # a wrong one is named before the first run
    jobs = [(scenario, {**fixed, **point}, k, seed + k) for point in points for k in range(replications)]
    return list(map(_row, jobs) if executor is None else executor.map(_row, jobs))


def _row(job: tuple[Any, dict[str, Any], int, int]) -> Row:
    """One run as a row; the trace itself is not kept."""
    scenario, parameters, replication, seed = job
    try:
        result = run(scenario, seed=seed, trace="counters", **parameters).result
    except Exception as error:
        trace = getattr(error, "trace", None)
        if trace is None:  # no story's: the run could not begin
            raise
        result = trace.result
    return {**parameters, "replication": replication, "seed": seed, **result}


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV with a head line; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
