"""What of a text is shown, how wide it is, and how it's shortened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.pictures.lettering import advance, cells, fit, shorten, shorten_middle, visible

ANY = st.text(st.characters(), max_size=40)  # surrogates, controls and unassigned code points included


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ångström 電話", "Ångström 電話"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\r\nb\tc\x00", r"a\x0d\x0ab\x09c\x00"),
        ("evil\u202etxt.exe", r"evil\u202etxt.exe"),
        (b"\xff\xfeoctets".decode("utf-8", "surrogateescape"), r"\xff\xfeoctets"),
        ("\ud800 \ufffe \u2028", r"\ud800 \ufffe \u2028"),
        ("\U000e0001tag", r"\U000e0001tag"),
    ],
)
def test_what_can_not_be_printed_is_shown_as_its_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY)
def test_whatever_is_visible_can_be_printed_and_encoded(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert visible(shown) == shown


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    assert [cells("bob"), cells("電話"), cells("e\u0301"), cells("")] == [3, 4, 1, 0]


@given(ANY.map(visible), st.integers(0, 30))
def test_a_shortened_text_fits(text: str, room: int) -> None:
    for short in (shorten(text, room), shorten_middle(text, room), shorten(text, room, more="..")):
        assert cells(short) <= room
    if cells(text) <= room:
        assert shorten(text, room) == shorten_middle(text, room) == text


def test_a_name_keeps_the_ends_that_tell_it_from_others() -> None:
    assert shorten_middle("softphone-1", 8) == "softp…-1"
    assert shorten_middle("192.168.100.201", 9) == "192.1…201"
    assert shorten("486 Busy Here", 9) == "486 Busy…"


@given(ANY, st.floats(0, 200))
def test_what_is_fit_to_a_space_is_no_wider(text: str, room: float) -> None:
    assert advance(fit(text, room, 12.5), 12.5) <= room


def test_wide_letters_take_more_room_than_narrow_ones() -> None:
    assert advance("WWW") > advance("VVV") > advance("nnn") > advance("iii")
    assert advance("INVITE", 24) == 2 * advance("INVITE", 12)
