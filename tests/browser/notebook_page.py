"""JupyterLab with a real browser in front of it: a server on a free port, settings of its own, one page of Chromium.

    with notebook_page(folder) as page:
        page.open("01-first-call.ipynb")
        page.run_all()
        page.write("mine", ["import sipsim", "1 + 1"], kernel="ipykernel-7.0.1")    # makes a notebook and opens it
        page.inside("1 + 1")            # asks the kernel behind the page

Nothing outlives the `with`, and the page notes every request that leaves this machine.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import kernels
import nbformat
from peers import program
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

TOKEN = "sipsim"
PATIENCE = 60.0
"""Seconds that a server, or a kernel behind a new page, may take to begin."""
SOON = 15.0
"""Seconds that anything on the page may take."""

# Before the kernel is connected and idle, "run all" does nothing and says nothing.
READY = """() => {
    const shown = window.jupyterapp?.shell?.currentWidget, kernel = shown?.sessionContext?.session?.kernel;
    return shown?.context?.isReady && shown?.sessionContext?.isReady
        && kernel?.connectionStatus === 'connected' && kernel?.status === 'idle';
}"""
FORGETFUL = "ipykernel-7.0.1"
"""A kernel that now and then lets a request or a click lie until something else comes, or for ever."""
ASK_ON = """() => setInterval(() => {
    const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
    if (kernel?.connectionStatus === 'connected') kernel.requestKernelInfo();
}, 5000)"""
PROMPTLY = """async (task) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const late = new Promise((_, no) => setTimeout(() => no(new Error('the kernel does not answer')), %d));
    return await Promise.race([(%s)(task, kernel), late]);
}"""
RUN_ALL = PROMPTLY % (1000 * PATIENCE, "() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
INSIDE = PROMPTLY % (
    1000 * PATIENCE,
    """async (code, kernel) => {
    const future = kernel.requestExecute({code: '', user_expressions: {it: code}, silent: false, store_history: false});
    const it = (await future.done).content.user_expressions.it;
    return it.status === 'ok' ? it.data['text/plain'] : it.ename + ': ' + it.evalue;
}""",
)

CELLS = """() => {
    const { widgets, activeCellIndex } = window.jupyterapp.shell.currentWidget.content;
    return [widgets.length, activeCellIndex];
}"""


class NotebookPage:
    """One page that shows one notebook at a time."""

    def __init__(self, page: Page, address: str, root: Path, share: Path) -> None:
        self.page = page
        self._root, self._share = root, share
        self._address = address
        self._shown = ""
        self._written = 0
        self.elsewhere: list[str] = []
        page.set_default_timeout(1000 * SOON)
        expect.set_options(timeout=1000 * SOON)
        page.on("request", self._note)
        page.on("websocket", self._note)

    def _note(self, request: Any) -> None:
        own = f"{self._address}/"
        if not request.url.startswith((own, own.replace("http", "ws", 1), "data:", f"blob:{own}")):
            self.elsewhere.append(request.url)

    def open(self, notebook: str, kernel: str = kernels.NEWEST) -> None:
        """Show a notebook, and wait until its kernel can be used."""
        self._stop_kernels()
        self._shown, self._is_forgetful = notebook, kernel == FORGETFUL
        self.open_again()

    def open_again(self, afresh: bool = False) -> None:
        """Show the notebook of before once more: with the kernel that it has, or `afresh` with another."""
        if afresh:
            self._stop_kernels()
        address = f"{self._address}/lab/tree/{self._shown}?token={TOKEN}&reset"
        for patience in (PATIENCE / 3, PATIENCE):  # now and then a page never hears that its kernel is idle
            try:
                self.page.goto(address, timeout=1000 * PATIENCE)
                self.page.locator(".jp-Notebook").wait_for(timeout=1000 * PATIENCE)
                self.page.wait_for_function(READY, timeout=1000 * patience)
                if self._is_forgetful:
                    self.page.evaluate(ASK_ON)
                return
            except PlaywrightTimeout:
                if patience == PATIENCE:
                    raise

    def open_foreign(self) -> None:
        """Show the notebook as if somebody else had sent it: with its outputs, and not trusted."""
        notebook = nbformat.read(self._root / self._shown, as_version=4)
        notebook.metadata["title"] = "from somebody else"  # so that no signature fits
        for cell in notebook.cells:
            cell.metadata.pop("trusted", None)
        nbformat.write(notebook, self._root / f"foreign-{self._shown}")
        self.open(f"foreign-{self._shown}")

    def _stop_kernels(self) -> None:
        """End what earlier notebooks left running: panels whose clocks go on."""
        asked = {"Authorization": f"token {TOKEN}"}
        with urlopen(Request(f"{self._address}/api/sessions", headers=asked), timeout=PATIENCE) as answer:
            sessions = json.load(answer)
        for session in sessions:
            url = f"{self._address}/api/sessions/{session['id']}"
            urlopen(Request(url, headers=asked, method="DELETE"), timeout=PATIENCE).close()

    def write(self, name: str, cells: list[str], kernel: str = kernels.NEWEST) -> None:
        """Make a notebook of these cells for one of `kernels.KERNELS`, and show it."""
        kernels.describe(kernel, self._share)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
        self._written += 1
        file = f"{name}-{self._written}.ipynb"
        nbformat.write(notebook, self._root / file)
        self.open(file, kernel)

    def run_all(self) -> None:
        """Run every cell; an error in one of them is the test's."""
        try:
            assert self.page.evaluate(RUN_ALL)
        except PlaywrightError:
            if not self._is_forgetful:
                raise
            self.open_again(afresh=True)
            assert self.page.evaluate(RUN_ALL)
        errors = self.page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]')
        assert not errors.count(), errors.all_inner_texts()

    def cells(self) -> list[int]:
        """How many cells the notebook has, and which is the active one."""
        found: list[int] = self.page.evaluate(CELLS)
        return found

    def inside(self, expression: str) -> str:
        """What a Python expression is in the kernel, as its repr."""
        shown: str = self.page.evaluate(INSIDE, expression)
        return shown

    def wait_inside(self, expression: str, seconds: float = SOON) -> None:
        """Wait until a Python expression is true in the kernel."""
        deadline = time.monotonic() + seconds
        while (shown := self.inside(expression)) != "True":
            assert time.monotonic() < deadline, f"{expression} is {shown}"
            self.page.wait_for_timeout(50)

    def part(self, name: str) -> Locator:
        """The part of a panel with this name."""
        return self.page.locator(f".sipsim-{name}")


