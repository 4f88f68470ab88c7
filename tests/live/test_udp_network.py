"""The network on real sockets: what arrives, what does not and who hears of it, and what it never does."""

from __future__ import annotations

import asyncio
import socket
import sys
import time

import pytest
from live_bench import Bench, Mailbox, foreign_socket, free_port, within_deadline

from sipsim.errors import UsageError
from sipsim.live.sockets import LONGEST
from sipsim.simulation.network import Address

needs_icmp = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which datagram was refused")


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.network.close()


# Delivery


def test_packets_arrive_with_their_cause(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    bob.on_packet = lambda packet: bob.send(b"200 " + packet.data, packet.source)
    sent = [alice.send(b"INVITE", bob.address), alice.send(b"INVITE", bob.address)]
    assert bench.network.in_flight == 2
    bench.drive(lambda: len(alice.packets) == 2)
    assert bench.network.in_flight == 0
    assert bob.data == [b"INVITE", b"INVITE"]
    assert alice.data == [b"200 INVITE", b"200 INVITE"]
    assert [record.cause for record in bench.trace.select("delivered", "bob")] == sent
    assert {packet.source for packet in bob.packets} == {alice.address}
    assert {packet.destination for packet in bob.packets} == {bob.address}


def test_arrival_sets_the_clock_to_the_present(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")
    instants: list[float] = []
    alice.on_packet = lambda packet: instants.append(bench.env.now)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with foreign_socket() as (peer, _):
            began = loop.time()
            run = bench.run(lambda: len(instants) == 2, speed=10).start()
            for delay in (0.02, 0.04):
                loop.call_later(delay, peer.sendto, b"hello", alice.address)
            await run
            elapsed = (loop.time() - began) * 10
        assert 0.2 <= instants[0] <= instants[1] <= elapsed
        assert instants[1] >= 0.4
        assert instants == [round(instant, 6) for instant in instants]

    within_deadline(main())


def test_foreign_program_is_served_and_recorded(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")
    bob.on_packet = lambda packet: bob.send(b"answer", packet.source)
    with foreign_socket() as (peer, address):
        peer.sendto(b"question", bob.address)
        bench.drive(lambda: bob.packets)
        assert peer.recvfrom(100) == (b"answer", bob.address)
    question, delivered, answer = bench.trace
    assert (question.kind, question.element, question.cause) == ("sent", str(address), None)
    assert (delivered.kind, delivered.element, delivered.cause) == ("delivered", "bob", question.id)
    assert (answer.kind, answer.element, answer.peer) == ("sent", "bob", str(address))


def test_octets_of_our_own_from_a_foreign_address_are_foreign(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    with foreign_socket() as (peer, _):
        peer.sendto(b"same octets", bob.address)
        ours = alice.send(b"same octets", bob.address)
        bench.drive(lambda: len(bob.packets) == 2)
    foreign, own = bench.trace.select("delivered")
    assert own.cause == ours
    assert foreign.cause not in (ours, None)


@pytest.mark.parametrize("size", [0, 1, 60_000, LONGEST])
def test_datagrams_of_any_size_arrive_whole(bench: Bench, size: int) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    alice.send(bytes(size), bob.address)
    bench.drive(lambda: bob.packets)
    assert bob.data == [bytes(size)]


def test_a_thousand_datagrams_each_arrive_or_are_lost_on_record(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    sent = [alice.send(b"%04d" % number * 150, bob.address) for number in range(1000)]
    bench.drive(lambda: bench.network.in_flight == 0, speed=10)
    delivered = [record.cause for record in bench.trace.select("delivered")]
    lost = [record.cause for record in bench.trace.select("lost")]
    assert sorted(delivered + lost) == sent
    assert delivered == sorted(delivered)
    assert len(delivered) >= 100


def test_a_thousand_datagrams_in_step_with_the_reader_all_arrive(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    for number in range(50):
        bench.env.call_later(number / 100, lambda: [alice.send(bytes(600), bob.address) for _ in range(20)])
    bench.drive(lambda: len(bob.packets) == 1000)
    assert not bench.trace.select("lost")


def test_two_elements_of_ipv6_talk(bench: Bench) -> None:
    try:
        alice, bob = (Mailbox(bench, name, Address("::1", 0)) for name in ("alice", "bob"))
    except UsageError:
        pytest.skip("this system has no IPv6")
    sent = alice.send(b"INVITE", bob.address)
    bench.drive(lambda: bob.packets)
    assert bob.packets[0].source == alice.address
    assert bench.trace.select("delivered")[0].cause == sent


# Between and around runs


def test_what_came_between_two_runs_is_read_in_the_next(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")
    with foreign_socket() as (peer, _):
        for number in (1, 2, 3):
            peer.sendto(b"%d" % number, bob.address)
            bench.drive(lambda number=number: len(bob.packets) == number)
    assert bob.data == [b"1", b"2", b"3"]
    times = [record.time for record in bench.trace]
    assert times == sorted(times)


def test_datagrams_wait_while_the_run_is_paused(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")

    async def main() -> None:
        with foreign_socket() as (peer, _):
            run = bench.run(lambda: bob.packets).start()
            run.pause()
            peer.sendto(b"hello", bob.address)
            await asyncio.sleep(0.05)
            assert not bob.packets
            run.resume()
            await run
        assert bob.data == [b"hello"]

    within_deadline(main())


def test_an_answer_that_waited_comes_before_the_timer_that_ran_out_meanwhile(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")
    fired: list[str] = []
    timer = bench.env.call_later(0.02, fired.append, "timer")
    alice.on_packet = lambda packet: timer.cancel()

    async def main() -> None:
        with foreign_socket() as (peer, _):
            run = bench.run(lambda: alice.packets or fired).start()
            peer.sendto(b"200", alice.address)
            time.sleep(0.1)  # a long cell
            await run

    within_deadline(main())
    assert alice.packets
    assert not fired


def test_the_run_waits_for_late_comers(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")

    async def main() -> float:
        loop = asyncio.get_running_loop()
        with foreign_socket() as (peer, _):
            began = loop.time()
            loop.call_later(0.1, peer.sendto, b"again", bob.address)
            await bench.run(lambda: True, grace=0.3).start()
            return loop.time() - began

    assert 0.4 <= within_deadline(main()) < 5
    assert bob.packets


def test_one_run_at_a_time(bench: Bench) -> None:
    async def main() -> None:
        first = bench.run(lambda: False).start()
        second = bench.run(lambda: True)
        with pytest.raises(UsageError, match="another run"):
            second.start()
        first.stop()
        await second.start()
        await first

    within_deadline(main())


def test_the_network_outlives_a_loop_that_was_closed_under_it(bench: Bench) -> None:
    bob = Mailbox(bench, "bob")
    loop = asyncio.SelectorEventLoop()
    bench.network.attach(loop, lambda read: read(), lambda read: read())
    loop.close()
    with foreign_socket() as (peer, _):
        peer.sendto(b"hello", bob.address)
        bench.drive(lambda: bob.packets)


def test_an_element_may_join_and_leave_in_the_middle_of_a_run(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")
    guests: list[Mailbox] = []

    def join() -> None:
        guest = Mailbox(bench, "guest")
        guest.on_packet = lambda packet: bench.network.unbind(guest.address, "UDP")
        guests.append(guest)
        for _ in range(2):
            alice.send(b"welcome", guest.address)

    bench.env.call_later(0.01, join)
    bench.drive(lambda: guests and guests[0].packets)
    assert guests[0].data == [b"welcome"]
    assert [record.kind for record in bench.trace].count("lost") == 1
    assert bench.network.in_flight == 0


def test_hundreds_of_runs_leave_nothing_on_the_loop(bench: Bench) -> None:
    async def main() -> None:
        alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
        for number in range(1, 301):
            alice.send(b"hello", bob.address)
            await bench.run(lambda number=number: len(bob.packets) == number).start()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    watched: set[object] = set()

    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, sock: object, *callback: object) -> None:
            watched.add(sock)
            super().add_reader(sock, *callback)

        def remove_reader(self, sock: object) -> bool:
            watched.discard(sock)
            return super().remove_reader(sock)

    within_deadline(main(), Loop)
    assert not watched
    assert bench.env.entries <= 1000


def test_ports_are_free_again_at_once(bench: Bench) -> None:
    address = Mailbox(bench, "bob").address
    for _ in range(500):
        bench.network.unbind(address, "UDP")
        assert Mailbox(bench, "bob", address).address == address
    bench.network.close()
    bench.network.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(address)


# Failure


@needs_icmp
def test_sender_hears_that_nobody_listens(bench: Bench) -> None:
    alice = Mailbox(bench, "alice")
    nowhere = free_port()
    sent = alice.send(b"INVITE", nowhere)
    bench.drive(lambda: alice.failures)
    ((packet, reason),) = alice.failures
    assert (packet.data, packet.destination) == (b"INVITE", nowhere)
    assert "refused" in reason
    assert [record.cause for record in bench.trace.select("lost")] == [sent]


@needs_icmp
def test_a_refusal_does_not_stop_what_follows(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    nowhere = free_port()
    for number in range(5):
        alice.send(b"to nobody %d" % number, nowhere)
        alice.send(b"to bob %d" % number, bob.address)
        bob.send(b"to alice %d" % number, alice.address)
    bench.drive(lambda: len(bob.packets) == 5 and len(alice.packets) == 5 and len(alice.failures) == 5)
    assert sorted(packet.data for packet, _ in alice.failures) == [b"to nobody %d" % n for n in range(5)]
    assert not bob.failures


def test_what_is_longer_than_a_datagram_fails(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    alice.send(bytes(LONGEST + 1), bob.address)
    bench.drive(lambda: alice.failures)
    assert "more than a datagram" in alice.failures[0][1]
    assert bench.network.in_flight == 0


def test_what_is_sent_from_a_closed_address_is_lost_on_record(bench: Bench) -> None:
    alice, bob = Mailbox(bench, "alice"), Mailbox(bench, "bob")
    bench.network.unbind(alice.address, "UDP")
    sent = alice.send(b"too late", bob.address)
    assert [record.cause for record in bench.trace.select("lost")] == [sent]


# Links in front of the sockets


def test_links_lose_duplicate_delay_and_corrupt_before_sending() -> None:
    bench = Bench(delay=0.5)
    alice, bob, carol = (Mailbox(bench, name) for name in ("alice", "bob", "carol"))
    instants: list[float] = []
    bob.on_packet = lambda packet: instants.append(bench.env.now)
    alice.send(b"late", bob.address)
    bench.drive(lambda: bob.packets, speed=10)
    assert instants[0] >= 0.5
    link = bench.network.link("alice", "bob", delay=0.0, duplicate=1.0)
    alice.send(b"twice", bob.address)
    bench.drive(lambda: len(bob.packets) == 3)
    link.set(duplicate=0.0, loss=1.0)
    alice.send(b"lost", bob.address)
    link.set(loss=0.0, corrupt=1.0)
    alice.send(b"changed", bob.address)
    bench.drive(lambda: len(bob.packets) == 4)
    link.cut()
    alice.send(b"cut", bob.address)
    alice.send(b"another way", carol.address)
    bench.drive(lambda: carol.packets, speed=10)
    bench.network.close()
    assert bob.data[:3] == [b"late", b"twice", b"twice"]
    assert bob.packets[3].altered
    assert bob.data[3] != b"changed"
    counts = bench.trace.counts
    assert (counts["sent"], counts["delivered"], counts["lost"], counts["duplicated"]) == (6, 5, 2, 1)
