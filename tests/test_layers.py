"""The plan of the house holds: who may import whom, what knows no clock, what loads late, how long files are.

`docs/design.md` says why. What stands here is read from the source text and from a fresh interpreter.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from graphlib import CycleError, TopologicalSorter

import pytest
from imports import FILES, PACKAGE, Import, imports

# Rooms from the inside out; those of one step are siblings. A room may import all rooms of the steps before.
STEPS = (
    ("errors", "version"),
    ("message",),
    ("protocol",),
    ("trace",),
    ("simulation",),
    ("elements", "live"),
    ("lab",),
    ("apis",),
    ("flows",),
    ("teaching",),
    ("widgets", "cli", "documents"),
)
MAY_IMPORT = {
    room: {inner for before in STEPS[:index] for inner in before} for index, step in enumerate(STEPS) for room in step
}
for _room in ("lab", "apis", "flows", "teaching", "widgets", "cli", "documents"):
    MAY_IMPORT[_room].add("pictures")
MAY_IMPORT["pictures"] = {"errors", "version", "message", "protocol.machine", "trace"}

# The package's own face and `python -m sipsim` stand outside: they may import all, nobody imports them.
OUTSIDE = {"sipsim", "sipsim.__main__"}

# The only ways outwards, each an import inside one function: (room, function, room opened). The function that
# looks up a catalogue name is the only one in its room that may open `flows`, whatever it is called.
DOORS = {
    ("trace", "Trace.ladder", "pictures"),
    ("trace", "Trace.state_chart", "pictures"),
    ("trace", "Trace.route_sets", "pictures"),
    ("trace", "Trace.locations", "pictures"),
    ("pictures", "Ladder.widget", "widgets"),
    ("lab", "Lab.panel", "widgets"),
}
CATALOGUE = ("lab", "flows")

# Inside a room a method may bring in late what is built upon its own class: writers of files and pictures.
LATE_METHODS = {"Trace.save", "Trace.check", "Trace.compare", "Ladder.save"}

# A room that must run anywhere, at any speed, the same each time, does not know these.
CLOCKS = {"time", "datetime", "sched"}
WIRES = {"socket", "selectors", "ssl", "asyncio", "threading", "multiprocessing", "subprocess", "http"}
DICE = {"random", "secrets", "uuid"}
UNKNOWN_TO = {
    "errors": CLOCKS | WIRES | DICE | {"simpy"},
    "message": CLOCKS | WIRES | DICE | {"simpy"},
    "protocol": CLOCKS | WIRES | DICE | {"simpy"},
    "trace": CLOCKS | WIRES | DICE | {"simpy"},
    "pictures": CLOCKS | WIRES | DICE | {"simpy"},
    "simulation": CLOCKS | WIRES | {"secrets", "uuid"},
    "elements": CLOCKS | WIRES | DICE,
}

# Slow to load, or not there in a small installation: imported where they are used.
HEAVY = {"numpy", "matplotlib", "networkx", "pandas", "joblib", "IPython", "ipywidgets", "anywidget"}

NO_IDEA_IN_THE_NAME = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc", "manager"}

ENGINE = ("message", "protocol", "simulation", "live", "elements", "trace", "pictures", "lab")


def room(module: str) -> str:
    """`sipsim.message.uri` stands in `message`, `sipsim.errors` in `errors`."""
    return module.split(".")[1]


def inside() -> list[Import]:
    """The imports of one module of a room by another."""
    return [i for i in imports() if i.of.startswith("sipsim.") and not {i.by, i.of} & OUTSIDE]


def is_door(found: Import) -> bool:
    """One of the named ways outwards, or the type hint for what comes back through it."""
    ways = {(way, to) for way, _, to in DOORS}
    if found.typing_only:
        return (room(found.by), room(found.of)) in ways
    here = (room(found.by), found.function, room(found.of))
    return here in DOORS or (bool(found.function) and (here[0], here[2]) == CATALOGUE)


def allowed(found: Import) -> bool:
    here, there = room(found.by), room(found.of)
    inwards = MAY_IMPORT[here] & {there, found.of.removeprefix("sipsim.")}
    return here == there or bool(inwards) or is_door(found)


def listed(faults: list[object]) -> str:
    return "\n" + "\n".join(map(str, faults))


def test_every_room_has_its_place():
    assert {room(name) for name in FILES if name not in OUTSIDE} <= set(MAY_IMPORT)


def test_nobody_inside_imports_the_package_itself():
    faults = [i for i in imports() if i.by not in OUTSIDE and i.of in OUTSIDE]
    assert not faults, listed(faults)


def test_imports_go_inwards_only():
    faults = [i for i in inside() if not allowed(i)]
    assert not faults, listed(faults)


def test_one_function_looks_up_the_catalogue():
    ways = [i for i in inside() if (room(i.by), room(i.of)) == CATALOGUE]
    assert len({(i.by, i.function) for i in ways}) <= 1, listed(ways)


def test_no_import_goes_in_a_circle():
    """Imports inside functions count too; only the doors and the late methods lead back."""
    graph: dict[str, set[str]] = {name: set() for name in FILES}
    for found in inside():
        leads_back = found.typing_only or is_door(found) or found.function in LATE_METHODS
        if found.of in FILES and not leads_back:
            graph[found.by].add(found.of)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" <- ".join(circle.args[1]))


def test_rooms_without_clock_wire_or_dice_import_none():
    faults = [i for i in imports() if i.by not in OUTSIDE and i.of.split(".")[0] in UNKNOWN_TO.get(room(i.by), ())]
    assert not faults, listed(faults)


def test_slow_packages_are_imported_where_they_are_used():
    at_once = [i for i in imports() if not i.function and not i.typing_only]
    faults = [i for i in at_once if i.of.split(".")[0] in HEAVY and not i.by.startswith("sipsim.widgets")]
    assert not faults, listed(faults)


def test_importing_sipsim_loads_nothing_slow():
    command = [sys.executable, "-c", "import sys; import sipsim; print(*sys.modules)"]
    run = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "sipsim" in loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_one_idea(name: str):
    """It says what it is for, has a name that tells, and can be read in one sitting."""
    text = FILES[name].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name} does not say what it is for"
    assert not NO_IDEA_IN_THE_NAME & set(name.split(".")), name
    assert len(text.splitlines()) <= 400, f"{name} is longer than one sitting"


def test_the_engine_can_be_read_in_a_few_days():
    engine = [path for name, path in FILES.items() if name not in OUTSIDE and room(name) in ENGINE]
    around = {"checker", "charts", "player"}  # rules, charts and what makes a ladder play stand around the engine
    engine = [path for path in engine if path.parent.name not in around]
    assert sum(lines_of_code(path.read_text(encoding="utf-8")) for path in engine) < 21_000


def lines_of_code(text: str) -> int:
    """How many lines there are besides docstrings, comments and blank ones: prose costs a reader nothing."""
    layout = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and token.line.lstrip().startswith('"""')
        if tokenize.tok_name[token.type] not in layout and not is_docstring:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)
