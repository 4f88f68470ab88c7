"""The fixture that judges every lab of a test: what it complains of, and what it leaves alone."""

from __future__ import annotations

import pytest
import rules_kept
from bench_pair import Wire, request

import sipsim


def odd_call() -> sipsim.Lab:
    """A lab whose alice has sent a BYE with the CSeq 0 after an INVITE with 1."""
    lab = sipsim.Lab()
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    call = lab.user_agent("sip:alice@example.com").call(bob)
    lab.run(call.answered)
    call.dialog.local_seq -= 2
    call.hang_up()
    lab.run()
    return lab


@pytest.mark.breaks("CSQ-02")
def test_a_test_fails_that_breaks_a_rule_and_does_not_say_so() -> None:
    (text,) = rules_kept.complaints([odd_call()], [])
    assert text.startswith("alice, messages 1, 5: BYE has CSeq 0 after 1 (CSQ-02")


@pytest.mark.breaks("CSQ-02")
def test_a_test_breaks_exactly_what_it_says() -> None:
    lab = odd_call()
    assert rules_kept.complaints([lab], ["CSQ-02"]) == []
    assert rules_kept.complaints([lab], ["CSQ-02", "VIA-01"]) == ["VIA-01 is marked as broken, and nothing breaks it"]
    assert rules_kept.complaints([], ["VIA-01"]) == ["VIA-01 is marked as broken, and nothing breaks it"]


def test_what_a_bare_address_sends_is_not_ours() -> None:
    lab = sipsim.Lab()
    bob, tester = lab.user_agent("sip:bob@example.com"), Wire(lab)
    tester.send(request("OPTIONS").replace("Max-Forwards: 70\n", ""), bob)
    lab.run()
    assert {finding.element for finding in lab.trace.check()} == {"tester"} and rules_kept.complaints([lab], []) == []
