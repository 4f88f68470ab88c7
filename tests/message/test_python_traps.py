"""What Python's own text functions know too much about, each where it would do harm in SIP.

The octets come from strangers; `int`, `str.lower`, `str.splitlines`, `str.strip` and `re` were made for people.
"""

from __future__ import annotations

import pytest
from sip_octets import INVITE, outcome

from sipsim.errors import SipParseError, UsageError
from sipsim.message.fields import CSeq, NameAddr, Via, seconds
from sipsim.message.grammar import is_token, number
from sipsim.message.message import Request, parse
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri

NOT_DIGITS = ("1_000", "٣", "²", "\uff11", "+1", "-1", " 1", "1 ", "", "1.0", "0x1", "1\u2028", "½", "一")


def with_line(name: str, value: str) -> Request:
    """An INVITE with one line replaced, as it would come from the wire."""
    lines = INVITE.decode().split("\r\n")
    lines = [f"{name}: {value}" if line.startswith(f"{name}:") else line for line in lines]
    message = parse("\r\n".join(lines).encode("utf-8", "surrogateescape"))
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize("text", NOT_DIGITS)
def test_only_ascii_digits_are_a_number(text: str):
    """int() takes underscores, signs, blanks and the digits of every script; str.isdigit() takes superscripts."""
    for read in (lambda: number(text, 9999, "x"), lambda: seconds(text)):
        with pytest.raises(SipParseError):
            read()


@pytest.mark.parametrize("text", [text for text in NOT_DIGITS if text.strip(" \t") == text != ""])
@pytest.mark.parametrize("name", ["CSeq", "Max-Forwards", "Content-Length"])
def test_only_ascii_digits_are_a_number_in_a_message(name: str, text: str):
    message = with_line(name, f"{text} INVITE" if name == "CSeq" else text)
    with pytest.raises(SipParseError):
        getattr(message, name.lower().replace("-", "_"))


@pytest.mark.parametrize("text", ["٣", "1_0", "²"])
def test_only_ascii_digits_are_a_port_or_a_status(text: str):
    for read in (
        lambda: Uri.parse(f"sip:a@b:{text}"),
        lambda: Via.parse(f"SIP/2.0/UDP a:{text}"),
        lambda: Via.parse(f"SIP/2.0/UDP a;rport={text}").rport,
        lambda: NameAddr.parse(f"<sip:a>;q={text}").q,
        lambda: parse(f"SIP/2.0 2{text} OK\r\n\r\n".encode()),
        lambda: Sdp.parse(f"v=0\r\nm=audio {text} RTP/AVP 0".encode()),
    ):
        with pytest.raises(SipParseError):
            read()
    assert NameAddr.parse(f"<sip:a>;expires={text}").expires == 3600


def test_more_digits_than_int_takes():
    """int() raises ValueError for more than 4300 digits."""
    many = "9" * 5000
    assert seconds(many) == seconds("0" * 5000 + many) == 2**32 - 1
    assert number("0" * 5000 + "7", 9, "x") == 7
    for name, value in (("CSeq", f"{many} INVITE"), ("Max-Forwards", many), ("Content-Length", many)):
        with pytest.raises(SipParseError):
            getattr(with_line(name, value), name.lower().replace("-", "_"))


@pytest.mark.parametrize("char", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_lines_end_at_crlf_only(char: str):
    """str.splitlines() also ends a line at VT, FF, the separators, NEL and U+2028: an injected header field."""
    message = with_line("Supported", f"a{char}Contact: <sip:mallory@example.com>")
    assert len(message.contacts) == 1
    assert message.supported == (f"a{char}Contact: <sip:mallory@example.com>",)


@pytest.mark.parametrize("char", ["\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u2003", "\u2028", "\u3000"])
def test_white_space_is_space_and_tab(char: str):
    """str.strip() and \\s take all of Unicode's blanks; here they belong to the value."""
    assert with_line("Call-ID", f" \t{char}x ").header("call-id") == f"{char}x"
    with pytest.raises(SipParseError):
        CSeq.parse(f"1{char}INVITE")


def test_letters_that_fold_into_ascii():
    """The Kelvin sign folds to k, the long s matches s where case is ignored, a dotted I grows in lower case."""
    assert "K".lower() == "k"
    message = with_line("Supported", "x")
    for name in ("\u212a", "v\u0131a", "\u017fubject", "V\u0130A"):
        with pytest.raises(UsageError):
            message.header(name)
        with pytest.raises(SipParseError):
            parse(f"OPTIONS sip:a SIP/2.0\r\n{name}: x\r\n\r\n".encode())
    for text in ("\u017fip:a@b", "SIP:a@\u212a", "tel:\u0663"):
        assert outcome(lambda text=text: Uri.parse(text))[0] == "refused"
    with pytest.raises(SipParseError):
        Via.parse("\u017fIP/2.0/UDP a")
    assert not is_token("\u212a") and not is_token("é")


def test_a_pattern_that_ends_in_dollar_would_take_a_line_end():
    assert not is_token("INVITE\n")
    for text in ("1\n", "sip:a\n", "SIP/2.0/UDP a\n"):
        for read in (lambda t=text: number(t, 9, "x"), lambda t=text: Uri.parse(t), lambda t=text: Via.parse(t)):
            with pytest.raises(SipParseError):
                read()


def test_octets_that_are_no_utf_8_pass_through():
    """bytes.decode() raises UnicodeDecodeError; here they are kept, and go out as they came in."""
    data = INVITE.replace(b"Alice", b"\xffl\xc3ce \xe2\x80")
    message = parse(data)
    assert message.from_.display == "\udcffl\udcc3ce \udce2\udc80"
    assert str(message.from_).encode("utf-8", "surrogateescape").startswith(b'"\xffl\xc3ce \xe2\x80"')
    assert bytes(message.with_header("From", message.from_)).count(b"\xffl\xc3ce \xe2\x80") == 1
    repr(parse(b"SIP/2.0 200 \xff\r\n\r\n")).encode()


@pytest.mark.parametrize("char", ["\ud800", "\udc0d", "\udc0a", "\udfff"])
def test_surrogates_that_stand_for_no_octet(char: str):
    """A surrogate must not come out as CR or LF, nor as UnicodeEncodeError."""
    with pytest.raises(UsageError):
        parse(INVITE).with_header("Subject", f"a{char}b")


def test_nesting_as_deep_as_it_likes():
    """A reader that calls itself raises RecursionError."""
    for deep in ("<" * 5000, '"\\' * 3000, "(" * 5000, "<sip:" * 1000, "[" * 5000):
        message = with_line("From", deep)
        assert outcome(lambda message=message: message.from_)[0] == "refused"
    assert with_line("Supported", "(" * 5000).supported == ("(" * 5000,)


def test_format_characters_mean_nothing():
    assert str(parse(INVITE).with_header("Subject", "%s {0} %d").header("Subject")) == "%s {0} %d"
