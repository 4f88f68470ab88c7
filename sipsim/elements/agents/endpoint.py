"""An endpoint: an element that acts for one user, with an address of record and a contact (RFC 3261 §8.1.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sipsim.elements.agents.application import Application
from sipsim.elements.agents.through import Through
from sipsim.elements.element import NOWHERE, Element
from sipsim.elements.exchange import Exchange, TransactionUser
from sipsim.elements.via import host_port
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import WarningValue
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import DialogKey
from sipsim.protocol.digest_client import ANY, DigestClient
from sipsim.protocol.inspection import Abilities
from sipsim.protocol.location import as_uri
from sipsim.protocol.offer_answer import CODECS, Codecs, codecs_named, video_named
from sipsim.protocol.options import LARGEST, Option, one_of, seconds_or_none, whole, whole_or_none
from sipsim.protocol.options import contact_params as check_params
from sipsim.protocol.options import host as check_host
from sipsim.protocol.reliable import RELIABLE, TAG
from sipsim.protocol.retrying import BUSY, TEMPORARY, Policy
from sipsim.protocol.session_timers import LEAST, knowing
from sipsim.protocol.session_timers import TAG as TIMER
from sipsim.simulation.environment import Environment
from sipsim.simulation.network import Address, Hop

if TYPE_CHECKING:
    from sipsim.elements.calls.incoming_change import IncomingChange

REMEMBERED = 32
"""Calls that are over and not forgotten: who wants to replace one is told so (RFC 3891 §3)."""

MEDIA = ("off", "packets", "flow")
"""What a phone does about the media of its calls."""

FIRST_MEDIA_PORT = 49170
LAST_MEDIA_PORT = 65534

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, SUBSCRIBE, NOTIFY, REFER"
"""The methods that a user agent understands (RFC 3261 §20.5)."""

PHONE = Abilities(methods=tuple(ALLOW.split(", ")), extensions=("replaces",))
"""What a phone understands of which nobody said anything else."""


@dataclass(slots=True)
class Tally:
    """How the calls that an endpoint placed came out; `setup_time` sums the seconds from INVITE to 200."""

    placed: int = 0
    answered: int = 0
    failed: int = 0
    setup_time: float = 0.0


class DialogUser(Protocol):
    """Who gets the requests that arrive in a dialog: a call, for one."""

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A request in the dialog, other than ACK."""

    def on_ack(self, request: Request) -> None:
        """An ACK in the dialog."""

    def on_cancel(self, invite: Exchange) -> None:
        """A CANCEL for an INVITE in the dialog, already answered with 200."""

    def lost(self) -> None:
        """The endpoint crashed."""

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""


class Waiting(Protocol):
    """A request that is to be sent again later."""

    def forget(self) -> None:
        """Do not wait any longer."""


