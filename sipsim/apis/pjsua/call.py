"""A call: what an application does with it, and the order in which it is told what happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.apis.pjsua.call_callback import CallCallback
from sipsim.apis.pjsua.constants import STATE_TEXTS, CallRole, CallState
from sipsim.apis.pjsua.error import (
    PJ_EINVAL,
    PJ_EINVALIDOP,
    PJSIP_ESESSIONSTATE,
    PJSIP_ESESSIONTERMINATED,
    Error,
    expect,
    fields_of,
    reported,
    unsupported,
    uri_of,
)
from sipsim.apis.pjsua.log import DETAIL, INFO
from sipsim.apis.pjsua.media import media_of
from sipsim.apis.pjsua.phone import PlacedCall, TakenCall
from sipsim.elements.calls.call import Ending
from sipsim.elements.calls.in_dialog import InDialog
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed
from sipsim.message.codes import reason_phrase
from sipsim.message.grammar import decode
from sipsim.message.message import Request
from sipsim.message.sipfrag import Fragment

if TYPE_CHECKING:
    from sipsim.apis.pjsua.account import Account
    from sipsim.elements.events.referring import Reference, Referral
    from sipsim.elements.events.subscription import Notice

Fields = Iterable[tuple[str, str]]

CHANGE_THE_STATE = ("ACK", "BYE", "CANCEL", "INVITE", "PRACK", "REGISTER", "UPDATE")
"""What `send_request` is not for: methods with functions of their own."""


class CallInfo(NamedTuple):
    """How a call stands; times in seconds."""

    role: int
    account: Account
    uri: str
    contact: str
    remote_uri: str
    remote_contact: str
    sip_call_id: str
    state: int
    state_text: str
    last_code: int
    last_reason: str
    media_state: int
    media_dir: int
    conf_slot: int
    call_time: float
    total_time: float


class Call:
    """A call of an account; made by `Account.make_call`, or given to `AccountCallback.on_incoming_call`."""

    def __init__(self, account: Account, call: PlacedCall | TakenCall, cb: CallCallback | None) -> None:
        self.account = account
        self.engine = call
        self.role = CallRole.CALLEE if isinstance(call, TakenCall) else CallRole.CALLER
        self.state = CallState.NULL if self.role == CallRole.CALLER else CallState.INCOMING
        self._code, self._text = 0, ""
        self._now = account.lib.lab.env
        self._begun, self._confirmed, self._over = self._now.now, 0.0, 0.0
        account.lib.calls_made += 1
        self._slot = account.lib.calls_made
        self.set_callback(cb)
        call.watcher = self
        account.lane.follow(call.answered, self._answered, self._refused)
        account.lane.follow(call.ended, self._ended)
        account.calls[call] = self

    def __str__(self) -> str:
        return f"{{Call {self.engine.peer}}}"

    # What an application asks

    def set_callback(self, cb: CallCallback | None) -> None:
        """Tell this object from now on; its `call` becomes this call."""
        expect("set_callback()", self, "cb", cb, CallCallback, type(None))
        self._cb = cb if cb is not None else CallCallback()
        self._cb._set_call(self)

    def is_valid(self) -> bool:
        """Whether it has not ended."""
        return self.state != CallState.DISCONNECTED

    def info(self) -> CallInfo:
        """How it stands."""
        call, now = self.engine, self._over or self._now.now
        dialog = call.dialog_now
        media, direction = self._media() if self.is_valid() else (0, 0)
        return CallInfo(
            self.role, self.account, self.account.config.id, call.agent.contact, f"<{call.peer}>",
            f"<{dialog.remote_target}>" if dialog is not None else "", call.call_id, self.state,
            STATE_TEXTS[self.state], self._code, self._text, media, direction, self._slot if media else -1,
            now - self._confirmed if self._confirmed else 0.0, now - self._begun,
        )  # fmt: skip

    def dump_status(self, with_media: bool = True, indent: str = "", max_len: int = 1024) -> str:
        """The same in words."""
        expect("dump_status()", self, "indent", indent, str)
        expect("dump_status()", self, "max_len", max_len, int)
        info = self.info()
        lines = [f"[{info.state_text}] {'To' if self.role == CallRole.CALLER else 'From'}: {info.remote_uri}"]
        lines.append(f"Call time: {info.call_time:.3f} s, total: {info.total_time:.3f} s")
        if with_media:
            lines += [f"  {stream.kind} {stream.codec} {stream.direction}" for stream in self.engine.streams]
        return "".join(f"{indent}{line}\n" for line in lines)[:max_len]

    # What an application does

    def answer(self, code: int = 200, reason: str = "", hdr_list: Fields | None = None) -> None:
        """Answer a call that came in: 101 to 199 rings (183 brings our description), 200 accepts, 300 on refuses."""
        with self._calling("answer", code):
            call = self.engine
            expect("answer()", self, "code", code, int)
            if not isinstance(call, IncomingCall):
                raise Error("answer()", self, PJ_EINVALIDOP, "this call was placed here, the other end answers it")
            self._take_no("answer()", reason, hdr_list if code < 300 else None)
            if code in range(200, 300) and code != 200:
                raise Error("answer()", self, PJ_EINVAL, f"code {code}: an INVITE is accepted with 200")
            with reported("answer()", self):
                if code == 100:
                    return  # which is said in any case, if nothing else is in time
                if code < 200:
                    call.ring(code, described=code == 183)
                    self._goes_on(CallState.EARLY, code)
                elif code == 200:
                    self._accept(call)
                else:
                    call.reject(code, headers=fields_of("answer()", self, hdr_list))

    def hangup(self, code: int = 603, reason: str = "", hdr_list: Fields | None = None) -> None:
        """End the call: with this status where it came in and is not answered, else by CANCEL or BYE."""
        with self._calling("hangup", code):
            expect("hangup()", self, "code", code, int)
            self._take_no("hangup()", reason, hdr_list)
            self.hang_up(code)

    def hold(self, hdr_list: Fields | None = None) -> None:
        """Let the other end wait."""
        self._change("hold", hdr_list)

    def unhold(self, hdr_list: Fields | None = None) -> None:
        """Talk again."""
        self._change("unhold", hdr_list)

    def reinvite(self, hdr_list: Fields | None = None) -> None:
        """Send a re-INVITE; it ends a hold, as in the original."""
        self._change("reinvite", hdr_list)

    def update(self, hdr_list: Fields | None = None, options: int = 0) -> None:
        """Send an UPDATE with an offer."""
        self._change("update", hdr_list)

    def transfer(self, dest_uri: str, hdr_list: Fields | None = None) -> None:
        """Have the other end call somebody else."""
        with self._calling("transfer", dest_uri), reported("transfer()", self):
            self._take_no("transfer()", "", hdr_list)
            self._confirmed_now("transfer()")
            self._follow(self.engine.transfer(uri_of("transfer()", self, dest_uri), leaves="never"))

    def transfer_to_call(self, call: Call, hdr_list: Fields | None = None, options: int = 0) -> None:
        """Have the other end talk to that of another call of ours."""
        with self._calling("transfer_to_call", call), reported("transfer_to_call()", self):
            expect("transfer_to_call()", self, "call", call, Call)
            self._take_no("transfer_to_call()", "", hdr_list)
            self._confirmed_now("transfer_to_call()")
            self._follow(self.engine.transfer_to(call.engine, leaves="never"))

    def dial_dtmf(self, digits: str) -> None:
        """Press keys: they go as RTP where the application's `media` are "packets", else each in an INFO."""
        with self._calling("dial_dtmf", digits):
            self._confirmed_now("dial_dtmf()")
            lib = self.account.lib
            with reported("dial_dtmf()", self):
                done = self.engine.send_dtmf(digits, by="rtp" if lib.application.media == "packets" else "info")
            self.account.lane.follow(done, lambda _: None, lambda error: lib.say(INFO, f"keys {digits}: {error}"))

    def send_request(
        self, method: str, hdr_list: Fields | None = None, content_type: str | None = None, body: str | None = None
    ) -> None:
        """Send a request in the call that leaves it as it is, such as INFO."""
        with self._calling("send_request", method):
            self._dialog("send_request()")
            expect("send_request()", self, "method", method, str)
            expect("send_request()", self, "body", body, str, type(None))
            expect("send_request()", self, "content_type", content_type, str, type(None))
            if method in CHANGE_THE_STATE:
                raise Error("send_request()", self, PJ_EINVAL, f"{method} changes the call: use the function for that")
            fields = fields_of("send_request()", self, hdr_list)
            with reported("send_request()", self):
                InDialog(self.engine, method, fields, (body or "").encode(), content_type or "text/plain" * bool(body))

    def send_pager(
        self, text: str, im_id: Any = 0, content_type: str = "text/plain", hdr_list: Fields | None = None
    ) -> None:
        """Send an instant message in the call; `on_pager_status` tells what became of it."""
        with self._calling("send_pager"):
            self._dialog("send_pager()")
            expect("send_pager()", self, "text", text, str)
            expect("send_pager()", self, "content_type", content_type, str)
            fields = fields_of("send_pager()", self, hdr_list)
            with reported("send_pager()", self):
                sent = InDialog(self.engine, "MESSAGE", fields, text.encode(), content_type)
            self.account.lane.follow(
                sent.outcome,
                lambda response: self._back(self._cb.on_pager_status, text, im_id, response.status, response.reason),
                lambda error: self._back(self._cb.on_pager_status, text, im_id, error.status, error.reason),
            )

    def hang_up(self, code: int = 603) -> Outcome:
        """What `hangup` does, without being a call of the API."""
        call = self.engine
        if isinstance(call, IncomingCall) and self.state < CallState.CONNECTING and code >= 300:
            with reported("hangup()", self):
                return call.reject(code)
        return call.hang_up()

    # What the engine says

    def begin(self) -> None:
        """The INVITE is out."""
        self._goes_on(CallState.CALLING, 0)
        call = self.engine
        if isinstance(call, PlacedCall):
            self.account.lane.follow(call.ringing, self._rings, lambda error: None)

    def agreed(self) -> None:
        """Both ends have agreed on media, early or anew; the first agreement of an answer is told with the answer."""
        if self.state == CallState.CONFIRMED or (self.role == CallRole.CALLER and self.engine.status < 200):
            self.account.lane.soon(self._tell_media)

    def paged(self, request: Request) -> None:
        self._back(self._cb.on_pager, str(request.content_type), decode(request.body))

    def may_be_replaced(self) -> tuple[int, str]:
        ask = self._cb.on_replace_request
        return self.account.decided(ask, 200, "OK", usual=(200, "OK"), call=self.engine.call_id)

    def replaced(self, new: IncomingCall) -> None:
        if isinstance(new, TakenCall):
            call = Call(self.account, new, None)
            call.state = CallState.CONNECTING
            self._back(self._cb.on_replaced, call)

    def pressed(self, key: str) -> None:
        """The other end has pressed a key."""
        self._back(self._cb.on_dtmf_digit, key)

    def asked_to_transfer(self, reference: Reference) -> None:
        """The other end wants us to call somebody: the application decides, and the engine calls."""
        ask, call_id = self._cb.on_transfer_request, self.engine.call_id
        code, _ = self.account.decided(ask, str(reference.to), 202, usual=(202, ""), call=call_id)
        if code >= 300:
            reference.reject(code)
        else:
            reference.follow()

    def _follow(self, referral: Referral) -> None:
        """Tell the application how a transfer goes."""

        def told(notice: Notice) -> None:
            if isinstance(notice.value, Fragment):
                status, reason = notice.value.status, notice.value.reason
                final = status >= 200
                goes_on = self._back(self._cb.on_transfer_status, status, reason, final, not final)
                if not goes_on and not final:
                    referral.unsubscribe()

        def refused(error: CallFailed) -> None:
            self._back(self._cb.on_transfer_status, error.status, error.reason, True, False)

        referral.on_notify = told
        self.account.lane.follow(referral.accepted, lambda _: None, refused)

    def _rings(self, _: object) -> None:
        if self.state < CallState.EARLY and self.engine.state == "ringing":
            self._goes_on(CallState.EARLY, self.engine.status, self.engine.reason)

    def _accept(self, call: IncomingCall) -> None:
        call.answer()
        if call.state != "ended":  # refused, where nothing in the offer fits
            self._code, self._text = 200, reason_phrase(200)
            self._tell_media()
            self._goes_on(CallState.CONNECTING, 200)

    def _answered(self, _: object) -> None:
        """The session stands: for a caller the answer has come, for a callee its ACK."""
        if self.role == CallRole.CALLER:
            self._goes_on(CallState.CONNECTING, 200)
            self._tell_media()
        self._confirmed = self._now.now
        if self.engine.state == "answered":
            self._goes_on(CallState.CONFIRMED, 200)

    def _refused(self, error: CallFailed) -> None:
        self._code, self._text = error.status, error.reason

    def _ended(self, ending: Ending) -> None:
        if self._confirmed:
            self._code, self._text = 200, "Normal call clearing"
        self._over = self._now.now
        self.account.calls.pop(self.engine, None)
        self._goes_on(CallState.DISCONNECTED, self._code, self._text)

    # Inside

    def _goes_on(self, state: int, code: int, text: str = "") -> None:
        """A new state, told to the application."""
        if self.state == CallState.DISCONNECTED:
            return
        self.state = state
        self._code, self._text = code, text or (reason_phrase(code) if code else "")
        self.account.lib.say(INFO, f"Call with {self.engine.peer}: {STATE_TEXTS[state]} ({code})")
        self._back(self._cb.on_state, text=f"on_state(): {STATE_TEXTS[state]}")

    def _tell_media(self) -> None:
        if self.is_valid():
            self.account.lib.say(DETAIL, f"Call with {self.engine.peer}: media {self._media()}")
            self._back(self._cb.on_media_state)

    def _media(self) -> tuple[int, int]:
        return media_of(self.engine)

    def _back(self, fn: Any, *arguments: object, text: str = "") -> Any:
        return self.account.back(fn, *arguments, call=self.engine.call_id, text=text)

    def _calling(self, name: str, *arguments: object) -> Any:
        """Record a call of the API; `Error` where the call has ended."""
        if not self.is_valid():
            raise Error(f"{name}()", self, PJSIP_ESESSIONTERMINATED)
        return self.account.lane.calling(name, *arguments, call=self.engine.call_id)

    def _change(self, name: str, hdr_list: Fields | None) -> None:
        """Change the session; a refusal leaves it as it was."""
        with self._calling(name):
            self._take_no(f"{name}()", "", hdr_list)
            call = self.engine
            self._confirmed_now(f"{name}()")
            change = {"hold": call.hold, "update": call.update}.get(name, call.resume)
            change()

    def _confirmed_now(self, op: str) -> None:
        if self.state != CallState.CONFIRMED:
            raise Error(op, self, PJSIP_ESESSIONSTATE, "the call is not confirmed")

    def _dialog(self, op: str) -> None:
        if self.engine.dialog_now is None or self.engine.state not in ("ringing", "answered"):
            raise Error(op, self, PJSIP_ESESSIONSTATE, "there is no dialog yet")

    def _take_no(self, op: str, reason: str, hdr_list: Fields | None) -> None:
        """What a message can't be given here."""
        if reason or hdr_list:
            raise unsupported(op, self, "this message takes neither a reason phrase nor header fields of its own")
