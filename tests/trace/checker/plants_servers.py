"""How to break the rules about proxies: routes, forwarding, forks."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
import tapes_made
from planting import Tape, plant, scenario

both_answer = scenario("two-answers")
too_late = scenario("crossing-cancel")


@plant("RTE-01", tapes.ozeki)
def route_stays(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("BYE", "proxy"):
        one.add(f"Route: <sip:{one.source[0]};lr>")
        yield broken


@plant("RTE-02", tapes.busy)
def record_route_without_lr(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^(Record-Route: <sip:.*?);lr>", r"\1>")


@plant("RTE-02", tapes.two_proxies)
def record_route_below(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("INVITE", "biloxi"):
        one.sub(r"(^Record-Route: .*?\r\n)(Record-Route: .*?\r\n)", r"\2\1")
        yield broken


@plant("RTE-03", tapes.busy)
def other_next_hop(tape: Tape) -> Iterator[Tape]:
    for one in [*tape.find("INVITE", "proxy"), *tape.find("ACK", "proxy")]:
        one.sub(r"^(INVITE|ACK) sip:bob@[0-9.]+", r"\1 sip:bob@192.0.2.77")
    yield tape


@plant("RTE-03", tapes.direct, tapes.ozeki)
def astray_in_a_dialog(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("BYE", "bob"):
        one.destination = one.destination[0], 5999
        yield broken


@plant("PRX-01", tapes.ozeki, tapes.two_proxies, tapes.fork)
def not_counted_down(tape: Tape) -> Iterator[Tape]:
    for proxy in ("proxy", "atlanta", "biloxi"):
        for what in ("INVITE", "BYE"):
            for broken, one in tape.sites(what, proxy):
                one.sub(r"^Max-Forwards: \d+", "Max-Forwards: 70" if proxy == "proxy" else "Max-Forwards: 42")
                for other in broken.find(what):
                    if other.time > one.time and proxy != "proxy" and other.element in ("atlanta", "biloxi"):
                        other.sub(r"^Max-Forwards: \d+", "Max-Forwards: 41")
                yield broken


@plant("PRX-02", tapes.ozeki, tapes.busy)
def beyond_zero(tape: Tape) -> Iterator[Tape]:
    for what in ("INVITE", "BYE"):
        if tape.find(what):
            yield tape.copy().sub(r"^Max-Forwards: \d+", "Max-Forwards: 0", what)


@plant("PRX-04", tapes_made.looped)
def loops_on(tape: Tape) -> Iterator[Tape]:
    back = next(one for one in tape.find("INVITE", "broken"))
    on = tape.more(back, back.arrivals[0])
    on.element, on.source, on.destination = "proxy", back.destination, tape.one("INVITE", "proxy", "busy").destination
    on.sub(r"^INVITE \S+", f"INVITE sip:bob@{on.destination[0]}").sub(r"^Max-Forwards: 68", "Max-Forwards: 67")
    on.sub(r"^Via:", f"Via: SIP/2.0/UDP {on.source[0]};branch=z9hG4bK-on\r\nVia:")
    tape.end = on.arrivals[0] + 0.1
    on.arrivals = []
    yield tape


@plant("PRX-05", tapes.ozeki)
def ringing_is_kept(tape: Tape) -> Iterator[Tape]:
    yield tape.drop(tape.one("180 INVITE", "proxy"))


@plant("PRX-05", tapes.ozeki)
def trying_is_forwarded(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 100 Trying\r", "180 INVITE")


@plant("PRX-05", tapes.fork)
def success_is_kept(tape: Tape) -> Iterator[Tape]:
    again = tape.one("200 INVITE", "bob-3")
    again.arrivals.append(again.arrivals[0] + 0.001)
    yield tape


@plant("PRX-05", tapes.declined_fork)
def search_goes_on(tape: Tape) -> Iterator[Tape]:
    yield tape.drop(*tape.find("CANCEL"), *tape.find("200 CANCEL"))


@plant("PRX-06", tapes.ozeki, tapes.direct)
def second_final(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 BYE"):
        more = broken.more(one, one.time + 0.002)
        more.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 481 Call/Transaction Does Not Exist\r")
        more.arrivals = []
        yield broken


@plant("PRX-06", tapes.busy)
def ringing_after_the_end(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("486 INVITE"):
        more = broken.more(one, one.time + 0.002)
        more.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 100 Trying\r")
        more.arrivals = []
        yield broken


@plant("TIM-12", tapes.ozeki)
def forwarded_twice(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("BYE", "proxy"):
        more = broken.more(one, one.time + 0.002)
        more.sub(r"branch=z9hG4bK-proxy", "branch=z9hG4bK-again")
        more.arrivals = []
        yield broken


@plant("FRK-01", tapes.refused_fork)
def not_the_best(tape: Tape) -> Iterator[Tape]:
    tape.one("486 INVITE", "proxy").sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 500 Server Internal Error\r")
    yield tape


@plant("FRK-01", tapes.declined_fork)
def not_the_decline(tape: Tape) -> Iterator[Tape]:
    tape.one("603 INVITE", "proxy").sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 487 Request Terminated\r")
    yield tape


@plant("FRK-02", tapes.challenged_fork)
def one_challenge_only(tape: Tape) -> Iterator[Tape]:
    for n in range(2):
        broken = tape.copy()
        broken.one("486 INVITE", "proxy").sub(rf'^WWW-Authenticate: .*nonce="n{n}".*?\r\n', "")
        yield broken


@plant("FRK-03", tapes.fork)
def loser_rings_on(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("CANCEL"):
        answer = next(other for other in broken.find("200 CANCEL") if other.source == one.destination)
        yield broken.drop(one, answer)


@plant("FRK-05", both_answer)
def further_branch_forgotten(tape: Tape) -> Iterator[Tape]:
    for tag in {one.to_tag: None for one in tape.find("200 INVITE", "proxy")}:
        broken = tape.copy()
        yield broken.drop(
            *[one for what in ("ACK", "BYE", "200 BYE") for one in broken.find(what) if one.to_tag == tag]
        )


@plant("FRK-05", tapes.direct)
def dialog_denied(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 481 Call/Transaction Does Not Exist\r", "200 BYE")


@plant("FRK-05", too_late)
def given_up_and_kept(tape: Tape) -> Iterator[Tape]:
    tape.end += 100
    yield tape.drop(*tape.find("BYE"), *tape.find("200 BYE"))
