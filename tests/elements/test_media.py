"""The media of calls: packets between the two addresses that were agreed on, what both ends count, and flows."""

from __future__ import annotations

import gc
from collections import defaultdict
from itertools import pairwise
from statistics import mean
from typing import Any

import pytest
from bench_pair import FREE

import sipsim
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.errors import UsageError
from sipsim.message.rtp import Rtp
from sipsim.protocol.reception import Statistics
from sipsim.simulation.media_tally import RTP, MediaPacket
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address, Packet


def phones(lab: sipsim.Lab, media: str = "packets", **options: Any) -> tuple[UserAgent, UserAgent]:
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media=media, **options) for name in ("alice", "bob"))
    return alice, bob


def talked(media: str = "packets", seed: int = 1, talk: float = 60.0, **link: float) -> tuple[sipsim.Lab, Any, Any]:
    """A call from Alice to Bob that she ends; the lab and the two calls."""
    lab = sipsim.Lab(seed=seed, **link)
    alice, bob = phones(lab, media)
    found = []

    def story(lab: sipsim.Lab) -> Any:
        call = alice.call(bob)
        yield call.answered
        found.extend([call, bob.current_call])
        yield lab.env.timeout(talk)
        yield call.hang_up()

    lab.run(story)
    return lab, *found


def way(source: Any, destination: Any) -> tuple[Address, Address]:
    """From where one call sends to where the other hears."""
    return Address(*source.stream.local), Address(*destination.stream.local)


def packets(lab: sipsim.Lab, ends: object) -> list[tuple[float, Rtp]]:
    return [(time / 1e6, Rtp.parse(data)) for time, data in next(t for t in lab.trace.media if t.ends == ends)]


@pytest.mark.covers("P08", "O6")
def test_media_flow_between_the_two_described_addresses():
    """A packet of PCMU every 20 ms each way, from the ACK to the BYE (RFC 3551 §4.5.14)."""
    lab, ours, theirs = talked(talk=10.0)
    assert {track.ends for track in lab.trace.media} == {way(ours, theirs), way(theirs, ours)}
    there = packets(lab, way(ours, theirs))
    assert len(there) == 500
    assert {packet.payload_type for _, packet in there} == {0}
    assert {len(packet.payload) for _, packet in there} == {160}
    assert len({packet.ssrc for _, packet in there}) == 1
    for (before, one), (after, other) in pairwise(there):
        assert after - before == pytest.approx(0.020)
        assert (other.sequence - one.sequence) % 2**16 == 1
        assert (other.timestamp - one.timestamp) % 2**32 == 160
    assert [packet.marker for _, packet in there] == [True] + [False] * 499
    assert ours.statistics == Statistics(500, 500)
    assert theirs.statistics == Statistics(501, 500)


def test_packets_are_no_records_but_both_ends_say_at_the_stop_what_they_counted():
    lab, ours, theirs = talked(loss=0.1, seed=3)
    assert {record.kind for record in lab.trace} >= {"sent", "media"}
    assert len(lab.trace.select("sent")) < 30
    stops = {r.element: r.data for r in lab.trace.select("media") if r.data["event"] == "stop"}
    for call, name in ((ours, "alice"), (theirs, "bob")):
        counted = {key: round(value, 6) for key, value in call.statistics._asdict().items()}
        assert {key: stops[name][key] for key in counted} == counted
    assert lab.trace.result["lost"] == lab.trace.counts["lost"] < 10


