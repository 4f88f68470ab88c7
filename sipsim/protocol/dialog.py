"""A dialog: what two user agents must remember of each other to go on talking (RFC 3261 §12).

Made from the request and the response that created it, by either side. It makes the next request in the dialog and
checks the order of those that arrive; who sends them, and when, is no matter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sipsim.message import build
from sipsim.message.fields import NameAddr
from sipsim.message.lines import value_of
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.machine import Machine

DialogKey = tuple[str, str, str]
"""Call-ID, local tag, remote tag: what identifies a dialog to one of its two sides (RFC 3261 §12)."""

DIALOG = Machine(
    "dialog",
    rfc="RFC 3261 §12",
    initial="none",
    timers={"none": "", "early": "", "confirmed": "", "terminated": ""},
    rows={
        ("none", "101-199"): ("early", (), "RFC 3261 §12.1"),
        ("none", "2xx"): ("confirmed", (), "RFC 3261 §12.1"),
        ("early", "2xx"): ("confirmed", (), "RFC 3261 §12.1"),
        ("early", "3xx-6xx"): ("terminated", (), "RFC 3261 §12.3"),
        ("early", "BYE"): ("terminated", (), "RFC 3261 §15"),
        ("early", "64*T1 after the first 2xx"): ("terminated", (), "RFC 3261 §13.2.2.4"),
        ("confirmed", "BYE"): ("terminated", (), "RFC 3261 §15"),
    },
)
"""The life of a dialog that an INVITE makes. Nothing runs it: it says what the records of a dialog's states mean."""


@dataclass(eq=False, repr=False, slots=True)
class Dialog:
    """One side's view of a dialog.

    `local` and `remote` are From and To of the next request as text, `remote_target` is the peer's Contact,
    `route_set` the proxies that asked to stay in the path, nearest first; `local_seq` and `remote_seq` the last
    CSeq numbers used by either side (`remote_seq` is None before the peer's first request).
    """

    call_id: str
    local: str
    local_tag: str
    remote: str
    remote_tag: str
    local_seq: int
    remote_seq: int | None
    remote_target: Uri
    route_set: tuple[NameAddr, ...]

    @classmethod
    def of_client(cls, request: Request, response: Response) -> Dialog:
        """The caller's dialog, from its INVITE and a response with a To tag (§12.1.2)."""
        return cls(
            request.call_id, value_of(request.line("from")), request.from_tag or "", value_of(response.line("to")),
            response.to_tag or "", request.cseq.number, None, target_of(response) or request.uri,
            response.record_routes[::-1],
        )  # fmt: skip

    @classmethod
    def of_server(cls, request: Request, local_tag: str) -> Dialog:
        """The callee's dialog, from the INVITE and the tag that it puts into its responses (§12.1.1)."""
        return cls._of_request(request, f"{value_of(request.line('to'))};tag={local_tag}", local_tag, 0)

    @classmethod
    def of_notify(cls, request: Request, local_seq: int) -> Dialog:
        """The subscriber's dialog, from the first NOTIFY and the CSeq of its SUBSCRIBE (RFC 6665 §4.4.1)."""
        return cls._of_request(request, value_of(request.line("to")), request.to_tag or "", local_seq)

    @classmethod
    def _of_request(cls, request: Request, local: str, local_tag: str, local_seq: int) -> Dialog:
        return cls(
            request.call_id, local, local_tag, value_of(request.line("from")), request.from_tag or "",
            local_seq, request.cseq.number, target_of(request) or request.from_.uri, request.record_routes,
        )  # fmt: skip

    @property
    def key(self) -> DialogKey:
        return (self.call_id, self.local_tag, self.remote_tag)

    def path(self) -> tuple[Uri, tuple[NameAddr, ...]]:
        """The Request-URI and the Route values of the next request (§12.2.1.1), for loose and strict routers."""
        routes = self.route_set
        if not routes or is_loose(routes[0].uri):
            return self.remote_target, routes
        return routes[0].uri, (*routes[1:], NameAddr("", self.remote_target, ()))

    @property
    def next_hop(self) -> Uri:
        """Where the next request goes: the first proxy of the route set, else the peer (§12.2.1.1)."""
        return self.route_set[0].uri if self.route_set else self.remote_target

    def request(
        self, method: str, *, via: str, contact: str | None = None, number: int | None = None,
        headers: Iterable[tuple[str, str]] = (), body: bytes = b"", content_type: str | None = None,
        max_forwards: int = 70,
    ) -> Request:  # fmt: skip
        """The next request in the dialog; `number` is the INVITE's for its ACK, else the next one (§12.2.1.1)."""
        if number is None:
            self.local_seq += 1
            number = self.local_seq
        uri, routes = self.path()
        return build.request(
            method, uri, via=via, from_=self.local, to=self.remote, call_id=self.call_id, cseq=number,
            contact=contact, routes=routes, headers=headers, body=body, content_type=content_type,
            max_forwards=max_forwards,
        )  # fmt: skip

    def refresh(self, message: Request | Response) -> None:
        """Take the peer's new Contact from its re-INVITE, or from its 2xx to ours (§12.2.1.2, §12.2.2)."""
        target = target_of(message)
        if target is not None:
            self.remote_target = target

    def accepts(self, request: Request) -> bool:
        """Note the request's CSeq number; false where it is lower than the last one: answer 500 (§12.2.2)."""
        number = request.cseq.number
        if self.remote_seq is not None and number < self.remote_seq:
            return False
        self.remote_seq = number
        return True


def is_loose(uri: Uri) -> bool:
    """Whether the router that put this URI into Record-Route keeps to RFC 3261 (parameter `lr`, §19.1.1)."""
    return any(name == "lr" for name, _ in uri.params)


def loose(uri: Uri) -> Uri:
    """The URI of a router as it stands in a Route: with `lr` (§19.1.1)."""
    return uri if is_loose(uri) else uri.with_(params=(*uri.params, ("lr", None)))


def target_of(message: Request | Response) -> Uri | None:
    """The URI of the first Contact, None without one."""
    contacts = message.contacts
    return contacts[0].uri if contacts and isinstance(contacts[0], NameAddr) else None
