"""The four transactions of SIP as tables, and the runner that executes them (RFC 3261 §17 with RFC 6026).

A client transaction brings a request to the next hop and its responses back to the transaction user (TU); a
server transaction takes the request there and sends the TU's responses. Both repeat what may be lost, absorb
what is repeated, and say so when they give up. They know neither clock nor wire: `feed` takes one input and
returns the effects that whoever owns the transaction carries out, all of them before the next input:

    ("send", message, copy)     put it on the wire; copy is 1 for the first, 2 for the first retransmission
    ("pass", message)           hand it to the TU
    ("start", name, delay)      feed "timer NAME" after so many seconds; 0.0 s is a delay like any other
    ("stop", name)              that timer is no longer wanted
    ("fail", reason)            tell the TU: "timeout" or "transport error"
    ("ignored", input)          the table has no row for this
    ("end",)                    the transaction is over: forget it
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request, Response, unpacked
from sipsim.protocol.machine import Machine
from sipsim.protocol.timing import Timing

Effect = tuple[Any, ...]

INVITE_CLIENT = Machine(
    "INVITE client",
    rfc="RFC 3261 §17.1.1.2",
    initial="calling",
    entry=("send",),
    timers={"calling": "AB", "proceeding": "", "accepted": "M", "completed": "D", "terminated": ""},
    rows={
        ("calling", "timer A"): ("calling", ("resend",)),
        ("calling", "timer B"): ("terminated", ("report timeout",)),
        ("calling", "transport error"): ("terminated", ("report transport error",), "RFC 3261 §17.1.4"),
        ("calling", "1xx"): ("proceeding", ("pass",)),
        ("calling", "2xx"): ("accepted", ("pass",), "RFC 6026 §8.4"),
        ("calling", "3xx-6xx"): ("completed", ("ack", "pass"), "RFC 6026 §8.4"),
        ("proceeding", "1xx"): ("proceeding", ("pass",)),
        ("proceeding", "2xx"): ("accepted", ("pass",), "RFC 6026 §8.4"),
        ("proceeding", "3xx-6xx"): ("completed", ("ack", "pass"), "RFC 6026 §8.4"),
        ("accepted", "2xx"): ("accepted", ("pass",), "RFC 6026 §8.4"),
        ("accepted", "timer M"): ("terminated", (), "RFC 6026 §8.4"),
        ("completed", "3xx-6xx"): ("completed", ("ack",), "RFC 6026 §8.4"),
        ("completed", "transport error"): ("terminated", ("report transport error",), "RFC 3261 §17.1.4"),
        ("completed", "timer D"): ("terminated", (), "RFC 6026 §8.4"),
    },
)

NON_INVITE_CLIENT = Machine(
    "non-INVITE client",
    rfc="RFC 3261 §17.1.2.2",
    initial="trying",
    entry=("send",),
    timers={"trying": "EF", "proceeding": "EF", "completed": "K", "terminated": ""},
    rows={
        ("trying", "timer E"): ("trying", ("resend",)),
        ("trying", "timer F"): ("terminated", ("report timeout",)),
        ("trying", "transport error"): ("terminated", ("report transport error",), "RFC 3261 §17.1.4"),
        ("trying", "1xx"): ("proceeding", ("pass",)),
        ("trying", "200-699"): ("completed", ("pass",)),
        ("proceeding", "timer E"): ("proceeding", ("resend",)),
        ("proceeding", "timer F"): ("terminated", ("report timeout",)),
        ("proceeding", "transport error"): ("terminated", ("report transport error",), "RFC 3261 §17.1.4"),
        ("proceeding", "1xx"): ("proceeding", ("pass",)),
        ("proceeding", "200-699"): ("completed", ("pass",)),
        ("completed", "1xx"): ("completed", ()),
        ("completed", "200-699"): ("completed", ()),
        ("completed", "timer K"): ("terminated", ()),
    },
)

INVITE_SERVER = Machine(
    "INVITE server",
    rfc="RFC 3261 §17.2.1",
    initial="proceeding",
    entry=("pass",),
    timers={"proceeding": "", "accepted": "L", "completed": "GH", "confirmed": "I", "terminated": ""},
    rows={
        ("proceeding", "INVITE"): ("proceeding", ("resend",)),
        ("proceeding", "send 1xx"): ("proceeding", ("send",)),
        ("proceeding", "send 2xx"): ("accepted", ("send",), "RFC 6026 §8.5"),
        ("proceeding", "send 3xx-6xx"): ("completed", ("send",)),
        ("proceeding", "transport error"): ("proceeding", ("report transport error",), "RFC 6026 §8.8"),
        ("accepted", "INVITE"): ("accepted", (), "RFC 6026 §8.7"),
        ("accepted", "ACK"): ("accepted", ("pass",), "RFC 6026 §8.7"),
        ("accepted", "send 2xx"): ("accepted", ("send",), "RFC 6026 §8.7"),
        ("accepted", "transport error"): ("accepted", ("report transport error",), "RFC 6026 §8.8"),
        ("accepted", "timer L"): ("terminated", (), "RFC 6026 §8.7"),
        ("completed", "INVITE"): ("completed", ("resend",)),
        ("completed", "ACK"): ("confirmed", ()),
        ("completed", "transport error"): ("completed", ("report transport error",), "RFC 6026 §8.8"),
        ("completed", "timer G"): ("completed", ("resend",)),
        ("completed", "timer H"): ("terminated", ("report timeout",)),
        ("confirmed", "ACK"): ("confirmed", ()),
        ("confirmed", "timer I"): ("terminated", ()),
    },
)

# RFC 6026 §8.8 rewrote §17.2.4 for server transactions of both kinds: a transport error no longer ends them.
# Figure 8 of RFC 3261, which was not redrawn, still has it that way.
NON_INVITE_SERVER = Machine(
    "non-INVITE server",
    rfc="RFC 3261 §17.2.2",
    initial="trying",
    entry=("pass",),
    timers={"trying": "", "proceeding": "", "completed": "J", "terminated": ""},
    rows={
        ("trying", "request"): ("trying", ()),
        ("trying", "send 1xx"): ("proceeding", ("send",)),
        ("trying", "send 200-699"): ("completed", ("send",)),
        ("proceeding", "request"): ("proceeding", ("resend",)),
        ("proceeding", "send 1xx"): ("proceeding", ("send",)),
        ("proceeding", "send 200-699"): ("completed", ("send",)),
        ("proceeding", "transport error"): ("proceeding", ("report transport error",), "RFC 6026 §8.8"),
        ("completed", "request"): ("completed", ("resend",)),
        ("completed", "send 200-699"): ("completed", ()),
        ("completed", "transport error"): ("completed", ("report transport error",), "RFC 6026 §8.8"),
        ("completed", "timer J"): ("terminated", ()),
    },
)


def client_machine(method: str) -> Machine:
    """The table of the client transaction for a request, or for an answer to it; an ACK belongs to its INVITE."""
    return INVITE_CLIENT if method in ("INVITE", "ACK") else NON_INVITE_CLIENT


def server_machine(method: str) -> Machine:
    """The same of the server."""
    return INVITE_SERVER if method in ("INVITE", "ACK") else NON_INVITE_SERVER


class Transaction:
    """One transaction: a machine, the request that created it, and where it stands.

    `response` is the last response passed up (client) or sent (server), None before the first. `reliable`
    says whether the transport retransmits by itself, as TCP does and UDP does not.
    """

    __slots__ = (
        "_copies", "_interval", "_request", "_response", "_sent", "_starts", "_steps",
        "machine", "reliable", "state", "timing",
    )  # fmt: skip

    def __init__(self, machine: Machine, request: Request, timing: Timing, reliable: bool = False) -> None:
        self.machine = machine
        self._request: Request | bytes = request
        self.timing = timing
        self.reliable = reliable
        self.state = machine.initial
        self._response: Response | bytes | None = None
        self._steps = machine.steps[reliable]
        self._starts = timing.starts[reliable]
        self._sent: Message | bytes | None = None
        self._copies = 0
        self._interval = timing.t1  # of A, E or G, of which a machine has one at most; all begin with T1

    def __repr__(self) -> str:
        return f"<{self.machine.name} {self.request!r}: {self.state}>"

    @property
    def request(self) -> Request:
        if isinstance(self._request, bytes):
            self._request = cast(Request, unpacked(self._request))
        return self._request

    @property
    def response(self) -> Response | None:
        if isinstance(self._response, bytes):
            self._response = cast(Response, unpacked(self._response))
        return self._response

    def pack(self) -> None:
        """Keep its messages as octets from now on, as it only waits for stragglers: a third of the memory."""
        request, response, sent = self._request, self._response, self._sent
        self._request = octets_of(request)
        if response is not None:
            self._response = octets_of(response)
        if sent is not None:
            self._sent = octets_of(sent)

    @property
    def terminated(self) -> bool:
        """Whether it is over."""
        return self.state == "terminated"

    def start(self) -> list[Effect]:
        """Enter the initial state: a client sends its request, a server passes it up."""
        effects: list[Effect] = []
        for action in self.machine.entry:
            _ACTIONS[action](self, effects, self.request)
        effects += self._starts[tuple(self.machine.timers[self.state])]
        return effects

    def feed(self, input: str, message: Message | None = None) -> list[Effect]:
        """Take one input, with the message that it is about, and return what is to be done, in that order.

        An input that the table does not know in this state changes nothing. `UsageError` for a known one that
        lacks its message.
        """
        step = self._steps[self.state].get(input)
        if step is None:
            return [("ignored", input)]
        effects: list[Effect] = []
        state, actions, closing, starts, again = step
        for action in actions:
            _ACTIONS[action](self, effects, message)
        if again:
            self._interval = self.timing.again(again, self._interval, state)
            effects.append(("start", again, self._interval))
        if state is not self.state:
            self.state = state
            effects += closing
            if starts:
                effects += self._starts[starts]
        return effects

    def receive(self, message: Message) -> list[Effect]:
        """Feed a message that the network brought: a response for a client, a request for a server."""
        return self.feed(received_input(message, self.machine), message)

    def respond(self, response: Response) -> list[Effect]:
        """Feed a response that the TU has a server send."""
        return self.feed(sent_input(response, self.machine), response)

    # The actions of the tables. Each takes the message that the input came with and adds to the effects.

    def _send(self, effects: list[Effect], message: Any) -> None:
        """Send a message; with the same octets as the last it is a repetition by the TU (RFC 6026 §8.7)."""
        if message is None:
            raise self._lacking()
        last = self._sent
        if last is not message:
            self._sent = message
            if last is None or (message.data or bytes(message)) != bytes(last):
                self._copies = 0
        if isinstance(message, Response):
            self._response = message
        self._copies += 1
        effects.append(("send", message, self._copies))

    def _resend(self, effects: list[Effect], message: Any) -> None:
        """Send what was sent last once more; an INVITE may well be repeated before there was any response."""
        sent = self._last_sent()
        if sent is not None:
            self._copies += 1
            effects.append(("send", sent, self._copies))

    def _pass(self, effects: list[Effect], message: Any) -> None:
        if message is None:
            raise self._lacking()
        if isinstance(message, Response):
            self._response = message
        effects.append(("pass", message))

    def _ack(self, effects: list[Effect], message: Any) -> None:
        """Make the ACK for a final response above 299, once, and send it for each that comes (§17.1.1.3)."""
        if self._sent is self._request:
            if message is None:
                raise self._lacking()
            self._sent = build.ack(self.request, message)
            self._copies = 0
        self._resend(effects, message)

    def _report_timeout(self, effects: list[Effect], message: Any) -> None:
        effects.append(("fail", "timeout"))

    def _report_transport_error(self, effects: list[Effect], message: Any) -> None:
        effects.append(("fail", "transport error"))

    def _last_sent(self) -> Message | None:
        if isinstance(self._sent, bytes):
            self._sent = unpacked(self._sent)
        return self._sent

    def _lacking(self) -> UsageError:
        return UsageError(f"message=None: {self.machine.name} in {self.state} needs one for this input")


class _Actions(dict[str, Callable[[Transaction, list[Effect], Any], None]]):
    """What the action names in a table stand for."""

    def __missing__(self, name: str) -> None:
        raise UsageError(f"action {name!r}: a transaction has {', '.join(self)}")


_ACTIONS = _Actions(
    {
        "send": Transaction._send,
        "resend": Transaction._resend,
        "pass": Transaction._pass,
        "ack": Transaction._ack,
        "report timeout": Transaction._report_timeout,
        "report transport error": Transaction._report_transport_error,
    }
)


def octets_of(message: Message | bytes) -> bytes:
    """A message's octets; those of one that is packed are all it is."""
    return message if isinstance(message, bytes) else message.data or bytes(message)


