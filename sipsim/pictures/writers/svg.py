"""The SVG writer: a display list becomes one self-contained document.

No script, no link, no foreign object, no font of its own; every text passes `escape`, the one way in. Numbers
have one decimal and ids come from a hash of the content, so that equal ladders are equal bytes and two
ladders on a page don't answer to each other's names.
"""

from __future__ import annotations

from hashlib import sha256
from math import atan2, cos, sin

from sipsim.errors import UsageError
from sipsim.pictures.display import (
    DASHES,
    HEAD,
    STYLES,
    THEMES,
    TONES,
    Arrow,
    Box,
    Group,
    Line,
    Picture,
    Shape,
    Style,
    Text,
    styles_of,
)
from sipsim.pictures.lettering import visible

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif"
FIXED = "ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace"
ID = "\0"  # stands for the picture's id until that is known; no escaped text can hold it

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escape(text: str) -> str:
    """`text` for element content and attribute values; what XML forbids becomes a visible code point."""
    return visible(text).translate(_ENTITIES)


def write(picture: Picture, theme: str = "auto", noun: str = "picture") -> str:
    """The picture as an SVG document; theme "auto" follows the reader's setting, the others do not.

    Its ids begin with the `noun`.

    "light" is for documents, "dark" for dark slides, "print" is black and white: thin lines and no fills.

    UsageError: another theme.
    """
    if theme not in THEMES:
        raise UsageError(f"theme={theme!r}: a theme is one of {', '.join(map(repr, THEMES))}")
    prefix = f"sip-{theme[0]}-"
    writer = _Writer(prefix)
    for shape in picture.shapes:
        writer.draw(shape)
    width, height = _n(picture.width), _n(picture.height)
    document = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{ID}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="{ID}-title {ID}-desc" '
        f'font-family="{FONT}" style="max-width:100%;height:auto">\n'
        f'<title id="{ID}-title">{escape(picture.title)}</title>\n'
        f'<desc id="{ID}-desc">{escape(picture.description)}</desc>\n'
        f"<style>{_sheet(theme, prefix, writer.used)}</style>\n{''.join(writer.out)}</svg>\n"
    )
    return document.replace(ID, f"{noun}-{sha256(document.encode()).hexdigest()[:12]}")


def _n(number: float) -> str:
    """A coordinate with one decimal, none where it is whole."""
    return f"{number:.1f}".removesuffix(".0")


def _sheet(theme: str, prefix: str, used: set[str]) -> str:
    """The rules of the styles in use; in theme "auto" the dark tones follow for readers who ask for them."""
    styles = [(f".{prefix}{name}", style) for name, style in styles_of(theme).items() if name in used]
    rules = "".join(f"{name}{{{_shape_rule(style)}{_tones(style, theme == 'dark')}}}" for name, style in styles)
    if theme != "auto":
        return rules
    dark = "".join(f"{name}{{{_tones(style, True)}}}" for name, style in styles)
    return f"{rules}\n@media (prefers-color-scheme:dark){{{dark}}}"


def _tones(style: Style, dark: bool) -> str:
    fill = TONES[style.fill][dark] if style.fill else "none"
    stroke = f"stroke:{TONES[style.stroke or 'paper'][dark]}" if style.stroke or style.halo else ""
    return f"fill:{fill};{stroke}"


def _shape_rule(style: Style) -> str:
    parts = [f"stroke-width:{style.width:g};stroke-linejoin:round"] if style.stroke else []
    parts += [f"stroke-dasharray:{style.dash}"] if style.dash else []
    parts += [f"font-size:{style.size:g}px"] if style.size else []
    parts += ["font-weight:600"] if style.bold else []
    parts += [f"font-family:{FIXED};white-space:pre"] if style.fixed else []
    parts += ["paint-order:stroke;stroke-width:3;stroke-linejoin:round"] if style.halo else []
    parts += [f"opacity:{style.opacity:g}"] if style.opacity < 1.0 else []
    return "".join(f"{part};" for part in parts)


