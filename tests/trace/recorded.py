"""Traces to test with: a call that is set up through a proxy, its INVITE lost once and sent again."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.trace.trace import Trace

Address = tuple[str, int]
ADDRESSES: dict[str, Address] = {
    "alice": ("192.0.2.1", 5060),
    "proxy": ("192.0.2.2", 5060),
    "bob": ("192.0.2.3", 5062),
}


class Packet(NamedTuple):
    """As much of a packet as a trace looks at."""

    data: bytes
    source: Address
    destination: Address
    transport: str = "UDP"


def message(start: str, cseq: str = "1 INVITE", extra: str = "", body: bytes = b"") -> bytes:
    """A SIP message's octets."""
    head = (
        f"{start}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1\r\nMax-Forwards: 70\r\n"
        "From: <sip:alice@example.com>;tag=alice-1\r\nTo: <sip:bob@example.com>\r\nCall-ID: 1@alice\r\n"
        f"CSeq: {cseq}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


INVITE = message("INVITE sip:bob@example.com SIP/2.0")
TRYING = message("SIP/2.0 100 Trying")
RINGING = message("SIP/2.0 180 Ringing")


def new(level: str = "all") -> Trace:
    """An empty trace that knows alice, proxy and bob."""
    trace = Trace(level)
    for name, address in ADDRESSES.items():
        trace.register(name, "proxy" if name == "proxy" else "user agent", address)
    return trace


def packet(data: bytes, source: str, destination: str) -> Packet:
    """A packet between two of alice, proxy and bob."""
    return Packet(data, ADDRESSES[source], ADDRESSES[destination])


def send(trace: Trace, time: float, data: bytes, source: str, destination: str, copy: int = 1) -> int:
    """Record that a packet was sent."""
    return trace.sent(time, source, packet(data, source, destination), copy)


def hop(trace: Trace, time: float, data: bytes, source: str, destination: str, copy: int = 1) -> int:
    """Record a packet that takes 5 ms; what happens next is caused by its arrival."""
    sent = send(trace, time, data, source, destination, copy)
    trace.current = trace.delivered(time + 0.005, destination, sent)
    return sent


def ringing(level: str = "all") -> Trace:
    """Alice calls, the first INVITE is lost, timer A sends the second, bob rings.

    Messages: 1 INVITE (lost), 2 INVITE again, 3 INVITE proxy to bob, 4 180 bob to proxy, 5 180 to alice.
    """
    trace = new(level)
    trace.header.update(sipsim="0.1", scenario="ringing", parameters={"loss": 1e-7}, seed=7)
    trace.current = script = trace.add("script", 0, "alice", text='alice.call("sip:bob@example.com")')
    first = send(trace, 0.0, INVITE, "alice", "proxy")
    trace.state(0.0, "alice", "INVITE client", "", "INVITE", "calling", "RFC 3261 §17.1.1.2", "alice-1")
    timer = trace.timer(0.0, "alice", "set", "A", 0.5, "INVITE client", "alice-1")
    trace.current = 0
    trace.lost(0.002, first, "dropped by the script")
    trace.current = timer or script
    trace.current = trace.timer(0.5, "alice", "fired", "A", 0.5, "INVITE client", "alice-1") or script
    hop(trace, 0.5, INVITE, "alice", "proxy", copy=2)
    hop(trace, 0.505, INVITE, "proxy", "bob")
    hop(trace, 0.51, RINGING, "bob", "proxy")
    hop(trace, 0.515, RINGING, "proxy", "alice")
    trace.current = 0
    trace.result = {"ok": True, "setup_time": 0.1 + 0.2}
    return trace
