"""The SVG ladder: valid, self-contained, the same bytes each time, true to time and readable by everybody."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import told

from sipsim.errors import UsageError
from sipsim.pictures import display
from sipsim.pictures.display import FAMILIES, STYLES, TONES
from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.drawing.layout import lay_out
from sipsim.pictures.ladder.drawing.placing import place
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.trace import Trace

SVG = "{http://www.w3.org/2000/svg}"


def document(trace: Trace, theme: str = "auto", **options) -> ElementTree.Element:
    return ElementTree.fromstring(Ladder(trace, **options).to_svg(theme))


def calls(number: int) -> Trace:
    """So many calls of 13 messages, one after the other."""
    trace = told.Told("alice", "proxy", "bob")
    for i in range(number):
        for message in Ladder(told.simple_call()).arrows:
            what, cseq, call = message.text, message.method, f"call-{i}"
            at = 20.0 * i + message.sent
            trace.message(at, message.source, message.target, what, sdp=bool(message.badge), cseq=cseq, call=call)
    return trace.trace


@pytest.mark.parametrize("story", told.STORIES)
def test_it_names_and_describes_itself(story: str) -> None:
    trace = told.STORIES[story]()
    root = document(trace)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and description is not None and description.text
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == trace.header["scenario"]
    for arrow in Ladder(trace).arrows:
        assert arrow.label in description.text


def test_every_message_is_a_group_with_its_number_and_its_words() -> None:
    root = document(told.simple_call())
    groups = {group.get("id", "").split("-")[-1]: group for group in root.iter(f"{SVG}g")}
    label = groups["m3"].find(f"{SVG}title")
    assert label is not None and label.text == "3. INVITE from proxy to bob, with SDP, 0.005 s to 0.010 s"
    texts = ["".join(text.itertext()) for text in groups["m3"].iter(f"{SVG}text")]
    assert texts == ["3", "INVITE", "SDP"]


def ids(svg: str) -> list[str]:
    return re.findall(r' id="([^"]*)"', svg)


def test_ids_are_unique_in_a_ladder_and_between_ladders() -> None:
    ladders = [Ladder(story()).to_svg() for story in told.STORIES.values()]
    every = [name for svg in ladders for name in ids(svg)]
    assert len(every) == len(set(every))
    assert ids(ladders[0]) == ids(Ladder(told.simple_call()).to_svg())


def test_it_needs_nothing_from_outside() -> None:
    svg = "".join(Ladder(story()).to_svg(theme) for story in told.STORIES.values() for theme in ("auto", "dark"))
    assert set(re.findall(r"<(\w+)", svg)) <= {"svg", "title", "desc", "style", "g", "path", "rect", "text", "tspan"}
    assert set(re.findall(r"https?:[^\"'\s]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import|href|\bon\w+=", svg)


def test_themes() -> None:
    ladder = Ladder(told.simple_call())
    auto, light, dark = (ladder.to_svg(theme) for theme in ("auto", "light", "dark"))
    assert "prefers-color-scheme:dark" in auto
    assert "prefers-color-scheme" not in light + dark
    assert TONES["paper"][1] in auto and TONES["paper"][1] not in light and TONES["paper"][0] not in dark
    with pytest.raises(UsageError, match=r"theme='sepia'.*'auto', 'light', 'dark'"):
        ladder.to_svg("sepia")


PROGRAM = """
import hashlib, told
from sipsim.pictures.ladder.ladder import Ladder
ladders = [Ladder(story()) for story in told.STORIES.values()]
print(hashlib.sha256("".join(f"{l.to_svg()}{l}" for l in ladders).encode()).hexdigest())
"""


@pytest.mark.covers("B7")
@pytest.mark.parametrize("seed", ["0", "4711"])
def test_equal_traces_are_equal_bytes_whatever_the_hash_seed(seed: str) -> None:
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    ladders = [Ladder(story()) for story in told.STORIES.values()]
    expected = hashlib.sha256("".join(f"{ladder.to_svg()}{ladder}" for ladder in ladders).encode()).hexdigest()
    assert done.stdout.strip() == expected


def test_numbers_are_written_with_one_decimal() -> None:
    svg = "".join(Ladder(story()).to_svg() for story in told.STORIES.values())
    coordinates = re.findall(r'(?: d| x| y| width| height| transform)="([^"]*)"', svg)
    assert coordinates and not any(re.search(r"\.\d\d|e-|nan|inf", text) for text in coordinates)


def test_the_drawing_grows_with_the_messages_and_no_faster() -> None:
    small, large = (sum(1 for _ in document(calls(n), max_rows=None).iter()) for n in (8, 16))
    assert large < 2 * small
    assert len(Ladder(calls(16)).to_svg()) < 1000 * 13 * 16


def test_two_hundred_messages_are_all_there() -> None:
    trace = calls(16)
    groups = [g for g in document(trace).iter(f"{SVG}g") if re.search(r"-m\d+$", g.get("id", ""))]
    assert len(groups) == 208
    assert len(Ladder(trace).to_text().splitlines()) > 208


def shapes(items: tuple[display.Shape, ...]) -> Iterator[display.Shape]:
    for shape in items:
        yield shape
        if isinstance(shape, display.Group):
            yield from shapes(shape.items)


@pytest.mark.parametrize("story", told.STORIES)
def test_time_runs_downwards_and_an_arrow_falls_with_its_latency(story: str) -> None:
    ladder = Ladder(told.STORIES[story]())
    places = place(ladder.model, Axis(ladder.rows), 0.0).places
    moments = []
    for row, at in zip(ladder.rows, places, strict=True):
        moments.append((row.begin, at.top))
        if row.end is not None:
            assert at.end > at.top
            moments.append((row.end[0], at.end))
    heights: dict[float, list[float]] = {}
    for time, height in moments:
        heights.setdefault(time, []).append(height)
    ordered = [heights[time] for time in sorted(heights)]
    assert all(max(before) <= min(after) for before, after in pairwise(ordered))


def test_what_happens_at_once_stands_at_one_height() -> None:
    trace = told.Told("alice", "proxy", "bob")
    trace.message(0.0, "alice", "proxy", "INVITE")
    trace.message(0.005, "proxy", "alice", "100 Trying")
    trace.message(0.005, "proxy", "bob", "INVITE")
    ladder = Ladder(trace.trace)
    first, trying, second = place(ladder.model, Axis(ladder.rows), 0.0).places
    assert first.end == trying.top == second.top
    assert trying.end == second.end


def test_long_gaps_are_folded_but_longer_ones_are_higher() -> None:
    axis = Axis(Ladder(told.simple_call()).rows)
    heights = [axis.height(gap) for gap in (0.0025, 0.005, 0.5, 1.0, 2.0, 4.0, 32.0)]
    assert heights == sorted(heights) and heights[1] == 2 * heights[0]
    assert heights[-1] < 6 * heights[1]
    assert [axis.folded(gap) for gap in (0.005, 0.04, 0.5)] == [False, False, True]


def test_a_fork_fans_out_from_one_point() -> None:
    trace = told.Told("alice", "proxy", "bob-1", "bob-2", "bob-3")
    trace.message(0.0, "alice", "proxy", "INVITE")
    for phone in ("bob-1", "bob-2", "bob-3"):
        trace.message(0.005, "proxy", phone, "INVITE", sdp=True)
    ladder = Ladder(trace.trace)
    _, *fan = place(ladder.model, Axis(ladder.rows), 0.0).places
    assert len({at.top for at in fan}) == 1
    assert [at.space for at in fan] == [1, 2, 3]


def test_a_lost_message_ends_in_a_cross_and_a_copy_is_dashed() -> None:
    ladder = Ladder(told.lost_answer())
    groups = {s.name: s for s in shapes(lay_out(ladder.model, "", "").shapes) if isinstance(s, display.Group)}
    lost, again = (groups[name].items for name in ("m3", "m4"))
    assert any(isinstance(s, display.Line) and s.style == "cross" for s in lost)
    assert [s.head for s in lost if isinstance(s, display.Arrow)] == ["none"]
    assert [s.dashed for s in again if isinstance(s, display.Arrow)] == [True]
    remarks = [s.text for s in shapes(lost) if isinstance(s, display.Text) and s.style == "why"]
    assert remarks == ["lost: dropped on request"]


def test_requests_and_responses_differ_by_their_heads() -> None:
    ladder = Ladder(told.simple_call())
    heads = [s.head for s in shapes(lay_out(ladder.model, "", "").shapes) if isinstance(s, display.Arrow)]
    assert heads == ["open" if a.family[0].isdigit() else "filled" for a in ladder.arrows]


def test_every_style_in_use_is_defined() -> None:
    for story in told.STORIES.values():
        picture = lay_out(Ladder(story()).model, "title", "foot")
        used = {s.style for s in shapes(picture.shapes) if not isinstance(s, display.Group)}
        assert used <= STYLES.keys()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_lines_stand_out_from_the_paper(dark: bool) -> None:
    paper = TONES["paper"][dark]
    for style in STYLES.values():
        if style.size and style.fill != "paper":
            assert contrast(TONES[style.fill][dark], paper) >= 4.5, style
    for tone in FAMILIES.values():
        assert contrast(TONES[tone][dark], paper) >= 3.0, tone
        assert contrast(TONES[f"deep-{tone}"][dark], paper) >= 4.5, tone  # a number stands on it in paper's colour
    assert contrast(TONES["ink"][dark], TONES["panel"][dark]) >= 4.5
    assert contrast(TONES["ink"][dark], TONES["amber"][dark]) >= 4.5


def test_print_is_black_on_white() -> None:
    svg = told.crashed_proxy().ladder(findings=True, color="call").to_svg("print")
    assert set(re.findall(r"#[0-9a-f]{6}", svg)) == {"#000000", "#ffffff"}
    assert "prefers-color-scheme" not in svg


def test_heads_of_arrows_between_the_same_lifelines_leave_room_for_words() -> None:
    trace = told.Told("alice", "proxy")
    for _ in range(3):
        trace.sent(0.0, "proxy", "alice", "180 Ringing")
    for id in range(1, 4):
        trace.trace.delivered(0.005, "alice", id)
    groups = [shape for shape in trace.trace.ladder().picture().shapes if isinstance(shape, display.Group)]
    ends = sorted(item.y2 for group in groups for item in group.items if isinstance(item, display.Arrow))
    assert len(ends) == 3
    assert all(later - earlier >= 20 for earlier, later in pairwise(ends))