class _Writer:
    """Shapes to markup; keeps the names of the styles it met."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.used: set[str] = set()
        self.out: list[str] = []

    def draw(self, shape: Shape) -> None:
        if isinstance(shape, Group):
            self.group(shape)
        elif isinstance(shape, Text):
            self.text(shape)
        elif isinstance(shape, Arrow):
            self.arrow(shape)
        elif isinstance(shape, Box):
            self.box(shape)
        else:
            self.line(shape)

    def style(self, name: str) -> str:
        self.used.add(name)
        return f'class="{self.prefix}{name}"'

    def group(self, group: Group) -> None:
        name = f' id="{ID}-{group.name}"' if group.name else ""
        turn = f" rotate({_n(group.angle)})" if _n(group.angle) not in ("0", "-0") else ""
        moved = f' transform="translate({_n(group.x)} {_n(group.y)}){turn}"' if group.x or group.y or turn else ""
        self.out.append(f"<g{name}{moved}>{f'<title>{escape(group.label)}</title>' if group.label else ''}\n")
        for item in group.items:
            self.draw(item)
        self.out.append("</g>\n")

    def text(self, text: Text) -> None:
        anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
        tail = f'<tspan dx="5" {self.style("tail")}>{escape(text.tail)}</tspan>' if text.tail else ""
        at = f'x="{_n(text.x)}" y="{_n(text.y)}"'
        self.out.append(f"<text {at}{anchor} {self.style(text.style)}>{escape(text.text)}{tail}</text>\n")

    def box(self, box: Box) -> None:
        size = f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'
        radius = f' rx="{_n(box.radius)}"' if box.radius else ""
        self.out.append(f"<rect {size}{radius} {self.style(box.style)}/>\n")

    def line(self, line: Line) -> None:
        strokes = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in stroke) for stroke in line.strokes)
        self.out.append(f'<path d="{strokes}" {self.style(line.style)}/>\n')

    def arrow(self, arrow: Arrow) -> None:
        angle = atan2(arrow.y2 - arrow.y1, arrow.x2 - arrow.x1)
        short = HEAD * 0.8 if arrow.head == "filled" else 0.0
        x, y = arrow.x2 - short * cos(angle), arrow.y2 - short * sin(angle)
        dashes = f' stroke-dasharray="{DASHES}"' if arrow.dashed else ""
        path = f"M{_n(arrow.x1)} {_n(arrow.y1)}L{_n(x)} {_n(y)}"
        self.out.append(f'<path d="{path}"{dashes} {self.style(arrow.style)}/>\n')
        if arrow.head != "none":
            self.head(arrow, angle)

    def head(self, arrow: Arrow, angle: float) -> None:
        (ax, ay), (bx, by) = (
            (arrow.x2 - HEAD * cos(angle + turn), arrow.y2 - HEAD * sin(angle + turn)) for turn in (0.42, -0.42)
        )
        filled = arrow.head == "filled"
        path = f"M{_n(ax)} {_n(ay)}L{_n(arrow.x2)} {_n(arrow.y2)}L{_n(bx)} {_n(by)}{'Z' if filled else ''}"
        self.out.append(f'<path d="{path}" {self.style(f"head-{arrow.style}" if filled else arrow.style)}/>\n')


def pieces(picture: Picture, prefix: str) -> list[tuple[str, str]]:
    """The shapes one by one, each with a key that it keeps when a later drawing has it too, for those who move them.

    A group's key is its name, which it has as `data-key` in place of an id; the other shapes are counted by kind.
    """
    counts: dict[str, int] = {}
    found = []
    for shape in picture.shapes:
        writer = _Writer(prefix)
        writer.draw(shape)
        kind = shape.name if isinstance(shape, Group) and shape.name else type(shape).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        key = kind if isinstance(shape, Group) and counts[kind] == 1 and shape.name else f"{kind}.{counts[kind]}"
        found.append((key, "".join(writer.out).replace(f' id="{ID}-', ' data-key="')))
    return found


def toned_sheet(prefix: str) -> str:
    """The rules of every style, in tones that are CSS variables (`--prefix-ink`): whoever shows pieces sets them."""
    rules = []
    for name, style in STYLES.items():
        fill = f"var(--{prefix}{style.fill})" if style.fill else "none"
        stroke = f"stroke:var(--{prefix}{style.stroke or 'paper'})" if style.stroke or style.halo else ""
        rules.append(f".{prefix}{name}{{{_shape_rule(style)}fill:{fill};{stroke}}}")
    return "\n".join(rules)
