"""Causes become statuses and the other way round, by the tables of RFC 3398; nothing unknown stays without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.message.codes import CODES
from sipsim.message.rare_fields import Parameterised, WarningValue
from sipsim.protocol import isup


@pytest.mark.parametrize(
    ("cause", "status"),
    [(1, 404), (17, 486), (18, 408), (19, 480), (21, 403), (22, 410), (27, 502), (28, 484), (34, 503), (65, 488),
     (79, 501), (102, 504)],
)  # fmt: skip
def test_a_cause_becomes_a_status(cause: int, status: int) -> None:
    assert isup.status_of(cause) == status


@pytest.mark.parametrize(
    ("status", "cause"),
    [(401, 21), (404, 1), (405, 63), (410, 22), (480, 18), (483, 25), (484, 28), (486, 17), (502, 38),
     (504, 102), (600, 17), (603, 21)],
)  # fmt: skip
def test_a_status_becomes_a_cause(status: int, cause: int) -> None:
    assert isup.cause_of(status) == cause


def test_a_user_who_rejects_declines_everywhere() -> None:
    assert isup.status_of(21, {"location": "user"}) == 603
    assert isup.status_of(17, {"location": "user"}) == 486


def test_a_number_that_has_changed_is_gone_or_has_moved() -> None:
    assert isup.status_of(22, {"diagnostic": "national 205550101"}) == 301
    assert isup.status_of(17, {"diagnostic": "national 205550101"}) == 486


@given(st.integers(1, 127))
def test_every_cause_has_a_final_response_that_exists(cause: int) -> None:
    assert isup.status_of(cause) in CODES and isup.status_of(cause) >= 400
    assert isup.name_of(cause)
    assert isup.cause_in([Parameterised.parse(isup.reason(cause))], 0) == cause


@given(st.integers(300, 699))
def test_every_final_response_has_a_cause_that_has_a_name(status: int) -> None:
    assert isup.cause_of(status) in isup.CAUSES


@pytest.mark.parametrize("status", [302, 305, 422, 487, 499, 599, 699])
def test_a_status_that_is_not_listed_is_normal_and_unspecified(status: int) -> None:
    """RFC 3398 §8.2.6.1."""
    assert isup.cause_of(status) == 31


def test_what_a_warning_says_of_media_is_a_matter_of_the_bearer() -> None:
    assert isup.cause_of(488, [WarningValue(305, "gw", "")]) == 65
    assert isup.cause_of(488, [WarningValue(399, "gw", "")]) == isup.cause_of(606) == 31


@given(st.text(max_size=5))
def test_a_reason_that_is_no_cause_counts_for_nothing(text: str) -> None:
    """Anybody may write a Reason header field."""
    plain = f'Q.850;cause="{text}"' if text.isalnum() and text.isascii() else "Q.850"
    known = [str(number) for number in range(1, 128)]
    assert isup.cause_in([Parameterised.parse(plain)], 16) == (int(text) if text in known else 16)
    assert isup.cause_in([Parameterised.parse("SIP;cause=600")], 16) == 16


def test_a_message_is_called_by_what_matters_most_of_it() -> None:
    assert isup.label("REL", {"cause": 17, "location": "user"}) == "REL 17 user busy"
    assert isup.label("IAM", {"called": "national 205550100", "bearer": "speech"}) == "IAM national 205550100"
    assert isup.label("ACM", {"status": "no indication", "cause": 22}) == "ACM no indication"
    assert isup.label("CPG", {"event": "progress", "notification": "remote hold"}) == "CPG progress remote hold"
    assert isup.label("REL", {"cause": 99}) == "REL 99 unknown cause"
