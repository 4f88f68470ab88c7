"""The display list: a picture as lines, arrows, boxes, texts and groups, which any writer can draw.

Coordinates are pixels from the top left corner, y downwards. A shape names its style; what a style looks like, on light
and on dark paper, stands here once. Colours are those of Okabe and Ito, which people with any colour vision can tell
apart, and none of them says anything alone: heads, dashes and words say it too.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]


class Line(NamedTuple):
    """Strokes of one style, each a list of corners."""

    strokes: tuple[tuple[Point, ...], ...]
    style: str


class Arrow(NamedTuple):
    """A line with a head at its second end: `filled` (a request), `open` (a response) or `none`."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str
    head: str = "filled"
    dashed: bool = False


class Box(NamedTuple):
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    style: str
    radius: float = 0.0


class Text(NamedTuple):
    """One line of text with its baseline at y; `anchor` is start, middle or end; `tail` follows, paler."""

    x: float
    y: float
    text: str
    style: str
    anchor: str = "start"
    tail: str = ""


class Group(NamedTuple):
    """Shapes that belong together, moved to x, y and turned by `angle` degrees.

    `name` is the group's id within the picture, `label` what a reader hears.
    """

    items: tuple[Shape, ...]
    name: str = ""
    label: str = ""
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0


Shape: TypeAlias = Line | Arrow | Box | Text | Group


class Picture(NamedTuple):
    """A whole drawing: its size, its name, what it tells in words, and its shapes from back to front."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]


class Style(NamedTuple):
    """How a shape looks: names of tones, widths in pixels, dashes as SVG has them."""

    stroke: str = ""
    fill: str = ""
    width: float = 0.0
    dash: str = ""
    size: float = 0.0
    bold: bool = False
    halo: bool = False
    opacity: float = 1.0
    fixed: bool = False  # letters of one width, blanks as they stand


TONES = {  # name: (on light paper, on dark paper)
    "paper": ("#ffffff", "#14181d"),
    "panel": ("#f4f6f8", "#20262d"),
    "ink": ("#1a2027", "#e8ebee"),
    "black": ("#000000", "#000000"),
    "faint": ("#57616c", "#a3adb8"),
    "rule": ("#b4bcc5", "#5a6570"),
    "lit": ("#ffe9a8", "#4a3a0a"),
    "amber": ("#fff6dd", "#3a3118"),
    "grey": ("#57616c", "#a3adb8"),
    "blue": ("#0072b2", "#56b4e9"),
    "sky": ("#56b4e9", "#56b4e9"),
    "green": ("#009e73", "#009e73"),
    "purple": ("#cc79a7", "#cc79a7"),
    "vermillion": ("#d55e00", "#d55e00"),
    "orange": ("#e69f00", "#e69f00"),
    "brown": ("#8a5f00", "#e69f00"),
    "deep-brown": ("#8a5f00", "#e69f00"),
    "deep-grey": ("#57616c", "#a3adb8"),
    "deep-blue": ("#0072b2", "#56b4e9"),
    "deep-green": ("#007a59", "#009e73"),
    "deep-purple": ("#97507a", "#cc79a7"),
    "deep-vermillion": ("#b04a00", "#e8701a"),
    "deep-orange": ("#8a5f00", "#e69f00"),
}
"""Colours by name; `deep-` ones are dark enough to write with, or to write on in the colour of the paper."""

FAMILIES = {
    "request": "blue", "1xx": "grey", "2xx": "green", "3xx": "purple", "4xx": "vermillion", "5xx": "vermillion",
    "6xx": "vermillion", "unparsable": "vermillion", "isup": "brown",
}  # fmt: skip
"""The tone of each family of messages."""

HUES = {  # styles that tell calls or transactions apart, and their tones
    "hue-0": "blue", "hue-1": "vermillion", "hue-2": "green", "hue-3": "purple", "hue-4": "orange", "hue-5": "grey",
}  # fmt: skip

LINES = FAMILIES | HUES

THEMES = ("auto", "light", "dark", "print")
"""Looks of a picture; on paper "auto" is "light"."""

DASHES = "6 4"
HEAD = 9.5
"""The length of an arrow's head, in pixels."""

WAYS = (("", "ink", 1.4), ("-seen", "ink", 2.6), ("-pale", "rule", 1.2))
"""Lines from state to state: the end of the style's name, tone and width."""

