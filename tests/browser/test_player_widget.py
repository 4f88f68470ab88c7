"""The ladder that plays in a real JupyterLab: under the mouse, by keyboard, beside Python, on every kernel."""

from __future__ import annotations

import kernels
import playing
import pytest
import test_hostile_pictures as hostile
from notebook_page import NotebookPage
from playwright.sync_api import Dialog, Locator, expect

pytestmark = pytest.mark.browser

OZEKI = 'import sipsim\ntrace = sipsim.run("ozeki", seed=7)\nwidget = trace.ladder().widget()\nwidget'


def shown(page: NotebookPage, name: str, cells: list[str], kernel: str = kernels.NEWEST) -> Locator:
    """The player that a new notebook shows."""
    page.write(name, cells, kernel)
    page.run_all()
    player = page.page.locator(".sipsim-player")
    player.first.locator(".message").first.wait_for()
    player.first.scroll_into_view_if_needed()
    return player


@pytest.mark.covers("B4")
@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_python_sees_what_is_clicked(lab_page: NotebookPage, kernel: str):
    """Clicks, steps and the clock reach Python on each kernel; what Python sets is shown."""
    player = shown(lab_page, "player", [OZEKI], kernel)
    playing.arrow(player, 3).click()
    lab_page.wait_inside("widget.selected == 3")
    expect(playing.panel(player)).to_contain_text("INVITE sip:bob@192.0.2.3 SIP/2.0")
    playing.button(player, "Step forward").click()
    lab_page.wait_inside("(widget.selected, widget.position) == (4, 0.015)")
    player.get_by_label("Speed").select_option("4")
    playing.button(player, "Play").click()
    lab_page.wait_inside("widget.playing")
    lab_page.wait_inside("(widget.playing, widget.selected, widget.position) == (False, 13, 12.04)")
    player.get_by_label("Position in the run").fill("0")
    lab_page.wait_inside("widget.position == 0.0")
    player.get_by_label("Filter messages").fill("ack")
    lab_page.wait_inside("widget.filter['text'] == 'ack'")
    lab_page.inside(
        "(setattr(widget, 'selected', 8), setattr(widget, 'position', 2.02), setattr(widget, 'filter', {}))"
    )
    expect(playing.arrow(player, 8)).to_have_attribute("aria-pressed", "true")
    expect(playing.time_of(player)).to_have_text("2.020 s")
    expect(player.get_by_role("status")).to_have_text("13 messages")


def test_all_that_a_reader_does(lab_page: NotebookPage):
    player = shown(lab_page, "reader", [OZEKI])
    playing.reads_a_message(player)
    playing.plays_steps_and_scrubs(player)
    playing.filters(player)
    playing.obeys_the_keyboard(player)
    playing.is_accessible(player)


def test_keys_in_it_are_no_shortcuts_of_the_notebook(lab_page: NotebookPage):
    """Whatever of it has the focus: no cell comes, goes, or is the next one."""
    player = shown(lab_page, "keys", [OZEKI])
    keys, cells = player.page.keyboard, lab_page.cells()
    playing.arrow(player, 3).click()
    for key in ("a", "x", "ArrowDown"):
        keys.press(key)
    expect(playing.arrow(player, 4)).to_be_focused()
    player.get_by_label("Speed").focus()
    keys.press("ArrowDown")
    expect(player.get_by_label("Speed")).to_have_value("2")
    playing.button(player, "Play").focus()
    keys.press("b")
    assert lab_page.cells() == cells


GROWING = """
import sipsim, time
lab = sipsim.Lab(seed=7)
proxy = lab.proxy("example.com")
alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0.5)
widget = lab.trace.ladder().widget()
news = []
widget.observe(lambda change: news.append(time.monotonic()), "_news")
widget
"""
STORY = """
def story(lab):
    yield bob.register()
    call = alice.call("sip:bob@example.com")
    yield call.answered
    yield lab.env.timeout(0.5)
    yield call.hang_up()
run = lab.start(story)
"""


def test_a_run_that_goes_on_is_followed(lab_page: NotebookPage):
    """Only what is new is sent, at most ten times a second; what is open stays open."""
    lab_page.write("growing", [GROWING, STORY])
    lab_page.run_all()
    player = lab_page.page.locator(".sipsim-player")
    expect(player).to_contain_text("180 Ringing")
    playing.arrow(player, 1).click()
    expect(player.locator(".paper")).to_contain_text("BYE")
    expect(player.get_by_role("status")).to_have_text("15 messages")
    expect(playing.panel(player)).to_contain_text("REGISTER sip:example.com SIP/2.0")
    assert lab_page.inside("min(b - a for a, b in zip(news, news[1:])) > 0.09 and len(news) > 2") == "True"
    assert lab_page.inside("widget._news['messages'].keys() < widget._book['messages'].keys()") == "True"


def test_two_on_a_page_keep_their_ids(lab_page: NotebookPage):
    player = shown(
        lab_page, "two", [OZEKI, "trace.ladder().widget()", "from IPython.display import SVG\ntrace.ladder()"]
    )
    expect(player).to_have_count(2)
    ids = lab_page.page.evaluate("[...document.querySelectorAll('.sipsim-player, .sipsim-player [id]')].map(e => e.id)")
    assert len(ids) > 30 and len(set(ids)) == len(ids)
    playing.arrow(player.nth(1), 5).click()
    expect(playing.arrow(player.nth(0), 5)).to_have_attribute("aria-pressed", "false")


def test_a_mistake_in_a_callback_is_shown(lab_page: NotebookPage):
    """By its message; the next click works as before."""
    call = (
        "def look(record):\n    if record.number == 2:\n        raise ValueError('<b>no</b>')\nwidget.on_select(look)"
    )
    player = shown(lab_page, "mistake", [OZEKI, call])
    playing.arrow(player, 2).click()
    expect(player.get_by_role("alert")).to_have_text("look: ValueError: <b>no</b>")
    playing.arrow(player, 4).click()
    expect(player.get_by_role("alert")).to_be_hidden()
    expect(playing.panel(player)).to_contain_text("SIP/2.0 180 Ringing")


HOSTILE = """
import sys
sys.path[:0] = [{root!r} + "/tests", {root!r} + "/tests/pictures"]
import test_hostile_pictures as hostile
from IPython.display import display
for core in hostile.CORES[::3]:
    payload = " ".join(frame.format(core) for frame in hostile.FRAMES)
    display(hostile.hostile(payload).ladder().widget())
"""


def test_no_message_is_obeyed(lab_page: NotebookPage):
    """Markup in every place that is shown: no script runs, nothing is fetched; a file's tests have all of it."""
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # the page before asks whether it may go
            dialogs.append(dialog.message)
        dialog.accept()

    lab_page.page.on("dialog", note)
    players = shown(lab_page, "hostile", [HOSTILE.format(root=str(kernels.ROOT))])
    expect(players).to_have_count(len(hostile.CORES[::3]))
    for i in range(players.count()):
        playing.looks_everywhere(players.nth(i))
    lab_page.page.remove_listener("dialog", note)
    assert not dialogs and not lab_page.elsewhere
