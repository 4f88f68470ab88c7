"""Whether sipsim's own elements kept to the RFCs in a test: the rule checker, run over the trace of every lab.

A test that has an element break a rule on purpose says so, `@pytest.mark.breaks("CSQ-02")`; then exactly the rules
that it names are broken, no others and no fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def broken_in(lab: Any) -> list[Any]:
    """The checker's findings about the elements of a lab; what scripts and bare addresses send is not theirs."""
    if not lab.trace.columns.sent:
        return []
    judged = {name for name, element in lab.elements.items() if element.kind != "scripted peer"}
    return [finding for finding in lab.trace.check() if finding.element in judged]


def complaints(labs: Iterable[Any], announced: Iterable[str]) -> list[str]:
    """What is wrong with the labs of a test, given the rules that it says it breaks; each finding once."""
    found = [finding for lab in labs for finding in broken_in(lab)]
    kept = set(announced) - {finding.rule for finding in found}
    wrong = dict.fromkeys(str(finding) for finding in found if finding.rule not in announced)
    return [*wrong, *(f"{rule} is marked as broken, and nothing breaks it" for rule in sorted(kept))]
