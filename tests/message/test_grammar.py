"""Lists, parameters and quoted strings: what separates, what belongs together, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.errors import SipParseError, UsageError
from sipsim.message import grammar
from sipsim.message.grammar import find_param, quote, read_params, set_param, split_list, unquote


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a, b\t,c", ["a", "b", "c"]),
        ("a,,b", ["a", "", "b"]),
        ('"a, b" <sip:c>, d', ['"a, b" <sip:c>', "d"]),
        (r'"a\", b", c', [r'"a\", b"', "c"]),
        ("<sip:a,b@c;d=e,f>;q=1, <sip:g>", ["<sip:a,b@c;d=e,f>;q=1", "<sip:g>"]),
    ],
)
def test_a_comma_list(text: str, values: list[str]):
    assert split_list(text) == values


@pytest.mark.parametrize("text", ['"a, b', 'a, "b', "<a, b", 'a, "b\\"'])
def test_a_list_in_which_something_stays_open(text: str):
    with pytest.raises(SipParseError, match="closes"):
        split_list(text)


def test_parameters():
    params = read_params(';Tag=1 ; lr;a="x;y,\\"z" ;b = c')
    assert params == (("tag", "1"), ("lr", None), ("a", '"x;y,\\"z"'), ("b", "c"))
    assert find_param(params, "a") == 'x;y,"z'
    assert find_param(params, "lr") == ""
    assert find_param(params, "none") is None and find_param(params, "none", "0") == "0"
    assert grammar.write_params(params) == ';tag=1;lr;a="x;y,\\"z";b=c'


def test_the_first_of_two_equal_names_counts():
    assert find_param(read_params(";a=1;a=2"), "a") == "1"


@pytest.mark.parametrize("text", [";", ";;a", ";=b", ";a=", ";a b", "a", ";a=b c", ';a="b', ";a,b", ";é=1", ";a=\x00"])
def test_parameters_that_are_none(text: str):
    with pytest.raises(SipParseError, match="parameter"):
        read_params(text)


def test_parameters_are_not_endless():
    assert len(read_params(";a" * 64)) == 64
    with pytest.raises(SipParseError, match="64") as refused:
        read_params(";a" * 65)
    assert refused.value.column == 129


def test_a_parameter_is_set_in_its_place_or_at_the_end():
    params = read_params(";rport;branch=1")
    assert set_param(params, "rport", "5060") == (("rport", "5060"), ("branch", "1"))
    assert set_param(params, "received", "192.0.2.1")[2:] == (("received", "192.0.2.1"),)


@settings(max_examples=300)
@given(st.text())
def test_what_is_quoted_comes_back(text: str):
    assert unquote(quote(text)) == text
    if "\r" not in text and "\n" not in text:
        assert find_param(read_params(f";a={quote(text)}"), "a") == text


@settings(max_examples=300)
@given(st.binary())
def test_octets_come_back(data: bytes):
    if not set(data) & set(b"\r\n\0"):
        assert grammar.encode(grammar.decode(data)) == data


@pytest.mark.parametrize("char", "\r\n\0")
def test_what_would_end_a_line_is_refused(char: str):
    with pytest.raises(UsageError, match="CR, LF or NUL"):
        grammar.encode(f"a{char}b")


def test_an_excerpt_is_short_and_plain():
    assert grammar.excerpt("\x1b[2J\u202e" + "é" * 100).isascii()
    assert len(grammar.excerpt("é" * 100)) == 60
    assert grammar.refuse("x", "abc\x00def", 3).excerpt == r"\x00def"
