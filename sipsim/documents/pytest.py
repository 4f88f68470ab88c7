"""A test that holds a run against a stored ladder, and shows what has changed.

    from sipsim.documents.pytest import assert_same_ladder

    def test_the_call_is_as_it_was():
        assert_same_ladder(sipsim.run("ozeki", seed=7), HERE / "ozeki.txt", width=80)

When the change is meant, run the tests once with SIPSIM_ACCEPT=1 in the environment: the files are written anew. With
`pytest_plugins = ["sipsim.documents.pytest"]` in `conftest.py` the option `--accept-ladders` does the same.
"""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import Any

from sipsim.pictures.drawing import Drawing
from sipsim.pictures.stored import difference
from sipsim.trace.trace import Trace

ACCEPT = "SIPSIM_ACCEPT"


def assert_same_ladder(
    run: Trace | Drawing, picture: str | PathLike[str], accept: bool | None = None, **options: Any
) -> None:
    """AssertionError, with the difference, where `picture` isn't the ladder of this run any more.

    run: a trace, or a ladder (or another drawing) where it was made with options of its own.
    picture: a file of any format that ladders are saved in; text tells differences best.
    accept: True writes the file instead; None does so where the environment says SIPSIM_ACCEPT=1.
    options: those that the picture was saved with: `width=80`, `theme="light"`.

    UsageError: a suffix or an option that there isn't, a file that can't be written.
    """
    __tracebackhide__ = True
    drawing = run if isinstance(run, Drawing) else run.ladder()
    if os.environ.get(ACCEPT, "") not in ("", "0") if accept is None else accept:
        drawing.save(picture, **options)
        return
    drawing.rendered(picture, **options)  # the caller's faults come first
    hint = f"\nif that's meant: {ACCEPT}=1 writes {picture} anew"
    if not Path(picture).exists():
        raise AssertionError(f"there is no picture {picture} yet{hint}")
    if lines := difference(drawing, picture, **options):
        raise AssertionError("\n".join([f"{picture} is stale:", *lines]) + hint)


def pytest_addoption(parser: Any) -> None:
    """The option of those who load this module as a plugin."""
    parser.addoption(
        "--accept-ladders", action="store_true", help="write stored ladders anew instead of comparing them"
    )


def pytest_configure(config: Any) -> None:
    """What the option means, for this process and the workers that it starts."""
    if config.getoption("--accept-ladders"):
        os.environ[ACCEPT] = "1"
