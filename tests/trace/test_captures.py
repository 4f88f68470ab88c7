"""Captures: what is written, what others see in it, other people's captures, and hostile ones."""

from __future__ import annotations

import base64
import json
import random
import struct
import subprocess
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers import needs, program
from recorded import INVITE, RINGING, Packet, message, ringing
from samples import sample, samples

import sipsim
from sipsim.errors import SipError, UsageError
from sipsim.message.message import LARGEST
from sipsim.trace import captures, pcap
from sipsim.trace.files import load, read
from sipsim.trace.frames import Datagram, ethernet
from sipsim.trace.trace import Trace

SUFFIXES = (".pcap", ".pcapng")
LITTLE_PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def sent(trace: Trace) -> list[tuple[float, str, str, bytes]]:
    return [(r.time, r.data["src"], r.data["dst"], r.raw) for r in trace.select("sent")]


def pcap_of(*frames: bytes, link: int = 1, time: int = 0) -> bytes:
    """A capture with these frames, a millisecond apart."""
    records = [struct.pack("<IIII", time, n * 1000, len(f), len(f)) + f for n, f in enumerate(frames)]
    return LITTLE_PCAP[:-4] + struct.pack("<I", link) + b"".join(records)


def one_frame(data: bytes = INVITE, source=("192.0.2.1", 5060), destination=("192.0.2.2", 5060)) -> bytes:
    return ethernet(source, destination, data)


# ---- written


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_saved_capture_holds_every_packet_when_it_was_sent(tmp_path, suffix: str):
    trace = ringing()
    trace.save(tmp_path / f"call{suffix}")
    again = load(tmp_path / f"call{suffix}")
    assert sent(again) == sent(trace)
    assert [r.data.get("copy") for r in again.select("sent")] == [None, 2, None, None, None]
    assert again.header["skipped"] == {}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_trace_gives_the_same_capture(suffix: str):
    assert captures.dump(ringing(), suffix) == captures.dump(ringing(), suffix)


def test_a_read_message_is_sent_and_delivered_between_hosts():
    trace = read(captures.dump(ringing(), ".pcap"))
    first, second = trace[1], trace[2]
    assert (first.kind, first.element, first.peer, first.cause) == ("sent", "192.0.2.1", "192.0.2.2", None)
    assert (second.kind, second.element, second.peer, second.cause) == ("delivered", "192.0.2.2", "192.0.2.1", 1)
    assert trace.header["elements"][1] == {"name": "192.0.2.2", "kind": "host", "addresses": ["192.0.2.2:5060"]}


def test_over_ipv6():
    trace = Trace()
    trace.sent(0.25, "alice", Packet(INVITE, ("2001:db8::1", 5060), ("2001:db8::2", 5062)))
    for suffix in SUFFIXES:
        assert sent(read(captures.dump(trace, suffix))) == sent(trace)


@pytest.mark.parametrize(
    ("source", "destination", "data", "why"),
    [
        (("alice.example.com", 5060), ("192.0.2.2", 5060), INVITE, "does not appear to be an IPv4"),
        (("192.0.2.1", 5060), ("2001:db8::1", 5060), INVITE, "different families"),
        (("192.0.2.1", 70000), ("192.0.2.2", 5060), INVITE, "port 70000"),
        (("192.0.2.1", 5060), ("192.0.2.2", 5060), bytes(65508), "65508 octets"),
    ],
)
def test_what_fits_in_no_capture_is_a_usage_error(source, destination, data: bytes, why: str):
    trace = Trace()
    trace.sent(0, "alice", Packet(data, source, destination))
    with pytest.raises(UsageError, match=f"message 1 fits in no capture: .*{why}"):
        captures.dump(trace, ".pcap")


@pytest.mark.parametrize("time", [-1, 2**32])
def test_a_time_that_no_capture_can_hold_is_a_usage_error(time: int):
    trace = Trace()
    trace.sent(time, "alice", Packet(INVITE, ("192.0.2.1", 5060), ("192.0.2.2", 5060)))
    with pytest.raises(UsageError, match="message 1"):
        captures.dump(trace, ".pcapng")


@given(st.lists(st.tuples(st.integers(0, 2**40), st.binary(min_size=1, max_size=50)), max_size=5))
def test_property_any_octets_survive_both_formats(packets: list[tuple[int, bytes]]):
    frames = [(time, ethernet(("192.0.2.1", 5060), ("192.0.2.2", 9), data)) for time, data in packets]
    for write in (pcap.pcap, pcap.pcapng):
        if all(time < 2**32 * 10**6 for time, _ in frames):
            assert [(f.time, f.octets) for f in pcap.frames(write(frames))] == frames