@pytest.mark.covers("P08")
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "link",
    [
        {"loss": 0.1}, {"duplicate": 0.05}, {"jitter": 0.01, "reorder": 0.05, "loss": 0.03},
        {"loss": 0.3, "duplicate": 0.2, "reorder": 0.3, "delay": 0.03},
    ],
)  # fmt: skip
def test_the_counters_agree_with_what_the_network_did(
    link: dict[str, float], seed: int, monkeypatch: pytest.MonkeyPatch
):
    """To the packet: what was lost before the first arrival and after the highest one is for nobody to see (A.3)."""
    sent: dict[object, list[int]] = defaultdict(list)
    send = MemoryNetwork.send

    def noting(network: MemoryNetwork, packet: Packet) -> None:
        if isinstance(packet, MediaPacket):
            sent[packet.source, packet.destination].append(Rtp.parse(packet.data).sequence)
        send(network, packet)

    monkeypatch.setattr(MemoryNetwork, "send", noting)
    lab, ours, theirs = talked(seed=seed, talk=30.0, **link)
    lab.run(until=lab.env.now + 1.0)  # what was on its way has arrived, where nobody listens any more
    did = lab.network.media
    for sender, receiver in ((ours, theirs), (theirs, ours)):
        ends, counted = way(sender, receiver), receiver.statistics
        assert len(sent[ends]) == sender.statistics.sent
        assert counted.received == len(sent[ends]) - did.lost[ends] + did.duplicated[ends] - did.unheard[ends]
        place = {number: at for at, number in enumerate(sent[ends])}
        came = [place[packet.sequence] for _, packet in packets(lab, ends)]
        gone = set(place.values()) - set(came)
        seen = [at for at in gone if came[0] < at < max(came)]
        twice = len(came) - len({at for at in came if at >= came[0]})  # and what came after it was thought to be lost
        assert counted.lost == len(seen) - twice
        assert did.lost[ends] <= len(gone) <= did.lost[ends] + did.unheard[ends]


def test_jitter_is_that_of_the_arrivals():
    """RFC 3550 A.8, once more from the packets themselves."""
    lab, ours, theirs = talked(jitter=0.015, reorder=0.1)
    found, estimates = packets(lab, way(ours, theirs)), [0.0]
    start = found[0][1].timestamp
    transits = [time - ((packet.timestamp - start + 2**31) % 2**32 - 2**31) / 8000 for time, packet in found]
    for one, other in pairwise(transits):
        estimates.append(estimates[-1] + (abs(other - one) - estimates[-1]) / 16)
    assert theirs.statistics.jitter == pytest.approx(estimates[-1], abs=1e-6)
    assert theirs.statistics.mean_jitter == pytest.approx(mean(estimates), abs=1e-6)


def test_same_seed_same_packets():
    one, other = (talked(loss=0.1, jitter=0.01, seed=4, talk=3.0)[0].trace.media for _ in range(2))
    assert [list(track) for track in one] == [list(track) for track in other]


def test_packets_change_nothing_about_the_messages():
    """Not even their instants, on a link that leaves nothing to chance."""
    sent = [
        [(r.time, r.raw) for r in talked(media, talk=5.0)[0].trace.select("sent")]
        for media in ("off", "flow", "packets")
    ]
    assert sent[0] == sent[1] == sent[2]


@pytest.mark.parametrize("media", ["packets", "flow"])
def test_a_call_that_stands_keeps_no_run_from_ending(media: str):
    """Media go on for ever where nobody hangs up, but nobody waits for them, however long they are on their way."""
    lab = sipsim.Lab(delay=0.5)
    alice, bob = phones(lab, media)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    with pytest.raises(sipsim.Stalled):
        lab.run(call.ended)
    lab.run(until=lab.env.now + 10.0)
    assert call.statistics.received >= 400
    lab.drain()
    assert lab.leftovers() == []
    assert lab.env.peek() == float("inf")


