"""Screenshots for the README and the pages, made with Chromium; `make docs` runs it.

    python docs/screenshots.py              # all of them, into docs/screenshots
    python docs/screenshots.py ladder       # only these

A function for each: it makes an empty page of the browser show something, and returns the image of it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import sipsim

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PANEL = """
import sipsim
lab = sipsim.Lab(seed=7)
proxy = lab.proxy("example.com")
alice = lab.user_agent("sip:alice@example.com")
bob = lab.user_agent("sip:bob@example.com", answers=1.0)
alice.register(); bob.register(); lab.run()
call = alice.call("sip:bob@example.com"); lab.run(call.answered)
lab.panel()
"""


def ladder(page: Page) -> bytes:
    """The call in eight steps."""
    return drawn(page, sipsim.run("ozeki", seed=7).ladder().to_svg("light"))


def state_chart(page: Page) -> bytes:
    """The way that a transaction took through its table."""
    return drawn(page, sipsim.run("lost-200", seed=7).state_chart("alice").to_svg("light"))


def player(page: Page) -> bytes:
    """The ladder that plays, with a message opened."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "call.html")
        sipsim.run("ozeki", seed=7).ladder().save(file)
        page.goto(file.as_uri())
    page.locator('.message[data-message="3"]').first.click()
    page.get_by_role("tab", name="Headers").click()
    return page.screenshot(animations="disabled")


def panel(page: Page) -> bytes:
    """The panel, in a notebook of a JupyterLab."""
    page.set_viewport_size({"width": 1640, "height": 1800})  # room for the panel beside JupyterLab's file list
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]
    from notebook_page import NotebookPage, served

    with tempfile.TemporaryDirectory() as folder:
        root, scratch = Path(folder, "notebooks"), Path(folder, "jupyter")
        for made in (root, scratch):
            made.mkdir()
        with served(root, scratch) as address:
            notebook = NotebookPage(page, address, root, scratch / "share")
            notebook.write("panel", [PANEL.strip()])
            notebook.run_all()
            shown = notebook.part("panel").first
            shown.wait_for()
            page.wait_for_timeout(1000)  # the panel redraws at most ten times a second
            return shown.screenshot(animations="disabled")


SCREENSHOTS: dict[str, Callable[[Page], bytes]] = {
    "ladder": ladder,
    "state-chart": state_chart,
    "player": player,
    "panel": panel,
}


def drawn(page: Page, svg: str) -> bytes:
    """An SVG, alone on its page."""
    page.set_content(f'<body style="margin:0">{svg}</body>')
    return page.locator("svg").first.screenshot()


def main(names: list[str]) -> int:
    """Make screenshots; without Chromium, say so and leave those that there are."""
    if unknown := [name for name in names if name not in SCREENSHOTS]:
        print(f"no screenshot {', '.join(unknown)}; there are {', '.join(SCREENSHOTS)}", file=sys.stderr)
        return 2
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        print("screenshots are left as they are: no chromium here (`make peers` installs it)", file=sys.stderr)
        return 0
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name in names or SCREENSHOTS:
            page = browser.new_page(viewport={"width": 1280, "height": 860}, device_scale_factor=1.5)
            (FOLDER / f"{name}.png").write_bytes(SCREENSHOTS[name](page))
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