@given(st.binary(max_size=80), st.booleans())
def test_property_checksums_are_right(data: bytes, six: bool):
    """RFC 768, RFC 8200 §8.1: the ones' complement sum over the datagram and its pseudo header is all ones."""
    hosts = ("2001:db8::1", "2001:db8::2") if six else ("192.0.2.1", "192.0.2.2")
    packet = ethernet((hosts[0], 5060), (hosts[1], 5060), data)[14:]
    addresses, udp = (packet[8:40], packet[40:]) if six else (packet[12:20], packet[20:])
    pseudo = addresses + struct.pack(">HH", 17, len(udp))
    assert udp[6:8] != b"\0\0"
    assert dpkt.dpkt.in_cksum(pseudo + udp) == 0
    assert six or dpkt.dpkt.in_cksum(packet[:20]) == 0


@needs("tshark")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tshark_sees_every_message_and_nothing_malformed(tmp_path, suffix: str):
    trace = ringing()
    body = b"v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    offer = message("INVITE sip:bob@example.com SIP/2.0", extra="Content-Type: application/sdp\r\n", body=body)
    trace.sent(2.5, "alice", Packet(offer, ("2001:db8::1", 5060), ("2001:db8::2", 5060)))
    path = tmp_path / f"call{suffix}"
    trace.save(path)
    fields = ["frame.time_epoch", "sip.Method", "sip.Status-Code", "_ws.malformed", "udp.checksum.status"]
    checks = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = [program("tshark"), "-r", path, *checks, "-T", "fields", *(a for f in fields for a in ("-e", f))]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    seen = [line.split("\t") for line in lines]
    assert [float(row[0]) for row in seen] == [r.time for r in trace.select("sent")]
    assert [row[1] or row[2] for row in seen] == ["INVITE"] * 3 + ["180"] * 2 + ["INVITE"]
    assert [row[3:] for row in seen] == [["", "1"]] * 6


# ---- other people's captures


@pytest.mark.parametrize("path", samples("captures/*.pcap"))
def test_a_real_capture_has_the_messages_that_others_saw_in_it(path: str):
    """Addressing and octets as tshark found them, over UDP and TCP; SIP in tunnels is counted, not shown."""
    capture = sample(path)
    about = {c["file"]: c for c in json.loads(sample("captures/manifest.json").read_text())["captures"]}
    trace = load(capture)
    if "GTP" in about[capture.name]["layers"]:
        assert not trace.select("sent") and set(trace.header["skipped"]) <= {"TCP", "tunnel"}
        return
    lines = sample(f"{path}.messages.jsonl").read_text().splitlines()
    seen = [m for m in map(json.loads, lines) if len(base64.b64decode(m["raw_b64"])) <= LARGEST]
    assert len(lines) == about[capture.name]["sip_messages"]
    found = trace.select("sent")
    assert len(found) == len(seen) == len(trace.select("delivered"))
    for record, other in zip(found, seen, strict=True):
        addresses = (f"{other['src']}:{other['sport']}", f"{other['dst']}:{other['dport']}")
        assert (record.data["src"], record.data["dst"]) == addresses
        assert record.raw.startswith(base64.b64decode(other["raw_b64"]))  # may have octets after its end
        assert record.time == pytest.approx(other["time"], abs=2e-6)


@pytest.mark.parametrize(("name", "unparsable"), [("zeek_junk_before_request", 1), ("zeek_invalid_content_length", 2)])
def test_an_unreadable_packet_of_a_capture_is_shown_as_one(name: str, unparsable: int):
    trace = load(sample(f"captures/{name}.pcap"))
    kinds = [r.kind for r in trace]
    assert kinds == ["sent", "delivered", "unparsable"] * unparsable
    assert all(r.data["reason"] and r.number for r in trace.select("unparsable"))


def test_a_real_capture_shows_retransmissions_as_such():
    trace = load(sample("captures/zeek_wireshark_aaa.pcap"))
    again = [r for r in trace.select("sent") if "copy" in r.data]
    assert len(again) == trace.counts["retransmissions"] > 0
    first = next(r for r in trace.select("sent") if r.raw == again[0].raw)
    assert first.number < again[0].number and first.route == again[0].route


