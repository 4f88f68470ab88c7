"""Challenges, credentials and Authentication-Info: read and written as the grammar wants (RFC 3261 §25.1, RFC 7616)."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.message.auth import AuthenticationInfo, Challenge, Credentials
from sipsim.message.message import parse

KINDS = (Challenge, Credentials, AuthenticationInfo)

# Challenges


def test_a_challenge_of_rfc_3261() -> None:
    challenge = Challenge.parse(
        'Digest realm="biloxi.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge.realm == "biloxi.com"
    assert challenge.nonce == "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    assert challenge.qop == ("auth", "auth-int")
    assert challenge.opaque == "5ccc069c403ebaf9f0171e9517f40e41"
    assert challenge.algorithm is None and not challenge.stale and not challenge.others


@pytest.mark.parametrize(
    ("text", "stale"), [("true", True), ("TRUE", True), ('"true"', True), ("false", False), ("maybe", False)]
)
def test_only_true_is_stale_in_any_case(text: str, stale: bool) -> None:
    assert Challenge.parse(f'Digest realm="a", nonce="b", stale={text}').stale is stale


def test_a_challenge_is_written_with_quotes_where_they_belong_and_nowhere_else() -> None:
    challenge = Challenge(
        "biloxi.com", "n1", "SHA-256", ("auth", "auth-int"), "", True, (("domain", "sip:a sip:b"), ("charset", "UTF-8"))
    )
    assert str(challenge) == (
        'Digest realm="biloxi.com", nonce="n1", opaque="", stale=true, algorithm=SHA-256, qop="auth,auth-int",'
        ' domain="sip:a sip:b", charset=UTF-8'
    )


def test_an_empty_opaque_is_there_and_a_missing_one_is_not() -> None:
    assert Challenge.parse('Digest realm="a", nonce="b", opaque=""').opaque == ""
    assert Challenge.parse('Digest realm="a", nonce="b"').opaque is None


# Credentials


def test_credentials_of_rfc_3261() -> None:
    text = (
        'Digest username="bob", realm="biloxi.com", nonce="dcd98b", uri="sip:bob@biloxi.com", qop=auth,'
        ' nc=0000000a, cnonce="0a4f113b", response="6629fae", opaque="5ccc"'
    )
    shown = Credentials.parse(text)
    assert (shown.username, shown.realm, shown.nonce) == ("bob", "biloxi.com", "dcd98b")
    assert shown.uri == "sip:bob@biloxi.com"
    assert (shown.qop, shown.nc, shown.count, shown.cnonce) == ("auth", "0000000a", 10, "0a4f113b")
    assert (shown.response, shown.opaque, shown.algorithm) == ("6629fae", "5ccc", None)


def test_credentials_are_written_with_quotes_where_they_belong_and_nowhere_else() -> None:
    shown = Credentials("bob", "biloxi.com", "n1", "sip:biloxi.com", "abc", "MD5", "c1", "o1", "auth", "00000001")
    assert str(shown) == (
        'Digest username="bob", realm="biloxi.com", nonce="n1", uri="sip:biloxi.com", response="abc", algorithm=MD5,'
        ' cnonce="c1", opaque="o1", qop=auth, nc=00000001'
    )


def test_what_others_quote_wrongly_is_read_and_written_rightly() -> None:
    """Quotes around algorithm and qop are in use, in RFC 3665 too."""
    shown = Credentials.parse(
        'DIGEST Username="bob",REALM = "r",nonce="n",uri="sip:b",response="",algorithm="MD5",qop="auth",nc="00000001",'
        "cnonce=c"
    )
    assert str(shown) == (
        'Digest username="bob", realm="r", nonce="n", uri="sip:b", response="", algorithm=MD5, cnonce="c", qop=auth,'
        " nc=00000001"
    )


def test_quoted_pairs_say_what_they_stand_for_and_are_written_again() -> None:
    challenge = Challenge.parse(r'Digest realm="the \"old\" \\ house", nonce="\n"')
    assert (challenge.realm, challenge.nonce) == ('the "old" \\ house', "n")
    assert str(challenge) == r'Digest realm="the \"old\" \\ house", nonce="n"'


def test_a_comma_and_a_semicolon_in_quotes_separate_nothing() -> None:
    assert Challenge.parse('Digest realm="a, nonce=b; c", nonce="n"').realm == "a, nonce=b; c"


def test_a_count_is_hexadecimal_and_none_counts_as_zero() -> None:
    assert Credentials(nc="000000ff").count == 255
    assert Credentials().count == 0


# Other schemes


@pytest.mark.parametrize("kind", [Challenge, Credentials])
@pytest.mark.parametrize(
    "text", ["NoOneKnowsThisScheme opaque-data=here", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 'Bearer realm="a", x="b,c"']
)
def test_other_schemes_are_kept_as_they_are(kind: type[Challenge], text: str) -> None:
    value = kind.parse(text)
    assert value.scheme == text.split()[0]
    assert str(value) == text


def test_the_password_of_a_basic_client_is_not_shown() -> None:
    assert "QWxh" not in repr(Credentials.parse("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="))


# Authentication-Info


def test_authentication_info() -> None:
    text = 'nextnonce="n2", rspauth="6629", cnonce="c1", qop=auth, nc=00000001'
    info = AuthenticationInfo.parse(text)
    assert info == AuthenticationInfo("n2", "6629", "c1", "auth", "00000001")
    assert str(info) == text


@pytest.mark.parametrize("text", ["", "auth", 'rspauth="\0"', "qop=auth,", 'cnonce="a" nc=00000001', "nc=1"])
def test_what_is_no_authentication_info(text: str) -> None:
    with pytest.raises(SipParseError):
        AuthenticationInfo.parse(text)


# What is none

DIGEST = 'Digest username="u", realm="r", nonce="n", uri="sip:b", response="x"'


@pytest.mark.parametrize(
    "text",
    [
        "", "Digest", "Digest ", '"Digest" realm="a"', "Digest realm", 'Digest realm="a"', 'Digest nonce="a"',
        'Digest realm="a" nonce="b"', 'Digest realm="a",, nonce="b"', 'Digest realm="a", nonce="b",',
        'Digest realm="a, nonce=b', 'Digest realm="a", nonce="b", realm="a"', 'Digest realm="a", nonce="b", NONCE="b"',
        'Digest realm="a\0", nonce="b"', 'Digest realm="a\\\0", nonce="b"', 'Digest realm="a\nX: y", nonce="b"',
        'Digest realm="a", nonce=sip:b', 'Digest realm="a", nonce="b", ' + ", ".join(f"x{i}=y" for i in range(70)),
        'Digest realm="a", nonce="b", Digest realm="c", nonce="d"', "Basic a\0b",
    ],
)  # fmt: skip
def test_what_is_no_challenge(text: str) -> None:
    with pytest.raises(SipParseError):
        Challenge.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *[DIGEST.replace(f'{name}="', f'x{name}="') for name in ("username", "realm", "nonce", "uri", "response")],
        f"{DIGEST}, qop=auth", f'{DIGEST}, qop=auth, cnonce="c"', f"{DIGEST}, qop=auth, nc=00000001",
        f'{DIGEST}, qop=auth, cnonce="c", nc=1', f'{DIGEST}, qop=auth, cnonce="c", nc=0000000g',
        f'{DIGEST}, qop=auth, cnonce="c", nc=-0000001', f'{DIGEST}, qop=auth, cnonce="c", nc="0000000\u0661"',
    ],
)  # fmt: skip
def test_what_are_no_credentials(text: str) -> None:
    assert Credentials.parse(DIGEST).response == "x"
    with pytest.raises(SipParseError) as caught:
        Credentials.parse(text)
    assert caught.value.status == 400


def test_sixty_four_parameters_and_no_more() -> None:
    known = 'Digest realm="a", nonce="b", '
    assert len(Challenge.parse(known + ", ".join(f"x{i}=y" for i in range(62))).others) == 62
    with pytest.raises(SipParseError, match="too many"):
        Challenge.parse(known + ", ".join(f"x{i}=y" for i in range(63)))


def test_an_error_says_where() -> None:
    with pytest.raises(SipParseError) as caught:
        Challenge.parse('Digest realm="a", nonce:"b"')
    assert (caught.value.column, caught.value.excerpt) == (18, ' nonce:"b"')


# For all values

# What a header line can hold: no controls but a tab, and octets that are no UTF-8 as the surrogates they are read as.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"))
    | st.sampled_from(["\t", "\x80", "\udc80", "\udcff", '"', "\\", ","]),
    max_size=12,
)
MAYBE = st.none() | TEXT
TOKENS = st.from_regex(r"[a-z0-9*.-]{1,8}", fullmatch=True)
KNOWN = {
    *("realm", "nonce", "algorithm", "qop", "opaque", "stale", "username", "uri", "response", "cnonce", "nc"),
    *("nextnonce", "rspauth"),
}
NEW = TOKENS.filter(lambda name: name not in KNOWN)
OTHERS = st.dictionaries(NEW, TEXT, max_size=3).map(lambda params: tuple(params.items()))
COUNTS = st.integers(0, 2**32 - 1).map("{:08x}".format)
WORDS = st.lists(TOKENS, max_size=3).map(tuple)
CHALLENGES = st.builds(
    Challenge, realm=TEXT, nonce=TEXT, algorithm=MAYBE, qop=WORDS, opaque=MAYBE, stale=st.booleans(), others=OTHERS
)
COUNTED = st.builds(
    Credentials, TEXT, TEXT, TEXT, TEXT, TEXT, MAYBE, cnonce=TEXT, opaque=MAYBE, qop=MAYBE, nc=COUNTS, others=OTHERS
)
UNCOUNTED = st.builds(Credentials, TEXT, TEXT, TEXT, TEXT, TEXT, MAYBE, cnonce=MAYBE, opaque=MAYBE, others=OTHERS)
INFOS = st.builds(AuthenticationInfo, TEXT, MAYBE, MAYBE, MAYBE, st.none() | COUNTS, OTHERS)


@given(CHALLENGES)
def test_challenges_come_back(challenge: Challenge) -> None:
    assert Challenge.parse(str(challenge)) == challenge


@given(COUNTED | UNCOUNTED)
def test_credentials_come_back(shown: Credentials) -> None:
    assert Credentials.parse(str(shown)) == shown


@given(INFOS)
def test_authentication_info_comes_back(info: AuthenticationInfo) -> None:
    assert AuthenticationInfo.parse(str(info)) == info


@given(COUNTED | CHALLENGES)
def test_a_value_survives_the_wire(value: Credentials | Challenge) -> None:
    request = parse(b"OPTIONS sip:a SIP/2.0\r\n\r\n").with_header("X", value)
    assert type(value).parse(parse(bytes(request)).header("X") or "") == value


PIECES = st.sampled_from(
    ["Digest ", "Basic ", "realm", "nonce", "qop", "nc", "=", '"', ",", " ", "\\", "\t", "x", "\0", "\udc80", "0" * 8]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=30).map("".join))
@example("K=K")
def test_hostile_text_is_refused_or_can_be_written_again(text: str) -> None:
    for kind in KINDS:
        try:
            value = kind.parse(text)
        except SipParseError:
            continue
        assert kind.parse(str(value)) == value


@given(COUNTED, st.data())
def test_credentials_after_an_accident(shown: Credentials, data: st.DataObject) -> None:
    text = str(shown)
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at] + data.draw(PIECES) + text[at + data.draw(st.integers(0, 3)) :]
    try:
        value = Credentials.parse(broken)
    except SipParseError:
        return
    assert Credentials.parse(str(value)) == value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "piece", [" ", "\\", '\\"', '"', ",", "a", "a=b,", '"",', " ,", "=", 'Digest realm="', "Digest ", "\t="]
)
def test_reading_takes_linear_time(kind: type[Challenge], piece: str) -> None:
    """Twice the length takes about twice the time; a quadratic reader needs seconds for these."""
    began = time.process_time()
    for head in ("", "Digest ", 'Digest realm="'):
        with pytest.raises(SipParseError):
            kind.parse(head + piece * (200_000 // len(piece)) + "\0")
        with suppress(SipParseError):
            kind.parse(head + piece * (200_000 // len(piece)))
    assert time.process_time() - began < 1
