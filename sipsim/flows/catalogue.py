"""The catalogue itself: every scenario by its name, in reading order.

That is the order of the files here, and in each file the order in which its scenarios stand there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from sipsim.flows import (
    answering_early,
    authentication,
    bridging,
    by_android,
    by_pjsua,
    by_stacks,
    by_symbian,
    changing,
    conferring,
    extensions,
    failing,
    media,
    messages,
    odd_requests,
    offering,
    ozeki,
    reaching,
    refusing,
    registering,
    replacing,
    rfc3261,
    rfc3665_failures,
    rfc3665_registrations,
    rfc3665_sessions,
    rfc5359,
    rfc5359_forwarding,
    rfc5359_services,
    rfc6026,
    rfc6228,
    searching,
    session_timing,
    telephones,
    transferring,
    watching,
)
from sipsim.lab.scenario import Scenario

CHAPTERS = (
    ozeki, registering, reaching, searching, failing, refusing, changing, offering, media, answering_early,
    session_timing, messages, replacing, odd_requests, authentication, extensions, watching, transferring, bridging,
    conferring, telephones, rfc3261, rfc3665_registrations, rfc3665_sessions, rfc3665_failures, rfc5359,
    rfc5359_services, rfc5359_forwarding, rfc6026, rfc6228, by_pjsua, by_android, by_symbian, by_stacks,
)  # fmt: skip


def stories(chapter: ModuleType) -> Iterator[Callable[..., Any]]:
    """The functions that a file marks as scenarios, in their order; what it has from others is not among them."""
    for value in vars(chapter).values():
        if isinstance(getattr(value, "scenario", None), Scenario) and value.__module__ == chapter.__name__:
            yield value


def entry(story: Callable[..., Any]) -> Scenario:
    """What the decorator noted about a story."""
    made: Scenario = story.scenario  # type: ignore[attr-defined]
    return made


CATALOGUE: dict[str, Scenario] = {entry(story).name: entry(story) for chapter in CHAPTERS for story in stories(chapter)}
