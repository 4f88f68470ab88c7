"""The profile agent: registers as a profile says, and answers the challenges of its registrar from the profile."""

from __future__ import annotations

from dataclasses import dataclass

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.connection import CSIPConnection
from sipsim.apis.symbian.errors import expect
from sipsim.apis.symbian.lifetime import Final
from sipsim.apis.symbian.refresh import CSIPRefresh
from sipsim.apis.symbian.registration_binding import CSIPRegistrationBinding


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user set once: address of record, registrar, outbound proxy, and passwords.

    `credentials` are (realm, user name, password), of the registrar and of proxies alike.
    """

    aor: str
    registrar: str | None = None
    outbound_proxy: str | None = None
    credentials: tuple[tuple[str, str, str], ...] = ()
    expires: int | None = None


class ProfileAgent(Final):
    """Registers a profile over a connection; what the stack keeps of its passwords serves later requests too."""

    def __init__(self, connection: CSIPConnection, profile: Profile) -> None:
        expect("connection", connection, CSIPConnection)
        expect("profile", profile, Profile)
        self.connection = connection
        self.profile = profile
        for realm, user, password in profile.credentials:
            connection.stack.digest.add(realm, user, password)
        self.refresh = CSIPRefresh()
        self.binding = CSIPRegistrationBinding(
            connection, profile.aor, profile.registrar, None, self.refresh, aExpires=profile.expires
        )
        if profile.outbound_proxy is not None:
            self.binding.SetOutboundProxyL(profile.outbound_proxy)

    def Enable(self) -> CSIPClientTransaction:
        """Register."""
        return self.binding.RegisterL()

    def Disable(self) -> CSIPClientTransaction:
        """Deregister."""
        return self.binding.DeregisterL()
