"""`sipsim ladder` on other people's captures: as many messages as others saw in them, with the right names on."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from samples import FOLDER, sample

from sipsim.cli import main

MANIFEST = FOLDER / "captures" / "manifest.json"
PLAIN = "Ethernet/IPv4/UDP"
ARROW = re.compile(r"(?<![\w.:])(\d+)(\*?) (?:([A-Z]+)|(\d{3}))\b")
"""A message in the text of a ladder: its number, a star where a remark stands below, its method or status."""
WITH_MEDIA = ("isa_asterisk_linphone.pcap",)
UNREADABLE = {"zeek_junk_before_request.pcap": 1, "zeek_invalid_content_length.pcap": 2}


def plain_captures() -> list[str]:
    """The captures that are nothing but SIP, and maybe RTP, over UDP; one that can't be found stands for them all."""
    about = json.loads(MANIFEST.read_text())["captures"] if MANIFEST.exists() else []
    return [capture["file"] for capture in about if capture["layers"] == PLAIN] or ["manifest.json"]


def ladder(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["ladder", str(path)]) == 0
    return capsys.readouterr().out


def drawn(text: str) -> dict[int, str]:
    """The messages on the ladder itself, by number: what stands below it is not looked at."""
    above, _, _ = text.partition("\n\n")
    return {int(number): method or status for number, _, method, status in ARROW.findall(above)}


def seen_by_others(path: Path) -> list[str]:
    """Each message's method or status, as tshark found them."""
    lines = map(json.loads, Path(f"{path}.messages.jsonl").read_text().splitlines())
    return [start_word(base64.b64decode(line["raw_b64"])) for line in lines]


def start_word(raw: bytes) -> str:
    """The method of a request, the status of a response."""
    first, second = raw.lstrip().decode("utf-8", "replace").split(" ", 2)[:2]
    return second if first == "SIP/2.0" else first


@pytest.mark.covers("B4")
@pytest.mark.parametrize("name", plain_captures())
def test_a_capture_is_drawn_with_every_message(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = sample(f"captures/{name}")
    about = {c["file"]: c for c in json.loads(sample("captures/manifest.json").read_text())["captures"]}[name]
    text = ladder(path, capsys)
    found = drawn(text)
    assert list(found) == list(range(1, about["sip_messages"] + 1))
    assert list(found.values()) == seen_by_others(path)
    assert f"{about['sip_messages']} message" in text and ("RTP" in text) == (name in WITH_MEDIA)


@pytest.mark.parametrize(("name", "unreadable"), list(UNREADABLE.items()))
def test_a_message_that_cannot_be_read_is_drawn_as_such(
    name: str, unreadable: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sample(f"captures/{name}")
    text = ladder(path, capsys)
    starred = [int(number) for number, star, *_ in ARROW.findall(text.partition("\n\n")[0]) if star]
    assert starred == list(range(1, unreadable + 1))
    assert text.count("unparsable: ") == unreadable
    assert main(["ladder", str(path), "-o", str(tmp_path / "a.svg")]) == 0
    assert "unparsable" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_conversation_in_a_capture_is_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    text = ladder(sample("captures/isa_asterisk_linphone.pcap"), capsys)
    assert len(drawn(text)) == 9 and text.count(" RTP PCMA 1.5 s ") == 1
    assert "10 skipped: not SIP" in " ".join(text.split())  # keep-alives and STUN
