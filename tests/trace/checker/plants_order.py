"""How to break the rules about tags, CSeq, digest and registration."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
import tapes_made
from planting import Tape, plant

# ---- tags and Call-ID


@plant("TAG-01", tapes.register, tapes.busy)
def no_from_tag(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^(From: .*);tag=.*?\r", r"\1\r")


@plant("TAG-02", tapes.register)
def register_in_dialog(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^(To: <.*>)[^\r]*\r", r"\1;tag=x\r")


@plant("TAG-02", tapes.invited_with_credentials)
def tag_of_the_refusal(tape: Tape) -> Iterator[Tape]:
    tag = tape.one("302 INVITE").to_tag
    for one in [one for one in tape.sent if "CSeq: 2 INVITE" in one.text]:
        one.sub(r"^(To: <[^>]*>)[^\r]*\r", rf"\1;tag={tag}\r")
    yield tape


@plant("TAG-03", tapes.register, tapes.ozeki)
def no_to_tag(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 REGISTER"):
        one.sub(r"^(To: .*);tag=.*?\r", r"\1\r")
        yield broken


@plant("TAG-03", tapes.redirect, tapes.busy)
def two_tags(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("180 INVITE", "bob"):
        one.sub(r"^(To: .*;tag=).*?\r", r"\1other\r")
        yield broken
    for broken, one in tape.sites("486 INVITE", "bob"):
        more = broken.more(one, one.time)
        more.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 180 Ringing\r").sub(r"^(To: .*;tag=).*?\r", r"\1other\r")
        broken.sent.insert(broken.sent.index(one), broken.sent.pop())
        yield broken


@plant("TAG-05", tapes_made.informed)
def other_call_id(tape: Tape) -> Iterator[Tape]:
    tape.drop(*tape.find("INFO")[:1], *tape.find("500 INFO"))
    for what in ("INFO", "200 INFO"):
        tape.sub(r"^Call-ID: ", "Call-ID: x", what)
    for what in ("BYE", "200 BYE"):
        tape.sub(r"^CSeq: 6", "CSeq: 1", what)
    yield tape


OTHERWISE = (
    (r"^Call-ID: ", "Call-ID: x"), (r"^CSeq: ", "CSeq: 1"), (r"^(CSeq: \d+) \w+", r"\1 INFO"),
    (r"^(From: .*tag=)", r"\1x"),
)  # fmt: skip
"""What a response may not change of its request."""


@plant("TAG-06", tapes.register, tapes.direct)
def other_fields(tape: Tape) -> Iterator[Tape]:
    for what in ("200 REGISTER", "200 BYE"):
        for pattern, new in OTHERWISE:
            for broken, one in tape.sites(what):
                one.sub(pattern, new)
                yield broken
    for broken, one in tape.sites("200 BYE"):
        one.sub(r"^(To: .*tag=)", r"\1x")
        yield broken


# ---- CSeq


@plant("CSQ-01", tapes.register, tapes.direct)
def other_method(tape: Tape) -> Iterator[Tape]:
    for method in ("REGISTER", "BYE", "ACK"):
        for new in ("1 OPTIONS", f"2147483648 {method}", "one"):
            for broken, one in tape.sites(method):
                one.sub(r"^CSeq: .*?\r", f"CSeq: {new}\r")
                yield broken


@plant("CSQ-02", tapes.two_proxies, tapes.redirect)
def skipped_number(tape: Tape) -> Iterator[Tape]:
    for number in (1, 7):
        yield tape.copy().sub(r"^CSeq: \d+", f"CSeq: {number}", "BYE").sub(r"^CSeq: \d+", f"CSeq: {number}", "200 BYE")


@plant("CSQ-02", tapes_made.informed)
def same_number_twice(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^CSeq: 5", "CSeq: 4", "INFO").sub(r"^CSeq: 5", "CSeq: 4", "200 INFO")


@plant("CSQ-03", tapes_made.informed)
def late_is_accepted(tape: Tape) -> Iterator[Tape]:
    tape.one("500 INFO").sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 200 OK\r")
    yield tape


@plant("CSQ-04", tapes.challenged, tapes.invited_with_credentials)
def from_elsewhere(tape: Tape) -> Iterator[Tape]:
    for what in ("REGISTER", "200 REGISTER"):
        for one in tape.find(what)[1:]:
            one.sub(r"^(From: .*tag=)", r"\1x")
    if tape.find("REGISTER"):
        yield tape


@plant("CSQ-04", tapes.invited_with_credentials)
def skips_a_number(tape: Tape) -> Iterator[Tape]:
    for one in tape.sent[3:]:
        one.sub(r"^CSeq: \d+", f"CSeq: {int(one.get(r'^CSeq: ([0-9]+)')) + 1}")
    yield tape


# ---- digest


@plant("AUT-01", tapes.challenged)
def no_challenge(tape: Tape) -> Iterator[Tape]:
    for new in ("", 'WWW-Authenticate: Basic realm="example.com"\r\n'):
        broken = tape.copy().sub(r"^Authorization: .*?\r\n", "", "REGISTER")
        broken.one("200 REGISTER").sub(r"^WWW-Authenticate: .*?\r\n", new)
        yield broken


@plant("AUT-02", tapes.challenged)
def no_qop(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("200 REGISTER")[:1]:
        one.sub(r', qop="auth"', "")
    yield tape


@plant("AUT-02", tapes.challenged)
def no_answer_to_qop(tape: Tape) -> Iterator[Tape]:
    for broken, one in list(tape.sites("REGISTER"))[1:]:
        broken.sub("nc=00000002", "nc=00000001", "REGISTER")
        one.sub(r", qop=auth, cnonce=\"c\", nc=\d+", "")
        yield broken


@plant("AUT-03", tapes.challenged)
def wrong_count(tape: Tape) -> Iterator[Tape]:
    for new in ("00000001", "00000003"):
        broken = tape.copy()
        broken.find("REGISTER")[2].sub("nc=00000002", f"nc={new}")
        yield broken


@plant("AUT-04", tapes.known_user)
def other_password(tape: Tape) -> Iterator[Tape]:
    with_credentials = [one for one in tape.find("REGISTER") if "Authorization" in one.text]
    for pattern, new in ((r'response="[0-9a-f]{8}', 'response="00000000'), (r'cnonce="', 'cnonce="x')):
        for place in [tape.sent.index(one) for one in with_credentials]:
            broken = tape.copy()
            broken.sent[place].sub(pattern, new)
            yield broken


@plant("AUT-06", tapes.cancel)
def challenged_cancel(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 CANCEL", "proxy"):
        one.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r").add(tapes.CHALLENGE)
        yield broken


# ---- registration


@plant("REG-01", tapes.register)
def register_for_a_user(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("REGISTER"):
        one.sub("^REGISTER sip:", "REGISTER sip:bob@")
        yield broken


@plant("REG-02", tapes.register)
def skipped_registration(tape: Tape) -> Iterator[Tape]:
    for number in (1, 7):
        broken = tape.copy()
        for one in (broken.find("REGISTER")[1], broken.find("200 REGISTER")[1]):
            one.sub(r"^CSeq: 2", f"CSeq: {number}")
        yield broken


@plant("REG-02", tapes.register)
def registers_impatiently(tape: Tape) -> Iterator[Tape]:
    tape.find("REGISTER")[1].at(0.002)
    tape.find("200 REGISTER")[1].at(0.007)
    yield tape


@plant("REG-03", tapes_made.star)
def star_that_stays(tape: Tape) -> Iterator[Tape]:
    for pattern, new in (("^Expires: 0", "Expires: 60"), (r"^Contact: \*", "Contact: *, <sip:b@192.0.2.9>;expires=0")):
        broken = tape.copy()
        broken.find("REGISTER")[1].sub(pattern, new)
        yield broken


@plant("REG-04", tapes_made.late_register)
def accepted_late(tape: Tape) -> Iterator[Tape]:
    answer = tape.find("200 REGISTER")[0]
    answer.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 200 OK\r").add("Contact: <sip:bob@192.0.2.1>;expires=3600")
    yield tape


@plant("REG-05", tapes.register)
def wrong_list(tape: Tape) -> Iterator[Tape]:
    for pattern, new in ((r"expires=3600", "expires=7200"), (r";expires=3600", ""), (r"^Contact: .*?\r\n", "")):
        broken = tape.copy()
        broken.one("200 REGISTER").sub(pattern, new)
        yield broken
    tape.find("200 REGISTER")[1].add("Contact: <sip:bob@192.0.2.1>;expires=3600")
    yield tape
