"""Words in a drawn ladder keep clear of one another: labels of labels, and what is said at lifelines of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import cos, radians, sin, tan

import pytest
import told

import sipsim
from sipsim.pictures.display import Arrow, Box, Group, Picture, Shape, Text
from sipsim.pictures.ladder.drawing.sheet import Spot
from sipsim.pictures.lettering import advance, wrapped

EVERYTHING = ("transactions", "dialogs", "timers", "reasons")
MESSY = {
    "fork": {"seed": 7},
    "glare": {"seed": 7},
    "lost-200": {"seed": 7},
    "crossing-cancel": {"seed": 7},
    "out-of-order": {"seed": 7},
    "ozeki": {"seed": 9, "loss": 0.3},
}


def chips(shapes: tuple[Shape, ...], group: Group | None = None) -> Iterator[Spot]:
    """The numbers of messages, each as wide and as high as it is drawn."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from chips(shape.items, shape)
        elif isinstance(shape, Box) and shape.style.startswith("chip-") and group is not None:
            turn = radians(group.angle)
            x, y = shape.x + shape.width / 2, shape.y + shape.height / 2
            middle = group.x + x * cos(turn) - y * sin(turn), group.y + x * sin(turn) + y * cos(turn)
            yield Spot(*middle, shape.width / 2, shape.height / 2, row=1, slope=tan(turn))


def said(shapes: tuple[Shape, ...], styles: tuple[str, ...], group: Group | None = None) -> Iterator[Spot]:
    """Words of these styles, as they are drawn: level, or along their arrow."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from said(shape.items, styles, shape)
        elif isinstance(shape, Text) and shape.style in styles:
            half, turn = advance(shape.text, 10) / 2, radians(group.angle if group else 0.0)
            x = shape.x + {"start": half, "middle": 0.0, "end": -half}[shape.anchor] + (group.x if group else 0.0)
            y = shape.y - 3.5 + (group.y if group else 0.0)
            yield Spot(x, y, half * cos(turn), 4.0, row=2, slope=tan(turn))


def lines(shapes: tuple[Shape, ...]) -> Iterator[Spot]:
    """Arrows from one lifeline to another."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from lines(shape.items)
        elif isinstance(shape, Arrow) and shape.x1 != shape.x2:
            (x, y), slope = (shape.x1 + shape.x2, shape.y1 + shape.y2), (shape.y2 - shape.y1) / (shape.x2 - shape.x1)
            yield Spot(x / 2, y / 2, abs(shape.x2 - shape.x1) / 2, 1.0, row=3, slope=slope)


def picture(name: str, **options) -> Picture:
    return sipsim.run(name, **MESSY[name]).ladder(**options).picture()


@pytest.mark.parametrize("marks", [(), EVERYTHING])
@pytest.mark.parametrize("name", MESSY)
def test_no_number_covers_another_one(name: str, marks: tuple[str, ...]) -> None:
    numbers = list(chips(picture(name, marks=marks, findings=True).shapes))
    assert len(numbers) > 5
    assert [(a, b) for a, b in combinations(numbers, 2) if a._replace(row=0).covers(b)] == []


@pytest.mark.parametrize("name", MESSY)
def test_what_is_said_at_lifelines_covers_no_number_and_no_remark(name: str) -> None:
    shapes = picture(name, marks=EVERYTHING).shapes
    covered = [*chips(shapes), *(spot._replace(row=1) for spot in said(shapes, ("why",)))]
    words = list(said(shapes, ("inner-text",)))
    assert words
    assert [(a, b) for a in words for b in covered if a.covers(b)] == []


@pytest.mark.parametrize("details", [(), ("codecs", "gaps")])
@pytest.mark.parametrize("name", MESSY)
def test_what_is_said_at_lifelines_stands_clear_of_arrows(name: str, details: tuple[str, ...]) -> None:
    """What an element sends leaves below the words about that instant; in a fork one arrival finds no other way."""
    shapes = picture(name, marks=EVERYTHING, details=details).shapes
    crossed = [(a, b) for a in said(shapes, ("inner-text",)) for b in lines(shapes) if a.covers(b) > 6]
    assert len(crossed) <= (name == "fork"), crossed


def test_lines_and_slanted_words_are_known_as_they_are() -> None:
    words = Spot(100, 100, 40, 7, 1, 0.2)
    assert words.covers(Spot(100, 100, 80, 1, 2, -0.2)) > 0  # a line across
    assert words.covers(Spot(100, 110, 80, 1, 2, 0.2)) == 0  # one beside them, all along
    assert words.covers(Spot(100, 107, 80, 1, 2, 0.2)) == 80  # a parallel one through their lower edge
    assert words.covers(Spot(190, 118, 20, 1, 2, 0.2)) == 0  # one that begins beyond them
    assert words.covers(words) == 0


def test_a_word_of_a_whole_datagram_is_broken_in_a_moment() -> None:
    lines = wrapped("A" * 60_000 + " end", 300.0, 10.5)
    assert "".join(lines).count("A") == 60_000 and lines[-1].endswith("end")
    assert max(advance(line, 10.5) for line in lines) <= 300.0


