"""The ladder as source of a Mermaid sequence diagram, for Markdown that draws such.

    alice->>proxy: 1 INVITE (SDP)        a request; a response has an open head, a copy is dotted, a lost one crossed

Mermaid knows neither times nor slants. Every mark in a text is a numeric entity, which Mermaid replaces last of all.
"""

from __future__ import annotations

import re

from sipsim.pictures.ladder.model import Model
from sipsim.pictures.ladder.writing.quoting import quoted
from sipsim.pictures.ladder.writing.sequence import Pause, Signal, Step, sequence


def write(model: Model, title: str, foot: str) -> str:
    """The source, with a line break at its end."""
    last = len(model.columns)
    lines = ["sequenceDiagram"]
    if title:
        lines += [f"accTitle: {_text(title)}", f"title {_text(title)}"]
    lines += [f"participant p{i} as {_text(column.name)}" for i, column in enumerate(model.columns, 1)]
    lines += [_line(step, last) for step in sequence(model)]
    if last:
        lines.append(f"Note over p1,p{last}: {_text(foot)}")
    return "\n    ".join(lines) + "\n"


def _line(step: Step, last: int) -> str:
    if isinstance(step, Pause):
        return f"Note over p1,p{last}: … {_text(step.text)}"
    if isinstance(step, Signal):
        stroke = "--" if step.again else "-"
        head = "x" if step.lost else ")" if step.response else ">>"
        return f"p{step.source + 1}{stroke}{head}p{step.target + 1}: {_text(step.text)}"
    return f"Note over p{step.first + 1},p{step.last + 1}: {_text(step.text)}"


def _text(text: str) -> str:
    """A text that Mermaid shows as it is; the word `end`, which ends blocks, is taken apart."""
    words = quoted(text, _entity) or _entity(" ")
    return re.sub(r"\bend\b", lambda found: _entity(found[0][0]) + found[0][1:], words, flags=re.IGNORECASE)


def _entity(c: str) -> str:
    return f"#{ord(c)};"
