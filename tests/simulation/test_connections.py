"""TCP in memory: octets come out once and in order, or their sender hears that they never will."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.simulation.connections import SEGMENT
from sipsim.simulation.environment import Environment
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address, Flow, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace


class Ends:
    """Nodes that take connections, what each got over them, and what could not be delivered."""

    def __init__(self, *names: str, seed: int = 1, **default: float) -> None:
        self.env, self.trace = Environment(), Trace()
        self.network = MemoryNetwork(self.env, self.trace, Streams(seed), None, **default)
        self.got = dict.fromkeys(names, b"")
        self.pieces: list[tuple[float, Packet]] = []
        self.failed: list[tuple[float, str, bytes, str]] = []
        self.addresses = {name: self.listen(name) for name in names}

    def listen(self, name: str, address: Address = Address("", 0)) -> Address:  # noqa: B008
        def receive(piece: Packet) -> None:
            self.got[name] += piece.data
            self.pieces.append((self.env.now, piece))

        def failed(packet: Packet, why: str) -> None:
            self.failed.append((self.env.now, name, packet.data, why))

        return self.network.bind(address, "TCP", receive, failed, node=name)

    def send(self, source: str, destination: str | Address, data: bytes, flow: Flow | None = None) -> None:
        to = self.addresses[destination] if isinstance(destination, str) else destination
        packet = Packet(data, self.addresses[source], to, "TCP", flow)
        packet.cause = self.trace.sent(self.env.now, source, packet)
        self.network.send(packet)

    def run(self, until: Any = None) -> Ends:
        self.env.run(until=until)
        return self

    def happened(self) -> list[tuple[float, str]]:
        return [(record.time, record.data["what"]) for record in self.trace.select("connection")]


def test_the_first_message_waits_for_the_connection_the_next_goes_straight() -> None:
    ends = Ends("a", "b", delay=0.01)
    ends.send("a", "b", b"one")
    ends.run(until=1)
    ends.send("a", "b", b"two")
    ends.run(until=2)
    ends.send("b", "a", b"three")
    ends.run()
    assert [time for time, _ in ends.pieces] == [0.03, 1.01, 2.01]
    assert ends.got == {"a": b"three", "b": b"onetwo"} and ends.happened() == [(0.02, "open")]
    assert len({id(piece.flow) for _, piece in ends.pieces}) == 1


def test_a_long_message_comes_in_segments_that_say_what_they_are_a_piece_of() -> None:
    ends = Ends("a", "b")
    long = bytes(range(256)) * 20
    ends.send("a", "b", long)
    ends.run()
    assert [len(piece.data) for _, piece in ends.pieces] == [SEGMENT] * 3 + [len(long) - 3 * SEGMENT]
    assert ends.got["b"] == long and all(piece.sent == long for _, piece in ends.pieces)


SENT = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4000), st.floats(0, 3)), min_size=1, max_size=8)
LINK = st.fixed_dictionaries(
    {name: st.sampled_from([0.0, 0.2, 0.5]) for name in ("loss", "duplicate", "reorder", "corrupt", "jitter")}
)


@settings(max_examples=60, deadline=None)
@given(SENT, LINK, st.sampled_from([0, 20_000]), st.integers(1, 5))
def test_octets_come_out_once_and_in_order_over_any_link_or_their_sender_hears(sent, link, bandwidth, seed):
    ends = Ends("a", "b", seed=seed, bandwidth=bandwidth, **link)
    texts: dict[str, list[bytes]] = {"a": [], "b": []}
    for n, (source, size, pause) in enumerate(sent):
        data = (b"%d:" % n).ljust(size, b"x")
        texts[source].append(data)
        ends.send(source, "b" if source == "a" else "a", data)
        ends.run(until=ends.env.now + pause + 1e-6)
    ends.run()
    failed = [data for _, _, data, _ in ends.failed]
    if not failed:
        assert ends.got == {"b": b"".join(texts["a"]), "a": b"".join(texts["b"])}
    assert len(failed) == ends.trace.counts["lost"] and ends.trace.counts["duplicated"] == 0
    for source, other in ("ab", "ba"):
        arrived = [data for data in texts[source] if data not in failed]
        assert all(data in ends.got[other] for data in arrived)


def test_a_lost_segment_holds_up_what_is_behind_it() -> None:
    ends = Ends("a", "b", delay=0.01)
    ends.send("a", "b", b"one")
    ends.run(until=1)
    ends.network.link("a", "b", loss=1.0)
    ends.send("a", "b", b"two")
    ends.network.link("a", "b", loss=0.0)
    ends.send("a", "b", b"three")
    ends.run()
    assert [(time, piece.data) for time, piece in ends.pieces] == [(0.03, b"one"), (2.01, b"two"), (2.01, b"three")]
    assert ends.happened()[1:] == [(1, "segment lost")] and not ends.trace.select("lost")


def test_where_no_one_listens_the_connection_is_refused_after_a_round_trip() -> None:
    ends = Ends("a", delay=0.01)
    ends.send("a", Address("192.0.2.9", 5060), b"one")
    ends.send("a", Address("192.0.2.9", 5060), b"two")
    ends.run()
    why = "no one listens at 192.0.2.9:5060"
    assert ends.failed == [(0.02, "a", b"one", why), (0.02, "a", b"two", why)]
    assert [record.data["why"] for record in ends.trace.select("lost")] == [why, why]


@pytest.mark.parametrize("stands", [False, True])
def test_an_end_that_does_not_answer_is_given_up_after_127_seconds(stands: bool) -> None:
    ends = Ends("a", "b")
    if stands:
        ends.send("a", "b", b"one")
        ends.run(until=1)
    ends.network.partition("a", "b")
    start = ends.env.now
    ends.send("a", "b", b"two")
    ends.run()
    assert ends.failed == [(start + 127, "a", b"two", "the other end does not answer")]
    ends.network.heal()
    ends.send("a", "b", b"three")  # by a connection of its own
    ends.run()
    assert ends.got["b"].endswith(b"three") and b"two" not in ends.got["b"]


def test_a_reset_loses_what_is_on_its_way_and_the_next_message_connects_anew() -> None:
    ends = Ends("a", "b", "c", delay=0.01)
    for other in "bc":
        ends.send("a", other, b"one")
    ends.run(until=1)
    flow = ends.pieces[0][1].flow
    ends.send("a", "b", b"two")
    ends.send("b", "a", b"back")
    ends.send("a", "c", b"two")
    ends.network.reset("b", "a")
    ends.run(until=2)
    assert [(name, data, why) for _, name, data, why in ends.failed] == [
        ("a", b"two", "connection reset"), ("b", b"back", "connection reset"),
    ]  # fmt: skip
    assert flow is not None and not flow.open and ends.got == {"a": b"", "b": b"one", "c": b"onetwo"}
    ends.send("b", "a", b"late", flow)
    ends.run(until=3)
    assert ends.failed[-1][2:] == (b"late", "its connection is closed")
    ends.send("a", "b", b"three")
    ends.run()
    assert ends.got["b"] == b"onethree" and ends.pieces[-1][1].flow is not flow


def test_a_connection_that_is_finished_delivers_what_was_sent_before() -> None:
    ends = Ends("a", "b", delay=0.01)
    ends.send("a", "b", b"one")
    ends.run(until=1)
    flow = ends.pieces[0][1].flow
    assert flow is not None
    ends.send("a", "b", b"two" * 1000)
    ends.send("b", "a", b"back")
    flow.finish()
    ends.send("a", "b", b"late", flow)
    ends.run(until=2)
    assert ends.got == {"a": b"back", "b": b"one" + b"two" * 1000} and ends.happened()[-1] == (1.01, "closed")
    assert [data for _, _, data, _ in ends.failed] == [b"late"]


def test_a_listener_that_goes_away_takes_its_connections_with_it() -> None:
    ends = Ends("a", "b")
    ends.send("a", "b", b"one")
    ends.run(until=1)
    ends.send("a", "b", b"two")
    ends.network.unbind(ends.addresses["b"], "TCP")
    ends.run()
    assert ends.got["b"] == b"one" and ends.failed[0][2:] == (b"two", "connection reset")


OPTIONS = b"OPTIONS sip:b SIP/2.0\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"


def test_a_message_that_a_script_drops_is_late_and_not_lost() -> None:
    ends = Ends("a", "b", delay=0.01)
    rule = ends.network.drop("OPTIONS", times=2)
    ends.send("a", "b", b"before")
    ends.send("a", "b", OPTIONS)
    ends.send("a", "b", b"behind")
    ends.run()
    assert [(time, piece.data) for time, piece in ends.pieces] == [
        (0.03, b"before"), (3.03, OPTIONS), (3.03, b"behind"),
    ]  # fmt: skip
    assert rule.count == 2 and not ends.trace.select("lost")


def test_a_message_that_is_held_holds_up_what_is_behind_it_until_it_is_released() -> None:
    ends = Ends("a", "b", delay=0.01)
    ends.network.hold("OPTIONS")
    ends.send("a", "b", OPTIONS + b"x" * 3000)
    ends.send("a", "b", b"behind")
    ends.run()
    assert not ends.got["b"] and len(ends.network.held) == 1
    ends.network.release()
    ends.run()
    assert ends.got["b"] == OPTIONS + b"x" * 3000 + b"behind"


def test_two_ends_that_connect_at_once_share_one_connection_and_an_end_may_call_itself() -> None:
    ends = Ends("a", "b")
    ends.send("a", "b", b"there")
    ends.send("b", "a", b"back")
    ends.send("a", "a", b"myself")
    ends.run()
    assert ends.got == {"a": b"backmyself", "b": b"there"}
    assert len({id(piece.flow) for _, piece in ends.pieces}) == 2


def test_what_is_held_or_on_its_way_when_the_network_closes_is_lost_once() -> None:
    ends = Ends("a", "b")
    ends.network.hold("OPTIONS")
    ends.send("a", "b", OPTIONS)
    ends.send("a", "b", b"behind")
    ends.run(until=1)
    ends.network.close()
    assert ends.trace.counts["lost"] == 2 and not ends.network.held
