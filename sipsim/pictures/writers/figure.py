"""The matplotlib writer: a display list drawn on Axes, and from there as PNG and PDF.

No pyplot and no global setting: the figure is its own, the font is the DejaVu Sans that matplotlib brings along, and
nothing that a reader's `matplotlibrc` says changes a file. Files hold no date, so that the same matplotlib makes the
same bytes of the same picture. Texts are never read as formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from math import atan2, cos, radians, sin
from pathlib import Path as File
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from sipsim.errors import UsageError
from sipsim.pictures.display import (
    DASHES,
    HEAD,
    THEMES,
    TONES,
    Arrow,
    Box,
    Group,
    Line,
    Picture,
    Point,
    Shape,
    Style,
    Text,
    styles_of,
)
from sipsim.pictures.lettering import advance, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path

HALO = 3.0
DPI = 144.0
INCH = 96.0  # pixels of a display list
POINT = 72.0 / INCH  # a pixel in points
DEJAVU = 0.9  # DejaVu is a big face: so much smaller it is as large as others of its size
LONGEST = 200.0  # inches; readers of PDF show no longer page
PIXELS, SIDE = 150_000_000, 65_000  # of an image: what a machine can be asked for, and what matplotlib draws


def draw(picture: Picture, ax: Axes | None = None, theme: str = "light") -> Axes:
    """The picture on `ax`, as large as that is now, or on Axes of a new figure of the picture's own size.

    The figure isn't known to pyplot; its `savefig` writes it. "auto" is "light" here. UsageError: another theme.
    """
    if theme not in THEMES:
        raise UsageError(f"theme={theme!r}: on paper a theme is one of {', '.join(map(repr, THEMES))}")
    if ax is None:
        ax = _sheet(_figure(picture, 1.0))
    ax.set_xlim(0.0, picture.width)
    ax.set_ylim(picture.height, 0.0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.apply_aspect()
    point = ax.get_window_extent().width / picture.width * 72.0 / ax.figure.dpi
    writer = _Writer(ax, point, theme)
    with _quiet():
        for shape in picture.shapes:
            writer.draw(shape, (0.0, 0.0), 0.0)
    return ax


def png(picture: Picture, dpi: float | None = None, theme: str = "light") -> bytes:
    """The picture as PNG; at 96 dpi a pixel of the display list is one of the image; None: 144, or as many as can be.

    UsageError: a `dpi` below 1, or so high that no program could open the image.
    """
    most = min((PIXELS / (picture.width * picture.height)) ** 0.5, SIDE / max(picture.width, picture.height)) * INCH
    if dpi is None:
        dpi = min(DPI, most)
    if not isinstance(dpi, (int, float)) or not 1.0 <= dpi <= most:
        size = f"{picture.width:.0f} × {picture.height:.0f}"
        raise UsageError(f"dpi={dpi!r}: a picture of {size} pixels can be drawn with 1 to {most:.0f}")
    told = {"Title": visible(picture.title), "Description": visible(picture.description), "Software": "sipsim"}
    return _saved(picture, 1.0, theme, "png", dpi=dpi, metadata=told)


def pdf(picture: Picture, theme: str = "light") -> bytes:
    """The picture as a PDF of one page, its words as text; a picture longer than a page can be is made smaller."""
    scale = min(1.0, LONGEST * INCH / max(picture.width, picture.height))
    told = {"Title": visible(picture.title), "Creator": "sipsim", "Producer": None, "CreationDate": None}
    return _saved(picture, scale, theme, "pdf", metadata=told)


def _saved(picture: Picture, scale: float, theme: str, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    with _own_settings(), _quiet():
        draw(picture, _sheet(figure := _figure(picture, scale)), theme)
        figure.savefig(out, format=kind, **options)
    return out.getvalue()


def _figure(picture: Picture, scale: float) -> Figure:
    """A figure as large as the picture times `scale`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(picture.width * scale / INCH, picture.height * scale / INCH), dpi=INCH)
    FigureCanvasAgg(figure)
    return figure


