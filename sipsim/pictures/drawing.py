"""A drawing: what all pictures made of a display list can do, whatever they show.

A notebook shows its SVG, a terminal its text, and `save` writes either, by the suffix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.display import Picture
from sipsim.pictures.writers import svg
from sipsim.trace.saving import write


class Drawing(ABC):
    """A picture with a text beside it; `str()` is the text, a notebook shows the SVG."""

    noun = "picture"
    """What messages call it."""

    @abstractmethod
    def picture(self) -> Picture:
        """The drawing as a display list, which any writer can draw."""

    @abstractmethod
    def to_text(self) -> str:
        """The drawing in characters."""

    def to_svg(self, theme: str = "auto") -> str:
        """The drawing as an SVG document.

        `theme` is "auto" (light or dark, as the reader has it), "light" (for documents) or "dark". UsageError: another.
        """
        return svg.write(self.picture(), theme)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing to a file, whole or not at all: .svg or .txt, by the suffix of `path`.

        UsageError: another suffix, or a path that can't be written.
        """
        writer = _WRITERS.get(Path(path).suffix.lower())
        if writer is None:
            raise UsageError(f"path={str(path)!r}: a {self.noun} is saved as {', '.join(_WRITERS)}, by the suffix")
        write(path, writer(self).encode("utf-8"))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """What a notebook shows: the SVG; the text where that isn't trusted."""
        forms: dict[str, Callable[[], str]] = {"image/svg+xml": self.to_svg, "text/plain": self.to_text}
        wanted = [kind for kind in forms if (not include or kind in include) and kind not in (exclude or ())]
        return {kind: forms[kind]() for kind in wanted}, {}


_WRITERS: dict[str, Callable[[Drawing], str]] = {
    ".svg": lambda drawing: drawing.to_svg(),
    ".txt": lambda drawing: drawing.to_text() + "\n",
}
