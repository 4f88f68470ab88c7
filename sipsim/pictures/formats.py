"""Formats: which files a drawing can be saved as, by suffix, and the options that each takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from sipsim.errors import UsageError


class Format(NamedTuple):
    """The method that makes a file, and the keyword options that it takes."""

    method: str
    options: tuple[str, ...] = ()


def format_of(formats: Mapping[str, Format], path: str | PathLike[str], noun: str, options: Iterable[str]) -> Format:
    """The format that the suffix of `path` names.

    UsageError: a suffix that isn't there, which names those that are, or an option that the format doesn't take.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        raise UsageError(f"path={str(path)!r}: a {noun} is saved as {', '.join(formats)}, by the suffix")
    form = formats[suffix]
    for name in options:
        if name not in form.options:
            raise UsageError(f"{name}: no option of {suffix}, which takes {', '.join(form.options) or 'none'}")
    return form
