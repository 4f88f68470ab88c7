"""tshark, whose dissectors others wrote, reads the captures of our runs."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers import needs, program
from samples import sample

import sipsim
from sipsim.cli import main
from sipsim.message.rtp import Rtp

FIELDS = (
    "sip.Method", "sip.Status-Code", "sip.CSeq", "sip.Call-ID", "sdp.media", "ip.checksum.status", "udp.checksum.status"
)  # fmt: skip
GOOD = "1"
"""The status of a checksum that is right."""
WRONG = "_ws.malformed || _ws.expert.severity >= 6291456"
"""Malformed, or anything that an expert of tshark's calls a warning or worse."""


def tshark(path: Path, *arguments: str) -> list[list[str]]:
    """What tshark says of a capture, a list of columns a line."""
    checks = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    done = subprocess.run(
        [program("tshark"), "-n", "-r", path, *checks, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def media(message: sipsim.Message) -> str:
    """The media line of an offer or answer."""
    return "".join(line[2:] for line in message.body.decode().splitlines() if line.startswith("m="))


@needs("tshark")
@pytest.mark.parametrize("name", ["ozeki", "fork"])
@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_tshark_decodes_every_message_of_a_run(name: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    assert main(["run", name, "--seed", "7", "--quiet", "--save", str(path)]) == 0
    sent = [record.message for record in sipsim.run(name, seed=7).select("sent")]
    expected = [
        [
            message.method if isinstance(message, sipsim.Request) else "",
            str(message.status) if isinstance(message, sipsim.Response) else "",
            str(message.cseq), message.call_id, media(message), GOOD, GOOD,
        ]
        for message in sent
    ]  # fmt: skip
    rows = tshark(path, "-T", "fields", *(part for field in FIELDS for part in ("-e", field)))
    assert rows == expected
    assert tshark(path, "-Y", WRONG) == []


@needs("tshark")
def test_tshark_counts_lost_packets_and_copies_too(tmp_path: Path) -> None:
    """Of a lossy run every copy is in the capture, whether it arrived or not."""
    trace = sipsim.run("ozeki", seed=8, loss=0.2)
    assert trace.result["retransmissions"]
    trace.save(tmp_path / "a.pcap")
    rows = tshark(tmp_path / "a.pcap", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code")
    ours = Counter(getattr(r.message, "method", "") or str(r.message.status) for r in trace.select("sent"))
    assert Counter("".join(row) for row in rows) == ours
    assert tshark(tmp_path / "a.pcap", "-Y", WRONG) == []


@needs("tshark")
@pytest.mark.parametrize(("one", "other"), [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")])
def test_tshark_follows_what_went_over_tcp(one: str, other: str, tmp_path: Path) -> None:
    """An INVITE and its answers; the rest of the call goes by UDP, as the Contact says nothing else."""
    lab = sipsim.Lab()
    bob = lab.user_agent("sip:bob@example.com", host=other, answers=0.0)
    call = lab.user_agent("sip:alice@example.com", host=one).call(f"{bob.contact_uri};transport=tcp")
    lab.run(call.answered)
    lab.trace.save(tmp_path / "a.pcap")
    columns = ("sip.Method", "sip.Status-Code", "tcp.seq", "tcp.ack", "tcp.checksum.status", "udp.checksum.status")
    fields = [part for column in columns for part in ("-e", column)]
    rows = tshark(tmp_path / "a.pcap", "-o", "tcp.check_checksum:TRUE", "-T", "fields", *fields)
    asked, rang, *_ = (len(record.raw) for record in lab.trace.select("sent"))
    assert rows == [
        ["INVITE", "", "1", "1", GOOD, ""], ["", "180", "1", f"{asked + 1}", GOOD, ""],
        ["", "200", f"{rang + 1}", f"{asked + 1}", GOOD, ""], ["ACK", "", "", "", "", GOOD],
    ]  # fmt: skip
    assert tshark(tmp_path / "a.pcap", "-Y", "_ws.malformed") == []
    lab.run(call.hang_up())


@needs("tshark")
@pytest.mark.covers("P08")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "link",
    [
        {}, {"loss": 0.05}, {"loss": 0.3}, {"jitter": 0.012, "loss": 0.02}, {"reorder": 0.05, "delay": 0.03},
        {"duplicate": 0.05}, {"loss": 0.1, "duplicate": 0.05, "jitter": 0.02, "reorder": 0.1},
    ],
    ids=lambda link: ", ".join(f"{what} {much}" for what, much in link.items()) or "good",
)  # fmt: skip
def test_tshark_counts_the_media_of_a_run_as_their_receivers_did(
    link: dict[str, float], seed: int, tmp_path: Path
) -> None:
    """Packets and losses alike, the mean jitter within 5 % or 0.2 ms; it finds the ports in the descriptions.

    tshark takes the packet that arrives last for the last one, a receiver the one with the highest number (RFC 3550
    A.3): where the last to arrive was late, tshark expects that many fewer.
    """
    lab = sipsim.Lab(seed=seed, **link)
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media="packets") for name in ("alice", "bob"))
    calls = []

    def story(lab: sipsim.Lab) -> Iterator[object]:
        call = alice.call(bob)
        yield call.answered
        yield lab.env.timeout(12.0)
        calls.extend([call, bob.current_call])
        yield call.hang_up()

    lab.run(story).save(tmp_path / "a.pcap")
    table = [line[0].split() for line in tshark(tmp_path / "a.pcap", "-q", "-z", "rtp,streams") if "g711U" in line[0]]
    assert len(table) == 2
    for call in calls:
        receiver = call.statistics
        host, port = call.stream.local
        row = next(row for row in table if row[4:6] == [host, str(port)])
        expected = receiver.received + receiver.lost - late(lab.trace, call.stream.local)
        assert (int(row[8]), int(row[9])) == (receiver.received, expected - receiver.received)
        mean_jitter = float(row[-3 if row[-1] == "X" else -2])
        assert mean_jitter == pytest.approx(receiver.mean_jitter * 1000, rel=0.05, abs=0.2)
    assert tshark(tmp_path / "a.pcap", "-Y", WRONG) == []


def late(trace: sipsim.Trace, listener: tuple[str, int]) -> int:
    """By how many numbers the packet that arrived last there is behind the highest one."""
    track = next(track for track in trace.media if tuple(track.ends[1]) == listener)
    numbers = [Rtp.parse(data).sequence for _, data in track]
    return max((number - numbers[-1] + 2**15) % 2**16 - 2**15 for number in numbers)


@needs("tshark")
def test_tshark_finds_the_same_streams_in_a_capture() -> None:
    """Packets, losses and mean jitter by source; tshark's mean leaves out the first packet, which has no jitter yet."""
    path = sample("captures/isa_asterisk_linphone.pcap")
    lines = tshark(path, "--enable-heuristic", "rtp_udp", "-q", "-z", "rtp,streams")
    table = {row[6]: row for line in lines if "0x" in line[0] for row in [line[0].split()]}
    stops = [record.data for record in sipsim.load(path).select("media") if record.data["event"] == "stop"]
    assert len(table) == 2 and {stop["ssrc"] for stop in stops} == table.keys()
    for stop in stops:
        row, received = table[stop["ssrc"]], stop["received"]
        assert [":".join(row[2:4]), ":".join(row[4:6])] == [stop["remote"], stop["local"]]
        assert (int(row[8]), int(row[9])) == (received, stop["lost"])
        assert float(row[-2]) == pytest.approx(stop["mean_jitter"] * 1000 * received / (received - 1), abs=0.002)


@needs("tshark")
@pytest.mark.covers("P08")
def test_tshark_reads_the_keys_of_a_call(tmp_path: Path) -> None:
    """Each key among the voice by its number, three times at its end (RFC 4733 §2.5.1.4); by INFO as a body."""
    sipsim.run("dtmf", keys="5#", by="rtp").save(tmp_path / "a.pcap")
    fields = ("-T", "fields", "-e", "rtpevent.event_id", "-e", "rtpevent.end_of_event")
    ends = Counter(row[0] for row in tshark(tmp_path / "a.pcap", "-Y", "rtpevent", *fields) if row[1] in ("1", "True"))
    assert ends == {"5": 3, "11": 3}
    sipsim.run("dtmf", keys="5#", by="info").save(tmp_path / "b.pcap")
    asked = tshark(tmp_path / "b.pcap", "-Y", "sip.Method == INFO", "-T", "fields", "-e", "sip.Content-Type")
    assert asked == [["application/dtmf-relay"]] * 4  # two hops each
    for name in ("a.pcap", "b.pcap"):
        assert tshark(tmp_path / name, "-Y", WRONG) == []