def test_media_to_no_one_are_counted():
    """Bob's phone is off: what was sent there in vain comes back as such."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1.0)
    bob.crash()
    lab.run(until=lab.env.now + 1.0)
    assert call.statistics.unheard == pytest.approx(50, abs=1)
    assert call.statistics.received == pytest.approx(50, abs=1)
    assert not [r for r in lab.trace.select("lost") if r.time > 3.0]
    lab.drain()


@pytest.mark.parametrize(
    "octets", [b"", b"\x80", bytes(200), b"INVITE sip:bob@example.com SIP/2.0\r\n\r\n", b"\x80\x7f" * 6]
)
def test_what_is_no_media_of_the_session_is_ignored(octets: bytes):
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    foreign = lab.network.bind(FREE, RTP, lambda packet: None, lambda packet, why: None, node="mallory")
    there = Address(*bob.current_call.stream.local)
    lab.network.send(MediaPacket(octets, foreign, there, RTP))
    lab.run(until=lab.env.now + 1.0)
    assert bob.current_call.statistics.ignored == 1
    assert bob.current_call.statistics.lost == 0
    lab.drain()


def test_a_stranger_with_many_sources_gets_no_more_memory():
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    foreign = lab.network.bind(FREE, RTP, lambda packet: None, lambda packet, why: None, node="mallory")
    for ssrc in range(100):
        lab.network.send(MediaPacket(bytes(Rtp(0, 1, 1, ssrc)), foreign, Address(*bob.current_call.stream.local), RTP))
    lab.run(until=lab.env.now + 1.0)
    assert bob.current_call.statistics.ignored == 100 - 31
    lab.drain()


@pytest.mark.parametrize(
    "link", [{"loss": 0.05}, {"loss": 0.2}, {"duplicate": 0.1}, {"jitter": 0.01}, {"reorder": 0.1, "jitter": 0.005}]
)
def test_flows_come_to_the_same_as_packets(link: dict[str, float]):
    """Over several seeds: the mean of lost and received packets and of the jitter; nothing is sent."""
    found: dict[str, list[tuple[Statistics, Statistics]]] = {"packets": [], "flow": []}
    for media, results in found.items():
        for seed in range(12):
            lab, ours, theirs = talked(media, seed, **link)
            results += [(ours.statistics, theirs.statistics), (theirs.statistics, ours.statistics)]
            assert media == "packets" or not lab.trace.media.kept
    arrived, lost = (
        [mean(share(one, other) for one, other in found[media]) for media in ("packets", "flow")]
        for share in (lambda one, other: other.received / one.sent, lambda one, other: other.lost / one.sent)
    )
    assert arrived[1] == pytest.approx(arrived[0], abs=0.006)
    assert lost[1] == pytest.approx(lost[0], abs=0.006)
    for name, within in (("jitter", 0.15), ("mean_jitter", 0.05)):
        one, other = (mean(getattr(each, name) for each, _ in found[media]) for media in ("packets", "flow"))
        assert other == pytest.approx(one, rel=within, abs=1e-4)


def test_flows_spread_as_packets_do():
    """The standard deviation of the losses of a minute at 10 %: that of 3000 throws, about 16."""
    spread = []
    for seed in range(30):
        _, ours, theirs = talked("flow", seed, loss=0.1)
        spread += [ours.statistics.lost - 300, theirs.statistics.lost - 300]
    assert 12 < mean(lost**2 for lost in spread) ** 0.5 < 21


def test_without_media_there_are_no_statistics():
    lab = sipsim.Lab()
    call = phones(lab, "off")[0].call("sip:bob@example.com")
    with pytest.raises(UsageError, match='media="packets"'):
        _ = call.statistics
    with pytest.raises(UsageError, match="media: 'loud'"):
        lab.user_agent("sip:carol@example.com", media="loud")
    lab.drain()


@pytest.mark.covers("P08")
def test_who_is_on_hold_sends_nothing_and_goes_on_with_the_same_source():
    """Alice puts Bob on hold (RFC 3264 §8.4): only she sends, until she takes him back."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1.0)
    theirs = bob.current_call
    lab.run(call.reinvite(direction="sendonly"))
    lab.run(until=lab.env.now + 0.1)
    before = theirs.statistics
    lab.run(until=lab.env.now + 1.0)
    after = theirs.statistics
    assert after.sent == before.sent
    assert after.received == before.received + 50
    lab.run(call.reinvite(direction="sendrecv"))
    lab.run(until=lab.env.now + 1.0)
    assert theirs.statistics.sent >= before.sent + 49
    assert len({packet.ssrc for _, packet in packets(lab, way(theirs, call))}) == 1
    assert (call.statistics.lost, call.statistics.ignored) == (0, 0)
    assert call.statistics.jitter < 0.001
    lab.run(call.hang_up())


