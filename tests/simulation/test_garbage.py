"""While a simulation runs the garbage collector looks seldom; afterwards it is as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from sipsim.lab.lab import Lab
from sipsim.simulation.garbage import SELDOM, seldom_collected


@pytest.fixture(autouse=True)
def settings() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield before
    gc.set_threshold(*before)


def test_it_looks_seldom_while_a_lab_runs():
    seen = []

    def story(lab: Lab):
        seen.append(gc.get_threshold())
        yield lab.env.timeout(1)

    with Lab() as lab:
        lab.run(story)
    assert seen == [(SELDOM, 10, 10)]
    assert gc.get_threshold() == (700, 10, 10)


def test_an_error_changes_nothing_about_that():
    with pytest.raises(ZeroDivisionError), seldom_collected():
        raise ZeroDivisionError
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [(0, 10, 10), (SELDOM * 2, 5, 5)])
def test_who_wants_it_to_look_even_less_has_it_so(own: tuple[int, int, int]):
    gc.set_threshold(*own)
    with seldom_collected():
        assert gc.get_threshold() == own
    assert gc.get_threshold() == own
