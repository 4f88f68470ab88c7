"""Small traces for pictures, written by hand: who says what to whom, when, and what becomes of it."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.trace.trace import Trace

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
DELAY = 0.005


class Packet(NamedTuple):
    """What a trace takes from a packet."""

    data: bytes
    source: tuple[str, int]
    destination: tuple[str, int]
    transport: str = "UDP"


def octets(what: str, sdp: bool = False, call: str = "call-1@alice", cseq: str = "") -> bytes:
    """A message from its start line's words: "INVITE", "180 Ringing", or "200 OK" with cseq="BYE"."""
    method = cseq or (what if not what[0].isdigit() else "INVITE")
    first = f"SIP/2.0 {what}" if what[0].isdigit() else f"{what} sip:bob@example.com SIP/2.0"
    body = SDP if sdp else b""
    lines = [
        first,
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1",
        "From: <sip:alice@example.com>;tag=a",
        "To: <sip:bob@example.com>;tag=b",
        f"Call-ID: {call}",
        f"CSeq: 1 {method}",
        *(["Content-Type: application/sdp"] if sdp else []),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


class Told:
    """A trace in the making; times are in seconds, elements go by name."""

    def __init__(self, *names: str, seed: int | None = 7, scenario: str | None = None) -> None:
        self.trace = Trace()
        self.trace.header.update(seed=seed, sipsim="0.1.0", scenario=scenario)
        self.addresses = {name: (f"192.0.2.{i}", 5060) for i, name in enumerate(names, 1)}
        for name, address in self.addresses.items():
            self.trace.register(name, "element", address)

    def sent(
        self,
        time: float,
        source: str,
        target: str,
        what: str,
        copy: int = 1,
        raw: bytes | None = None,
        **more,
    ) -> int:
        """A message leaves; returns the id of its record."""
        data = octets(what, **more) if raw is None else raw
        to = self.addresses.get(target, (target, 5060))
        return self.trace.sent(time, source, Packet(data, self.addresses[source], to), copy)

    def message(self, time: float, source: str, target: str, what: str, delay: float = DELAY, **more) -> int:
        """A message leaves and arrives; returns the id of its delivery."""
        return self.trace.delivered(time + delay, target, self.sent(time, source, target, what, **more))

    def lost(self, time: float, source: str, target: str, what: str, why: str = "dropped on request", **more) -> None:
        """A message leaves and gets lost."""
        self.trace.lost(time + 0.001, self.sent(time, source, target, what, **more), why)

    def unparsable(self, time: float, source: str, target: str, raw: bytes, reason: str = "no SIP") -> None:
        """Octets that their receiver can't read."""
        sent = self.sent(time, source, target, "", raw=raw)
        delivered = self.trace.delivered(time + DELAY, target, sent)
        self.trace.unparsable(time + DELAY, target, delivered, SipParseError(reason))

    def media(self, event: str, time: float, source: str, target: str) -> None:
        """One end starts or stops sending media."""
        local, remote = (f"{self.addresses[name][0]}:40000" for name in (source, target))
        self.trace.add(
            "media", time, source, event=event, call="call-1@alice", codec="PCMU", local=local, remote=remote
        )

    def fault(self, time: float, what: str, text: str, element: str = "") -> None:
        """Something breaks, or is whole again."""
        self.trace.add("fault", time, element, what=what, text=text)

    def note(self, time: float, text: str) -> None:
        """Someone's remark."""
        self.trace.add("note", time, "", text=text)


def simple_call() -> Trace:
    """Alice calls Bob through a proxy that record-routes; ten seconds of media; Alice hangs up."""
    told = Told("alice", "proxy", "bob", scenario="ozeki")
    told.message(0.0, "alice", "proxy", "INVITE", sdp=True)
    told.message(0.005, "proxy", "alice", "100 Trying")
    told.message(0.005, "proxy", "bob", "INVITE", sdp=True)
    for time, what, sdp in ((0.010, "180 Ringing", False), (2.010, "200 OK", True)):
        told.message(time, "bob", "proxy", what, sdp=sdp)
        told.message(time + DELAY, "proxy", "alice", what, sdp=sdp)
    told.message(2.020, "alice", "proxy", "ACK")
    told.media("start", 2.020, "alice", "bob")
    told.message(2.025, "proxy", "bob", "ACK")
    told.media("start", 2.030, "bob", "alice")
    told.media("stop", 12.020, "alice", "bob")
    told.message(12.020, "alice", "proxy", "BYE")
    told.message(12.025, "proxy", "bob", "BYE")
    told.media("stop", 12.030, "bob", "alice")
    told.message(12.030, "bob", "proxy", "200 OK", cseq="BYE")
    told.message(12.035, "proxy", "alice", "200 OK", cseq="BYE")
    return told.trace


def lost_answer() -> Trace:
    """Bob's 200 is lost once, so he sends it again; the ACK of the second one goes straight to him."""
    told = Told("alice", "proxy", "bob", scenario="lost-200")
    told.note(0.0, "flow begins")
    told.message(0.0, "alice", "proxy", "INVITE", sdp=True)
    told.message(0.005, "proxy", "bob", "INVITE", sdp=True)
    told.lost(0.010, "bob", "proxy", "200 OK", sdp=True)
    told.message(0.510, "bob", "proxy", "200 OK", sdp=True, copy=2)
    told.message(0.515, "proxy", "alice", "200 OK", sdp=True)
    told.message(0.520, "alice", "bob", "ACK", delay=0.008)
    told.message(1.530, "bob", "alice", "BYE", delay=0.008)
    told.message(1.532, "alice", "bob", "BYE", delay=0.008)
    told.message(1.538, "alice", "bob", "200 OK", delay=0.008, cseq="BYE")
    told.message(1.540, "bob", "alice", "200 OK", delay=0.008, cseq="BYE")
    return told.trace


def crashed_proxy() -> Trace:
    """The proxy crashes in mid-call and comes back; a link is cut; a stray and an unreadable message."""
    told = Told("alice", "proxy", "bob", scenario="proxy-crash")
    told.message(0.0, "alice", "proxy", "INVITE", sdp=True)
    told.fault(0.006, "crash", "proxy crashes", "proxy")
    for copy, time in enumerate((0.5, 1.5, 3.5), 2):
        told.lost(time, "alice", "proxy", "INVITE", "proxy is down", sdp=True, copy=copy)
    told.fault(4.0, "restart", "proxy restarts", "proxy")
    told.message(7.5, "alice", "proxy", "INVITE", sdp=True, copy=5)
    told.message(7.505, "proxy", "bob", "INVITE", sdp=True)
    told.fault(7.508, "cut", "link alice - proxy is cut")
    stray = told.message(7.510, "bob", "proxy", "486 Busy Here")
    told.trace.current = stray
    told.trace.ignored(7.515, "proxy", "a response to no request under way", "RFC 3261 §17.1.3")
    told.unparsable(7.52, "bob", "proxy", b"HELLO\r\nnobody: home\r\n\r\n", "the start line has one word")
    told.sent(7.53, "proxy", "bob", "ACK")
    return told.trace


def fork() -> Trace:
    """A fork to three phones; one answers, two are cancelled; one message is duplicated and one slow."""
    told = Told("alice", "example.com", "bob-desk", "bob-mobile", "bob-home", scenario="fork")
    proxy, phones = "example.com", ("bob-desk", "bob-mobile", "bob-home")
    told.message(0.0, "alice", proxy, "INVITE", sdp=True)
    told.message(0.005, proxy, "alice", "100 Trying")
    sent = [told.sent(0.005, proxy, phone, "INVITE", sdp=True) for phone in phones]
    for i, (phone, record) in enumerate(zip(phones, sent, strict=True)):
        told.trace.delivered(0.010 + 0.004 * i, phone, record)
        if not i:
            told.trace.delivered(0.012, phone, record)
    for i, phone in enumerate(phones):
        told.message(0.020 + 0.004 * i, phone, proxy, "180 Ringing")
        told.message(0.025 + 0.004 * i, proxy, "alice", "180 Ringing")
    told.message(2.010, "bob-mobile", proxy, "200 OK", sdp=True)
    told.message(2.015, proxy, "alice", "200 OK", sdp=True)
    for phone in ("bob-desk", "bob-home"):
        told.message(2.015, proxy, phone, "CANCEL")
        told.message(2.020, phone, proxy, "200 OK", cseq="CANCEL")
        told.message(2.020, phone, proxy, "487 Request Terminated")
        told.message(2.025, proxy, phone, "ACK")
    told.message(2.020, "alice", "bob-mobile", "ACK", delay=0.01)
    told.message(2.5, "alice", "alice", "OPTIONS")
    return told.trace


STORIES = {story.__name__: story for story in (simple_call, lost_answer, crashed_proxy, fork)}
