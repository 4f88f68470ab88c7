"""Offer and answer for one stream (RFC 3264): codecs, directions, versions, and streams that nobody wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim import Sdp, UsageError
from sipsim.protocol.offer_answer import (
    DIRECTIONS,
    KNOWN,
    Wish,
    answer,
    changed,
    codecs_named,
    declined,
    mirrored,
    misfit,
    narrowed,
    negotiated,
    offer,
    streams,
    succeeding,
    video_named,
)

codecs = st.lists(st.sampled_from(KNOWN), min_size=1, unique=True).map(tuple)
directions = st.sampled_from(DIRECTIONS)


def sdp(*streams: str, session: str = "c=IN IP4 192.0.2.9") -> Sdp:
    return Sdp.parse("\r\n".join(["v=0", "o=t 7 3 IN IP4 192.0.2.9", "s=-", session, "t=0 0", *streams, ""]).encode())


@pytest.mark.covers("P07")
@given(codecs, codecs, directions, directions)
def test_both_ends_make_the_same_of_an_offer_and_its_answer(
    ours: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...], wanted: str, allowed: str
) -> None:
    offered = Sdp.parse(bytes(offer("a", "192.0.2.1", 4000, ours, wanted)))
    answered = answer(offered, "b", "192.0.2.2", 5000, theirs, allowed)
    if answered is None:
        assert not {name for _, name in ours} & {name for _, name in theirs}
        return
    answered = Sdp.parse(bytes(answered))
    a, b = negotiated(offered, answered), negotiated(answered, offered)
    assert a is not None and b is not None
    assert a.codec == b.codec and a.local == b.remote == ("192.0.2.1", 4000) and a.remote == b.local
    assert a.direction == mirrored(b.direction) == narrowed(wanted, mirrored(allowed))
    kept = [form for form in offered.media[0].formats if form in answered.media[0].formats]
    assert list(answered.media[0].formats) == kept  # the offerer's order


@given(directions, directions)
def test_a_direction_is_narrowed_to_what_both_allow(one: str, other: str) -> None:
    def sends(direction: str) -> bool:
        return direction in ("sendrecv", "sendonly")

    both = narrowed(one, other)
    assert both == narrowed(other, one)
    assert sends(both) == (sends(one) and sends(other))
    assert sends(mirrored(both)) == (sends(mirrored(one)) and sends(mirrored(other)))


@given(st.lists(st.tuples(codecs, directions), min_size=1, max_size=6))
def test_versions_count_what_is_new_and_the_list_of_streams_never_shrinks(
    steps: list[tuple[tuple[tuple[str, str], ...], str]],
) -> None:
    last = Sdp.parse(bytes(sdp("m=video 0 RTP/AVP 31", "m=audio 4000 RTP/AVP 0")))
    for codecs, direction in steps:
        new = changed(last, offer("t", "192.0.2.9", 4000, codecs, direction))
        before, after = (int((one.origin or "").split()[2]) for one in (last, new))
        assert after == before + (bytes(new) != bytes(last)) and len(new.media) == len(last.media)
        assert [media.kind for media in new.media] == ["video", "audio"] and new.media[0].port == 0
        last = new


def test_a_description_keeps_its_origin_when_the_phone_has_moved() -> None:
    last = offer("t", "192.0.2.9", 4000)
    new = succeeding(last, offer("t", "192.0.2.77", 4000))
    assert new.origin == "t 1 2 IN IP4 192.0.2.9" and new.connection == "192.0.2.77"


@pytest.mark.parametrize(
    ("stream", "formats"),
    [
        ("m=audio 4000 RTP/AVP 8 0", ("8", "0")),
        ("m=audio 4000 RTP/AVP 99 0\r\na=rtpmap:99 pcmu/8000", ("99", "0")),
        ("m=audio 4000 RTP/AVP 0 13 101\r\na=rtpmap:101 telephone-event/8000", ("0",)),
    ],
)
def test_codecs_are_compared_by_name_and_keep_the_numbers_of_the_offer(stream: str, formats: tuple[str, ...]) -> None:
    answered = answer(sdp(stream), "b", "192.0.2.2", 5000)
    assert answered is not None and answered.media[0].formats == formats


@pytest.mark.parametrize(
    "stream",
    [
        f"m={stream}"
        for stream in (
            "audio 4000 RTP/AVP 31",
            "audio 4000 RTP/SAVP 0",
            "video 4000 RTP/AVP 0",
            "audio 4000 RTP/AVP 99",
        )
    ],
)
def test_an_offer_in_which_nothing_fits_has_no_answer(stream: str) -> None:
    assert answer(sdp(stream), "b", "192.0.2.2", 5000) is None


def test_an_offer_that_closes_its_streams_is_answered_in_kind() -> None:
    answered = answer(sdp("m=audio 0 RTP/AVP 0"), "b", "192.0.2.2", 5000)
    assert answered is not None and [media.port for media in answered.media] == [0]
    assert negotiated(answered, sdp("m=audio 0 RTP/AVP 0")) is None


def test_every_stream_of_an_offer_is_declined_in_its_place() -> None:
    offered = sdp("m=audio 4000 RTP/AVP 0", "m=video 4002 RTP/AVP 31 34")
    refused = declined(offered, "b", "192.0.2.2")
    assert [(m.kind, m.port, m.formats) for m in refused.media] == [("audio", 0, ("0",)), ("video", 0, ("31", "34"))]


@pytest.mark.parametrize(
    ("attribute", "session", "direction"),
    [
        ("a=sendonly", "c=IN IP4 192.0.2.9", "recvonly"),
        ("a=recvonly", "c=IN IP4 192.0.2.9", "sendonly"),
        ("a=ptime:20", "c=IN IP4 192.0.2.9\r\na=inactive", "inactive"),
        ("a=sendrecv", "c=IN IP4 192.0.2.9\r\na=inactive", "sendrecv"),
        ("c=IN IP4 0.0.0.0", "c=IN IP4 192.0.2.9", "recvonly"),
        ("a=recvonly", "c=IN IP4 0.0.0.0", "inactive"),
    ],
)
def test_what_an_offer_says_of_its_direction_is_mirrored(attribute: str, session: str, direction: str) -> None:
    offered = sdp("m=audio 4000 RTP/AVP 0", attribute, session=session)
    answered = answer(offered, "b", "192.0.2.2", 5000)
    assert answered is not None
    stream = negotiated(answered, offered)
    assert stream is not None and stream.direction == direction


def test_codecs_have_names() -> None:
    assert codecs_named(["pcma", "PCMU", "pcma"]) == (("8", "PCMA/8000"), ("0", "PCMU/8000"))
    for wrong in (["MP3"], [], [8]):
        with pytest.raises(UsageError, match="codecs"):
            codecs_named(wrong)  # type: ignore[arg-type]


# Several streams (examples of RFC 4317 §2.1 and §4.1)

AUDIO = "m=audio 49170 RTP/AVP 0 8 97", "a=rtpmap:97 iLBC/8000"
VIDEO = "m=video 51372 RTP/AVP 31 32", "a=rtpmap:31 H261/90000", "a=rtpmap:32 MPV/90000"
MPV = (("32", "MPV/90000"),)


def test_of_several_codecs_each_stream_keeps_the_one_that_both_know() -> None:
    offered = sdp(*AUDIO, *VIDEO)
    answered = answer(offered, "bob", "192.0.2.7", 49174, (("0", "PCMU/8000"),), more=[Wish("video", MPV, 49170)])
    assert answered is not None and [str(media) for media in answered.media] == [
        "audio 49174 RTP/AVP 0", "video 49170 RTP/AVP 32",
    ]  # fmt: skip
    assert [(one.kind, one.codec, one.payload, one.rate) for one in streams(offered, answered)] == [
        ("audio", "PCMU", 0, 8000), ("video", "MPV", 32, 90000),
    ]  # fmt: skip
    assert misfit(offered, answered) == ""


def test_a_stream_that_is_added_and_dropped_again_keeps_its_place() -> None:
    first = offer("alice", "192.0.2.1", 4000)
    more = changed(first, offer("alice", "192.0.2.1", 4000, more=[Wish("video", MPV, 4002)]))
    less = changed(more, offer("alice", "192.0.2.1", 4000))
    again = changed(less, offer("alice", "192.0.2.1", 4000, more=[Wish("text", MPV, 4004)]))
    kinds = [[(media.kind, media.port) for media in one.media] for one in (first, more, less, again)]
    assert kinds == [
        [("audio", 4000)], [("audio", 4000), ("video", 4002)], [("audio", 4000), ("video", 0)],
        [("audio", 4000), ("text", 4004)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answered", "why"),
    [
        (["m=audio 1 RTP/AVP 0"], "1 streams answer 2"),
        (["m=video 1 RTP/AVP 31", "m=audio 1 RTP/AVP 0"], "stream 1 is video, where audio was offered"),
        (["m=audio 1 RTP/AVP 0", "m=video 1 RTP/AVP 31"], "stream 2 was closed, and is open"),
        (["m=audio 1 RTP/SAVP 0", "m=video 0 RTP/AVP 31"], "stream 1 goes by RTP/SAVP, where RTP/AVP was offered"),
        (["m=audio 1 RTP/AVP 18", "m=video 0 RTP/AVP 31"], "stream 1 has no format of those that were offered"),
        (["m=audio 0 RTP/AVP 18", "m=video 0 RTP/AVP 31"], ""),
        (["m=audio 1 RTP/AVP 105", "a=rtpmap:105 pcmu/8000/1", "m=video 0 RTP/AVP 31"], ""),
    ],
)
def test_a_misfit_is_named(answered: list[str], why: str) -> None:
    assert misfit(sdp("m=audio 9 RTP/AVP 0", "m=video 0 RTP/AVP 31"), sdp(*answered)) == why


def offered_streams(*streams: str) -> Sdp:
    lines = "".join([f"{line}\r\n" for line in streams])
    return Sdp.parse(f"v=0\r\no=c 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{lines}".encode())


@pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/AVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF", "udptl", "RTP/avp"])
def test_only_rtp_avp_is_taken_and_others_keep_their_protocol_in_the_refusal(protocol: str) -> None:
    """RFC 3264 §6: of the same audio by two protocols the plain one is answered, the other refused as it came."""
    both = offered_streams(f"m=audio 4000 {protocol} 0", "a=crypto:1 x", "m=audio 4002 RTP/AVP 0")
    found = answer(both, "b", "192.0.2.2", 5000)
    assert found is not None
    assert [(one.port, one.proto, one.formats) for one in found.media] == [
        (0, protocol, ("0",)),
        (5000, "RTP/AVP", ("0",)),
    ]
    assert found.media[0].lines == () and misfit(both, found) == ""
    assert answer(offered_streams(f"m=audio 4000 {protocol} 0"), "b", "192.0.2.2", 5000) is None


def test_parameters_of_a_format_bind_nobody_here_and_are_the_offerers_own() -> None:
    """`a=fmtp` says what its writer wants to receive: formats are matched by name, and our answer has none of ours."""
    described = offered_streams(
        "m=audio 4000 RTP/AVP 18 97 0 101", "a=rtpmap:97 iLBC/8000", "a=fmtp:18 annexb=no", "a=fmtp:97 mode=30",
        "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=fmtp:0", "a=fmtp:nonsense ;;;", "a=ptime:20",
    )  # fmt: skip
    codecs = codecs_named(["iLBC", "G729", "telephone-event"])
    found = answer(described, "b", "192.0.2.2", 5000, codecs)
    assert found is not None and found.media[0].formats == ("18", "97", "101")
    assert not [line for line in found.media[0].attributes if line.startswith("fmtp")]
    (stream,) = streams(found, described)
    assert (stream.codec, stream.payload) == ("G729", 18) and misfit(described, found) == ""


def test_the_same_codec_with_other_parameters_is_as_many_formats_as_were_offered() -> None:
    described = offered_streams(
        "m=video 4000 RTP/AVP 98 100", "a=rtpmap:98 H264/90000", "a=fmtp:98 packetization-mode=0",
        "a=rtpmap:100 H264/90000", "a=fmtp:100 packetization-mode=1",
    )  # fmt: skip
    found = answer(described, "b", "192.0.2.2", 5000, more=[Wish("video", video_named(["H264"]), 5002)])
    assert found is not None and found.media[0].formats == ("98", "100") and found.media[0].port == 5002


def test_streams_of_different_calls_share_nothing_but_what_is_the_same() -> None:
    """All but the ports is looked up; hosts, directions and codecs of other descriptions are their own."""
    ours = offered_streams("m=audio 4000 RTP/AVP 0 8")
    theirs = [
        "m=audio 6000 RTP/AVP 0", "m=audio 6002 RTP/AVP 0", "m=audio 6000 RTP/AVP 8", "m=audio 6000 RTP/AVP 77",
        "m=audio 6000 RTP/AVP 0\r\na=sendonly", "m=audio 6000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0",
        "m=audio 6000 RTP/AVP 0\r\nc=IN IP4 192.0.2.7",
    ]  # fmt: skip
    for _ in range(2):
        found = [list(streams(ours, offered_streams(line))) for line in theirs]
        told = [(s[0].codec, s[0].direction, s[0].remote) if s else None for s in found]
        assert told == [
            ("PCMU", "sendrecv", ("192.0.2.9", 6000)), ("PCMU", "sendrecv", ("192.0.2.9", 6002)),
            ("PCMA", "sendrecv", ("192.0.2.9", 6000)), None, ("PCMU", "recvonly", ("192.0.2.9", 6000)),
            ("PCMU", "recvonly", ("0.0.0.0", 6000)), ("PCMU", "sendrecv", ("192.0.2.7", 6000)),
        ]  # fmt: skip