def _sheet(figure: Figure) -> Axes:
    """Axes that fill a figure."""
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


@contextmanager
def _own_settings() -> Iterator[None]:
    """What a reader's settings would change is as matplotlib has it by default, and fonts in a PDF are fonts.

    Letters are as wide as they were measured: hinting would make small ones wider.
    """
    import matplotlib

    kinds = ("agg.", "path.", "pdf.", "text.", "savefig.", "figure.", "lines.", "patch.", "font.", "axes.")
    defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if name.startswith(kinds)}
    with matplotlib.rc_context({**defaults, "pdf.fonttype": 42, "text.hinting": "none"}):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """No word about characters that the font lacks: they are drawn as boxes."""
    with catch_warnings():
        simplefilter("ignore", UserWarning)
        yield


def _face(style: Style) -> str:
    return f"DejaVuSans{'Mono' * style.fixed}{'-Bold' * style.bold}"


@lru_cache(4)
def _font(face: str) -> FontProperties:
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=File(get_data_path(), "fonts", "ttf", f"{face}.ttf"))


@lru_cache(4096)
def _width(text: str, face: str) -> float:
    """How wide a text is in a face of one pixel."""
    from matplotlib.textpath import text_to_path

    with _quiet():
        width: float = text_to_path.get_text_width_height_descent(text, _sized(face, 100.0), False)[0]
    return width / 100.0


def _sized(face: str, size: float) -> FontProperties:
    font = _font(face).copy()
    font.set_size(size)
    return font


def _size(text: str, style: Style) -> float:
    """The size at which a text takes no more room than its layout gave it; letters of one width all have one size."""
    width = 0.0 if style.fixed else _width(text, _face(style))
    return min(style.size * DEJAVU, advance(text, style.size) / width) if width else style.size * DEJAVU


