"""A scenario over real sockets: on every link the same messages in the same order as in simulated time."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from bench_pair import said
from published import FLOWS, differences

import sipsim
from sipsim.cli import main
from sipsim.pictures.ladder.model import Bar
from sipsim.trace.comparison import same_again
from sipsim.trace.trace import Trace

LIVE = [name for name, scenario in sipsim.catalogue().items() if scenario.live]
SPEED, SPEED_OF_PUBLISHED = 10.0, 20.0
SLOW = {"symbian-outbound-proxy": 2.0}
"""Speeds of scenarios in which two do something independently, so that the order keeps on a loaded machine."""
SHORTER = {"register": {"stay": 5.0}, "password": {"stay": 5.0}, "stale-nonce": {"pause": 61.0}}
"""Parameters that keep a run short in real time."""
LATEST = 5.0
"""Seconds of real time that a loaded machine may add to a run."""


def per_link(trace: Trace) -> dict[tuple[str, str], list[str]]:
    """What went from whom to whom, in order; the same once more on a link is a retransmission, and folds."""
    links: dict[tuple[str, str], dict[object, str]] = defaultdict(dict)
    for record in trace.select("sent"):
        links[record.element, record.peer].setdefault(same_again(record.message, record.raw), said(record.message))
    return {link: list(messages.values()) for link, messages in links.items()}


def bars(trace: Trace) -> list[tuple[str, str, str]]:
    """Between whom media flow, and of which kind, as the ladder shows it."""
    found = [row for row in trace.ladder().rows if isinstance(row, Bar)]
    return [(*sorted((bar.source, bar.target)), bar.text.split()[1]) for bar in found]


@pytest.mark.covers("B3")
@pytest.mark.parametrize("name", LIVE)
def test_the_same_messages_on_every_link(name: str) -> None:
    parameters = SHORTER.get(name, {})
    flow = FLOWS.get(name)
    speed = SLOW.get(name, SPEED_OF_PUBLISHED if flow else SPEED)
    memory = sipsim.run(name, **parameters)
    live = sipsim.run(name, network="udp", speed=speed, **parameters)
    assert per_link(live) == per_link(memory)
    assert not flow or (not differences(name, live.compare(flow)) and not live.check())
    assert live.result["ok"]
    for trouble in ("unparsable", "ignored"):
        assert len(live.select(trouble)) == len(memory.select(trouble))
    if not any(element["kind"] in ("scripted peer", "ALG") for element in live.header["elements"]):  # no media records
        assert bars(live) == bars(memory)
    for outcome in ("calls", "answered", "failed"):
        assert live.result[outcome] == memory.result[outcome]
    longer = live.result["duration"] - memory.result["duration"]  # simulated seconds
    assert -3.0 <= longer <= LATEST * speed


@pytest.mark.covers("B3", "O9")
def test_the_command_line_over_sockets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["run", "ozeki", "--seed", "7", "-p", "ring=0.2", "-p", "talk=0.5"]
    files = {network: tmp_path / f"{network}.jsonl" for network in ("memory", "udp")}
    for network, path in files.items():
        assert main([*line, "--network", network, "--save", str(path)]) == 0
        assert "13 200 OK" in capsys.readouterr().out
    memory, live = (sipsim.load(path) for path in files.values())
    assert per_link(live) == per_link(memory) and len(per_link(live)) == 4
    hosts = {element["addresses"][0].rpartition(":")[0] for element in live.header["elements"]}
    assert hosts == {"127.0.0.1"}