@contextmanager
def notebook_page(root: Path, scratch: Path, size: tuple[int, int] = (1280, 900)) -> Iterator[NotebookPage]:
    """A page of a JupyterLab that serves the folder `root`; `scratch` takes its settings and its log."""
    with served(root, scratch) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        try:
            width, height = size
            shown = browser.new_page(viewport={"width": width, "height": height})
            page = NotebookPage(shown, address, root, scratch / "share")
            yield page
        finally:
            browser.close()


@contextmanager
def served(root: Path, scratch: Path) -> Iterator[str]:
    """The address of a JupyterLab of our own, while it lasts."""
    environment = dict(os.environ, **own_folders(scratch), PYTHONPATH=str(kernels.ROOT))
    environment["JUPYTER_PATH"] = str(scratch / "share")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "ip": "127.0.0.1", "port": port, "port-retries": 0, "IdentityProvider.token": TOKEN, "ServerApp.root_dir": root,
        "LabApp.expose_app_in_browser": True,
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (scratch / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api/status?token={TOKEN}", server, scratch / "server.log")
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def own_folders(scratch: Path) -> dict[str, str]:
    """Environment variables that keep a server away from the settings of whoever runs the tests."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    folders = {name: str(scratch / name.lower()) for name in (*names, "IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
    settings = Path(folders["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}  # else a question covers the page
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    return folders


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(url, timeout=PATIENCE):
                return
        except URLError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.1)
