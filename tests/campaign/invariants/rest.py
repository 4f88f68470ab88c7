"""I5 and I6: when all has been said nothing is left, and that is soon."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

from campaign.stage import Stage

from sipsim.simulation.timers import Lane

BOUND, TIMER_C = 250.0, 181.0
"""Seconds: a phone that rings, 64*T1 after the CANCEL and once more for the refusal, T4; and Timer C of a proxy."""
MAY_LAST = ("binding expiry", "registration expiry", "refresh")
"""The timers of registrations that stand."""


def nothing_left(stage: Stage) -> Iterator[str]:
    """No transaction, call, dialog or branch of a fork; after a drain no timer and no event either."""
    lab = stage.lab
    yield from lab.leftovers()
    for phone in stage.phones.values():
        for key in phone.dialogs:
            yield f"{phone.name} keeps the dialog {key}"
    for domain, registrar in stage.registrars.items():
        for context in getattr(registrar, "_contexts", ()):
            yield f"{domain} keeps a response context of {context!r}"
    for text in [str(error) for error in lab.errors]:
        yield f"an exception: {text}"
    yield from _timers(stage)
    lab.drain()
    if lab.env.peek() < inf:
        yield f"something is still to happen at {lab.env.peek():g} s"


def _timers(stage: Stage) -> Iterator[str]:
    """What is still to happen after the time in which transactions are forgotten: registrations, nothing else."""
    renewed = {branch for element in stage.lab.elements.values() for branch in _of_registers(element)}
    for _, _, _, fn, source in stage.lab.env._agenda:
        if fn is not None:
            yield f"{fn} is still to be called with {source}"
            continue
        for timer in source if isinstance(source, Lane) else (source,):
            alarm = getattr(timer.fn, "__self__", None)
            if timer.fn is None or getattr(alarm, "name", "") in MAY_LAST or getattr(alarm, "branch", "") in renewed:
                continue
            what = f"{getattr(alarm, 'name', timer.fn)} of {getattr(alarm, '_host', '?')}"
            yield f"{what} is still set, for {timer.when:g} s"


def _of_registers(element: Any) -> list[str]:
    exchanges = [*element.clients.values(), *element.servers.values()]
    return [exchange.request.branch for exchange in exchanges if exchange.request.method == "REGISTER"]


def soon_at_rest(stage: Stage) -> Iterator[str]:
    """From the last thing that a user does there is a bound to what still goes on."""
    bound = BOUND + TIMER_C * bool(stage.plan.proxies)
    if (took := stage.rested_at - stage.stopped_at) > bound:
        yield f"it takes {took:g} s from the last user's action until all is quiet"