class Endpoint(Element):
    """What calls and registrations need of the user agent that they belong to.

    `outbound` is the proxy that every first request goes through, as an element or a URI; without it the request goes
    to whoever its own URI names (§8.1.2). `codecs` are names such as "PCMA", the one liked best first,
    "telephone-event" among them for keys; `video` are those of a phone with a camera, such as "H264": its calls get a
    second stream. `unfit` is the status for an offer in which nothing fits: 488, or 606 where nobody else could take it
    either (§21.6.4). With
    `transport` "tcp" its requests go over TCP wherever a URI leaves that open, and its Contact asks others to do so.
    `reliable` says what it thinks of provisional responses that are repeated until they are acknowledged (RFC 3262):
    "no", "supported" (used where the other end can) or "required" (no call without); `media` is what becomes of the
    streams of its calls: "off" (it is recorded when they begin and end), "packets" (RTP goes over the network) or
    "flow" (as many packets are lost and late as would be, but none are sent); `session_expires`, `min_se` and
    `refresher` are those of `session_timer`. `abilities` is what it understands
    of the requests that it gets (§8.2).
    """

    abilities = PHONE
    unfit = 488
    _reliable = "no"
    session_expires: int | None = None
    min_se: int | None = None
    info_packages: tuple[str, ...] | None = None
    """The packages of INFO that calls take from now on (RFC 6086); None for a phone that knows of no packages."""
    on_info: Callable[[Any, Any], Any] | None = None
    """Told of each INFO in a call, with the call and what came (see `Info`)."""
    on_dtmf: Callable[[Any, str], Any] | None = None
    """Told of each key that the peer of a call presses, with the call and the key."""
    refresher: str | None = None
    media = Option[str](partial(one_of, allowed=MEDIA))
    contact_params = Option[str](check_params)
    """What follows the URI in its Contact: feature tags, `;+sip.rendering="no"` for one (RFC 3840 §9)."""
    outbound = Through()
    """The proxy that every first request goes through; None without one."""
    registrar: Uri | None = None
    """Where REGISTERs are for, if that is not the domain of the user (RFC 3261 §10.2)."""
    application: Application | None = None
    """The application that acts for the user, where there is one: then it's that which takes calls."""

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *,
        outbound: Element | str | Uri | None = None, host: str = "", port: int = 0, codecs: Iterable[str] | None = None,
        transport: str = "udp", video: Iterable[str] | None = None, reliable: str = "no",
        session_expires: int | None = None, min_se: int | None = None, refresher: str | None = None,
        media: str = "off",
    ) -> None:  # fmt: skip
        self.media, self.contact_params = media, ""
        self.uri = as_uri("uri", uri)
        self._by_tcp = is_tcp(transport, bench.network.transports)
        self.codecs = codecs
        self.video = video
        if reliable != "no":
            self.reliable = reliable
        if session_expires is not None or min_se is not None:
            self.session_timer(session_expires, min_se or LEAST, refresher)
        one_of("scheme of uri", self.uri.scheme, SIP_SCHEMES)
        if not self.uri.user:
            raise UsageError(f"uri: {str(uri)!r} names no user; write it as sip:user@domain")
        self.outbound = outbound  # may refuse, so before anything stands
        super().__init__(env, bench, name, host=host, port=port)
        self.dialogs: dict[DialogKey, DialogUser] = {}
        self.past: deque[DialogKey] = deque(maxlen=REMEMBERED)  # dialogs of calls that are over
        self.calls: dict[object, Any] = {}
        self.tally = Tally()
        self.digest: DigestClient | None = None
        self.policy = Policy()
        self.waiting: dict[Waiting, None] = {}
        self.outbound_found: Uri | None = None  # where a REGISTER found the outbound proxy, if that is to serve for all
        self.contact_uri = self._contact_uri()

    def _contact_uri(self) -> Uri:
        uri = Uri.parse(f"{self.uri.scheme}:{self.uri.user}@{self.host_port}")
        return with_transport(uri, "tcp") if self._by_tcp else uri

    def move(self, host: str = "", port: int = 0) -> None:
        """Go to another address, by default one of the network's choice, as a phone does that changes networks.

        Nobody is told: `call.reinvite()` says so to the peers of calls, `register()` to the registrar. What is still
        sent to the old address gets lost.
        """
        check_host("host", host)
        network, old = self.network, self.address
        new = network.bind(Address(host, port), "UDP", self._arrive, self._unreachable, node=self.name)
        with self.acting(f"{self.name}.move()"):
            self.trace.add("note", self.env.now, self.name, text=f"{self.name} moves from {old} to {new}")
        self.address = new
        self._listen()
        for transport in self.transports:
            network.unbind(old, transport)
        self.trace.register(self.name, self.kind, new)
        self.contact_uri = self._contact_uri()

    @property
    def codecs(self) -> Codecs:
        """What this phone can speak in its next calls, given by names; None for the usual ones."""
        return self._codecs

    @codecs.setter
    def codecs(self, names: Iterable[str] | None) -> None:
        self._codecs = CODECS if names is None else codecs_named(names)

    @property
    def video(self) -> Codecs:
        """The video codecs of this phone's next calls, given by names; none at first."""
        return self._video

    @video.setter
    def video(self, names: Iterable[str] | None) -> None:
        self._video = video_named(names)

    @property
    def reliable(self) -> str:
        """Whether provisional responses of its calls are acknowledged: "no", "supported", "required" (RFC 3262)."""
        return self._reliable

    @reliable.setter
    def reliable(self, how: str) -> None:
        one_of("reliable", how, RELIABLE)
        self._reliable = how
        self._knows(TAG, how != "no")

    def session_timer(
        self, session_expires: int | None = None, min_se: int = LEAST, refresher: str | None = None
    ) -> None:
        """From now on know session timers (RFC 4028), in calls that begin then.

        `session_expires` are the seconds that this phone asks for (None: whatever the other end asks for), `min_se`
        those that it takes at least, `refresher` who is to refresh the session: "uac", the caller, or "uas".
        """
        whole_or_none("session_expires", session_expires, LEAST)
        whole("min_se", min_se, LEAST)
        one_of("refresher", refresher, (None, "uac", "uas"))
        self.session_expires, self.min_se, self.refresher = session_expires, min_se, refresher
        self._knows(TIMER, True)

    def _knows(self, tag: str, known: bool) -> None:
        """Say from now on that this extension is known, or no longer."""
        others = tuple([other for other in self.abilities.extensions if other != tag])
        self.abilities = replace(self.abilities, extensions=(*others, tag) if known else others)

    @property
    def contact(self) -> str:
        """The Contact value that leads straight here (§8.1.1.8)."""
        return f"<{self.contact_uri}>{self.contact_params}"

    @property
    def preloaded_routes(self) -> list[str]:
        """The Route of a first request: the outbound proxy, if there is one (§8.1.2)."""
        return [f"<{self.outbound}>"] if self.outbound is not None else []

    def first_request(
        self, method: str, target: Uri, *, to: Uri | None = None, sender: str = "", tag: str = "", call_id: str = "",
        number: int = 1, contact: str | None = None, headers: Iterable[tuple[str, object]] = (), body: bytes = b"",
        content_type: str | None = None,
    ) -> Request:  # fmt: skip
        """A request outside of dialogs, from our user where nobody else is its `sender`, and to its target (§8.1.1).

        Its tag and its Call-ID are new where none are given.
        """
        via, tag = self.new_via(), tag or self.identifiers.tag(self.name)
        return build.request(
            method, str(target), via=via, from_=f"{sender or f'<{self.uri}>'};tag={tag}", to=f"<{to or target}>",
            call_id=call_id or self.identifiers.call_id(self.name, self.address.host), cseq=number, contact=contact,
            routes=self.preloaded_routes, headers=headers, body=body, content_type=content_type,
        )  # fmt: skip

    def first_hop(self, target: Uri) -> Uri:
        """Where a first request to this target goes."""
        if self.outbound_found is not None:
            return self.outbound_found
        return self.outbound if self.outbound is not None else target

    def contact_for(self, hop: Uri) -> str:
        """The Contact of a request that goes to this hop: where that is by TCP, answers in the dialog may be too."""
        wanted = hop.param("transport") if hop.params and not self._by_tcp else None
        return f"<{with_transport(self.contact_uri, wanted)}>{self.contact_params}" if wanted else self.contact

    # Who we are, and how often we ask

    def credentials(
        self, realm: str = ANY, username: str | None = None, password: str = "", *, outbound: bool = False
    ) -> None:
        """Know a password for a realm ("*": for every realm that has none of its own); without a name it is the user's.

        `outbound` says that the outbound proxy asks for this realm, so that later requests bring credentials for it
        unasked, in all calls (RFC 3261 §22.3).
        """
        if self.digest is None:
            self.digest = DigestClient(lambda: self.identifiers.cnonce(self.name))
        self.digest.add(realm, self.uri.user or "" if username is None else username, password, outbound=outbound)

    def forget_credentials(self, realm: str | None = None) -> None:
        """Forget the password for a realm, or all of them, and who was shown any."""
        if self.digest is not None:
            self.digest.forget(realm)

    def waits(self, *statuses: int, patience: float | None = None) -> None:
        """From now on try again, once, after responses with these statuses that say when: Retry-After (§20.33).

        `patience` is how many seconds of Retry-After are waited for at most. Without a status nothing is. At first
        it is 413, 500 and 503, for up to 30 s.
        """
        for status in statuses:
            one_of("statuses", status, sorted(TEMPORARY | BUSY))
        seconds_or_none("patience", patience, most=LARGEST)
        self.policy = Policy(frozenset(statuses), self.policy.patience if patience is None else patience)

    def request(self, request: Request, hop: Uri | Hop, user: TransactionUser) -> Exchange:
        """Send a request with the credentials that are expected (RFC 3261 §22.2, §22.3)."""
        if TIMER in self.abilities.extensions:
            request = knowing(request)
        if self.digest is not None:
            request = self.digest.prepare(request)
        return self._sent(super().request(request, self._by_choice(hop) if self._by_tcp else hop, user))

    def send_again(self, request: Request, hop: Uri | Hop, user: TransactionUser) -> Exchange:
        """Send a request whose credentials are in it already."""
        hop = self._by_choice(hop)
        if isinstance(hop, Uri) and request.method == "INVITE":
            request = request.with_header("Contact", self.contact_for(hop))
        return self._sent(super().request(request, hop, user))

    def _sent(self, exchange: Exchange) -> Exchange:
        """What was not sent, since it would have got nowhere, shows nobody any credentials."""
        if self.digest is not None and exchange.remote is NOWHERE:
            self.digest.take_back(exchange.request)
        return exchange

    def send_outside_transaction(self, request: Request, hop: Uri | Hop) -> None:
        """Send an ACK for a 2xx, over the transport of this phone's choice."""
        super().send_outside_transaction(request, self._by_choice(hop) if self._by_tcp else hop)

    def _by_choice(self, hop: Uri | Hop) -> Uri | Hop:
        """TCP for a phone that likes it best, where the URI does not ask for anything."""
        if self._by_tcp and isinstance(hop, Uri) and hop.param("transport") is None:
            return with_transport(hop, "tcp")
        return hop

    def learn(self, request: Request, response: Response) -> None:
        """Take note of what a server that let us in says of itself (RFC 7616 §3.5)."""
        if self.digest is None or "authentication-info" not in response.names:
            return
        if self.digest.learn(request, response) is False:
            self.ignored("Authentication-Info of a server that does not know our password", "RFC 7616 §3.5")

    def lose_state(self) -> None:
        self._wait_no_more()
        if self.digest is not None:
            self.digest.log_out()

    def forget_users(self) -> None:
        self._wait_no_more()
        if self.application is not None:
            self.application.forget()
        super().forget_users()

    def _wait_no_more(self) -> None:
        for attempts in list(self.waiting):
            attempts.forget()

    def media_port(self) -> int:
        """An even port for the next audio stream (RFC 3550 §11), of nobody else at this host."""
        return media_port(self.bench, self.address.host)

    def dice(self, purpose: str) -> Callable[[], float]:
        """This endpoint's random numbers for a purpose, from 0 up to 1."""
        return self.bench.streams.get(f"{purpose}/{self.name}").random

    @property
    def warning(self) -> tuple[str, str]:
        """The Warning that comes with a 488 or 606 (§20.43)."""
        return "Warning", str(WarningValue(305, self.host_port, "Incompatible media format"))

    def consider(self, change: IncomingChange) -> None:
        """Answer a re-INVITE."""
        change.accept()

    def serve(self, exchange: Exchange, request: Request) -> None:
        """Answer a request that means the same inside and outside of a dialog."""
        raise NotImplementedError


def is_tcp(transport: str, known: Iterable[str]) -> bool:
    """Whether a phone's transport is TCP; `UsageError` for one that its network does not carry."""
    allowed = [name.lower() for name in known]
    if not isinstance(transport, str) or transport.lower() not in allowed:
        raise UsageError(f"transport: {transport!r} is not carried by this network; allowed are {', '.join(allowed)}")
    return transport.lower() == "tcp"


def with_transport(uri: Uri, transport: str) -> Uri:
    """The URI with this transport parameter (§19.1.1)."""
    others = [(name, value) for name, value in uri.params if name != "transport"]
    return uri.with_(params=(*others, ("transport", transport.lower())))


def hop_uri(hop: Hop) -> Uri:
    """The URI that leads to a hop without asking anybody."""
    uri = Uri.parse(f"sip:{host_port(hop.address)}")
    return uri if hop.transport == "UDP" else with_transport(uri, hop.transport)


def media_port(bench: Bench, host: str) -> int:
    """An even port for the next stream at a host (RFC 3550 §11)."""
    port = bench.media_ports.get(host, FIRST_MEDIA_PORT)
    bench.media_ports[host] = port + 2 if port < LAST_MEDIA_PORT else FIRST_MEDIA_PORT
    return port
