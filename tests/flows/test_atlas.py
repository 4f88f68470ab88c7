"""Each response code is on the wire of its scenario, sent first by the kind of element that the atlas names."""

from __future__ import annotations

import json

import pytest

import sipsim
from sipsim.cli import main
from sipsim.flows.atlas import ATLAS
from sipsim.flows.odd_requests import WHAT
from sipsim.message.message import Response
from sipsim.trace.trace import Trace

ROWS = {
    "P23": (100, 180, 181, 182, 183),
    "P24": (200, 202),
    "P25": (300, 301, 302, 305, 380),
    "P26": (400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 413, 414, 415, 416, 420, 421, 423, 480, 481, 482, 483,
            484, 485, 486, 487, 488, 491, 493),
    "P27": (500, 501, 502, 503, 504, 505, 513),
    "P28": (600, 603, 604, 606),
    "P29": (494,),
}  # fmt: skip
PAGES = [
    pytest.param(status, marks=pytest.mark.covers(row), id=str(status))
    for row, codes in ROWS.items()
    for status in codes
]


def first_sender(trace: Trace, status: int) -> str:
    """The kind of the element that sent this status before anybody else."""
    kinds = {element["name"]: element["kind"] for element in trace.header["elements"]}
    for record in trace.select("sent"):
        if isinstance(record.message, Response) and record.message.status == status:
            return str(kinds[record.element])
    return "nobody"


@pytest.mark.covers("P23", "P24", "P25", "P26", "P27", "P28", "P29")
def test_the_atlas_has_the_52_codes() -> None:
    assert list(ATLAS) == sorted(code for codes in ROWS.values() for code in codes)
    assert len(ATLAS) == 52


@pytest.mark.parametrize("status", PAGES)
def test_a_code_is_sent_by_whom_the_atlas_says(status: int) -> None:
    page = ATLAS[status]
    trace = page.run()
    assert first_sender(trace, status) == page.sender
    assert trace.result["ok"]
    judged = {element["name"] for element in trace.header["elements"] if element["kind"] != "scripted peer"}
    assert [str(finding) for finding in trace.check() if finding.element in judged] == []


@pytest.mark.parametrize("status", PAGES)
def test_a_page_says_what_a_reader_wants_to_know(status: int) -> None:
    page = ATLAS[status]
    assert page.section.startswith("RFC ") and page.phrase and page.kind
    assert page.when.endswith(".") and 30 < len(page.when) < 90
    assert page.scenario in sipsim.catalogue()


def test_odd_requests_are_all_in_the_atlas() -> None:
    used = {page.parameters["what"] for page in ATLAS.values() if page.scenario == "odd-request"}
    assert set(WHAT) - used == {"other user"}  # that is the 404 of a phone


def test_explain_shows_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "486"]) == 0
    told = capsys.readouterr().out
    for part in ("486 Busy Here", "client error", "RFC 3261 §21.4.24", "user agent", "sipsim run busy"):
        assert part in told
    assert main(["explain", "486", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"] == "busy"


def test_explain_knows_codes_without_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "430"]) == 0
    assert "430 Flow Failed" in capsys.readouterr().out
    assert main(["explain", "499"]) == 0
    assert "counts as 400" in capsys.readouterr().out
    assert main(["explain", "99"]) == 2


def test_a_file_that_is_called_like_a_code_is_still_a_file(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    sipsim.run("busy").save("486.jsonl")
    assert main(["explain", "486.jsonl", "--message", "4"]) == 0
    assert "486 Busy Here" in capsys.readouterr().out
