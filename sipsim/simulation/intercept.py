"""Messages that are stopped on their way, for a script or a person to look at, edit, drop, repeat, let go.

held = lab.network.intercept("200 INVITE")
packet = lab.run(held.next())
packet.edit(packet.message.with_header("Subject", "something else")).let_go()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import simpy

from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import Message, parse
from sipsim.protocol.options import seconds
from sipsim.simulation.connections import SEGMENT, Segment
from sipsim.simulation.environment import FAR, Environment
from sipsim.simulation.network import Packet
from sipsim.trace.sentences import label

if TYPE_CHECKING:
    from sipsim.simulation.interference import Interference
    from sipsim.simulation.scripts import Rule


class Next(simpy.Event):
    """The next message that an interception stops; gives a `Stopped`."""

    def __init__(self, env: Environment, what: str) -> None:
        super().__init__(env)
        self.what = what


class Interception:
    """What `network.intercept(pattern)` gives: `packets` are the messages that it has stopped, in their order.

    They stay where they are until somebody decides; their senders send again meanwhile, which is stopped too.
    """

    def __init__(self, network: Interference, pattern: str) -> None:
        self.pattern = pattern
        self.packets: list[Stopped] = []
        self.on_stop: Callable[[Stopped], object] | None = None
        self.rule: Rule
        self._network = network
        self._unseen: list[Stopped] = []
        self._waiting: list[Next] = []

    @property
    def active(self) -> bool:
        """Whether it will stop another message."""
        return self.rule.active

    @property
    def count(self) -> int:
        """How many messages it has stopped so far."""
        return self.rule.count

    def next(self) -> Next:
        """An event: the first message that nobody has got by `next` yet, when there is one."""
        event = Next(self._network.env, f"a message to intercept: {self.pattern}")
        if self._unseen:
            event.succeed(self._unseen.pop(0))
        else:
            self._waiting.append(event)
        return event

    def cancel(self) -> None:
        """Stop no more; what waits goes on waiting."""
        self.rule.cancel()

    def release(self) -> int:
        """Stop no more, and let everything go that waits, in the order it came; returns how many messages."""
        self.cancel()
        waiting = list(self.packets)
        for packet in waiting:
            packet.let_go()
        return len(waiting)

    def abandon(self, why: str) -> None:
        """Lose everything that waits: the network is closed."""
        while self.packets:
            self.packets.pop(0).lose(why)

    def take(self, packet: Packet) -> None:
        """Stop a packet: the network hands it over."""
        stopped = Stopped(self, self._network, packet)
        stopped.note("stopped")
        self.packets.append(stopped)
        self._unseen.append(stopped)
        if self._waiting:
            self._waiting.pop(0).succeed(self._unseen.pop(0))
        if self.on_stop is not None:
            self.on_stop(stopped)

    def __repr__(self) -> str:
        over = "" if self.active else ", over"
        return f"<Interception of {self.pattern}: {len(self.packets)} wait, {self.count} so far{over}>"


class Stopped:
    """A message that is stopped on its way: from node `source` to node `destination`, since `time` (s).

    `data` are its octets as they will go on, `original` as they were sent. `state` is "stopped", then "let go" or
    "dropped"; after that nothing more can be done with it, `UsageError`.
    """

    def __init__(self, interception: Interception, network: Interference, packet: Packet) -> None:
        self.original = self.data = packet.sent if isinstance(packet, Segment) else packet.data
        self.source, self.destination = network.node_at(packet.source), network.node_at(packet.destination)
        self.transport = packet.transport
        self.time = network.env.now
        self.state = "stopped"
        self._interception, self._network, self._packet = interception, network, packet

    @property
    def message(self) -> Message | None:
        """The message; None where the octets are none."""
        try:
            return parse(self.data)
        except SipParseError:
            return None

    @property
    def label(self) -> str:
        """What it is called on its arrow: "INVITE", "180 Ringing"."""
        return label(self.data)

    @property
    def record(self) -> int:
        """The id of its `sent` record, 0 where none is kept."""
        return self._packet.cause

    @property
    def problem(self) -> str:
        """What its receiver will have against it as it is now (RFC 3261 §18.3, §8.1.1); "" for nothing."""
        try:
            parse(self.data).check()
        except SipParseError as error:
            return str(error)
        return ""

    # What can be done with it

    def edit(self, to: bytes | Message) -> Stopped:
        """Let other octets go on in their place; bad ones are no error here: the receiver parses what it gets.

        `UsageError` for an empty message, and for one over TCP that is longer than one segment.
        """
        self._check_waits("edit")
        data = to if isinstance(to, bytes) else bytes(to) if isinstance(to, Message) else b""
        if not data:
            raise UsageError(f"edit({to!r}): give octets, or a message")
        if isinstance(self._packet, Segment) and max(len(data), len(self.original)) > SEGMENT:
            raise UsageError(f"edit(): over TCP only messages of one segment, {SEGMENT} octets, can be edited")
        self.data = data
        self.note("edited", "fault")
        return self

    def drop(self) -> None:
        """Lose it. Over TCP it is late, not lost: the segment is sent again after a while."""
        self._leave("drop", "dropped")
        if isinstance(self._packet, Segment):
            self._packet.connection.travel(self._packet, "dropped by hand")
        else:
            self._network.lose(self._packet, "dropped by hand")

    def duplicate(self) -> Stopped:
        """Make a second one of it, which is stopped too; `UsageError` over TCP, where nothing arrives twice."""
        self._check_waits("duplicate")
        if isinstance(self._packet, Segment):
            raise UsageError("duplicate(): over TCP nothing arrives twice")
        self._network.trace.duplicated(self._network.env.now, self._packet.cause)
        twin = Stopped(self._interception, self._network, self._packet.again())
        twin.data = self.data
        packets = self._interception.packets
        packets.insert(packets.index(self) + 1, twin)
        return twin

    def let_go(self, delay: float = 0.0) -> None:
        """Let it go on, after so many seconds; its link's own delay, loss and so on come after that."""
        seconds("delay", delay, most=FAR)
        self._leave("let_go", "let go")
        packet: Any = self._packet
        if self.data != self.original:
            if isinstance(packet, Segment):
                packet.data = self.data
            else:
                packet = packet.again(self.data)
        go = packet.connection.travel if isinstance(packet, Segment) else self._network.set_out
        if delay:
            self._network.env.post(float(delay), go, packet)
        else:
            go(packet)

    # Inside

    def lose(self, why: str) -> None:
        """It never arrives, and nobody decided so."""
        self.state = "dropped"
        if not isinstance(self._packet, Segment):
            self._network.lose(self._packet, why)

    def note(self, what: str, kind: str = "intercept") -> None:
        """Record what is done with it: caused by a click or a script's line, else by itself."""
        network, cause = self._network, self._packet.cause
        text = f"{self.label} to {self.destination} is {what}"
        cause = network.trace.current or cause
        network.trace.add(kind, network.env.now, self.source, cause, what=what, message=self.record, text=text)

    def _check_waits(self, verb: str) -> None:
        if self.state != "stopped":
            raise UsageError(f"{verb}(): this {self.label} is {self.state} already")

    def _leave(self, verb: str, state: str) -> None:
        self._check_waits(verb)
        self.note(state)
        self.state = state
        self._interception.packets.remove(self)

    def __repr__(self) -> str:
        return f"<Stopped {self.label} {self.source} -> {self.destination}: {self.state}, {len(self.data)} octets>"
