"""The page of the catalogue in the documentation lists the scenarios and codes that there are.

`python tests/flows/test_catalogue_page.py` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sipsim
from sipsim.flows.atlas import ATLAS

MEMORY = {True: "", False: ", *in memory only*"}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"


def written() -> str:
    return "\n".join([*scenarios(), "", *codes(), ""])


def scenarios() -> Iterator[str]:
    yield "# Catalogue"
    yield ""
    yield "Every scenario runs by its name: `sipsim run NAME`, `sipsim.run(NAME)`. Those called after a section of"
    yield "an RFC have the messages of the published flow, link by link; `trace.compare` tells whether a run of yours"
    yield 'has them too: `trace.compare(sipsim.run("rfc3665-3.2"))`. All run on sockets as well (`--network udp`),'
    yield "but for those that need to know when a packet arrives, or TCP: these say *in memory only*."
    yield ""
    yield "| scenario | what happens | question | RFC | codes | parameters |"
    yield "|---|---|---|---|---|---|"
    for about in sipsim.catalogue().values():
        shown = ", ".join(f"`{name}={value!r}`" for name, value in about.parameters.items())
        doc = " ".join((about.story.__doc__ or "").split())
        statuses = " ".join(map(str, about.codes))
        if about.breaks:
            doc += f" On purpose it breaks {', '.join(about.breaks)}."
        rfc = about.rfc + MEMORY[about.live]
        yield f"| `{about.name}` | **{about.title}.** {doc} | {about.question} | {rfc} | {statuses} | {shown} |"


def codes() -> Iterator[str]:
    yield "## Atlas of response codes"
    yield ""
    yield "What each code means, who sends it, and a scenario in which that happens; `sipsim explain 486` shows one."
    yield ""
    yield "| code | class | RFC | sent by | when | scenario |"
    yield "|---|---|---|---|---|---|"
    for page in ATLAS.values():
        code, command = f"{page.status} {page.phrase}", f"`{page.command}`{MEMORY[page.live]}"
        yield f"| {code} | {page.kind} | {page.section} | {page.sender} | {page.when} | {command} |"


@pytest.mark.covers("P29")
def test_the_page_in_the_documentation_is_that_of_today() -> None:
    assert PAGE.read_bytes().decode() == written()


if __name__ == "__main__":
    PAGE.write_bytes(written().encode())
