"""CSIP: an application's way to the SIP server, of which it has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.capabilities import PLATFORM, Handles
from sipsim.apis.symbian.errors import (
    KErrAlreadyExists,
    KErrArgument,
    KErrNotFound,
    KErrPermissionDenied,
    Leave,
    expect,
)
from sipsim.apis.symbian.lifetime import Deletable
from sipsim.apis.symbian.observers import MSIPObserver
from sipsim.apis.symbian.server import SIPServer
from sipsim.apis.symbian.stack import Stack

if TYPE_CHECKING:
    from sipsim.apis.symbian.connection import CSIPConnection
    from sipsim.apis.symbian.http_digest import CSIPHttpDigest


ANYTHING = Handles()


class CSIP(Deletable):
    """An application's link to the server (the original's CSIP); one for each `aUid` of a device.

    `platform` are the platform's capabilities that it holds, `handles` what it says that it can do.
    """

    def __init__(
        self, aUid: int, aObserver: MSIPObserver, aServer: SIPServer, *, platform: Iterable[str] = PLATFORM,
        handles: Handles = ANYTHING,
    ) -> None:  # fmt: skip
        if not isinstance(aObserver, MSIPObserver):
            raise Leave(KErrArgument, "aObserver: an MSIPObserver is needed")
        expect("aServer", aServer, SIPServer)
        expect("aUid", aUid, int)
        self.uid = aUid
        self.observer = aObserver
        self.server = aServer
        self.platform = frozenset(platform)
        self.handles = handles
        self.connections: dict[int, CSIPConnection] = {}
        self.http_digest: CSIPHttpDigest | None = None
        self.security_handling = True
        self.mechanisms = ("digest",)
        self.negotiated: dict[str, str] = {}
        self.permitted("WriteDeviceData")
        if aUid in aServer.applications:
            raise Leave(KErrAlreadyExists, f"application {aUid} has its CSIP already")
        with aServer.first.lane.calling("CSIP.NewL"):
            aServer.attach(self)

    @classmethod
    def NewL(cls, aUid: int, aObserver: MSIPObserver, aServer: SIPServer, **options: Any) -> CSIP:
        """Connect to the server, which starts if it does not run; leaves with KErrAlreadyExists for a second one."""
        return cls(aUid, aObserver, aServer, **options)

    def permitted(self, *needed: str) -> None:
        """Leave with KErrPermissionDenied where a capability of the platform is missing."""
        missing = [name for name in needed if name not in self.platform]
        if missing:
            raise Leave(KErrPermissionDenied, f"the application lacks {', '.join(missing)}")

    def Connection(self, aIapId: int) -> CSIPConnection | None:
        """This application's connection at an access point; None where it has none."""
        self.usable()
        expect("aIapId", aIapId, int)
        return self.connections.get(aIapId)

    ConnectionL = connection = Connection

    def SupportedSecurityMechanismsL(self) -> tuple[str, ...]:
        """The security mechanisms that can be agreed on with a first hop (RFC 3329)."""
        self.usable()
        return self.mechanisms

    def NegotiatedSecurityMechanismL(self, aHop: str) -> str:
        """What was agreed on with a hop; leaves with KErrNotFound where nothing was."""
        self.usable()
        expect("aHop", aHop, str)
        if aHop not in self.negotiated:
            raise Leave(KErrNotFound, f"nothing was agreed on with {aHop}")
        return self.negotiated[aHop]

    def SetSecurityHandling(self, aEnabled: bool) -> None:
        """Whether the stack agrees on security by itself."""
        self.usable()
        with self.server.first.lane.calling("SetSecurityHandling", bool(aEnabled)):
            self.security_handling = bool(aEnabled)

    SupportedSecurityMechanisms = supported_security_mechanisms = SupportedSecurityMechanismsL
    NegotiatedSecurityMechanism = NegotiatedSecurityMechanismL

    def tell(self, name: str, *what: Any, stack: Stack | None = None) -> None:
        """Call the observer."""
        if not self.deleted:
            (stack or self.server.first).lane.back(getattr(self.observer, name), *what, name=name)

    def Delete(self) -> None:
        """Close the link to the server: all connections end with it; leaves with KErrInUse in a callback of one."""
        self.usable()
        for connection in self.connections.values():
            connection.may_end()
        with self.deleting(self.server.first.lane):
            for connection in list(self.connections.values()):
                connection.close()
            self.server.applications.pop(self.uid, None)
