"""The elements of a lab: each kind made by one method, under a name that is free, and found by its domain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sipsim.elements.agents.focus import Focus
from sipsim.elements.agents.scripted_peer import ScriptedPeer, check_script
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.element import Element
from sipsim.elements.servers.alg import Alg
from sipsim.elements.servers.b2bua import B2bua
from sipsim.elements.servers.presence_server import PresenceServer
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.servers.redirect_server import RedirectServer
from sipsim.elements.servers.registrar import Registrar
from sipsim.elements.servers.stateless_proxy import StatelessProxy
from sipsim.elements.story import Story
from sipsim.elements.telephony.gateway import Gateway
from sipsim.elements.telephony.switch import Switch
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.protocol.digest_client import ANY
from sipsim.protocol.location import LocationService, as_uri
from sipsim.protocol.options import check_options, not_allowed, yes_or_no
from sipsim.protocol.options import domain as check_domain
from sipsim.protocol.registering import Limits
from sipsim.simulation.environment import Environment
from sipsim.simulation.names import NameService

E = TypeVar("E", bound=Element)
R = TypeVar("R", bound=Registrar)


class Cast(Bench):
    """What a lab makes its elements by, and where it keeps them: `elements`, by name.

    `switches` are the exchanges behind gateways, by name too: they have no address.
    """

    env: Environment
    names: NameService
    elements: dict[str, Element]
    switches: dict[str, Switch]

    def user_agent(
        self, uri: str, name: str | None = None, *, answers: float = 2.0, outbound: Element | str | None = None,
        password: str | None = None, username: str | None = None, realm: str = ANY, host: str | None = None,
        kind: type[UserAgent] = UserAgent, codecs: Iterable[str] | None = None, transport: str = "udp", **options: Any,
    ) -> UserAgent:  # fmt: skip
        """A phone for the user of a SIP URI; its name is the user's unless another is given.

        Further options, such as `video`, are those of `UserAgent`.
        """
        check_options(kind, options, UserAgent)
        agent = kind(
            self.env, self, self._user_name(name, uri), uri, answers=answers, outbound=outbound, password=password,
            username=username, realm=realm, host=host or "", codecs=codecs, transport=transport, **options,
        )  # fmt: skip
        return self._place(agent)

    def proxy(
        self, domain: str, name: str | None = None, *, forking: str = "parallel", record_route: bool = True,
        stateful: bool = True, location: LocationService | None = None, host: str | None = None,
        kind: type[Proxy] = Proxy, **options: Any,
    ) -> Proxy:  # fmt: skip
        """The proxy of a domain, which is its registrar too. See `Proxy` for options, and `StatelessProxy`."""
        yes_or_no("stateful", stateful)
        check_options(kind if stateful else StatelessProxy, options, Proxy, Limits._fields)
        proxy = (kind if stateful else StatelessProxy)(
            self.env, self, self._name(name, "proxy"), domain, forking=forking, record_route=record_route,
            location=location, host=host or "", **options,
        )  # fmt: skip
        return self._place(proxy, serves=True)

    def alg(
        self, domain: str, name: str | None = None, *, relay_to: Element | str | None = None, host: str | None = None,
        **options: Any,
    ) -> Alg:  # fmt: skip
        """An application-level gateway, which calls and their media pass; the domain is its own name. See `Alg`."""
        return self._registrar(Alg, "alg", domain, name, host, options | {"relay_to": relay_to}, serves=True)

    def b2bua(
        self, domain: str, name: str | None = None, *, relay_to: Element | str | None = None, host: str | None = None,
        **options: Any,
    ) -> B2bua:  # fmt: skip
        """The back-to-back user agent of a domain, which is its registrar too: each call becomes two. See `B2bua`."""
        return self._registrar(B2bua, "b2bua", domain, name, host, options | {"relay_to": relay_to}, serves=True)

    def gateway(self, domain: str, name: str | None = None, *, host: str | None = None, **options: Any) -> Gateway:
        """A gateway to the telephone network, for calls to the numbers of a domain; `switch` gives it an exchange.

        Its options, such as `law`, `plan` and `calls_to`, are those of `Gateway`; others are those of `UserAgent`.
        """
        check_options(Gateway, options, UserAgent)
        check_domain("domain", domain)
        name = self._name(name, "gateway")
        return self._place(Gateway(self.env, self, name, f"sip:gateway@{domain}", host=host or "", **options))

    def switch(
        self, gateway: Gateway, name: str | None = None, *, circuits: int = 30, delay: float = 0.02
    ) -> Switch:  # fmt: skip
        """The exchange that a gateway leads to, by so many circuits; messages take `delay` seconds. See `Switch`.

        `telephone(number)` connects a telephone to it.
        """
        if gateway not in self.elements.values():
            raise not_allowed("gateway", gateway, "gateways of this lab")
        switch = Switch(gateway, self._name(name, "exchange"), circuits=circuits, delay=delay)
        self.switches[switch.name] = switch
        return switch

    def focus(self, uri: str, name: str | None = None, *, host: str | None = None, **options: Any) -> Focus:
        """The focus of the conference with this URI: whoever calls it is in. See `Focus`, and `UserAgent`."""
        check_options(Focus, options, UserAgent)
        return self._place(Focus(self.env, self, self._user_name(name, uri), uri, host=host or "", **options))

    def registrar(
        self, domain: str, name: str | None = None, *, location: LocationService | None = None,
        host: str | None = None, **options: Any,
    ) -> Registrar:  # fmt: skip
        """The registrar of a domain, on a location service of its own or a shared one. See `Registrar` for options."""
        return self._registrar(Registrar, "registrar", domain, name, host, options | {"location": location})

    def presence_server(
        self, domain: str, name: str | None = None, *, host: str | None = None, **options: Any
    ) -> PresenceServer:  # fmt: skip
        """The presence server of a domain: it takes what is published, and tells subscribers. See `PresenceServer`."""
        check_options(PresenceServer, options, PresenceServer)
        name = self._name(name, "presence")
        return self._place(PresenceServer(self.env, self, name, domain, host=host or "", **options))

    def redirect_server(
        self, domain: str, name: str | None = None, *, location: LocationService | None = None,
        host: str | None = None, **options: Any,
    ) -> RedirectServer:  # fmt: skip
        """The redirect server of a domain, on a location service of its own or a shared one. See `RedirectServer`."""
        options["location"] = location
        return self._registrar(RedirectServer, "redirect", domain, name, host, options, serves=True)

    def scripted_peer(self, uri: str, name: str | None = None, *, host: str | None = None) -> ScriptedPeer:
        """A peer that sends what a story says, proper or not, and waits for what it expects. See `ScriptedPeer`."""
        return self._place(ScriptedPeer(self.env, self, self._user_name(name, uri), uri, host=host or ""))

    def peer(
        self, name: str, script: Callable[[ScriptedPeer], Story] | Story | None = None, *, host: str | None = None
    ) -> ScriptedPeer:  # fmt: skip
        """A peer that follows a script: a generator function of the peer, such as

            def script(peer):
                invite = yield peer.receive("INVITE")
                peer.send(invite.reply(180))

        `name` is a bare one, and then its `uri` leads straight to it, or a SIP URI. See `ScriptedPeer`.
        """
        bare = ":" not in f"{name}"
        uri = as_uri("name", f"sip:{name}@localhost" if bare else name)
        known = self._name(name if bare else None, uri.user or f"{uri}")
        if script is not None:
            check_script(script)
        peer = self._place(ScriptedPeer(self.env, self, known, "" if bare else uri, host=host or ""))
        if script is not None:
            peer.follow(script)
        return peer

    def _registrar(
        self, kind: type[R], usual: str, domain: str, name: str | None, host: str | None, options: dict[str, Any],
        serves: bool = False,
    ) -> R:  # fmt: skip
        check_options(kind, options, kind, Limits._fields)
        return self._place(kind(self.env, self, self._name(name, usual), domain, host=host or "", **options), serves)

    def _place(self, element: E, serves: bool = False) -> E:
        self.elements[element.name] = element
        element.is_complete = type(element).__module__.startswith("sipsim.")  # others may have attributes of their own
        domain = getattr(element, "domain", None)
        if domain is not None:
            if serves:
                self.names.remove(domain)
            if serves or not self.names.knows(domain):
                self.names.add(domain, element.address)
        return element

    def _user_name(self, name: str | None, uri: str) -> str:
        """A name for who acts for a user: the one wanted, or else the user's."""
        return self._name(name, as_uri("uri", uri).user or f"{uri}")

    def _name(self, name: str | None, otherwise: str) -> str:
        """A name that is still free: the one wanted, or else one made of the kind of element."""
        if name is not None:
            if not isinstance(name, str):
                raise not_allowed("name", name, "texts")
            if not name or self._is_taken(name):
                raise UsageError(f"name: {name!r} is taken already" if name else "name: is empty")
            return name
        count = 1
        while self._is_taken(found := otherwise if count == 1 else f"{otherwise}{count}"):
            count += 1
        return found

    def _is_taken(self, name: str) -> bool:
        return name in self.elements or name in self.switches
