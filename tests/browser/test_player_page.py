"""The ladder as one HTML file, opened from the disk with the network cut off: it plays, and obeys no message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import playing
import pytest
import test_hostile_pictures as hostile
from axe_playwright_python.sync_playwright import Axe
from peers import program
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

import sipsim
from sipsim.trace.trace import Trace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's window without network."""
    made = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    made.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    yield made
    made.close()


def opened(context: BrowserContext, trace: Trace, folder: Path) -> Page:
    """The ladder's page; what it asks for, and what goes wrong on it, is noted."""
    file = folder / "call.html"
    trace.ladder().save(file)
    page = context.new_page()
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda message: page.wrong.append(message.text))
    page.on("dialog", lambda dialog: (page.wrong.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    return page


def player_of(page: Page) -> Locator:
    return page.locator(".sipsim-player")


@pytest.mark.covers("B7")
def test_a_ladder_plays_from_a_file(context: BrowserContext, tmp_path: Path):
    page = opened(context, sipsim.run("ozeki", seed=7), tmp_path)
    playing.reads_a_message(player_of(page))
    playing.plays_steps_and_scrubs(player_of(page))
    playing.filters(player_of(page))
    playing.names_columns(player_of(page))
    playing.obeys_the_keyboard(player_of(page))
    assert page.asked == [(tmp_path / "call.html").as_uri()] and not page.wrong


def test_it_is_accessible(context: BrowserContext, tmp_path: Path):
    """The player, and the page around it."""
    page = opened(context, sipsim.run("ozeki", seed=7), tmp_path)
    playing.is_accessible(player_of(page))
    found = Axe().run(page, None, playing.RULES)
    assert not found.response["violations"], found.generate_report()


def test_whoever_wants_no_motion_gets_steps(browser: Browser, tmp_path: Path):
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = opened(context, sipsim.run("ozeki", seed=7), tmp_path)
    page.get_by_label("Speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    expect(playing.arrow(player_of(page), 1)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Pause").click()
    assert playing.time_of(player_of(page)).inner_text() in {"0.005 s", "0.010 s", "0.015 s"}
    context.close()


def test_without_script_there_is_the_picture(browser: Browser, tmp_path: Path):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = opened(context, sipsim.run("ozeki", seed=7), tmp_path)
    expect(page.locator("main svg")).to_contain_text("180 Ringing")
    context.close()


@pytest.mark.parametrize("part", range(5))
def test_no_message_is_obeyed(context: BrowserContext, tmp_path: Path, part: int):
    """Markup in every place that is shown, in every frame, in every tab: no script runs, nothing is fetched."""
    for core in hostile.CORES[part::5]:
        payload = " ".join(frame.format(core) for frame in hostile.FRAMES)
        page = opened(context, hostile.hostile(payload), tmp_path)
        playing.looks_everywhere(player_of(page))
        assert page.asked == [(tmp_path / "call.html").as_uri()] and not page.wrong
        page.close()
