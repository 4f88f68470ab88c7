"""A test that holds a run against a stored ladder: what it says, and how a change is accepted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sipsim
from sipsim.documents.pytest import assert_same_ladder
from sipsim.errors import UsageError

TEST = """
import sipsim
from pathlib import Path
from sipsim.documents.pytest import assert_same_ladder

def test_a_call():
    assert_same_ladder(sipsim.run("busy", seed=3), Path(__file__).with_name("busy.txt"), width=80)
"""


def test_the_same_run_has_the_same_ladder(tmp_path: Path) -> None:
    trace = sipsim.run("busy", seed=3)
    for name in ("busy.txt", "busy.svg", "busy.png"):
        trace.ladder().save(tmp_path / name)
        assert_same_ladder(trace, tmp_path / name)
    narrow = trace.ladder(columns=["proxy"])
    narrow.save(tmp_path / "narrow.txt", width=60)
    assert_same_ladder(narrow, tmp_path / "narrow.txt", width=60)


def test_a_change_is_shown(tmp_path: Path) -> None:
    sipsim.run("busy", seed=3).ladder().save(tmp_path / "busy.txt")
    with pytest.raises(
        AssertionError, match=r"busy\.txt is stale:\n--- stored\n\+\+\+ now\n(.*\n)+.*SIPSIM_ACCEPT=1"
    ) as found:
        assert_same_ladder(sipsim.run("busy", seed=3, status=603), tmp_path / "busy.txt")
    said = str(found.value).splitlines()
    assert any(line[0] == "-" and "486 Busy Here" in line for line in said)
    assert any(line[0] == "+" and "603 Decline" in line for line in said)


def test_a_picture_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"there is no picture .*busy\.txt yet\n.*SIPSIM_ACCEPT=1"):
        assert_same_ladder(sipsim.run("busy"), tmp_path / "busy.txt")
    assert not list(tmp_path.iterdir())


def test_a_change_is_accepted_by_word_or_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace, path = sipsim.run("busy"), tmp_path / "busy.txt"
    assert_same_ladder(trace, path, accept=True, width=60)
    assert path.read_bytes() == trace.ladder().rendered(path, width=60)
    monkeypatch.setenv("SIPSIM_ACCEPT", "1")
    assert_same_ladder(trace, path)
    assert path.read_bytes() == trace.ladder().rendered(path)
    monkeypatch.setenv("SIPSIM_ACCEPT", "0")
    with pytest.raises(AssertionError, match="stale"):
        assert_same_ladder(trace, path, width=60)


def test_what_cannot_be_is_the_callers_fault(tmp_path: Path) -> None:
    trace = sipsim.run("busy")
    for options, said in (({"dpi": 3}, "dpi: no option"), ({"theme": "pink"}, "theme: no option")):
        with pytest.raises(UsageError, match=said):
            assert_same_ladder(trace, tmp_path / "busy.txt", **options)
    with pytest.raises(UsageError, match="by the suffix"):
        assert_same_ladder(trace, tmp_path / "busy.docx")


def test_as_a_plugin_it_has_an_option(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TEST)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["sipsim.documents.pytest"]\n')

    def ran(*options: str) -> str:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            str(tmp_path),
        ]
        return subprocess.run([*command, *options], capture_output=True, text=True, timeout=100).stdout

    assert "there is no picture" in ran()
    assert "1 passed" in ran("--accept-ladders")
    assert "486 Busy Here" in (tmp_path / "busy.txt").read_text(encoding="utf-8")
    assert "1 passed" in ran()
    (tmp_path / "busy.txt").write_text("other\n")
    assert "is stale" in (said := ran()) and "-other" in said
