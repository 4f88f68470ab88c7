"""An account: who calls and is called, and whether the registrar knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from sipsim.apis.lane import Lane
from sipsim.apis.pjsua.buddy import Buddy, BuddyCallback
from sipsim.apis.pjsua.call import Call
from sipsim.apis.pjsua.call_callback import CallCallback
from sipsim.apis.pjsua.constants import PresenceActivity, SubscriptionState, TransportType
from sipsim.apis.pjsua.error import (
    PJ_EINVAL,
    PJ_EINVALIDOP,
    PJ_ENOTFOUND,
    PJ_ETOOMANY,
    PJSIP_EINVALIDURI,
    Error,
    expect,
    fields_of,
    reported,
    unsupported,
    uri_of,
)
from sipsim.apis.pjsua.log import INFO
from sipsim.apis.pjsua.phone import Phone, PlacedCall, TakenCall
from sipsim.apis.pjsua.settings import AccountConfig
from sipsim.apis.pjsua.transport import Transport
from sipsim.elements.agents.query import Text
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.outcome import Outcome
from sipsim.errors import RegistrationFailed
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request
from sipsim.message.presence import Presence, Tuple
from sipsim.message.uri import Uri
from sipsim.protocol.refreshing import RefreshPolicy

if TYPE_CHECKING:
    from sipsim.apis.pjsua.lib import Lib
    from sipsim.elements.events.publication import Publication
    from sipsim.elements.events.referring import Reference

Fields = Iterable[tuple[str, str]]

POLICY = RefreshPolicy(min=1, when=lambda expires: max(1.0, expires - 5.0))
"""A registration is refreshed five seconds before it would lapse."""


class AccountInfo(NamedTuple):
    """How things stand: `reg_status` is the status of the last REGISTER, 100 while it is under way, 0 before any."""

    is_default: bool
    uri: str
    reg_active: bool
    reg_expires: int
    reg_status: int
    reg_reason: str
    online_status: bool
    online_text: str


class AccountCallback:
    """What an account tells; derive from it, and give it to `Lib.create_account`, which sets `account`."""

    def __init__(self, account: Any = None) -> None:
        self._set_account(account)

    def _set_account(self, account: Any) -> None:
        self.account = account

    def on_reg_state(self) -> None:
        """A REGISTER has been answered, or never will be: `account.info().reg_status` says how."""

    def on_incoming_call(self, call: Call) -> None:
        """A call has come in. Unless this is overridden, it is refused."""
        call.hangup()

    def on_incoming_subscribe(self, buddy: Buddy | None, from_uri: str, contact_uri: str, pres_obj: Any) -> Any:
        """Somebody wants to know about our presence; (200, None) for yes."""
        return 200, None

    def on_pager(self, from_uri: str, contact: str, mime_type: str, body: str) -> None:
        """An instant message has come, from no buddy and in no call."""

    def on_pager_status(self, to_uri: str, body: str, im_id: Any, code: int, reason: str) -> None:
        """What became of an instant message of ours."""

    def on_typing(self, from_uri: str, contact: str, is_typing: bool) -> None:
        """Somebody types, or stops."""


class Account:
    """An account of the library; made by `Lib.create_account`, not by applications."""

    def __init__(
        self, lib: Lib, id: int, config: AccountConfig, transport: Transport, name: str | None, op: str
    ) -> None:  # fmt: skip
        self.lib = lib
        self.id = id
        self.config = config
        self.valid = True
        self.calls: dict[object, Call] = {}
        self.buddies: list[Buddy] = []
        self._status, self._reason = 0, "not registered"
        self._online = (True, "Online")
        self._publication: Publication | None = None
        self._cb = AccountCallback(self)
        self.phone = self._phone(op, transport, name)
        self.lane = lib.lane if self.phone.name == lib.lane.name else Lane(lib.lab.env, lib.lab.trace, self.phone.name)
        self.lane.on_mistake = lib.mistake

    def __str__(self) -> str:
        return f"{{Account {self.config.id}}}"

    def _phone(self, op: str, transport: Transport, name: str | None) -> Phone:
        """The user agent that does the work, at the transport's address."""
        config, lab = self.config, self.lib.lab
        if len(config.proxy) > 1:
            raise unsupported(op, self.lib, "one proxy at most can be gone through")
        with reported(op, self.lib, PJSIP_EINVALIDURI):
            uri = NameAddr.parse(config.id).uri
            outbound = NameAddr.parse(_bracketed(config.proxy[0])).uri if config.proxy else None
            registrar = NameAddr.parse(_bracketed(config.reg_uri)).uri if config.reg_uri else None
            if not uri.user:
                uri = uri.with_(user="pjsua")  # who is nobody in particular has a name all the same
        host, port = transport.hand_over()
        with reported(op, self.lib):
            made = lab.user_agent(
                str(uri), name, host=host, port=port, kind=Phone, outbound=None if outbound is None else str(outbound),
                transport="tcp" if transport.type == TransportType.TCP else "udp",
                reliable="supported" if config.require_100rel else "no", media=self.lib.application.media,
                codecs=self.lib.offered(),
            )  # fmt: skip
        assert isinstance(made, Phone)
        made.registrar = registrar
        for cred in config.auth_cred:
            made.credentials(cred.realm, cred.username, cred.passwd)
        if contact := config.force_contact or transport.config.public_addr:
            made.contact_uri = _contact(made.contact_uri, contact)
        made.busy_at(self.lib.ua_cfg.max_calls)
        made.on_call, made.on_message = self._incoming, self._paged
        made.on_dtmf = self._pressed
        made.on_refer, made.on_subscribe = self._referred, self._subscribed
        made.registration.on_refresh = self._follow
        return made

    # What an application asks and sets

    def info(self) -> AccountInfo:
        """How things stand."""
        self.check("info()")
        registration = self.phone.registration
        return AccountInfo(
            self.is_default(), self.config.id, registration.active, registration.expires or -1, self._status,
            self._reason, *self._online,
        )  # fmt: skip

    def is_valid(self) -> bool:
        """Whether it has not been deleted, nor its library destroyed."""
        return self.valid

    def set_callback(self, cb: AccountCallback | None) -> None:
        """Tell this object from now on; its `account` becomes this account, whatever it was."""
        expect("set_callback()", self, "cb", cb, AccountCallback, type(None))
        self._cb = cb if cb is not None else AccountCallback(self)
        self._cb._set_account(self)

    def set_default(self) -> None:
        """Make it the library's default account."""
        self.check("set_default()")
        self.lib.default = self

    def is_default(self) -> bool:
        """Whether it is the library's default account."""
        return self.valid and self.lib.default is self

    def delete(self) -> None:
        """Unregister, and be no account any more."""
        with self.lane.calling("delete"):
            self.check("delete()")
            self.leave()

    def set_basic_status(self, is_online: bool) -> None:
        """Say whether we are there."""
        self.set_presence_status(is_online)

    def set_presence_status(
        self, is_online: bool, activity: int = PresenceActivity.UNKNOWN, pres_text: str = "", rpid_id: str = ""
    ) -> None:
        """Say whether we are there, and what we do, to all who have subscribed, and to a server if it is published."""
        self.check("set_presence_status()")
        expect("set_presence_status()", self, "activity", activity, int)
        expect("set_presence_status()", self, "pres_text", pres_text, str)
        usual = {PresenceActivity.AWAY: "Away", PresenceActivity.BUSY: "Busy"}.get(activity, "Online")
        with self.lane.calling("set_presence_status", is_online):
            self._online = bool(is_online), pres_text or (usual if is_online else "Offline")
            self.phone.tells("presence", self._presence())
            if self._publication is not None:
                self._publication.modify(self._presence())
            elif self.config.publish_enabled:
                self._publication = self.phone.publish(self._presence())

    def _presence(self) -> Presence:
        phone, (online, text) = self.phone, self._online
        here = Tuple("pjsua", "open" if online else "closed", str(phone.contact_uri))
        return Presence(str(phone.uri), (here,), (text,))

    def set_registration(self, renew: bool) -> None:
        """Register anew, or (False) unregister."""
        with self.lane.calling("set_registration", renew):
            self.check("set_registration()")
            if self.phone.registrar is None:
                raise Error("set_registration()", self, PJ_EINVALIDOP, "the account has no registrar")
            if renew:
                self._register()
            else:
                self._follow(self.phone.unregister())

    def set_transport(self, transport: Transport) -> None:
        """Not to be had: an account's transport is that of its `AccountConfig.transport_id`."""
        raise unsupported("set_transport()", self, "set AccountConfig.transport_id before the account is made")

    # What it does

    def make_call(self, dst_uri: str, cb: CallCallback | None = None, hdr_list: Fields | None = None) -> Call:
        """Call somebody. `on_state` comes for the first time (CALLING) before this returns, as in the original."""
        with self.lane.calling("make_call", dst_uri):
            self.check("make_call()")
            if len(self.phone.calls) >= self.lib.ua_cfg.max_calls:
                raise Error("make_call()", self, PJ_ETOOMANY, f"max_calls is {self.lib.ua_cfg.max_calls}")
            expect("make_call()", self, "cb", cb, CallCallback, type(None))
            target, fields = uri_of("make_call()", self, dst_uri), fields_of("make_call()", self, hdr_list)
            with reported("make_call()", self, PJSIP_EINVALIDURI):
                if fields:
                    target = target.with_(headers=(*target.headers, *_as_headers(fields)))
                placed = self.phone.call(target)
            assert isinstance(placed, PlacedCall)
            call = Call(self, placed, cb)
            self.lib.say(INFO, f"Making call to {dst_uri}")
            call.begin()
        return call

    def add_buddy(self, uri: str, cb: BuddyCallback | None = None) -> Buddy:
        """Take note of somebody."""
        with self.lane.calling("add_buddy", uri):
            self.check("add_buddy()")
            buddy = Buddy(self, uri, uri_of("add_buddy()", self, uri), cb)
            self.buddies.append(buddy)
        return buddy

    def pres_notify(self, pres_obj: Any, state: int, reason: str = "", hdr_list: Fields | None = None) -> None:
        """Let somebody know who has waited for it since `on_incoming_subscribe` said 202, or (TERMINATED) end that."""
        with self.lane.calling("pres_notify", pres_obj, state):
            watch = next((one for one in self.phone.watches if one.dialog.call_id == pres_obj), None)
            if watch is None:
                raise Error("pres_notify()", self, PJ_ENOTFOUND, "nobody has subscribed under this")
            if state == SubscriptionState.TERMINATED:
                watch.end("rejected")
            else:
                watch.allow()

    # What the library does with it

    def begin(self) -> None:
        """Register, where that is wanted."""
        if self.phone.registrar is not None:
            self._register()

    def end_calls(self) -> list[Outcome]:
        """End all calls; gives the events of their ends."""
        return [call.hang_up() for call in list(self.phone.calls.values())]

    def leave(self) -> list[Outcome]:
        """End calls and unregister; gives what to wait for."""
        if not self.valid:
            return []
        waits = self.end_calls()
        if self.phone.registration.active or self._status == 100:
            outcome = self.phone.unregister()
            self._follow(outcome)
            waits.append(outcome)
        if self._publication is not None:
            self._publication.remove()
        for buddy in self.buddies:
            buddy.leave()
        self.valid = False
        return waits

    def release(self) -> None:
        """Let go of the address."""
        for transport in self.phone.transports:
            self.phone.network.unbind(self.phone.address, transport)

    def back(self, fn: Any, *arguments: object, call: str = "", text: str = "") -> Any:
        """Call the application back; `text` is what a ladder shows."""
        return self.lib.application.back(self.lane, fn, *arguments, call=call, text=text)

    def decided(self, fn: Any, *arguments: object, usual: tuple[int, str], call: str = "") -> tuple[int, str]:
        """The status, and reason, that the application says; the usual ones where it raises or says what is none."""
        found = self.back(fn, *arguments, call=call)
        status, reason = found if isinstance(found, tuple) and len(found) == 2 else (found, "")
        if found is None:
            return usual
        if type(status) is not int or not 200 <= status < 700 or not isinstance(reason, str | None):
            self.lane.mistaken(fn.__name__, ValueError(f"{found!r} is no final status with a reason"))
            return usual
        return status, reason or ""

    # Inside

    def check(self, op: str) -> None:
        """`Error` where the account is none any more."""
        if not self.valid:
            raise Error(op, self, -1, "Invalid account")

    def _register(self) -> None:
        with reported("set_registration()", self, PJ_EINVAL):
            outcome = self.phone.register(self.config.reg_timeout, refresh=POLICY)
        self._status, self._reason = 100, "In Progress"
        self._follow(outcome)

    def _follow(self, outcome: Outcome) -> None:
        """Tell the application what comes of a REGISTER."""
        self.lane.follow(outcome, self._registered, self._not_registered)

    def _registered(self, _: object) -> None:
        self._tell(200, "OK")

    def _not_registered(self, error: RegistrationFailed) -> None:
        self._tell(error.status, error.reason)

    def _tell(self, status: int, reason: str) -> None:
        self._status, self._reason = status, reason
        self.lib.say(INFO, f"{self.config.id}: registration status={status} ({reason})")
        valid, self.valid = self.valid, True  # an account that leaves is told how that went
        self.back(self._cb.on_reg_state, text=f"on_reg_state(): {status}")
        self.valid = valid

    def _incoming(self, incoming: IncomingCall) -> None:
        assert isinstance(incoming, TakenCall)
        call = Call(self, incoming, None)
        self.lib.say(INFO, f"Incoming call from {call.info().remote_uri}")
        self.back(self._cb.on_incoming_call, call, call=incoming.call_id)

    def _pressed(self, engine: Any, key: str) -> None:
        call = self.calls.get(engine)
        if call is not None:
            call.pressed(key)

    def _referred(self, reference: Reference) -> None:
        """A REFER has come: for one of our calls, or for none."""
        request = reference.request
        there: Any = self.phone.dialogs.get((request.call_id, request.to_tag or "", request.from_tag or ""))
        call = self.calls.get(there)
        if call is None:
            reference.reject(603)
        else:
            call.asked_to_transfer(reference)

    def _subscribed(self, request: Request) -> tuple[int, str]:
        sender = request.from_.uri
        asks = self.buddy_of(sender), f"<{sender}>", f"<{sender}>", request.call_id
        return self.decided(self._cb.on_incoming_subscribe, *asks, usual=(200, ""))

    def _paged(self, text: Text) -> None:
        sender = f"<{text.sender}>"
        buddy = self.buddy_of(text.sender)
        if buddy is not None:
            self.back(buddy.callback.on_pager, text.content_type, text.text)
        else:
            self.back(self._cb.on_pager, sender, sender, text.content_type, text.text)

    def buddy_of(self, uri: Uri) -> Buddy | None:
        """Who among the buddies has this address."""
        return next((buddy for buddy in self.buddies if buddy.uri.aor == uri.aor), None)


def _bracketed(text: str) -> str:
    """A URI such as `sip:example.com;lr`, whose parameters are its own."""
    return text if "<" in text else f"<{text}>"


def _contact(own: Uri, wanted: str) -> Uri:
    """Our contact, elsewhere: at "host:port", or a whole Contact value."""
    if "sip:" in wanted:
        return NameAddr.parse(wanted).uri
    there = Uri.parse(f"sip:{wanted}")
    return own.with_(host=there.host, port=there.port)


def _as_headers(fields: Fields) -> list[tuple[str, str]]:
    """Header fields as a URI carries them (RFC 3261 §19.1.5)."""
    return [(quote(name), quote(value, safe="")) for name, value in fields]
