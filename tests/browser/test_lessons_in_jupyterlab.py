"""The lessons in a real JupyterLab, in a real browser: both run, and the panel obeys the mouse."""

from __future__ import annotations

import pytest
from notebook_page import NotebookPage
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.covers("B4")
@pytest.mark.parametrize("lesson", ["01-first-call.ipynb"], indirect=True)
def test_the_first_lesson_shows_its_ladders(lesson: NotebookPage):
    """As pictures, not as text; a reader of the saved page has no kernel."""
    ladders = lesson.page.locator('.jp-RenderedSVG[data-mime-type="image/svg+xml"] img')
    assert lesson.inside("len(trace), mine.counts['lost']").endswith(", 1)")
    ladders.first.evaluate("picture => picture.scrollIntoView()")
    expect(ladders.first).to_be_visible()
    assert ladders.first.bounding_box()["height"] > 300
    assert "Hint" in lesson.inside("check('first-call', mine).text")


@pytest.mark.parametrize(
    ("lesson", "exercise"),
    [
        ("09-failures-and-response-codes.ipynb", "failures-and-response-codes"),
        ("11-sdp-and-media.ipynb", "sdp-and-media"),
        ("12-modifying-and-holding.ipynb", "modifying-and-holding"),
        ("13-events-and-messages.ipynb", "events-and-messages"),
        ("14-transfer.ipynb", "transfer"),
        ("15-one-call-three-programs.ipynb", "three-apis"),
    ],
    indirect=["lesson"],
)
def test_a_lesson_shows_its_ladders_and_gives_a_hint(lesson: NotebookPage, exercise: str):
    ladder = lesson.page.locator('.jp-RenderedSVG[data-mime-type="image/svg+xml"] img').first
    ladder.evaluate("picture => picture.scrollIntoView()")
    expect(ladder).to_be_visible()
    assert ladder.bounding_box()["height"] > 300
    assert "Hint" in lesson.inside(f"check({exercise!r}, mine).text")


@pytest.mark.parametrize("lesson", ["10-find-your-way-with-the-panel.ipynb"], indirect=True)
def test_the_tour_of_the_panel(lesson: NotebookPage):
    """As it says: register, pause, call, then message by message; and the script of it brings about the same."""
    part = lesson.part
    part("panel").first.scroll_into_view_if_needed()
    for phone in ("alice", "bob"):
        part(f"{phone}-register").click()
        expect(part(f"{phone}-status")).to_contain_text("registered")
    part("clock-pause").click()
    part("alice-call").click()
    for count in range(12):
        if "waiting for" in part("alice-status").inner_text():
            break
        part("clock-next-message").click()
        lesson.wait_inside(f"len([c for c in panel.clicks.done if 'next_message' in c.line.text]) > {count}")
        lesson.wait_inside("not panel._clock.hurries and panel._clock._pending is None")
    expect(part("alice-status")).to_contain_text("waiting for bob@example.com")
    part("bob-answer").click()
    part("clock-start").click()
    expect(part("alice-status")).to_contain_text("in a call with bob@example.com")
    part("alice-hang_up").click()
    expect(part("bob-status")).to_contain_text("last call: BYE")
    lesson.page.get_by_text("print(panel.script)").first.click()
    lesson.page.keyboard.press("Control+Enter")
    lesson.wait_inside("len(panel.lab.trace.select('sent')) == 17")
    said = lesson.page.locator(".jp-OutputArea-output pre", has_text="17 messages then")  # `lab` is another one by now
    expect(said).to_contain_text("call.hang_up()")
    assert "Hint" in lesson.inside("check('panel', mine).text")


@pytest.mark.parametrize("lesson", ["15-one-call-three-programs.ipynb"], indirect=True)
def test_lanes_of_three_apis_stand_side_by_side(lesson: NotebookPage):
    """From left to right, each call where it begins; a notebook would set a table of numbers to the right."""
    table = lesson.page.locator("table.sipsim-lanes")
    table.evaluate("table => table.scrollIntoView()")
    expect(table.locator("thead th")).to_have_text(["at alice", "Android", "pjsua", "Symbian"])
    expect(table.locator("tbody th")).to_have_count(8)
    assert table.locator("td").first.evaluate("cell => getComputedStyle(cell).textAlign") == "left"
    assert table.bounding_box()["width"] < 1000


