"""Options that make no sense are refused by name, when an element is made and later, and nothing changes by that."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages

from sipsim import CallFailed, Lab, UsageError, UserAgent

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


ODD_SERVERS: list[tuple[str, dict[str, Any]]] = [
    ("default_expires", {"default_expires": 5, "min_expires": 60}),
    ("default_expires", {"default_expires": 0}),
    ("most_bindings", {"most_bindings": 0}),
    ("host", {"host": "junk"}),
    ("host", {"host": "999.1.1.1"}),
    ("host", {"host": 5}),
    ("algorithm", {"algorithms": ("ROT13",)}),
    ("qop", {"qop": ()}),
    ("third_party", {"third_party": "x"}),
    ("users", {"users": 5}),
    ("password", {"users": {"bob": None}}),
    ("unknown", {"unknown": 99}),
    ("name", {"name": 5}),
]


@pytest.mark.parametrize(("name", "options"), ODD_SERVERS)
@pytest.mark.parametrize("server", ["proxy", "registrar", "redirect_server"])
def test_a_server_with_an_odd_option_is_not_made(lab: Lab, server: str, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=name):
        getattr(lab, server)("example.com", **options)
    assert not lab.elements


@pytest.mark.parametrize("domain", ["", 5, None, "sip:example.com", "exa mple", "example.com:5060", "[junk]"])
@pytest.mark.parametrize("server", ["proxy", "registrar", "redirect_server"])
def test_a_domain_is_a_name(lab: Lab, server: str, domain: Any) -> None:
    with pytest.raises(UsageError, match=r"domain: .* will not do; allowed are names such as 'example.com'"):
        getattr(lab, server)(domain)
    assert not lab.elements


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stateful", "no"), ("forking", "both"), ("recurse", 1), ("record_route", "yes"), ("ring_time", -5),
        ("challenges", "sometimes"), ("queue_limit", -1), ("service_time", -1), ("relay_to", 5), ("relay_to", "tel:+1"),
    ],
)  # fmt: skip
def test_an_odd_option_of_a_proxy_is_refused_at_once(lab: Lab, name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=name):
        lab.proxy("example.com", **{name: value})
    assert not lab.elements


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unknown", 99), ("unregistered", 200), ("users", {"bob": "x"}), ("challenges", "sometimes"),
        ("stateful", False), ("relay_to", "x"), ("service_time", -1), ("ring_time", -5), ("queue_limit", -1),
        ("min_expires", -1), ("default_expires", 0), ("max_expires", "x"), ("most_bindings", 0), ("domain", "a.org"),
        ("third_party", "x"), ("forking", "both"), ("recurse", "x"), ("record_route", None),
    ],
)  # fmt: skip
def test_an_option_set_later_is_checked_as_at_first(lab: Lab, name: str, value: Any) -> None:
    proxy = lab.proxy("example.com")
    before = getattr(proxy, name)
    with pytest.raises(UsageError, match=name):
        setattr(proxy, name, value)
    assert getattr(proxy, name) == before


def test_limits_and_statuses_set_later_count(lab: Lab) -> None:
    proxy, alice = lab.proxy("example.com"), lab.user_agent(ALICE)
    proxy.min_expires, proxy.unknown = 100, 604
    registered, call = alice.register(20), alice.call("sip:nobody@example.com")
    with pytest.raises(CallFailed, match="604"):
        lab.run(call.answered)
    lab.run(registered)
    assert messages(lab.trace, "423 REGISTER", "proxy") and proxy.limits.min_expires == 100


@pytest.mark.parametrize(
    "options",
    [{"forking": "sequential"}, {"recurse": True}, {"queue_limit": 5}, {"users": {"bob": "secret"}}],
)
def test_a_stateless_proxy_refuses_what_needs_memory(lab: Lab, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        lab.proxy("example.com", stateful=False, **options)
    proxy = lab.proxy("example.com", stateful=False)
    with pytest.raises(UsageError, match=next(iter(options))):
        setattr(proxy, *next(iter(options.items())))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uri", {"uri": None}), ("uri", {"uri": 5}), ("uri: 'tel:.123'|scheme of uri: 'tel'", {"uri": "tel:+123"}),
        ("outbound", {"outbound": 5}), ("outbound", {"outbound": "tel:+1"}), ("password", {"password": 5}),
        ("host", {"host": "junk"}), ("answers", {"answers": "x"}),
    ],
)  # fmt: skip
def test_a_phone_with_an_odd_option_is_not_made(lab: Lab, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=name):
        lab.user_agent(**{"uri": BOB, **options})
    assert not lab.elements


def test_a_phone_refuses_odd_options_later_too(lab: Lab) -> None:
    bob = lab.user_agent(BOB)
    for name, value in {"answers": "x", "outbound": 5, "service_time": -1}.items():
        with pytest.raises(UsageError, match=name):
            setattr(bob, name, value)
    with pytest.raises(UsageError, match="host"):
        bob.move("junk")


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("target", ["tel:+1234", "mailto:bob@example.com"])
def test_a_proxy_says_416_to_what_leads_nowhere(lab: Lab, stateful: bool, target: str) -> None:
    """RFC 3261 §16.3 item 2."""
    proxy = lab.proxy("example.com", stateful=stateful)
    alice = lab.user_agent(ALICE, outbound=proxy)
    call = alice.call(target)
    with pytest.raises(CallFailed):  # a number is tried as a SIP URI then (§8.1.3.5)
        lab.run(call.answered)
    assert len(messages(lab.run(), "416 INVITE", "proxy")) == 1
    assert lab.trace.check() == []


def test_forwarding_takes_a_bare_name_as_users_do(lab: Lab) -> None:
    proxy, alice, carol = lab.proxy("example.com"), lab.user_agent(ALICE), lab.user_agent("sip:carol@example.com")
    carol.register()
    lab.run()
    proxy.forwards("bob", unregistered="sip:carol@example.com")
    lab.run(alice.call(BOB).answered)
    assert messages(lab.trace, "200 INVITE", "carol")


def test_forwarding_says_when_and_to_a_sip_uri(lab: Lab) -> None:
    proxy = lab.proxy("example.com")
    with pytest.raises(UsageError, match="always, busy, no_answer, unregistered"):
        proxy.forwards(BOB)
    with pytest.raises(UsageError, match="busy"):
        proxy.forwards(BOB, busy="tel:+1")
    proxy.forwards(BOB, busy=ALICE)
    proxy.forwards(BOB)
    with pytest.raises(UsageError, match="stateless"):
        lab.proxy("example.org", stateful=False).forwards("bob", busy=ALICE)


@pytest.mark.parametrize(
    ("name", "near", "attempt"),
    [
        ("anwsers", "answers", lambda lab, phone, proxy: setattr(phone, "anwsers", 3)),
        ("forkin", "forking", lambda lab, phone, proxy: setattr(proxy, "forkin", "parallel")),
        ("los", "loss", lambda lab, phone, proxy: setattr(lab.link(phone, proxy), "los", 0.5)),
        ("forkin", "forking", lambda lab, phone, proxy: lab.proxy("b.example", forkin="parallel")),
        ("anwsers", "answers", lambda lab, phone, proxy: lab.user_agent("sip:ann@b.example", anwsers=3)),
        ("min_expire", "min_expires", lambda lab, phone, proxy: lab.registrar("b.example", min_expire=60)),
        ("contact", "contacts", lambda lab, phone, proxy: lab.redirect_server("b.example", contact="sip:a@b.example")),
        ("foo", "retry_after", lambda lab, phone, proxy: phone.rejects(foo=1)),
        ("retryafter", "retry_after", lambda lab, phone, proxy: phone.do_not_disturb(retryafter=1)),
    ],
    ids=[
        "attribute of a phone", "attribute of a proxy", "attribute of a link", "proxy", "phone", "registrar",
        "redirect server", "refusal", "do not disturb",
    ],
)  # fmt: skip
def test_a_misspelt_name_is_refused_and_those_nearby_are_told(lab: Lab, name: str, near: str, attempt: Any) -> None:
    phone, proxy = lab.user_agent(BOB), lab.proxy("example.com")
    with pytest.raises(UsageError, match=rf"^{name}: .*\b{near}\b"):
        attempt(lab, phone, proxy)
    assert list(lab.elements) == ["bob", "proxy"]


@pytest.mark.parametrize(
    ("name", "attempt"),
    [
        ("uri", lambda lab: lab.user_agent(None)),
        ("host", lambda lab: lab.user_agent(BOB, host=5)),
        ("kind", lambda lab: lab.user_agent(BOB, kind=5)),
        ("kind", lambda lab: lab.proxy("example.com", kind=5)),
        ("kind", lambda lab: lab.proxy("example.com", kind=UserAgent)),
        ("location", lambda lab: lab.registrar("example.com", location=5)),
        ("codecs", lambda lab: lab.user_agent(BOB, codecs=5)),
        ("challenges", lambda lab: lab.proxy("example.com", stateful=False, challenges="all")),
        ("ring_time", lambda lab: lab.proxy("example.com", stateful=False, ring_time=20.0)),
    ],
    ids=["uri", "host", "phone", "proxy", "other kind", "location", "codecs", "challenges", "ring time"],
)
def test_what_nothing_can_be_made_of_is_refused_by_name(lab: Lab, name: str, attempt: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name}: "):
        attempt(lab)
    assert not lab.elements


def test_a_stateless_proxy_never_learns_what_takes_state(lab: Lab) -> None:
    proxy = lab.proxy("example.com", stateful=False)
    for name, value in (("challenges", "all"), ("ring_time", 5.0)):
        with pytest.raises(UsageError, match=f"^{name}: .* stateless proxy .* stateful=True"):
            setattr(proxy, name, value)


def test_an_element_of_somebody_s_own_may_have_attributes_of_its_own(lab: Lab) -> None:
    class Counting(UserAgent):
        pass

    phone: Any = lab.user_agent(BOB, kind=Counting)
    phone.counted = 3
    assert phone.counted == 3


def test_a_phone_of_another_lab_is_not_called_by_whoever_has_its_address_here(lab: Lab) -> None:
    """As in a notebook, where the cell that makes the lab was run again and that of the phone was not."""
    alice, bob = lab.user_agent(ALICE), Lab(seed=1).user_agent(BOB)
    attempts: list[Any] = [
        alice.call,
        alice.subscribe,
        lambda to: alice.message(to, "x"),
        lambda to: alice.refer(to, BOB),
    ]
    for attempt in attempts:
        with pytest.raises(UsageError, match=r"^target: <user agent bob .* is of another lab"):
            attempt(bob)
    assert not lab.trace.select("sent")
