"""The torture messages of RFC 4475 and RFC 5118: what is taken, what is refused, and what the tortured parts say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample
from sip_octets import looked_at, many_accidents, outcome

from sipsim.errors import SipParseError
from sipsim.message.message import Message, parse

MANIFEST: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "torture_manifest.json").read_text(encoding="utf-8")
)
ENTRIES = {entry["name"]: entry for part in ("rfc4475", "rfc4475_unlisted", "rfc5118") for entry in MANIFEST[part]}

TAKEN_THOUGH_INVALID = {
    "baddate": "nobody here needs Date, so it is not read",
    "badaspec": "blanks inside the angle brackets are left out",
    "regbadct": "the message is whole, its Contact is refused by who reads it",
    "via-received-param-with-delim": "what `received` says needs no brackets, and loses nothing by them",
    "ipv6-bug-abnf-3-colons": "no address, but it can be told where it begins and ends",
}


def torture(name: str) -> bytes:
    return sample(f"vectors/{ENTRIES[name]['file']}").read_bytes()


def read(name: str) -> Any:
    """A torture message, parsed and checked."""
    message = parse(torture(name))
    message.check()
    return message


def test_all_are_there():
    listed = [entry for part in ("rfc4475", "rfc5118") for entry in MANIFEST[part]]
    assert len(listed) == 61
    for name, entry in ENTRIES.items():
        assert len(torture(name)) == entry["size"]


@pytest.mark.parametrize("name", ENTRIES)
def test_verdict(name: str):
    """What is valid is taken; what is not is refused with 400, or 505 for another version of SIP."""
    data = torture(name)
    looked_at(data)
    if ENTRIES[name]["syntax"] == "valid" or name in TAKEN_THOUGH_INVALID:
        assert bytes(read(name)) == data
        return
    with pytest.raises(SipParseError) as refused:
        read(name)
    assert refused.value.status == (505 if name == "badvers" else 400)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_prefix(name: str):
    data = torture(name)
    for at in range(0, len(data), 3):
        outcome(lambda at=at: parse(data[:at]).check())


@pytest.mark.parametrize("part", ["rfc4475", "rfc5118"])
def test_after_an_accident(part: str):
    messages = [torture(entry["name"]) for entry in MANIFEST[part]]

    @settings(max_examples=1500)
    @given(st.integers(0, 2**64 - 1))
    def still_message_or_refused(seed: int) -> None:
        looked_at(many_accidents(messages[seed % len(messages)], seed))

    still_message_or_refused()


def test_wsinv_white_space_everywhere():
    invite = read("wsinv")
    assert (invite.method, invite.cseq, invite.max_forwards) == ("INVITE", (9, "INVITE"), 68)
    assert invite.header("Subject") == ""
    assert (invite.from_.display, invite.from_tag, invite.to_tag) == (r"J Rosenberg \"", "98asjd8", "1918181833n")
    assert [via.transport for via in invite.vias] == ["UDP", "TCP", "UDP"]
    assert [via.branch for via in invite.vias] == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]
    assert invite.sent_by == "192.0.2.2:5060"
    assert (invite.contacts[0].display, invite.contacts[0].q) == ('Quoted string ""', 0.33)
    assert invite.routes[0].uri.param("lr") == ""
    assert invite.header("NewFangledHeader") == "newfangled value continued newfangled value"
    assert invite.uri.params == (("unknownparam", None),)
    assert (invite.content_length, len(invite.body)) == (150, 150)


def test_intmeth_every_character_that_there_is():
    message = read("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~" == message.cseq.method
    assert message.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.from_.display == "token1~` token2'+_ token3*%!.-"
    assert message.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert message.from_tag == "_token~1'+`*%!-."
    assert message.header("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_escapes_are_escapes_in_uris_only():
    esc01, esc02 = read("esc01"), read("esc02")
    assert (esc01.uri.user, esc01.uri.host) == ("sips%3Auser%40example.com", "example.net")
    assert esc01.to.uri.aor == "sip:user@example.com"
    assert esc01.contacts[0].uri.param("lr") == "" and esc01.contacts[0].uri.param("name") == "v%61lue%25%34%31"
    assert (esc02.method, len(esc02.contacts)) == ("RE%47IST%45R", 2)
    assert esc02.to.display == "%Z%45"


def test_escnull_two_contacts():
    one, other = read("escnull").contacts
    assert not one.uri.matches(other.uri)
    assert read("escnull").to.uri.aor == "sip:null-%00-null@example.com"


def test_dblreq_ends_where_it_says():
    message = read("dblreq")
    assert message.body == b""
    assert b"INVITE" not in bytes(message.with_header("Max-Forwards", 7))


def test_contact_parameters_and_uri_parameters():
    outside, inside = read("cparam01").contacts[0], read("cparam02").contacts[0]
    assert (outside.params, outside.uri.params) == ((("unknownparam", None),), ())
    assert (inside.params, inside.uri.params) == ((), (("unknownparam", None),))
    assert read("regescrt").contacts[0].uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)
    with pytest.raises(SipParseError) as refused:
        parse(torture("regbadct")).contacts  # noqa: B018
    assert (refused.value.line, refused.value.status) == (8, 400)


def test_schemes_nobody_knows_are_kept():
    assert read("unkscm").uri.scheme == "nobodyknowsthisscheme"
    assert str(read("novelsc").uri) == "soap.beep://192.0.2.103:3002"
    assert [address.uri.scheme for address in (read("unksm2").to, read("unksm2").from_)] == ["isbn", "http"]


def test_addresses_of_version_six():
    ambiguous, clear = read("port-ambiguous").uri, read("port-unambiguous").uri
    assert (ambiguous.host, ambiguous.port) == ("[2001:db8::10:5070]", None)
    assert (clear.host, clear.port) == ("[2001:db8::10]", 5070)
    assert read("via-received-param-no-delim").via.received == "2001:db8::9:255"
    assert read("ipv4-mapped-ipv6").sent_by == "[::ffff:192.0.2.10]:19823"


def test_the_rest():
    assert read("semiuri").uri.user == "user;par=u%40example.net"
    assert read("unreason").reason.startswith("= 2**3 * 5**2 ") and repr(read("unreason"))
    assert (read("noreason").status, read("noreason").reason) == (100, "")
    assert read("zeromf").max_forwards == 0
    assert (read("bext01").require, read("bext01").proxy_require) == (
        ("nothingSupportsThis", "nothingSupportsThisEither"),
        ("noProxiesSupportThis", "norDoAnyProxiesSupportThis"),
    )
    assert (read("inv2543").branch, read("inv2543").from_tag, read("badbranch").branch) == (None, None, "z9hG4bK")
    assert len(read("longreq").vias) == 34 and read("longreq").branch is None
    assert str(read("invut").content_type) == "application/unknownformat"
    assert isinstance(read("mpart01"), Message) and len(read("mpart01").body) == 553
    for name in ("baddate", "scalarlg"):
        with pytest.raises(SipParseError):
            _ = parse(torture(name)).date if name == "baddate" else parse(torture(name)).warning
    assert read("lwsdisp").from_.display == "caller"
    assert read("badaspec").to.uri.user == "t.watson"
