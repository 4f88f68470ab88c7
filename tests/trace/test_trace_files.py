"""Traces on disk: chosen by suffix, recognised by content, written whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from recorded import INVITE, RINGING, packet, ringing

from sipsim.errors import SipError, UsageError
from sipsim.trace.files import load
from sipsim.trace.saving import write


@pytest.mark.parametrize("name", ["call.jsonl", "call.pcap", "call.pcapng", "CALL.PCAP"])
def test_saved_by_suffix_and_read_by_content(tmp_path: Path, name: str):
    ringing().save(tmp_path / name)
    (tmp_path / name).rename(tmp_path / "renamed.txt")
    assert [r.raw for r in load(str(tmp_path / "renamed.txt")).select("sent")] == [INVITE] * 3 + [RINGING] * 2


@pytest.mark.parametrize("name", ["call", "call.json", "call.svg", ".pcap"])
def test_an_unknown_suffix_is_refused_with_what_there_is(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match=r"\.jsonl, \.pcap, \.pcapng"):
        ringing().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_where_it_can_not_be_written(tmp_path: Path):
    with pytest.raises(UsageError, match=r"nowhere.*can't be written"):
        ringing().save(tmp_path / "nowhere" / "call.jsonl")
    (tmp_path / "folder.pcap").mkdir()
    with pytest.raises(UsageError, match=r"folder\.pcap.*can't be written"):
        ringing().save(tmp_path / "folder.pcap")
    for name in ("a\0b", "", "/"):
        with pytest.raises(UsageError, match="can't be written"):
            write(name, b"")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.pcap"]


def test_where_it_can_not_be_read(tmp_path: Path):
    for path in (tmp_path / "missing.jsonl", tmp_path, "a\0b"):
        with pytest.raises(UsageError, match="can't be read"):
            load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path):
    target = tmp_path / "call.pcap"
    ringing().save(target)
    before = target.read_bytes()
    trace = ringing()
    trace.sent(-1, "alice", packet(RINGING, "alice", "proxy"))
    with pytest.raises(UsageError):
        trace.save(target)
    assert target.read_bytes() == before and list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_link_is_replaced_not_followed(tmp_path: Path):
    (tmp_path / "other.jsonl").write_bytes(b"precious")
    (tmp_path / "call.jsonl").symlink_to(tmp_path / "other.jsonl")
    ringing().save(tmp_path / "call.jsonl")
    assert (tmp_path / "other.jsonl").read_bytes() == b"precious"
    assert load(tmp_path / "call.jsonl") == ringing()


@pytest.mark.parametrize("text", [INVITE, INVITE.replace(b"\r\n", b"\n")])
def test_a_text_file_with_one_message(tmp_path: Path, text: bytes):
    (tmp_path / "invite.txt").write_bytes(text)
    trace = load(tmp_path / "invite.txt")
    assert [(r.kind, r.element, r.peer) for r in trace] == [
        ("sent", "sender", "receiver"), ("delivered", "receiver", "sender"),
    ]  # fmt: skip
    assert trace.message(1).raw == INVITE


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"hello\n", b"\xff" * 100, b"{}", b"{"])
def test_any_other_file_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "other").write_bytes(data)
    with pytest.raises(SipError):
        load(tmp_path / "other")
