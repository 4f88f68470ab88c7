"""Clean tapes that are put together: requests in a dialog, a glare, a loop, odd registrations."""

from __future__ import annotations

from planting import Sent, Tape, base
from tapes import direct, refused_fork, register


def inside(tape: Tape, method: str, number: int, time: float, *, src: str = "bob", status: int = 200) -> list[Sent]:
    """A request in the dialog of a direct call, like Bob's BYE, and its answer."""
    bye, answer = tape.one("BYE"), tape.one("200 BYE")
    made = [tape.more(bye, time), tape.more(answer, time + 0.005)]
    for one in made:
        one.kind = f"{status} {method}" if one is made[1] else method
        one.sub("branch=z9hG4bK", f"branch=z9hG4bK-{method}-{number}-")
        one.sub(r"^CSeq: .*?\r", f"CSeq: {number} {method}\r")
    if src == "alice":
        _turn(tape, *made)
    made[0].sub(r"^BYE ", f"{method} ").add(f"Contact: <sip:{src}@{made[0].source[0]}>")
    made[1].sub(r"^SIP/2\.0 .*?\r", f"SIP/2.0 {status} As it is\r").add(f"Contact: <sip:{src}@{made[1].source[0]}>")
    return made


def _turn(tape: Tape, request: Sent, answer: Sent) -> None:
    """The same from Alice to Bob: her ACK shows what her requests look like."""
    ack = tape.one("ACK")
    for one in (request, answer):
        one.source, one.destination = one.destination, one.source
        one.element = "alice" if one is request else "bob"
        one.sub(r"^To: .*?\r", f"To: {ack.to}\r").sub(r"^From: .*?\r", "From: " + ack.get(r"^From: (.*?)\r") + "\r")
        one.sub(r"^Via: SIP/2\.0/UDP [0-9.]+;", f"Via: SIP/2.0/UDP {ack.source[0]};")
    request.sub(r"^BYE \S+", "BYE " + ack.get(r"^ACK (\S+)"))


@base
def reinvited() -> Tape:
    """In a direct call Alice sends an INVITE in the dialog, and Bob another one later; both describe what stands."""
    tape = direct()
    said = {one.element: one.text.partition("\r\n\r\n")[2] for one in (tape.one("INVITE"), tape.one("200 INVITE"))}
    for src, number, time in (("alice", 2, 5.0), ("bob", 7, 7.0)):
        invite, answer = inside(tape, "INVITE", number, time, src=src)
        ack = tape.more(invite, answer.arrivals[0])
        ack.kind = "ACK"
        ack.sub(r"^INVITE ", "ACK ").sub(r"^(CSeq: \d+) .*?\r", r"\1 ACK\r")
        ack.sub("branch=z9hG4bK", "branch=z9hG4bK-ack-")
        for one in (invite, answer):
            body = said[one.element]
            one.sub(r"^Content-Length: 0\r\n\r\n", f"Content-Length: {len(body)}\r\n\r\n{body}")
            one.add("Content-Type: application/sdp")
    for one in (tape.one("BYE"), tape.one("200 BYE")):
        one.sub(r"^CSeq: \d+", "CSeq: 8")
    return tape


@base
def informed() -> Tape:
    """In a direct call Bob sends two INFOs; the first one gets lost and arrives late."""
    tape = direct()
    late, refused = inside(tape, "INFO", 4, 5.0, status=500)
    late.arrivals = [5.3]
    refused.at(5.3)
    inside(tape, "INFO", 5, 5.1)
    for one in (tape.one("BYE"), tape.one("200 BYE")):
        one.sub(r"^CSeq: \d+", "CSeq: 6")
    return tape


@base
def glare() -> Tape:
    """In a direct call both sides send an INVITE at once, and both are put off."""
    tape = direct()
    for src, number in (("alice", 2), ("bob", 7)):
        invite, answer = inside(tape, "INVITE", number, 5.0, src=src, status=491)
        ack = tape.more(invite, answer.arrivals[0])
        ack.kind = "ACK"
        ack.sub(r"^INVITE ", "ACK ").sub(r"^(CSeq: \d+) .*?\r", r"\1 ACK\r")
    for one in (tape.one("BYE"), tape.one("200 BYE")):
        one.sub(r"^CSeq: \d+", "CSeq: 8")
    return tape


@base
def named_via() -> Tape:
    """Bob's phone writes a name into Via, and asks for the port too; the registrar fills in what it saw."""
    tape = register()
    tape.sub(r"^Via: SIP/2\.0/UDP [0-9.]+;", "Via: SIP/2.0/UDP phone.example.com;rport;")
    return tape.sub(r";rport;", ";received=192.0.2.1;rport=5060;", "200 REGISTER")


@base
def star() -> Tape:
    """Bob removes all bindings at once."""
    tape = register()
    tape.find("REGISTER")[1].sub(r"^Contact: .*?\r", "Contact: *\r")
    return tape


@base
def late_register() -> Tape:
    """A REGISTER from outside takes 40 s, arrives after its successor, and is refused."""
    tape = register()
    first, second = tape.find("REGISTER")
    answers = tape.find("200 REGISTER")
    first.arrivals = [40.0]
    answers[0].at(40.0).sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 500 Too Late\r").sub(r"^Contact: .*?\r\n", "")
    second.at(35.0).sub(r"^Expires: .*?\r", "Expires: 600\r")
    answers[1].at(35.005).add("Contact: <sip:bob@192.0.2.1>;expires=600")
    for one in (first, second):
        one.element = "192.0.2.1:5060"
    tape.header["elements"] = [element for element in tape.header["elements"] if element["name"] != "bob"]
    return tape


@base
def looped() -> Tape:
    """A request that the proxy forked comes back to it, and is refused with 482."""
    tape = refused_fork()
    lost = tape.one("INVITE", "proxy", "broken")
    back = tape.more(lost, 0.02)
    back.element, back.source, back.destination = "broken", lost.destination, lost.source
    back.sub(r"^INVITE \S+", "INVITE sip:bob@example.com").sub(r"^Max-Forwards: 69", "Max-Forwards: 68")
    back.sub(r"^Record-Route: .*?\r\n", "")
    back.sub(r"^Via:", f"Via: SIP/2.0/UDP {back.source[0]};branch=z9hG4bK-back\r\nVia:")
    answer = tape.more(tape.one("503 INVITE", "broken"), 0.025)
    ack = tape.more(tape.one("ACK", "proxy", "broken"), 0.03)
    answer.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 482 Loop Detected\r").sub("tag=broken", "tag=loop")
    ack.sub(r"^ACK \S+", "ACK sip:bob@example.com").sub("tag=broken", "tag=loop")
    answer.element, answer.source, answer.destination = "proxy", back.destination, back.source
    ack.element, ack.source, ack.destination = "broken", back.source, back.destination
    vias = "\r\n".join(line for line in back.text.split("\r\n") if line.startswith("Via:"))
    answer.sub(r"(^Via: .*?\r\n)+", vias + "\r\n")
    ack.sub(r"(^Via: .*?\r\n)+", vias.split("\r\n")[0] + "\r\n")
    return tape
