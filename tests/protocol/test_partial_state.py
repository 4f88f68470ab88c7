"""What is told of a state in pieces comes to the state itself, whatever was left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from sipsim.message.dialog_info import DialogInfo, DialogState
from sipsim.protocol.partial_state import Told

BOB = "sip:bob@example.com"
STATES = some.dictionaries(
    some.sampled_from("abcde"), some.sampled_from(("trying", "early", "confirmed", "terminated")), max_size=5
)


def document(told: Told, elements: list[DialogState]) -> DialogInfo:
    return DialogInfo(BOB, told.news(elements), told.version, told.whole)


@given(some.lists(some.tuples(STATES, some.booleans()), min_size=1, max_size=8))
def test_news_laid_over_each_other_are_the_whole_state(steps: list[tuple[dict[str, str], bool]]) -> None:
    told, known = Told(), None
    for number, (states, all_is_due) in enumerate(steps):
        told.all_is_due = told.all_is_due or all_is_due
        elements = [DialogState(id, state) for id, state in states.items()]
        news = DialogInfo.read(document(told, elements).body.octets)
        assert news.version == number
        known = news if news.whole or known is None else news.after(known)
        living = {one.id: one.state for one in known.dialogs if one.state != "terminated"}
        assert living == {id: state for id, state in states.items() if state != "terminated"}


def test_what_is_the_same_is_not_told_again() -> None:
    told, one = Told(), DialogState("a", "early")
    other = DialogState("b", "confirmed")
    assert document(told, [one, other]) == DialogInfo(BOB, (one, other), 0, True)
    assert document(told, [one, other]) == DialogInfo(BOB, (), 1, False)
    over = replace(one, state="terminated", event="rejected", code="486")
    assert document(told, [over, other]) == DialogInfo(BOB, (over,), 2, False)
    assert document(told, [over, other]) == DialogInfo(BOB, (), 3, False)


def test_who_never_knew_of_an_element_is_not_told_of_its_end() -> None:
    assert Told().news([DialogState("a", "terminated")]) == ()


def test_where_nobody_knows_what_became_of_an_element_all_is_told() -> None:
    told, one, other = Told(), DialogState("a", "early"), DialogState("b", "early")
    document(told, [one, other])
    assert document(told, [other]) == DialogInfo(BOB, (other,), 1, True)
