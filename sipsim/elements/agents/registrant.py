"""A registrant: an endpoint that tells the registrar of its user's domain where the user is (RFC 3261 §10.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.agents.registration import Contacts, Registration
from sipsim.elements.outcome import Outcome
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message.fields import STAR, NameAddr
from sipsim.message.uri import Uri
from sipsim.protocol.location import DEFAULT_EXPIRES, as_contacts
from sipsim.protocol.options import number, whole_seconds
from sipsim.protocol.refreshing import RefreshPolicy, as_policy
from sipsim.simulation.environment import Environment


class Registrant(Endpoint):
    """What a user agent does about its registration, which is in `registration`; its keywords are `Endpoint`'s."""

    def __init__(self, env: Environment, bench: Bench, name: str, uri: str | Uri, **endpoint: Any) -> None:
        super().__init__(env, bench, name, uri, **endpoint)
        self.registration = Registration(self)

    def register(
        self, expires: int | None = DEFAULT_EXPIRES, *, contacts: Iterable[str | Uri] | None = None,
        q: float | None = None, refresh: bool | RefreshPolicy = False, cache_outbound: bool = False,
    ) -> Outcome:  # fmt: skip
        """Register this phone's address for `expires` seconds; gives the `Registration`, or `RegistrationFailed`.

        With `expires=None` the registrar chooses. `contacts` are URIs or Contact values of any scheme, to be bound
        instead of this phone's own (`agent.contact` among them binds it too); `q`, from 0 to 1, says how much those
        without a q of their own are liked. `refresh` keeps the registration up, as a policy says, until this phone
        unregisters or crashes, or a refresh is refused (see `Registration.ended`); one that times out, or meets a
        server in trouble, is tried again, with growing pauses. A phone that restarts registers anew where it was
        registered. `cache_outbound` takes the address of the outbound proxy that is found for a REGISTER for all other
        requests, until the next REGISTER, which looks again.
        """
        if expires is not None:
            whole_seconds("expires", expires)
        named, policy = self._named(contacts, q), as_policy(refresh)
        if policy is not None:
            policy.require(expires)
        with self.acting(f"{self.name}.register()"):
            return self.registration.ask(named, expires, policy, cache_outbound)

    def unregister(self) -> Outcome:
        """Remove what this phone has bound, and nothing else (RFC 3261 §10.2.2)."""
        with self.acting(f"{self.name}.unregister()"):
            return self.registration.ask(self.registration.bound, 0)

    def unregister_all(self) -> Outcome:
        """Remove all bindings of the user, those of other phones too, with `Contact: *` (§10.2.2)."""
        with self.acting(f"{self.name}.unregister_all()"):
            return self.registration.ask((STAR,), 0)

    def query_bindings(self) -> Outcome:
        """Ask for the user's bindings and change none (§10.2.3); gives the Contact values, or `RegistrationFailed`."""
        with self.acting(f"{self.name}.query_bindings()"):
            return self.registration.ask(())

    def move(self, host: str = "", port: int = 0) -> None:
        old = self.contact_uri
        super().move(host, port)
        self.registration.moved(old)

    def restart(self) -> None:
        """Come back at the same address, with nothing remembered; who was registered registers anew."""
        super().restart()
        with self.acting(f"{self.name}.restart()"):
            self.registration.boot()

    def forget_users(self) -> None:
        self.registration.forget()
        super().forget_users()

    def _named(self, contacts: Iterable[str | Uri] | None, q: float | None) -> Contacts:
        """The contacts to bind; `UsageError` for what is none, and for a q that is none."""
        named = (NameAddr("", self.contact_uri),) if contacts is None else as_contacts(contacts)
        if not named:
            raise UsageError("contacts: are none; query_bindings() asks for bindings, unregister() removes them")
        if q is None:
            return named
        number("q", q, 0.0, 1.0)
        text = f"{q:.3f}".rstrip("0").rstrip(".")
        return tuple(one.with_param("q", one.param("q", text)) for one in named)
