"""I10 and I11: when all is over and well again, phones register and call at the first try, and agree on the session."""

from __future__ import annotations

from collections.abc import Iterator

from campaign.stage import QUIET, Stage

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.errors import CallFailed, RegistrationFailed

PLENTY = 60.0
"""Seconds for a try that nothing is in the way of, at a busy server too."""


def lives_again(stage: Stage) -> Iterator[str]:
    """Two phones register anew and call each other, one of them changes the session; in some of the runs."""
    wrong = stage.plan.login.wrong if stage.plan.login is not None else ()
    able = [phone for phone in stage.phones.values() if phone.name not in wrong]
    if not stage.plan.lively or len(able) < 2:
        return
    for rule in stage.rules:
        rule.cancel()
    for server in stage.registrars.values():
        server.queue_limit, server.service_time = None, 0.0
    yield from _registered(stage, able[0], able[-1])
    yield from _called(stage, able[0], able[-1])
    stage.lab.run(until=stage.lab.env.now + QUIET)


def _registered(stage: Stage, *phones: UserAgent) -> Iterator[str]:
    lab = stage.lab
    for phone in phones if stage.registrars else ():
        try:
            lab.run(phone.register(), until=lab.env.now + PLENTY)
        except RegistrationFailed as error:
            yield f"{phone.name} can't register when all is well: {error}"
        if not phone.registration.active:
            yield f"{phone.name} is not registered when all is well"


def _called(stage: Stage, caller: UserAgent, callee: UserAgent) -> Iterator[str]:
    lab = stage.lab
    callee.picks_up(0.1)
    call = caller.call(callee)
    try:
        lab.run(call.answered, until=lab.env.now + PLENTY)
    except CallFailed as error:
        yield f"{caller.name} can't call {callee.name} when all is well: {error}"
    lab.run(until=lab.env.now + PLENTY)  # the ACK, too, is there
    other = next(iter(callee.calls.values()), None)
    if call.state != "answered" or other is None:
        yield f"{call!r} is {call.state} when all is well, {callee.name} has {other!r}"
        return
    yield from _agree(call, other)
    for change in (call.hold, other.resume):
        lab.run(change(), until=lab.env.now + PLENTY)
        lab.run(until=lab.env.now + PLENTY)
        yield from _agree(call, other)
    call.hang_up()
    lab.run()


def _agree(one: Call, other: Call) -> Iterator[str]:
    """Each end has as its own what the other has as the peer's description, and both are of one stream."""
    mine, theirs = (one.local_sdp, one.remote_sdp), (other.remote_sdp, other.local_sdp)
    if mine != theirs or None in mine:
        yield f"{one!r} and {other!r} do not agree: {mine}, {theirs}"
    elif one.stream is None or other.stream is None or one.stream.codec != other.stream.codec:
        yield f"{one!r} and {other!r} agree, and have {one.stream} and {other.stream}"
