"""The page about ladders: its pictures are those that its examples draw today, and it tells of every option.

`python tests/pictures/test_ladders_page.py` writes the pictures anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import sipsim
from sipsim.pictures.ladder.ladder import Ladder

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = DOCS / "ladders"


def inside() -> Ladder:
    return sipsim.run("ozeki", seed=7).ladder(marks=("transactions", "dialogs", "timers"))


def folded() -> Ladder:
    return sipsim.run("ozeki", seed=9, loss=0.3).ladder(repeats="folded")


def transactions() -> Ladder:
    return sipsim.run("rfc3665-3.2", seed=7).ladder(color="transaction")


def broken() -> Ladder:
    return sipsim.run("out-of-order", seed=7).ladder(findings=True)


def numbers() -> Ladder:
    return sipsim.run("fork", seed=7).ladder(details=("gaps", "codecs", "calls", "counts"))


def captured() -> Ladder:
    with TemporaryDirectory() as folder:
        path = Path(folder, "call.pcap")
        sipsim.run("ozeki", seed=7).save(path)
        capture = sipsim.load(path)
    names = {"192.0.2.1": "alice", "192.0.2.2": "proxy", "192.0.2.3": "bob"}
    return capture.ladder(title="From a capture", names=names, filter=["BYE", "200 BYE"], appendix="headers")


DRAWN: dict[str, tuple[Callable[[], Ladder], str]] = {
    "inside": (inside, "auto"),
    "folded": (folded, "auto"),
    "transactions": (transactions, "auto"),
    "broken": (broken, "auto"),
    "numbers": (numbers, "auto"),
    "captured": (captured, "print"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_on_the_page_is_that_of_today(name: str) -> None:
    make, theme = DRAWN[name]
    assert (PICTURES / f"{name}.svg").read_bytes().decode() == make().to_svg(theme)
    assert f"ladders/{name}.svg" in (DOCS / "ladders.md").read_text("utf-8")


def test_the_page_tells_of_every_option() -> None:
    page = (DOCS / "ladders.md").read_text("utf-8")
    for option in list(inspect.signature(Ladder).parameters)[1:]:
        assert f"`{option}=" in page, option


if __name__ == "__main__":
    for name, (make, theme) in DRAWN.items():
        (PICTURES / f"{name}.svg").write_bytes(make().to_svg(theme).encode())
