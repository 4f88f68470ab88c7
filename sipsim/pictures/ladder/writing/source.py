"""Source that another program draws: text, and in a notebook what that makes of it."""

from __future__ import annotations

from typing import Any


class Source(str):
    """The source of a diagram: a `str`, shown by its lines; `mime` is what a notebook may draw it from, "" for none."""

    mime: str

    def __new__(cls, text: str, mime: str = "") -> Source:
        made = super().__new__(cls, text)
        made.mime = mime
        return made

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        kinds = [kind for kind in (self.mime, "text/plain") if kind and (not include or kind in include)]
        return {kind: str(self) for kind in kinds if kind not in (exclude or ())}, {}
