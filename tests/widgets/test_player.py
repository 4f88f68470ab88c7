"""The widget of a ladder, seen from Python: what it offers without a browser, and without a kernel."""

from __future__ import annotations

import asyncio
import re
import sys
from base64 import b64decode
from itertools import pairwise
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

import sipsim
from sipsim.errors import UsageError
from sipsim.trace.trace import Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    return sipsim.run("ozeki", seed=7)


def test_it_degrades_to_the_picture(trace: Trace):
    """A page without a kernel shows the SVG, one that isn't trusted the text; the ladder itself stays as it is."""
    ladder = trace.ladder()
    widget = ladder.widget()
    data, _ = widget._repr_mimebundle_()
    assert data["image/svg+xml"] == ladder.to_svg() and data["text/plain"] == str(ladder)
    assert "application/vnd.jupyter.widget-view+json" in data
    only, _ = widget._repr_mimebundle_(include=["text/plain"])
    assert only.keys() == {"text/plain"}
    assert ladder._repr_mimebundle_()[0].keys() == {"image/svg+xml", "text/plain"}
    widget.close()


def test_a_page_made_of_a_notebook_shows_the_picture(trace: Trace, monkeypatch: pytest.MonkeyPatch):
    """Where no state of widgets was saved, nbconvert takes the SVG, and the page needs no network for it."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    trace.ladder().widget()._ipython_display_()
    outputs = [nbformat.v4.new_output("display_data", data=data) for data in shown]
    cell = nbformat.v4.new_code_cell("trace.ladder().widget()", outputs=outputs, execution_count=1)
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    pictures = re.findall(r'<img[^>]* src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert len(pictures) == 1 and b"180 Ringing" in b64decode(pictures[0])


def test_without_its_packages_it_says_what_to_install(trace: Trace, monkeypatch: pytest.MonkeyPatch):
    for name in ("sipsim.widgets.player", "anywidget"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sipsim.widgets.player")
    with pytest.raises(UsageError, match=r"anywidget.*pip install 'sipsim\[jupyter\]'"):
        trace.ladder().widget()


def test_what_is_selected_is_told_as_a_record(trace: Trace):
    """To whoever asked; a mistake there is shown, and the others are told all the same."""
    widget, heard = trace.ladder().widget(), []

    def careless(_: Any) -> None:
        raise ValueError("no")

    widget.on_select(careless)
    widget.on_select(heard.append)
    widget.selected = 3
    assert heard == [trace.message(3)] and widget.problem == "careless: ValueError: no"
    widget.selected = 0
    assert heard[1:] == [None]
    widget.selected = 400
    assert "400" in widget.problem and len(heard) == 2
    widget.close()


def test_at_most_ten_updates_a_second_follow_a_run():
    """And the news are small: messages that are known are not sent again."""

    async def watched() -> tuple[list[float], Trace, Any]:
        lab = sipsim.Lab(seed=7)
        lab.proxy("example.com")
        alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0.1)
        widget, times = lab.trace.ladder().widget(), []
        loop = asyncio.get_running_loop()
        widget.observe(lambda _: times.append(loop.time()), "_news")

        def story(lab: sipsim.Lab):
            yield bob.register()
            for _ in range(3):
                call = alice.call("sip:bob@example.com")
                yield call.answered
                yield lab.env.timeout(0.1)
                yield call.hang_up()

        trace = await lab.start(story)
        deadline = loop.time() + 5
        while len(widget._book["messages"]) < trace.counts["sent"] and loop.time() < deadline:
            await asyncio.sleep(0.01)
        widget.close()
        return times, trace, widget._book

    times, trace, book = asyncio.run(watched())
    assert len(book["messages"]) == trace.counts["sent"] and len(times) >= 3
    assert all(later - earlier > 0.09 for earlier, later in pairwise(times))


def test_a_script_without_a_loop_updates_by_hand():
    lab = sipsim.Lab(seed=7)
    lab.proxy("example.com")
    alice = lab.user_agent("sip:alice@example.com")
    widget = lab.trace.ladder().widget()
    alice.register()
    lab.run()
    assert not widget._news
    widget.update()
    assert widget._news["messages"].keys() == {"1", "2"} == widget._book["messages"].keys()
    widget.close()
