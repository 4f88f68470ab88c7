"""The timer of a session: refreshed at half its time by one end; where no refresh comes, the call ends (RFC 4028)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.alarm import Alarms
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.inspection import Fields
from sipsim.protocol.session_timers import Terms, accepted, granted, knows_update, refreshing

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call


class SessionTimer:
    """`terms` are what was agreed on last; each 2xx to a refresh begins the time anew."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.terms: Terms | None = None
        self._by_update = False
        self._alarms = Alarms(call.agent)

    @property
    def fields(self) -> Fields:
        """What requests say that refresh the session."""
        return refreshing(self.terms) if self.terms is not None else ()

    def begin(self, terms: Terms, peer: Message | None = None) -> None:
        """Begin anew, by what was agreed on; `peer` is a message that says what the other end knows."""
        self.stop()
        self.terms = terms
        if peer is not None and "allow" in peer.names:
            self._by_update = knows_update(peer)
        self._alarms.set("session", terms.gives_up, self._expire, lingering=True)
        if terms.refreshes:
            self._alarms.set("refresh", terms.seconds / 2, self._refresh, lingering=True)

    def stop(self) -> None:
        self._alarms.stop_all()

    def _refresh(self) -> None:
        self._call.refresh("UPDATE" if self._by_update else "INVITE")

    def _expire(self) -> None:
        if self._call.state == "answered":
            self._call.bye("BYE, the session has expired")


def heard(call: Call, request: Request, response: Response) -> None:
    """A 2xx to our INVITE or UPDATE: begin, begin anew, or go on without a timer."""
    if call.agent.min_se is None:  # as nearly always: this phone knows no timers
        return
    terms = accepted(request, response)
    if terms is not None:
        call.timer = call.timer or SessionTimer(call)
        call.timer.begin(terms, response if request.method == "INVITE" else None)
    elif call.timer is not None and call.timer.terms is not None and call.timer.terms.refreshes:
        call.timer.begin(call.timer.terms)  # the peer knows no timers: we alone see to it
    elif call.timer is not None:
        call.timer.stop()
        call.timer = None


def granting(call: Call, request: Request) -> Fields:
    """What our 2xx to an INVITE or UPDATE says of the session's time, which begins anew with it."""
    agent = call.agent
    found = granted(request, agent.session_expires, agent.min_se) if agent.min_se is not None else None
    if found is None:
        return ()
    call.timer = call.timer or SessionTimer(call)
    call.timer.begin(found[1], request if request.method == "INVITE" else None)
    return found[0]