class _Writer:
    """Shapes to matplotlib's artists; `point` is a pixel of the picture in points."""

    def __init__(self, ax: Axes, point: float, theme: str) -> None:
        self.ax = ax
        self.point = point
        self.dark = theme == "dark"
        self.styles = styles_of(theme)

    def draw(self, shape: Shape, at: Point, angle: float) -> None:
        """A shape in a frame of its own, that begins at `at` and is turned by `angle` degrees."""
        if isinstance(shape, Group):
            for item in shape.items:
                self.draw(item, _moved((shape.x, shape.y), at, angle), angle + shape.angle)
        elif isinstance(shape, Text):
            self.text(shape, at, angle)
        elif isinstance(shape, Arrow):
            self.arrow(shape, at, angle)
        elif isinstance(shape, Box):
            self.box(shape, at, angle)
        else:
            self.line(shape, at, angle)

    def tone(self, name: str) -> str:
        return TONES[name][self.dark] if name else "none"

    def path(self, path: Path, style: Style, dash: str = "") -> None:
        from matplotlib.patches import PathPatch

        if not style.opacity:
            return
        width = style.width or 1.0
        dashes: Any = (0.0, [float(part) / width for part in dash.split()]) if dash else "solid"
        patch = PathPatch(
            path, facecolor=self.tone(style.fill), edgecolor=self.tone(style.stroke),
            linewidth=style.width * self.point, linestyle=dashes, alpha=style.opacity if style.opacity < 1.0 else None,
            fill=bool(style.fill), capstyle="butt", joinstyle="round", zorder=2,
        )  # fmt: skip
        self.ax.add_artist(patch)  # not `add_patch`, which works out the limits of the Axes each time

    def strokes(self, strokes: tuple[tuple[Point, ...], ...], at: Point, angle: float, closed: bool = False) -> Path:
        from matplotlib.path import Path

        parts = [Path([_moved(p, at, angle) for p in (*s, *s[:closed])], closed=closed) for s in strokes]
        return Path.make_compound_path(*parts)

    def line(self, line: Line, at: Point, angle: float) -> None:
        style = self.styles[line.style]
        strokes = tuple(stroke for stroke in line.strokes if stroke)
        if strokes:
            self.path(self.strokes(strokes, at, angle), style._replace(fill=""), style.dash)

    def box(self, box: Box, at: Point, angle: float) -> None:
        from matplotlib.patches import BoxStyle
        from matplotlib.transforms import Affine2D

        radius = min(box.radius, box.width / 2, box.height / 2)
        path = BoxStyle.Round(0.0, radius)(box.x, box.y, box.width, box.height, 1.0)
        self.path(
            path.transformed(Affine2D().rotate_deg(angle).translate(*at)),
            self.styles[box.style],
            self.styles[box.style].dash,
        )

    def arrow(self, arrow: Arrow, at: Point, angle: float) -> None:
        style, turn = self.styles[arrow.style], atan2(arrow.y2 - arrow.y1, arrow.x2 - arrow.x1)
        tip = (arrow.x2, arrow.y2)
        short = HEAD * 0.8 if arrow.head == "filled" else 0.0
        shaft = ((arrow.x1, arrow.y1), (tip[0] - short * cos(turn), tip[1] - short * sin(turn)))
        self.path(self.strokes((shaft,), at, angle), style._replace(fill=""), DASHES if arrow.dashed else style.dash)
        if arrow.head == "none":
            return
        wings = [(tip[0] - HEAD * cos(turn + by), tip[1] - HEAD * sin(turn + by)) for by in (0.42, -0.42)]
        filled = arrow.head == "filled"
        head = self.strokes(((wings[0], tip, wings[1]),), at, angle, closed=filled)
        self.path(head, self.styles[f"head-{arrow.style}"] if filled else style._replace(fill=""))

    def text(self, text: Text, at: Point, angle: float) -> None:
        """A text and its tail, each at its own place, the anchor being that of both."""
        parts = [(text.text, self.styles[text.style])] + ([(text.tail, self.styles["tail"])] if text.tail else [])
        shown = [(visible(words), style, _size(visible(words), style)) for words, style in parts]
        widths = [_width(words, _face(style)) * size for words, style, size in shown]
        whole = sum(widths) + 5.0 * (len(shown) - 1)
        x = text.x - {"start": 0.0, "middle": whole / 2, "end": whole}[text.anchor]
        for (words, style, size), width in zip(shown, widths, strict=True):
            self.words(words, _moved((x, text.y), at, angle), style, size, angle)
            x += width + 5.0

    def words(self, words: str, at: Point, style: Style, size: float, angle: float) -> None:
        if not words.strip():
            return
        if style.halo:
            self.halo(words, at, style, size, angle)
        self.ax.text(
            *at, words, fontproperties=_sized(_face(style), size * self.point), color=self.tone(style.fill),
            rotation=-angle, rotation_mode="anchor", ha="left", va="baseline", parse_math=False, zorder=2,
        )  # fmt: skip

    def halo(self, words: str, at: Point, style: Style, size: float, angle: float) -> None:
        """Paper around the letters, so that lines that they cross don't spoil them."""
        from matplotlib.path import Path
        from matplotlib.textpath import text_to_path
        from matplotlib.transforms import Affine2D

        corners, codes = text_to_path.get_text_path(_font(_face(style)), words, False)
        scale = size / text_to_path.FONT_SCALE
        placed = Affine2D().scale(scale, -scale).rotate_deg(angle).translate(*at)
        self.path(Path(corners, codes).transformed(placed), Style(stroke="paper", fill="paper", width=HALO))


def _moved(point: Point, at: Point, angle: float) -> Point:
    """A point of a frame, in pixels of the picture."""
    x, y = point
    if not angle:
        return at[0] + x, at[1] + y
    c, s = cos(radians(angle)), sin(radians(angle))
    return at[0] + c * x - s * y, at[1] + s * x + c * y
