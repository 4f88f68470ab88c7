"""I5 and I6: when all has been said nothing is left, and that is soon."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from campaign.stage import Stage

BOUND = 250.0 + 181.0
"""Seconds: a phone that rings, 64*T1 after the CANCEL and once more for the refusal, T4, and Timer C of a proxy."""


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
    lab.drain()
    if lab.env.peek() < inf:
        yield f"something is still to happen at {lab.env.peek():g} s"


def soon_at_rest(stage: Stage) -> Iterator[str]:
    """From the last thing that a user does there is a bound to what still goes on."""
    if (took := stage.rested_at - stage.stopped_at) > BOUND:
        yield f"it takes {took:g} s from the last user's action until all is quiet"
