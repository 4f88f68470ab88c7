"""The rows of the acceptance list, and the tests that say `@pytest.mark.covers("P03")`."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
LIST = tomllib.loads((TESTS / "data" / "rows.toml").read_text(encoding="utf-8"))
SAYS: dict[str, str] = {row: says for chapter in LIST["chapter"] for row, says in chapter["rows"].items()}
SCENARIOS: dict[str, list[str]] = LIST["scenarios"]


@dataclass(frozen=True)
class Chapter:
    """A heading and its rows; those `beside` the list are not counted among its rows."""

    title: str
    rows: tuple[str, ...]
    beside: bool


CHAPTERS = [Chapter(it["title"], tuple(it["rows"]), it.get("beside", False)) for it in LIST["chapter"]]


def marked() -> dict[str, list[str]]:
    """The tests of each row, as "elements/test_proxy.py: test_name", or the file's name where all of it is meant."""
    tests: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        name = path.relative_to(TESTS).as_posix()
        for part in ast.parse(path.read_text(encoding="utf-8")).body:
            is_test = isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            for row in dict.fromkeys(rows_in(part)):
                tests[row].append(f"{name}: {part.name}" if is_test else name)  # type: ignore[attr-defined]
    return tests


def rows_in(part: ast.stmt) -> Iterator[str]:
    """The rows in each `covers(...)` within a statement."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "covers":
            yield from (it.value for it in node.args if isinstance(it, ast.Constant) and isinstance(it.value, str))
