"""Whatever comes off the wire, or stands in a saved trace, is shown and never obeyed, by no browser and no terminal."""

from __future__ import annotations

import re
from itertools import product
from xml.etree import ElementTree

import pytest
import told
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.checker.rule import Finding
from sipsim.trace.trace import Trace

CORES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<foreignObject><body onload=alert(1)></foreignObject>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a xlink:href=\"javascript:alert(1)\">x</a>",
    "<image href='http://203.0.113.1/x.png'/>",
    "<use href='data:image/svg+xml,<svg/>'/>",
    "<style>@import url(http://203.0.113.1/)</style>",
    "<set attributeName=onmouseover to=alert(1)>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "<?xml-stylesheet href='http://203.0.113.1/'?>",
    "<sip:alice@example.com>",
    "&lt;script&gt;&#60;b&#62;",
    "<![CDATA[<script>alert(1)</script>]]>",
    "javascript:alert(1)",
    "\x1b]0;title\x07\x1b[2J\x1b[31m",
    "\x00\x01\x08\x0b\x0c\x0e\x1f\x7f\x85\x9f",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "\u2028\u2029\ufffe\uffff",
    b"\xff\xfe\xc0\x80<b>".decode("utf-8", "surrogateescape"),
    "\ud800<script>\udfff",
    "line one\r\nX-Injected: yes\r\n\r\nbody",
    "${7*7} {{7*7}} %n%s `id` $(id)",
    "A" * 3000,
]  # fmt: skip
FRAMES = ["{}", '"{}"', "'>{}", '"/>{}', "]]>{}", "-->{}", "</text></svg>{}", "</title></style>{}"]
PAYLOADS = [frame.format(core) for frame, core in product(FRAMES, CORES)]

TAGS = {"svg", "title", "desc", "style", "g", "path", "rect", "text", "tspan"}
ATTRIBUTES = {
    "id", "width", "height", "viewBox", "role", "aria-labelledby", "font-family", "style", "class", "d", "x", "y",
    "rx", "dx", "text-anchor", "transform", "stroke-dasharray",
}  # fmt: skip


def hostile(payload: str) -> Trace:
    """A trace with the payload in every place that a ladder shows."""
    trace = told.Told("alice", payload, scenario=payload)
    trace.trace.header.update(title=payload, seed=payload, sipsim=payload, parameters={payload: payload})
    trace.trace.header["skipped"] = {payload: payload}
    trace.trace.header["elements"][1].update(kind=payload, addresses=[payload])
    raw = payload.encode("utf-8", "surrogatepass")
    line = raw.replace(b"\r", b"").replace(b"\n", b"")
    for wire in (
        told.octets("200 OK").replace(b"200 OK", b"200 " + line, 1),
        told.octets("INVITE").replace(b"INVITE", line),
        told.octets("INVITE").replace(b"call-1@alice", line).replace(b"sip:bob@example.com", line),
        told.octets("INVITE", sdp=True).replace(b"application/sdp", line),
        raw,
    ):
        trace.sent(0.0, "alice", payload, "", raw=wire)
    trace.lost(1.0, "alice", payload, "BYE", payload)
    trace.trace.current = trace.message(2.0, "alice", payload, "BYE")
    trace.trace.ignored(2.0, payload, payload, payload)
    sent = trace.sent(3.0, "alice", payload, "BYE")
    trace.trace.unparsable(3.0, payload, trace.trace.delivered(3.0, payload, sent), SipParseError(payload))
    trace.fault(4.0, "crash", payload, payload)
    trace.fault(4.0, payload, payload)
    trace.note(4.0, payload)
    trace.trace.timer(4.0, payload, "set", payload, 1.0, payload, payload)
    trace.trace.state(4.0, payload, payload, payload, payload, payload, payload, payload)
    trace.trace.state(4.0, payload, "dialog", "none", payload, "early", payload, payload)
    trace.trace.add("gate", 4.0, payload, text=payload)
    trace.trace.add("refused", 4.0, payload, status=payload, why=payload)
    trace.trace.api(4.0, payload, payload, "callback", [payload], call=payload)
    trace.trace.add("api", 4.0, "alice", name=payload, direction=payload, arguments=payload)
    trace.trace.add("media", 5.0, "alice", event="start", codec=payload, call=payload, local=payload, remote=payload)
    return trace.trace


