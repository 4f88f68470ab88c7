"""How a session is changed while it stands: by whom, when, and what waits for what (RFC 3261 §14, RFC 3311)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.incoming_change import IncomingChange
from sipsim.elements.calls.outgoing_change import OutgoingChange
from sipsim.elements.calls.session import Session
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.refusing import refuse
from sipsim.errors import UsageError
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.glare import GLARE, put_off
from sipsim.protocol.inspection import NO_DIALOG

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call


class Changing(Session):
    """The part of a call that changes its session, by the user's wish or the peer's."""

    state: str
    dialog: Dialog | None
    too_early = 491
    """What an INVITE in the dialog gets before the call is answered (§14.2)."""

    _unacknowledged: Acceptance | None = None
    _changes: Sequence[OutgoingChange] = ()  # of our own: the first one is under way, or will be next
    _asked: IncomingChange | None = None  # a re-INVITE that has no final response yet
    _refused: Exchange | None = None  # the last re-INVITE that we refused
    _answers_in: Mapping[str, tuple[Sdp, bytes]] = {}  # early dialogs by remote tag, with what was agreed on there
    pending = ""
    """The offer of an INVITE that has no answer yet, or none that is sure to arrive: "ours" or "theirs"."""

    @property
    def _call(self) -> Call:
        return cast("Call", self)

    # What the user does

    def reinvite(
        self, *, codecs: Iterable[str] | None = None, direction: str | None = None, offer: bool = True,
        video: Iterable[str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Change the session, or refresh it, by a re-INVITE (§14.1).

        `codecs` are names such as "PCMA", `direction` is "sendrecv", "sendonly", "recvonly" or "inactive", `video` are
        names such as "H264", [] to go on without; what is not given stays as it is. Without `offer` the peer makes the
        offer, in its 2xx. The outcome gives the call, or `CallFailed` when the peer refuses: then the session stays as
        it was. One re-INVITE at a time is under way, the next one waits; one that meets the peer's own (491) is tried
        again by itself.
        """
        change = OutgoingChange(self._call, codecs, direction, offer, video)
        if self.state in ("calling", "ringing"):
            raise UsageError(f"call.reinvite(): the call is {self.state}; what is not answered can't be changed")
        with self.agent.acting("call.reinvite()"):
            if self.state == "answered":
                self._changes = [*self._changes, change]
                self.go_on()
            else:
                self.agent.ignored("call.reinvite(): the call has ended already")
                change.give_up()
        return change.outcome

    def update(
        self, *, codecs: Iterable[str] | None = None, direction: str | None = None, offer: bool = True,
        video: Iterable[str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Change the session, or with `offer` False say no more than where we are, by UPDATE (RFC 3311).

        It is answered at once, without the user, so it may be sent before the call is answered as well: as soon as the
        first offer has an answer that was acknowledged (see `reliable`). The rest is as with `reinvite`.
        """
        change = OutgoingChange(self._call, codecs, direction, offer, video, "UPDATE")
        if self.state == "calling":
            raise UsageError("call.update(): the call is calling; there is no dialog yet")
        with self.agent.acting("call.update()"):
            if self.state in ("answered", "ringing"):
                self._changes = [*self._changes, change]
                self.go_on()
            else:
                self.agent.ignored("call.update(): the call has ended already")
                change.give_up()
        return change.outcome

    def hold(self) -> Outcome:
        """Let the peer wait: we send, music perhaps, and don't listen (RFC 3264 §8.4)."""
        return self.reinvite(direction="sendonly")

    def resume(self) -> Outcome:
        """Talk and listen again."""
        return self.reinvite(direction="sendrecv")

    def refresh(self, method: str = "INVITE") -> Outcome:
        """Say that the session goes on as it is, by re-INVITE or UPDATE (RFC 4028 §7.4)."""
        return self.update(offer=False) if method == "UPDATE" else self.reinvite()

    # When, and what waits

    def go_on(self) -> None:
        """Begin the next change of our own, if nothing is in its way (§14.1)."""
        if not self._changes or self._changes[0].state != "waiting" or self._at_a_bad_time:
            return
        if self.state != "answered" and not self._may_update(self._changes[0]):
            return
        if self._refused is not None and self._refused.state == "completed":  # its ACK is still to come
            self.agent.alarm("wait for the ACK of a refusal", self.agent.timing.t1, self.go_on)
            return
        self._changes[0].begin()

    def _may_update(self, change: OutgoingChange) -> bool:
        """Whether a change may be asked for before the call is answered (RFC 3311 §5.1)."""
        ready = self.state == "ringing" and self.dialog_now is not None and change.method == "UPDATE"
        return ready and not (change.offers and self.pending)

    @property
    def dialog_now(self) -> Dialog | None:
        """The dialog in which requests are sent: an early one, before there is another."""
        return self.dialog

    @property
    def open_offer(self) -> str:
        """Whose offer has no answer yet: "ours", "theirs", or "" where every one has (RFC 3264 §4)."""
        if self._changes and self._changes[0].state == "asking" and self._changes[0].offers:
            return "ours"
        if self._asked is not None and self._asked.offered is not None:
            return "theirs"
        return self.pending

    def agree_in(self, dialog: Dialog, local: Sdp, described: bytes) -> None:
        """An exchange in a dialog is complete; in an early one it waits there for the 2xx."""
        self.agree(local, described)
        if self.dialog is None:
            self._answers_in = {**self._answers_in, dialog.remote_tag: (local, described)}

    def changed(self, change: OutgoingChange, unsure: bool = False) -> None:
        """A change of our own has come to its end; where it leaves us `unsure`, another one follows."""
        self._changes = [other for other in self._changes if other is not change]
        if unsure and self.state == "answered":
            self._changes = [OutgoingChange(self._call, None, None, True), *self._changes]
            self._changes[0].makes_sure = True
        self.go_on()

    def settled(self, change: IncomingChange, acceptance: Acceptance | None) -> None:
        """The peer's re-INVITE has its final response."""
        self._asked = None
        self._unacknowledged = acceptance
        if acceptance is None:
            self._refused = change.exchange
            self.go_on()

    @property
    def _at_a_bad_time(self) -> int:
        """The status for an INVITE that comes in the way of another (§14.2), 0 when nothing is in the way."""
        waits = self._unacknowledged is not None and self._unacknowledged.waits
        change = self._changes[0] if self._changes else None
        if waits or (change is not None and change.state == "asking" and (change.offers or change.method == "INVITE")):
            return 491
        return 500 if self._asked is not None else 0

    def _invited_again(self, exchange: Exchange) -> None:
        status = self._at_a_bad_time
        if self.state != "answered":
            status = status or self.too_early if self.state in ("calling", "ringing") else 481
        if status == 500:
            refuse(self.agent, exchange, put_off(self.agent.dice("glare")))
        elif status:
            refuse(self.agent, exchange, GLARE if status == 491 else NO_DIALOG)
        else:
            self._asked = IncomingChange(self._call, exchange)
            self.agent.consider(self._asked)
