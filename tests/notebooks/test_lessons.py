"""Every lesson runs from top to bottom, its exercise can be solved, and whoever has not solved it gets a hint."""

from __future__ import annotations

import time
from pathlib import Path

import lessons
import nbformat
import pytest

pytestmark = pytest.mark.leaves("ZeroMQ keeps threads for its sockets")

PARTS = (
    "you can**", "What you need", "Predict", "Run", "Explain", "Modify", "## Exercise", "<b>Solution</b>", "## Summary",
    "Further reading",
)  # fmt: skip

SOLVED_BY_CLICKS = """
import asyncio

async def click(*names):
    for name in names:
        panel.buttons[name].click()
    await asyncio.sleep(0.3)

panel.speed = 4
await click("alice.call")
await click("alice.register", "desk.register", "mobile.register")
await click("alice.call")
await click("desk.answer")
await click("proxy.crash")
await click("alice.hang_up")
await click("proxy.restart")
await click("alice.call")
panel.stop()
[click.problem for click in panel.clicks.done if click.problem]
"""


@pytest.fixture(autouse=True)
def this_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels import the package from here, and keep out of the user's own settings."""
    monkeypatch.setenv("PYTHONPATH", str(lessons.FOLDER.parent))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_as_lessons_are(path: Path):
    lesson = nbformat.read(path, as_version=4)
    nbformat.validate(lesson)
    assert lesson.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in lesson.cells}) == len(lesson.cells) <= 30
    prose = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    missing = [part for part in PARTS if part not in prose]
    assert not missing
    assert all(len(cell.source.splitlines()) <= 16 for cell in lessons.code(lesson))


@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_its_links_lead_somewhere(path: Path):
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    links = [part.split(")")[0] for part in prose.split("](")[1:]]
    assert links
    for link in links:
        assert link.startswith("https://www.rfc-editor.org/rfc/rfc") or (path.parent / link).is_file(), link


@pytest.mark.covers("B6")
@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_unsolved_it_runs_to_the_end_and_gives_a_hint(path: Path):
    began = time.monotonic()
    lesson = lessons.run(lessons.read(path.name))
    assert time.monotonic() - began < 30
    verdict = lessons.shown(lessons.tagged(lesson, "check"))
    assert "Hint: " in verdict and "Well done" not in verdict
    assert not [output for cell in lessons.code(lesson) for output in cell.outputs if output.get("name") == "stderr"]


def test_the_first_call_solved():
    lesson = lessons.read("01-first-call.ipynb")
    exercise = lessons.tagged(lesson, "exercise")
    assert 'lab.network.drop("200 INVITE")' in exercise.source
    exercise.source = exercise.source.replace('drop("200 INVITE")', 'drop("ACK", times=3)')
    verdict = lessons.shown(lessons.tagged(lessons.run(lesson), "check"))
    assert verdict.endswith("Well done."), verdict


def test_the_first_call_is_told_as_it_happens():
    """What the prose says of numbers on arrows is so."""
    lesson = lessons.run(lessons.read("01-first-call.ipynb"))
    text = "\n".join(map(lessons.shown, lessons.code(lesson)))
    assert "messages: 13" in text
    assert "because story: the story" in text
    assert text.count("200 OK (SDP) copy 2") >= 1
    ladders = [o for cell in lessons.code(lesson) for o in cell.outputs if "image/svg+xml" in o.get("data", {})]
    assert len(ladders) == 4


def test_touch_it_solved_with_clicks():
    lesson = lessons.read("02-touch-it.ipynb")
    cells = lesson.cells
    clicks = nbformat.v4.new_code_cell(SOLVED_BY_CLICKS)
    cells.insert(cells.index(lessons.tagged(lesson, "check")), clicks)
    lessons.run(lesson)
    verdict = lessons.shown(lessons.tagged(lesson, "check"))
    assert verdict.endswith("Well done."), verdict
    assert lessons.shown(clicks) == "[]"


def test_the_panel_has_something_to_show_without_a_kernel():
    """In a saved notebook the buttons are dead; ladder and text are still there."""
    lesson = lessons.run(lessons.read("02-touch-it.ipynb"))
    (bundle,) = [
        output.data
        for cell in lessons.code(lesson)
        for output in cell.outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert bundle["image/svg+xml"].startswith("<svg") and "mobile" in bundle["text/plain"]


