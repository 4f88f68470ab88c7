"""All rules, run over one trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sipsim.errors import UsageError
from sipsim.protocol.digest import check_account
from sipsim.trace.checker import (
    ack,
    cancel,
    cseq,
    dialogs,
    digest,
    events,
    extensions,
    forks,
    methods,
    offers,
    proxies,
    registration,
    repetition,
    routes,
    session_timers,
    syntax,
    tags,
    via,
)
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import UNSEEN, Finding, Rule
from sipsim.trace.trace import Trace

CHAPTERS = (
    syntax, via, tags, cseq, ack, cancel, repetition, dialogs, routes, proxies, forks, registration, digest, offers,
    extensions, session_timers, methods, events,
)  # fmt: skip

RULES = {rule.id: rule for chapter in CHAPTERS for rule in vars(chapter).values() if isinstance(rule, Rule)}
"""Every rule by its id, chapter by chapter."""

HIDING = frozenset(("TCP", "tunnel", "damaged", "incomplete fragments", "cut short"))
"""What may hide SIP of all that a capture's `header["skipped"]` counts."""


def check(
    trace: Trace,
    rules: Iterable[str] | None = None,
    tolerance: float | None = None,
    passwords: Mapping[str, str] | None = None,
) -> list[Finding]:
    """What in a trace breaks the RFCs, in the order of messages; an empty list where nothing does.

    `rules` limits the search to these ids ("VIA-02") or groups of them ("VIA"); a `UsageError` lists what there is.
    `tolerance` is the number of seconds by which instants may be off; without it none in a simulated run, and 50 ms or
    10 % of the interval in a capture or a live run, whichever is more. With `passwords` by user name, digests are made
    again and compared (RFC 3261 §22.4). What of a capture or a file could not be read
    is a finding of severity "UNSEEN"; a trace at level "counters" or "off" has no messages, and is a `UsageError`.
    """
    if tolerance is not None and not tolerance >= 0:
        raise UsageError(f"tolerance={tolerance!r}: a number of seconds, 0 or more, is needed")
    if passwords is not None and not isinstance(passwords, Mapping):
        raise UsageError(f"passwords: {type(passwords).__name__} will not do; give passwords by user name")
    for username, password in (passwords or {}).items():
        check_account(username, password)
    if (level := trace.header.get("level")) in ("counters", "off"):
        raise UsageError(
            f"level={level!r}: this trace kept no messages to judge; record it with level 'messages' or 'all'"
        )
    chosen = list(RULES.values()) if rules is None else _chosen(rules)
    index = Index(trace, tolerance, passwords)
    found = {finding for rule in chosen for finding in rule.findings(index)}
    found.update(_unseen(trace.header.get("skipped")))
    return sorted(found, key=lambda finding: (finding.messages, finding.rule, finding.text, finding.element))


def _unseen(skipped: object) -> Iterator[Finding]:
    """What of a capture or a cut file was left out and may have been SIP."""
    for reason, count in skipped.items() if isinstance(skipped, dict) else ():
        if reason in HIDING:
            text = f"{count} skipped: {reason}; rules may be broken there"
            yield Finding(UNSEEN, UNSEEN, "", text, (), "")


def _chosen(names: Iterable[str]) -> list[Rule]:
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if not any(name in (id, id.partition("-")[0]) for id in RULES):
            raise UsageError(f"rules: {name!r} is neither a rule nor a group of rules; there are {', '.join(RULES)}")
    return [rule for id, rule in RULES.items() if id in wanted or id.partition("-")[0] in wanted]
