"""A small site with the directive `sip-ladder`, built by Sphinx from reStructuredText and from Markdown."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import peers
import pytest

import sipsim

for _name in ("sphinx", "myst_parser"):
    if find_spec(_name) is None:
        peers.not_run(f"{_name}: pip install 'sipsim[docs]'")

CONF = 'extensions = ["myst_parser", "sipsim.documents.sphinx"]\nproject = "site"\nroot_doc = "index"\n'
PAGE = """
Site
====

.. sip-ladder:: ozeki
   :seed: 7
   :parameters: ring=1.5, talk=5
   :filter: * INVITE
   :caption: A call by *Alice* & <b>Bob</b>
   :theme: light
   :alt: Alice "calls" <Bob>
   :name: the-call
   :align: center

See :ref:`the-call`.

.. sip-ladder:: mine.py:nap
   :form: text
   :width: 60

.. toctree::

   other
"""
MARKDOWN = """
# Other

```{sip-ladder} run.pcap
:names: 192.0.2.2=Alice, 192.0.2.3=Bob
:columns: Bob
:form: both
:caption: From a capture
```
"""
STORY = """
def nap(lab):
    lab.user_agent("sip:alice@example.com").call("sip:bob@192.0.2.99")
    yield lab.env.timeout(0.1)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in (("conf.py", CONF), ("index.rst", PAGE), ("other.md", MARKDOWN), ("mine.py", STORY)):
        (source / name).write_text(text, encoding="utf-8")
    sipsim.run("ozeki", seed=7).save(source / "run.pcap")
    return source


def build(site: Path, builder: str = "html", *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder, *options]
    return subprocess.run([*command, site, site.parent / builder], capture_output=True, text=True, timeout=150)


def made(site: Path, builder: str = "html") -> Path:
    done = build(site, builder)
    assert (done.returncode, done.stderr) == (0, "")
    return site.parent / builder


@pytest.mark.covers("B7")
def test_pages_show_the_ladder(site: Path) -> None:
    out = made(site)
    page = (out / "index.html").read_text(encoding="utf-8")
    (name,) = re.findall(r'<img alt="Alice &quot;calls&quot; &lt;Bob&gt;" src="_images/(ladder-\w+\.svg)"', page)
    ladder = sipsim.run("ozeki", seed=7, ring=1.5, talk=5).ladder(filter="* INVITE")
    assert (out / "_images" / name).read_text(encoding="utf-8") == ladder.to_svg("light")
    assert "A call by <em>Alice</em> &amp; &lt;b&gt;Bob&lt;/b&gt;" in page and 'href="#the-call"' in page
    assert "1* INVITE (SDP)" in page and 'id="the-call"' in page


def test_markdown_and_captures_do_too(site: Path) -> None:
    out = made(site)
    page = (out / "other.html").read_text(encoding="utf-8")
    assert re.search(r'<img alt="Ladder diagram, [^"]*13 messages between Bob, ', page) and "From a capture" in page
    assert "│ Bob │" in page and "13 200 OK" in page


def test_what_came_off_the_wire_is_shown_and_not_obeyed(site: Path) -> None:
    trace = sipsim.run("busy")
    trace.header["title"] = '"><script>alert(1)</script>\x1b[2J\u202e'
    trace.save(site / "hostile.jsonl")
    (site / "other.md").write_text("# Other\n\n```{sip-ladder} hostile.jsonl\n:form: both\n```\n")
    page = (made(site) / "other.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J\\u202e" in page
    assert page.replace("\n", "").isprintable()


def test_paper_gets_a_pdf(site: Path) -> None:
    made(site)
    out = made(site, "latex")
    assert len(list(out.glob("ladder-*.pdf"))) == 2 and not list(out.glob("ladder-*.svg"))


def test_a_changed_capture_is_drawn_anew(site: Path) -> None:
    out = made(site)
    before = set(out.glob("_images/ladder-*.svg"))
    sipsim.run("busy").save(site / "run.pcap")
    made(site)
    assert "486 Busy Here" in (out / "other.html").read_text(encoding="utf-8")
    assert len(set(out.glob("_images/ladder-*.svg")) - before) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".. sip-ladder:: ozeky", "there are ozeki"),
        (".. sip-ladder:: nowhere.pcap", "nowhere.pcap"),
        (".. sip-ladder:: nowhere.py", "nowhere.py"),
        (".. sip-ladder:: run.pcap\n   :seed: 3", "seed: run.pcap is a file, and not run again"),
        (".. sip-ladder:: ozeki\n   :theme: pink", "pink"),
        (".. sip-ladder:: ozeki\n   :columns: carol", "carol"),
        (".. sip-ladder:: ozeki\n   :parameters: ring", "'ring' is no KEY=VALUE"),
        (".. sip-ladder:: ozeki\n   :parameters: rng=1", "rng"),
        (".. sip-ladder:: ozeki\n   :colour: red", "colour"),
        (".. sip-ladder::", "1 argument"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(site: Path, text: str, said: str) -> None:
    (site / "index.rst").write_text(f"Site\n====\n\n{text}\n\n.. toctree::\n\n   other\n")
    done = build(site, "dummy")
    assert done.returncode == 1 and said in done.stderr and "index.rst:4" in done.stderr
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