# ---- what counts


@pytest.mark.parametrize(
    ("data", "port", "counts"),
    [
        (INVITE, 9999, True),
        (b"\r\n" + RINGING, 9999, True),
        (b"garbage that arrived at SIP's port", 5060, True),
        (b"garbage that arrived elsewhere", 9999, False),
        (b"GET / HTTP/1.1\r\n\r\n", 80, False),
        (b"\r\n\r\n", 5060, False),
        (b"\0\0\0\0", 5060, False),
        (b" ", 5060, False),
        (b"", 5060, False),
        (b"jaK\0", 5060, False),
        (bytes.fromhex("000100002112a442") + bytes(12), 5060, False),
        (bytes.fromhex("8000000100000001") + bytes(160), 5060, False),
        (bytes.fromhex("80c8000600000001") + bytes(20), 5060, False),
    ],
)
def test_what_counts_as_sip(data: bytes, port: int, counts: bool):
    trace = read(pcap_of(one_frame(data, ("192.0.2.1", 4000), ("192.0.2.2", port))))
    assert len(trace.select("sent")) == counts
    assert trace.header["skipped"] == ({} if counts else {"not SIP": 1})


@pytest.mark.parametrize("link", [0, 108, 12, 14, 101, 228, 113, 276])
@pytest.mark.parametrize("host", ["192.0.2.{}", "2001:db8::{}"])
def test_links_without_ethernet(link: int, host: str):
    ends = (host.format(1), 5060), (host.format(2), 5060)
    before = {0: 4, 108: 4, 113: 16, 276: 20}.get(link, 0)
    trace = read(pcap_of(bytes(before) + ethernet(*ends, INVITE)[14:], link=link))
    assert [(r.route, r.raw) for r in trace.select("sent")] == [(ends, INVITE)]


def test_vlan_and_pppoe_are_looked_through():
    frame = one_frame()
    vlan = frame[:12] + bytes.fromhex("8100000a0800") + frame[14:]
    pppoe = frame[:12] + bytes.fromhex("886411000001") + struct.pack(">H", len(frame) - 12) + b"\0\x21" + frame[14:]
    assert [r.raw for r in read(pcap_of(vlan, pppoe)).select("sent")] == [INVITE] * 2


def test_an_unknown_link_and_other_protocols_are_counted():
    tcp = bytes(dpkt.ethernet.Ethernet(data=dpkt.ip.IP(src=b"\1\2\3\4", dst=b"\1\2\3\5", p=6, data=dpkt.tcp.TCP(
        flags=dpkt.tcp.TH_ACK, data=b"GET / HTTP/1.1"))))  # fmt: skip
    tunnel = one_frame(INVITE, ("192.0.2.1", 2152), ("192.0.2.2", 2152))
    trace = read(pcap_of(tcp, tunnel, b"", one_frame()[:30], bytes(60), one_frame()))
    assert trace.header["skipped"] == {"TCP": 1, "damaged": 1, "not IP": 2, "tunnel": 1}
    assert len(trace.select("sent")) == 1
    assert read(pcap_of(one_frame(), link=147)).header["skipped"] == {"not IP": 1}


