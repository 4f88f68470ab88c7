"""Whatever stands between two phones: chains, trees and loops of proxies, and users who do as they like."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest
from bench_pair import said
from hypothesis import given, settings
from hypothesis import strategies as st
from leftovers import left_in
from rules_kept import broken_in

from sipsim import CallFailed, Lab, UserAgent
from sipsim.elements.element import Element

KINDS = ({"forking": "parallel"}, {"forking": "sequential", "ring_time": 5}, {"forking": "q-groups", "ring_time": 5},
         {"recurse": True}, {"stateful": False}, {"record_route": False})  # fmt: skip
QS = st.sampled_from((1.0, 0.5, 0.1))


class Plan(NamedTuple):
    """What is drawn: for each proxy its kind, and what user it knows by which contacts."""

    kinds: list[dict[str, Any]]
    phones: list[tuple[int, float, str]]
    """(proxy, q, behaviour) of each phone."""
    bindings: list[tuple[int, int, float]]
    """(from proxy, to proxy, q): the same user is at another proxy too."""
    patience: float
    """Seconds after which the caller hangs up, whatever has become of the call."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 4))
    proxy = st.integers(0, count - 1)
    behaviour = st.sampled_from(("answers", "answers late", "rejects", "declines", "ignores", "redirects", "is down"))
    return Plan(
        draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count)),
        draw(st.lists(st.tuples(proxy, QS, behaviour), max_size=5)),
        draw(st.lists(st.tuples(proxy, proxy, QS), max_size=5)),
        draw(st.sampled_from((0.001, 0.013, 1.0, 3.0, 7.0, 300.0))),
    )


def built(lab: Lab, plan: Plan) -> UserAgent:
    """The caller, and all that stands behind the first proxy."""
    proxies = [lab.proxy(f"p{n}.com", f"p{n}", **how) for n, how in enumerate(plan.kinds)]
    for n, (at, q, behaviour) in enumerate(plan.phones):
        phone = lab.user_agent(f"sip:bob@p{at}.com", f"bob{n}")
        proxies[at].location.add(f"sip:bob@p{at}.com", phone.contact_uri, q=q)
        behave(lab, phone, behaviour)
    for here, there, q in plan.bindings:
        proxies[here].location.add(f"sip:bob@p{here}.com", f"sip:bob@p{there}.com", q=q)
    return lab.user_agent("sip:alice@elsewhere.com")


def behave(lab: Lab, phone: UserAgent, how: str) -> None:
    if how == "answers late":
        phone.answers = 6.0
    elif how in ("rejects", "declines"):
        phone.rejects(486 if how == "rejects" else 603)
    elif how == "ignores":
        phone.ignores()
    elif how == "redirects":
        phone.rejects(300)
    elif how == "is down":
        phone.crash()


@pytest.mark.covers("L2", "L3")
@settings(max_examples=150, deadline=None)
@given(plans(), st.integers(1, 1000), st.sampled_from((0.0, 0.0, 0.1, 0.3)))
def test_every_caller_gets_one_outcome_and_every_loser_is_let_go(plan: Plan, seed: int, loss: float) -> None:
    lab = Lab(seed=seed, loss=loss)
    alice = built(lab, plan)
    call = alice.call("sip:bob@p0.com")
    outcomes: list[object] = []
    call.ended.callbacks.append(lambda event: outcomes.append(event.value))  # type: ignore[union-attr]
    lab.env.call_later(plan.patience, call.hang_up)
    try:
        lab.run(call.answered)
    except CallFailed as failure:
        assert failure.status >= 300
    lab.run()
    assert len(outcomes) == 1 and call.state == "ended"
    assert not lab.errors and not lab.trace.select("error")
    assert lab.trace.counts["sent"] < 10_000
    for element in lab.elements.values():
        if not loss or element.kind == "proxy":  # where a CANCEL gets lost, a phone that nobody answers rings on
            every_invite_is_over(element)
    one_final_response_each(lab)
    assert not broken_in(lab)
    assert not left_in(lab)


def every_invite_is_over(element: Element) -> None:
    """No INVITE is still open where all has come to rest; calls may stand, as nobody has to hang up twice."""
    for exchange in [*element.clients.values(), *element.servers.values()]:
        assert exchange.state not in ("calling", "trying", "proceeding"), f"{element.name}: {exchange!r}"
    assert not getattr(element, "_contexts", {}) or element.servers


def one_final_response_each(lab: Lab) -> None:
    """To each branch of an INVITE one kind of final response goes: 2xx, or one refusal."""
    finals: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str, int]] = set()
    for record in lab.trace.select("sent"):
        message = record.message
        if said(message).endswith(" INVITE") and message.status >= 300:
            key = (record.element, message.branch or "", message.status)
            if key not in seen:
                seen.add(key)
                finals[key[:2]] += 1
    assert all(count == 1 for count in finals.values())
