"""The tab "Python": every click as the line that does the same, and all of them as a script to be copied."""

from __future__ import annotations

from typing import Any

from sipsim.widgets.clicks import Clicks
from sipsim.widgets.parts import box, copier, html, put


class Log:
    """The list of clicks; the button copies the whole script."""

    def __init__(self, clicks: Clicks) -> None:
        self._clicks = clicks
        self.copy: Any = copier("log.copy", "Copy as a script", "all clicks as Python, with their times")
        hint = html("<p>On a fresh lab with the same elements and seed, the script (also <code>panel.script</code>) "
                    "does the same at the same times.</p>", "log.hint")  # fmt: skip
        self.widget = box((box((self.copy, hint), "row"), clicks.list), "log")
        self.widget.add_class("sipsim-page")

    def show(self) -> None:
        """Show the clicks that there are now."""
        self._clicks.show()
        put(self.copy, "text" if self.copy.has_trait("text") else "value", self._clicks.script)
