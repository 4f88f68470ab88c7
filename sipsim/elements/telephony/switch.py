"""The exchange that a gateway leads to, with its telephones."""

from __future__ import annotations

from sipsim.elements.telephony.gateway import Gateway
from sipsim.elements.telephony.leg import Leg
from sipsim.elements.telephony.telephone import Telephone
from sipsim.elements.telephony.trunk import T1, Trunk
from sipsim.errors import UsageError
from sipsim.protocol.isup import Parameters
from sipsim.protocol.numbering import LONGEST, SHORTEST
from sipsim.protocol.options import not_allowed, seconds, whole


class Switch:
    """An exchange, which never fails, connected to a gateway by so many `circuits`; it knows the gateway's dial plan.

    `telephone(number)` connects one, `telephones` has them by their whole numbers.
    """

    down, t7, t9 = False, 20.0, 180.0

    def __init__(self, gateway: Gateway, name: str = "exchange", *, circuits: int = 30, delay: float = 0.02) -> None:
        if not isinstance(gateway, Gateway):
            raise not_allowed("gateway", gateway, "gateways, as `lab.gateway(domain)` makes them")
        if gateway.trunk is not None:
            raise UsageError(f"gateway: {gateway.name} leads to {gateway.trunk.exchange.name} already")
        if not isinstance(name, str) or not name:
            raise not_allowed("name", name, "texts")
        whole("circuits", circuits, 0, 10_000)
        seconds("delay", delay, 0.0, T1 / 4)  # so that no RLC is late
        self.env, self.trace, self.name = gateway.env, gateway.trace, name
        self.plan, self.law = gateway.plan, gateway.law
        self.legs: dict[int, Leg] = {}
        self.telephones: dict[str, Telephone] = {}
        self.trunk = gateway.trunk = Trunk(gateway, self, circuits, delay)
        self.trace.register(name, "exchange")

    def telephone(self, number: str, *, answers: float | None = 2.0) -> Telephone:
        """The telephone with this number, as it is dialled here; `answers` as in `Telephone.picks_up`."""
        whole = self.dialled(number)
        self.telephones[whole] = telephone = self.telephones.get(whole) or Telephone(self, whole)
        telephone.picks_up(answers)
        return telephone

    def dialled(self, number: str) -> str:
        """The whole number that somebody dials here; `UsageError` for what is none."""
        found = self.plan.whole(number) if isinstance(number, str) else ""
        if not SHORTEST < len(found) <= LONGEST + 1:
            raise not_allowed("number", number, "telephone numbers such as '+31205550100'")
        return found

    def seized(self, circuit: int, parameters: Parameters) -> None:
        """A call from the gateway, for one of the telephones, or for nobody."""
        number = self.plan.e164(str(parameters["called"]))
        if number in self.telephones:
            self.telephones[number].alert(circuit)
        else:
            begun = any(known.startswith(number) for known in self.telephones)
            self.trunk.say(self, circuit, "REL", cause=28 if begun else 1)
