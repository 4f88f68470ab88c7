"""How to break the rules about offers and reliable provisional responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from planting import Sent, Tape, base, plant, scenario

import sipsim

reliable = scenario("rfc3262-3")
early = scenario("rfc3311-8")
offered = scenario("offer-in-180")
hold = scenario("rfc5359-2.1")
video = scenario("video-call")
delayed = scenario("delayed-offer")


@base
def rung_twice() -> Tape:
    """Bob's phone rings, and then says that it still does; the first of each gets lost."""
    lab = sipsim.Lab()
    alice = lab.user_agent("sip:alice@example.com", reliable="supported")
    bob = lab.user_agent("sip:bob@example.com", reliable="supported")

    def rings(call):  # type: ignore[no-untyped-def]
        call.ring(180)
        yield lab.env.timeout(9.0)
        call.ring(183)
        yield lab.env.timeout(9.0)
        call.answer()

    bob.on_call = rings
    lab.network.drop("180 INVITE", times=4)
    lab.network.drop("183 INVITE", times=1)
    call = alice.call(bob)
    lab.run(call.answered)
    return Tape(lab.run())


@plant("OAN-07", video, delayed)
def no_time(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites():
        if "\r\nt=0 0\r\n" in one.text and one.kind in ("INVITE", "200 INVITE"):
            yield _with_body(broken, one, lambda body: body.replace("t=0 0\r\n", ""))
            return  # the proxy passes the others on


@plant("OAN-07", video)
def no_address(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 INVITE"):
        start = one.text.index("\r\nc=IN")
        line = one.text[start + 2 : one.text.index("\r\n", start + 2) + 2]
        yield _with_body(broken, one, lambda body, line=line: body.replace(line, ""))


@plant("OAN-05", hold, early)
def versions_left_out(tape: Tape) -> Iterator[Tape]:
    """In all that an end says later it counts by five."""
    for end in ("Bob", "Alice", "Caller"):
        described = [one for one in tape.find("", end) if "\r\no=" in one.text]
        for at in range(1, len(described)):
            broken = tape.copy()
            for one in [one for one in broken.find("", end) if "\r\no=" in one.text][at:]:
                version = int(one.get(r"^o=\S+ \S+ (\d+)"))
                _with_body(
                    broken, one, lambda body, old=f" {version} IN", new=f" {version + 5} IN": body.replace(old, new, 1)
                )
            yield broken


@plant("OAN-05", hold)
def same_version(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("INVITE", "Bob"):
        if "a=sendonly" in one.text:
            yield _with_body(broken, one, lambda body: body.replace(" 2 IN", " 1 IN"))


@plant("OAN-05", hold)
def another_session(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("INVITE", "Bob"):
        if "a=sendonly" in one.text:
            yield _with_body(broken, one, lambda body: body.replace("\r\no=", "\r\no=not"))


@plant("OAN-02", early)
def two_offers(tape: Tape) -> Iterator[Tape]:
    """The answer to the caller's UPDATE comes so late that the callee offers before it."""
    for broken, one in tape.sites("200 UPDATE", "Callee"):
        broken.sent.remove(one)
        broken.sent.append(one.at(0.2))
        broken.sent.sort(key=lambda one: one.time)
        for late, new in ((one, " 3 IN"), (broken.one("UPDATE", "Callee"), " 2 IN")):
            _with_body(broken, late, lambda body, new=new: re.sub(r" [23] IN", new, body, count=1))
        yield broken


@plant("OAN-02", early)
def an_offer_in_vain(tape: Tape) -> Iterator[Tape]:
    """The same, and the caller refuses it as it should."""
    broken = next(two_offers(tape))
    yield _refused(broken, 491)


@plant("EXT-05", early)
def put_off_for_how_long(tape: Tape) -> Iterator[Tape]:
    """The caller refuses an offer that came into its own, and does not say until when."""
    broken = _refused(next(offered_into_an_offer(tape)), 500)
    for one, version in ((broken.one("UPDATE", "Callee"), 2), (broken.one("200 UPDATE", "Callee"), 3)):
        _with_body(broken, one, lambda body, new=f" {version} IN": re.sub(r" [23] IN", new, body, count=1))
    yield broken


@plant("EXT-05", early)
def offered_into_an_offer(tape: Tape) -> Iterator[Tape]:
    """The callee offers at once, when the caller's UPDATE is under way, and both are accepted."""
    for broken, one in tape.sites("UPDATE", "Callee"):
        one.at(0.022)
        next(one for one in broken.find("200 UPDATE", "Caller")).at(0.027)
        broken.sent.sort(key=lambda one: one.time)
        yield broken


@plant("OAN-01", video, hold, delayed)
def no_answer(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 INVITE"):
        if one.text.count("\r\nVia:") == len(one.kind.split()) - 1 or one.element != "proxy":
            one.sub(r"^Content-Type: .*?\r\n", "")
            yield _with_body(broken, one, lambda body: "")


@plant("OAN-03", video)
def stream_left_out(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 INVITE", "bob"):
        yield _with_body(broken, one, lambda body: body[: body.index("m=video")])


@plant("OAN-06", video, early)
def codec_that_nobody_offered(tape: Tape) -> Iterator[Tape]:
    for what in ("200 INVITE", "200 UPDATE"):
        for broken, one in tape.sites(what):
            if one.element in ("bob", "Caller", "Callee") and "m=audio" in one.text:
                yield _with_body(broken, one, lambda body: body.replace("RTP/AVP 0 8", "RTP/AVP 18").replace(
                    "RTP/AVP 8\r", "RTP/AVP 18\r").replace("a=rtpmap:0 PCMU/8000\r\n", "").replace(
                    "a=rtpmap:8 PCMA/8000\r\n", ""))  # fmt: skip


@plant("OAN-04", hold)
def answered_as_offered(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 INVITE", "Alice"):
        if "a=recvonly" in one.text:
            one.sub("a=recvonly", "a=sendonly")
            yield broken


@plant("EXT-01", reliable, early)
def no_number(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("180 INVITE"):
        one.sub(r"^RSeq: .*?\r\n", "")
        yield broken


@plant("EXT-01", reliable)
def reliable_for_nobody(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Supported: 100rel, replaces\r|^Supported: replaces, 100rel\r", "Supported: replaces\r", "INVITE")


@plant("EXT-01", rung_twice)
def number_left_out(tape: Tape) -> Iterator[Tape]:
    number = int(tape.one("183 INVITE").get(r"^RSeq: (\d+)"))
    yield tape.sub(rf"^R(Seq|Ack): {number}\b", rf"R\1: {number + 4}")


@plant("EXT-02", rung_twice)
def not_waited_for(tape: Tape) -> Iterator[Tape]:
    """The 183 goes out, lost like the 180s, before any PRACK."""
    other = tape.more(tape.one("183 INVITE"), 0.3)
    other.arrivals = []
    tape.sent.sort(key=lambda one: one.time)
    yield tape


@plant("EXT-02", rung_twice)
def not_repeated(tape: Tape) -> Iterator[Tape]:
    for what in ("180 INVITE", "183 INVITE"):
        first, *_ = tape.find(what)
        for time in sorted({one.time for one in tape.find(what)[:-1]} - {first.time}):
            broken = tape.copy()
            yield broken.drop(*[one for one in broken.find(what) if one.time == time])


@plant("EXT-02", rung_twice)
def repeated_too_often(tape: Tape) -> Iterator[Tape]:
    for what in ("180 INVITE", "183 INVITE"):
        broken = tape.copy()
        last = broken.find(what)[-1]
        broken.more(last, last.time + 0.2)
        broken.sent.sort(key=lambda one: one.time)
        yield broken


@plant("EXT-03", reliable, early)
def another_response(tape: Tape) -> Iterator[Tape]:
    broken = tape.sub(r"^RAck: (\d+)", "RAck: 7", "PRACK")
    yield broken.sub(r"\ASIP/2.0 200 OK", "SIP/2.0 481 No", "200 PRACK")


@plant("EXT-03", reliable)
def acknowledged_again(tape: Tape) -> Iterator[Tape]:
    for one in (tape.one("PRACK"), tape.one("200 PRACK")):
        tape.more(one, one.time + 1).sub(r"^CSeq: 2", "CSeq: 3").sub("branch=z9hG4bK", "branch=z9hG4bK-again-")
    tape.sent.sort(key=lambda one: one.time)
    yield tape.sub(r"^CSeq: 3 BYE", "CSeq: 4 BYE")


@plant("EXT-04", offered)
def answered_too_early(tape: Tape) -> Iterator[Tape]:
    tape.one("200 INVITE").at(0.007)
    tape.one("ACK").at(0.0125)
    tape.sent.sort(key=lambda one: one.time)
    yield tape


@plant("EXT-04", reliable, early)
def accepted_though_unmatched(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^RAck: (\d+)", "RAck: 7", "PRACK")


def _refused(tape: Tape, status: int) -> Tape:
    """The tape in which the caller refuses the UPDATE of the callee."""
    answer = tape.one("200 UPDATE", "Caller")
    answer.sub(r"^SIP/2\.0 200 OK", f"SIP/2.0 {status} No").sub(r"^Content-Type: .*?\r\n", "")
    return _with_body(tape, answer, lambda body: "")


def _with_body(tape: Tape, one: Sent, change: Callable[[str], str]) -> Tape:
    """The tape with another body in a message, whose length is said anew."""
    head, _, body = one.text.partition("\r\n\r\n")
    body = change(body)
    one.text = f"{head}\r\n\r\n{body}"
    one.sub(r"^Content-Length: \d+", f"Content-Length: {len(body)}")
    return tape