def check_svg(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in TAGS
        assert element.attrib.keys() <= ATTRIBUTES
        assert element.text is None or element.text.replace("\n", "").isprintable()
    (style,) = root.iter("{http://www.w3.org/2000/svg}style")
    assert re.fullmatch(r"[-\w.#{}:;%()@,\s]*", style.text or "")


@pytest.mark.parametrize("part", range(8))
def test_markup_and_control_characters_are_shown_not_obeyed(part: int) -> None:
    assert len(PAYLOADS) == 200
    for payload in PAYLOADS[part::8]:
        ladder = Ladder(hostile(payload))
        check_svg(ladder.to_svg())
        assert all(line.isprintable() for line in ladder.to_text().split("\n"))
        ascii = ladder.to_text(80, ascii=True)
        assert ascii.isascii() and ascii.replace("\n", "").isprintable()
        ladder.to_svg("light").encode("utf-8")


EVERYTHING = {
    "marks": ("transactions", "dialogs", "timers", "reasons"), "color": "call", "group": "call", "repeats": "folded",
    "appendix": "messages",
}  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_nor_are_they_in_marks_lanes_legends_findings_and_appendices(part: int) -> None:
    for payload in PAYLOADS[part::4]:
        finding = Finding(payload, payload, payload, payload, (1, 2), payload)
        ladder = Ladder(hostile(payload), **EVERYTHING, names={"alice": f"{payload}'"}, findings=[finding])
        check_svg(ladder.to_svg("print"))
        assert all(line.isprintable() for line in ladder.to_text().split("\n"))
        ascii = ladder.to_text(80, ascii=True)
        assert ascii.isascii() and ascii.replace("\n", "").isprintable()


def test_nothing_of_a_name_is_swallowed() -> None:
    trace = told.Told("alice", "<sip:bob@example.com>")
    trace.message(0.0, "alice", "<sip:bob@example.com>", "INVITE")
    svg = Ladder(trace.trace).to_svg()
    assert "&lt;sip:bob@example.com&gt;" in svg
    assert "<sip:bob@example.com>" in str(Ladder(trace.trace))


MARKS = r"[^ -/:-@\[-`{-~\x00-\x1f\x7f]|[ (),.-]"
MERMAID_TEXT, PLANTUML_TEXT = rf"(?:{MARKS}|#\d+;)+", rf"(?:{MARKS}|<U\+[0-9A-F]{{4}}>)+"
MERMAID_LINE = re.compile(
    rf"sequenceDiagram|    (?:(?:accTitle: |title |participant p\d+ as |Note over p\d+,p\d+: ){MERMAID_TEXT}"
    rf"|p\d+--?(?:>>|\)|x)p\d+: \d+[A-Z]*{MERMAID_TEXT})"
)
PLANTUML_LINE = re.compile(
    rf'@startuml|@enduml|(?:title|footer) {PLANTUML_TEXT}|participant "{PLANTUML_TEXT}" as p\d+'
    rf"|p\d+ --?>(?:>|x)? p\d+ : \d+[A-Z]*{PLANTUML_TEXT}|note over p\d+(?:, p\d+)? : {PLANTUML_TEXT}"
    r"|\.\.\. [\d.]+ s \.\.\."
)
MARKDOWN_ROW = re.compile(rf"\|(?: (?:{MARKS}|&#\d+;)* \|){{6}}")


def check_sources(ladder: Ladder) -> None:
    """No line but those of the format itself, and in its texts no mark that could mean something."""
    for source, line in ((ladder.mermaid(), MERMAID_LINE), (ladder.plantuml(), PLANTUML_LINE)):
        wrong = [text for text in source.removesuffix("\n").split("\n") if not line.fullmatch(text)]
        assert not wrong
    page, text = ladder.to_markdown(), ladder.to_text()
    head, fence, rest = page.partition("\n```")
    assert (fence + rest).strip("`\n") == f"text\n{text}".strip("`\n")
    title, *table = [line for line in head.split("\n") if line]
    assert title.startswith("# ") and "<" not in head
    assert [line for line in table[2:] if not MARKDOWN_ROW.fullmatch(line)] == []
    assert len(table) == 2 + len(ladder.arrows)
    assert "`" * max(map(len, re.findall("`+", page))) not in text


@pytest.mark.parametrize("part", range(4))
def test_sources_for_other_programs_hold_nothing_but_words(part: int) -> None:
    for payload in PAYLOADS[part::4]:
        check_sources(Ladder(hostile(payload)))


@pytest.mark.parametrize("payload", [*CORES, "$x^2$ $\\frac{1}{2}$", "中文 👩‍🚀 \U0001f600 עברית"])
def test_on_paper_nothing_is_a_formula_or_a_link(payload: str) -> None:
    ladder = Ladder(hostile(payload))
    assert ladder.to_png(dpi=30).startswith(b"\x89PNG")
    page = re.sub(rb"stream\r?\n.*?endstream", b"", ladder.to_pdf(), flags=re.DOTALL)  # what is packed is no name
    assert page.startswith(b"%PDF") and not re.search(rb"/(URI|JS|JavaScript|Launch|Annots? \[[^\]])", page)


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=60))
def test_any_text_at_all_in_every_place(payload: str) -> None:
    if payload == "alice":
        return
    ladder = Ladder(hostile(payload))
    check_svg(ladder.to_svg())
    assert all(line.isprintable() for line in ladder.to_text().split("\n"))
    check_sources(ladder)


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=120), max_size=5))
def test_any_octets_at_all_on_the_wire(packets: list[bytes]) -> None:
    trace = told.Told("alice", "bob")
    for packet in packets:
        trace.sent(0.0, "alice", "bob", "", raw=packet)
    ladder = Ladder(trace.trace)
    check_svg(ladder.to_svg())
    assert len(ladder.arrows) == len(packets)