@pytest.mark.covers("B5")
@pytest.mark.parametrize("lesson", ["02-touch-it.ipynb"], indirect=True)
def test_the_panel_under_the_mouse(lesson: NotebookPage):
    """Registrations, a fork, an answer here and a CANCEL there, a crash, a restart, a failure: the ladder shows it."""
    part, ladder = lesson.part, lesson.part("ladder")
    part("panel").scroll_into_view_if_needed()
    for phone in ("alice", "desk", "mobile"):
        part(f"{phone}-register").click()
        expect(part(f"{phone}-status")).to_contain_text("registered")
    expect(part("proxy-status")).to_contain_text("bob@example.com: 2 phones")

    part("alice-call").click()
    for phone in ("desk", "mobile"):
        expect(part(f"{phone}-status")).to_contain_text("alice@example.com calls")
    part("desk-answer").click()
    expect(part("alice-status")).to_contain_text("in a call with bob@example.com")
    expect(part("mobile-status")).to_contain_text("last call: CANCEL")
    expect(ladder).to_contain_text("487 Request Terminated")

    part("proxy-crash").click()
    expect(part("proxy-status")).to_contain_text("down")
    expect(ladder).to_contain_text("proxy crashes")
    part("alice-hang_up").click()
    expect(ladder).to_contain_text("lost: proxy is down")
    part("proxy-restart").click()
    expect(ladder).to_contain_text("proxy restarts")
    expect(part("desk-status")).to_contain_text("last call: BYE")

    part("alice-call").click()
    expect(part("alice-status")).to_contain_text("404 Not Found")
    part("network-which").locator("select").select_option("REGISTER")
    part("network-drop_next").click()
    expect(part("network-status")).to_contain_text("will lose the next REGISTER")

    part("tab-python").click()
    lines = part("lines").locator("code")
    expect(lines).to_have_text(
        [
            "alice.register()", "desk.register()", "mobile.register()", 'call = alice.call("sip:bob@example.com")',
            "desk.current_call.answer()", "proxy.crash()", "call.hang_up()  # alice", "proxy.restart()",
            'call2 = alice.call("sip:bob@example.com")', 'lab.network.drop("REGISTER")',
        ]
    )  # fmt: skip
    assert "Well done." in lesson.inside("check('touch-it', lab.trace).text")
    assert lesson.inside("{lab.trace.why(record)[-1].kind for record in lab.trace.select('sent')}") == "{'click'}"
    cancel = "[r for r in lab.trace.select('sent') if r.raw.startswith(b'CANCEL')][0]"
    assert lesson.inside(f"lab.trace.why({cancel})[-1].data") == "{'text': 'desk.current_call.answer()'}"


@pytest.mark.parametrize("lesson", ["02-touch-it.ipynb"], indirect=True)
def test_the_clock_under_the_mouse(lesson: NotebookPage):
    """Pause and go on; a click that comes too late says so; so does one when the run is stopped."""
    part = lesson.part
    part("panel").scroll_into_view_if_needed()
    part("clock-pause").click()
    expect(part("clock")).to_contain_text("paused")
    part("tab-python").click()
    then = lesson.inside("lab.env.now")
    part("desk-register").click()
    expect(part("lines")).to_contain_text("desk.register()")
    assert lesson.inside("lab.env.now") == then
    part("clock-start").click()
    expect(part("desk-status")).to_contain_text("registered")
    lesson.inside("panel.buttons['desk.answer'].click()")
    expect(part("problem")).to_contain_text("nothing rings at desk")
    part("clock-stop").click()
    expect(part("clock")).to_contain_text("stopped")
    part("alice-register").click()
    expect(part("problem")).to_contain_text("Start lets the clock go again")
