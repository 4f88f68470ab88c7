"""SIPp, a test tool that others wrote, calls and is called over real sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from bench_pair import said, wire
from beside import DEADLINE, HOST, free_port, going, listening, program_beside
from peers import needs
from with_sipp import at_rest, complaints, sipp

import sipsim

CALLS = 200
MESSAGES = 13
"""How many messages a call through one proxy has, from INVITE to the 200 for BYE."""

pytestmark = [needs("sipp"), pytest.mark.covers("B3")]


@pytest.fixture
def lab():
    with sipsim.Lab(network="udp") as lab:
        yield lab


def test_sipp_places_200_calls_through_a_live_proxy(lab: sipsim.Lab, tmp_path: Path) -> None:
    proxy = lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    proxy.location.add("sip:bob@example.com", bob.contact_uri)

    async def calls() -> None:
        caller = sipp(proxy.address, "-s", "bob", "-r", 100, "-d", 100, scenario="call", calls=CALLS)
        async with going(lab), program_beside("sipp", *caller, cwd=tmp_path) as process:
            assert await process.end() == 0, process.output[-2000:] + complaints(tmp_path)

    asyncio.run(calls())
    trace = lab.trace
    to_caller = {(said(r.message), r.message.call_id) for r in trace.select("sent", "proxy") if r.peer != "bob"}
    ended = Counter(what for what, _ in to_caller)
    assert ended["200 INVITE"] == ended["200 BYE"] == CALLS
    repeated = len(trace.select("sent")) - MESSAGES * CALLS
    assert 0 <= repeated <= MESSAGES * CALLS // 10  # none on an idle machine, and no storm on a busy one
    assert len(trace.select("ignored")) <= repeated
    assert not trace.select("lost") and not trace.select("unparsable") and not trace.select("error")
    assert not bob.calls and not bob.dialogs
    assert at_rest(lab)


@pytest.mark.parametrize("through_proxy", [False, True], ids=["directly", "through a proxy"])
def test_sipp_answers_a_call(lab: sipsim.Lab, through_proxy: bool, tmp_path: Path) -> None:
    port = free_port()
    contact = f"sip:service@{HOST}:{port}"
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    proxy.location.add("sip:service@example.com", sipsim.Uri.parse(contact))

    def story(lab: sipsim.Lab):
        call = alice.call("sip:service@example.com" if through_proxy else contact)
        yield call.answered
        assert call.stream.codec == "PCMU"
        yield lab.env.timeout(0.1)
        ending = yield call.hang_up()
        assert ending == ("alice", "BYE")

    async def call() -> None:
        answerer = sipp(scenario="answer", calls=1, port=port)
        async with program_beside("sipp", *answerer, cwd=tmp_path) as process:
            await listening(port)
            await asyncio.wait_for(lab.start(story).outcome(), DEADLINE)
            assert await process.end() == 0, process.output[-2000:] + complaints(tmp_path)

    asyncio.run(call())
    assert lab.trace.result["answered"] == 1 and not lab.trace.result["retransmissions"]
    sent = wire(lab.trace)
    assert len(sent) == (13 if through_proxy else 6)
    assert ("proxy" in "".join(sent)) == through_proxy
    assert at_rest(lab)
