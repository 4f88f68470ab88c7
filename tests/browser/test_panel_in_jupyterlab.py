"""The panel in a real JupyterLab, on three versions of its kernel: a session of calls, a message stopped and edited,
steps of the clock, the script on the clipboard, and all of it without a mouse."""

from __future__ import annotations

import re

import kernels
import playing
import pytest
from axe_playwright_python.sync_playwright import Axe
from notebook_page import NotebookPage
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BENCH = """
import sipsim
lab = sipsim.Lab(seed=7{network})
alice = lab.user_agent("sip:alice@example.com")
proxy = lab.proxy("example.com")
desk = lab.user_agent("sip:bob@example.com", "desk")
mobile = lab.user_agent("sip:bob@example.com", "mobile")
"""
PANEL = "panel = lab.panel()\npanel"
PLAYER = 'import sipsim\nsipsim.run("ozeki", seed=7).ladder().widget()'
THEME = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"


def opened(page: NotebookPage, kernel: str = kernels.NEWEST, network: str = "", first: str = "") -> NotebookPage:
    """A notebook with a panel, run on this kernel; `first` is a cell before it."""
    page.write("panel", [*([first] if first else []), BENCH.format(network=network), PANEL], kernel)
    page.run_all()
    page.part("panel").scroll_into_view_if_needed()
    return page


@pytest.mark.covers("B5")
@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_a_session(lab_page: NotebookPage, kernel: str):
    """Two phones of one user, a fork, the loser's CANCEL; the proxy crashes, a call fails, it comes back."""
    part = opened(lab_page, kernel).part
    for phone in ("desk", "mobile"):
        part(f"{phone}-register").click()
        expect(part(f"{phone}-status")).to_contain_text("registered")
    part("alice-call").click()
    for phone in ("desk", "mobile"):
        expect(part(f"{phone}-status")).to_contain_text("alice@example.com calls")
    part("desk-answer").click()
    expect(part("mobile-status")).to_contain_text("last call: CANCEL")
    expect(part("ladder")).to_contain_text("487 Request Terminated")
    part("alice-hang_up").click()
    expect(part("alice-status")).to_contain_text("last call: BYE")

    part("proxy-crash").click()
    expect(part("proxy-status")).to_contain_text("down")
    part("alice-call").click()
    part("clock-until-quiet").click()
    expect(part("alice-status")).to_contain_text("last call: 408")
    part("proxy-restart").click()
    part("clock-start").click()
    part("alice-call").click()
    expect(part("alice-status")).to_contain_text("last call: 404")
    assert not part("problem").inner_text().strip()


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_a_message_is_stopped_and_edited(lab_page: NotebookPage, kernel: str):
    page = opened(lab_page, kernel)
    part = page.part
    part("tab-intercept").click()
    part("intercept-which").locator("select").select_option("REGISTER")
    part("intercept-stop_these").click()
    expect(part("intercept-traps")).to_contain_text("held stops REGISTER")
    part("desk-register").click()
    editor = part("intercept-editor").locator("textarea")
    expect(editor).not_to_have_value("")
    editor.fill(editor.input_value().replace("CSeq: 1 REGISTER", "CSeq: one REGISTER"))
    editor.blur()
    expect(part("intercept-verdict")).to_contain_text("CSeq: no number and method")
    editor.fill(editor.input_value().replace("CSeq: one REGISTER", "CSeq: 1 REGISTER\nSubject: <b>lunch</b>"))
    part("intercept-let_go").click()
    expect(part("desk-status")).to_contain_text("registered")
    part("intercept-release_all").click()
    page.wait_inside("any(b'Subject: <b>lunch' in r.raw for r in lab.trace.select('delivered', 'proxy'))")
    part("tab-message").click()
    expect(part("message-text")).to_contain_text("200 OK")
    part("tab-python").click()
    expect(part("lines")).to_contain_text("held.packets[0].edit(b'REGISTER sip:example.com SIP/2.0")
    assert page.page.locator(".sipsim-lines b").count() == 0


def test_on_sockets_too(lab_page: NotebookPage):
    page = opened(lab_page, network=', network="udp"')
    part = page.part
    part("desk-register").click()
    part("alice-call").click()
    part("desk-answer").click()
    expect(part("alice-status")).to_contain_text("in a call with bob@example.com")
    part("alice-hold").click()
    expect(part("alice-status")).to_contain_text("on hold with bob@example.com")
    assert page.inside("{record.route[0][0] for record in lab.trace.select('sent')}") == "{'127.0.0.1'}"


def test_a_cell_may_run_again(lab_page: NotebookPage):
    """With a new lab each time: nothing piles up; a second panel of one lab says so in the place of the first."""
    page = opened(lab_page, network=', network="udp"')
    held = "(len(__import__('os').listdir('/proc/self/fd')), len(__import__('ipywidgets').widgets.widget._instances))"
    tasks = "len(__import__('asyncio').all_tasks(panel._clock.loop))"
    before = page.inside(held), page.inside(tasks)
    for _ in range(3):
        page.run_all()
    page.wait_inside("panel.run.state == 'running' and lab is panel.lab")
    assert (page.inside(held), page.inside(tasks)) == before
    page.part("desk-register").click()
    expect(page.part("desk-status")).to_contain_text("registered")
    page.inside("lab.panel()")
    expect(page.part("panel")).to_have_text("Another panel of this lab has taken over.")


