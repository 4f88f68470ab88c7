"""The scenarios about registering come out as they say."""

from __future__ import annotations

import pytest
from bench_pair import wire

from sipsim import run


@pytest.mark.covers("P14")
def test_only_the_phone_that_stayed_rings() -> None:
    trace = run("two-phones")
    invited = [line for line in wire(trace, "proxy") if line.split()[1] == "INVITE"]
    assert invited == ["proxy>bob-mobile INVITE"] and trace.result["bindings"] == 1


@pytest.mark.covers("P19")
def test_bindings_are_asked_for_and_removed() -> None:
    result = run("bindings", phones=3).result
    assert len(result["before"]) == 4 and result["before"][-1].startswith("<mailto:bob@example.com>;q=0.1")
    assert result["after"] == 0


@pytest.mark.parametrize(
    ("parameters", "registers", "absent"),
    [
        ({"rule": "symbian"}, 5, 0),
        ({"rule": "android"}, 8, 0),
        ({"rule": "never"}, 1, 3 * 3600 + 1),
        ({"rule": "symbian", "crash": 100.0}, 5, 2900),
        ({"rule": "android", "crash": 100.0}, 8, 1700),
    ],
)
def test_rules_of_refreshing_cost_messages_or_reachability(
    parameters: dict[str, object], registers: int, absent: float
) -> None:
    """The rule that refreshes more often is back sooner when the registrar has forgotten everybody."""
    result = run("refresh", **parameters).result
    assert result["registers"] == registers and abs(result["absent"] - absent) <= 1
