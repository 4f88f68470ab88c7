"""What each kind of element does about the torture messages of RFC 4475 and RFC 5118.

Most follow from what the message is: see `usual`. The others stand in `ELSE`, with the reason where this is not what
the manifest says for the role.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from bench_pair import Wire, said
from samples import sample

from sipsim import Lab
from sipsim.elements.element import Element
from sipsim.errors import SipParseError
from sipsim.message.codes import METHODS
from sipsim.message.message import Request, Response, parse
from sipsim.message.uri import Uri
from sipsim.simulation.network import Address, Packet

MANIFEST: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "torture_manifest.json").read_text(encoding="utf-8")
)
ENTRIES = {entry["name"]: entry for part in ("rfc4475", "rfc5118") for entry in MANIFEST[part]}
ROLES = ("user agent", "proxy", "registrar", "redirect server")
FORWARDED, SILENT = "forwarded", "silent"

ANSWERS = {"INVITE": 180, "OPTIONS": 200, "BYE": 481}
"""What a phone says to a request for its user that nothing is wrong with; 405 to methods that it does not have."""

ELSE: dict[str, dict[str, int | str]] = {
    "badvers": dict.fromkeys(ROLES, 505),
    # It has a tag in To, and belongs to no dialog of ours (RFC 3261 §12.2.2).
    "wsinv": {"user agent": 481},
    # The Request-URI names no user, whose contact there would be (RFC 3261 §8.3).
    "esc02": {"redirect server": 404},
    # Nobody here looks at Date: what an element needs not understand it may leave unread (RFC 3261 §8.2.2, §16.3).
    "baddate": {"user agent": 180, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
    # The blanks in the angle brackets are left out (RFC 4475 §3.1.2.14 allows to be liberal).
    "badaspec": {"user agent": 200, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
    # A phone looks at the method first (RFC 3261 §8.2), a proxy not at what it does not need (§16.3 item 1).
    "regbadct": {"user agent": 405, "proxy": FORWARDED},
    # A registrar looks at the method before it looks at the Request-URI (RFC 3261 §8.2, §8.2.1), and has no OPTIONS.
    "unkscm": {"user agent": 416, "proxy": 416, "registrar": 405, "redirect server": 416},
    "novelsc": {"user agent": 416, "proxy": 416, "registrar": 405, "redirect server": 416},
    "unksm2": {"registrar": 400, "redirect server": 400},
    # A redirect server only redirects: what the request requires is its target's business (RFC 3261 §8.3).
    "bext01": {"user agent": 420, "proxy": 420},
    "invut": {"user agent": 415},
    "sdp01": {"user agent": 406},
    # A phone shows instant messages that are plain text; this one has a part besides (RFC 3428 §7).
    "mpart01": {"user agent": 415},
    # A proxy may answer an OPTIONS that goes no further as its final recipient (RFC 3261 §16.3 item 3, §11).
    "zeromf": {"proxy": 200},
    # `received` in brackets says what it says without them.
    "via-received-param-with-delim": {
        "user agent": 481,
        "proxy": FORWARDED,
        "registrar": 405,
        "redirect server": 404,
    },
    "via-received-param-no-delim": {"redirect server": 404},
    # No address, but it can be told where it begins and ends.
    "ipv6-bug-abnf-3-colons": {"user agent": 200, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
}


ECHOED = {"scalar02": "CSQ-01", "badvers": "SYN-12"}
"""The rules that an answer breaks because it repeats what is wrong in the request, as it has to (§8.2.6.2)."""

CASES = [
    pytest.param(name, role, marks=[pytest.mark.breaks(rule)] if rule else [], id=f"{name}-{role}")
    for name in ENTRIES
    for role in ROLES
    for rule in [ECHOED.get(name)]
]


def octets_of(name: str) -> bytes:
    return sample(f"vectors/{ENTRIES[name]['file']}").read_bytes()


def usual(name: str, role: str, data: bytes) -> int | str:
    """What an element of this role does about a message in which only its own peculiarity is peculiar."""
    if ENTRIES[name]["kind"] == "response":
        return SILENT
    if ENTRIES[name]["syntax"] == "invalid":
        return 400
    method = parse(data).method  # type: ignore[union-attr]
    if role in ("user agent", "registrar") and method not in METHODS:
        return 501
    if role == "user agent":
        return ANSWERS.get(method, 405)
    if method == "REGISTER":
        return FORWARDED if role == "proxy" else 200
    return {"registrar": 405, "proxy": FORWARDED, "redirect server": 302}[role]


def addressed(data: bytes) -> Uri:
    """Whom a request is for; Bob where that can't be read or is no SIP URI."""
    bob = Uri.parse("sip:bob@example.com")
    try:
        uri = parse(data).uri  # type: ignore[union-attr]
    except (SipParseError, AttributeError):
        return bob
    return uri if uri.host else bob


