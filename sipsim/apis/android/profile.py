"""`SipProfile`: an account at a SIP server, or the address of a peer; and its `Builder`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from sipsim.apis.android.errors import IllegalArgumentException, ParseException, optional, required
from sipsim.errors import SipParseError
from sipsim.message.uri import Uri

DEFAULT_PORT = 5060
LEAST_PORT, LARGEST_PORT = 1000, 65535
PROTOCOLS = ("UDP", "TCP")


@dataclass(frozen=True, slots=True)
class SipProfile:
    """An account, its domain and its server: the local profile is the user's, the peer profile the other end's."""

    Builder: ClassVar[type[Builder]]

    uri: Uri
    password: str | None = field(default=None, repr=False)
    authUserName: str | None = None
    profileName: str = ""
    displayName: str = ""
    protocol: str = "UDP"
    proxyAddress: str = ""
    sendKeepAlive: bool = False
    autoRegistration: bool = True

    def __str__(self) -> str:
        return self.getUriString()

    def getUri(self) -> Uri:
        """The address as a value."""
        return self.uri

    def getUriString(self) -> str:
        """The address, without any password; it names the profile to `SipManager`."""
        return str(self.uri)

    def getUserName(self) -> str:
        return self.uri.user or ""

    def getAuthUserName(self) -> str | None:
        """The name that the server knows the user by, None where it is the user name."""
        return self.authUserName

    def getPassword(self) -> str | None:
        return self.password

    def getSipDomain(self) -> str:
        return self.uri.host

    def getPort(self) -> int:
        return self.uri.port or DEFAULT_PORT

    def getProtocol(self) -> str:
        """ "UDP" or "TCP"."""
        return self.protocol

    def getProxyAddress(self) -> str:
        """The outbound proxy, "" without one."""
        return self.proxyAddress

    def getDisplayName(self) -> str:
        return self.displayName

    def getProfileName(self) -> str:
        return self.profileName

    def getSendKeepAlive(self) -> bool:
        return self.sendKeepAlive

    def getAutoRegistration(self) -> bool:
        return self.autoRegistration


class Builder:
    """Makes profiles: `Builder(username, domain)`, `Builder(uri)` or `Builder(profile)`, then setters, then `build()`.

    A URI without scheme is a sip one; a password in it is taken out of it. Each setter returns the builder.
    """

    def __init__(self, of: SipProfile | str, serverDomain: str | None = None) -> None:
        required("username, uri or profile", of, str, SipProfile)
        if isinstance(of, SipProfile):
            self._made = of
            return
        optional("serverDomain", serverDomain, str)
        if serverDomain is None:
            text = of if of.lower().startswith(("sip:", "sips:")) else f"sip:{of}"
        else:
            text = f"sip:{of}@{serverDomain}"
        uri = self._parsed(text)
        self._made = SipProfile(uri.with_(password=None), uri.password)

    @staticmethod
    def _parsed(text: str) -> Uri:
        try:
            uri = Uri.parse(text)
        except SipParseError as error:
            raise ParseException(f"{text!r} is no SIP address: {error.reason}") from None
        if not uri.user:
            raise ParseException(f"{text!r} names no user; sip:user@domain does")
        return uri

    def setAuthUserName(self, name: str) -> Builder:
        """The name for the server, where that is not the user name."""
        return self._with(authUserName=name)

    def setProfileName(self, name: str) -> Builder:
        return self._with(profileName=name)

    def setPassword(self, password: str | None) -> Builder:
        return self._with(password=password)

    def setPort(self, port: int) -> Builder:
        """The server's port, 1000 to 65535; 5060 unless set."""
        if isinstance(port, bool) or not isinstance(port, int) or not LEAST_PORT <= port <= LARGEST_PORT:
            raise IllegalArgumentException(f"port: {port!r}; allowed are {LEAST_PORT} to {LARGEST_PORT}")
        return self._with(uri=self._made.uri.with_(port=None if port == DEFAULT_PORT else port))

    def setProtocol(self, protocol: str) -> Builder:
        """ "UDP" or "TCP"."""
        required("protocol", protocol, str)
        if protocol.upper() not in PROTOCOLS:
            raise IllegalArgumentException(f"protocol: {protocol!r}; allowed are {', '.join(PROTOCOLS)}")
        return self._with(protocol=protocol.upper())

    def setOutboundProxy(self, address: str) -> Builder:
        """The host, or host:port, that all requests go through."""
        return self._with(proxyAddress=address)

    def setDisplayName(self, name: str) -> Builder:
        return self._with(displayName=name)

    def setSendKeepAlive(self, flag: bool) -> Builder:
        """Whether to send OPTIONS in calls, now and then; not unless set."""
        return self._with(sendKeepAlive=flag)

    def setAutoRegistration(self, flag: bool) -> Builder:
        """Whether `SipManager.open` registers; it does unless this says no."""
        return self._with(autoRegistration=flag)

    def build(self) -> SipProfile:
        return self._made

    def _with(self, **what: object) -> Builder:
        self._made = replace(self._made, **what)  # type: ignore[arg-type]
        return self


SipProfile.Builder = Builder
