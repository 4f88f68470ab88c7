"""The catalogue itself: every scenario by its name, in reading order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.flows import rfc3665_failures as failed
from sipsim.flows.failing import busy, cancel, lost_200, proxy_crash
from sipsim.flows.ozeki import ozeki, ozeki_direct
from sipsim.flows.reaching import fork, redirect, two_proxies
from sipsim.flows.registering import register
from sipsim.flows.rfc3261 import registration_example, session_setup
from sipsim.flows.rfc3665_sessions import session
from sipsim.lab.scenario import Scenario

STORIES: tuple[Callable[..., Any], ...] = (
    ozeki, ozeki_direct, register, two_proxies, fork, redirect, busy, cancel, lost_200, proxy_crash,
    registration_example, session_setup,
    session,
    failed.no_answer, failed.busy, failed.unavailable,
)  # fmt: skip


def entry(story: Callable[..., Any]) -> Scenario:
    """What the decorator noted about a story."""
    made: Scenario = story.scenario  # type: ignore[attr-defined]
    return made


CATALOGUE: dict[str, Scenario] = {entry(story).name: entry(story) for story in STORIES}
