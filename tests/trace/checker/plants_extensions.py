"""How to break the rules about offers, reliable provisional responses and session timers."""

from __future__ import annotations

from collections.abc import Iterator

from planting import Tape, plant, scenario

reliable = scenario("rfc3262-3")
early = scenario("rfc3311-8")
offered = scenario("offer-in-180")
hold = scenario("rfc5359-2.1")
video = scenario("video-call")
timed = scenario("session-timer")


@plant("OAN-03", video)
def stream_left_out(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 INVITE", "bob"):
        yield _with_body(broken, one, lambda body: body[: body.index("m=video")])


@plant("OAN-03", video, early)
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


@plant("EXT-03", reliable, early)
def another_response(tape: Tape) -> Iterator[Tape]:
    broken = tape.sub(r"^RAck: (\d+)", "RAck: 7", "PRACK")
    yield broken.sub(r"\ASIP/2.0 200 OK", "SIP/2.0 481 No", "200 PRACK")


@plant("EXT-04", offered)
def answered_too_early(tape: Tape) -> Iterator[Tape]:
    tape.one("200 INVITE").at(0.007)
    tape.one("ACK").at(0.0125)
    tape.sent.sort(key=lambda one: one.time)
    yield tape


@plant("EXT-04", reliable, early)
def accepted_though_unmatched(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^RAck: (\d+)", "RAck: 7", "PRACK")


@plant("EXT-06", timed)
def too_short(tape: Tape) -> Iterator[Tape]:
    for what in ("INVITE", "200 INVITE", "UPDATE"):
        for broken, one in tape.sites(what):
            one.sub(r"^Session-Expires: \d+", "Session-Expires: 60")
            yield broken


def _with_body(tape: Tape, one: object, change: object) -> Tape:
    """The tape with another body in a message, whose length is said anew."""
    head, _, body = one.text.partition("\r\n\r\n")  # type: ignore[attr-defined]
    body = change(body)  # type: ignore[operator]
    one.text = f"{head}\r\n\r\n{body}"  # type: ignore[attr-defined]
    one.sub(r"^Content-Length: \d+", f"Content-Length: {len(body)}")  # type: ignore[attr-defined]
    return tape
