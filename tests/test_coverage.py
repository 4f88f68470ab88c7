"""The coverage page is what the acceptance list and the marks of the tests say today.

`python tests/test_coverage.py` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from rows import CHAPTERS, SAYS, SCENARIOS, Chapter, marked

from sipsim.lab.catalogue import catalogue

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
MOST_TESTS = 3  # named in a row; the others are counted


def page() -> str:
    tests = marked()
    counted = [row for chapter in CHAPTERS if not chapter.beside for row in chapter.rows]
    covered = sum(row in tests for row in counted)
    head = (
        "# Coverage\n\n"
        "What sipsim has to do, row by row: the tests that assert it, and scenarios of the catalogue that show it\n"
        "(`sipsim run NAME`). `pytest --rows` says how these tests come out. This page is made by\n"
        "`python tests/test_coverage.py`.\n\n"
        f"{covered} of {len(counted)} rows are covered.\n"
    )
    return head + "".join(table(chapter, tests) for chapter in CHAPTERS)


def table(chapter: Chapter, tests: dict[str, list[str]]) -> str:
    lines = [f"\n## {chapter.title}\n", "| row | what it says | tests | scenarios |", "|---|---|---|---|"]
    for row in chapter.rows:
        scenarios = ", ".join(f"`{name}`" for name in SCENARIOS.get(row, []))
        lines.append(f"| {row} | {SAYS[row]} | {told(tests.get(row, []))} | {scenarios} |")
    return "\n".join(lines) + "\n"


def told(tests: list[str]) -> str:
    some = [f"`{test}`" for test in tests[:MOST_TESTS]]
    more = len(tests) - MOST_TESTS
    return "<br>".join(some + [f"and {more} more"] * (more > 0)) or "none yet"


def test_the_coverage_page_is_that_of_today():
    assert PAGE.read_text(encoding="utf-8") == page(), "python tests/test_coverage.py writes it anew"


def test_tests_and_scenarios_refer_to_rows_that_there_are():
    assert set(marked()) | set(SCENARIOS) <= set(SAYS)


def test_scenarios_of_rows_are_in_the_catalogue():
    assert {name for some in SCENARIOS.values() for name in some} <= set(catalogue())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
