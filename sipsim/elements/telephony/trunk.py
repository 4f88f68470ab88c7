"""The trunk between a gateway and its exchange: which circuits are taken, and how ISUP messages get to the other end.

They are records of kind "isup", with names and parameters; they take `delay` seconds, and none is lost. Both ends know
at once which circuits are taken, so that none is ever seized from both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sipsim.elements.alarm import Alarm, set_alarm
from sipsim.protocol.isup import label
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.elements.telephony.gateway import Gateway
    from sipsim.elements.telephony.switch import Switch


Translated = Mapping[str, list[str]]
"""Numbers and speech before and after, by "called", "calling" and "speech"."""
NOTHING: Translated = {}

T1, T5 = 60.0, 300.0
"""Seconds until a REL without its RLC is sent again, and until that is given up (Q.764 §2.9.6)."""


class Trunk:
    """The circuits from 1 on, and the way between the two ends, each of which has its calls in `legs`, by circuit.

    A REL that no RLC answers is repeated each T1. After T5 an RSC is sent, and the circuit is out of use until the
    other end resets it.
    """

    def __init__(self, gateway: Gateway, exchange: Switch, circuits: int, delay: float) -> None:
        self.gateway, self.exchange, self.delay = gateway, exchange, delay
        self.circuits = range(1, circuits + 1)
        self.taken: set[int] = set()
        self._calls: dict[int, str] = {}  # Call-IDs by circuit: the RLC comes when the legs are gone
        self._unconfirmed: dict[tuple[str, int], Alarm | Timer] = {}

    def seize(self) -> int:
        """The first idle circuit, taken from now on until an RLC comes; 0 where there is none."""
        circuit = next((number for number in self.circuits if number not in self.taken), 0)
        self.taken |= {circuit} - {0}
        return circuit

    def forget(self) -> None:
        """Every circuit is idle, and every telephone."""
        self.taken.clear()
        for end, circuit in list(self._unconfirmed):
            self._confirm(end, circuit)
        for leg in [*self.gateway.legs.values(), *self.exchange.legs.values()]:
            leg.leave()
        for telephone in self.exchange.telephones.values():
            telephone.state = "idle"

    def say(
        self, end: Gateway | Switch, circuit: int, name: str, translated: Translated = NOTHING, **parameters: Any
    ) -> None:  # fmt: skip
        """Send a message to the other end; its record has what was `translated` for it."""
        if not end.down:
            self._send(end, circuit, name, parameters, {"translated": translated} if translated else {})
            if name == "REL":
                self._wait(end, circuit, parameters, T5 - T1)

    def _send(
        self, end: Gateway | Switch, circuit: int, name: str, parameters: dict[str, Any], more: dict[str, Any]
    ) -> None:  # fmt: skip
        other = self.exchange if end is self.gateway else self.gateway
        known = "" if name == "IAM" else self._calls.get(circuit, "")
        self._calls[circuit] = call = getattr(self.gateway.legs.get(circuit), "call_id", "") or known
        record = end.trace.add(
            "isup", end.env.now, end.name, peer=other.name, name=name, circuit=circuit, parameters=parameters,
            text=label(name, parameters), delay=self.delay, call=call, **more,
        )  # fmt: skip
        end.env.call_later(self.delay, self._arrive, other, record, circuit, name, parameters)

    def _wait(self, end: Gateway | Switch, circuit: int, parameters: dict[str, Any], left: float) -> None:
        alarm = set_alarm(end, "T1", T1, "circuit", f"{circuit}", False, self._again, end, circuit, parameters, left)
        self._unconfirmed[end.name, circuit] = alarm

    def _again(self, end: Gateway | Switch, circuit: int, parameters: dict[str, Any], left: float) -> None:
        """No RLC has come; an end that is down has forgotten that it waits for one."""
        self._confirm(end.name, circuit)
        if not end.down:
            self._send(end, circuit, "REL" if left else "RSC", parameters if left else {}, {})
            if left:
                self._wait(end, circuit, parameters, left - T1)

    def _confirm(self, end: str, circuit: int) -> None:
        if (end, circuit) in self._unconfirmed:
            self._unconfirmed.pop((end, circuit)).cancel()

    def _arrive(self, end: Gateway | Switch, record: int, circuit: int, name: str, parameters: dict[str, Any]) -> None:
        trace, leg = end.trace, end.legs.get(circuit)
        trace.current = record
        if name in ("RLC", "RSC"):
            self._confirm(end.name, circuit)
        if name == "RLC":
            self.taken.discard(circuit)
        elif end.down:
            trace.ignored(end.env.now, end.name, f"{end.name} is down")
        elif leg is not None:
            leg.take(name, parameters)
        elif name == "IAM":
            end.seized(circuit, parameters)
        elif name in ("REL", "RSC"):
            self.say(end, circuit, "RLC")
        else:
            trace.ignored(end.env.now, end.name, f"no call on circuit {circuit}")
        trace.current = 0
