"""The tab "Message": one message, line by line and in words, and why it was sent."""

from __future__ import annotations

from typing import Any

from sipsim.lab.lab import Lab
from sipsim.teaching.explain import explain
from sipsim.trace.record import Record
from sipsim.trace.sentences import printable
from sipsim.widgets.octets import written
from sipsim.widgets.parts import box, button, choice, escape, html, offer, put

OFFERED = 200
"""The last so many messages can be chosen; `lab.trace.message(n)` has them all."""
LONGEST = 400
"""Characters of a header field that are shown."""
MOST_OCTETS = 4000
"""Octets of a body that are shown."""


class Inspector:
    """A choice among the messages; it stays where it is, and follows the newest only from the newest."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._numbers: list[int] = []
        self._labels: dict[int, str] = {}
        self._told = 0
        self.which = choice([("no message yet", 0)], "message.which", "which message")
        self.earlier = button("Earlier", "message.earlier", "the message before")
        self.later = button("Later", "message.later", "the message after")
        self.text = html("", "message.text")
        self.which.observe(lambda _: self._tell(), "value")
        self.earlier.on_click(lambda _: self._move(-1))
        self.later.on_click(lambda _: self._move(+1))
        self.widget = box((box((self.earlier, self.later, self.which), "row"), self.text), "message")
        self.widget.add_class("sipsim-page")

    def choose(self, number: int) -> None:
        """Show the message with this number on its arrow."""
        if number in self._numbers:
            self.which.value = number

    def follow(self, record: Record | None) -> None:
        """Show the message that was selected on the ladder."""
        if record is not None and record.number is not None:
            self.show()
            self.choose(record.number)

    def show(self) -> None:
        """Offer the messages that there are now."""
        count = len(self._lab.trace.columns.sent)
        numbers = list(range(max(1, count - OFFERED + 1), count + 1))
        if numbers != self._numbers:
            newest = not self._numbers or self.which.value == self._numbers[-1]
            self._numbers = numbers
            offer(self.which, [(self._label(number), number) for number in numbers])
            if newest:
                self.which.value = numbers[-1]
        self._tell()

    def _label(self, number: int) -> str:
        label = self._labels.get(number)
        if label is None:
            label = self._labels[number] = str(self._lab.trace.message(number))
        return label

    def _move(self, by: int) -> None:
        if self.which.value in self._numbers:
            at = self._numbers.index(self.which.value) + by
            self.which.value = self._numbers[min(max(at, 0), len(self._numbers) - 1)]

    def _tell(self) -> None:
        number = self.which.value
        if number and number != self._told:
            self._told = number
            put(self.text, "value", as_html(explain(self._lab.trace, number)[0], self._lab.trace.message(number).raw))


def as_html(about: dict[str, Any], raw: bytes) -> str:
    """A message with a word about each line; whatever came off the wire is escaped."""
    if about["start_line"] is None:
        return f"<p>{escape(about['meaning'])}</p>{block(raw)}"
    first = f"<p><code><b>{said(about['start_line'])}</b></code><br><span>{escape(about['meaning'])}</span></p>"
    rows = "".join(
        f"<tr><th scope='row'>{said(line['name'])}</th><td><code>{said(line['value'])}</code></td>"
        f"<td><span>{escape(line['meaning'])} ({escape(line['rfc'])})</span></td></tr>"
        for line in about["lines"]
    )
    body = raw.partition(b"\r\n\r\n")[2]
    shown = block(body) if body else ""
    why = "".join(f"<li>{said(step)}</li>" for step in about["why"])
    return f"{first}<table>{rows}</table>{shown}<ul>{why}</ul>"


def block(data: bytes) -> str:
    """Octets in their lines, as many as fit."""
    lines = written(data[:MOST_OCTETS]).split("\n")
    return "<pre>" + "\n".join(map(escape, lines)) + "</pre>"


def said(text: str) -> str:
    """A text of the wire, as much of it as fits, with nothing in it that does anything."""
    return escape(printable(text if len(text) <= LONGEST else f"{text[:LONGEST]}…"))
