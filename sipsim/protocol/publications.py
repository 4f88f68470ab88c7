"""The states that a server was given by PUBLISH: which one a request makes, keeps, changes or removes (RFC 3903 §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sipsim.message.event_body import Body
from sipsim.message.message import Request
from sipsim.protocol.inspection import Refusal, refusal
from sipsim.protocol.subscription import granted, too_brief

UNKNOWN_STATE = refusal(412, "no state of that name here", rfc="RFC 3903 §6")
NO_BODY = refusal(400, "a first PUBLISH without a state", rfc="RFC 3903 §6")
SEVERAL = refusal(400, "more than one SIP-If-Match", rfc="RFC 3903 §6")
MOST_STATES = 32
"""How many states one resource may have; a robustness limit of ours."""
FULL = refusal(403, f"more than {MOST_STATES} states of one resource")


class State(NamedTuple):
    """One publication: what it tells, until when, and its number, which it keeps while others of the user go."""

    etag: str
    body: Body
    expires_at: float
    number: int


class Taken(NamedTuple):
    """What a PUBLISH has led to: the new name of the state, its seconds (0: gone), whether anything is told anew."""

    etag: str
    expires: int
    changed: bool


class Publications:
    """The states of each resource (an event and an address of record), the last one changed at the end."""

    def __init__(self, longest: int, shortest: int) -> None:
        self._longest = longest
        self._shortest = shortest
        self._states: dict[tuple[str, str], list[State]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._states.values()))

    def states(self, event: str, resource: str, now: float) -> list[State]:
        """What was published of a resource and lasts, the state that was changed last at the end."""
        return [one for one in self._states.get((event, resource), ()) if one.expires_at > now]

    def publish(
        self, event: str, resource: str, request: Request, now: float, name: Callable[[], str],
        unread: Callable[[], Refusal | None] = lambda: None,
    ) -> Taken | Refusal:  # fmt: skip
        """Carry out a PUBLISH (RFC 3903 §6); `name` gives the name of a new state, `unread` what is wrong with it."""
        wanted = request.sip_if_match
        states = self.states(event, resource, now)
        there = next((one for one in states if one.etag == wanted), None)
        if request.names.count("sip-if-match") > 1:
            return SEVERAL
        if wanted is not None and there is None:
            return UNKNOWN_STATE
        if (brief := too_brief(request.expires, self._shortest)) is not None:
            return brief
        if (unfit := unread()) is not None:
            return unfit
        if there is None and not request.body:
            return NO_BODY
        if there is None and len(states) >= MOST_STATES:
            return FULL
        seconds = granted(request.expires, self._longest, self._longest)
        return self._keep((event, resource), states, there, request, seconds, now, name)

    def expire(self, event: str, resource: str, etag: str) -> bool:
        """Drop a state whose time is up; false where it is not there any more."""
        key = (event, resource)
        before = self._states.get(key, [])
        after = [one for one in before if one.etag != etag]
        self._store(key, after)
        return len(after) < len(before)

    def clear(self) -> None:
        self._states.clear()

    def _keep(
        self, key: tuple[str, str], states: list[State], there: State | None, request: Request, seconds: int,
        now: float, name: Callable[[], str],
    ) -> Taken:  # fmt: skip
        others = [one for one in states if one is not there]
        if not seconds:
            self._store(key, others)
            return Taken(name(), 0, there is not None)
        if there is not None and not request.body:
            new = there._replace(etag=name(), expires_at=now + seconds)
            self._store(key, [new if one is there else one for one in states])
            return Taken(new.etag, seconds, False)
        number = there.number if there is not None else 1 + max((one.number for one in states), default=0)
        body = Body(request.body, str(request.content_type or ""))
        new = State(name(), body, now + seconds, number)
        self._store(key, [*others, new])
        return Taken(new.etag, seconds, True)

    def _store(self, key: tuple[str, str], states: list[State]) -> None:
        if states:
            self._states[key] = states
        else:
            self._states.pop(key, None)
