"""The table of translations: every name is there, in the package of its column; the API pages lead to it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from samples import sample

import sipsim
from sipsim.apis import android, pjsua, symbian

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "translation.md").read_text(encoding="utf-8")
HEADS = ["the RFCs", "Android", "Symbian", "pjsua", "sipsim"]
NOTHING = "–"
ELSEWHERE = dict(re.findall(r"`(\w+)`(?: stands)? in `(sipsim[.\w]+)`", PAGE))
"""Names of sipsim that no lesson needs, with the module in which they stand."""


def tables() -> list[list[list[str]]]:
    """The tables of the page: rows of cells, the first one its head."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.append([head, *rows])
    return found


def named(column: str) -> list[str]:
    """The names of one column."""
    at = HEADS.index(column)
    cells = {row[at] for table in tables() for row in table[1:]} - {NOTHING}
    return sorted(cell.strip("`") for cell in cells)


def samples() -> dict[str, Any]:
    """One of each kind of thing whose attributes come with its instance."""
    lab = sipsim.Lab(seed=1)
    alice = lab.user_agent("sip:alice@example.com")
    call = alice.call(lab.user_agent("sip:bob@example.com"))
    subscription = alice.subscribe("sip:bob@example.com")
    lab.run(until=5)
    account = pjsua.AccountConfig("example.com", "alice")
    return {
        "UserAgent": alice, "Call": call, "Element": alice, "Registration": alice.registration,
        "Subscription": subscription, "AccountConfig": account,
    }  # fmt: skip


def stands(home: Any, name: str, examples: dict[str, Any]) -> bool:
    """Whether a dotted name leads somewhere, from a package through classes or from an example of one."""
    first, *rest = name.split(".")
    if home is sipsim and first in ELSEWHERE:
        home = import_module(ELSEWHERE[first])
    elif first not in home.__all__:
        return False
    for start in (getattr(home, first), *([examples[first]] if first in examples else [])):
        at = start
        for part in rest:
            if not hasattr(at, part):
                break
            at = getattr(at, part)
        else:
            return True
    return False


def test_the_tables_are_whole():
    assert len(tables()) >= 7
    for table in tables():
        assert table[0] == HEADS
        assert all(len(row) == len(HEADS) and all(row) for row in table)
        assert all(re.fullmatch(rf"`[\w.]+`|{NOTHING}", cell) for row in table[1:] for cell in row[1:])
        assert all(row[1:].count(NOTHING) < len(HEADS) - 1 for row in table[1:])


@pytest.mark.parametrize(
    ("column", "package"), [("Android", android), ("Symbian", symbian), ("pjsua", pjsua), ("sipsim", sipsim)]
)
def test_every_name_is_there(column: str, package: Any):
    names, examples = named(column), samples()
    assert len(names) > 20
    assert [name for name in names if not stands(package, name, examples)] == []


@pytest.mark.parametrize("name", ["Call.hung_up", "Nobody", "UserAgent.register.now", "IncomingCall.anwser"])
def test_a_name_that_is_not_there_is_found_out(name: str):
    assert not stands(sipsim, name, samples())


def published(number: int, name: str) -> str:
    """One of the texts that these APIs are described by."""
    return sample(f"seeds/{number:03}_{name}.txt").read_text(encoding="utf-8", errors="replace")


def test_every_name_of_symbians_guides_is_there():
    text = published(1, "7c4089fae60db5e5") + published(2, "c667f48f40b5dfa6")
    text = re.sub(r"::\s+", "::", text)
    names = set(re.findall(r"\b([CM]SIP\w+|KErrSIP\w+|KSIP\w+)\b", text))
    assert len(names) > 20 and [name for name in sorted(names) if not hasattr(symbian, name)] == []
    members = set(re.findall(r"\b([CM]SIP\w+)::(\w+)", text))
    assert len(members) > 20
    assert [pair for pair in sorted(members) if not hasattr(getattr(symbian, pair[0]), pair[1])] == []


def test_every_name_of_androids_guide_and_of_the_snippet_is_there():
    text = published(0, "de646b613bda2810")
    kinds = {getattr(android, name) for name in android.__all__}
    kinds |= {android.SipAudioCall.Listener, android.SipSession.Listener, android.SipProfile.Builder}
    known = {name for kind in kinds for name in dir(kind)}
    called = set(re.findall(r"\w+\??\.(\w+)\(", text)) | set(re.findall(r"void (on\w+)\(", text))
    of_the_sample = {"onCreate", "updateStatus", "d", "printStackTrace"}  # the application's, the log's and Java's own
    assert len(called) > 20 and called - of_the_sample <= known
    assert {"SipDemo"} == {name for name in re.findall(r"\bSip[A-Z]\w+", text) if not hasattr(android, name)}
    used = set(re.findall(r"\bpj\.(\w+)", published(3, "608e5d4584e53a37")))
    assert len(used) > 5 and all(hasattr(pjsua, name) for name in used)


@pytest.mark.parametrize("page", ["index.md", "apis-android.md", "apis-symbian.md", "apis-pjsua.md"])
def test_the_page_is_found(page: str):
    assert "translation" in (DOCS / page).read_text(encoding="utf-8")
