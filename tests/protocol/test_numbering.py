"""Telephone numbers, dialled, in URIs and in ISUP: they mean the same all the way, or are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.message.uri import Uri
from sipsim.protocol.numbering import DialPlan

PLAN = DialPlan("31", "20")
WHOLE = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@pytest.mark.parametrize(
    "dialled", ["+31205550100", "0031205550100", "0205550100", "5550100", "555-01.00", "020 (555) 0100"]
)
def test_one_telephone_is_dialled_in_many_ways(dialled: str) -> None:
    assert PLAN.whole(dialled) == "+31205550100"


@pytest.mark.parametrize("dialled", ["", "+", "bob", "+31x", "++31205550100", "٣١٢٠٥٥٥", "+0205550100", "#31#555"])
def test_what_is_no_number_is_none(dialled: str) -> None:
    assert PLAN.whole(dialled) == ""


@given(WHOLE)
def test_a_number_means_the_same_after_isup(number: str) -> None:
    """RFC 3398 §12: national without the own country code, else international."""
    assert PLAN.e164(PLAN.isup(number)) == number
    assert PLAN.isup(number).startswith("national" if number.startswith("+31") else "international")


def test_a_subscribers_number_is_one_of_the_area() -> None:
    assert PLAN.e164("subscriber 5550100") == "+31205550100"


@given(WHOLE)
def test_a_number_means_the_same_as_tel_and_as_sip_uri(number: str) -> None:
    assert PLAN.called(Uri.parse(f"tel:{number}")) == number
    assert PLAN.called(Uri.parse(f"sip:{number}@gw.example.com;user=phone")) == number


@pytest.mark.parametrize("context", ["+31", "+31-20", "+3120", "Office.example.com"])
def test_a_local_number_is_dialled_as_in_its_context(context: str) -> None:
    """A context is a name for a plan, and is not put before the number (RFC 3966 §5.1.5)."""
    plan = DialPlan("31", "20", "office.example.com")
    for uri in (f"tel:555-0100;phone-context={context}", f"sip:5550100;phone-context={context}@gw.example.com"):
        assert plan.called(Uri.parse(uri)) == "+31205550100"


@pytest.mark.parametrize("params", ["phone-context=+44", "phone-context=+312", "phone-context=other.example.com",
                                    "phone-context=+31;m-what=1"])  # fmt: skip
def test_a_number_of_a_plan_that_is_not_known_can_not_be_dialled(params: str) -> None:
    refused = PLAN.called(Uri.parse(f"tel:5550100;{params}"))
    assert not isinstance(refused, str) and refused.status == 484
    assert PLAN.called(Uri.parse("tel:+31-20-5550100;phone-context=+44")) == "+31205550100"


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sip:bob@gw.example.com", 404), ("sip:gw.example.com", 404), ("tel:+3120", 484),
        ("sip:+3@gw.example.com", 484),
        ("tel:+3120555010012345", 404), ("tel:*31#", 404), ("tel:+0205550100", 404), ("mailto:bob@example.com", 404),
        ("tel:5550100;phone-context=+abc", 484), ("sip:%2B31205550100@gw.example.com", 404),
    ],
)  # fmt: skip
def test_a_malformed_number_has_its_status(uri: str, status: int) -> None:
    refused = PLAN.called(Uri.parse(uri))
    assert not isinstance(refused, str) and refused.status == status


@given(st.text(alphabet="+0123456789;=-abphone.context%()*#", max_size=40))
def test_whatever_stands_for_a_user_is_a_number_or_refused(user: str) -> None:
    try:
        uri = Uri.parse(f"sip:{user}@gw.example.com")
    except SipParseError:
        return
    found = PLAN.called(uri)
    if isinstance(found, str):
        assert found[0] == "+" and found[1:].isdigit() and 7 <= len(found) - 1 <= 15
    else:
        assert found.status in (404, 484)
