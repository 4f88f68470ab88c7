"""The trunk between a gateway and its exchange: which circuits are taken, and how ISUP messages get to the other end.

They are records of kind "isup", with names and parameters; they take `delay` seconds, and none is lost. Both ends know
at once which circuits are taken, so that none is ever seized from both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.protocol.isup import label

if TYPE_CHECKING:
    from sipsim.elements.telephony.gateway import Gateway
    from sipsim.elements.telephony.switch import Switch


class Trunk:
    """The circuits from 1 on, and the way between the two ends, each of which has its calls in `legs`, by circuit."""

    def __init__(self, gateway: Gateway, exchange: Switch, circuits: int, delay: float) -> None:
        self.gateway, self.exchange, self.delay = gateway, exchange, delay
        self.circuits = range(1, circuits + 1)
        self.taken: set[int] = set()

    def seize(self) -> int:
        """The first idle circuit, taken from now on until an RLC comes; 0 where there is none."""
        circuit = next((number for number in self.circuits if number not in self.taken), 0)
        self.taken |= {circuit} - {0}
        return circuit

    def forget(self) -> None:
        """Every circuit is idle, and every telephone."""
        self.taken.clear()
        for leg in [*self.gateway.legs.values(), *self.exchange.legs.values()]:
            leg.leave()
        for telephone in self.exchange.telephones.values():
            telephone.state = "idle"

    def say(self, end: Gateway | Switch, circuit: int, name: str, **parameters: Any) -> None:
        """Send a message to the other end."""
        if end.down:
            return
        other = self.exchange if end is self.gateway else self.gateway
        record = end.trace.add(
            "isup", end.env.now, end.name, peer=other.name, name=name, circuit=circuit, parameters=parameters,
            text=label(name, parameters), delay=self.delay, call=getattr(self.gateway.legs.get(circuit), "call_id", ""),
        )  # fmt: skip
        end.env.call_later(self.delay, self._arrive, other, record, circuit, name, parameters)

    def _arrive(self, end: Gateway | Switch, record: int, circuit: int, name: str, parameters: dict[str, Any]) -> None:
        trace, leg = end.trace, end.legs.get(circuit)
        trace.current = record
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
