"""Kamailio, a server that others wrote, serves two of our phones; sipsak asks one of them what it can do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_pair import wire
from beside import DATA, DEADLINE, HOST, free_port, going, listening, program_beside
from peers import needs

import sipsim

pytestmark = pytest.mark.covers("B3")


@pytest.fixture
def lab() -> Iterator[sipsim.Lab]:
    with sipsim.Lab(network="udp") as lab:
        yield lab


@needs("sipsak")
def test_sipsak_asks_a_phone_what_it_can_do(lab: sipsim.Lab, tmp_path: Path) -> None:
    bob = lab.user_agent("sip:bob@example.com")

    async def ask() -> str:
        where = ("-p", bob.address, "-s", "sip:bob@example.com")
        async with going(lab), program_beside("sipsak", "-vv", *where, cwd=tmp_path) as sipsak:
            assert await sipsak.end() == 0, sipsak.output
            return sipsak.output

    said = asyncio.run(ask())
    assert "SIP/2.0 200 OK" in said and "Allow: INVITE, ACK" in said
    assert [r.message.method for r in lab.trace.select("delivered", "bob")] == ["OPTIONS"]
    assert len(wire(lab.trace)) == 2


@needs("kamailio")
def test_phones_register_at_kamailio_and_call_through_it(lab: sipsim.Lab, tmp_path: Path) -> None:
    port = free_port()
    alice, bob = (lab.user_agent(f"sip:{user}@{HOST}:{port}", answers=0.1) for user in ("alice", "bob"))

    def story(lab: sipsim.Lab):
        for phone in (alice, bob):
            registration = yield phone.register(3600)
            assert registration.expires == 1800  # as much as this registrar grants
        call = alice.call(bob.uri)
        yield call.answered
        assert call.stream.codec == "PCMU"
        yield call.hang_up()
        yield bob.unregister()
        try:
            yield alice.call(bob.uri).answered
        except sipsim.CallFailed as failure:
            return {"then": failure.status}

    async def serve_and_call() -> sipsim.Trace:
        options = ("-DD", "-E", "-l", f"udp:{HOST}:{port}", "-m", 64, "-M", 8, "-x", "fm", "-X", "fm")
        folders = ("-Y", tmp_path, "-w", tmp_path, "-P", tmp_path / "pid")
        command = ("kamailio", "-f", DATA / "registrar.cfg", *options, *folders)
        async with program_beside(*command, cwd=tmp_path):
            await listening(port)
            return await asyncio.wait_for(lab.start(story).outcome(), DEADLINE)

    trace = asyncio.run(serve_and_call())
    assert trace.result["then"] == 404 and trace.result["answered"] == 1
    ack_and_bye = [line for line in wire(trace, "alice") if line.endswith((" ACK", " BYE"))]
    assert ack_and_bye == [f"alice>{HOST}:{port} {method}" for method in ("ACK", "BYE", "ACK")]
    assert not trace.select("unparsable") and not trace.select("ignored")
    assert not alice.calls and not bob.calls
