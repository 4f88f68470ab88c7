"""The examples in docstrings and pages do what they say: every `>>>` in the package, the README and the docs."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest
from imports import FILES

ROOT = Path(__file__).resolve().parents[1]
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page.is_file()]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Examples may write files."""
    monkeypatch.chdir(tmp_path)


def test_docstrings():
    with_examples = [name for name, path in FILES.items() if ">>>" in path.read_text(encoding="utf-8")]
    for name in with_examples:
        assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS).failed == 0, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page: Path):
    done = doctest.testfile(str(page), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS)
    assert done.failed == 0
