"""The SIP server of a device: one stack that its applications share, an element for each access point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.bearer import Bearer
from sipsim.apis.symbian.errors import KErrAlreadyExists, KErrInUse, KErrNotFound, Leave, expect
from sipsim.apis.symbian.lifetime import Final
from sipsim.apis.symbian.message_elements import sip_uri
from sipsim.apis.symbian.stack import Stack
from sipsim.lab.lab import Lab
from sipsim.message.message import Request
from sipsim.protocol.refreshing import RefreshPolicy

if TYPE_CHECKING:
    from sipsim.apis.symbian.csip import CSIP

START_UP = 0.2
"""Seconds until the server's resources stand; a number of ours, the original only says that it takes a short time."""


class SIPServer(Final):
    """A device's server; applications meet it by `CSIP.NewL(uid, observer, server)`.

    `uri` is the user, `iaps` the numbers of the access points, `monitored` those with a bearer monitor (None: all).
    `strict` says what becomes of a transaction that is deleted too early: leave (True), or a note in the trace.
    """

    def __init__(
        self, lab: Lab, uri: str, name: str | None = None, *, iaps: Iterable[int] = (1,),
        monitored: Iterable[int] | None = None, start_up: float = START_UP, strict: bool = True,
        policy: RefreshPolicy | None = None,
    ) -> None:  # fmt: skip
        expect("lab", lab, Lab)
        self.lab = lab
        self.uri = sip_uri(uri)
        self.name = name or self.uri.user or "phone"
        self.strict = strict
        self.policy = policy or RefreshPolicy()
        self.applications: dict[int, CSIP] = {}
        self.ready = False
        self._start_up = start_up
        self._waiting: list[Callable[[], object]] | None = None
        watched = None if monitored is None else tuple(monitored)
        self.stacks: dict[int, Stack] = {}
        for iap in iaps:
            bearer = Bearer(watched is None or iap in watched)
            self.stacks[iap] = self._placed(iap, bearer, self.name if not self.stacks else f"{self.name}-{iap}")

    def _placed(self, iap: int, bearer: Bearer, name: str) -> Stack:
        """The element of an access point, on the bench."""
        elements = self.lab.elements
        if name in elements:
            raise Leave(KErrAlreadyExists, f"name: {name!r} is taken already")
        made = elements[name] = Stack(self, iap, bearer, name)
        made.is_complete = True
        return made

    def stack(self, iap: int) -> Stack:
        """The element of an access point; leaves with KErrNotFound for an unknown number."""
        if iap not in self.stacks:
            raise Leave(KErrNotFound, f"there is no access point {iap!r}")
        return self.stacks[iap]

    @property
    def first(self) -> Stack:
        """The stack of the first access point, in whose lane stands what is about none of them."""
        return next(iter(self.stacks.values()))

    def attach(self, csip: CSIP) -> None:
        """Serve one more application; the first one starts the server."""
        self.applications[csip.uid] = csip
        if self._waiting is None:
            self._waiting = []
            first = self.first
            first.trace.add("note", first.env.now, first.name, text="the SIP server starts")
            first.later(self._start_up, self._started)

    def when_ready(self, fn: Callable[[], object]) -> None:
        """Call `fn` once the server has started."""
        if self.ready:
            fn()
        elif self._waiting is not None:
            self._waiting.append(fn)

    def _started(self) -> None:
        waiting, self._waiting = self._waiting or [], []
        self.ready = True
        for fn in waiting:
            fn()

    def choose(self, stack: Stack, request: Request) -> Any:
        """Whom a request is for: a connection at its access point, or an application without one; None: nobody."""
        best: tuple[int, int] | None = None
        found: Any = None
        for csip in self.applications.values():
            points = csip.handles.score(request)
            if points is None or "NetworkServices" not in csip.platform or not self.ready:
                continue
            rank = (points, int(stack.iap in csip.connections))
            if best is None or rank > best:
                best, found = rank, csip.connections.get(stack.iap, csip)
        return found

    def too_early(self, text: str) -> None:
        """What the policy says to a transaction that is deleted while it is needed."""
        if self.strict:
            raise Leave(KErrInUse, text)
        self.lab.note(text)
