"""Kamailio, a server that others wrote, serves two of our phones; sipsak asks one of them what it can do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_pair import messages, wire
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


def through_kamailio(lab: sipsim.Lab, story: object, configuration: str, port: int, folder: Path, *more: str):
    """The trace of a story beside a Kamailio at this port."""
    options = ("-DD", "-E", "-l", f"udp:{HOST}:{port}", "-m", 64, "-M", 8, "-x", "fm", "-X", "fm", *more)
    folders = ("-Y", folder, "-w", folder, "-P", folder / "pid")

    async def serve_and_call() -> sipsim.Trace:
        async with program_beside("kamailio", "-f", DATA / configuration, *options, *folders, cwd=folder):
            await listening(port)
            return await asyncio.wait_for(lab.start(story).outcome(), DEADLINE)

    return asyncio.run(serve_and_call())


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

    trace = through_kamailio(lab, story, "registrar.cfg", port, tmp_path)
    assert trace.result["then"] == 404 and trace.result["answered"] == 1
    ack_and_bye = [line for line in wire(trace, "alice") if line.endswith((" ACK", " BYE"))]
    assert ack_and_bye == [f"alice>{HOST}:{port} {method}" for method in ("ACK", "BYE", "ACK")]
    assert not trace.select("unparsable") and not trace.select("ignored")
    assert not alice.calls and not bob.calls


@needs("kamailio")
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_phones_log_in_at_kamailio(lab: sipsim.Lab, tmp_path: Path, algorithm: str) -> None:
    """Registration, call and BYE, each asked for a password; a wrong one is refused."""
    port = free_port()
    passwords = {"alice": "ecila", "bob": "bob", "eve": "eve"}
    alice, bob, eve = (
        lab.user_agent(f"sip:{user}@{HOST}:{port}", answers=0.1, password=password)
        for user, password in passwords.items()
    )

    def story(lab: sipsim.Lab):
        for phone in (alice, bob, bob):
            yield phone.register()
        call = alice.call(bob.uri)
        yield call.answered
        yield bob.hang_up()
        try:
            yield eve.register()
        except sipsim.RegistrationFailed as failure:
            return {"eve": failure.status}

    wanted = ("-A", "SHA256") if algorithm == "SHA-256" else ()
    trace = through_kamailio(lab, story, "digest.cfg", port, tmp_path, *wanted)
    assert trace.result["eve"] == 401 and trace.result["answered"] == 1
    shown = [r.message for r in trace.select("sent") if r.message.has("Authorization")]
    assert {message.authorization[0].algorithm or "MD5" for message in shown} == {algorithm}
    refusals = [r.message.status for r in trace.select("delivered") if getattr(r.message, "status", 0) in (401, 407)]
    assert refusals == [401, 401, 407, 407, 401, 401]  # alice, bob once, INVITE, BYE of bob, eve twice
    assert [message.cseq.number for message in messages(trace, "BYE", "bob")] == [1, 2]
    assert not trace.select("unparsable") and not trace.select("ignored")
    assert not alice.calls and not bob.calls
