"""`sipsim ladder`, and the same options of `sipsim run`: what is drawn, where it goes, is a stored one stale."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import sipsim
from sipsim.cli import main

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    sipsim.run("ozeki", seed=7).save(path)
    return path


@pytest.mark.covers("B7")
def test_a_ladder_goes_into_as_many_files_as_one_likes(saved: Path, tmp_path: Path, capsys) -> None:
    files = [tmp_path / f"call{suffix}" for suffix in (".svg", ".png", ".pdf", ".txt", ".md", ".mmd", ".puml")]
    looks = ["--theme", "dark", "--width", "80", "--dpi", "72"]
    assert main(["ladder", str(saved), *(f"-o{path}" for path in files), *looks]) == 0
    assert capsys.readouterr().out == ""
    ladder = sipsim.load(saved).ladder()
    assert files[0].read_text(encoding="utf-8") == ladder.to_svg("dark")
    assert files[1].read_bytes() == ladder.to_png(72, "dark") and files[2].read_bytes() == ladder.to_pdf("dark")
    assert files[3].read_text(encoding="utf-8") == ladder.to_text(80) + "\n"
    assert files[4].read_text(encoding="utf-8") == ladder.to_markdown(80)
    assert files[5].read_text(encoding="utf-8") == ladder.mermaid()


def test_columns_are_renamed_chosen_and_ordered(saved: Path, capsys) -> None:
    names = "--names=proxy=P-CSCF, bob=Robert"
    assert main(["ladder", str(saved), names, "--columns=Robert,P-CSCF", "--only-columns", "--width=80"]) == 0
    header = capsys.readouterr().out.splitlines()[3]
    assert header.split("│")[1::2] == [" Robert ", " P-CSCF "]


def test_one_call_and_some_messages_are_shown(tmp_path: Path, capsys) -> None:
    lab = sipsim.Lab(seed=3)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@192.0.2.2", answers=0.1)
    for _ in range(2):
        call = alice.call("sip:bob@192.0.2.2")
        lab.run(call.answered)
        call.hang_up()
        lab.run()
    lab.trace.save(tmp_path / "two.jsonl")
    assert bob and main(["ladder", str(tmp_path / "two.jsonl"), "--call", "2", "--filter", "* INVITE", "--json"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out)["rows"] if row["kind"] == "message"]
    assert {row["call"] for row in rows} == {"alice-2@192.0.2.1"} and rows[0]["number"] > 1
    assert [row["text"] for row in rows] == ["INVITE", "180 Ringing", "200 OK"]


def test_json_has_columns_and_rows(saved: Path, capsys) -> None:
    assert main(["ladder", str(saved), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["title"] == "ozeki: A call through a proxy, in eight steps" and "seed 7" in found["foot"]
    assert [column["name"] for column in found["columns"]] == ["alice", "proxy", "bob"]
    first = found["rows"][0]
    assert (first["kind"], first["number"], first["text"], first["badge"]) == ("message", 1, "INVITE", "SDP")
    assert {row["kind"] for row in found["rows"]} == {"message", "media"}


def test_a_trace_comes_from_standard_input_too(saved: Path, monkeypatch, capsys) -> None:
    for command, said in (("ladder", "13 200 OK"), ("check", "no rule is broken")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(saved.read_bytes())))
        assert main([command, "-"]) == 0
        assert said in capsys.readouterr().out


@pytest.mark.covers("B7", "O9")
def test_the_gallery_is_the_same_as_a_run_draws(capsys) -> None:
    pictures = [f"--same-as={GALLERY / name}" for name in ("ozeki.svg", "ozeki.txt")]
    assert main(["run", "ozeki", "--seed", "7", "--quiet", "--width", "80", *pictures]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("suffix", ["svg", "txt", "md", "mmd", "puml", "html", "png", "pdf"])
def test_a_stale_picture_is_told_by_what_changed(suffix: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / f"call.{suffix}"
    trace = sipsim.run("ozeki", seed=7)
    trace.ladder().save(path)
    trace.save(tmp_path / "same.jsonl")
    sipsim.run("ozeki", seed=7, ring=1.0).save(tmp_path / "other.jsonl")
    assert main(["ladder", str(tmp_path / "same.jsonl"), "--same-as", str(path)]) == 0
    assert main(["ladder", str(tmp_path / "other.jsonl"), "--same-as", str(path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{path} is stale:" and len(said) < 45
    if suffix == "pdf":
        assert "drawn otherwise" in said[1]
    else:
        removed, added = ("\n".join(line for line in said[3:] if line[0] == sign) for sign in "-+")
        assert removed and added
        assert suffix == "md" or ("ring 1.0" in added and "ring 1.0" not in removed)


def test_json_tells_what_is_stale(saved: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "call.txt"
    path.write_text("nothing\n")
    assert main(["ladder", str(saved), "--json", "--same-as", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["stale"][str(path)][2:5] == [
        "@@ -1 +1,23 @@",
        "-nothing",
        "+ozeki: A call through a proxy, in eight steps",
    ]


def test_converted_line_ends_are_no_change(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "call.txt"
    path.write_bytes(sipsim.load(saved).ladder().rendered(path).replace(b"\n", b"\r\n"))
    assert main(["ladder", str(saved), "--same-as", str(path)]) == 0


def test_a_run_that_fails_stays_failed_whatever_its_picture_says(tmp_path: Path, capsys) -> None:
    command = ["run", "ozeki", "--quiet", "-p", "loss=1.0"]
    picture = tmp_path / "call.txt"
    assert main([*command, "--ladder", str(picture)]) == 1
    assert main([*command, "--same-as", str(picture)]) == 1
    assert "stale" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "call.docx"], ".svg, .png, .pdf, .txt, .md, .mmd, .puml"),
        (["--same-as", "call.docx"], ".svg, .png"),
        (["--same-as", "nowhere.svg"], "nowhere.svg"),
        (["--theme", "dark"], "--theme: nothing is written that takes it"),
        (["-o", "call.mmd", "--dpi", "300"], "--dpi: nothing is written that takes it"),
        (["-o", "call.svg", "--theme", "pink"], "pink"),
        (["-o", "call.png", "--dpi", "1e9"], "dpi"),
        (["-o", "call.png", "--dpi", "0"], "dpi=0"),
        (["-o", "nowhere/call.svg"], "nowhere"),
        (["--names", "bob"], "--names: 'bob' is no KEY=VALUE"),
        (["--columns", "carol"], "carol"),
        (["--call", "99"], "99"),
        (["--filter", "-> ->"], "filter"),
        (["--max-rows", "some"], "--max-rows: 'some'"),
        (["--max-rows", "0"], "max_rows"),
        (["--marks", "stars"], "stars"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_wrong_is_named(arguments: list[str], said: str, saved: Path, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ladder", str(saved), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_a_run_is_not_begun_for_a_file_that_cannot_be(capsys) -> None:
    assert main(["run", "nowhere", "--ladder", "call.docx"]) == 2
    assert "call.docx" in capsys.readouterr().err
