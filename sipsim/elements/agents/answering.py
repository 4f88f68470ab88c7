"""How the user of a phone behaves: picks up, refuses, lets it ring, is away, busy, or elsewhere (RFC 3261 §13.3.1).

What the phone itself can and can't do is the other half: its `abilities`, which the checks of §8.2 go by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.calls.incoming_call import RINGS_AGAIN_AFTER, IncomingCall, rings_again
from sipsim.elements.refusing import rejection
from sipsim.protocol.inspection import Abilities, Refusal
from sipsim.protocol.options import one_of, seconds, whole

OnCall = Callable[[IncomingCall], Any]
"""What a user does when the phone gets a call: a function, or a generator function that yields SimPy events."""


class Rejecting:
    """A user who refuses every call."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def __call__(self, call: IncomingCall) -> None:
        call.refuse(self.refusal)


class Answering(Endpoint):
    """The reactions of a user to calls.

    `picks_up`, `rejects`, `ignores` and `on_call` say what happens to a call that gets through to the user; the later
    one counts. What stops it before: `do_not_disturb`, `forwards` and `busy_at`. `gives_up` limits how long it rings.
    """

    on_call: OnCall
    answers: float = 2.0
    _away: Refusal | None = None
    _most_calls: int | None = None
    _busy: Refusal | None = None
    _diverted: Refusal | None = None
    _unanswered: tuple[float, Refusal] | None = None

    def picks_up(self, after: float | None = None) -> None:
        """From now on answer every call, after so many seconds of ringing (by default as before)."""
        if after is not None:
            seconds("after", after)
            self.answers = after
        self._does(self._answer_after_ringing)

    def rejects(self, status: int = 486, **what: Any) -> None:
        """From now on refuse every call with this status, and with what it needs: contacts, retry_after, warning ...

        See `sipsim.elements.refusing.rejection`.
        """
        self._does(Rejecting(rejection(self.host_port, status, **what)))

    def ignores(self, again: float | None = RINGS_AGAIN_AFTER) -> None:
        """From now on let the phone ring and never answer it; it says so `again` after so many seconds (None: never).

        Asked to remind the caller, it gives up after three minutes, or when `gives_up` says, else never.
        """
        rings_again(again)
        self._does(lambda call: call.ring(again=again))

    def do_not_disturb(self, status: int = 480, **what: Any) -> None:
        """From now on let no call through (480, 486, 600 or 603), until `picks_up`, `rejects` or `ignores`."""
        one_of("status", status, (480, 486, 600, 603))
        self._away = rejection(self.host_port, status, "the user does not want to be disturbed", **what)

    def forwards(self, to: str, when: str = "always", *, after: float = 20.0, status: int = 302) -> None:
        """From now on send callers elsewhere (301 or 302): always, when busy (see `busy_at`), or when unanswered.

        `to` is a URI, `after` how many seconds the phone rings before "no answer".
        """
        one_of("when", when, ("always", "busy", "no answer"))
        one_of("status", status, (301, 302))
        seconds("after", after)
        refusal = rejection(self.host_port, status, f"the user is elsewhere ({when})", contacts=to)
        if when == "always":
            self._away = refusal
        elif when == "busy":
            self._most_calls, self._diverted = self._most_calls or 1, refusal
        else:
            self._unanswered = after, refusal

    def gives_up(self, after: float, status: int = 480, **what: Any) -> None:
        """From now on refuse a call that nobody answered after so many seconds of ringing."""
        seconds("after", after)
        self._unanswered = after, rejection(self.host_port, status, "nobody answers", **what)

    def busy_at(self, calls: int | None, status: int = 486) -> None:
        """From now on be busy (486 or 600) when so many calls, placed or taken, are under way (None: never)."""
        if calls is not None:
            whole("calls", calls, 1)
        one_of("status", status, (486, 600))
        self._most_calls, self._busy = calls, rejection(self.host_port, status, "every line is busy")

    def understands(self, **what: Any) -> None:
        """From now on have other abilities: methods, extensions, types, largest_body ... as in `Abilities`."""
        for name in what:
            one_of("ability", name, [field.name for field in fields(Abilities) if field.init])
        listed: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in what.items()}
        self.abilities = replace(self.abilities, **listed)

    def unavailable(self) -> Refusal | None:
        """Why no call gets through to the user now, None where one does (§13.3.1.2, §13.3.1.3)."""
        if self._away is None and self._most_calls is not None and len(self.calls) >= self._most_calls:
            return self._diverted or self._busy
        return self._away

    def unwilling(self) -> Refusal | None:
        """The refusal that a call would get now, which is what OPTIONS gets too (§11.2)."""
        return self.unavailable() or getattr(self.on_call, "refusal", None)

    def _does(self, on_call: OnCall) -> None:
        self.on_call = on_call
        self._away = None

    def _answer_after_ringing(self, call: IncomingCall) -> None:
        call.answer_after(self.answers)
