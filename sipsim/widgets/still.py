"""What a page shows of a widget once its kernel is gone: its picture, as an output of its own below the widget's.

A front end that knows widgets looks at nothing else in an output that has one, and where the kernel is gone it has only
an error to show. So the picture is a second output. `HIDDEN` takes it off the page; it is a rule of the widgets' own
style sheets, which a page has only while the widget lives in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
MARK = "sipsim-still"
HIDDEN = (
    ".jp-OutputArea-child:has(.sipsim-player, .sipsim-panel) + "
    f'.jp-OutputArea-child:has(img[src*="{MARK}"], .{MARK}) {{ display: none; }}'
)
SAID = "To be played and clicked where its kernel runs; below it stands as a picture."


def show(made: Mapping[str, Any]) -> Any:
    """Display a bundle of a widget, SVG and text as two outputs; gives the handle of the second, None without one."""
    display: Any = import_module("IPython.display").display
    display({VIEW: made[VIEW], "text/plain": SAID}, raw=True)
    return display(still(made), raw=True, display_id=True)


def still(made: Mapping[str, Any]) -> dict[str, str]:
    """The picture of a bundle, marked so that the rule finds it, and its text."""
    svg = str(made["image/svg+xml"]).replace("<svg ", f'<svg class="{MARK}" ', 1)
    return {"image/svg+xml": svg, "text/plain": str(made["text/plain"])}
