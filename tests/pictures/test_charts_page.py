"""The charts in the documentation are those that are drawn today.

`python tests/pictures/test_charts_page.py` writes them anew. PNG files are compared octet by octet where they were made
by the same matplotlib; another one may set a letter differently, so there only their size is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import matplotlib
import pytest
from matplotlib.axes import Axes

import sipsim
from sipsim.pictures.drawing import Drawing
from sipsim.protocol.transactions import INVITE_CLIENT
from sipsim.trace.trace import Trace

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "charts"


def registrations() -> Trace:
    """Three phones: one refreshes, one breaks down, one signs off."""
    lab = sipsim.Lab(seed=1)
    lab.registrar("example.com")
    desk, mobile, home = (lab.user_agent("sip:bob@example.com", name) for name in ("desk", "mobile", "home"))
    refresh = sipsim.RefreshPolicy(when="symbian")
    for phone in (desk, mobile, home):
        phone.register(120, refresh=refresh)
    lab.run(until=40)
    mobile.crash()
    lab.run(until=80)
    home.unregister()
    lab.env.call_later(220, lab.note, "the end", lingering=False)
    lab.run(until=301)
    return lab.trace


def unanswered() -> Trace:
    """A phone calls somebody whose phone is unplugged."""
    lab = sipsim.Lab(seed=9)
    alice, bob = lab.user_agent("sip:alice@192.0.2.1"), lab.user_agent("sip:bob@192.0.2.2", host="192.0.2.2")
    bob.crash()
    lab.run(alice.call("sip:bob@192.0.2.2").ended)
    return lab.trace


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "states-bob": lambda: sipsim.run("ozeki", seed=1, loss=0.3).state_chart("bob"),
    "states-invite-client": lambda: sipsim.StateChart(INVITE_CLIENT),
    "locations": lambda: registrations().locations(at=100),
    "routes": lambda: sipsim.run("rfc3665-3.2", seed=1).route_sets(),
}
CHARTS: dict[str, Callable[[], Axes]] = {
    "timers": lambda: sipsim.draw_timers(unanswered(), "alice"),
    "registrations": lambda: sipsim.draw_registrations(registrations()),
    "topology": lambda: sipsim.draw_topology(sipsim.run("rfc3665-3.2", seed=1), at=0.018),
}


def png(ax: Axes) -> bytes:
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "backend": "agg"}):
        stream = BytesIO()
        ax.figure.savefig(stream, format="png", dpi=100)
    return stream.getvalue()


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_in_the_documentation_is_that_of_today(name: str):
    assert (FOLDER / f"{name}.svg").read_bytes().decode() == DRAWINGS[name]().to_svg()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_in_the_documentation_is_that_of_today(name: str):
    kept, drawn = (FOLDER / f"{name}.png").read_bytes(), png(CHARTS[name]())
    if f"version{matplotlib.__version__}," in kept[:200].decode("latin-1"):
        assert kept == drawn
    assert struct.unpack(">II", kept[16:24]) == struct.unpack(">II", drawn[16:24])


def test_every_picture_of_the_page_is_one_of_these():
    page = FOLDER.with_suffix(".md").read_text(encoding="utf-8")
    shown = {part.split(")")[0] for part in page.split("](charts/")[1:]}
    assert shown == {*(f"{name}.svg" for name in DRAWINGS), *(f"{name}.png" for name in CHARTS)}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in DRAWINGS.items():
        make().save(FOLDER / f"{name}.svg")
    for name, chart in CHARTS.items():
        (FOLDER / f"{name}.png").write_bytes(png(chart()))
