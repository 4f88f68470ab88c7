"""A drawing: what all pictures made of a display list can do, whatever they show.

A notebook shows its SVG, a terminal its text, matplotlib draws it on Axes, and `save` writes files, by the suffix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

from sipsim.pictures.display import Picture
from sipsim.pictures.formats import Format, format_of
from sipsim.pictures.writers import figure, svg
from sipsim.trace.saving import write

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Drawing(ABC):
    """A picture with a text beside it; `str()` is the text, a notebook shows the SVG."""

    noun = "picture"
    """What messages call it."""

    formats: ClassVar[dict[str, Format]] = {
        ".svg": Format("to_svg", ("theme",)),
        ".png": Format("to_png", ("dpi", "theme")),
        ".pdf": Format("to_pdf", ("theme",)),
        ".txt": Format("to_text"),
    }
    """The files that `save` writes."""

    @abstractmethod
    def picture(self) -> Picture:
        """The drawing as a display list, which any writer can draw."""

    @abstractmethod
    def to_text(self) -> str:
        """The drawing in characters."""

    def to_svg(self, theme: str = "auto") -> str:
        """The drawing as an SVG document.

        `theme` is "auto" (light or dark, as the reader has it), "light", "dark" or "print" (black and white, thin, no
        fills). UsageError: another.
        """
        return svg.write(self.picture(), theme, self.noun.replace(" ", "-"))

    def to_png(self, dpi: float | None = None, theme: str = "light") -> bytes:
        """The drawing as a PNG image; 96 `dpi` are the size that an SVG has on a screen, 144 the usual.

        The same bytes with the same matplotlib. UsageError: an unknown theme, a `dpi` too high.
        """
        return figure.png(self.picture(), dpi, theme)

    def to_pdf(self, theme: str = "light") -> bytes:
        """The drawing as a PDF of one page, with text that can be searched; the same bytes with the same matplotlib.

        UsageError: an unknown theme.
        """
        return figure.pdf(self.picture(), theme)

    def draw(self, ax: Axes | None = None, theme: str = "light") -> Axes:
        """Draw with matplotlib, on `ax` as large as it is now, or on Axes of a new figure; returns the Axes.

        UsageError: an unknown theme.
        """
        return figure.draw(self.picture(), ax, theme)

    def save(self, path: str | PathLike[str], **options: Any) -> None:
        """Write the drawing to a file, whole or not at all, by the suffix of `path`.

        Options are those of the method that makes the format: `save("call.png", dpi=300)`. UsageError: a suffix that
        isn't known (the error names all), an option that its format doesn't take, a path that can't be written.
        """
        write(path, self.rendered(path, **options))

    def rendered(self, path: str | PathLike[str], **options: Any) -> bytes:
        """What `save` would write to `path`."""
        form = format_of(self.formats, path, self.noun, options)
        data: str | bytes = getattr(self, form.method)(**options)
        return data if isinstance(data, bytes) else f"{data.removesuffix(chr(10))}\n".encode()

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """What a notebook shows: the SVG; the text where that isn't trusted."""
        forms: dict[str, Callable[[], str]] = {"image/svg+xml": self.to_svg, "text/plain": self.to_text}
        wanted = [kind for kind in forms if (not include or kind in include) and kind not in (exclude or ())]
        return {kind: forms[kind]() for kind in wanted}, {}
