"""Lesson 8: a caller who has to say in two domains who she is."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def digest(trace: Trace) -> Iterator[Step]:
    """Two proxies challenge, the third INVITE satisfies both, Bob answers."""
    invites = [record.message for record in records(trace, "sent", "INVITE", "alice") if record.message]
    realms = {proof.realm for invite in invites for proof in invite.proxy_authorization}
    answered = bool(records(trace, "delivered", "200 INVITE", "alice"))
    for realm in ("atlanta.com", "biloxi.com"):
        yield Step(
            f"Alice's phone says at {realm} who she is", realm in realms,
            f"no INVITE of hers has credentials for {realm}: does her phone know a password for that realm?",
        )  # fmt: skip
    yield Step(
        "her call is answered", answered,
        "look at the last response: who refuses, and are name and password the right ones there?",
    )  # fmt: skip
    yield Step(
        "three INVITEs were enough", answered and len(invites) == 3,
        f"{len(invites)} INVITEs leave her phone: one to be challenged by each proxy, and one that satisfies both",
    )  # fmt: skip