_INVITE_STATUS = {1: "1xx", 2: "2xx"} | dict.fromkeys(range(3, 7), "3xx-6xx")
_OTHER_STATUS = {1: "1xx"} | dict.fromkeys(range(2, 7), "200-699")
_SENT_INVITE_STATUS = {hundred: f"send {word}" for hundred, word in _INVITE_STATUS.items()}
_SENT_OTHER_STATUS = {hundred: f"send {word}" for hundred, word in _OTHER_STATUS.items()}


def received_input(message: Message, machine: Machine) -> str:
    """The input that a message from the network is to the machine of the transaction that it matches.

    For a response "1xx", then "2xx" or "3xx-6xx" where the request was INVITE, "200-699" for other methods.
    """
    if isinstance(message, Request):
        return message.method if message.method in ("INVITE", "ACK") else "request"
    status = message.status if isinstance(message, Response) else 0
    words = _INVITE_STATUS if "2xx" in machine.inputs else _OTHER_STATUS
    return words.get(status // 100) or f"status {status}"


def sent_input(response: Response, machine: Machine) -> str:
    """The input that a response from the TU is to the machine of a server transaction."""
    words = _SENT_INVITE_STATUS if "send 2xx" in machine.inputs else _SENT_OTHER_STATUS
    return words.get(response.status // 100) or f"send status {response.status}"