STYLES = {
    "paper": Style(fill="paper"),
    "title": Style(fill="ink", size=16, bold=True),
    "heading": Style(fill="ink", size=12.5, bold=True),
    "octets": Style(fill="ink", size=11, fixed=True),
    "foot": Style(fill="faint", size=11),
    "name": Style(fill="ink", size=13, bold=True),
    "address": Style(fill="faint", size=10),
    "header": Style(stroke="rule", fill="panel", width=1.2),
    "life": Style(stroke="rule", width=1.2),
    "folded": Style(stroke="rule", width=1.2, dash="1.5 4.5"),
    "time": Style(fill="faint", size=10.5),
    "gap": Style(fill="faint", size=10.5),
    "tick": Style(stroke="rule", width=1),
    "hit": Style(stroke="paper", width=24, opacity=0.0),
    "label": Style(fill="ink", size=12.5, halo=True),
    "tail": Style(fill="faint", size=11),
    "why": Style(fill="deep-vermillion", size=10.5, halo=True),
    "cross": Style(stroke="vermillion", width=2.2),
    "badge": Style(stroke="rule", fill="panel", width=1),
    "badge-text": Style(fill="ink", size=8.5, bold=True),
    "number": Style(fill="paper", size=9.5, bold=True),
    "media": Style(fill="sky", opacity=0.16),
    "media-edge": Style(stroke="sky", width=2.5),
    "media-box": Style(stroke="sky", fill="paper", width=1.2),
    "media-text": Style(fill="ink", size=11.5, bold=True),
    "note": Style(stroke="orange", fill="amber", width=1),
    "note-line": Style(stroke="orange", width=1, dash="2 3"),
    "note-text": Style(fill="ink", size=11.5),
    "fault": Style(stroke="vermillion", fill="paper", width=1.6),
    "fault-line": Style(stroke="vermillion", width=1.2, dash="2 3"),
    "fault-text": Style(fill="deep-vermillion", size=11.5, bold=True, halo=True),
    "lane": Style(stroke="rule", width=1, dash="1 3"),
    "api": Style(stroke="ink", width=1.2),
    "head-api": Style(stroke="ink", fill="ink", width=1),
    "api-text": Style(fill="ink", size=10.5, halo=True),
    "flag": Style(stroke="vermillion", fill="paper", width=1.2),
    "flag-text": Style(fill="deep-vermillion", size=9, bold=True),
    "inner-text": Style(fill="faint", size=10, halo=True),
    "transaction": Style(stroke="blue", fill="blue", width=1),
    "transaction-hollow": Style(stroke="blue", fill="paper", width=1),
    "dialog": Style(stroke="green", fill="green", width=1),
    "dialog-hollow": Style(stroke="green", fill="paper", width=1),
    "timer-set": Style(stroke="ink", fill="paper", width=1.2),
    "timer-fired": Style(stroke="ink", fill="orange", width=1.2),
    "timer-stopped": Style(stroke="ink", fill="rule", width=1.2),
    "restart": Style(stroke="green", fill="paper", width=1.6),
    "restart-text": Style(fill="ink", size=11.5, bold=True, halo=True),
    "state": Style(stroke="ink", fill="panel", width=1.4),
    "state-here": Style(stroke="ink", fill="lit", width=2.6),
    "state-pale": Style(stroke="rule", fill="paper", width=1.1),
    "state-name-pale": Style(fill="faint", size=13),
    "state-dot": Style(fill="ink"),
    "state-ring": Style(stroke="ink", fill="paper", width=1.6),
    "route": Style(stroke="rule", fill="panel", width=1.0),
    "route-new": Style(stroke="ink", fill="lit", width=1.6),
    "route-set": Style(stroke="ink", fill="panel", width=1.6),
    "table-cell": Style(fill="ink", size=12.5),
    "route-text": Style(fill="ink", size=11),
    "route-to": Style(fill="ink", size=11, halo=True),
    "state-row": Style(fill="ink", size=11.5),
    "state-row-seen": Style(fill="ink", size=11.5, bold=True),
    "state-row-pale": Style(fill="faint", size=11.5),
    **{f"way{end}": Style(stroke=tone, width=width) for end, tone, width in WAYS},
    **{f"head-way{end}": Style(stroke=tone, fill=tone, width=1) for end, tone, _ in WAYS},
    **{name: Style(stroke=tone, width=1.7) for name, tone in LINES.items()},
    **{f"head-{name}": Style(stroke=tone, fill=tone, width=1) for name, tone in LINES.items()},
    **{f"chip-{name}": Style(fill=f"deep-{tone}") for name, tone in LINES.items()},
}
"""Every style that a layout uses. Words are near black or near white; tones are for strokes and marks."""

SOLID = frozenset(("timer-fired", "transaction", "dialog", "state-dot"))
"""What is black in black and white, besides the heads of arrows; all other shapes are outlines."""


def _printed(name: str, style: Style) -> Style:
    """A style for black ink on white paper: thin lines, and no fills but where they say something."""
    if style.size or name.startswith("head-") or name in SOLID:
        return style._replace(fill="black", stroke="black" if style.stroke else "", width=style.width * 0.6)
    if name in ("paper", "hit"):
        return style._replace(fill="paper" if name == "paper" else "")
    if name == "media":  # its edges are a little thicker than lifelines, so that it needs an outline too
        return Style(stroke="black", width=0.6, dash="1 3")
    width = style.width * 0.6 or 0.6
    return style._replace(stroke="black", fill="paper" if style.fill else "", width=width)


PRINTED = {name: _printed(name, style) for name, style in STYLES.items()}


def styles_of(theme: str) -> dict[str, Style]:
    """Every style as it looks in a theme: "print" has its own, all others share theirs and differ in tones."""
    return PRINTED if theme == "print" else STYLES
