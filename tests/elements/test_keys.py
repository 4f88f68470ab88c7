"""Keys pressed in a call: as packets among the voice, and by INFO (RFC 4733, RFC 6086)."""

from __future__ import annotations

from typing import Any

import pytest

import sipsim
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.errors import CallFailed, UsageError
from sipsim.message.rtp import KeyEvent, Rtp

WITH_KEYS = ("PCMU", "telephone-event")


def talking(lab: sipsim.Lab, media: str = "packets", codecs: Any = WITH_KEYS) -> tuple[UserAgent, UserAgent, Any]:
    alice, bob = (
        lab.user_agent(f"sip:{name}@example.com", media=media, codecs=codecs, answers=0.0) for name in ("alice", "bob")
    )
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    return alice, bob, call


def events(lab: sipsim.Lab) -> list[tuple[float, Rtp, KeyEvent]]:
    found = [(time / 1e6, Rtp.parse(data)) for track in lab.trace.media for time, data in track]
    return [(time, rtp, KeyEvent.parse(rtp.payload)) for time, rtp in found if rtp.payload_type == 101]


def test_a_key_is_a_packet_every_packet_time_and_its_end_three_times():
    """RFC 4733 §2.5.1: one time stamp, a duration that grows, the marker on the first."""
    lab = sipsim.Lab()
    _, bob, call = talking(lab)
    lab.run(call.send_dtmf("5", tone=0.1))
    found = events(lab)
    assert [event.duration for *_, event in found] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for *_, event in found] == [False] * 4 + [True] * 3
    assert [rtp.marker for _, rtp, _ in found] == [True] + [False] * 6
    assert len({rtp.timestamp for _, rtp, _ in found}) == 1
    assert {event.key for *_, event in found} == {"5"}
    assert bob.current_call.digits == "5"
    lab.run(call.hang_up())


def test_numbers_and_the_clock_go_on_through_keys():
    """What is heard after a key is where it would be without: no loss, no jitter (§2.5.1.3)."""
    lab = sipsim.Lab()
    _, bob, call = talking(lab)
    lab.run(call.send_dtmf("0123456789*#ABCD"))
    lab.run(until=lab.env.now + 1.0)
    statistics = bob.current_call.statistics
    assert bob.current_call.digits == "0123456789*#ABCD"
    assert (statistics.lost, statistics.ignored, round(statistics.jitter, 6)) == (0, 0, 0.0)
    lab.run(call.hang_up())


@pytest.mark.parametrize("seed", range(5))
def test_a_key_is_heard_once_though_packets_are_lost_doubled_and_late(seed: int):
    lab = sipsim.Lab(seed, loss=0.2, duplicate=0.2, reorder=0.1)
    _, bob, call = talking(lab)
    theirs = bob.current_call
    lab.run(call.send_dtmf("112233"))
    lab.run(until=lab.env.now + 0.2)
    assert theirs.digits == "112233"
    lab.drain()


def test_a_key_has_the_number_that_the_other_end_gave_it():
    """RFC 3264 §5.1: payload types are the receiver's choice; both hear each other."""
    lab = sipsim.Lab()
    _, bob, call = talking(lab)
    told: list[tuple[object, str]] = []
    call.agent.on_dtmf = lambda call, key: told.append((call, key))
    lab.run(bob.current_call.send_dtmf("7#"))
    assert told == [(call, "7"), (call, "#")]
    assert call.digits == "7#"
    records = [r for r in lab.trace.select("media") if r.data["event"] in ("keys", "key")]
    assert [(r.element, r.data["event"], r.data["keys"]) for r in records] == [
        ("bob", "keys", "7#"), ("alice", "key", "7"), ("alice", "key", "#"),
    ]  # fmt: skip
    assert "keys 7#" in str(lab.trace.ladder())
    lab.run(call.hang_up())


@pytest.mark.parametrize("media", ["off", "flow", "packets"])
def test_keys_go_by_info_whatever_becomes_of_media(media: str):
    """One INFO after the other, each when the one before was answered."""
    lab = sipsim.Lab()
    _, bob, call = talking(lab, media, ("PCMU",))
    lab.run(call.send_dtmf("4a*", by="info", tone=0.25))
    bodies = [r.message.body for r in lab.trace.select("sent", "alice") if r.message.body.startswith(b"Signal")]
    assert bodies == [f"Signal={key}\r\nDuration=250\r\n".encode() for key in "4A*"]
    assert bob.current_call.digits == "4A*"
    lab.run(call.hang_up())


@pytest.mark.parametrize("body", ["", "Signal", "Signal=", "Signal=12", "Signal=x", "\xff=\0", "Duration=160"])
def test_an_info_without_a_key_is_answered_and_no_more(body: str):
    lab = sipsim.Lab()
    _, bob, call = talking(lab)
    lab.run(call.info(body or "\r\n", "application/dtmf-relay"))
    assert bob.current_call.digits == ""
    lab.run(call.hang_up())


def test_keys_that_nobody_answers_fail():
    lab = sipsim.Lab()
    _, bob, call = talking(lab)
    bob.crash()
    with pytest.raises(CallFailed):
        lab.run(call.send_dtmf("12", by="info"))
    lab.drain()


@pytest.mark.parametrize(
    ("media", "codecs", "what"),
    [
        ("off", WITH_KEYS, 'media="packets"'),
        ("flow", WITH_KEYS, "no packets"),
        ("packets", ("PCMU",), "telephone-event"),
    ],
)
def test_where_keys_can_not_go_among_the_voice_it_is_said(media: str, codecs: Any, what: str):
    lab = sipsim.Lab()
    *_, call = talking(lab, media, codecs)
    with pytest.raises(UsageError, match=what):
        call.send_dtmf("1")
    lab.run(call.hang_up())


@pytest.mark.parametrize("keys", ["", "1 2", "E", 12, None])
def test_what_is_no_key_is_refused(keys: Any):
    lab = sipsim.Lab()
    *_, call = talking(lab)
    with pytest.raises(UsageError, match="keys"):
        call.send_dtmf(keys)
    lab.run(call.hang_up())