def test_sound_and_pictures_have_ports_of_their_own():
    lab = sipsim.Lab()
    alice, bob = phones(lab, video=["H264"], codecs=["PCMA"])
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1.0)
    kinds = {
        (packet.payload_type, len(packet.payload))
        for track in lab.trace.media
        for _, packet in packets(lab, track.ends)
    }
    assert kinds == {(8, 160), (98, 1000)}
    assert len(list(lab.trace.media)) == 4
    lab.run(call.hang_up())


@pytest.mark.parametrize("media", ["packets", "flow"])
def test_of_two_phones_that_answered_each_is_heard_by_itself(media: str):
    """A fork of which the caller keeps both calls: one port, two sessions."""
    lab = sipsim.Lab()
    alice = lab.user_agent("sip:alice@example.com", media=media)
    lab.proxy("example.com")
    desk, cell = (lab.user_agent("sip:bob@example.com", name, media=media, answers=1.0) for name in ("desk", "cell"))
    for phone in (desk, cell):
        lab.run(phone.register())
    call = alice.call("sip:bob@example.com", forks="all")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 5.0)
    assert len(call.others) == 1
    for each in (call, call.others[0]):
        assert 240 <= each.statistics.received <= 252
        lab.run(each.hang_up())
    lab.drain()


@pytest.mark.parametrize("media", ["packets", "flow"])
def test_over_sockets_media_flow_too(media: str):
    """Ports are those that the system gives."""
    with sipsim.Lab(network="udp") as lab:
        alice, bob = (lab.user_agent(f"sip:{name}@example.com", media=media, answers=0.0) for name in ("alice", "bob"))
        found = []

        def story(lab: sipsim.Lab) -> Any:
            call = alice.call(bob)
            yield call.answered
            yield lab.env.timeout(0.3)
            found.extend([call, bob.current_call])
            yield call.hang_up()

        trace = lab.run(story)
        for call in found:
            assert 10 <= call.statistics.received <= 17
            assert call.statistics.lost <= 1
        assert len(trace.select("sent")) == len([r for r in trace.select("sent") if r.raw[:1].isalpha()])


def test_no_run_over_sockets_waits_for_media():
    """A call that stands when the story is over, and a wait for an event while packets come every 20 ms."""
    with sipsim.Lab(network="udp") as lab:
        alice, bob = (
            lab.user_agent(f"sip:{name}@example.com", media="packets", answers=0.0) for name in ("alice", "bob")
        )

        def story(lab: sipsim.Lab) -> Any:
            yield alice.call(bob).answered
            yield lab.env.timeout(0.1)

        lab.run(story, until=5.0)
        assert lab.env.now < 2.0
        lab.run(alice.current_call.hang_up(), until=5.0)
        assert lab.env.now < 3.0


@pytest.mark.parametrize("how", ["off", "flow"])
def test_a_call_that_is_over_leaves_no_circles_behind(how: str) -> None:
    """What goes round in circles waits for the garbage collector, and makes calls slow."""
    lab = sipsim.Lab(seed=1, trace="off")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media=how, answers=0.0) for name in ("alice", "bob"))
    for _ in range(2):
        call = alice.call(bob)
        lab.run(call.answered)
        lab.run(call.hang_up())
    lab.run(until=lab.env.now + 60)
    gc.collect()
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hang_up())
    lab.run(until=lab.env.now + 60)
    del call
    assert gc.collect() == 0
