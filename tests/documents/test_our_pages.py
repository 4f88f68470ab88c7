"""The project's own pages are built without a warning: every link and picture is there, every ladder can be drawn."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import peers

ROOT = Path(__file__).resolve().parents[2]

for _name in ("sphinx", "myst_nb"):
    if find_spec(_name) is None:
        peers.not_run(f"{_name}: pip install 'sipsim[docs]'")


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    """The lessons as they stand: other tests run them."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "nb_execution_mode=off", "-c", "docs"]
    done = subprocess.run([*command, ".", tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert (done.returncode, done.stderr) == (0, "")
    gallery = (tmp_path / "docs" / "gallery.html").read_text(encoding="utf-8")
    assert 'alt="Ladder diagram, fork: One user, several phones: a parallel fork: ' in gallery
