"""The focus of a conference: one user agent that everybody's call leads to (RFC 4353, RFC 4579)."""

from __future__ import annotations

from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.outcome import Outcome
from sipsim.elements.story import Story, told
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message.uri import Uri
from sipsim.protocol.inspection import refusal
from sipsim.protocol.location import aor_of
from sipsim.simulation.environment import Environment


class Focus(UserAgent):
    """The focus of the conference that its URI names, until that is `over`.

    It answers whoever calls (dial-in), calls whom it is told to, by `invite(uri)` or by REFER (dial-out), and says
    `isfocus` in its Contact. Each participant has a call of its own with it, in `participants`; `remove(uri)` hangs up.
    The conference is over when the last one has left or, with `chair`, a URI, when that one has; by `end()`; and by a
    crash. Media are those of its calls (`media=`): it takes what each sends and sends silence to all, since nothing is
    mixed.
    """

    kind = "focus"

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, chair: str | Uri | None = None, **phone: Any
    ) -> None:
        self.chair = None if chair is None else aor_of(chair, "chair")
        super().__init__(env, bench, name, uri, **phone)
        self.contact_params = ";isfocus"  # RFC 4579 §4.2
        self.on_call = lambda call: call.answer()
        self.over = Outcome(env, bench.trace, f"the conference {self.uri} being over")

    @property
    def participants(self) -> tuple[Call, ...]:
        """The calls that are answered, one for each participant."""
        return tuple([call for call in self.calls.values() if call.state == "answered"])

    def invite(self, target: str | Uri | UserAgent) -> OutgoingCall:
        """Call somebody into the conference (RFC 4579 §5.2); `UsageError` when it is over."""
        if self.over.triggered:
            raise UsageError(f"target: {target} is too late, the conference {self.uri} is over")
        return self.call(target)

    def remove(self, who: str | Uri | UserAgent) -> Outcome:
        """Hang up on a participant; `UsageError` for somebody who is not there."""
        known = (who.uri.aor, who.contact_uri.aor) if isinstance(who, UserAgent) else (aor_of(who, "who"),)
        for call in self.participants:
            if aor_of(call.peer) in known:
                return call.hang_up()
        there = ", ".join([call.peer for call in self.participants])
        raise UsageError(f"who: {who} is not in the conference; there are: {there or 'none'}")

    def end(self) -> Outcome:
        """Hang up on everybody, and let nobody in any more; gives `over`."""
        self._away = refusal(404, "the conference is over")
        for call in list(self.calls.values()):
            call.hang_up()
        self.over.settle(self)
        return self.over

    def began(self, call: Call) -> None:
        """A call of ours, placed or taken, has begun; its end may be that of the conference."""
        super().began(call)
        self.env.process(told(self.bench, f"{self.name}, hearing of an end", self._stays(call)))

    def _stays(self, call: Call) -> Story:
        """Who is there until when, and whether the conference ends then, which is policy."""
        yield call.ended
        was_in = call.answered.ok and not self.over.triggered
        if was_in and (not self.participants or aor_of(call.peer) == self.chair):
            self.end()