def plates(shapes: tuple[Shape, ...], style: str = "media-box") -> Iterator[Spot]:
    """What media bars or notes say, in their boxes."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from plates(shape.items, style)
        elif isinstance(shape, Box) and shape.style == style:
            x, y = shape.x + shape.width / 2, shape.y + shape.height / 2
            yield Spot(x, y, shape.width / 2, shape.height / 2, row=4)


def test_a_media_bar_leaves_the_words_of_a_crash_to_be_read() -> None:
    shapes = sipsim.run("expired-session", seed=12).ladder(repeats="folded").picture().shapes
    (words,) = [spot for spot in said(shapes, ("fault-text",)) if spot.y > 0]
    (plate,) = plates(shapes)
    assert plate.covers(words) == 0
    assert Spot(words.x, words.y, 9, 9).covers(words._replace(row=-1)) > 0  # what belongs to no row is in nobody's own


def test_a_narrow_ladder_is_as_wide_as_its_title() -> None:
    shapes = sipsim.run("expired-session", seed=12).ladder().picture().shapes
    (title,) = [shape for shape in shapes if isinstance(shape, Text) and shape.style == "title"]
    assert title.text == "expired-session: Nobody is there any more: a session expires"


def test_a_name_that_is_cut_stands_in_full_below() -> None:
    trace = told.Told("alice", "bob")
    phrase = "480 Temporarily Unavailable because of lunch until two"
    trace.sent(0.0, "bob", "alice", phrase)
    groups = [shape for shape in trace.trace.ladder().picture().shapes if isinstance(shape, Group)]
    words = [item.text for group in groups for item in group.items if isinstance(item, Text)]
    assert f"In full 1 {phrase}" in " ".join(words)


def test_what_became_of_a_message_stands_in_front_of_later_lines() -> None:
    shapes = sipsim.run("rude-partner").ladder().picture().shapes
    groups = [shape for shape in shapes if isinstance(shape, Group) and shape.name.startswith("m")]
    told = [any(said(group.items, ("why",))) for group in groups]
    assert sum(told) > 1 and told == sorted(told)


@pytest.mark.parametrize("name", ["rude-partner", "overload"])
def test_what_became_of_a_message_runs_along_its_arrow_and_covers_no_other_remark(name: str) -> None:
    shapes = sipsim.run(name, seed=7).ladder().picture().shapes
    remarks = list(said(shapes, ("why",)))
    assert len([spot for spot in remarks if spot.slope]) > 1  # of those that arrived
    apart = [spot._replace(row=i) for i, spot in enumerate(remarks)]
    assert [(a, b) for a, b in combinations(apart, 2) if a.covers(b)] == []
    if name == "rude-partner":  # one after the other from the same side: no line crosses a remark
        assert [(a, b) for a in apart for b in lines(shapes) if a._replace(row=5).covers(b)] == []


def test_timers_that_fire_cover_no_number_of_a_copy_that_gets_lost() -> None:
    shapes = sipsim.run("rfc3665-3.10", seed=7).ladder(marks="timers").picture().shapes
    fired = list(said(shapes, ("inner-text",)))
    assert len(fired) > 6
    assert [(a, b) for a in fired for b in chips(shapes) if a.covers(b)] == []


def test_a_note_while_a_message_is_on_its_way_stands_beside_it_where_there_is_room() -> None:
    trace = told.Told("alice", "proxy", "bob")
    sent = trace.sent(0.0, "alice", "proxy", "INVITE")
    trace.trace.add("note", 0.2, text="half way")
    trace.trace.delivered(0.4, "proxy", sent)
    shapes = trace.trace.ladder().picture().shapes
    (plate,) = plates(shapes, "note")
    assert [line for line in lines(shapes) if line.covers(plate)] == []


def test_what_media_say_stands_beside_a_band_that_is_full_of_messages() -> None:
    shapes = sipsim.run("crossing-cancel", seed=7).ladder().picture().shapes
    (plate,) = plates(shapes)  # of both ends, although one hung up before the other began
    assert [line for line in lines(shapes) if line.covers(plate)] == []
    assert not any(plate.covers(chip) for chip in chips(shapes))


def test_words_of_a_fault_have_room_between_two_lifelines() -> None:
    trace = told.Told("alice", "bob")
    trace.message(0.0, "alice", "bob", "OPTIONS")
    trace.fault(1.0, "crash", "the network card of alice is down", "alice")
    trace.fault(2.0, "crash", "all that bob has is down as well", "bob")
    said = words(trace.trace.ladder().picture())
    assert {"the network card of alice is down", "all that bob has is down as well"} <= set(said)
    assert "In full" not in said


def words(picture: Picture) -> list[str]:
    """All that is written in a picture."""

    def written(shapes: tuple[Shape, ...]) -> Iterator[str]:
        for shape in shapes:
            if isinstance(shape, Group):
                yield from written(shape.items)
            elif isinstance(shape, Text):
                yield shape.text

    return list(written(picture.shapes))


def test_many_columns_stand_closer_and_names_that_are_cut_stand_in_full_below() -> None:
    names = [f"telephone-number-{i}-in-the-room-on-the-left" for i in range(12)]
    trace = told.Told(*names)
    for i, (one, other) in enumerate(pairwise(names)):
        trace.message(0.01 * i, one, other, "OPTIONS")
    picture = trace.trace.ladder().picture()
    boxes = [shape.width for shape in picture.shapes if isinstance(shape, Box) and shape.style == "header"]
    assert len(boxes) == 12 and max(boxes) < 200
    said = words(picture)
    assert not any(name in said for name in names)
    assert all(any(line.endswith(f" is {name}") for line in said) for name in names)


def test_codecs_that_have_no_room_leave_the_name_of_their_message() -> None:
    from sipsim.pictures.ladder.drawing.labels import Label

    ladder = told.simple_call().ladder()
    arrow = ladder.arrows[0]
    arrow.badge = "SDP PCMU PCMA GSM iLBC speex"
    for width in (130.0, 180.0, 220.0, 400.0):
        label = Label(arrow)
        assert label.shown(width) == arrow.text
        assert label.badged(width).startswith("SDP")
        assert label.badged(width).endswith("…") == (width < label.width)


def test_an_empty_ladder_says_so() -> None:
    assert "no messages" in words(told.Told().trace.ladder().picture())
