"""A user agent: a phone that places and takes calls, registers, and says what it can do (RFC 3261 §8, §13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from inspect import isgenerator
from typing import Any

from sipsim.elements.agents.answering import Answering
from sipsim.elements.agents.endpoint import DialogUser
from sipsim.elements.agents.event_user import EventUser
from sipsim.elements.agents.query import Query, Text
from sipsim.elements.agents.registrant import Registrant
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import TRYING_AFTER, IncomingCall
from sipsim.elements.calls.incoming_change import IncomingChange
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.calls.replacing import MISPLACED, replaced_by
from sipsim.elements.calls.session import SDP
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.gate import ALGORITHMS, QOP, Gate
from sipsim.elements.story import told
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.grammar import decode
from sipsim.message.message import Request
from sipsim.message.session_fields import Replaces
from sipsim.message.uri import Uri
from sipsim.protocol import event_packages, inspection
from sipsim.protocol.dialog import target_of
from sipsim.protocol.digest import check_account
from sipsim.protocol.digest_client import ANY
from sipsim.protocol.inspection import Abilities, Fields, Refusal, takes
from sipsim.protocol.matching import server_key
from sipsim.protocol.offer_answer import offer
from sipsim.protocol.options import Option, octets, seconds, whole_or_none
from sipsim.protocol.reliable import LACKING, is_asked_for
from sipsim.protocol.session_timers import too_small
from sipsim.protocol.users import Users
from sipsim.simulation.environment import Environment

OnReinvite = Callable[[IncomingChange], Any]
"""What a user does about a re-INVITE: a function, or a generator function, of the change that is asked for."""


IN_DIALOGS = frozenset(("BYE", "PRACK", "UPDATE", "INFO"))
"""Methods that mean nothing outside of a dialog."""

EVENTS = frozenset(("SUBSCRIBE", "NOTIFY", "REFER"))
"""Methods that have to do with events."""

TYPES = {
    "MESSAGE": ("text/plain",), "INFO": ("application/dtmf-relay", "application/dtmf", "text/plain"),
    "NOTIFY": event_packages.TYPES,
}  # fmt: skip
"""The bodies that we read of requests with something else than descriptions (RFC 3428 §7, RFC 6086 §4.2.2)."""

LARGEST_TEXT = 1300
"""Octets of an instant message that may go where nothing guards against congestion (RFC 3428 §8)."""


class UserAgent(Answering, Registrant, EventUser):
    """A phone.

    `answers` is how many seconds it rings before the user answers (it rings at once). `rejects(status)`, `ignores()`
    and `on_call` say otherwise: `on_call` is a function or a generator function of the incoming call. More of that
    in `Answering`. `on_reinvite`, a function or generator function of an incoming change, decides about re-INVITEs;
    without it, what fits is accepted. `messages` are the instant messages that came; `on_message`, if there is one, is
    told of each. `video`, `reliable` and other options are those of `Endpoint`.

    With a `password` it answers whoever asks who it is (digest, RFC 3261 §22): as `username`, by default the user of
    its URI, in `realm`, by default in every one. `credentials` adds more, `waits` says what it is patient with.
    """

    kind = "user agent"
    answers = Option[float](seconds)
    outgoing: type[OutgoingCall] = OutgoingCall
    """What its calls are, those that it places ..."""
    incoming: type[IncomingCall] = IncomingCall
    """... and those that arrive; for phones whose calls do more."""

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, answers: float = 2.0,
        outbound: Element | str | None = None, password: str | None = None, username: str | None = None,
        realm: str = ANY, host: str = "", port: int = 0, codecs: Iterable[str] | None = None,
        transport: str = "udp", **options: Any,
    ) -> None:  # fmt: skip
        self.answers = answers  # may refuse, so before anything stands
        check_account("" if username is None else username, "" if password is None else password)
        super().__init__(
            env, bench, name, uri, outbound=outbound, host=host, port=port, codecs=codecs, transport=transport,
            **options,
        )  # fmt: skip
        self.on_call = self._answer_after_ringing
        self.on_reinvite: OnReinvite | None = None
        self.on_message: Callable[[Text], Any] | None = None
        self.messages: list[Text] = []
        self._ongoing: dict[object, Exchange] = {}  # requests outside of dialogs, by what is the same on all ways
        self._identities: dict[Exchange, object] = {}  # the same the other way round
        self.gate: Gate | None = None
        self.queries: dict[Query, None] = {}  # those that have no answer yet
        if password is not None:
            self.credentials(realm, username, password)

    # What the user does

    def call(
        self, target: str | Uri | UserAgent, *, offer: bool = True, forks: str = "first",
        replaces: Replaces | str | None = None, expires: int | None = None,
    ) -> OutgoingCall:  # fmt: skip
        """Call someone: a SIP URI, or another user agent at its own contact address. See `OutgoingCall`.

        With `expires`, seconds, the INVITE says for how long it holds, and is taken back by CANCEL when nobody has
        answered by then (§13.2.1). Without it a caller who has heard a provisional response waits for ever: RFC 3261
        has a time for that at proxies only, Timer C (§16.6 item 11). `replaces` names a call of theirs that this one
        takes the place of, see `Call.replacement` (RFC 3891).
        """
        uri = self._whom("target", target)
        whole_or_none("expires", expires, 1)
        with self.acting(f'{self.name}.call("{uri}")'):
            lasts: Fields = () if expires is None else (("Expires", str(expires)),)
            call = self.outgoing(self, uri, offer=offer, forks=forks, replaces=replaces, headers=lasts)
            if expires is not None:
                call.lapse_after(expires)
            self.began(call)
            return call

    def options(self, target: str | Uri | UserAgent) -> Outcome:
        """Ask what someone can do (§11); gives the final response, or `CallFailed` when none comes."""
        uri = self._whom("target", target)
        with self.acting(f'{self.name}.options("{uri}")'):
            return Query(self, self.queries, "OPTIONS", uri, (("Accept", SDP),), contact=self.contact).outcome

    def message(self, target: str | Uri | UserAgent, text: str | bytes, content_type: str = "text/plain") -> Outcome:
        """Send an instant message (RFC 3428); gives the 2xx, or `CallFailed`.

        `UsageError` for more than the 1300 octets that may go where there is no TCP (§8 there).
        """
        uri = self._whom("target", target)
        body = octets("text", text)
        if len(body) > LARGEST_TEXT and "TCP" not in self.transports:
            raise UsageError(f"text: {len(body)} octets, {LARGEST_TEXT} at most go by UDP")
        with self.acting(f'{self.name}.message("{uri}")'):
            return Query(self, self.queries, "MESSAGE", uri, body=body, content_type=content_type, wanted=True).outcome

    @property
    def current_call(self) -> Call | None:
        """The latest call that has not ended, None without one."""
        return next(reversed(self.calls.values()), None)

    def hang_up(self) -> Outcome:
        """End the current call, see `Call.hang_up`; `UsageError` without one."""
        call = self.current_call
        if call is None:
            raise UsageError(f"{self.name}.hang_up(): there is no call")
        return call.hang_up()

    def demands(
        self, users: Mapping[str, str] | Users, *, realm: str | None = None, algorithms: Iterable[str] = ALGORITHMS,
        qop: Iterable[str] = QOP,
    ) -> None:  # fmt: skip
        """From now on serve only those who log in (RFC 3261 §22.2): passwords by name; in the realm of our domain."""
        users = users if isinstance(users, Users) else Users(realm or self.uri.host, users)
        self.gate = Gate(
            self.name, self.identifiers, users, realm, algorithms=algorithms, qop=qop,
            serves=lambda uri: uri.aor == self.uri.aor,  # what a proxy has made our contact of
        )  # fmt: skip

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if self.gate is not None and self.gate.check(self, exchange, request).refusal is not None:
            return
        refusal = self._refusal(exchange, request)
        if refusal is not None:
            refuse(self, exchange, refusal)
        elif request.to_tag:
            self._user_of(request).on_request(exchange, request)  # type: ignore[union-attr]
        elif request.method == "INVITE":
            if "replaces" in request.names:
                self._replace(exchange, request)
            else:
                self._ring(exchange)
        elif "replaces" in request.names:
            refuse(self, exchange, MISPLACED)
        else:
            self.serve(exchange, request)

    def _refusal(self, exchange: Exchange, request: Request) -> Refusal | None:
        """What is wrong with a request, by the checks of §8.2 in their order, or with the time that it comes."""
        can = self.abilities if request.method not in TYPES else self._reads(request)
        refusal = inspection.method(request, can)
        if refusal is not None:
            return refusal
        if request.to_tag or request.method in IN_DIALOGS:
            return inspection.content(request, can) if self._user_of(request) else inspection.NO_DIALOG
        refusal = self.misaddressed(request, can)
        if refusal is None:
            identity = _identity(request)
            if self._ongoing.setdefault(identity, exchange) is not exchange:
                return inspection.MERGED
            self._identities[exchange] = identity
        refusal = refusal or inspection.content(request, can)
        if refusal is None and request.method == "INVITE":
            refusal = inspection.invitation(request, can, target_of(request), self.host_port) or self._lacks(request)
        return refusal

    def misaddressed(self, request: Request, can: Abilities) -> Refusal | None:
        """What is wrong with whom a first request is for (§8.2.2.1)."""
        return inspection.address(request, can, self.uri)

    def _reads(self, request: Request) -> Abilities:
        """What we understand of a request with a text; the bodies of an INFO are its package's matter."""
        texts = [type for type in self.abilities.types if type.startswith("text/")]
        types, kind = (*TYPES[request.method], *texts), request.content_type
        if kind is not None and "info-package" in request.names:
            types = (f"{kind.type}/{kind.subtype}",)
        return replace(self.abilities, types=types)

    def _lacks(self, request: Request) -> Refusal | None:
        """What an INVITE would have to offer for us to take it, and why the user does not (§13.3.1)."""
        if self.reliable == "required" and not is_asked_for(request):
            return LACKING
        if self.min_se is not None and (small := too_small(request, self.min_se)) is not None:
            return small
        return self.unavailable()

    def serve(self, exchange: Exchange, request: Request) -> None:
        """Answer OPTIONS, as an INVITE would be answered, and tell what this phone can do (§11.2)."""
        if request.method == "MESSAGE":
            self._read(exchange, request)
            return
        if request.method in EVENTS:
            self.events.take(exchange, request)
            return
        refusal = None if request.to_tag else self.unwilling()
        if refusal is not None:
            refuse(self, exchange, refusal)
            return
        body = bytes(offer(self.uri.user or self.name, self.address.host, 0)) if takes(request, SDP) else b""
        tag = request.to_tag or self.identifiers.tag(self.name)
        kind, listing = SDP if body else None, self.abilities.listing
        here = self.contact if self.contact_params else None  # where it says what this phone is (RFC 4579 §4.3)
        ok = build.reply(request, 200, to_tag=tag, contact=here, headers=listing, body=body, content_type=kind)
        exchange.respond(ok)

    def _read(self, exchange: Exchange, request: Request) -> None:
        """An instant message: it is shown, and that is the answer (RFC 3428 §7)."""
        kind = request.content_type
        found = Text(request.from_.uri, decode(request.body), "text/plain" if kind is None else str(kind))
        self.messages.append(found)
        self.reply(exchange, 200)
        if self.on_message is not None:
            self._react("on_message", self.on_message, found, lambda: None)

    def on_ack(self, request: Request) -> None:
        user = self._user_of(request)
        if user is None:
            super().on_ack(request)
        else:
            user.on_ack(request)

    def tag_for(self, invite: Exchange) -> str | None:
        call = self.calls.get(invite)
        return call.tag if isinstance(call, IncomingCall) else super().tag_for(invite)

    def on_cancel(self, invite: Exchange) -> None:
        request = invite.request
        user = self.dialogs.get((request.call_id, request.to_tag or "", request.from_tag or ""))
        call = self.calls.get(invite, user)
        if call is not None:
            call.on_cancel(invite)

    def _cancel(self, exchange: Exchange, request: Request) -> None:
        if "reason" in request.names:
            invite = self.servers.get(server_key(request, "INVITE"))
            if invite is not None and isinstance(call := self.calls.get(invite), Call):
                call.reasons = request.reasons
        super()._cancel(exchange, request)

    def lose_state(self) -> None:
        super().lose_state()
        if self.gate is not None:
            self.gate.forget()
        for call in list(self.calls.values()):
            call.lost()
        for query in list(self.queries):
            query.lost()
        self.dialogs.clear()
        self._ongoing.clear()
        self._identities.clear()
        self.registration.lost()

    def forget_users(self) -> None:
        for call in list(self.calls.values()):
            call.forget()
            call.close_lines()
        self.calls.clear()
        self.dialogs.clear()
        self.queries.clear()
        super().forget_users()

    def leftovers(self) -> list[str]:
        events = self._events.leftovers() if self._events is not None else []
        return super().leftovers() + [f"{self.name}: {call!r}" for call in self.calls.values()] + events

    def forget(self, exchange: Exchange) -> None:
        super().forget(exchange)
        identity = self._identities.pop(exchange, None)  # its request is packed by now: better not to look at it
        if identity is not None:
            del self._ongoing[identity]

    def _user_of(self, request: Request) -> DialogUser | None:
        """Who has the dialog that a request says it is in (§12.2.2)."""
        user = self.dialogs.get((request.call_id, request.to_tag or "", request.from_tag or ""))
        if user is None and self._events is not None:
            user = self._events.user_of(request)
        return user

    def _replace(self, exchange: Exchange, request: Request) -> None:
        """A call that takes the place of another one is answered at once (RFC 3891 §3)."""
        replaced = replaced_by(request, self.dialogs, self.past)
        if isinstance(replaced, Refusal):
            refuse(self, exchange, replaced)
        else:
            self.replace(exchange, replaced)

    def replace(self, exchange: Exchange, old: Call) -> None:
        """Take a call in the place of another one."""
        call = self.incoming(self, exchange)
        if not call.cannot_be_read():
            self.began(call)
            call.answer()
            if call.state != "ended":
                old.replaced = True
                old.hang_up()

    def _ring(self, exchange: Exchange) -> None:
        call = self.incoming(self, exchange)
        if call.cannot_be_read():
            return
        if self._unanswered is not None:
            call.give_up_after(*self._unanswered)
        self.began(call)
        self._react("on_call", self.on_call, call, call.mistaken)
        call.wait()

    def consider(self, change: IncomingChange) -> None:
        """Answer a re-INVITE: at once, or as the user decides."""
        if self.on_reinvite is None:
            change.accept()
            return
        self._react("on_reinvite", self.on_reinvite, change, change.mistaken)
        if change.open:
            self.alarm("100 Trying", TRYING_AFTER, change.trying)

    def _react(
        self, name: str, decide: Callable[[Any], Any], subject: object, otherwise: Callable[[], object]
    ) -> None:  # fmt: skip
        """Let the user decide, by a function or a story; a mistake in it is recorded, and the run goes on.

        Where the mistake left the request open, `otherwise` answers it.
        """
        who = f"{self.name}.{name}"
        try:
            reaction = decide(subject)
        except Exception as error:
            self.bench.report(error, who)
            otherwise()
        else:
            if isgenerator(reaction):
                self.env.process(told(self.bench, who, reaction, otherwise))


def _identity(request: Request) -> object:
    """What is the same in a request and its copy that took another way (§8.2.2.2)."""
    return request.call_id, request.cseq, request.from_tag
