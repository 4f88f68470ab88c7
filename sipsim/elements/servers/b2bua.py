"""A back-to-back user agent: it takes calls and places them on, so that neither side sees the other (RFC 7092 §3.1)."""

from __future__ import annotations

from typing import Any

from sipsim.elements.agents.through import Through
from sipsim.elements.calls.bridge import Leg, PassingInvite, kind_of
from sipsim.elements.calls.onward import across, onward, unclear
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.registrar import REGISTERS, Registrar
from sipsim.elements.workbench import Bench
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol import inspection
from sipsim.protocol.dialog import Dialog, DialogKey
from sipsim.protocol.inspection import NO_DIALOG, Abilities, Refusal
from sipsim.protocol.matching import server_key
from sipsim.protocol.routing import TOO_FAR
from sipsim.simulation.environment import Environment

PASSES = Abilities(methods=("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "MESSAGE", "REGISTER", "SUBSCRIBE"))
"""What it takes outside of dialogs, the last two as a registrar; within one everything goes on."""


class B2bua(Registrar):
    """The back-to-back user agent of a domain, and its registrar: a small private exchange, for signalling only.

    A call becomes two, each with its own Call-ID, tags, numbers and Contact. Bodies and all other header fields go on
    as they came, Max-Forwards lowered: so session descriptions do, and media go from phone to phone. What the two ends
    agree on, session timers and reliable responses for instance, and REFER in a dialog, is between them. Its own users
    are called where they have registered, the best liked contact only, everybody else through `relay_to`, an element
    or a URI, or else where the URI leads. The other keywords are those of `Registrar`.
    """

    kind = "B2BUA"
    relay_to = Through()
    """The server that calls to others than its own users go through."""

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *,
        relay_to: Element | str | Uri | None = None, **registrar: Any,
    ) -> None:  # fmt: skip
        self.relay_to = relay_to
        super().__init__(env, bench, name, domain, **registrar)
        self.legs: dict[DialogKey, Leg] = {}
        self.under_way: dict[Exchange, PassingInvite] = {}

    @property
    def contact(self) -> str:
        """The Contact of both sides, which is all that either learns of the other's address."""
        return f"<sip:{self.host_port}>"

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.to_tag or request.method == "BYE":
            leg = self._leg_of(request)
            if leg is None:
                refuse(self, exchange, NO_DIALOG)
            elif (refused := unclear(request)) is not None:
                refuse(self, exchange, refused)
            else:
                leg.on_request(exchange, request)
        elif request.method in REGISTERS.methods:
            super().on_request(exchange, request)
        else:
            self._pass(exchange, request)

    def on_ack(self, request: Request) -> None:
        leg = self._leg_of(request)
        if leg is None or leg.accepted is None:
            super().on_ack(request)
        else:
            leg.accepted.on_ack(request)

    def _cancel(self, exchange: Exchange, request: Request) -> None:
        passing = self.under_way.get(self.servers.get(server_key(request, "INVITE")))  # type: ignore[arg-type]
        if passing is not None:
            passing.cancel(across(request))
        super()._cancel(exchange, request)

    def _leg_of(self, request: Request) -> Leg | None:
        return self.legs.get((request.call_id, request.to_tag or "", request.from_tag or ""))

    # A first request

    def _pass(self, exchange: Exchange, request: Request) -> None:
        target = self._target(request)
        if isinstance(target, Refusal):
            refuse(self, exchange, target)
        elif self.gate is None or self.gate.check(self, exchange, request).refusal is None:
            tag, call_id = self.identifiers.tag(self.name), self.identifiers.call_id(self.name, self.address.host)
            from_, to = (str(NameAddr(end.display, end.uri)) for end in (request.from_, request.to))
            dialog = Dialog(call_id, f"{from_};tag={tag}", tag, to, "", 0, None, target, ())
            hop = self.relay_to if self.relay_to is not None and target is request.uri else target
            kind_of(request)(self, exchange, onward(self, dialog, request), hop)

    def _target(self, request: Request) -> Uri | Refusal:
        """Whom a first request goes to, or why it goes nowhere."""
        refused = inspection.method(request, PASSES) or inspection.scheme(request, REGISTERS) or unclear(request)
        if refused is not None or request.max_forwards == 0:
            return refused or TOO_FAR
        found = self.location.look_up(request.uri.aor, self.env.now)
        if not found and self.relay_to is None and self.is_here(request.uri):
            return self.absent(request.uri, "RFC 3261 §8.2.2.1")
        return found[0].contact if found else request.uri

    # Failing, and leaving nothing behind

    def lose_state(self) -> None:
        super().lose_state()
        for leg in self.legs.values():
            leg.forget()
        self.legs.clear()
        self.under_way.clear()

    def leftovers(self) -> list[str]:
        return super().leftovers() + [f"{self.name}: {' '.join(key)}" for key in self.legs]