def fragments(data: bytes, size: int = 400) -> list[bytes]:
    """An IPv4 datagram in fragments with `size` octets each."""
    whole = one_frame(data)
    payload = whole[34:]
    packets = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        ip = dpkt.ip.IP(src=whole[26:30], dst=whole[30:34], p=17, id=7, _flags_offset=more | at // 8)
        ip.data = payload[at : at + size]
        packets.append(whole[:14] + bytes(ip))
    return packets


def test_fragments_are_put_together_in_any_order():
    long = message("INVITE sip:bob@example.com SIP/2.0", extra="Subject: " + "x" * 1500 + "\r\n")
    pieces = fragments(long)
    assert len(pieces) > 4
    for order in (pieces, pieces[::-1], pieces[2:] + pieces[:2]):
        trace = read(pcap_of(*order))
        assert [r.raw for r in trace.select("sent")] == [long] and not trace.select("unparsable")
    assert read(pcap_of(*pieces[1:])).header["skipped"] == {"incomplete fragments": 1}


def test_ipv6_fragments_are_put_together():
    whole = ethernet(("2001:db8::1", 5060), ("2001:db8::2", 5060), INVITE)
    payload, pieces = whole[54:], []
    for at in range(0, len(payload), 160):
        more = at + 160 < len(payload)
        part = struct.pack(">BBHI", 17, 0, at | more, 7) + payload[at : at + 160]
        pieces.append(whole[:18] + struct.pack(">HBB", len(part), 44, 64) + whole[22:54] + part)
    assert [r.raw for r in read(pcap_of(*pieces)).select("sent")] == [INVITE]


def test_times_count_from_the_first_frame_of_a_real_clock():
    trace = read(pcap_of(bytes(60), one_frame(), time=1_700_000_000))
    assert [r.time for r in trace.select("sent")] == [0.001]
    assert [r.time for r in read(pcap_of(bytes(60), one_frame(), time=5)).select("sent")] == [5.001]


def test_packets_are_put_in_order_of_time():
    frames = list(pcap.frames(pcap_of(one_frame(), one_frame(RINGING))))[::-1]
    data = pcap.pcap((f.time, f.octets) for f in frames)
    assert [r.raw for r in read(data).select("sent")] == [INVITE, RINGING]


def test_both_byte_orders_nanoseconds_and_the_modified_format():
    frame = one_frame()
    formats = ((0xA1B2C3D4, 250_000, b""), (0xA1B23C4D, 250_000_000, b""), (0xA1B2CD34, 250_000, bytes(8)))
    for order in "<>":
        for magic, fraction, more in formats:
            head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1)
            record = struct.pack(order + "IIII", 3, fraction, len(frame), len(frame)) + more
            assert [r.time for r in read(head + record + frame).select("sent")] == [3.25]


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_with_several_interfaces_sections_and_unknown_blocks(order: str):
    frame = one_frame()
    section = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    milliseconds = struct.pack(order + "HHB3xHHq", 9, 1, 3, 14, 8, 10) + bytes(4)
    interfaces = block(order, 1, struct.pack(order + "HHI", 1, 0, 0)) + block(
        order, 1, struct.pack(order + "HHI", 12, 0, 0) + milliseconds
    )
    unknown = block(order, 0x0BAD, b"whatever")
    packets = (
        block(order, 6, struct.pack(order + "IIIII", 0, 0, 1_500_000, len(frame), len(frame)) + frame),
        block(order, 6, struct.pack(order + "IIIII", 1, 0, 2_500, len(frame) - 14, len(frame) - 14) + frame[14:]),
        block(order, 2, struct.pack(order + "HHIIII", 0, 0, 0, 13_000_000, len(frame), len(frame)) + frame),
        block(order, 3, struct.pack(order + "I", len(frame)) + frame),
    )
    trace = read((section + interfaces + unknown + b"".join(packets)) * 2)
    assert [r.time for r in trace.select("sent")] == sorted([1.5, 12.5, 13.0, 13.0] * 2)


# ---- hostile


def test_a_capture_that_is_cut_short_gives_what_is_there():
    whole = captures.dump(ringing(), ".pcap")
    trace = read(whole[:-10])
    assert len(trace.select("sent")) == 4 and trace.header["skipped"] == {"cut short": 1}


@pytest.mark.parametrize(
    "data",
    [
        LITTLE_PCAP[:20],
        b"\n\r\r\n",
        b"\n\r\r\n" + struct.pack("<II", 28, 0),
        bytes.fromhex("1f8b0800000000000003"),
    ],
)
def test_what_is_no_capture_is_refused(data: bytes):
    with pytest.raises(SipError):
        read(data)


@pytest.mark.parametrize("length", [0, 4, 8, 11, 13, 2**31, 2**32 - 1])
def test_a_block_of_impossible_length_ends_the_reading(length: int):
    start = captures.dump(Trace(), ".pcapng")
    trace = read(start + struct.pack("<III", 6, length, 0) + bytes(40))
    assert trace.header["skipped"] == {"cut short": 1}


@pytest.mark.parametrize("length", [262_145, 2**31, 2**32 - 1])
def test_a_frame_of_impossible_length_ends_the_reading(length: int):
    trace = read(LITTLE_PCAP + struct.pack("<IIII", 0, 0, length, length) + bytes(300_000))
    assert trace.header["skipped"] == {"cut short": 1}


