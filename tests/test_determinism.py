"""The same seed gives the same bytes: again, under other hash seeds, locales and Pythons, and in memory.

Other Pythons are looked for on the path and among pyenv's versions; they need nothing but the interpreter.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import peers
import pytest

import sipsim
from sipsim.trace import captures, jsonl
from sipsim.trace.trace import Trace

ROOT = Path(__file__).resolve().parents[1]
FILES = ("a.svg", "a.txt", "a.jsonl", "a.pcap", "a.pcapng")
LINES = {"ozeki": ["--seed", "7"], "fork": ["--seed", "3", "-p", "loss=0.2", "-p", "jitter=0.1", "-p", "duplicate=0.1"]}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OTHERS = [version for version in PYTHONS if version != f"{sys.version_info.major}.{sys.version_info.minor}"]
NAMES = list(sipsim.catalogue())
ROUGH = {"loss": 0.15, "jitter": 0.05, "duplicate": 0.1, "reorder": 0.1, "corrupt": 0.05}


def files(folder: Path, scenario: str, python: str | Path = sys.executable, **environment: str) -> dict[str, bytes]:
    """What the command line writes for a scenario, in a process of its own, and what it prints."""
    folder.mkdir()
    save = [part for name in FILES for part in ("--ladder" if name in FILES[:2] else "--save", name)]
    done = subprocess.run(
        [python, "-m", "sipsim", "run", scenario, *LINES[scenario], *save],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return {"printed": done.stdout, **{name: (folder / name).read_bytes() for name in FILES}}


@pytest.fixture(scope="module", params=LINES)
def usual(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    """A scenario, and its files as this Python writes them."""
    return request.param, files(tmp_path_factory.mktemp("usual") / "files", request.param)


def test_the_files_hold_something(usual: tuple[str, dict[str, bytes]]) -> None:
    scenario, written = usual
    assert all(len(data) > 1000 for data in written.values())
    other = sipsim.run(scenario, seed=99, loss=0.2)
    assert jsonl.dump(other) != written["a.jsonl"]


@pytest.mark.parametrize("environment", [
    {},
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "random", "PYTHONOPTIMIZE": "2", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "COLUMNS": "50"},
], ids=lambda environment: environment.get("PYTHONHASHSEED", "again"))  # fmt: skip
def test_repeated_under_any_hash_seed(
    usual: tuple[str, dict[str, bytes]], environment: dict[str, str], tmp_path: Path
) -> None:
    scenario, written = usual
    assert files(tmp_path / "files", scenario, **environment) == written


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dependencies that a run needs, which are pure Python, apart from this Python's other packages."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("simpy", "dpkt"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def other_python() -> list[Path]:
    """Every other Python of this machine; without one the test is named as not run, under CI=true it fails."""
    found = [path for path in map(interpreter, OTHERS) if path]
    return found or peers.not_run(f"no other Python found (`pyenv install 3.13` adds one): {', '.join(OTHERS)}")


def interpreter(version: str) -> Path | None:
    """The Python of a minor version, on the path or under pyenv; only one that starts (pyenv's shims need not)."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
    if on_path := shutil.which(f"python{version}"):
        candidates.append(Path(on_path))
    return next((path for path in candidates if starts(path)), None)


def starts(python: Path) -> bool:
    return subprocess.run([python, "-c", ""], stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0


def test_the_same_under_other_pythons(
    usual: tuple[str, dict[str, bytes]], other_python: list[Path], site: Path, tmp_path: Path
) -> None:
    scenario, written = usual
    for python in other_python:
        path = os.pathsep.join([str(ROOT), str(site)])
        found = files(tmp_path / python.name, scenario, python, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        assert found == written, python


def forms(trace: Trace) -> list[bytes]:
    """A trace in all forms that are promised to be the same."""
    ladder = trace.ladder()
    texts = [ladder.to_text(), ladder.to_text(ascii=True), ladder.to_svg()]
    return [jsonl.dump(trace), captures.dump(trace, ".pcap"), *(text.encode() for text in texts)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("link", [{}, ROUGH], ids=["clean", "rough"])
def test_a_scenario_twice_in_one_process(name: str, link: dict[str, float]) -> None:
    first, second = (run(name, link) for _ in range(2))
    assert first == second and forms(first) == forms(second)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_is_another_run_where_chance_has_a_say(name: str) -> None:
    assert forms(run(name, {"jitter": 0.05}, seed=5)) != forms(run(name, {"jitter": 0.05}, seed=6))


def run(name: str, link: dict[str, float], seed: int = 5) -> Trace:
    """A run whose story may fail, as it does where too much is lost: what it led to has to be the same too."""
    try:
        return sipsim.run(name, seed=seed, **link)
    except sipsim.SipError as error:
        return error.trace  # type: ignore[attr-defined, no-any-return]
