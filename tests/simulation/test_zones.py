"""Zones: records under the names that a zone file would have them under."""

from __future__ import annotations

import pytest

from sipsim import UsageError
from sipsim.simulation.environment import Environment
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Address
from sipsim.simulation.zones import Naptr, Srv
from sipsim.trace.trace import Trace


@pytest.fixture
def names() -> NameService:
    return NameService(Environment(), Trace())


def test_names_without_a_dot_and_services_are_the_zones_own(names: NameService) -> None:
    zone = names.zone("Example.com.")
    zone.srv("_sip._udp", "ss1", weight=60).srv("_sip._udp", "backup.example.net", priority=10, port=5080)
    zone.naptr("SIP+D2U", "_sip._udp").naptr("SIP+D2T", "_sip._tcp.example.org", order=5, preference=7)
    zone.a("ss1", "192.0.2.1", "192.0.2.2").aaaa("ss1.example.com", "2001:DB8::1").a("", "192.0.2.3")
    assert names.servers("_sip._udp.EXAMPLE.com") == [
        Srv(0, 60, 5060, "ss1.example.com"), Srv(10, 0, 5080, "backup.example.net"),
    ]  # fmt: skip
    assert names.transports("example.com") == [
        Naptr(0, 0, "SIP+D2U", "_sip._udp.example.com"), Naptr(5, 7, "SIP+D2T", "_sip._tcp.example.org"),
    ]  # fmt: skip
    assert [a.host for a in names.resolve("ss1.example.com")] == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
    assert names.resolve("example.com", transport="TLS") == [Address("192.0.2.3", 5061)]


def test_each_query_says_its_name_its_type_and_every_answer_as_a_zone_file_has_it() -> None:
    trace = Trace()
    names = NameService(Environment(initial_time=3), trace)
    names.zone("example.com").srv("_sip._udp", "ss1", weight=60).a("ss1", "192.0.2.1").naptr("SIP+D2U", "_sip._udp")
    names.servers("_sip._udp.example.com", "alice")
    names.transports("example.com", "alice")
    names.resolve("ss1.example.com", element="alice")
    assert [(record.element, record.time) for record in trace.select("dns")] == [("alice", 3)] * 4
    assert [tuple(record.data.values()) for record in trace.select("dns")] == [
        ("_sip._udp.example.com", "SRV", ["0 60 5060 ss1.example.com"]),
        ("example.com", "NAPTR", ['0 0 "s" "SIP+D2U" "" _sip._udp.example.com']),
        ("ss1.example.com", "A", ["192.0.2.1"]),
        ("ss1.example.com", "AAAA", []),
    ]


def test_a_zone_goes_before_an_address_that_was_added_and_removing_that_leaves_it(names: NameService) -> None:
    names.add("example.com", Address("192.0.2.9", 5080))
    zone = names.zone("example.com")
    assert names.resolve("example.com") == [Address("192.0.2.9", 5080)]
    zone.a("", "192.0.2.1")
    assert names.resolve("example.com") == [Address("192.0.2.1", 5060)]
    names.remove("example.com")
    assert names.knows("example.com") and names.resolve("example.com") == [Address("192.0.2.1", 5060)]


def test_a_domain_is_known_for_its_services_and_a_zone_is_the_same_however_it_is_spelled(names: NameService) -> None:
    zone = names.zone("example.com")
    assert not names.knows("example.com") and names.in_zone("a.b.example.com") and not names.in_zone("anexample.com")
    zone.srv("_sip._udp", "ss1")
    assert names.knows("example.com") and not names.knows("ss1.example.com")
    assert names.zone("EXAMPLE.COM.") is zone and repr(zone) == "<Zone example.com: 1 records>"


@pytest.mark.parametrize(
    ("kind", "arguments", "numbers", "named"),
    [
        ("a", ("ss1", "2001:db8::1"), {}, "address='2001:db8::1'"),
        ("aaaa", ("ss1", "192.0.2.1"), {}, "address='192.0.2.1'"),
        ("a", ("ss1", "ss2"), {}, "address='ss2'"),
        ("srv", ("_sip._udp", "ss1"), {"weight": 65536}, "weight: 65536"),
        ("srv", ("_sip._udp", "ss1"), {"priority": -1}, "priority: -1"),
        ("naptr", ("SIP+D2U", "_sip._udp"), {"order": 1.5}, "order: 1.5"),
    ],
)
def test_what_no_record_can_hold_is_refused(
    names: NameService, kind: str, arguments: tuple[str, ...], numbers: dict[str, float], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(names.zone("example.com"), kind)(*arguments, **numbers)
    assert named in str(caught.value) and not names.knows("example.com")
