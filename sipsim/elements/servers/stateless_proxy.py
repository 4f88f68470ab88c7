"""A stateless proxy: passes messages on one by one and remembers none of them (RFC 3261 §16.11)."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial
from typing import Any

from sipsim.elements.refusing import refuse_statelessly
from sipsim.elements.servers.proxy import RING_TIME, Proxy
from sipsim.elements.via import stamped, way_back
from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import Request, Response
from sipsim.protocol.inspection import Refusal
from sipsim.protocol.matching import stateless_tag
from sipsim.protocol.options import Option, one_of
from sipsim.protocol.users import Users
from sipsim.simulation.network import Packet


def _unknown_to_it(name: str, value: object, allowed: object = None) -> None:
    """`UsageError` for what takes a proxy with state."""
    if value is not allowed:
        why = "asks nobody for a password" if name == "challenges" else "does not wait for answers"
        raise UsageError(f"{name}: {value!r} will not do, a stateless proxy {why}; that takes stateful=True")


class StatelessProxy(Proxy):
    """Forwards each request to its first target, repetitions too, and each response by its Via.

    It repeats nothing by itself, says no 100, and can't fork. What it refuses it refuses without a transaction
    (§8.2.7). As a registrar it works like any other. An ACK gets the branch of its INVITE, and goes where that went.
    """

    kind = "stateless proxy"
    remembers = False
    stateful = Option[bool](partial(one_of, allowed=(False,)), fixed=True)
    forking = Option[str](partial(one_of, allowed=("parallel",)))
    recurse = Option[bool](partial(one_of, allowed=(False,)))
    queue_limit = Option["int | None"](partial(one_of, allowed=(None,)))

    challenges = Option[str](partial(_unknown_to_it, allowed="own"))
    ring_time = Option[float](partial(_unknown_to_it, allowed=RING_TIME))

    def __init__(self, *where: Any, users: Container[str] | None = None, **options: Any) -> None:
        if isinstance(users, (Mapping, Users)):
            raise UsageError("users: a stateless proxy asks nobody for a password; give names only, or stateful=True")
        for name in ("challenges", "ring_time"):
            if name in options:
                _unknown_to_it(name, options[name])
        super().__init__(*where, users=users, **options)

    def _handle_request(self, request: Request, packet: Packet) -> None:
        if request.method == "REGISTER" and self.relay_to is None and self.serves(request.uri):
            super()._handle_request(request, packet)
            return
        try:
            self._take(request, packet)
        except SipParseError as error:  # in a header field that only now somebody looked at
            self.on_unreadable(request, error, packet)
            raise

    def _take(self, request: Request, packet: Packet) -> None:
        """Forward a request, or refuse it."""
        request = stamped(request, packet.source)
        way = self.way(request)
        if request.method == "ACK" and (isinstance(way, Refusal) or request.to_tag == stateless_tag(request)):
            self.ignored("an ACK for a refusal of our own", "RFC 3261 §8.2.7")
        elif isinstance(way, Refusal):
            refuse_statelessly(self, request, packet, way)
        else:
            self.pass_on(*way, packet.transport)

    def _handle_response(self, response: Response) -> None:
        passed = response.without_first("Via")
        hop = None
        if response.sent_by == f"{self.address}".lower() and passed.has("via"):
            hop = way_back(passed.via, self.names, self.name)
        if hop is None:
            self.ignored("a response that did not come by here", "RFC 3261 §16.11")
        else:
            self.send(passed, hop)
