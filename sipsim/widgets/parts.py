"""The parts that a panel is put together from: plain ipywidgets with labels in words and names that a test can find.

ipywidgets comes with the extra `jupyter`; whoever has not installed it is told so here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.writers.svg import escape

try:
    import ipywidgets
except ImportError:
    raise UsageError("panel(): ipywidgets is not installed; pip install sipsim[jupyter] brings it") from None

__all__ = ["box", "button", "choice", "escape", "html", "named", "offer", "put"]


def named(part: Any, name: str) -> Any:
    """Give a part a name in the page: "alice.register" becomes the CSS class `sipsim-alice-register`."""
    part.add_class("sipsim-" + re.sub(r"\W+", "-", name))
    return part


def button(label: str, name: str, tip: str = "") -> Any:
    """A button; `tip` is shown while the mouse rests on it."""
    made = ipywidgets.Button(description=label, tooltip=tip or label, layout=ipywidgets.Layout(width="auto"))
    return named(made, name)


def choice(options: Iterable[tuple[str, Any]], name: str, tip: str = "") -> Any:
    """A drop-down list of (text, value)."""
    made = ipywidgets.Dropdown(options=list(options), tooltip=tip, layout=ipywidgets.Layout(width="auto"))
    return named(made, name)


def offer(made: Any, options: Iterable[tuple[str, Any]]) -> None:
    """Change the options of a choice; what was chosen stays so if it is still there, else it is the first one."""
    wanted = tuple(options)
    if made.options != wanted:
        chosen = made.value
        made.options = wanted
        made.value = chosen if chosen in [value for _, value in wanted] else wanted[0][1]


def html(markup: str, name: str) -> Any:
    """A piece of HTML; whoever writes it has passed through `escape` what came off the wire or from a user."""
    return named(ipywidgets.HTML(markup), name)


def box(parts: Iterable[Any], name: str) -> Any:
    """Parts side by side, or below each other: the style sheet says which, by the name."""
    return named(ipywidgets.Box(list(parts)), name)


def put(part: Any, trait: str, value: Any) -> None:
    """Set a trait where it differs: what stays as it is crosses no wire."""
    if getattr(part, trait) != value:
        setattr(part, trait, value)
