"""What our own elements send keeps to the rules: the catalogue, on good and on bad networks, and as captures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sipsim
from sipsim.trace.checker.check import check
from sipsim.trace.checker.rule import Finding

NAMES = list(sipsim.catalogue())
NETWORKS: list[dict[str, Any]] = [
    {},
    {"loss": 0.1},
    {"loss": 0.4},
    {"jitter": 0.05, "reorder": 0.3},
    {"duplicate": 0.3, "jitter": 0.02},
    {"loss": 0.3, "jitter": 0.2, "duplicate": 0.2, "reorder": 0.2},
    {"delay": 0.8, "jitter": 0.5, "duplicate": 0.2},
    {"loss": 0.3, "t1": 0.3, "t2": 2.0, "t4": 3.0},
]
SEEDS = range(1, 6)

KNOWN: dict[str, str] = {}
"""True findings about our elements that nobody has mended yet: a rule goes from here as soon as its cause has gone."""


def traces(name: str) -> list[sipsim.Trace]:
    """Runs of a scenario on all networks; one that its story did not survive is as good as any."""
    found = []
    for network in NETWORKS:
        for seed in SEEDS:
            try:
                found.append(sipsim.run(name, seed=seed, **network))
            except sipsim.SipError as error:
                if trace := getattr(error, "trace", None):
                    found.append(trace)
    return found


def judged(trace: sipsim.Trace) -> list[Finding]:
    """The findings but for those that are known, and for what scripted peers do: they send what their story says."""
    scripted = [element["name"] for element in trace.header["elements"] if element["kind"] == "scripted peer"]
    return [found for found in check(trace) if found.rule not in KNOWN and found.element not in scripted]


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_which_rules_it_breaks(name: str) -> None:
    assert {finding.rule for finding in check(sipsim.run(name))} == set(sipsim.catalogue()[name].breaks)


def said(trace: sipsim.Trace, findings: list[Finding]) -> list[str]:
    """Findings as text, with the run that they are from."""
    run = f"{trace.header['scenario']} seed {trace.header['seed']} {trace.header['parameters']}"
    return [f"{run}: {finding}" for finding in findings]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_the_catalogue(name: str) -> None:
    found = [text for trace in traces(name) for text in said(trace, judged(trace))]
    assert not found, "\n".join(found[:10])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_more_is_found_in_a_saved_trace_or_capture(name: str, tmp_path: Path) -> None:
    """What is known of a run is known of its saved trace; a capture knows less, so less can be wrong in it."""
    for number, trace in enumerate(traces(name)[::7]):
        findings = check(trace)
        for suffix in (".jsonl", ".pcap"):
            trace.save(path := tmp_path / f"{number}{suffix}")
            read = check(sipsim.load(path))
            assert {one.rule for one in read} <= {one.rule for one in findings}, said(trace, read)
        trace.save(path := tmp_path / f"{number}.jsonl")
        assert check(sipsim.load(path)) == findings
