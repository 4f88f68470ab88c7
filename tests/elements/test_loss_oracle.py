"""How often requests fail over a link that loses packets: as often as arithmetic says, within four sigma."""

from __future__ import annotations

from math import sqrt

import pytest

import sipsim

COPIES = 11
"""Of a request other than INVITE before timer F fires: at 0, 0.5, 1.5, 3.5 s, then every 4 s (RFC 3261 §17.1.2.2)."""


@pytest.mark.parametrize(("loss", "requests", "seed"), [(0.5, 2500, 1), (0.7, 1200, 2)])
def test_a_request_fails_as_often_as_all_its_copies_or_their_answers_get_lost(
    loss: float, requests: int, seed: int
) -> None:
    """Each copy is answered once it is there, whatever became of the others: (1-(1-p)^2)^11."""
    lab = sipsim.Lab(seed=seed, loss=loss, trace="off")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    asked = [alice.options(str(bob.contact_uri)) for _ in range(requests)]
    lab.run()
    failed = sum(not outcome.ok for outcome in asked)
    expected = (1 - (1 - loss) ** 2) ** COPIES
    sigma = sqrt(requests * expected * (1 - expected))
    assert abs(failed - requests * expected) < 4 * sigma, (
        f"{failed} failed, {requests * expected:.0f} were to be expected"
    )
    assert sigma < 0.12 * requests * expected  # else a difference that matters would go unnoticed
