"""The floor: what a call through one proxy costs when everybody only hands octets on.

A caller, a proxy and a callee pass thirteen messages a call over links of 5 ms, with the timers of RFC 3261 in lanes,
on a heap of their own. They read what they can't do without (start line, branch, CSeq, tags, Call-ID) and copy the
lines that they don't touch. Nothing is checked, no state machine runs, nothing is recorded, nothing can go wrong: no
library can do its work for less, and it is fair to ask how many times this a library costs.

Calibrated once, in turn, beside an older skeleton of the same flow by another hand (own heap, a queue for each
duration, lines read on demand): this one takes CALIBRATION of its time.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import Any

CALIBRATION = 0.90

T1, T4, PATIENCE, DELAY = 0.5, 5.0, 32.0, 0.005  # seconds

SDP = (
    b"v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\n"
    b"m=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
ALICE, BOB = b"<sip:alice@a.example.com:5060>", b"<sip:bob@b.example.com:5060>"
NOTHING = b"Content-Length: 0"


# ---- time ---------------------------------------------------------------------------------------------------


class Timer:
    __slots__ = ("arg", "fn")

    def __init__(self, fn: Any, arg: Any) -> None:
        self.fn = fn
        self.arg = arg


class Clock:
    """A heap of (instant, number, function, argument); timers of one length wait in a lane with one entry on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.heap: list[Any] = []
        self.lanes: dict[float, list[Any]] = {}
        self.number = count().__next__

    def at(self, delay: float, fn: Any, arg: Any) -> None:
        heappush(self.heap, (self.now + delay, self.number(), fn, arg))

    def start(self, delay: float, fn: Any, arg: Any) -> Timer:
        """A timer, which `stop` empties."""
        timer = Timer(fn, arg)
        lane = self.lanes.get(delay)
        if lane is None:
            lane = self.lanes[delay] = [False, deque()]
        waiting = lane[1]
        while waiting and waiting[0][1].fn is None:
            waiting.popleft()
        if not lane[0]:
            self._arm(lane, self.now + delay)
        waiting.append((self.now + delay, timer))
        return timer

    def stop(self, timers: Any) -> None:
        for timer in timers:
            timer.fn = timer.arg = None

    def run(self) -> None:
        heap = self.heap
        while heap:
            self.now, _, fn, arg = heappop(heap)
            fn(arg)

    def _arm(self, lane: list[Any], when: float) -> None:
        lane[0] = True
        heappush(self.heap, (when, self.number(), self._wake, lane))

    def _wake(self, lane: list[Any]) -> None:
        lane[0], waiting, now = False, lane[1], self.now
        while waiting and (waiting[0][0] <= now or waiting[0][1].fn is None):
            timer = waiting.popleft()[1]
            fn = timer.fn
            if fn is not None:
                timer.fn = None
                fn(timer.arg)
        if waiting and not lane[0]:
            self._arm(lane, waiting[0][0])


