"""The command line: what each command prints and writes, and how it ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import sipsim
from sipsim.cli import main

STORY = """
def nap(lab, *, length=1.0):
    yield lab.env.timeout(length)

def fall(lab):
    lab.user_agent("sip:alice@example.com").call("sip:bob@192.0.2.99")
    yield lab.env.timeout(0.1)
    raise RuntimeError("ouch")
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(STORY)
    return path


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(sipsim.catalogue())


def test_list_as_json_tells_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(entries["ozeki"]) == {"name", "title", "rfc", "question", "codes", "parameters", "live", "breaks"}
    assert entries["ozeki"]["parameters"] == {"ring": 2.0, "talk": 10.0, "progress": 180}


def test_run_prints_the_ladder_and_writes_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / name for name in ("a.svg", "a.txt", "a.jsonl", "a.pcap", "a.pcapng")]
    ladders = [f"--ladder={path}" for path in files[:2]]
    saves = [f"--save={path}" for path in files[2:]]
    assert main(["run", "ozeki", "--seed", "7", "-p", "ring=1.5", *ladders, *saves]) == 0
    out = capsys.readouterr().out
    assert "13 200 OK" in out and "seed 7" in out
    assert all(path.stat().st_size for path in files)
    trace = sipsim.load(files[2])
    assert trace == sipsim.run("ozeki", seed=7, ring=1.5)
    assert len(sipsim.load(files[3]).select("sent")) == 13


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "busy", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("keys", ["15", "1", "007"])
def test_where_a_text_is_wanted_digits_are_one(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "dtmf", "-p", f"keys={keys}"]) == 0
    assert f"keys {keys} " in capsys.readouterr().out
    assert main(["sweep", "dtmf", "-p", f"keys={keys},12#"]) == 0
    assert main(["run", "dtmf", "-p", "ring=soon"]) == 2


def test_a_story_of_ones_own(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", f"{story}:nap", "-p", "length=3"]) == 0
    assert main(["run", str(story)]) == 2
    assert "name one as" in capsys.readouterr().err


def test_a_story_that_fails_is_status_1_and_its_ladder_is_written_all_the_same(
    story: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ladder = tmp_path / "fall.txt"
    assert main(["run", f"{story}:fall", "--ladder", str(ladder)]) == 1
    captured = capsys.readouterr()
    assert "the story failed: RuntimeError: ouch" in captured.err and "INVITE" in captured.out
    assert "INVITE" in ladder.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "ozeky"], "there are ozeki"),
        (["run", "ozeki", "-p", "rng=2"], "rng: ozeki has no such parameter"),
        (["run", "ozeki", "-p", "ring"], "'ring' is no KEY=VALUE"),
        (["run", "ozeki", "-p", "loss=2"], "loss"),
        (["run", "ozeki", "--ladder", "x.docx"], ".svg"),
        (["run", "ozeki", "--save", "x.docx"], ".pcap"),
        (["run", "nowhere.py"], "no file nowhere.py"),
        (["run", "lost-200", "--network", "udp"], "can't run on live sockets"),
        (["sweep", "ozeki", "-p", "loss=0", "--replications", "0"], "replications"),
        (["ladder", "nowhere.pcap"], "nowhere.pcap"),
        (["explain", "nowhere.txt"], "nowhere.txt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_named_and_the_status_is_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_unknown_words_are_argparses_to_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2


def test_sweep_writes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.csv"
    assert main(["sweep", "busy", "-p", "loss=0,0.2", "--replications", "3", "-o", str(path)]) == 0
    lines = path.read_text().splitlines()
    assert len(lines) == 7 and lines[0].startswith("loss,replication,seed,status,ok")
    assert main(["sweep", "busy", "-p", "loss=0"]) == 0
    assert "486" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["jsonl", "pcap"])
def test_ladder_draws_a_saved_run(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"run.{suffix}"
    sipsim.run("ozeki", seed=7).save(path)
    assert main(["ladder", str(path)]) == 0
    assert "13 200 OK" in capsys.readouterr().out
    assert main(["ladder", str(path), "-o", str(tmp_path / "out.svg")]) == 0
    assert (tmp_path / "out.svg").read_bytes().startswith(b"<")


def test_a_ladder_is_ascii_where_the_terminal_knows_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["run", "busy"]) == 0
    out.flush()
    assert b"486 Busy Here" in out.buffer.getvalue()  # type: ignore[attr-defined]


def test_explain_tells_what_each_line_is_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.jsonl"
    sipsim.run("busy").save(path)
    assert main(["explain", str(path), "--message", "4"]) == 0
    out = capsys.readouterr().out
    assert "486 Busy Here" in out and "RFC 3261 §20.42" in out and "because" in out
    assert main(["explain", str(path), "--json"]) == 0
    assert [entry["number"] for entry in json.loads(capsys.readouterr().out)] == [1, 2, 3, 4, 5, 6, 7]


def test_explain_reads_a_message_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = b"OPTIONS sip:bob@example.com SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nX-Evil: \x1b[2Jboo\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["explain", "-"]) == 0
    out = capsys.readouterr().out
    assert "asks what the other side can do" in out and "\x1b" not in out


def test_check_knows_what_a_scenario_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "out-of-order", "--quiet", "--check"]) == 0
    assert "OPTIONS has CSeq 5 after 10 (CSQ-02" in (out := capsys.readouterr().out)
    assert out.endswith(": the scenario means it\n")


def test_check_of_a_story_that_failed_is_no_clean_bill(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "ozeki", "--quiet", "--check", "-p", "loss=1.0"]) == 1
    assert capsys.readouterr().out == "no rule is broken until the story failed\n"


def test_check_says_what_it_could_not_see(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.jsonl"
    assert main(["run", "ozeki", "--quiet", "--save", str(path)]) == 0
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    assert main(["check", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("not judged: ") and said[1:] == ["no rule is broken in what can be seen"]


def test_check_says_what_breaks_the_rfcs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.jsonl"
    assert main(["run", "ozeki", "--quiet", "--check", "--save", str(path)]) == 0
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == "no rule is broken\n" * 2
    broken = path.read_text(encoding="utf-8").replace("CSeq: 1 ACK", "CSeq: 7 ACK")
    path.write_text(broken, encoding="utf-8")
    assert main(["check", str(path), "--json"]) == 1
    assert {finding["severity"] for finding in json.loads(capsys.readouterr().out)} == {"MUST"}


def test_a_sweep_in_which_a_run_failed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "lost-200", "-p", "times=1,12"]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 3 and "1 of 2 runs failed; the first: Stalled" in told.err


def test_what_runs_in_memory_only_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    marked = {line.split()[0] for line in capsys.readouterr().out.splitlines() if "in memory only" in line}
    assert marked == {name for name, scenario in sipsim.catalogue().items() if not scenario.live} != set()
    assert main(["explain", "491"]) == 0
    assert "sipsim run glare (in memory only)" in capsys.readouterr().out
