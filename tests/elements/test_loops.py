"""Requests that come back: loops, spirals, and forks that feed each other (RFC 5393)."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from bench_pair import Wire, messages, request, wire
from test_forking import outcome

from sipsim import CallFailed, Lab, Proxy, UserAgent
from sipsim.message.message import Request, Response


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(lab: Lab, users: int, **how: object) -> tuple[UserAgent, list[Proxy]]:
    """Alice, and two proxies each of whose users is bound to all users of the other (RFC 5393 §3)."""
    proxies = [lab.proxy(f"{name}.com", name, **how) for name in "pq"]  # type: ignore[arg-type]
    for (here, there), n, m in product((proxies, proxies[::-1]), range(users), range(users)):
        here.location.add(f"sip:u{n}@{here.domain}", f"sip:u{m}@{there.domain}")
    return lab.user_agent("sip:alice@elsewhere.com"), proxies


@pytest.mark.parametrize(
    ("users", "forking"),
    [
        *product((1, 2, 3, 8), ("parallel", "sequential", "q-groups")),
        *product((30, 61), ("parallel", "sequential", "q-groups")),
    ],
)
def test_two_forking_proxies_that_point_at_each_other_are_bounded(lab: Lab, users: int, forking: str) -> None:
    """Two users would make 2**70 requests with Max-Forwards alone."""
    alice, _ = pair(lab, users, forking=forking)
    status = outcome(lab, alice, "sip:u0@p.com")
    assert status in (440, 482) and lab.trace.counts["sent"] < 10_000


@pytest.mark.parametrize("forking", ["parallel", "sequential", "q-groups"])
@pytest.mark.parametrize("users", [2, 4, 7, 12, 61])
def test_users_bound_to_each_other_do_not_multiply(lab: Lab, users: int, forking: str) -> None:
    """Every order of the users is a spiral of its own: without Max-Breadth as many as the factorial of their number."""
    proxy = lab.proxy("p.com", forking=forking)
    alice = lab.user_agent("sip:alice@elsewhere.com")
    for n, m in product(range(users), range(users)):
        if n != m:
            proxy.location.add(f"sip:u{n}@p.com", f"sip:u{m}@p.com")
    assert outcome(lab, alice, "sip:u0@p.com") in (440, 482)
    assert lab.trace.counts["sent"] < 10_000


def test_a_phone_behind_such_proxies_still_rings(lab: Lab) -> None:
    alice, (p, _) = pair(lab, 2)
    phone = lab.user_agent("sip:u0@p.com", "phone")
    p.location.add("sip:u0@p.com", phone.contact_uri)
    assert outcome(lab, alice, "sip:u0@p.com") == 200


def test_a_user_at_another_name_of_the_proxy_is_a_user_of_its_domain(lab: Lab) -> None:
    """Its address and each name that leads there: what it would send to itself it looks up (RFC 3261 §16.5)."""
    proxy, alice = lab.proxy("p.com"), lab.user_agent("sip:alice@elsewhere.com")
    bob = lab.user_agent("sip:bob@p.com")
    proxy.location.add("sip:bob@p.com", bob.contact_uri)
    lab.names.add("alias.p.com", proxy.address)
    for host in ("p.com", proxy.address.host, proxy.host_port, "alias.p.com"):
        before = len(wire(lab.trace, "proxy"))
        assert lab.run(alice.options(f"sip:bob@{host}")).status == 200, host
        assert wire(lab.trace, "proxy")[before:] == ["proxy>bob OPTIONS", "proxy>alice 200 OPTIONS"]
    with pytest.raises(CallFailed, match="404"):
        lab.run(alice.call("sip:nobody@alias.p.com").answered)


def test_max_breadth_is_divided_among_branches_and_kept_along_one(lab: Lab) -> None:
    proxy = lab.proxy("p.com")
    for n in range(4):
        proxy.location.add("sip:many@p.com", f"sip:x@192.0.2.{100 + n}")
    proxy.location.add("sip:one@p.com", "sip:x@192.0.2.200")
    tester = Wire(lab)
    for n, user in enumerate(("many", "one")):
        text = request("OPTIONS", f"sip:{user}@p.com", branch=f"z9hG4bK-{n}", more="Max-Breadth: 10\n")
        tester.send(text, proxy)
    lab.run(until=0.1)
    shares = [message.header("Max-Breadth") for message in messages(lab.trace, "OPTIONS", "proxy")]
    assert shares == ["3", "3", "2", "2", "10"]


def test_a_search_in_groups_never_has_more_branches_at_a_time_than_max_breadth(lab: Lab) -> None:
    """One after another there are many more: that Max-Breadth does not bound (RFC 5393 §5.1, §5.3.3)."""
    proxies = [lab.proxy(f"{name}.com", name, forking="q-groups") for name in "pqr"]
    for (here, there), n, m in product(permutations(proxies, 2), range(4), range(4)):
        here.location.add(f"sip:u{n}@{here.domain}", f"sip:u{m}@{there.domain}", q=(1.0, 0.5)[m % 2])
    assert outcome(lab, lab.user_agent("sip:alice@elsewhere.com"), "sip:u0@p.com") in (440, 482)
    under_way: dict[str, int] = {}
    most = 0
    for record in lab.trace.select("sent"):
        message = record.message
        if isinstance(message, Request) and message.method == "INVITE" and record.element != "alice":
            under_way.pop(message.vias[1].branch, None)  # it has branches of its own now
            under_way[message.vias[0].branch] = int(message.header("Max-Breadth"))
        elif isinstance(message, Response) and message.status >= 200:
            under_way.pop(message.vias[0].branch, None)
        most = max(most, sum(under_way.values()))
    assert most == 60 and lab.trace.counts["sent"] > 1000


@pytest.mark.parametrize(
    ("value", "becomes"), [(None, "60"), ("60", "60"), ("1", "1"), ("61", "60"), ("999999", "60"), ("many", "60")]
)
def test_max_breadth_is_60_at_most_and_where_nothing_is_said(lab: Lab, value: str | None, becomes: str) -> None:
    proxy = lab.proxy("p.com")
    proxy.location.add("sip:one@p.com", "sip:x@192.0.2.200")
    tester = Wire(lab)
    tester.send(request("OPTIONS", "sip:one@p.com", more=f"Max-Breadth: {value}\n" if value else ""), proxy)
    lab.run(until=0.1)
    (went,) = messages(lab.trace, "OPTIONS", "proxy")
    assert went.values("Max-Breadth") == [becomes]


@pytest.mark.parametrize(("breadth", "targets", "status"), [(2, 3, 440), (0, 1, 440), (3, 3, 486)])
def test_what_can_not_be_forked_as_wanted_is_refused_with_440(
    lab: Lab, breadth: int, targets: int, status: int
) -> None:
    proxy = lab.proxy("p.com")
    for n in range(targets):
        phone = lab.user_agent("sip:x@p.com", f"phone{n}")
        phone.rejects(486)
        proxy.location.add("sip:x@p.com", phone.contact_uri)
    tester = Wire(lab)
    tester.send(request("INVITE", "sip:x@p.com", more=f"Max-Breadth: {breadth}\n"), proxy)
    lab.run(until=0.4)
    assert tester.statuses[-1] == status


def test_a_search_one_after_another_needs_a_breadth_of_one(lab: Lab) -> None:
    proxy = lab.proxy("p.com", forking="q-groups")
    for n in range(3):
        phone = lab.user_agent("sip:x@p.com", f"phone{n}")
        phone.rejects(486)
        proxy.location.add("sip:x@p.com", phone.contact_uri)
    tester = Wire(lab)
    tester.send(request("INVITE", "sip:x@p.com", more="Max-Breadth: 2\n"), proxy)
    lab.run(until=0.4)
    assert [message.header("Max-Breadth") for message in messages(lab.trace, "INVITE", "proxy")] == ["1", "1", "2"]
    assert tester.statuses[-1] == 486


def test_maddr_that_names_the_proxy_is_taken_away_and_another_is_followed(lab: Lab) -> None:
    """RFC 3261 §16.4 and §16.5."""
    proxy = lab.proxy("p.com")
    phone, other = lab.user_agent("sip:x@p.com", "phone"), Wire(lab, "other")
    proxy.location.add("sip:x@p.com", phone.contact_uri)
    tester = Wire(lab)
    here = f"sip:x@p.com;maddr={proxy.address.host};transport=udp"
    for n, uri in enumerate((here, f"sip:x@p.com;maddr={other.address.host}")):
        tester.send(request("OPTIONS", uri, branch=f"z9hG4bK-{n}"), proxy)
    lab.run(until=0.1)
    assert "proxy>phone OPTIONS" in wire(lab.trace)
    assert [message.uri_text for message in other.heard] == [f"sip:x@p.com;maddr={other.address.host}"]
