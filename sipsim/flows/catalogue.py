"""The catalogue itself: every scenario by its name, in reading order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.flows import rfc3665_failures as failed
from sipsim.flows import rfc3665_registrations as registered
from sipsim.flows import rfc3665_sessions as sessions
from sipsim.flows.authentication import password, proxy_password, stale_nonce, two_realms, wrong_password
from sipsim.flows.changing import (
    crossing_cancel,
    delayed_offer,
    glare,
    moving,
    redirect_to_tcp,
    refused_change,
    reinvite,
    two_answers,
)
from sipsim.flows.extensions import agreement, refer, subscribe
from sipsim.flows.failing import busy, cancel, lost_200, proxy_crash
from sipsim.flows.odd_requests import odd_request, out_of_order, too_many_hops
from sipsim.flows.ozeki import ozeki, ozeki_direct
from sipsim.flows.reaching import alternative, choices, fork, redirect, two_proxies, use_proxy
from sipsim.flows.refusing import forwarded, gateway, nobody, progress, queued, refused, silence
from sipsim.flows.registering import bindings, brief, refresh, register, register_for_another, two_phones
from sipsim.flows.rfc3261 import registration_example, session_setup
from sipsim.lab.scenario import Scenario

STORIES: tuple[Callable[..., Any], ...] = (
    ozeki, ozeki_direct,
    register, two_phones, bindings, refresh, brief, register_for_another,
    two_proxies, fork, redirect, choices, use_proxy, alternative,
    busy, refused, queued, progress, forwarded, cancel, nobody, silence, gateway, lost_200, proxy_crash,
    reinvite, refused_change, glare, delayed_offer, moving, redirect_to_tcp, two_answers, crossing_cancel,
    odd_request, out_of_order, too_many_hops,
    password, wrong_password, stale_nonce, proxy_password, two_realms,
    refer, subscribe, agreement,
    registration_example, session_setup,
    registered.new_registration, registered.wrong_password,
    sessions.session, sessions.two_proxies, sessions.two_challenges, sessions.proxy_failure, sessions.redirected,
    sessions.new_address,
    failed.no_answer, failed.busy, failed.no_response, failed.unavailable,
)  # fmt: skip


def entry(story: Callable[..., Any]) -> Scenario:
    """What the decorator noted about a story."""
    made: Scenario = story.scenario  # type: ignore[attr-defined]
    return made


CATALOGUE: dict[str, Scenario] = {entry(story).name: entry(story) for story in STORIES}
