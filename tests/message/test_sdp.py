"""Session descriptions: parts, text, what is refused."""

from __future__ import annotations

import pytest

from sipsim.errors import SipParseError, UsageError
from sipsim.message.sdp import Media, Sdp

TEXT = (
    b"v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    b"m=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\ni=left\r\na=sendrecv\r\n"
    b"m=video 0/2 RTP/SAVPF 31\r\nc=IN IP6 2001:db8::1/127\r\nz=unknown\r\n"
)


def test_a_description_and_its_streams():
    sdp = Sdp.parse(TEXT)
    assert (sdp.origin, sdp.connection) == ("alice 1 2 IN IP4 192.0.2.1", "192.0.2.1")
    audio, video = sdp.media
    assert (audio.kind, audio.port, audio.proto, audio.formats) == ("audio", 40000, "RTP/AVP", ("0", "8"))
    assert (audio.attributes, audio.connection, audio.count) == (("rtpmap:0 PCMU/8000", "sendrecv"), None, None)
    assert (video.port, video.count, video.connection, video.attributes) == (0, 2, "2001:db8::1", ())


def test_all_lines_are_kept_in_order():
    assert bytes(Sdp.parse(TEXT)) == TEXT
    assert bytes(Sdp.parse(TEXT.replace(b"\r\n", b"\n").rstrip())) == TEXT


def test_what_is_made():
    sdp = Sdp.audio("bob", "[2001:db8::2]", 5004, (("0", "PCMU/8000"), ("101", "telephone-event/8000")), version=3)
    assert str(sdp) == (
        "v=0\r\no=bob 1 3 IN IP6 2001:db8::2\r\ns=-\r\nc=IN IP6 2001:db8::2\r\nt=0 0\r\n"
        "m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    )
    assert Sdp.parse(bytes(sdp)) == sdp
    assert Media("audio", 1).formats == ("0",)


@pytest.mark.parametrize("text", ["", "a b", "a\r\nm=video 1 RTP/AVP 31", "a\0"])
def test_words_that_are_none(text: str):
    for arguments in ((text, "192.0.2.1"), ("bob", text)):
        with pytest.raises(UsageError, match="one word"):
            Sdp.audio(*arguments, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        *(("", 1), ("v=1\n", 1), ("o=x\nv=0\n", 1), ("v=0\nxx=1\n", 2), ("v=0\n=x\n", 2), ("v=0\n\ns=-\n", 2)),
        *(("v=0\nm =audio 1 RTP/AVP 0\n", 2), ("v=0\nm=audio\n", 2), ("v=0\nm=audio 1 RTP/AVP\n", 2)),
        *(("v=0\ns=-\nm=audio 65536 RTP/AVP 0\n", 3), ("v=0\nm=audio 1/99999 RTP/AVP 0\n", 2)),
        *(("v=0\nc=IN IP5 x\n", 2), ("v=0\ns=a\rb\n", 2), ("v=0\ns=a\0b\n", 2)),
    ],
)
def test_text_that_is_no_description(text: str, line: int):
    with pytest.raises(SipParseError) as refused:
        Sdp.parse(text.encode())
    assert (refused.value.status, refused.value.line) == (400, line)


def test_too_many_lines():
    with pytest.raises(SipParseError) as refused:
        Sdp.parse(b"v=0\n" + b"a=x\n" * 1000)
    assert refused.value.status == 513


def test_octets_that_are_no_utf_8_come_back():
    assert bytes(Sdp.parse(b"v=0\r\ns=\xff\xfe\r\n")) == b"v=0\r\ns=\xff\xfe\r\n"


SAY = "v=0\r\no=a 1 {} IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"


@pytest.mark.parametrize(
    "stream",
    [
        "m=audio 40000 RTP/AVP 0\r\n", "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n",
        "m=audio 65535 RTP/AVP 0\r\na=\r\na=x:y=z\r\n", "m=audio 65536 RTP/AVP 0\r\n",
        "m=audio 1 RTP/AVP 0 8\r\na=" + "x" * 1000 + "\r\n", "m=audio 1 RTP/AVP 0\r\n" + "a=x\r\n" * 300,
    ],
)  # fmt: skip
def test_usual_descriptions_are_read_by_parts_to_the_same_values(stream: str):
    """The quick way and the exact one agree, in what they read and in what they refuse."""
    for version in (1, 2):
        body = (SAY.format(version) + stream).encode()

        def read(octets: bytes) -> Sdp | str:
            try:
                return Sdp.parse(octets)
            except SipParseError as error:
                return str(error)

        assert read(body) == read(body.replace(b"\r\n", b"\n"))  # with bare line ends it goes the long way
        found = read(body)
        assert isinstance(found, str) or bytes(found) == body
