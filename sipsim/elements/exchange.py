"""A transaction at work: carries out what its table says, with the element's clock and network (RFC 3261 §17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sipsim.elements.alarm import Alarm, set_alarm
from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.inspection import Fields
from sipsim.protocol.timing import LINGERING
from sipsim.protocol.transactions import Effect, Transaction, received_input, sent_input
from sipsim.simulation.environment import Timer
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.elements.element import Element

FIRED = {name: f"timer {name}" for name in "ABDEFGHIJKLM"}
"""What a transaction is fed when a timer fires."""


def status_of(failure: str) -> int:
    """The final response that a client takes a failure of its transaction for (§8.1.3.1)."""
    return 408 if failure == "timeout" else 503


class TransactionUser(Protocol):
    """Who started a client transaction, and hears how it goes (the transaction user of RFC 3261 §5)."""

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """A response that is no retransmission; after a 2xx to INVITE also its repetitions (RFC 6026 §7.2)."""

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """No final response will come: `reason` is "timeout" or "transport error"."""


class Exchange:
    """One transaction of an element: where its messages go, its timers, and who hears of it.

    Of the effects of one input, passing a message up comes last: what the user does on hearing it may feed the same
    transaction, and finds it settled.
    """

    __slots__ = ("_alarms", "_cancelled", "branch", "detours", "element", "key", "remote", "transaction", "user")

    def __init__(
        self, element: Element, transaction: Transaction, key: object, remote: Hop,
        user: TransactionUser | None = None,
    ) -> None:  # fmt: skip
        self.element = element
        self.transaction = transaction
        self.key = key
        self.remote = remote
        self.user = user
        self.branch = transaction.request.branch or ""
        self.detours: list[Hop] | None = None  # where else a server's responses may go, once one got lost
        self._cancelled: Fields | None = None
        self._alarms: dict[str, Alarm | Timer] = {}

    @property
    def request(self) -> Request:
        return self.transaction.request

    @property
    def state(self) -> str:
        return self.transaction.state

    def __repr__(self) -> str:
        return f"<{self.transaction.machine.name} {self.request!r} {self.state}>"

    def start(self) -> None:
        """Begin: the first sending of a client's request, the timers of the first state."""
        self._carry_out(self.transaction.start())

    def receive(self, message: Message) -> None:
        """Feed a message that the network brought for this transaction."""
        self._feed(received_input(message, self.transaction.machine), message)

    def cancel(self, headers: Fields = ()) -> None:
        """Take an INVITE back by CANCEL, once, and as soon as a provisional response allows it (§9.1).

        `headers` are to stand in the CANCEL, such as a Reason (RFC 3326).

        Where not even then a final response comes within 64*T1, the INVITE counts as timed out.
        """
        if self._cancelled is None and self.transaction.state in ("calling", "proceeding"):
            self._cancelled = headers
            if self.transaction.state == "proceeding":
                self._send_cancel()

    def respond(self, response: Response) -> None:
        """Send a response through a server transaction."""
        self._feed(sent_input(response, self.transaction.machine), response)

    def transport_failed(self) -> None:
        """Tell the transaction that its message could not be delivered (§17.1.4)."""
        self._feed("transport error")

    @property
    def waits_for_its_user(self) -> bool:
        """Whether it goes on only when its user, or the peer's, does something: no timer will end it."""
        transaction = self.transaction
        return not transaction.machine.timers[transaction.state] and "cancel" not in self._alarms

    def abandon(self) -> None:
        """Stop all timers without a word, as a crash does."""
        alarms = self._alarms
        while alarms:
            alarms.popitem()[1].cancel()

    def _feed(self, name: str, message: Message | None = None) -> None:
        transaction = self.transaction
        before = transaction.state
        effects = transaction.feed(name, message)
        after = transaction.state
        element = self.element
        if after is not before and element.trace.everything:
            machine = transaction.machine
            row = machine.row(before, name)
            rfc = row.rfc if row is not None else ""
            element.trace.state(element.env.now, element.name, machine.name, before, name, after, rfc, self.branch)
        self._carry_out(effects)
        if after is not before:
            if self._cancelled is not None and after == "proceeding":
                self._send_cancel()
            elif after != "proceeding" and "cancel" in self._alarms:
                self._alarms.pop("cancel").cancel()

    def _send_cancel(self) -> None:
        self.element.request(build.cancel(self.request, self._cancelled or ()), self.remote, Unheard())
        self.end_within(self.element.timing.limit)

    def end_within(self, seconds: float) -> None:
        """Wait no longer than this for the final response to an INVITE of which nothing is expected any more."""
        if self.transaction.state not in ("calling", "proceeding") or "cancel" in self._alarms:
            return
        element = self.element
        self._alarms["cancel"] = set_alarm(
            element, "wait for 487", seconds, element.kind, self.branch, False, self._not_cancelled
        )

    def _not_cancelled(self) -> None:
        """Neither the CANCEL nor time has ended the INVITE: give it up (§9.1)."""
        if self.transaction.state == "proceeding" and self.user is not None:
            self.element.forget(self)
            self.user.on_failure(self, "timeout")

    def _carry_out(self, effects: list[Effect]) -> None:
        element = self.element
        told: Effect | None = None
        lingers = False
        for effect in effects:
            kind = effect[0]
            if kind == "send":
                element.send(effect[1], self.remote, effect[2])
            elif kind == "stop":
                self._alarms.pop(effect[1]).cancel()
            elif kind == "start":
                _, name, delay = effect
                lingers = name in LINGERING
                if element.trace.everything:
                    self._alarms[name] = self._alarm(name, delay, lingers)
                elif lingers:
                    self._alarms[name] = element.env.call_later(delay, self._end, lingering=True)
                else:  # as `set_alarm` does, and at once, as a call has eight of these
                    self._alarms[name] = element.env.call_later(delay, self._feed, FIRED[name])
            elif kind == "end":
                element.forget(self)
            elif kind == "ignored":
                element.ignored(f"{self.transaction.machine.name} in {self.state} has no row for {effect[1]}")
            else:
                told = effect
        if told is not None:
            self._tell(told)
        if lingers:
            self.transaction.pack()

    def _end(self) -> None:
        """Nobody has come any more: what its table says to each of the lingering timers, done at once."""
        self._alarms.clear()
        self.transaction.state = "terminated"
        self.element.forget(self)

    def _tell(self, effect: Effect) -> None:
        """Pass a message or a failure up to whoever uses this transaction."""
        if self.user is None:
            self.element.on_passed(self, effect)
        elif effect[0] == "pass":
            if effect[1].status == 503:
                self.element.left_alone.note(self.remote.address, effect[1], self.element.env.now)
            try:
                self.user.on_response(self, effect[1])
            except SipParseError:  # in a header field that only now somebody looked at: no use to anybody
                if effect[1].status >= 200:
                    self.user.on_failure(self, "the response can't be read")
                raise
        else:
            self.user.on_failure(self, effect[1])

    def _alarm(self, name: str, delay: float, lingers: bool) -> Alarm:
        machine = self.transaction.machine.name
        return Alarm(self.element, name, delay, machine, self.branch, lingers, self._feed, FIRED[name])


class Unheard:
    """The user of a request whose answer changes nothing: a CANCEL, a BYE for a session nobody wanted."""

    def on_response(self, exchange: Exchange, response: Response) -> None:
        pass

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        pass
