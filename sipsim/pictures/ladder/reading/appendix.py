"""What stands below a ladder besides its legend: the messages themselves, and the rules that they break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.pictures.ladder.model import Arrow, Row, Section
from sipsim.pictures.ladder.reading.naming import Naming
from sipsim.trace.values import address_text

if TYPE_CHECKING:
    from sipsim.trace.checker.rule import Finding
    from sipsim.trace.trace import Trace

APPENDICES = ("headers", "messages")
"""How much of each message may stand below the ladder: up to the empty line, or all."""


def appendix(trace: Trace, rows: Iterable[Row], what: str) -> Iterator[Section]:
    """A section for each message, under the number of its arrow; of a repeated one, only which one it repeats."""
    known: dict[bytes, int] = {}
    arrows = [row for row in rows if isinstance(row, Arrow) and row.number and not row.duplicate]
    digits = 6 if any(round(arrow.sent * 1e6) % 1000 for arrow in arrows) else 3
    for arrow in arrows:
        record = trace[arrow.record]
        raw = record.raw
        first = known.setdefault(raw, arrow.number or 0)
        route = " → ".join(map(address_text, record.route))
        title = f"{arrow.number} {arrow.text} from {arrow.source} to {arrow.target} at {arrow.sent:.{digits}f} s"
        title = f"{title} ({arrow.transport}, {route})"
        same = first != arrow.number
        lines = [f"the octets of message {first} again"] if same else _lines(raw, what)
        yield Section(f"a{arrow.number}", title, lines, verbatim=not same)


def _lines(raw: bytes, what: str) -> list[str]:
    if what == "headers":
        raw = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n").rstrip("\n").split("\n")


def flag(rows: Iterable[Row], findings: Iterable[Finding], naming: Naming) -> list[Section]:
    """Put the ids of broken rules on the arrows concerned; what is wrong there, as a section."""
    arrows = [row for row in rows if isinstance(row, Arrow) and not row.duplicate]
    drawn = {arrow.number: arrow for arrow in arrows}
    lines = []
    from sipsim.trace.checker.rule import Finding

    for finding in findings if isinstance(findings, Iterable) else [findings]:
        if not isinstance(finding, Finding):
            raise UsageError(f"findings={finding!r}: True, False, or what `trace.check` gives: trace.check(['CSQ'])")
        concerned = [drawn[number] for number in finding.messages if number in drawn]
        for arrow in concerned:
            arrow.flags = tuple(dict.fromkeys((*arrow.flags, f"{finding.rule} {finding.severity}")))
        if concerned or not finding.messages:
            lines.append(str(replace(finding, element=naming.of(finding.element))))
    return [Section("findings", "Findings", lines or ["none"])]
