"""How to break the rules about what is sent again, and when."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
from planting import Tape, plant


def _out_of_step(tape: Tape, what: str) -> Iterator[Tape]:
    """Each copy a little too early or too late."""
    for shift in (-0.1, 0.001):
        for broken, one in list(tape.sites(what))[1:]:
            one.time += shift
            yield broken


@plant("TIM-01", tapes.lost_invite, tapes.nobody_answers)
def invite_out_of_step(tape: Tape) -> Iterator[Tape]:
    yield from (broken for broken in _out_of_step(tape, "INVITE") if not _is_too_late(broken))


def _is_too_late(tape: Tape) -> bool:
    """Whether a copy of the INVITE that should have been sent at 31.5 s was moved: that breaks another rule too."""
    return tape.find("INVITE")[-1].time > 31


@plant("TIM-01", tapes.lost_invite)
def invite_goes_on(tape: Tape) -> Iterator[Tape]:
    last = tape.find("INVITE")[-1]
    more = tape.more(last, last.time + 4)
    more.arrivals = []
    yield tape


@plant("TIM-02", tapes.nobody_answers)
def gives_up(tape: Tape) -> Iterator[Tape]:
    tape.end = 60.0
    for count in range(1, 7):
        broken = tape.copy()
        yield broken.drop(*broken.find("INVITE")[count:])


@plant("TIM-03", tapes.lost_register)
def register_out_of_step(tape: Tape) -> Iterator[Tape]:
    yield from _out_of_step(tape, "REGISTER")


@plant("TIM-03", tapes.lost_register, tapes.doubled_register)
def register_goes_on(tape: Tape) -> Iterator[Tape]:
    last = tape.find("REGISTER")[-1]
    more = tape.more(last, last.time + 4)
    more.arrivals = []
    yield tape


@plant("TIM-06", tapes.lost_refusal_ack)
def refusal_out_of_step(tape: Tape) -> Iterator[Tape]:
    yield from _out_of_step(tape, "486 INVITE")


@plant("TIM-06", tapes.lost_refusal_ack)
def refusal_goes_on(tape: Tape) -> Iterator[Tape]:
    last = tape.find("486 INVITE")[-1]
    more = tape.more(last, last.time + 4)
    more.arrivals = []
    yield tape


@plant("TIM-07", tapes.redirect)
def slow_to_ring(tape: Tape) -> Iterator[Tape]:
    ringing = tape.one("180 INVITE")
    ringing.at(ringing.time + 0.25)
    yield tape


@plant("TIM-08", tapes.doubled_register)
def not_answered_again(tape: Tape) -> Iterator[Tape]:
    for n in (1, 2, 4, 5):
        broken = tape.copy()
        yield broken.drop(sorted(broken.find("200 REGISTER"), key=lambda one: one.time)[n])


@plant("TIM-08", tapes.register, tapes.direct)
def answered_by_itself(tape: Tape) -> Iterator[Tape]:
    for what in ("200 REGISTER", "200 BYE"):
        for broken, one in tape.sites(what):
            broken.more(one, one.time + 0.5)
            yield broken
