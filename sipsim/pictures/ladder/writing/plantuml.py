"""The ladder as source of a PlantUML sequence diagram.

    p1 -> p2 : 1 INVITE (SDP)            a request; a response has an open head, a copy is dotted, a lost one crossed

Every mark in a text is written as its code point, `<U+003C>`, which PlantUML replaces after all else.
"""

from __future__ import annotations

from sipsim.pictures.ladder.model import Model
from sipsim.pictures.ladder.writing.quoting import quoted
from sipsim.pictures.ladder.writing.sequence import Pause, Signal, Step, sequence


def write(model: Model, title: str, foot: str) -> str:
    """The source, with a line break at its end."""
    lines = ["@startuml"]
    if title:
        lines.append(f"title {_text(title)}")
    lines.append(f"footer {_text(foot)}")
    lines += [f'participant "{_text(column.name)}" as p{i}' for i, column in enumerate(model.columns, 1)]
    lines += [_line(step) for step in sequence(model)]
    if not model.columns:
        lines += ['participant "no messages" as p0']  # a diagram without participants is an error
    return "\n".join([*lines, "@enduml", ""])


def _line(step: Step) -> str:
    if isinstance(step, Pause):
        return f"... {step.text} ..."
    if isinstance(step, Signal):
        stroke = "--" if step.again else "-"
        head = ">x" if step.lost else ">>" if step.response else ">"
        return f"p{step.source + 1} {stroke}{head} p{step.target + 1} : {_text(step.text)}"
    over = f"p{step.first + 1}" if step.first == step.last else f"p{step.first + 1}, p{step.last + 1}"
    return f"note over {over} : {_text(step.text)}"


def _text(text: str) -> str:
    return quoted(text, _code_point) or _code_point(" ")


def _code_point(c: str) -> str:
    return f"<U+{ord(c):04X}>"
