"""The lessons, run as a reader would run them: cell after cell in a kernel, some cells changed on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))


def read(name: str) -> NotebookNode:
    """A lesson by its file name."""
    return nbformat.read(FOLDER / name, as_version=4)


def run(lesson: NotebookNode) -> NotebookNode:
    """The lesson after all its cells were run; an error in one of them is the test's."""
    client = NotebookClient(lesson, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    asyncio.run(client.async_execute())
    return lesson


def tagged(lesson: NotebookNode, tag: str) -> NotebookNode:
    """The one cell with this tag."""
    (found,) = [cell for cell in lesson.cells if tag in cell.metadata.get("tags", ())]
    return found


def code(lesson: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in lesson.cells if cell.cell_type == "code")


def shown(cell: NotebookNode) -> str:
    """What a cell shows as text: printed, or as its last value."""
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
