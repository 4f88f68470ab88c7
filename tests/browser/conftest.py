"""What tests in a browser share: one JupyterLab with its page for each file of tests, lessons and kernels included."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_page import NotebookPage, notebook_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lab_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """One browser for all tests of a file; the lessons that it shows are copies, `write` adds notebooks to them."""
    copies = tmp_path_factory.mktemp("lessons")
    shutil.copytree(ROOT / "notebooks", copies, dirs_exist_ok=True)
    with notebook_page(copies, tmp_path_factory.mktemp("jupyter")) as page:
        yield page
    assert not page.elsewhere, "requests left this machine"


@pytest.fixture
def lesson(lab_page: NotebookPage, request: pytest.FixtureRequest) -> NotebookPage:
    """A lesson by its file name, opened and run."""
    lab_page.open(request.param)
    lab_page.run_all()
    return lab_page
