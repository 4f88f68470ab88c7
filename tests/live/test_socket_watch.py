"""Sockets on a loop that can't watch them, as the proactor loop of Windows: the same packets, a little later."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from live_bench import Bench, Mailbox, foreign_socket, free_port, within_deadline


class BlindLoop(asyncio.SelectorEventLoop):
    """A loop without `add_reader`."""

    def add_reader(self, *args: Any) -> None:
        raise NotImplementedError

    remove_reader = add_reader


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.network.close()


def test_ping_pong_on_a_loop_that_can_not_watch_sockets(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    bob.on_packet = lambda packet: bob.send(packet.data, packet.source)
    alice.on_packet = lambda packet: alice.send(packet.data, packet.source)

    async def main() -> None:
        run = bench.run(lambda: len(alice.packets) >= 200)
        alice.send(b"ping", bob.address)
        await run.start()

    within_deadline(main(), BlindLoop)
    delivered = bench.trace.select("delivered")
    assert all(record.sent is not None for record in delivered)


def test_grace_ends_on_a_loop_that_can_not_watch_sockets(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")

    async def main() -> None:
        with foreign_socket() as (peer, _):
            peer.sendto(b"hello", bob.address)
            await bench.run(lambda: bob.packets, grace=0.03).start()

    within_deadline(main(), BlindLoop)
    assert bob.data == [b"hello"]


def test_pause_leaves_datagrams_in_their_sockets_and_the_next_loop_may_be_another(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")

    async def first(peer: Any) -> None:
        run = bench.run(lambda: bob.packets).start()
        run.pause()
        peer.sendto(b"hello", bob.address)
        await asyncio.sleep(0.02)
        assert not bob.packets
        run.stop()
        await run

    with foreign_socket() as (peer, _):
        within_deadline(first(peer), BlindLoop)
        bench.drive(lambda: bob.packets)
    assert bob.data == [b"hello"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which datagram was refused")
def test_refusals_are_found_on_a_loop_that_can_not_watch_sockets(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")

    async def main() -> None:
        alice.send(b"INVITE", free_port())
        await bench.run(lambda: alice.failures).start()

    within_deadline(main(), BlindLoop)
    assert "refused" in alice.failures[0][1]


def test_elements_may_come_and_go_on_a_loop_that_can_not_watch_sockets(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")
    guests: list[Mailbox] = []

    def join() -> None:
        guest = Mailbox(bench, "guest")
        guest.on_packet = lambda packet: bench.network.unbind(guest.address, "UDP")
        guests.append(guest)
        alice.send(b"welcome", guest.address)

    async def main() -> None:
        bench.env.call_later(0.01, join)
        await bench.run(lambda: guests and guests[0].packets).start()

    within_deadline(main(), BlindLoop)
    assert bench.network.in_flight == 0
