"""From a URI to the servers to try (RFC 3263 §4, §5; RFC 2782)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.message.fields import Via
from sipsim.message.uri import Uri
from sipsim.simulation.environment import Environment
from sipsim.simulation.locating import in_order, locate, locate_response
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Address
from sipsim.simulation.streams import Streams
from sipsim.simulation.zones import Srv
from sipsim.trace.trace import Trace

ALL = ("UDP", "TCP", "TLS")


def world(seed: int = 1) -> NameService:
    """The zone of RFC 3263 §4.1, one with SRV records only, one with addresses only, one without SIP."""
    names = NameService(Environment(), Trace(), Streams(seed))
    (
        names.zone("example.com")
        .naptr("SIPS+D2T", "_sips._tcp", order=50, preference=50)
        .naptr("SIP+D2T", "_sip._tcp", order=90, preference=50)
        .naptr("SIP+D2U", "_sip._udp", order=100, preference=50)
        .srv("_sips._tcp", "server1", port=5061)
        .srv("_sip._tcp", "server1", priority=1).srv("_sip._tcp", "server2", priority=2, port=5070)
        .srv("_sip._udp", "server2")
        .a("server1", "192.0.2.1").a("server2", "192.0.2.2", "192.0.2.3").aaaa("server2", "2001:db8::2")
        .a("", "192.0.2.9")
    )  # fmt: skip
    names.zone("srv.example").srv("_sip._tcp", "tcp").a("tcp", "192.0.2.11")
    names.zone("srv.example").srv("_sip._sctp", "tcp").naptr("SIP+D2S", "_sip._sctp")
    names.zone("hosts.example").a("", "192.0.2.21", "192.0.2.22")
    names.zone("nosip.example").srv("_sip._udp", ".").srv("_sip._tcp", ".").a("", "192.0.2.31")
    names.add("added.example", Address("192.0.2.41", 5070))
    return names


def found(uri: str, transports: tuple[str, ...] = ALL) -> list[str]:
    return [f"{hop.address} {hop.transport}" for hop in locate(world(), Uri.parse(uri), transports)]


@pytest.mark.parametrize(
    ("uri", "transports", "hops"),
    [
        # Numeric: UDP for SIP, TLS for SIPS, the transport's own port; the parameter goes before (§4.1, §4.2).
        ("sip:bob@192.0.2.7", ALL, ["192.0.2.7:5060 UDP"]),
        ("sips:bob@192.0.2.7", ALL, ["192.0.2.7:5061 TLS"]),
        ("sip:bob@192.0.2.7;transport=tcp", ALL, ["192.0.2.7:5060 TCP"]),
        ("sip:bob@192.0.2.7:5070;transport=TLS", ALL, ["192.0.2.7:5070 TLS"]),
        ("sips:bob@192.0.2.7;transport=tcp", ALL, ["192.0.2.7:5061 TLS"]),
        ("sips:bob@192.0.2.7;transport=udp", ALL, []),
        ("sip:bob@[2001:db8::1]:5070", ALL, ["[2001:db8::1]:5070 UDP"]),
        ("sip:bob@example.com;maddr=192.0.2.8", ALL, ["192.0.2.8:5060 UDP"]),
        ("sip:bob@192.0.2.7;transport=tcp", ("UDP",), []),
        ("sip:bob@192.0.2.7;transport=sctp", ALL, []),
        ("sips:bob@192.0.2.7", ("UDP", "TCP"), []),
        # A port: addresses only, UDP (§4.2).
        ("sip:example.com:5060", ALL, ["192.0.2.9:5060 UDP"]),
        ("sips:example.com:5099", ALL, ["192.0.2.9:5099 TLS"]),
        ("sip:server2.example.com:5080", ALL, ["192.0.2.2:5080 UDP", "192.0.2.3:5080 UDP", "[2001:db8::2]:5080 UDP"]),
        # NAPTR: the most preferred of what the client has.
        ("sip:bob@example.com", ALL, ["192.0.2.1:5061 TLS"]),
        ("sip:bob@example.com", ("UDP", "TCP"),
         ["192.0.2.1:5060 TCP", "192.0.2.2:5070 TCP", "192.0.2.3:5070 TCP", "[2001:db8::2]:5070 TCP"]),
        ("sip:bob@EXAMPLE.com.", ("UDP",), ["192.0.2.2:5060 UDP", "192.0.2.3:5060 UDP", "[2001:db8::2]:5060 UDP"]),
        ("sips:bob@example.com", ALL, ["192.0.2.1:5061 TLS"]),
        ("sips:bob@example.com", ("UDP", "TCP"), []),
        # A transport parameter: SRV of that transport, no NAPTR.
        ("sip:bob@example.com;transport=tcp", ALL,
         ["192.0.2.1:5060 TCP", "192.0.2.2:5070 TCP", "192.0.2.3:5070 TCP", "[2001:db8::2]:5070 TCP"]),
        ("sip:bob@example.com;transport=tls", ALL, ["192.0.2.1:5061 TLS"]),
        # No NAPTR of use: SRV of each transport; none of those: addresses.
        ("sip:bob@srv.example", ALL, ["192.0.2.11:5060 TCP"]),
        ("sip:bob@srv.example", ("UDP",), []),
        ("sip:bob@hosts.example", ALL, ["192.0.2.21:5060 UDP", "192.0.2.22:5060 UDP"]),
        ("sips:bob@hosts.example", ALL, ["192.0.2.21:5061 TLS", "192.0.2.22:5061 TLS"]),
        ("sip:bob@hosts.example;transport=tcp", ALL, ["192.0.2.21:5060 TCP", "192.0.2.22:5060 TCP"]),
        # A domain that says that it has no SIP.
        ("sip:bob@nosip.example", ("UDP", "TCP"), []),
        ("sip:bob@nosip.example;transport=udp", ALL, []),
        # Without a zone.
        ("sip:bob@added.example", ALL, ["192.0.2.41:5070 UDP"]),
        ("sip:bob@added.example:5080;transport=tcp", ALL, ["192.0.2.41:5080 TCP"]),
        ("sip:bob@unknown.example", ALL, []),
        ("tel:+49301234", ALL, []),
    ],
)  # fmt: skip
def test_a_uri_leads_to_its_servers(uri: str, transports: tuple[str, ...], hops: list[str]) -> None:
    assert found(uri, transports) == hops


@pytest.mark.parametrize(
    ("uri", "queries"),
    [
        ("sip:bob@192.0.2.7", []),
        ("sip:bob@hosts.example:5060", ["A hosts.example", "AAAA hosts.example"]),
        ("sip:bob@hosts.example", ["NAPTR hosts.example", "SRV _sip._udp.hosts.example", "SRV _sip._tcp.hosts.example",
                                   "A hosts.example", "AAAA hosts.example"]),
        ("sip:bob@srv.example;transport=tcp",
         ["SRV _sip._tcp.srv.example", "A tcp.srv.example", "AAAA tcp.srv.example"]),
        ("sip:bob@added.example", ["A added.example"]),
    ],
)  # fmt: skip
def test_the_queries_are_those_of_the_rfc_in_their_order(uri: str, queries: list[str]) -> None:
    names = world()
    locate(names, Uri.parse(uri), ("UDP", "TCP"), "alice")
    asked = [f"{record.data['type']} {record.data['name']}" for record in names._trace.select("dns", "alice")]
    assert asked == queries


@pytest.mark.parametrize(
    ("via", "hops"),
    [
        ("192.0.2.7", ["192.0.2.7:5060 UDP"]),
        ("192.0.2.7:5080", ["192.0.2.7:5080 UDP"]),
        ("server2.example.com:5080", ["192.0.2.2:5080 UDP", "192.0.2.3:5080 UDP", "[2001:db8::2]:5080 UDP"]),
        ("example.com", ["192.0.2.2:5060 UDP", "192.0.2.3:5060 UDP", "[2001:db8::2]:5060 UDP"]),
        ("hosts.example", ["192.0.2.21:5060 UDP", "192.0.2.22:5060 UDP"]),
        ("unknown.example", []),
    ],
)
def test_a_response_goes_by_the_sent_by_of_the_top_via(via: str, hops: list[str]) -> None:
    value = Via.parse(f"SIP/2.0/UDP {via};branch=z9hG4bK1;received=192.0.2.99")
    assert [f"{hop.address} {hop.transport}" for hop in locate_response(world(), value)] == hops


RECORDS = st.lists(st.builds(Srv, st.integers(0, 2), st.sampled_from([0, 1, 5, 65535]), st.just(5060), st.text("ab")))


@given(RECORDS, st.randoms(use_true_random=False))
def test_every_server_is_tried_once_those_of_lower_priority_first(servers, dice):
    ordered = in_order(servers, lambda highest: dice.randint(0, highest))
    assert Counter(ordered) == Counter(servers)
    assert [srv.priority for srv in ordered] == sorted(srv.priority for srv in servers)


@given(RECORDS)
def test_the_lowest_draw_takes_weight_0_first_and_the_highest_takes_it_last(servers):
    for draw, last_is_zero in ((lambda highest: 0, False), (lambda highest: highest, True)):
        by_priority: dict[int, list[bool]] = {}
        for srv in in_order(servers, draw):
            by_priority.setdefault(srv.priority, []).append(srv.weight == 0)
        for zeros in by_priority.values():
            assert zeros == sorted(zeros, reverse=not last_is_zero)


def test_load_is_shared_in_proportion_to_weight():
    """RFC 2782: of weights 1 and 3, three quarters of the clients try the second first; weight 0 hardly ever is."""
    names = NameService(Environment(), Trace("off"), Streams(7))
    zone = names.zone("example.com").a("old", "192.0.2.1").a("new", "192.0.2.2").a("spare", "192.0.2.3")
    zone.srv("_sip._udp", "old", weight=100).srv("_sip._udp", "new", weight=300).srv("_sip._udp", "spare")
    firsts = Counter(locate(names, Uri.parse("sip:example.com"))[0].address.host for _ in range(4000))
    assert 2900 < firsts["192.0.2.2"] < 3100 and firsts["192.0.2.3"] < 40


def test_the_order_of_equals_is_the_seeds():
    def order(seed: int) -> list[str]:
        names = NameService(Environment(), Trace("off"), Streams(seed))
        zone = names.zone("example.com")
        for n in range(1, 6):
            zone.srv("_sip._udp", f"s{n}", weight=10).a(f"s{n}", f"192.0.2.{n}")
        return [hop.address.host for hop in locate(names, Uri.parse("sip:example.com"))]

    assert order(1) == order(1) and len({tuple(order(seed)) for seed in range(5)}) > 1
