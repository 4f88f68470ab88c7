"""Payloads, places, writers, beside pictures: all that goes to a terminal, and the panel's HTML, obeys no message."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
import test_hostile_pictures as hostile
import told
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.cli import main
from sipsim.errors import SipParseError
from sipsim.message.message import parse
from sipsim.pictures.stored import difference
from sipsim.teaching.explain import as_text, explain
from sipsim.teaching.lanes import Lanes
from sipsim.trace.checker.rule import MUST, Finding
from sipsim.trace.comparison import Difference, Step
from sipsim.trace.trace import Trace
from sipsim.trace.walks import Walks
from sipsim.widgets.card import chip
from sipsim.widgets.clicks import Click, replayed, row
from sipsim.widgets.inspector import as_html
from sipsim.widgets.interceptor import complaint
from sipsim.widgets.line import Line, quoted
from sipsim.widgets.octets import octets, written
from sipsim.widgets.states import told as walk_told

ALLOWED = {"b", "br", "code", "em", "div", "li", "p", "pre", "span", "table", "td", "th", "time", "tr", "ul"}
ALLOWED |= {"tbody", "thead", "style"}


class Markup(HTMLParser):
    """What a browser would make of a piece of HTML: its tags and attributes, and whether its texts can be seen."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.odd: list[object] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.odd += [tag] if tag not in ALLOWED else []
        self.odd += [(name, value) for name, value in attrs if name not in ("class", "scope", "role")]

    def handle_data(self, data: str) -> None:
        self.odd += [] if data.replace("\n", "").isprintable() else [data]

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def printed(text: str) -> bool:
    """Whether a terminal shows it and does nothing."""
    return text.replace("\n", "").isprintable()


def trace_with(payload: str) -> Trace:
    """The payload in all places that pictures show, in kinds and keys, and in a lane."""
    trace = hostile.hostile(payload)
    trace.add(f"x{payload}", 6.0, payload, **{f"k{payload}": payload})
    trace.add("binding", 6.0, payload, action="add", aor=payload, contact=payload, expires=60.0)
    return trace


@pytest.mark.parametrize("part", range(4))
def test_a_terminal_shows_it_and_does_nothing(part: int) -> None:
    for payload in hostile.PAYLOADS[part::4]:
        trace = trace_with(payload)
        for record in trace:
            assert printed(str(record)) and printed(str(trace.why(record)))
        assert printed(as_text(explain(trace)))
        for finding in (*trace.check(), Finding(payload, MUST, payload, payload, (1,), payload)):
            assert printed(str(finding))
        step = Step(payload, payload, payload, payload, 2, payload)
        assert printed(str(Difference(payload, payload, step, None)))
        assert printed(str(Lanes({payload: trace}, payload)))


@pytest.mark.parametrize("part", range(4))
def test_nor_does_the_panel(part: int) -> None:
    for payload in hostile.PAYLOADS[part::4]:
        trace = trace_with(payload)
        pieces = [as_html(about, trace.message(about["number"]).raw) for about in explain(trace)]
        click = Click(0.0, Line(f"x = {quoted(payload)}", lambda: None, payload), payload)
        pieces += [row(click), chip("good", payload), Lanes({payload: trace}, payload)._repr_html_()]
        for piece in pieces:
            assert not Markup(piece).odd
        compile(replayed(click), "script", "exec")
        assert eval(quoted(payload)) == payload
        assert all(printed(walk_told(walk)) for walk in Walks(trace))


def test_a_body_stands_in_its_lines() -> None:
    trace = told.simple_call()
    shown = as_html(explain(trace, 1)[0], trace.message(1).raw)
    assert "<pre>v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n" in shown


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=200)
def test_whatever_is_typed_stands_in_python_as_it_is(text: str) -> None:
    line = quoted(text)
    assert eval(line) == text and line.isascii() and printed(line) and line.startswith('"')
    assert isinstance(complaint(octets(text)), str)


@given(st.binary(max_size=80))
def test_octets_go_into_the_editor_and_out_again(data: bytes) -> None:
    assert octets(written(data)) == data and printed(written(data))


@pytest.mark.parametrize("payload", hostile.CORES)
def test_the_command_line_shows_it_too(payload: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, trace = tmp_path / "hostile.jsonl", trace_with(payload)
    trace.header["elements"][1]["addresses"] = ["192.0.2.2:5060"]  # what is no address is refused, see below
    trace.save(file)
    for words in (["ladder"], ["explain"], ["check"], ["ladder", "--appendix", "messages", "--findings"]):
        assert main([words[0], str(file), *words[1:]]) in (0, 1)
        out, error = capsys.readouterr()
        assert out and printed(out) and not error
    trace.header["elements"][1]["addresses"] = [payload]
    trace.save(file)
    assert main(["ladder", str(file)]) == 2
    assert printed(capsys.readouterr().err)


def test_a_stored_picture_is_no_more_obeyed_than_a_message(tmp_path: Path) -> None:
    picture = tmp_path / "old.txt"
    picture.write_text("\x1b]0;title\x07 \u202e <script>\n", encoding="utf-8")
    assert all(map(printed, difference(told.simple_call().ladder(), picture)))


def test_what_a_reader_has_against_octets_is_in_plain_words() -> None:
    for core in hostile.CORES:
        raw = b"INVITE sip:x SIP/2.0\r\nCSeq: " + core.encode("utf-8", "surrogatepass") + b"\r\n\r\n"
        try:
            parse(raw).check()
        except SipParseError as error:
            assert len(str(error)) < 500
