"""What each kind of element does about the torture messages of RFC 4475 and RFC 5118.

Most follow from what the message is: see `usual`. The others stand in `ELSE`, with the reason where this is not what
the manifest says for the role.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench_pair import Wire, said
from samples import sample

from sipsim import Lab
from sipsim.elements.element import Element
from sipsim.errors import SipParseError
from sipsim.message.codes import METHODS
from sipsim.message.message import Request, parse
from sipsim.message.uri import Uri
from sipsim.simulation.network import Packet

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
    # It has a tag in To, and belongs to no dialog of ours (RFC 3261 §12.2.2); its Route leads to where nobody is.
    "wsinv": {"user agent": 481, "proxy": 500},
    # The Request-URI names no user, whose contact there would be.
    "esc02": {"proxy": 404, "redirect server": 404},
    # Its Route leads to where nobody is.
    "mpart01": {"proxy": 500},
    # Nobody here looks at Date.
    "baddate": {"user agent": 180, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
    # The blanks in the angle brackets are left out.
    "badaspec": {"user agent": 200, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
    "regbadct": {"user agent": 405},
    "unkscm": {"user agent": 416, "proxy": 416, "registrar": 405, "redirect server": 416},
    "novelsc": {"user agent": 416, "proxy": 416, "registrar": 405, "redirect server": 416},
    # Its Request-URI is our domain, so that this proxy is its registrar, too, and has nothing to forward.
    "unksm2": {"proxy": 400, "registrar": 400, "redirect server": 400},
    # A redirect server only redirects: what the request requires is its target's business (RFC 3261 §8.3).
    "bext01": {"user agent": 420, "proxy": 420},
    "invut": {"user agent": 415},
    "sdp01": {"user agent": 406},
    # A proxy may answer an OPTIONS that goes no further by itself (RFC 3261 §16.3 item 3).
    "zeromf": {"proxy": 200},
    # To is of another domain than the Request-URI: a registrar of the one has no users of the other.
    "ipv6-good": dict.fromkeys(ROLES[1:], 404),
    "port-ambiguous": dict.fromkeys(ROLES[1:], 404),
    "port-unambiguous": dict.fromkeys(ROLES[1:], 404),
    # `received` in brackets says what it says without them.
    "via-received-param-with-delim": {"user agent": 481, "proxy": 404, "registrar": 405, "redirect server": 404},
    # The Request-URI names no user, so a proxy of that name is asked itself.
    "via-received-param-no-delim": {"proxy": 200, "redirect server": 404},
    # No address, but it can be told where it begins and ends.
    "ipv6-bug-abnf-3-colons": {"user agent": 200, "proxy": FORWARDED, "registrar": 405, "redirect server": 302},
}


ECHOED = {"scalar02": "CSQ-01", "badvers": "SYN-12"}
"""The rules that an answer breaks because it repeats what is wrong in the request, as it has to (§8.2.6.2)."""

TWO_WAYS = {("longreq", "proxy"): "TIM-12", ("mpart01", "proxy"): "TIM-12"}
"""Large ones, for which TCP is tried first: the checker takes the second try, by UDP, for a second forwarding."""

CASES = [
    pytest.param(name, role, marks=[pytest.mark.breaks(rule)] if rule else [], id=f"{name}-{role}")
    for name in ENTRIES
    for role in ROLES
    for rule in [ECHOED.get(name) or TWO_WAYS.get((name, role))]
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
        return 200
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
    """An element that is responsible for this target; as a server it knows where the user is."""
    if role == "user agent":
        return lab.user_agent(f"sip:{target.user or 'bob'}@{target.host}", "subject")
    kinds = {"proxy": lab.proxy, "registrar": lab.registrar, "redirect server": lab.redirect_server}
    server = kinds[role](target.host, "subject")
    if target.user:
        server.location.add(target.aor, f"sip:callee@{callee.address.host}")
    return server


def reaction(lab: Lab, element: Element, data: bytes, tester: Wire, callee: Wire) -> int | str:
    """What an element does first about a message, 100 apart: the status that it says, or what else."""
    packet = Packet(data, tester.address, element.address)
    packet.cause = lab.trace.sent(lab.env.now, "tester", packet, cause=0)
    lab.network.send(packet)
    lab.run(until=0.3)
    for record in lab.trace.select("sent", "subject"):
        status = record.raw.split(b" ")[1]
        if record.raw.startswith(b"SIP/2.0 ") and status != b"100":
            return int(status)
        if record.peer == "callee":
            return FORWARDED
    return SILENT


@pytest.mark.parametrize(("name", "role"), CASES)
def test_the_reaction_that_the_rfc_names(name: str, role: str) -> None:
    data, lab = octets_of(name), Lab(seed=1)
    tester, callee = Wire(lab), Wire(lab, "callee")
    element = made(lab, role, addressed(data), callee)
    expected = ELSE.get(name, {}).get(role, usual(name, role, data))
    assert reaction(lab, element, data, tester, callee) == expected
    if expected == SILENT:
        assert lab.trace.select("ignored", "subject") or lab.trace.select("unparsable", "subject")
    if expected == FORWARDED:
        assert_nothing_lost(data, callee)
    assert not lab.errors


def assert_nothing_lost(data: bytes, callee: Wire) -> None:
    """Fields that mean nothing to a proxy go on as they are, and nothing that stood behind the body does."""
    came, (went,) = parse(data), callee.heard[:1]
    assert isinstance(went, Request) and said(went) == said(came)
    ours = ("via", "max-forwards", "record-route", "max-breadth", "route", "")
    rest = [(name, line) for name, line in zip(came.names, came.lines, strict=True) if name not in ours]
    gone = [(name, line) for name, line in zip(went.names, went.lines, strict=True) if name not in ours]
    assert gone == rest and went.body == came.body
