"""What charts on matplotlib share: axes to draw on, colours, and texts that are shown as they are.

Nothing here needs pyplot, so that nothing is left behind: axes that nobody gave stand on a figure of their own, which
`axes.figure.savefig` writes. Colours of words are the style's own, so that charts fit light and dark styles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.pictures.display import TONES
from sipsim.pictures.lettering import shorten_middle, visible
from sipsim.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 36  # of a name that others chose, in characters
TITLE = 80


def trace_of(source: Any) -> Trace:
    """The trace to draw: as it was given, or that of a lab; `UsageError` for what has none."""
    found = getattr(source, "trace", source)
    if not isinstance(found, Trace):
        raise UsageError(f"trace: {type(source).__name__} has none; give a trace or a lab")
    return found


def axes_for(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes given, or new ones on a figure of so many inches."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def tone(name: str) -> str:
    """The colour of a tone, as on light paper: those that charts use do on dark paper too."""
    return TONES[name][0]


def shown(text: str, longest: int = LONGEST) -> str:
    """A text that others chose, made visible and not too long; draw it with `**PLAIN`."""
    return shorten_middle(visible(text), longest)


PLAIN: dict[str, Any] = {"parse_math": False}
"""Properties of a text that others chose: no dollar in it begins a formula."""
