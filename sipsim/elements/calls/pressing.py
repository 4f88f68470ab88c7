"""The keys of a call: pressed at one end, heard at the other, as packets among the voice or by INFO (RFC 4733)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from simpy import Event

from sipsim.elements.calls.session import Session
from sipsim.elements.media.keys import checked, relayed
from sipsim.elements.outcome import Outcome
from sipsim.errors import UsageError
from sipsim.protocol.inspection import Fields
from sipsim.protocol.offer_answer import SENDING, key_events
from sipsim.protocol.options import one_of, seconds

RELAY = "application/dtmf-relay"

LEAST_TONE, LONGEST_TONE = 0.04, 4.0
"""Seconds that a key is down."""


class Pressing(Session):
    """The part of a call that has to do with keys; `digits` are those that were heard."""

    digits = ""
    state: str

    def _say(self, method: str, fields: Fields, body: bytes, content_type: str) -> Outcome:
        raise NotImplementedError

    def send_dtmf(self, keys: str, *, by: str = "rtp", tone: float = 0.1, gap: float = 0.06) -> Outcome:
        """Press keys, each for `tone` seconds with `gap` seconds after it; the outcome says that it is done.

        Keys are 0 to 9, *, # and A to D. They go by "rtp", as telephone-event, which both ends must have agreed on and
        which needs `media="packets"`; or by "info", each in an INFO with application/dtmf-relay that is sent when the
        one before was answered: that outcome may be `CallFailed`.
        """
        found = checked(keys)
        one_of("by", by, ("rtp", "info"))
        seconds("tone", tone, LEAST_TONE, LONGEST_TONE)
        seconds("gap", gap, 0.0, LONGEST_TONE)
        agent = self.agent
        done = Outcome(agent.env, agent.trace, f"the keys {found} of {self!r}")
        with agent.acting(f'call.send_dtmf("{found}")'):
            if by == "info":
                self._next_info(found, tone, done)
            else:
                self._press(found, tone, gap, done)
        return done

    def _press(self, keys: str, tone: float, gap: float, done: Outcome) -> None:
        """Have keys sent among the voice; it is done when the last of their packets is out."""
        stream = self.stream
        line = self._lines.get("audio")
        if stream is None or line is None or self.local_sdp is None or self.remote_sdp is None:
            raise UsageError('send_dtmf(): there is no voice to send keys with: ask for media="packets", or by="info"')
        form = key_events(self.local_sdp, self.remote_sdp, stream.local[1])
        if form is None:
            raise UsageError('send_dtmf(): both ends have to know "telephone-event" among their codecs; or by="info"')
        if stream.direction not in SENDING or self.state != "answered":
            raise UsageError("send_dtmf(): nothing is sent here now, the call is on hold, or not answered, or over")
        cause = self._note("keys", keys, "rtp")
        lasts = line.press(keys, form, tone, gap, cause)
        self.agent.env.call_later(lasts, self._caused, cause, done.settle, self)

    def _caused(self, cause: int, act: Callable[..., object], *arguments: object) -> None:
        """Do something because of a record."""
        trace = self.agent.trace
        before, trace.current = trace.current, cause
        try:
            act(*arguments)
        finally:
            trace.current = before

    def _next_info(self, keys: str, tone: float, done: Outcome) -> None:
        if not keys:
            done.settle(self)
            return
        sent = self._say("INFO", (), relayed(keys[0], tone), RELAY)
        self._note("keys", keys[0], "info")

        def answered(event: Event) -> None:
            self._caused(sent.cause, go_on, event)

        def go_on(event: Event) -> None:
            if not event.ok:
                done.disappoint(cast(Exception, event.value))
                return
            try:
                self._next_info(keys[1:], tone, done)
            except UsageError as error:  # the call has ended meanwhile
                done.disappoint(error)

        assert sent.callbacks is not None
        sent.callbacks.append(answered)

    def heard_key(self, key: str, by: str = "rtp", cause: int | None = None) -> None:
        """The peer has pressed a key."""
        self.digits += key
        record = self._note("key", key, by, cause)
        on_dtmf = self.agent.on_dtmf
        if on_dtmf is not None:
            self._caused(record, on_dtmf, self, key)

    def _note(self, event: str, keys: str, by: str, cause: int | None = None) -> int:
        agent = self.agent
        return agent.trace.add(
            "media", agent.env.now, agent.name, cause, event=event, call=self.call_id, keys=keys, by=by
        )
