"""How to break the rules about the form of a message: syntax and Via."""

from __future__ import annotations

from collections.abc import Iterator

import tapes
import tapes_made
from planting import Tape, plant

# ---- syntax


@plant("SYN-01", tapes.direct, tapes.register)
def two_spaces(tape: Tape) -> Iterator[Tape]:
    for method in ("BYE", "REGISTER"):
        for broken, one in tape.sites(method):
            one.sub(r" SIP/2\.0\r", "  SIP/2.0\r")
            yield broken


@plant("SYN-02", tapes.direct, tapes.register, tapes.busy)
def no_max_forwards(tape: Tape) -> Iterator[Tape]:
    for method in ("ACK", "BYE", "REGISTER"):
        for broken, one in tape.sites(method):
            one.sub(r"^Max-Forwards: .*?\r\n", "")
            yield broken


@plant("SYN-03", tapes.direct, tapes.ozeki)
def two_subjects(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("INVITE"):
        one.add("Subject: a").add("s: b")
    yield tape


@plant("SYN-04", tapes.direct, tapes.ozeki)
def too_long(tape: Tape) -> Iterator[Tape]:
    for length in ("999", "many", "-1"):
        for broken, one in tape.sites("200 BYE"):
            one.sub(r"^Content-Length: 0", f"Content-Length: {length}")
            yield broken


@plant("SYN-06", tapes.direct, tapes.ozeki)
def body_without_type(tape: Tape) -> Iterator[Tape]:
    for what in ("INVITE", "200 INVITE"):
        yield tape.copy().sub(r"^Content-Type: .*?\r\n", "", what)


@plant("SYN-08", tapes.direct, tapes.busy)
def uri_that_says_too_much(tape: Tape) -> Iterator[Tape]:
    for tail in ("?Subject=tea", ";method=REGISTER"):
        broken = tape.copy()
        for one in broken.find("INVITE"):
            one.sub(r"^(INVITE \S+) SIP", rf"\1{tail} SIP")
        yield broken


@plant("SYN-08", tapes.register)
def address_with_header_fields(tape: Tape) -> Iterator[Tape]:
    for what in ("REGISTER", "200 REGISTER"):
        for one in tape.find(what):
            one.sub(r"^(From: .*?<[^>]*)>", r"\1?Subject=tea>")
    yield tape


@plant("SYN-09", tapes.direct, tapes.busy)
def no_contact(tape: Tape) -> Iterator[Tape]:
    for new in ("", "Contact: <mailto:alice@example.com>\r\n", "Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.1>\r\n"):
        yield tape.copy().sub(r"^Contact: .*?\r\n", new, "INVITE")


@plant("SYN-09", tapes.busy)
def plain_contact_for_sips(tape: Tape) -> Iterator[Tape]:
    for what in ("INVITE", "ACK"):
        tape.one(what, "alice").sub(rf"^{what} sip:bob", f"{what} sips:bob")
    yield tape


@plant("SYN-10", tapes.direct, tapes.busy)
def too_many_hops(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("ACK"):
        one.sub(r"^Max-Forwards: .*?\r", "Max-Forwards: 256\r")
        yield broken


@plant("SYN-12", tapes.direct, tapes.register)
def broken_from(tape: Tape) -> Iterator[Tape]:
    for method in ("BYE", "REGISTER"):
        for name in ("From", "To", "Via"):
            for broken, one in tape.sites(method):
                one.sub(rf"^{name}: .*?\r", f"{name}: <<>>;tag=x\r")
                yield broken


# ---- Via


@plant("VIA-01", tapes.direct, tapes.register, tapes.ozeki)
def old_branch(tape: Tape) -> Iterator[Tape]:
    for what in ("BYE", "REGISTER"):
        if tape.find(what):
            yield tape.copy().sub(r"branch=z9hG4bK", "branch=", what).sub(r"branch=z9hG4bK", "branch=", f"200 {what}")


@plant("VIA-02", tapes.register)
def borrowed_branch(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"bob-2", "bob-1", "REGISTER").sub(r"^(Via.*)bob-2", r"\1bob-1", "200 REGISTER")


@plant("VIA-03", tapes.ozeki)
def lost_via(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 BYE", "alice"):
        one.sub(r"(^Via: .*?\r\n)Via: .*?\r\n", r"\1")
        yield broken


@plant("VIA-03", tapes.two_proxies)
def other_order(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 BYE", "bob"):
        one.sub(r"(^Via: .*?\r\n)(Via: .*?\r\n)(Via: .*?\r\n)", r"\1\3\2")
        yield broken


@plant("VIA-09", tapes.busy, tapes.register)
def other_host_on_top(tape: Tape) -> Iterator[Tape]:
    for what in ("486 INVITE", "200 REGISTER", "100 INVITE"):
        for broken, one in tape.sites(what):
            one.sub(r"^(Via: SIP/2\.0/UDP) [0-9.]+", r"\1 192.0.2.99")
            broken.end = one.time
            yield broken


@plant("VIA-06", tapes.busy, tapes.register, tapes.two_proxies)
def answer_goes_elsewhere(tape: Tape) -> Iterator[Tape]:
    for what in ("486 INVITE", "200 REGISTER", "180 INVITE", "200 BYE"):
        for broken, one in tape.sites(what):
            one.destination = one.destination[0], 5999
            broken.end = one.time
            yield broken


@plant("VIA-06", tapes.register)
def astray_by_maddr(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 REGISTER"):
        for each in broken.find("REGISTER") + broken.find("200 REGISTER"):
            each.sub(r"^(Via: .*?)\r", r"\1;maddr=192.0.2.40\r")
        one.destination = "192.0.2.41", 5060
        broken.end = one.time
        yield broken


@plant("VIA-06", tapes.register)
def other_transport(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("REGISTER"):
        one.transport = "TCP"
        yield broken


@plant("VIA-07", tapes.direct, tapes.ozeki)
def one_via_too_many(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("200 INVITE"):
        if one.destination == tape.one("INVITE", "alice").source:
            one.sub(r"(^Via: .*?\r\n)", r"\1Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK-below\r\n")
    yield tape


@plant("VIA-07", tapes.register)
def logs_in_for_somebody_else(tape: Tape) -> Iterator[Tape]:
    stray = tape.more(tape.one("200 REGISTER"), tape.one("200 REGISTER").time)
    stray.sub(r"(^Via: .*?\r\n)", r"\1Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK-below\r\n")
    stray.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r").add(tapes.CHALLENGE)
    stray.source, stray.element = ("192.0.2.77", 5060), "192.0.2.77:5060"
    tape.find("REGISTER")[1].add(tapes.CREDENTIALS)
    yield tape


@plant("VIA-04", tapes_made.named_via)
def not_received(tape: Tape) -> Iterator[Tape]:
    yield tape.copy().sub(r";received=192\.0\.2\.1;rport=5060;", ";", "200 REGISTER").sub(r";rport;", ";", "REGISTER")


@plant("VIA-05", tapes_made.named_via)
def empty_rport(tape: Tape) -> Iterator[Tape]:
    for new in (";received=192.0.2.1;rport;", ";received=192.0.2.1;rport=5061;"):
        yield tape.copy().sub(r";received=192\.0\.2\.1;rport=5060;", new, "200 REGISTER")


@plant("VIA-05", tapes_made.named_via)
def other_port(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 REGISTER"):
        one.source = one.source[0], 5999
        yield broken


@plant("VIA-08", tapes.ozeki, tapes.two_proxies)
def own_via(tape: Tape) -> Iterator[Tape]:
    for proxy in ("proxy", "atlanta", "biloxi"):
        for broken, one in tape.sites("200 BYE", proxy):
            one.sub(r"^Via:", f"Via: SIP/2.0/UDP {one.source[0]};branch=z9hG4bK-own\r\nVia:")
            yield broken