def test_a_keyboard_is_enough(lab_page: NotebookPage):
    """Tab goes from part to part in the order in which they are seen; Enter and Space press what has the focus."""
    page = opened(lab_page)
    keys = page.page.keyboard
    page.part("clock-pause").focus()
    keys.press("Enter")
    expect(page.part("clock")).to_contain_text("paused")
    seen = []
    for _ in range(45):
        keys.press("Tab")
        name = page.page.evaluate("document.activeElement.textContent || document.activeElement.title")
        seen.append(name)
        if name == "Register" and seen.count("Register") == 2:
            keys.press("Space")
            break
    assert seen.index("Next message") < seen.index("Register")
    page.part("clock-next-message").focus()
    for _ in range(3):
        keys.press("Enter")
    expect(page.part("desk-status")).to_contain_text("registered")
    page.part("tab-python").focus()
    keys.press("Space")
    expect(page.part("lines")).to_contain_text("desk.register()")


def test_keys_in_the_panel_are_no_shortcuts_of_the_notebook(lab_page: NotebookPage):
    """Arrow keys and letters choose, "x" on a button cuts no cell, the focus can be seen; Ctrl+S saves as ever."""
    page = opened(lab_page)
    keys, choice, cells = page.page.keyboard, page.part("network-which").locator("select"), page.cells()
    page.part("network-drop_next").focus()
    keys.press("x")
    keys.press("Shift+Tab")
    expect(choice).to_be_focused()
    assert choice.evaluate("made => getComputedStyle(made).outlineStyle") == "solid"
    keys.press("ArrowDown")
    expect(choice).to_have_value("INVITE")
    keys.press("b")
    expect(choice).to_have_value("BYE")
    assert page.cells() == cells
    keys.press("Control+s")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


@pytest.mark.covers("B4")
def test_it_is_accessible(lab_page: NotebookPage):
    """axe-core finds nothing on any tab, with everything unfolded, in the light theme and in the dark."""
    page = opened(lab_page)
    page.part("proxy-more").click()
    page.part("alice-whom").locator("select").select_option(label="another address …")
    page.part("desk-register").click()
    expect(page.part("desk-status")).to_contain_text("registered")
    for theme, tabs in (("Light", ("message", "states", "intercept", "python", "ladder")), ("Dark", ("states",))):
        page.page.evaluate(THEME, f"JupyterLab {theme}")
        for tab in tabs:
            page.part(f"tab-{tab}").click()
            found = Axe().run(page.page, ".sipsim-panel", playing.RULES)
            assert not found.response["violations"], found.generate_report()
    expect(page.part("states-chart").locator("svg:visible")).to_have_count(1)
    page.page.evaluate(THEME, "JupyterLab Light")


def test_a_saved_notebook_keeps_its_ladders(lab_page: NotebookPage):
    """With its kernel there are the widgets alone; without it the pictures, the panel's as it was in the end."""
    page = opened(lab_page, first=PLAYER)
    player, panel = page.page.locator(".sipsim-player").first, page.part("panel")
    stills = page.page.locator('.jp-OutputArea-output img[src*="sipsim-still"]')
    player.locator(".message").first.wait_for()
    page.part("alice-call").click()
    expect(page.part("alice-status")).to_contain_text("last call: 404")
    expect(stills.last).to_have_attribute("src", re.compile("404%20Not%20Found"))
    expect(stills).to_have_count(2)
    assert not stills.first.is_visible() and not stills.last.is_visible()
    page.page.evaluate(SAVE)
    page.open_again()
    expect(player.locator(".message").first).to_be_attached()
    expect(panel).to_be_attached()
    assert not stills.first.is_visible() and not stills.last.is_visible()
    page.open_again(afresh=True)
    expect(stills.first).to_be_visible()
    expect(stills.last).to_be_visible()
    assert not player.count() and not panel.count()


def test_somebody_elses_notebook_shows_its_ladders_as_text(lab_page: NotebookPage):
    """One that is not trusted: JupyterLab shows no picture in it, and runs nothing."""
    page = opened(lab_page, first=PLAYER + "\n")
    page.part("alice-call").click()
    expect(page.part("alice-status")).to_contain_text("last call: 404")
    stills = page.page.locator('.jp-OutputArea-output img[src*="sipsim-still"]')
    expect(stills.last).to_have_attribute("src", re.compile("404%20Not%20Found"))
    page.page.evaluate(SAVE)
    page.open_foreign()
    texts = page.page.locator(".jp-OutputArea-output pre")
    expect(texts.filter(has_text="1 INVITE (SDP)").first).to_be_visible()
    expect(texts.filter(has_text="404 Not Found")).to_be_visible()
    assert not stills.count() and not page.part("panel").count()


def test_a_ladder_that_grew_unseen_is_at_its_end(lab_page: NotebookPage):
    """While another tab is looked at; who comes back sees what happened last."""
    page = opened(lab_page)
    stage = page.part("ladder").locator(".stage")
    page.part("tab-python").click()
    for phone in ("alice", "desk", "mobile"):
        page.part(f"{phone}-register").click()
        expect(page.part(f"{phone}-status")).to_contain_text("registered")
    page.part("alice-call").click()
    expect(page.part("mobile-status")).to_contain_text("alice@example.com calls")
    expect(page.part("ladder").locator(".paper")).to_contain_text("14 180 Ringing")
    page.part("tab-ladder").click()
    expect(stage).to_be_visible()
    page.page.wait_for_function(
        "stage => stage.scrollTop > 0 && stage.scrollTop + stage.clientHeight > stage.scrollHeight - 5",
        arg=stage.element_handle(),
    )


def test_the_script_is_copied(lab_page: NotebookPage):
    page = opened(lab_page)
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.part("desk-register").click()
    expect(page.part("desk-status")).to_contain_text("registered")
    page.part("tab-python").click()
    expect(page.part("lines")).to_contain_text("desk.register()")
    page.part("log-copy").get_by_role("button").click()
    expect(page.part("log-copy")).to_contain_text("copied")
    copied = page.page.evaluate("() => navigator.clipboard.readText()")
    assert "desk.register()" in copied and "lab.run(until=" in copied
