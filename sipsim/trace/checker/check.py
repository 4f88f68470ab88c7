"""All rules, run over one trace."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.errors import UsageError
from sipsim.trace.checker import (
    ack,
    cancel,
    cseq,
    dialogs,
    digest,
    forks,
    proxies,
    registration,
    repetition,
    routes,
    syntax,
    tags,
    via,
)
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import Finding, Rule
from sipsim.trace.trace import Trace

CHAPTERS = (syntax, via, tags, cseq, ack, cancel, repetition, dialogs, routes, proxies, forks, registration, digest)

RULES = {rule.id: rule for chapter in CHAPTERS for rule in vars(chapter).values() if isinstance(rule, Rule)}
"""Every rule by its id, chapter by chapter."""


def check(trace: Trace, rules: Iterable[str] | None = None, tolerance: float | None = None) -> list[Finding]:
    """What in a trace breaks the RFCs, in the order of messages; an empty list where nothing does.

    `rules` limits the search to these ids ("VIA-02") or groups of them ("VIA"); a `UsageError` lists what there is.
    `tolerance` is the number of seconds by which instants may be off; without it none in a simulated run, and 50 ms or
    10 % of the interval in a capture or a live run, whichever is more. A trace at level "counters" or "off" has no
    messages to judge.
    """
    if tolerance is not None and not tolerance >= 0:
        raise UsageError(f"tolerance={tolerance!r}: a number of seconds, 0 or more, is needed")
    chosen = list(RULES.values()) if rules is None else _chosen(rules)
    index = Index(trace, tolerance)
    found = {finding for rule in chosen for finding in rule.findings(index)}
    return sorted(found, key=lambda finding: (finding.messages, finding.rule, finding.text, finding.element))


def _chosen(names: Iterable[str]) -> list[Rule]:
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if not any(name in (id, id.partition("-")[0]) for id in RULES):
            raise UsageError(f"rules: {name!r} is neither a rule nor a group of rules; there are {', '.join(RULES)}")
    return [rule for id, rule in RULES.items() if id in wanted or id.partition("-")[0] in wanted]