def made(lab: Lab, role: str, target: Uri, callee: Wire) -> Element:
    """An element that is responsible for this target; as a server it knows where the user is.

    A proxy takes what is for no user, REGISTER above all, to a server that knows about it. Whose Request-URI is an
    address is for the server of example.com at that address.
    """
    if role == "user agent":
        return lab.user_agent(f"sip:{target.user or 'bob'}@{target.host}", "subject")
    kinds = {"proxy": lab.proxy, "registrar": lab.registrar, "redirect server": lab.redirect_server}
    if not target.user:
        if role == "proxy":
            return lab.proxy("edge.example.net", "subject", relay_to=f"sip:{callee.address}")
        if target.host.startswith("["):
            return kinds[role]("example.com", "subject", host=target.host.strip("[]"))
    server = kinds[role](target.host, "subject")
    if target.user:
        server.location.add(target.aor, f"sip:callee@{callee.address.host}")
    return server


def listener(lab: Lab, role: str, data: bytes) -> Wire:
    """Who is called, and listens where a proxy has to take a request that is for no user, or has a Route."""
    hop = addressed(data)
    with suppress(SipParseError, AttributeError, IndexError):
        hop = parse(data).routes[0].uri  # type: ignore[union-attr]
    if role != "proxy" or hop.user:
        return Wire(lab, "callee")
    host = hop.host.strip("[]")
    if host[0].isdigit():
        return Wire(lab, "callee", Address(host, hop.port or 5060))
    callee = Wire(lab, "callee")
    lab.names.add(hop.host, callee.address)
    return callee


def reaction(lab: Lab, element: Element, data: bytes, tester: Wire) -> int | str:
    """What an element does about a message, once, 100 apart: the status that it says, or what else."""
    packet = Packet(data, tester.address, element.address)
    packet.cause = lab.trace.sent(lab.env.now, "tester", packet, cause=0)
    lab.network.send(packet)
    lab.run(until=0.3)
    done: list[int | str] = [*answers(lab)]
    done += [FORWARDED for record in lab.trace.select("sent", "subject") if record.peer == "callee"]
    return done[0] if done else SILENT


def answers(lab: Lab) -> list[int]:
    """The statuses that the element said, 100 apart; what goes to another address of the sender too, counts once."""
    different = dict.fromkeys([record.raw for record in lab.trace.select("sent", "subject")])
    heads = [raw.split(b" ", 2) for raw in different]
    return [int(status) for version, status, _ in heads if version == b"SIP/2.0" and status != b"100"]


@pytest.mark.parametrize(("name", "role"), CASES)
def test_the_reaction_that_the_rfc_names(name: str, role: str) -> None:
    data, lab = octets_of(name), Lab(seed=1)
    tester, callee = Wire(lab), listener(lab, role, data)
    element = made(lab, role, addressed(data), callee)
    expected = ELSE.get(name, {}).get(role, usual(name, role, data))
    assert reaction(lab, element, data, tester) == expected
    if expected == SILENT:
        assert lab.trace.select("ignored", "subject") or lab.trace.select("unparsable", "subject")
    if expected == FORWARDED:
        assert_nothing_lost(data, callee)
    if isinstance(expected, int):
        assert_said_why(lab, expected)
    assert not lab.errors


