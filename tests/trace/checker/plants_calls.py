"""How to break the rules about ACK, CANCEL and dialogs."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
import tapes_made
from planting import Sent, Tape, plant

# ---- ACK


@plant("ACK-01", tapes.busy, tapes.cancel)
def other_ack(tape: Tape) -> Iterator[Tape]:
    for pattern, new in ((r"^ACK sip:bob", "ACK sip:rob"), (r"^(To: .*tag=)", r"\1x"), (r"^(From: .*tag=)", r"\1x")):
        for broken, one in tape.sites("ACK"):
            one.sub(pattern, new)
            yield broken


@plant("ACK-01", tapes.busy)
def ack_with_route(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK"):
        one.add(f"Route: <sip:{one.destination[0]};lr>")
        yield broken


@plant("ACK-09", tapes.busy)
def ack_with_a_new_branch(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK"):
        one.sub(r"branch=z9hG4bK", "branch=z9hG4bKx")
        broken.end = one.arrivals[0]
        yield broken


@plant("ACK-07", tapes.ozeki, tapes.two_proxies)
def ack_of_a_proxys_own(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK"):
        if one.element != "alice":
            one.sub(r"(^Via: .*?\r\n)(Via: .*?\r\n)+", r"\1").sub(r"branch=z9hG4bK", "branch=z9hG4bK-own")
            one.sub(r"^Max-Forwards: \d+", "Max-Forwards: 70")
            yield broken


@plant("ACK-07", tapes.lost_ack, tapes.direct, tapes.ozeki)
def acknowledged_by_both(tape: Tape) -> Iterator[Tape]:
    ack, invite = tape.one("ACK", "alice"), tape.one("INVITE", "alice")
    more = tape.more(ack, ack.time)
    more.sub(r"branch=.*?\r", "branch=" + invite.get(r"branch=(.*?)\r") + "\r")
    more.arrivals = []
    yield tape


@plant("ACK-02", tapes.redirect)
def ack_on_the_invites_branch(tape: Tape) -> Iterator[Tape]:
    ack, branch = tape.find("ACK")[1], tape.find("INVITE")[1].get(r"branch=(.*?)\r")
    ack.sub(r"branch=.*?\r", f"branch={branch}\r")
    yield tape


@plant("ACK-02", tapes.direct, tapes.lost_ack)
def ack_with_another_number(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^CSeq: 1", "CSeq: 5", "ACK")


@plant("ACK-02", tapes.lost_ack)
def one_ack_missing(tape: Tape) -> Iterator[Tape]:
    for n in range(5):
        broken = tape.copy()
        yield broken.drop(broken.find("ACK")[n])


@plant("ACK-03", tapes.busy)
def refusal_without_ack(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK", "proxy"):
        yield broken.drop(one)


@plant("ACK-03", tapes.busy, tapes.lost_refusal_ack)
def ack_for_nothing(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK"):
        broken.more(one, one.time + 0.1)
        broken.end = one.time + 0.2
        yield broken


@plant("ACK-04", tapes.direct, tapes.busy)
def answered_ack(tape: Tape) -> Iterator[Tape]:
    for broken, ack in tape.sites("ACK"):
        answer = broken.more(ack, ack.arrivals[0])
        answer.element, answer.source, answer.destination = "bob", ack.destination, ack.source
        answer.sub(r"^ACK .*?\r", "SIP/2.0 200 OK\r")
        yield broken


@plant("ACK-05", tapes.lost_ack, tapes.no_ack)
def success_out_of_step(tape: Tape) -> Iterator[Tape]:
    for broken, one in list(tape.sites("200 INVITE"))[1:]:
        one.time -= 0.1
        yield broken


@plant("ACK-05", tapes.lost_ack)
def success_goes_on(tape: Tape) -> Iterator[Tape]:
    last = tape.find("200 INVITE")[-1]
    more = tape.more(last, last.time + 4)
    more.arrivals = []
    yield tape


@plant("ACK-06", tapes.direct, tapes.ozeki)
def no_answer_to_the_offer(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("INVITE"):
        one.text = one.text.partition("\r\n\r\n")[0] + "\r\n\r\n"
        one.sub(r"^Content-Type: .*?\r\n", "").sub(r"^Content-Length: \d+", "Content-Length: 0")
    yield tape


@plant("ACK-08", tapes.no_ack)
def never_gives_up(tape: Tape) -> Iterator[Tape]:
    yield tape.drop(*tape.find("BYE"), *tape.find("200 BYE"))


# ---- CANCEL


@plant("CAN-01", tapes.cancel)
def other_cancel(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("CANCEL"):
        one.sub(r"^CANCEL sip:bob", "CANCEL sip:rob")
        yield broken
    for broken, one in tape.sites("CANCEL"):
        one.add(f"Route: <sip:{one.destination[0]};lr>")
        yield broken


@plant("CAN-02", tapes.busy)
def cancel_after_the_end(tape: Tape) -> Iterator[Tape]:
    ack, refusal = tape.one("ACK", "alice"), tape.one("486 INVITE", "proxy")
    cancel, answer = tape.more(ack, ack.time + 0.1), tape.more(refusal, ack.time + 0.105)
    cancel.sub(r"^ACK ", "CANCEL ").sub(r"^(CSeq: \d+) ACK", r"\1 CANCEL").sub(r"^(To: .*);tag=.*?\r", r"\1\r")
    answer.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 200 OK\r").sub(r"^(CSeq: \d+) INVITE", r"\1 CANCEL")
    yield tape


@plant("CAN-02", tapes.fork)
def cancel_at_once(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("CANCEL"):
        one.time = broken.one("INVITE", "proxy").time
        yield broken


@plant("CAN-03", tapes.cancel, tapes.fork)
def unknown_invite(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 CANCEL"):
        one.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 481 Call/Transaction Does Not Exist\r")
        yield broken


@plant("CAN-03", tapes.cancel, tapes.fork)
def other_tag(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 CANCEL"):
        if one.element != "proxy":
            one.sub(r"^(To: .*tag=)", r"\1x")
            yield broken


@plant("CAN-04", tapes.cancel)
def answered_otherwise(tape: Tape) -> Iterator[Tape]:
    for status in ("486 Busy Here", "603 Decline"):
        yield tape.copy().sub(r"^SIP/2\.0 .*?\r", f"SIP/2.0 {status}\r", "487 INVITE")


@plant("CAN-06", tapes.cancel)
def branch_goes_on(tape: Tape) -> Iterator[Tape]:
    for one in [*tape.find("CANCEL", "proxy"), *tape.find("200 CANCEL", "bob")]:
        tape.drop(one)
    yield tape


@plant("CAN-07", tapes.direct, tapes.register)
def cancelled_at_once(tape: Tape) -> Iterator[Tape]:
    for what in ("BYE", "REGISTER"):
        for broken, one in tape.sites(what):
            cancel, answer = broken.more(one, one.time), broken.more(broken.one(f"200 {what}"), one.time + 0.005)
            cancel.sub(rf"^{what} ", "CANCEL ").sub(rf"^(CSeq: \d+) {what}", r"\1 CANCEL")
            answer.sub(rf"^(CSeq:) \d+ {what}", rf"\1 {one.get(r'^CSeq: ([0-9]+)')} CANCEL")
            answer.sub(r"branch=.*?\r", "branch=" + one.get(r"branch=(.*?)\r") + "\r")
            yield broken


# ---- dialogs


@plant("DLG-01", tapes.ozeki, tapes.direct)
def no_way_back(tape: Tape) -> Iterator[Tape]:
    for name in ("Record-Route", "Contact"):
        if f"{name}:" in tape.one("180 INVITE").text:
            yield tape.copy().sub(rf"^{name}: .*?\r\n", "", "180 INVITE")


@plant("DLG-02", tapes.ozeki, tapes.direct, tapes.two_proxies)
def wrong_way(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^BYE sip:(\w+)@", r"BYE sip:x\1@", "BYE")


@plant("DLG-02", tapes.ozeki, tapes.direct)
def ack_goes_elsewhere(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^ACK sip:bob@", "ACK sip:rob@", "ACK")


@plant("DLG-02", tapes.ozeki)
def wrong_route(tape: Tape) -> Iterator[Tape]:
    tape.one("BYE").sub(r"^Route: <sip:(.*?);lr>", r"Route: <sip:\1;lr>, <sip:192.0.2.77;lr>")
    yield tape


@plant("DLG-03", tapes.direct)
def unknown_dialog(tape: Tape) -> Iterator[Tape]:
    for what in ("BYE", "200 BYE"):
        tape.sub(r"^(To: .*tag=)", r"\1x", what)
    yield tape


@plant("DLG-04", tapes.direct, tapes.ozeki)
def bye_before_ack(tape: Tape) -> Iterator[Tape]:
    early = tape.one("200 INVITE", "bob").time + 0.001 - tape.one("BYE").time
    for one in [*tape.find("BYE"), *tape.find("200 BYE")]:
        one.at(one.time + early)
    yield tape


@plant("DLG-04", tapes.direct)
def bye_in_no_dialog(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^(To: .*);tag=.*?\r", r"\1\r", "BYE")


@plant("DLG-05", tapes.direct, tapes.ozeki)
def refused_bye(tape: Tape) -> Iterator[Tape]:
    for status in ("486 Busy Here", "405 Method Not Allowed"):
        yield tape.copy().sub(r"^SIP/2\.0 .*?\r", f"SIP/2.0 {status}\r", "200 BYE")


@plant("DLG-05", tapes.direct)
def unanswered_bye(tape: Tape) -> Iterator[Tape]:
    tape.end += 100
    yield tape.drop(*tape.find("200 BYE"))


@plant("DLG-06", tapes_made.reinvited)
def two_invites(tape: Tape) -> Iterator[Tape]:
    for src, number in (("alice", 3), ("bob", 8)):
        broken = tape.copy()
        first = next(one for one in broken.find("INVITE", src) if one.time > 4)
        _second_invite(broken, first, src, number)
        yield broken


def _second_invite(tape: Tape, first: Sent, src: str, number: int) -> None:
    """One more INVITE while the first one is under way, refused, and the numbers after it."""
    invite, answer = tapes_made.inside(tape, "INVITE", number, first.time + 0.002, src=src, status=500)
    answer.add("Retry-After: 3")
    ack = tape.more(invite, answer.arrivals[0])
    ack.sub(r"^INVITE ", "ACK ").sub(r"^(CSeq: \d+) .*?\r", r"\1 ACK\r")
    ack.sub(r"^To: .*?\r", f"To: {answer.to}\r")
    if src == "bob":
        tape.sub(r"^CSeq: 8", "CSeq: 9", "BYE").sub(r"^CSeq: 8", "CSeq: 9", "200 BYE")


@plant("DLG-07", tapes_made.glare)
def not_put_off(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("491 INVITE"):
        one.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 488 Not Acceptable Here\r")
        yield broken
