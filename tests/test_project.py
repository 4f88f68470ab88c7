"""The project around the code: no lint, all typed, and Binder can build it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def test_format():
    python("-m", "ruff", "format", "--check", ".")


def test_types():
    python("-m", "mypy")


def test_notebooks_carry_no_outputs():
    python("-m", "nbstripout", "--keep-id", "--verify", *sorted((ROOT / "notebooks").glob("*.ipynb")))


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
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", page))
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
