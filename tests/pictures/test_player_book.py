"""What the player of a ladder is told: of each message all that there is to say, of a growing run only what is new."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
import told

import sipsim
from sipsim.pictures.player.book import Book
from sipsim.pictures.player.explaining import fields_of, lines_of, steps_between
from sipsim.pictures.player.meanings import FIELDS, METHODS
from sipsim.trace.trace import Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    return sipsim.run("ozeki", seed=7)


def content(trace: Trace, **options: Any) -> dict[str, Any]:
    return Book(trace.ladder(**options)).content


class Page(HTMLParser):
    """The scripts of a page, by their types, and its policy."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: dict[str, str] = {}
        self.policy = ""
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        assert not {"src", "href"} & about.keys(), "nothing is fetched"
        self._within = about.get("type") or "" if tag == "script" else ""
        if about.get("http-equiv") == "Content-Security-Policy":
            self.policy = about["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.scripts[self._within] = self.scripts.get(self._within, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def test_a_message_is_told_to_the_octet(trace: Trace):
    """Its lines are its octets, and its header fields cover the head."""
    for number, said in content(trace)["messages"].items():
        raw = trace.message(int(number)).raw
        assert "\r\n".join(said["lines"]).encode() == raw
        assert sum(count for _, count in said["fields"]) == said["lines"].index("") - 1
        assert all(name in FIELDS for name, _ in said["fields"])


def test_octets_that_cannot_be_shown_are_told():
    assert lines_of(b"A: \xff\x00\r\n\tb\xe2\x80\xae\n") == [r"A: \xff\x00", "\tb\\u202e", ""]
    assert fields_of(b"x\r\nv: a\r\n  b\r\nnonsense\r\nSubject: c\r\n\r\nv: body") == [
        ("via", 2), ("", 1), ("subject", 1),
    ]  # fmt: skip


def test_the_hop_before_is_found(trace: Trace):
    """What a proxy sends on is compared with what it got; what an element made itself, with nothing."""
    messages = content(trace)["messages"]
    assert {n: said["before"] for n, said in messages.items() if "before" in said} == {
        "3": 1, "5": 4, "7": 6, "9": 8, "11": 10, "13": 12,
    }  # fmt: skip
    before, after = messages["1"]["lines"], messages["3"]["lines"]
    rebuilt, at = [], 0
    for a, b, c, d in messages["3"]["changes"]:
        rebuilt += before[at:a] + after[c:d]
        at = b
    assert rebuilt + before[at:] == after
    assert steps_between(after, after) == []


def test_a_copy_is_compared_with_the_first():
    trace = sipsim.run("lost-200", seed=1)
    book = content(trace)
    copies = [said for said in book["messages"].values() if said["copy"] > 1]
    assert copies and all(said["changes"] == [] for said in copies)


def test_why_leads_back_to_the_root(trace: Trace):
    book = content(trace)
    for said in book["messages"].values():
        chain, id = [], said["record"]
        while id:
            told, id, _ = book["sentences"][str(id)]
            chain.append(told)
        assert ",\nbecause ".join(chain) + "." == str(trace.why(trace[said["record"]]))
        assert chain[-1].startswith("story: the story ozeki begins")


def test_states_are_those_of_both_ends(trace: Trace):
    said = content(trace)["messages"]["7"]
    assert [state[:2] + state[3:4] for state in said["states"]] == [
        ["proxy", "INVITE server", "accepted"], ["alice", "INVITE client", "accepted"],
    ]  # fmt: skip


def test_the_heads_of_its_columns_are_named_on_each_page():
    """Those above the first row, and not those that a long ladder has below as well."""
    trace = sipsim.run("proxy-crash", seed=7)
    names = {column.name for column in trace.ladder().columns}
    for page in content(trace)["pages"]:
        words = re.findall(">([^<]+)</text>", "".join(page["parts"][key] for key in page["heads"]))
        assert names <= set(words) and len(words) == len(set(words))
        assert all(y1 > page["head"] for _, _, y1, _, _ in page["messages"].values())


def test_time_runs_down_each_page(trace: Trace):
    """Instants and heights both rise, and every arrow begins and ends at an instant that the track knows."""
    (page,) = content(trace)["pages"]
    assert all(t1 <= t2 and y1 < y2 for (t1, y1), (t2, y2) in pairwise(page["track"]))
    heights = {y for _, y in page["track"]}
    assert len(page["messages"]) == 13
    assert all({y1, y2} <= heights for _, _, y1, _, y2 in page["messages"].values())
    assert set(page["order"]) == set(page["parts"])


@pytest.mark.parametrize("options", [{"max_rows": 5}, {"max_rows": 5, "group": "call"}])
def test_pages_hold_all_of_it(options: dict[str, Any]):
    """What is too much for one page goes on on the next; nothing is left out."""
    trace = sipsim.run("fork", seed=3)
    book = content(trace, **options)
    assert [*map(int, book["messages"])] == list(range(1, trace.counts["sent"] + 1))
    assert all(len(page["messages"]) <= 5 for page in book["pages"])
    assert sum(len(page["messages"]) for page in book["pages"]) == trace.counts["delivered"] + trace.counts["lost"]
    for said in book["messages"].values():
        assert said["key"] in book["pages"][said["page"]]["parts"]


def merged(book: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """What a browser makes of news."""
    pages = list(book["pages"])
    for index, page in sorted(news["pages"].items(), key=lambda entry: int(entry[0])):
        known = pages[int(index)]["parts"] if int(index) < len(pages) else {}
        pages[int(index) : int(index) + 1] = [
            {**page, "parts": {k: page["parts"].get(k, known.get(k)) for k in page["order"]}}
        ]
    about = {name: news[name] for name in ("edition", "title", "foot")} | {"calls": book["calls"] + news["calls"]}
    messages, sentences = book["messages"] | news["messages"], book["sentences"] | news["sentences"]
    return {**book, **about, "messages": messages, "sentences": sentences, "pages": pages}


@pytest.mark.parametrize("at_once", [4, 400])
def test_a_growing_book_tells_only_what_is_new(at_once: int):
    """Whoever has the book and hears all news has the book as it is made at the end."""
    lab = sipsim.Lab(seed=7)
    proxy = lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=1.0)
    book = Book(lab.trace.ladder(max_rows=at_once))
    mine = json.loads(json.dumps(book.content))
    for step in (bob.register, lambda: alice.call("sip:bob@example.com").answered, proxy.crash):
        step()
        lab.run(until=lab.env.now + 1.5)
        news = book.news()
        again = news["messages"].keys() & mine["messages"].keys()
        assert len(again) <= 4, "messages that were known are told again only where something became of them"
        mine = merged(mine, json.loads(json.dumps(news)))
    assert mine["messages"] == json.loads(json.dumps(Book(lab.trace.ladder(max_rows=at_once)).content))["messages"]
    assert mine == json.loads(json.dumps(book.content))
    assert book.news()["pages"] == {} == book.news()["messages"]


@pytest.mark.covers("B7")
def test_a_page_is_the_same_bytes_each_time_and_asks_for_nothing(tmp_path, trace: Trace):
    trace.ladder().save(tmp_path / "one.html")
    sipsim.run("ozeki", seed=7).ladder().save(tmp_path / "two.html")
    html = (tmp_path / "one.html").read_bytes()
    assert html == (tmp_path / "two.html").read_bytes()
    page = Page(html.decode())
    assert page.policy.startswith("default-src 'none'; script-src 'sha256-")
    assert json.loads(page.scripts["application/json"])["messages"].keys() == {str(n) for n in range(1, 14)}
    urls = set(re.findall(r"https?://[^\s\"'<)]+", html.decode()))
    assert urls <= {"http://www.w3.org/2000/svg"}


def test_what_is_on_the_wire_can_not_end_its_element():
    trace = told.Told("alice", "bob")
    trace.sent(0.0, "alice", "bob", "", raw=told.octets("INVITE") + "</script><!--\u2028<script>&amp;".encode())
    html = trace.trace.ladder().to_html()
    data = re.search(r'id="book">(.*)</script>\n<script type="module">', html)
    assert data is not None and not re.search(r"[<>&\u2028\u2029]", data[1])
    assert "</script><!--" in "".join(json.loads(data[1])["messages"]["1"]["lines"])
    assert html.count("</script>") == 2


def test_the_words_are_there():
    """For every method of ours, and for every header field that we know the name of."""
    from sipsim.message.codes import CANONICAL
    from sipsim.message.codes import METHODS as KNOWN

    assert CANONICAL.keys() <= FIELDS.keys() and set(KNOWN) <= METHODS.keys()
    for words, section in [*FIELDS.values(), *METHODS.values()]:
        assert words.endswith(".") and re.fullmatch(r"RFC \d{4}( §[\d.]+)?", section)
