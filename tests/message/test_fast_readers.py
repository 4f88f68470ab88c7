"""The fast readers of header lines say what the typed ones say, for all octets, refused ones included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sip_octets import EXAMPLES, FRAGMENTS, accidents, outcome, wire

from sipsim.errors import SipParseError
from sipsim.message import lines, message
from sipsim.message.fields import CSeq, Via, call_id
from sipsim.message.grammar import number, split_list
from sipsim.message.lines import value_of
from sipsim.message.message import Request, Response, parse


def typed_hop(line: bytes) -> tuple[str | None, str]:
    via = Via.parse(split_list(value_of(line))[0])
    return via.branch, via.sent_by


PAIRS: dict[str, tuple[Callable[[bytes], Any], Callable[[bytes], Any], list[bytes]]] = {
    "via": (
        lines.hop_of,
        typed_hop,
        [
            *(b"SIP/2.0/", b"UDP ", b"TCP ", b"TLS ", b"a.example", b"[::1]", b":5060", b":05060", b":0", b":99999"),
            *(b";branch=", b"z9hG4bK-1", b";rport", b";received=192.0.2.1", b";rport=1", b";ttl=1", b"A" * 300),
        ],
    ),
    "from": (
        lines.tag_of,
        lambda line: lines.address_of(line).tag,
        [
            *(b"Bob ", b'"Bob B" ', b"<sip:", b"<sips:", b"bob@", b"example.com", b":5060", b";lr", b">", b"<sip:a@b>"),
            *(b";tag=", b"1", b";TAG=2", b";x=y", b"sip:bob@example.com", b"A" * 300, b"?a=b", b"%41"),
        ],
    ),
    "call-id": (lines.call_id_of, lambda line: call_id(value_of(line)), [b"1@192.0.2.1", b"x", b"<>", b"\xc3\xab"]),
    "cseq": (lines.cseq_of, lambda line: CSeq.parse(value_of(line)), [b"1", b"0009", b" INVITE", b" ", b"a%b"]),
    "max-forwards": (
        lines.max_forwards_of,
        lambda line: number(value_of(line), 255, "number of hops"),
        [b"70", b"0", b"256", b"0068", b"7"],
    ),
    "content-length": (
        lines.content_length_of,
        lambda line: number(value_of(line), 2**32 - 1, "length"),
        [b"0", b"110", b"99999", b"4294967296", b"-1"],
    ),
}


@pytest.mark.parametrize("field", PAIRS)
def test_a_line_of_fragments(field: str):
    fast, typed, own = PAIRS[field]
    names = st.sampled_from([f"{field.title()}: ".encode(), b"v: ", b"Via : ", b"l:", b"x:  "])
    pieces = st.lists(st.sampled_from(own) | st.sampled_from([*own, *FRAGMENTS]), max_size=9)

    @settings(max_examples=500)
    @given(names, pieces, st.sampled_from([b"", b" ", b"\r\n "]))
    def same(name: bytes, pieces: list[bytes], end: bytes) -> None:
        line = name + b"".join(pieces) + end
        assert outcome(lambda: fast(line)) == outcome(lambda: typed(line))

    same()


@pytest.mark.parametrize("field", PAIRS)
def test_a_usual_line_after_an_accident(field: str):
    fast, typed, _ = PAIRS[field]
    usual = [m.lines[m.names.index(field)] for m in map(parse, EXAMPLES) if m.has(field)]

    @settings(max_examples=400)
    @given(st.sampled_from(usual).flatmap(accidents))
    def same(line: bytes) -> None:
        assert outcome(lambda: fast(line)) == outcome(lambda: typed(line))

    same()


@settings(max_examples=1500)
@given(st.sampled_from(EXAMPLES).flatmap(accidents))
@example(wire("OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP a\nVia: junk\n\n"))
def test_a_message_says_the_same_fast_typed_and_checked(data: bytes):
    """One by one, by way of the typed values, and after `check`, which reads them all at once."""
    message = outcome(lambda: parse(data))
    if isinstance(message, tuple):
        return
    pairs: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
        (lambda m: m.branch, lambda m: m.via.branch),
        (lambda m: m.sent_by, lambda m: m.via.sent_by),
        (lambda m: m.from_tag, lambda m: m.from_.tag),
        (lambda m: m.to_tag, lambda m: m.to.tag),
    ]
    for fast, typed in pairs:
        one, other, checked = parse(data), parse(data), parse(data)
        outcome(checked.check)
        found = outcome(lambda fast=fast, one=one: fast(one))
        assert found == outcome(lambda typed=typed, other=other: typed(other))
        assert found == outcome(lambda fast=fast, checked=checked: fast(checked))


def test_the_usual_shapes_are_read_fast(monkeypatch: pytest.MonkeyPatch):
    """The patterns take what nearly all lines look like; else they would be right and of no use."""
    monkeypatch.setattr(lines, "via_of", None)
    monkeypatch.setattr(lines, "address_of", None)
    monkeypatch.setattr(lines, "value_of", None)
    assert lines.hop_of(b"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-1;rport") == ("z9hG4bK-1", "192.0.2.1:5062")
    assert lines.hop_of(b"v: SIP/2.0/TCP H.Example.com;rport;branch=a;received=1.2.3.4") == ("a", "h.example.com:5060")
    for name in ("", "Bob ", '"Bob B" ', "Bob Builder "):
        assert lines.tag_of(f"From: {name}<sip:bob@example.com>;tag=1-2".encode()) == "1-2"
    assert lines.tag_of(b"To: <sips:example.com:5061>") is None
    assert lines.call_id_of(b"Call-ID: 1@192.0.2.1") == "1@192.0.2.1"
    assert lines.max_forwards_of(b"Max-Forwards: 70") == 70
    assert lines.content_length_of(b"l:0") == 0


@pytest.mark.parametrize("data", [data for data in EXAMPLES if b"\r\n " not in data and b"\r\n\t" not in data])
def test_the_usual_messages_are_split_when_somebody_asks(data: bytes, monkeypatch: pytest.MonkeyPatch):
    """`parse` proves that they can be, and no more; from the first look on they are messages like all others."""
    with monkeypatch.context() as patched:
        patched.setattr(message, "_named", None)
        found = parse(data)
        assert bytes(found) == data and isinstance(found, Request | Response)
    assert [line.partition(b":")[0] for line in found.lines[1:]] and found.names[0] == ""
    assert type(found) in (Request, Response)


def test_what_only_looks_usual_is_refused_at_once():
    """A nameless line and a CR or LF alone have their place in the message, whoever would have split it."""
    for line in (b"no colon", b": no name", b"N\xc3\xa4me: x", b"X: LF\nalone", b"X: CR\ralone"):
        with pytest.raises(SipParseError) as refused:
            parse(b"OPTIONS sip:a@b SIP/2.0\r\nMax-Forwards: 70\r\n" + line + b"\r\nCSeq: 1 OPTIONS\r\n\r\n")
        assert (refused.value.status, refused.value.line) == (400, 3)