def assert_said_why(lab: Lab, status: int) -> None:
    """One answer, and where it refuses, one record of that with the section of an RFC."""
    assert answers(lab) == [status]
    refused = [record.data for record in lab.trace.select("refused", "subject")]
    assert [data["status"] for data in refused] == [status] * (status >= 400)
    assert all(data["why"] and data["rfc"].startswith("RFC ") for data in refused)


def assert_nothing_lost(data: bytes, callee: Wire) -> None:
    """Fields that mean nothing to a proxy go on as they are, and nothing that stood behind the body does."""
    came, (went,) = parse(data), callee.heard[:1]
    assert isinstance(went, Request) and said(went) == said(came)
    assert went.body in data
    ours = ("via", "max-forwards", "record-route", "max-breadth", "route", "")
    rest = [(name, line) for name, line in zip(came.names, came.lines, strict=True) if name not in ours]
    gone = [(name, line) for name, line in zip(went.names, went.lines, strict=True) if name not in ours]
    assert gone == rest and went.body == came.body


SAID: dict[tuple[str, str], tuple[int, str, list[str]]] = {
    ("bext01", "user agent"): (420, "Unsupported", ["nothingSupportsThis", "nothingSupportsThisEither"]),
    ("bext01", "proxy"): (420, "Unsupported", ["noProxiesSupportThis", "norDoAnyProxiesSupportThis"]),
    ("invut", "user agent"): (415, "Accept", ["application/sdp"]),
    ("sdp01", "user agent"): (406, "Warning", ['399 192.0.2.3 "Accept without application/sdp"']),
    ("esc02", "registrar"): (501, "Allow", ["REGISTER", "SUBSCRIBE"]),
    ("intmeth", "registrar"): (501, "Allow", ["REGISTER", "SUBSCRIBE"]),
    ("unkscm", "registrar"): (405, "Allow", ["REGISTER", "SUBSCRIBE"]),
}
"""What an answer has to bring: its status, a header field, and the values of that."""

UNKNOWN_TO_A_PHONE = {"intmeth": 501, "esc02": 501, "regaut01": 405}

REGISTERED = {
    "cparam01": ["<sip:+19725552222@gw1.example.net>;expires="],
    "cparam02": ["<sip:+19725552222@gw1.example.net;unknownparam>;"],
    "regescrt": ["<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;"],
    "escnull": ["<sip:%00@host5.example.com>;", "<sip:%00%00@host5.example.com>;"],
    "ipv6-good": ["<sip:caller@[2001:db8::1]>;"],
}
"""How the contacts begin that a registrar lists in its 200: what belongs to the URI stays in it."""


def answer(name: str, role: str) -> Response:
    data, lab = octets_of(name), Lab(seed=1)
    tester, callee = Wire(lab), listener(lab, role, data)
    reaction(lab, made(lab, role, addressed(data), callee), data, tester)
    found = [record.message for record in lab.trace.select("sent", "subject")]
    responses = [message for message in found if isinstance(message, Response) and message.status != 100]
    return responses[0]


@pytest.mark.parametrize(("name", "role"), SAID)
def test_a_refusal_brings_what_helps_the_sender(name: str, role: str) -> None:
    status, field, values = SAID[name, role]
    found = answer(name, role)
    assert (found.status, found.values(field)) == (status, values)


@pytest.mark.parametrize("name", UNKNOWN_TO_A_PHONE)
def test_a_phone_names_its_methods_where_it_does_not_have_one(name: str) -> None:
    found = answer(name, "user agent")
    assert found.status == UNKNOWN_TO_A_PHONE[name] and {"INVITE", "ACK", "BYE", "CANCEL"} <= set(found.allow)
    assert parse(octets_of(name)).cseq.method not in found.allow


@pytest.mark.parametrize("name", REGISTERED)
def test_a_registrar_lists_contacts_as_they_were_meant(name: str) -> None:
    found = answer(name, "registrar").values("Contact")
    assert len(found) == len(REGISTERED[name])
    assert all(any(value.startswith(begin) for value in found) for begin in REGISTERED[name])
