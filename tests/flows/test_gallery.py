"""The ladders in the documentation are those that the catalogue draws today.

`python tests/flows/test_gallery.py` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import sipsim

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"
NAMES = ("ozeki", "ozeki-direct")
SEED = 7


def drawn(name: str) -> dict[str, str]:
    ladder = sipsim.run(name, seed=SEED).ladder()
    return {"svg": ladder.to_svg(), "txt": ladder.to_text(width=80) + "\n"}


@pytest.mark.covers("O9", "R15")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["svg", "txt"])
def test_the_ladder_in_the_documentation_is_that_of_today(name: str, form: str) -> None:
    assert (GALLERY / f"{name}.{form}").read_bytes().decode() == drawn(name)[form]


if __name__ == "__main__":
    for name in NAMES:
        for form, text in drawn(name).items():
            (GALLERY / f"{name}.{form}").write_bytes(text.encode())
