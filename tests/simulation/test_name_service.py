"""The name service: names to addresses, each query a record."""

from __future__ import annotations

import pytest

from sipsim.simulation.environment import Environment
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Address
from sipsim.trace.trace import Trace

PROXY = Address("192.0.2.9", 5080)


@pytest.fixture
def names() -> NameService:
    names = NameService(Environment(initial_time=3), Trace())
    names.add("example.com", PROXY)
    return names


def test_a_name_stands_for_its_addresses_in_their_order(names: NameService) -> None:
    names.add("example.com", Address("192.0.2.10", 5060))
    names.add("example.com", PROXY)
    assert names.resolve("example.com") == [PROXY, Address("192.0.2.10", 5060)]
    assert names.resolve("example.com", 5070) == [Address("192.0.2.9", 5070), Address("192.0.2.10", 5070)]


@pytest.mark.parametrize("spelling", ["EXAMPLE.com", "example.com.", "Example.Com"])
def test_names_are_the_same_in_any_case_and_with_a_closing_dot(names: NameService, spelling: str) -> None:
    assert names.resolve(spelling) == [PROXY]
    assert names.knows(spelling)


def test_an_unknown_name_has_no_address(names: NameService) -> None:
    assert names.resolve("elsewhere.example") == []
    names.remove("example.com")
    names.remove("example.com")
    assert names.resolve("example.com") == []
    assert not names.knows("example.com")


@pytest.mark.parametrize(
    ("host", "port", "transport", "address"),
    [
        ("192.0.2.1", None, "UDP", Address("192.0.2.1", 5060)),
        ("192.0.2.1", 5070, "UDP", Address("192.0.2.1", 5070)),
        ("192.0.2.1", None, "TLS", Address("192.0.2.1", 5061)),
        ("[2001:db8::1]", None, "UDP", Address("2001:db8::1", 5060)),
        ("2001:db8::1", 5070, "UDP", Address("2001:db8::1", 5070)),
    ],
)
def test_a_numeric_host_stands_for_itself(host: str, port: int | None, transport: str, address: Address) -> None:
    trace = Trace()
    assert NameService(Environment(), trace).resolve(host, port, transport) == [address]
    assert len(trace) == 0


def test_each_query_is_a_record() -> None:
    trace = Trace()
    names = NameService(Environment(initial_time=3), trace)
    names.add("example.com", PROXY)
    names.resolve("example.com", element="alice")
    names.resolve("nowhere.example")
    asked = [
        (record.time, record.element, record.data["name"], record.data["answers"]) for record in trace.select("dns")
    ]
    assert asked == [(3, "alice", "example.com", ["192.0.2.9:5080"]), (3, "", "nowhere.example", [])]
