"""Ladders as source for other programs: what each step becomes in Mermaid, in PlantUML and in Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import told

from sipsim.errors import UsageError
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.trace import Trace


def lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines()]


@pytest.mark.covers("B7")
def test_mermaid_tells_a_call() -> None:
    said = lines(Ladder(told.simple_call()).mermaid())
    assert said[:6] == [
        "sequenceDiagram", "accTitle: ozeki", "title ozeki",
        "participant p1 as alice", "participant p2 as proxy", "participant p3 as bob",
    ]  # fmt: skip
    assert said[6:9] == ["p1->>p2: 1 INVITE (SDP)", "p2-)p1: 2 100 Trying", "p2->>p3: 3 INVITE (SDP)"]
    assert "Note over p1,p3: RTP PCMU 10.0 s" in said and "Note over p1,p3: … 2 s" in said
    assert said[-1] == "Note over p1,p3: seed 7 · sipsim 0.1.0 · 13 messages"


@pytest.mark.covers("B7")
def test_plantuml_tells_a_call() -> None:
    said = lines(Ladder(told.simple_call()).plantuml())
    assert said[:3] == ["@startuml", "title ozeki", "footer seed 7 · sipsim 0.1.0 · 13 messages"]
    assert said[3] == 'participant "alice" as p1' and said[-1] == "@enduml"
    assert "p1 -> p2 : 1 INVITE (SDP)" in said and "p2 ->> p1 : 2 100 Trying" in said
    assert "note over p1, p3 : RTP PCMU 10.0 s" in said and "... 10 s ..." in said


def test_what_is_lost_sent_again_or_broken_looks_so() -> None:
    lost, crash, fork = (Ladder(story()) for story in (told.lost_answer, told.crashed_proxy, told.fork))
    assert "p3-xp2: 3 200 OK (SDP), lost#58; dropped on request" in lines(lost.mermaid())
    assert "p3--)p2: 4 200 OK (SDP) copy 2" in lines(lost.mermaid())
    assert "p3 ->x p2 : 3 200 OK (SDP), lost<U+003A> dropped on request" in lines(lost.plantuml())
    assert "p1 -->x p2 : 2 INVITE (SDP) copy 2, lost<U+003A> proxy is down" in lines(crash.plantuml())
    assert "Note over p2,p2: proxy crashes" in lines(crash.mermaid())
    assert "note over p2 : proxy crashes" in lines(crash.plantuml())
    assert "p2->>p3: 9 ACK, still on its way" in lines(crash.mermaid())
    assert "p1->>p1: 23 OPTIONS" in lines(fork.mermaid())


@pytest.mark.covers("B7")
def test_markdown_is_a_table_and_the_text() -> None:
    ladder = Ladder(told.lost_answer())
    page = ladder.to_markdown(width=80)
    assert page.startswith("# lost-200\n\n| No. | Time (s) | From | To | Message | Remark |\n| --: |")
    assert "| 3 | 0.010 | bob | proxy | 200 OK (SDP) | lost&#58; dropped on request |" in page
    assert "| 4 | 0.510 | bob | proxy | 200 OK (SDP) | copy 2 |" in page
    assert page.endswith(f"\n```text\n{ladder.to_text(80)}\n```\n")
    assert ladder.to_markdown(80, ascii=True).isascii()


def test_words_that_would_mean_something_do_not() -> None:
    story = told.Told("end", "a|b;#c`d")
    story.note(0.0, "www.example.com %%{init}%% wrap: @alice end\n@enduml")
    story.message(0.0, "end", "a|b;#c`d", "INVITE")
    ladder = Ladder(story.trace)
    assert "participant p1 as #101;nd" in lines(ladder.mermaid())
    assert "participant p2 as a#124;b#59;#35;c#96;d" in lines(ladder.mermaid())
    assert "%%" not in ladder.mermaid() and "wrap:" not in ladder.mermaid()
    assert ladder.plantuml().count("@enduml") == 1 == ladder.plantuml().count("@startuml")
    assert "| end | a&#124;b&#59;&#35;c&#96;d | INVITE |" in ladder.to_markdown()


def test_a_fence_is_longer_than_any_within() -> None:
    story = told.Told("alice", "bob")
    story.note(0.0, "```` and `````")
    page = Ladder(story.trace).to_markdown()
    assert re.findall("^`+.*$", page, re.MULTILINE) == ["``````text", "``````"]


def test_a_title_does_not_make_a_link() -> None:
    assert Ladder(Trace(), title="see www.example.com").to_markdown().startswith("# see www&#46;example.com\n")


def test_an_empty_trace_is_valid_everywhere() -> None:
    ladder = Ladder(Trace())
    assert lines(ladder.mermaid()) == ["sequenceDiagram"]
    assert "no messages" in ladder.plantuml() and "no messages" in ladder.to_markdown()
    assert ladder.to_png().startswith(b"\x89PNG") and ladder.to_pdf().startswith(b"%PDF")


def test_what_is_left_out_is_said() -> None:
    ladder = Ladder(told.simple_call(), max_rows=5)
    assert "more messages" in ladder.mermaid() and "more messages" in ladder.plantuml()


def test_a_notebook_draws_mermaid_and_shows_plantuml() -> None:
    mermaid, plantuml = Ladder(told.fork()).mermaid(), Ladder(told.fork()).plantuml()
    assert mermaid._repr_mimebundle_()[0] == {"text/vnd.mermaid": str(mermaid), "text/plain": str(mermaid)}
    assert plantuml._repr_mimebundle_()[0] == {"text/plain": str(plantuml)}
    assert isinstance(mermaid, str) and mermaid._repr_mimebundle_(exclude=["text/vnd.mermaid"])[0].keys() == {
        "text/plain"
    }


@pytest.mark.covers("B7")
def test_the_suffix_says_how_a_ladder_is_saved(tmp_path: Path) -> None:
    ladder = Ladder(told.simple_call())
    starts = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF", ".txt": b"ozeki\n", ".md": b"# ozeki\n",
              ".html": b"<!doctype html>", ".mmd": b"sequenceDiagram\n", ".puml": b"@startuml\n"}  # fmt: skip
    for suffix, start in starts.items():
        path = tmp_path / f"call{suffix}"
        ladder.save(path)
        assert path.read_bytes().startswith(start)
        assert path.read_bytes() == ladder.rendered(path)
    ladder.save(tmp_path / "call.TXT", width=80, ascii=True)
    assert (tmp_path / "call.TXT").read_text() == ladder.to_text(80, ascii=True) + "\n"


def test_options_belong_to_their_format(tmp_path: Path) -> None:
    ladder = Ladder(told.simple_call())
    with pytest.raises(UsageError, match=r"dpi: no option of \.svg, which takes theme"):
        ladder.save(tmp_path / "call.svg", dpi=300)
    with pytest.raises(UsageError, match=r"width: no option of \.mmd, which takes none"):
        ladder.save(tmp_path / "call.mmd", width=80)
    with pytest.raises(UsageError, match=r"\.svg, \.png, \.pdf, \.txt, \.md, \.mmd, \.puml.*by the suffix"):
        ladder.save(tmp_path / "call.docx")
    assert list(tmp_path.iterdir()) == []
