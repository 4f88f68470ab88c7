"""RTP in captures: streams that a description names or that surely are media become bars, all else is skipped."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorded import message

import sipsim
from sipsim.message.rtp import Rtp
from sipsim.message.sdp import Sdp
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.model import Bar
from sipsim.trace.files import read
from sipsim.trace.frames import ethernet
from sipsim.trace.pcap import pcap, pcapng
from sipsim.trace.rtp_streams import FEW, MOST_STREAMS
from sipsim.trace.trace import Trace

HERE, THERE = ("192.0.2.1", 4000), ("192.0.2.2", 6000)


def loaded(*data: bytes, invite: bytes = b"") -> Trace:
    """A capture of these datagrams, 20 ms apart, and then an INVITE."""
    frames = [(20_000 * at, ethernet(HERE, THERE, octets)) for at, octets in enumerate(data)]
    if invite:
        frames.append((20_000 * len(data), ethernet((HERE[0], 5060), (THERE[0], 5060), invite)))
    return read(pcap(frames))


def packets(count: int, form: int = 8, ssrc: int = 7) -> list[bytes]:
    """RTP whose numbers begin again at 0 after six packets."""
    return [bytes(Rtp(form, 65530 + n & 0xFFFF, 160 * n, ssrc, b"\xd5" * 160)) for n in range(count)]


def invite_with(port: int, codec: tuple[str, str] = ("96", "opus/48000/2")) -> bytes:
    """An INVITE that wants its media at this port of the caller."""
    body = bytes(Sdp.audio("alice", HERE[0], port, [codec]))
    return message("INVITE sip:bob@example.com SIP/2.0", extra="Content-Type: application/sdp\r\n", body=body)


def stops(trace: Trace) -> list[dict[str, Any]]:
    return [record.data for record in trace.select("media") if record.data["event"] == "stop"]


@pytest.mark.parametrize("link", [{}, {"loss": 0.1, "jitter": 0.01}])
@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_a_run_that_was_saved_has_the_same_counters_when_it_is_loaded(
    link: dict[str, float], suffix: str, tmp_path: Path
) -> None:
    lab = sipsim.Lab(seed=5, **link)
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media="packets") for name in ("alice", "bob"))

    def story(lab: sipsim.Lab) -> Iterator[object]:
        call = alice.call(bob)
        yield call.answered
        yield lab.env.timeout(10.0)
        yield call.hang_up()

    run = lab.run(story)
    run.save(tmp_path / f"a{suffix}")
    again = sipsim.load(tmp_path / f"a{suffix}")
    same = ("call", "codec", "local", "remote", "received", "lost")
    counted = [[tuple(data[name] for name in same) for data in stops(trace)] for trace in (run, again)]
    assert len(counted[0]) == 2 and sorted(counted[0]) == sorted(counted[1])
    jitters = [{data["local"]: data["mean_jitter"] for data in stops(trace)} for trace in (run, again)]
    assert jitters[1] == pytest.approx(jitters[0], abs=2e-6)
    bars = [[row for row in Ladder(trace).model.rows if isinstance(row, Bar)] for trace in (run, again)]
    assert [(bar.expected, bar.lost, bar.streams) for bar in bars[0]] == [
        (bar.expected, bar.lost, bar.streams) for bar in bars[1]
    ]
    assert again.header["skipped"] == {}


def test_a_description_that_comes_late_names_codec_and_clock() -> None:
    few = packets(3, form=96)
    (stop,) = stops(trace := loaded(*few, invite=invite_with(HERE[1])))
    assert (stop["call"], stop["codec"], stop["received"], stop["lost"]) == ("1@alice", "opus", 3, 0)
    assert stop["ssrc"] == "0x00000007" and trace.header["skipped"] == {}
    assert trace.select("media")[0].element == THERE[0]


def test_a_gap_in_the_numbers_is_loss() -> None:
    sent = packets(50)
    (stop,) = stops(loaded(*sent[:20], *sent[24:]))
    assert (stop["codec"], stop["received"], stop["lost"]) == ("PCMA", 46, 4)


def test_rtp_that_no_description_names_needs_a_whole_stream() -> None:
    assert len(stops(loaded(*packets(FEW)))) == 1
    assert loaded(*packets(FEW), invite=invite_with(9000)).header["skipped"] == {}
    assert loaded(*packets(FEW - 1)).header["skipped"] == {"not SIP": FEW - 1}


def test_a_port_that_is_described_for_fax_names_no_rtp() -> None:
    fax = invite_with(HERE[1]).replace(b"RTP/AVP", b"udptl/1")
    assert loaded(*packets(3), invite=fax).header["skipped"] == {"not SIP": 3}


@pytest.mark.parametrize(
    "data",
    [
        [*packets(FEW), *packets(FEW, ssrc=8)],  # two sources
        [*packets(FEW), *packets(FEW, form=0)],  # two payload types, and numbers that fall back
        packets(FEW)[::-1],
        packets(FEW, form=72),  # RTCP
        packets(FEW, form=40),  # no payload type
        [b"\x80\0\0\1" + bytes(8)] * FEW,  # the same again and again
        [b"\x90" + packet[1:14] for packet in packets(FEW)],  # ends inside its extension
    ],
)
def test_what_only_looks_like_rtp_is_skipped(data: list[bytes]) -> None:
    trace = loaded(*data)
    assert not stops(trace) and trace.header["skipped"] == {"not SIP": len(data)}


def test_noise_between_the_same_ports_is_neither() -> None:
    dice = random.Random(7)
    noise = [b"\x80" + dice.randbytes(40) for _ in range(300)]
    assert loaded(*noise).header["skipped"] == {"not SIP": 300}


def test_a_flood_of_sources_ends_somewhere() -> None:
    flood = [bytes(Rtp(0, 1, 1, n)) for n in range(MOST_STREAMS + 5)]
    trace = loaded(*flood, invite=invite_with(HERE[1]))
    assert len(stops(trace)) == MOST_STREAMS and trace.header["skipped"] == {"not SIP": 5}


def test_a_clock_beyond_all_calendars_makes_no_stream() -> None:
    """A pcapng interface may say that its seconds count from nearly 2**63 on."""
    data = pcapng((0, ethernet(HERE, THERE, packet)) for packet in packets(FEW))
    interface = struct.pack("<IIHHIHHqHHI", 1, 36, 1, 0, 262144, 14, 8, 2**63 - 1, 0, 0, 36)
    assert read(data[:28] + interface + data[48:]).header["skipped"] == {"not SIP": FEW}
