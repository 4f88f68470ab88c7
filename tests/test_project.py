"""The project around the code: no lint, all typed, a wheel with all it needs, and Binder can build it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """Standard output and error of a command that must end well."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def python(*arguments: object, cwd: Path = ROOT, **environment: str) -> str:
    return run(sys.executable, *arguments, cwd=cwd, **environment)


def test_lint():
    python("-m", "ruff", "check", ".")


def test_types():
    python("-m", "mypy")


def test_notebooks_carry_no_outputs():
    python("-m", "nbstripout", "--keep-id", "--verify", *sorted((ROOT / "notebooks").glob("*.ipynb")))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked; an installer would do no more for a package without compiled parts."""
    built, unpacked = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    python("-m", "hatchling", "build", "-t", "wheel", "-d", built)
    with zipfile.ZipFile(next(built.glob("sipsim-*.whl"))) as archive:
        archive.extractall(unpacked)
    return unpacked


def test_the_wheel_holds_code_types_and_lessons_and_nothing_else(wheel: Path):
    assert {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")} == {"sipsim"}
    for part in ("py.typed", "_lessons/notebooks/01-first-call.ipynb", "_lessons/data"):
        assert (wheel / "sipsim" / part).exists(), part
    assert not list(wheel.rglob("__pycache__"))


def test_a_call_from_the_wheel_elsewhere(wheel: Path, tmp_path: Path):
    """The checkout is no help to it: another folder, and the wheel first on the path."""
    where = "import sipsim; print(sipsim.__file__)"
    assert str(wheel) in python("-c", where, cwd=tmp_path, PYTHONPATH=str(wheel))
    ladder = python("-m", "sipsim", "run", "ozeki", cwd=tmp_path, PYTHONPATH=str(wheel), PYTHONUTF8="1")
    assert "INVITE" in ladder and "BYE" in ladder


def test_binder_would_build_it(tmp_path: Path):
    """What repo2docker makes of `binder/`, short of building the image."""
    for name in ("binder", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    recipe = python("-m", "repo2docker", "--no-build", "--debug", tmp_path)
    assert "python=3.11" in recipe
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in recipe
    assert "RUN ./binder/postBuild" in recipe
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)


def test_the_reading_order_names_every_file_of_the_engine():
    page = (ROOT / "docs" / "reading-order.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+/)?\w+\.py)`", page))
    rooms = ("message", "protocol", "trace", "simulation", "elements", "live", "pictures", "lab")
    there = [path for room in rooms for path in (ROOT / "sipsim" / room).rglob("*.py")]
    files = {path.relative_to(ROOT / "sipsim").as_posix() for path in there if path.stem != "__init__"}
    assert not files - named, files - named
    gone = [name for name in named if not (ROOT / "sipsim" / name).is_file()]
    assert not gone, gone


def test_make_says_what_there_is():
    listing = run("make", "--no-print-directory")
    for target in ("demo", "test", "lab", "check", "bench", "peers"):
        assert f"make {target} " in listing
