"""How to break the rules about session timers, UPDATE, INFO, MESSAGE, Replaces and 199."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
from planting import Tape, plant, scenario
from plants_extensions import early

timed = scenario("session-timer")
by_callee = scenario("session-timer", refresher="uas")
raised = scenario("rfc4028-13")
expired = scenario("expired-session")
informed = scenario("info")
texted = scenario("rfc3428-10")
replaced = scenario("replaced")
taken_early = scenario("rfc3891-7.1")
parted = scenario("rfc6228-9.1")


@plant("EXT-06", timed)
def too_short(tape: Tape) -> Iterator[Tape]:
    for what in ("INVITE", "200 INVITE", "UPDATE"):
        for broken, one in tape.sites(what):
            one.sub(r"^Session-Expires: \d+", "Session-Expires: 60")
            yield broken


@plant("EXT-15", timed, by_callee)
def nobody_refreshes(tape: Tape) -> Iterator[Tape]:
    for what in ("200 INVITE", "200 UPDATE"):
        for broken, one in tape.sites(what):
            one.sub(r";refresher=ua[cs]", "")
            yield broken


@plant("EXT-15", timed)
def no_require(tape: Tape) -> Iterator[Tape]:
    for what in ("200 INVITE", "200 UPDATE"):
        for broken, one in tape.sites(what):
            one.sub(r"^Require: timer\r\n", "")
            yield broken


@plant("EXT-15", timed)
def refreshed_by_who_cannot(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("INVITE"):
        one.sub(r"^Supported: .*?\r", "Supported: replaces\r")
        yield broken


@plant("EXT-06", raised)
def for_how_long_then(tape: Tape) -> Iterator[Tape]:
    broken = tape.copy()
    for one in broken.find("422 INVITE"):
        one.sub(r"^Min-SE: .*?\r\n", "")
    yield broken


@plant("EXT-16", raised)
def still_too_short(tape: Tape) -> Iterator[Tape]:
    for least in (3600, 4000):
        broken = tape.copy()
        for one in broken.find("INVITE"):
            if f"Min-SE: {least}" in one.text:
                one.sub(r"^Session-Expires: \d+", f"Session-Expires: {least - 1}")
        yield broken


@plant("EXT-07", expired)
def nobody_ends_it(tape: Tape) -> Iterator[Tape]:
    broken = tape.drop(*tape.find("BYE"))
    broken.end = 300.0
    yield broken


@plant("EXT-07", timed)
def neither_refreshed_nor_ended(tape: Tape) -> Iterator[Tape]:
    kinds = ("UPDATE", "200 UPDATE", "BYE", "200 BYE")
    broken = tape.drop(*[one for kind in kinds for one in tape.find(kind)])
    broken.end = 300.0
    yield broken


@plant("EXT-17", timed, early)
def update_from_nowhere(tape: Tape) -> Iterator[Tape]:
    for what in ("UPDATE", "200 UPDATE"):
        for broken, one in tape.sites(what):
            one.sub(r"^Contact: .*?\r\n", "")
            yield broken


@plant("EXT-08", texted)
def refused_for_nothing(tape: Tape) -> Iterator[Tape]:
    for line in ("", "Unsupported: nobody-asked\r\n"):
        yield tape.copy().sub(r"^SIP/2\.0 200 OK\r\n", f"SIP/2.0 420 Bad Extension\r\n{line}", "200 MESSAGE")


@plant("EXT-08", tapes.direct, tapes.ozeki)
def accepted_though_unknown(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("INVITE"):
        one.add("Require: telepathy")
    yield tape


@plant("EXT-09", tapes.direct, tapes.ozeki)
def required_out_of_the_blue(tape: Tape) -> Iterator[Tape]:
    for what in ("180 INVITE", "200 INVITE"):
        broken = tape.copy()
        for one in broken.find(what):
            one.add("Require: telepathy")
        yield broken


@plant("EXT-10", texted)
def not_allowed(tape: Tape) -> Iterator[Tape]:
    for line in ("", "Allow: INVITE, MESSAGE\r\n"):
        yield tape.copy().sub(r"^SIP/2\.0 200 OK\r\n", f"SIP/2.0 405 Method Not Allowed\r\n{line}", "200 MESSAGE")


@plant("EXT-11", informed)
def accepted_unlisted(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^SIP/2\.0 469 .*?\r", "SIP/2.0 200 OK\r", "469 INFO")


@plant("EXT-11", informed)
def list_left_out(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Recv-Info: .*?\r\n", "", "469 INFO")


@plant("EXT-11", tapes.direct, tapes.ozeki)
def packages_unasked(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("200 INVITE"):
        one.add("Recv-Info: weather")
    yield tape


@plant("EXT-12", texted)
def contact_of_a_message(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Content-Length:", "Contact: <sip:user1@192.0.2.1>\r\nContent-Length:", "MESSAGE")


@plant("EXT-12", texted)
def contact_of_its_answer(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Content-Length:", "Contact: <sip:user2@192.0.2.2>\r\nContent-Length:", "200 MESSAGE")


@plant("EXT-12", texted)
def talkative_answer(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("200 MESSAGE"):
        one.sub(r"^Content-Length: 0\r\n\r\n", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK")
    yield tape


@plant("EXT-13", replaced, taken_early)
def place_of_nobody(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"to-tag=[^;]*", "to-tag=nobody", "INVITE")


@plant("EXT-13", replaced)
def goes_on(tape: Tape) -> Iterator[Tape]:
    gone = [one for one in (*tape.find("BYE"), *tape.find("200 BYE")) if one.time < 10]
    broken = tape.drop(*gone)
    broken.end = 60.0
    yield broken


@plant("EXT-13", replaced)
def replaced_by_a_message(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("BYE"):
        one.add("Replaces: a@b;to-tag=c;from-tag=d")
        yield broken


@plant("EXT-14", parted)
def unknown_199(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Supported: 199\r\n", "", "INVITE")


@plant("EXT-14", parted)
def never_rang(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("199 INVITE"):
        one.sub(r"^(To: .*;tag=).*?\r", r"\1stranger\r")
        yield broken


@plant("EXT-14", parted)
def for_no_reason(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Reason: .*?\r\n", "", "199 INVITE")


@plant("EXT-14", parted)
def described_199(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("199 INVITE"):
        one.sub(r"^Content-Length: 0\r\n\r\n", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nno")
        yield broken
