"""What the network on real sockets never does: listen to other machines, or send to them, unless told to."""

from __future__ import annotations

import re
import socket
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from live_bench import ANYWHERE, Bench, Mailbox

from sipsim.errors import UsageError
from sipsim.live import udp
from sipsim.live.sockets import is_loopback
from sipsim.simulation.network import Address


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.network.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "localhost", "example.com"])
def test_only_loopback_is_bound(bench: Bench, host: str) -> None:
    with pytest.raises(UsageError, match=r"allow_remote|many addresses|digits"):
        Mailbox(bench, "alice", Address(host, 0))


def test_what_the_system_does_not_give_is_a_usage_error(bench: Bench) -> None:
    taken = Mailbox(bench, "bob").address
    for address in (taken, Address("127.0.0.1", 70_000)):
        with pytest.raises(UsageError, match=f"address={re.escape(str(address))}"):
            Mailbox(bench, "alice", address)
    with pytest.raises(UsageError, match="transport='TCP'"):
        bench.network.bind(ANYWHERE, "TCP", print, print)
    remote = Bench(allow_remote=True)
    with pytest.raises(UsageError) as refused:  # no host has this address, it is for documentation
        Mailbox(remote, "alice", Address("192.0.2.1", 0))
    assert "allow_remote" not in str(refused.value)


def test_other_hosts_are_not_sent_to_unless_allowed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = spy_on_sockets(monkeypatch)
    alice = Mailbox(bench, "alice")
    sent = alice.send(b"INVITE", Address("192.0.2.1", 5060))
    bench.drive(lambda: alice.failures)
    assert "allow_remote" in alice.failures[0][1]
    assert [(r.kind, r.cause) for r in bench.trace][1:] == [("fault", sent), ("lost", sent)]
    assert not reached
    remote = Bench(allow_remote=True)
    with pytest.warns(UserWarning, match="reached from other machines"):
        alice = Mailbox(remote, "alice", Address("192.0.2.7", 5060))
    alice.send(b"INVITE", Address("192.0.2.1", 5060))
    remote.network.close()
    assert reached == [("192.0.2.1", 5060)]


def test_a_browser_has_no_sockets(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "emscripten")
        with pytest.raises(UsageError, match="browser"):
            Mailbox(bench, "alice")


HOSTS = st.one_of(st.ip_addresses().map(str), st.text(max_size=20), st.sampled_from(["127.0.0.1", "::1"]))


@given(host=HOSTS, port=st.integers(-1, 70_000))
@example(host="127.0.0.1", port=0)
@example(host="0.0.0.0", port=5060)
@example(host="255.255.255.255", port=5060)
@example(host="::ffff:192.0.2.1", port=5060)
@example(host="localhost", port=5060)
@example(host="", port=5060)
def test_no_destination_whatever_gets_a_packet_off_this_machine(host: str, port: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        reached = spy_on_sockets(monkeypatch)
        bench = Bench()
        alice = Mailbox(bench, "alice")
        alice.send(b"INVITE", Address(host, port))
        bench.network.close()
    assert all(is_loopback(host) and 0 < port < 65536 for host, port in reached)


def spy_on_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Address]:
    """Let the sockets of a network send nothing; the list says where to they would have."""
    reached: list[Address] = []

    class Spy(socket.socket):
        def sendto(self, data: bytes, address: Address) -> int:  # type: ignore[override]
            reached.append(address)
            return len(data)

    def open_spy(address: Address) -> socket.socket:
        spy = Spy(socket.AF_INET, socket.SOCK_DGRAM)
        spy.bind(address if is_loopback(address.host) else ("127.0.0.1", 0))
        return spy

    monkeypatch.setattr(udp, "open_socket", open_spy)
    return reached
