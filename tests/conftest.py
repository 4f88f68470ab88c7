"""What holds for every test: it keeps to the RFCs, leaves nothing behind, is not left out in silence; its rows count.

pytest --rows        prints which row of the acceptance list is covered by which tests
pytest --fuzz N      runs the property tests alone, with N new random examples each
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import hypothesis
import leftovers
import peers
import pytest
import rules_kept
import samples

# The suite tries the same examples everywhere and each time; --fuzz goes looking for new ones.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.load_profile("suite")

PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", action="store_true", help="print which row is covered by which tests")
    parser.addoption("--fuzz", type=int, metavar="N", help="property tests alone, N new examples each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        note_rows(item)
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)  # what takes longest, or all wait for it
    if examples := config.getoption("--fuzz"):
        others = [item for item in items if not hypothesis.is_hypothesis_test(getattr(item, "obj", None))]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
        for item in items:
            look_further(item, examples)


def note_rows(item: pytest.Item) -> None:
    """Notes on a test the rows that it covers, where reports of whatever kind find them."""
    for marker in item.iter_markers("covers"):
        for row in marker.args:
            if not re.fullmatch(r"[A-Z]+\d+[a-z]?", row):
                raise pytest.UsageError(f"{item.nodeid}: covers({row!r}) is no row such as 'SY46'")
            item.user_properties.append(("covers", row))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    from sharing import ByFiles

    return ByFiles(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, as much of the time is spent waiting: for browsers, sockets and programs."""
    return (os.cpu_count() or 1) + 1


def look_further(item: pytest.Function, examples: int) -> None:
    """Lets a property test look for new examples, more than its own settings say.

    Hypothesis offers no public way to change what a decorator has set, hence its own attribute.
    """
    ours = hypothesis.settings(
        item.function._hypothesis_internal_use_settings, max_examples=examples, derandomize=False
    )
    item.function._hypothesis_internal_use_settings = ours


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Finds what a marked test needs before its fixtures are made."""
    for marker in item.iter_markers("peer"):
        for name in marker.args:
            peers.program(name)
    if item.get_closest_marker("browser"):
        peers.program("chromium")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that left a socket, file, thread, process or task of its own behind, or a lab that leaks.

    Before that, while their calls still stand, the labs' traces are held against the RFCs.
    """
    before = leftovers.Snapshot.take()
    with leftovers.watch_loops() as tasks, leftovers.watch_labs() as labs:
        yield
    if not request.node.stash.get(PASSED, False):
        return
    announced = [rule for marker in request.node.iter_markers("breaks") for rule in marker.args]
    if wrong := rules_kept.complaints(labs, announced):
        pytest.fail("against the RFCs:\n" + "\n".join(wrong), pytrace=False)
    if request.node.get_closest_marker("leaves"):
        return
    in_labs = [what for lab in labs for what in leftovers.left_in(lab)]
    if left := tasks + in_labs + leftovers.leftovers_since(before):
        pytest.fail("left behind: " + ", ".join(left), pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    stats = terminalreporter.stats
    say_what_was_not_run(terminalreporter, stats.get("skipped", []))
    if config.getoption("--rows"):
        outcomes = ("passed", "failed", "error", "skipped")
        say_what_is_covered(terminalreporter, [report for kind in outcomes for report in stats.get(kind, [])])


def say_what_was_not_run(out: pytest.TerminalReporter, skipped: list[pytest.TestReport]) -> None:
    """Names each program and sample that was missed, how many tests wanted it, and how to get it."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for kind, remedy in (
        (peers.NOT_FOUND, "`make peers` installs them (Debian's packages {packages})"),
        (samples.NOT_FOUND, f"looked for in {samples.FOLDER}; SIPSIM_SAMPLES names another folder"),
    ):
        wanted = {why.removeprefix(kind): n for why, n in sorted(reasons.items()) if why.startswith(kind)}
        if wanted:
            out.section(f"not run, {kind.removesuffix(': ')}", sep="-", yellow=True)
            for name, tests in wanted.items():
                out.line(f"{name}: {tests} test{'s' * (tests > 1)}")
            out.line(remedy.format(packages=", ".join(peers.PACKAGES.get(name, "") for name in wanted)))


def say_what_is_covered(out: pytest.TerminalReporter, reports: list[pytest.TestReport]) -> None:
    """A line for each row that a test claims to cover: the row, then the tests with how they came out."""
    tests: dict[str, list[str]] = defaultdict(list)
    for report in reports:
        for key, row in report.user_properties:
            if key == "covers" and (report.when == "call" or not report.passed):
                tests[str(row)].append(f"{report.nodeid} {report.outcome}")
    out.section("rows covered", sep="-")
    for row in sorted(tests, key=lambda row: (row.rstrip("0123456789"), len(row), row)):
        out.line(f"{row}: " + ", ".join(tests[row]))
