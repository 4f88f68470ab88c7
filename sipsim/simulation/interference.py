"""What scripts may do to the packets of a network, in memory and in front of sockets: lose, repeat, hold, intercept.

A network calls `passes(packet)` while there are `rules`, and says what `set_out` and `lose` mean.
"""

from __future__ import annotations

from collections.abc import Callable

from sipsim.simulation.connections import Segment
from sipsim.simulation.environment import Environment
from sipsim.simulation.intercept import Interception
from sipsim.simulation.media_tally import MediaTally
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.patterns import Pattern, Test, packet_test
from sipsim.simulation.scripts import Rule, Stop
from sipsim.trace.trace import Trace


class Interference:
    """`drop`, `duplicate`, `hold` and `release`, `filter`, `intercept`; `held` are packets that wait for `release`."""

    def __init__(self, env: Environment, trace: Trace) -> None:
        self.env, self.trace = env, trace
        self.held: list[Packet] = []
        self.interceptions: list[Interception] = []
        self.media = MediaTally()
        self.rules: tuple[Rule, ...] = ()

    # What the network fills in

    def node_at(self, address: Address) -> str:
        """The name of the node at an address."""
        raise NotImplementedError

    def known(self, *names: str) -> tuple[str, ...]:
        """Nodes by their names or hosts; `UsageError` for one that there is not."""
        raise NotImplementedError

    def set_out(self, packet: Packet) -> None:
        """Let a packet go on past the script."""
        raise NotImplementedError

    def changed(self) -> None:
        """What a packet meets on its way is not as it was."""

    def lose(self, packet: Packet, why: str) -> None:
        """A packet will not arrive."""
        if packet.lingering:
            self.media.lost[packet.source, packet.destination] += 1
        else:
            self.trace.lost(self.env.now, packet.cause, why)

    def double(self, packet: Packet) -> None:
        """A packet will arrive twice."""
        if packet.lingering:
            self.media.duplicated[packet.source, packet.destination] += 1
        else:
            self.trace.duplicated(self.env.now, packet.cause)

    # What scripts do

    def drop(self, pattern: Pattern, times: int | None = 1, *, src: str = "", dst: str = "") -> Rule:
        """Lose the next `times` packets that match (None: all), from node `src`, to node `dst` where given.

        A pattern is a method ("INVITE": the request), a status ("200", "4xx"), a response to a method ("200
        INVITE"), "*" for any packet, or a function of the packet.
        """
        return self._rule(self._test(pattern, src, dst), f"dropped by the script: {named(pattern)}", times)

    def hold(self, pattern: Pattern, times: int | None = None, *, src: str = "", dst: str = "") -> Rule:
        """Hold packets that match, as for `drop`, until `release`."""
        return self._rule(self._test(pattern, src, dst), "", times, self._hold)

    def release(self) -> int:
        """Hold no more, and let what is held go on its way, in the order it came; returns how many packets."""
        self.end(*(rule for rule in self.rules if rule.stop == self._hold))
        held, self.held = self.held, []
        for packet in held:
            if isinstance(packet, Segment):
                packet.connection.travel(packet)
            else:
                self.set_out(packet)
        return len(held)

    def duplicate(self, pattern: Pattern, times: int | None = 1, *, src: str = "", dst: str = "") -> Rule:
        """Let the next `times` packets that match, as for `drop`, arrive twice; over TCP nothing does."""
        return self._rule(self._test(pattern, src, dst), "", times, self._send_twice)

    def intercept(
        self, pattern: Pattern = "*", times: int | None = None, *, src: str = "", dst: str = ""
    ) -> Interception:
        """Stop packets that match, as for `drop`, and have each of them decided about: see `Interception`."""
        made = Interception(self, named(pattern))
        made.rule = self._rule(self._test(pattern, src, dst), "", times, made.take)
        self.interceptions.append(made)
        return made

    def filter(self, function: Callable[[Packet], bool | None]) -> Rule:
        """Show every packet to a function as it is sent; those for which it returns False are lost."""
        return self._rule(lambda packet: function(packet) is False, f"filtered out by {named(function)}", None)

    # How the network asks

    def passes(self, packet: Packet) -> bool:
        """Whether a packet goes on; else it is lost or kept by now. Scripts are about messages, so media pass."""
        rule = None if packet.lingering else self.rule_for(packet)
        if rule is None:
            return True
        if rule.stop is None:
            self.lose(packet, rule.why)
        else:
            rule.stop(packet)
        return False

    def rule_for(self, packet: Packet) -> Rule | None:
        """The rule that decides about a packet: the first that applies, in the order in which they were made."""
        return next((rule for rule in self.rules if rule.meets(packet)), None)

    def end(self, *rules: Rule) -> None:
        """Let these rules apply no more."""
        self.rules = tuple(rule for rule in self.rules if rule not in rules)
        self.changed()

    def _rule(self, test: Test, why: str, times: int | None, stop: Stop | None = None) -> Rule:
        rule = Rule(self, test, why, times, stop)
        self.rules += (rule,)
        self.changed()
        return rule

    def give_up(self) -> None:
        """End every rule; what is held or stopped is lost."""
        self.end(*self.rules)
        while self.held:
            packet = self.held.pop(0)
            if not isinstance(packet, Segment):
                self.lose(packet, "the network was closed")
        for interception in self.interceptions:
            interception.abandon("the network was closed")

    def _send_twice(self, packet: Packet) -> None:
        if isinstance(packet, Segment):
            packet.connection.travel(packet)
            return
        self.double(packet)
        for copy in (packet, packet.again()):
            self.set_out(copy)

    def _hold(self, packet: Packet) -> None:
        self.held.append(packet)

    def _test(self, pattern: Pattern, src: str, dst: str) -> Test:
        """Whether a packet matches a pattern, and goes from one node to the other where they are given."""
        test = packet_test(pattern)
        if not (src or dst):
            return test
        source, destination = (self.known(name)[0] if name else "" for name in (src, dst))
        return lambda packet: (
            source in ("", self.node_at(packet.source))
            and destination in ("", self.node_at(packet.destination))
            and test(packet)
        )


def named(pattern: Pattern) -> str:
    """A pattern in words."""
    return pattern if isinstance(pattern, str) else getattr(pattern, "__name__", "a function")