class Wire:
    """Brings octets, with their source, to whoever sits at an address."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.receivers: dict[str, Any] = {}

    def send(self, source: str, destination: str, data: bytes) -> None:
        self.clock.at(DELAY, self.receivers[destination], (source, data))


class Seat:
    """An address at the wire."""

    name = ""

    def __init__(self, wire: Wire) -> None:
        self.clock = wire.clock
        self.wire = wire
        wire.receivers[self.name] = self.receive

    def receive(self, packet: tuple[str, bytes]) -> None:
        raise NotImplementedError

    def again(self, packet: tuple[str, bytes]) -> None:
        self.wire.send(self.name, *packet)


# ---- messages -----------------------------------------------------------------------------------------------


class _Folded(dict[bytes, bytes]):
    """What stands before a colon -> the same in lower case, remembered."""

    def __missing__(self, name: bytes) -> bytes:
        self[name] = folded = name.strip().lower()
        return folded


FOLDED = _Folded()


class Lines:
    """The lines of a message, their names and its body; whoever edits it edits these."""

    __slots__ = ("body", "lines", "names")

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.lines = head.split(b"\r\n")
        self.names = [FOLDED[line.partition(b":")[0]] for line in self.lines]

    def start(self) -> tuple[int, str]:
        """Status and "", or 0 and the method."""
        line = self.lines[0]
        return (int(line[8:11]), "") if line.startswith(b"SIP/2.0 ") else (0, line.partition(b" ")[0].decode())

    def line(self, name: bytes) -> bytes:
        return self.lines[self.names.index(name)]

    def value(self, name: bytes) -> bytes:
        return self.line(name).partition(b":")[2].strip()

    def param(self, name: bytes, param: bytes) -> str:
        """A parameter behind the `>` of a header field, "" where there is none."""
        value = self.line(name)
        at = value.find(param, value.rfind(b">") + 1)
        return value[at + len(param) :].partition(b";")[0].decode() if at >= 0 else ""

    def cseq(self) -> tuple[int, str]:
        number, _, method = self.value(b"cseq").partition(b" ")
        return int(number), method.decode()

    def copied(self, *names: bytes) -> list[bytes]:
        return [line for name, line in zip(self.names, self.lines, strict=True) if name in names]

    def push(self, name: bytes, line: bytes) -> None:
        self.lines.insert(1, line)
        self.names.insert(1, name)

    def pop(self, name: bytes) -> None:
        at = self.names.index(name)
        del self.lines[at], self.names[at]

    def octets(self) -> bytes:
        return b"\r\n".join([*self.lines, b"", self.body])


def joined(lines: list[bytes], body: bytes = b"") -> bytes:
    return b"\r\n".join([*lines, b"", body])


# ---- who passes them ----------------------------------------------------------------------------------------


class Caller(Seat):
    """Places a call every so many seconds; ACK and BYE follow the 200."""

    name = "a"

    def __init__(self, wire: Wire, calls: int, every: float) -> None:
        super().__init__(wire)
        self.calls, self.every = calls, every
        self.waiting: dict[str, Any] = {}
        self.done = 0
        self.clock.at(0.0, self.call, 1)

    def call(self, i: int) -> None:
        data = joined([
            b"INVITE sip:bob@example.com SIP/2.0", b"Via: SIP/2.0/UDP a.example.com:5060;branch=z9hG4bKi%d;rport" % i,
            b"Max-Forwards: 70", b"From: Alice <sip:alice@example.com>;tag=a%d" % i, b"To: Bob <sip:bob@example.com>",
            b"Call-ID: %d@a.example.com" % i, b"CSeq: 1 INVITE", b"Contact: " + ALICE,
            b"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER", b"Supported: replaces, timer", b"User-Agent: floor/1",
            b"Content-Type: application/sdp", b"Content-Length: %d" % len(SDP),
        ], SDP)  # fmt: skip
        self.request(f"z9hG4bKi{i}", data)
        if i < self.calls:
            self.clock.at(self.every, self.call, i + 1)

    def request(self, branch: str, data: bytes) -> None:
        clock = self.clock
        self.waiting[branch] = clock.start(T1, self.again, ("p", data)), clock.start(PATIENCE, nothing, None)
        self.wire.send("a", "p", data)

    def receive(self, packet: tuple[str, bytes]) -> None:
        response = Lines(packet[1])
        status, _ = response.start()
        branch = response.param(b"via", b";branch=")
        timers = self.waiting.get(branch)
        if timers is None:
            return
        _, method = response.cseq()
        if status < 200:
            self.clock.stop(timers[:1])
            return
        self.clock.stop(timers)
        del self.waiting[branch]
        if method == "INVITE":
            self.answered(branch[8:].encode(), response)
        else:
            self.done += 1
            self.clock.start(T4, nothing, None)

    def answered(self, i: bytes, response: Lines) -> None:
        assert response.param(b"to", b";tag=") and response.value(b"call-id")
        routes = [b"Route:" + line.partition(b":")[2] for line in response.copied(b"record-route")]
        target = response.value(b"contact").strip(b"<>")
        rest = [b"Max-Forwards: 70", b"From: Alice <sip:alice@example.com>;tag=a" + i, response.line(b"to"),
                b"Call-ID: %s@a.example.com" % i, *reversed(routes), NOTHING]  # fmt: skip
        via = b"Via: SIP/2.0/UDP a.example.com:5060;branch=z9hG4bK%c%s;rport"
        self.wire.send("a", "p", joined([b"ACK %s SIP/2.0" % target, via % (b"k", i), b"CSeq: 1 ACK", *rest]))
        self.clock.stop([self.clock.start(PATIENCE, nothing, None)])  # as if it waited for more of the 200s
        bye = joined([b"BYE %s SIP/2.0" % target, via % (b"b", i), b"CSeq: 2 BYE", *rest])
        self.request("z9hG4bKb" + i.decode(), bye)


class Callee(Seat):
    """Rings and answers at once."""

    name = "b"

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.dialogs: dict[bytes, Any] = {}
        self.tags = count(1).__next__

    def receive(self, packet: tuple[str, bytes]) -> None:
        request = Lines(packet[1])
        _, method = request.start()
        request.param(b"via", b";branch=")
        call_id = request.value(b"call-id")
        if method == "INVITE":
            self.answer(request, call_id)
        elif method == "ACK":
            self.clock.stop(self.dialogs[call_id])
        else:
            self.dialogs.pop(call_id, None)
            request.cseq(), request.param(b"to", b";tag=")
            self.clock.start(PATIENCE, nothing, None)
            copied = request.copied(b"via", b"from", b"to", b"call-id", b"cseq")
            self.wire.send("b", "p", joined([b"SIP/2.0 200 OK", *copied, NOTHING]))

    def answer(self, request: Lines, call_id: bytes) -> None:
        request.cseq(), request.param(b"from", b";tag=")
        to = request.names.index(b"to")
        request.lines[to] += b";tag=b%d" % self.tags()
        copied = request.copied(b"via", b"record-route", b"from", b"to", b"call-id", b"cseq")
        copied.append(b"Contact: " + BOB)
        described = [b"Content-Type: application/sdp", b"Content-Length: %d" % len(SDP)]
        ok = joined([b"SIP/2.0 200 OK", *copied, *described], SDP)
        clock = self.clock
        self.wire.send("b", "p", joined([b"SIP/2.0 180 Ringing", *copied, NOTHING]))
        self.wire.send("b", "p", ok)
        self.dialogs[call_id] = clock.start(T1, self.again, ("p", ok)), clock.start(PATIENCE, nothing, None)


class Proxy(Seat):
    """Sends requests on with a Via and a Record-Route of its own, responses back without that Via."""

    name = "p"

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.servers: dict[tuple[str, str], str] = {}
        self.clients: dict[str, Any] = {}
        self.branches = count(1).__next__
        self.location = {b"sip:bob@example.com": b"sip:bob@b.example.com:5060"}

    def receive(self, packet: tuple[str, bytes]) -> None:
        source, data = packet
        message = Lines(data)
        status, method = message.start()
        branch = message.param(b"via", b";branch=")
        if status:
            self.response(message, status, branch)
        else:
            self.request(message, method, branch, source)

    def request(self, request: Lines, method: str, branch: str, source: str) -> None:
        clock, mine = self.clock, f"z9hG4bKp{self.branches()}"
        if method != "ACK":
            request.cseq()
            if (branch, method) in self.servers:
                return
            self.servers[branch, method] = mine
        if method == "INVITE":
            trying = request.copied(b"via", b"from", b"to", b"call-id", b"cseq")
            self.wire.send("p", source, joined([b"SIP/2.0 100 Trying", *trying, NOTHING]))
            _, uri, version = request.lines[0].split(b" ")
            request.lines[0] = b"INVITE %s %s" % (self.location[uri], version)
            request.push(b"record-route", b"Record-Route: <sip:p.example.com;lr>")
        else:
            request.pop(b"route")
        at = request.names.index(b"max-forwards")
        request.lines[at] = b"Max-Forwards: %d" % (int(request.lines[at].partition(b":")[2]) - 1)
        request.push(b"via", b"Via: SIP/2.0/UDP p.example.com:5060;branch=" + mine.encode())
        data = request.octets()
        if method != "ACK":
            timers = clock.start(T1, self.again, ("b", data)), clock.start(PATIENCE, nothing, None)
            self.clients[mine] = source, (branch, method), timers
        self.wire.send("p", "b", data)

    def response(self, response: Lines, status: int, branch: str) -> None:
        clock = self.clock
        _, method = response.cseq()
        known = self.clients.get(branch)
        if known is None:
            return
        destination, key, timers = known
        response.pop(b"via")
        if status < 200:
            clock.stop(timers[:1])
        else:
            clock.stop(timers)
            del self.clients[branch], self.servers[key]
            clock.start(T4 if method == "INVITE" else PATIENCE, nothing, None)
        self.wire.send("p", destination, response.octets())


def nothing(_: object) -> None:
    """What a timer does that nobody needed."""


def run(calls: int, every: float) -> None:
    """Place so many calls, one every so many seconds, and run out all timers."""
    wire = Wire(Clock())
    caller, _, _ = Caller(wire, calls, every), Proxy(wire), Callee(wire)
    wire.clock.run()
    assert caller.done == calls