def survives(data: bytes) -> None:
    """Reading gives a trace, whose records can be looked at, or an error of ours."""
    try:
        trace = read(data)
    except SipError:
        return
    for record in trace:
        assert record.time >= 0 and str(record)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_prefix_of_a_capture_is_read_or_refused(suffix: str):
    whole = captures.dump(ringing(), suffix)
    for end in range(len(whole)):
        survives(whole[:end])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_changed_octets_of_a_capture_raise_nothing_else(suffix: str):
    """Each octet of file, record and packet headers in eight ways, others now and then."""
    whole, rng = bytearray(captures.dump(ringing(), suffix)), random.Random(2)
    for at in range(len(whole)):
        near = at < 160 or rng.random() < 0.2
        for value in (0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256), whole[at] ^ 1, whole[at] ^ 0x80)[: 8 if near else 1]:
            kept, whole[at] = whole[at], value
            survives(bytes(whole))
            whole[at] = kept


@given(st.integers(0, 300), st.lists(st.binary(max_size=90), max_size=4))
@settings(max_examples=200)
def test_property_any_frames_on_any_link_are_read(link: int, frames: list[bytes]):
    trace = read(pcap_of(*frames, link=link))
    assert len(trace.select("sent")) + sum(trace.header["skipped"].values()) <= len(frames)


@given(st.binary(max_size=200), st.sampled_from([LITTLE_PCAP, captures.dump(Trace(), ".pcapng"), b""]))
@settings(max_examples=200)
def test_property_any_file_is_read_or_refused(tail: bytes, head: bytes):
    survives(head + tail)


def test_hostile_fragments_cost_no_more_than_their_file():
    """Thousands of half datagrams, and one datagram in thousands of pieces."""
    first = fragments(INVITE, 160)[0]
    halves = [first[:18] + struct.pack(">H", n) + first[20:24] + b"\0\0" + first[26:] for n in range(3000)]
    trace = read(pcap_of(*halves))
    assert trace.header["skipped"] == {"incomplete fragments": 3000}
    pieces = [first[:20] + struct.pack(">H", 0x2000 | n) + first[22:24] + b"\0\0" + first[26:] for n in range(3000)]
    assert read(pcap_of(*pieces)).header["skipped"] == {"incomplete fragments": 1}


def test_a_datagram_is_a_packet_to_the_trace():
    trace = Trace()
    captures.add(trace, 0, Datagram(INVITE, ("192.0.2.1", 5060), ("192.0.2.2", 5060)))
    assert [r.kind for r in trace] == ["sent", "delivered"]


# ---- connections


def segments(*pieces: tuple[int, bytes], flags: int = dpkt.tcp.TH_ACK, sport: int = 5060) -> list[bytes]:
    """Frames of a TCP connection, of octets by the number of the first."""
    return [
        bytes(dpkt.ethernet.Ethernet(data=dpkt.ip.IP(src=b"\1\2\3\4", dst=b"\1\2\3\5", p=6, data=dpkt.tcp.TCP(
            sport=sport, dport=5060, seq=number % 2**32, flags=flags, data=data))))
        for number, data in pieces
    ]  # fmt: skip


LONG = INVITE if b"Content-Length" in INVITE else INVITE[:-2] + b"Content-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, 700)],
        [(0, 10), (10, 700)],
        [(0, 10), (20, 700), (10, 20)],
        [(0, 10), (0, 10), (5, 30), (30, 700), (10, 700)],
    ],
    ids=["whole", "two", "overtaken", "repeated"],
)
@pytest.mark.parametrize("start", [1, 2**32 - 15], ids=["usual", "numbers begin again"])
def test_messages_of_a_connection_are_put_together(start: int, pieces: list[tuple[int, int]]) -> None:
    both = LONG + LONG
    first = segments((start, both[:40]))
    rest = segments(*[(start + 40 + at, both[40:][at:end]) for at, end in pieces])
    rest += segments((start + 740, both[740:])) if len(both) > 740 else []
    trace = read(pcap_of(*first, *rest))
    assert [record.raw for record in trace.select("sent")] == [LONG, LONG]
    assert {record.data["transport"] for record in trace.select("sent")} == {"TCP"} and not trace.header["skipped"]


def test_a_saved_call_by_tcp_reads_as_it_was(tmp_path: Path) -> None:
    made = sipsim.run("redirect-to-tcp")
    made.save(tmp_path / "call.pcapng")
    read_back = load(tmp_path / "call.pcapng")
    assert [(r.raw, r.data["transport"]) for r in read_back.select("sent")] == [
        (r.raw, r.data["transport"]) for r in made.select("sent")
    ]
