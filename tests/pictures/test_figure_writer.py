"""Drawings with matplotlib: on Axes, as PNG and as PDF, with the same bytes whatever a reader's settings are."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import matplotlib
import pytest
import told
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from sipsim.errors import UsageError
from sipsim.pictures.display import Box, Picture, Text
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.writers import figure

HERE = Path(__file__).parent


def size(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])


@pytest.mark.covers("B7")
@pytest.mark.parametrize("story", told.STORIES)
def test_an_image_is_as_large_as_its_resolution_says(story: str) -> None:
    ladder = Ladder(told.STORIES[story]())
    picture = ladder.picture()
    width, height = size(ladder.to_png(dpi=96))
    assert abs(width - picture.width) <= 1 and abs(height - picture.height) <= 1
    assert abs(size(ladder.to_png())[0] - 1.5 * picture.width) <= 2


def test_files_hold_no_date_and_no_machine() -> None:
    ladder = Ladder(told.simple_call())
    assert b"CreationDate" not in ladder.to_pdf() and b"matplotlib" not in ladder.to_png()
    assert b"sipsim" in ladder.to_pdf() and b"sipsim" in ladder.to_png()


@pytest.mark.covers("B7")
def test_the_same_ladder_is_the_same_bytes_in_another_process() -> None:
    ladder = Ladder(told.fork())
    here = [sha256(data).hexdigest() for data in (ladder.to_png(), ladder.to_pdf())]
    script = (
        "import told; from hashlib import sha256; from sipsim.pictures.ladder.ladder import Ladder;"
        "ladder = Ladder(told.fork());"
        "print(*(sha256(data).hexdigest() for data in (ladder.to_png(), ladder.to_pdf())))"
    )
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    environment = os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": paths, "TZ": "Asia/Tokyo"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == here


def test_a_readers_settings_change_nothing() -> None:
    ladder = Ladder(told.lost_answer())
    before = ladder.to_png(), ladder.to_pdf()
    mine = {"font.family": "serif", "savefig.bbox": "tight", "path.sketch": (3, 10, 2), "savefig.transparent": True,
            "pdf.fonttype": 3, "figure.facecolor": "red", "text.antialiased": False, "pdf.compression": 0}  # fmt: skip
    with matplotlib.rc_context(mine):
        assert (ladder.to_png(), ladder.to_pdf()) == before
        assert matplotlib.rcParams["font.family"] == ["serif"]


@pytest.mark.covers("B7")
def test_it_can_be_drawn_on_axes_of_ones_own() -> None:
    own = Figure(figsize=(10, 4))
    FigureCanvasAgg(own)
    left, right = own.subplots(1, 2)
    ladder = Ladder(told.simple_call())
    assert ladder.draw(left) is left
    right.plot([1, 2], [3, 4])
    words = [text.get_text() for text in left.texts]
    assert {"alice", "proxy", "bob", "INVITE", "180 Ringing"} <= set(words)
    assert max(text.get_fontsize() for text in left.texts) < 7  # 733 pixels high, on four inches
    own.canvas.draw()


def test_without_axes_it_makes_a_figure_that_pyplot_does_not_keep() -> None:
    before = "matplotlib.pyplot" in sys.modules
    ax = Ladder(told.simple_call()).draw(theme="dark")
    assert [round(inches * 96) for inches in ax.figure.get_size_inches()] == [565, 733]
    assert before == ("matplotlib.pyplot" in sys.modules)


def test_themes_differ_and_print_is_black_and_white() -> None:
    ladder = Ladder(told.crashed_proxy())
    images = {theme: ladder.to_png(dpi=48, theme=theme) for theme in ("light", "dark", "print", "auto")}
    assert len(set(images.values())) == 3 and images["auto"] == images["light"]
    pages = {ladder.to_pdf(theme=theme) for theme in ("light", "dark", "print")}
    assert len(pages) == 3
    for theme, grey in (("print", True), ("light", False)):
        pixels = imread(BytesIO(images[theme]))
        assert (pixels[..., 0] == pixels[..., 1]).all() == (pixels[..., 1] == pixels[..., 2]).all() == grey


@pytest.mark.parametrize("dpi", [0, -1, 1e9, float("nan"), "many"])
def test_a_resolution_that_cannot_be_is_refused(dpi: float) -> None:
    with pytest.raises(UsageError, match=r"dpi=.* can be drawn with 1 to \d+"):
        Ladder(told.simple_call()).to_png(dpi=dpi)


def test_an_unknown_theme_is_refused() -> None:
    ladder = Ladder(told.simple_call())
    for method in (ladder.to_png, ladder.to_pdf, ladder.draw):
        with pytest.raises(UsageError, match="theme='pink'"):
            method(theme="pink")


def test_a_picture_longer_than_a_page_can_be_is_made_smaller() -> None:
    long = Picture(400, 60_000, "long", "", (Box(0, 0, 400, 60_000, "paper"), Text(20, 59_000, "the end", "title")))
    box = figure.pdf(long).partition(b"/MediaBox [ 0 0 ")[2].split(b" ]")[0].split()
    assert [round(float(side)) for side in box] == [96, 14_400]
    assert size(figure.png(long))[1] <= 65_000 and size(figure.png(long, dpi=12))[1] == 7_500
