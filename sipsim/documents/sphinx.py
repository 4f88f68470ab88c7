"""The directive `sip-ladder` of Sphinx and MyST: a run, or a capture, drawn where the page is built.

    extensions = ["sipsim.documents.sphinx"]            # in conf.py

    .. sip-ladder:: ozeki                               # a catalogue name, FILE.py:FUNCTION, a trace or a capture
       :seed: 7
       :parameters: ring=1.5, talk=5
       :caption: A call through a proxy

Pages get an SVG, LaTeX a PDF. A picture's file is named after its content, so that pages can be built side by side.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from sipsim.errors import SipError, UsageError
from sipsim.lab.run import run
from sipsim.lab.scenario import Scenario
from sipsim.lab.scenario_file import scenario_named
from sipsim.lab.written import call_named, listed, pairs, parameters
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.lettering import visible
from sipsim.trace.files import load
from sipsim.trace.saving import SUFFIXES, write
from sipsim.trace.trace import Trace
from sipsim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

FOLDER = "sip-ladder"
WISHES = ("title", "columns", "names", "call", "filter", "group", "color", "repeats", "marks", "details", "appendix")


def names(text: str) -> dict[str, str]:
    """`10.0.0.1=alice, 10.0.0.2=bob` as a dict."""
    return dict(pairs(listed(text), "names"))


def given(text: str) -> dict[str, str]:
    """`ring=1.5, talk=5` as a dict of texts, which the scenario reads."""
    return dict(parameters(listed(text), "parameters"))


def calls(text: str) -> list[int | str]:
    """Calls, by number or Call-ID."""
    return [call_named(part) for part in listed(text)]


def one_of(*words: str) -> Callable[[str], str]:
    """An option that takes one of these words."""
    return lambda text: directives.choice(text, words)


class SipLadder(SphinxDirective):
    """A figure with a ladder diagram, its text, or both."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {
        "seed": int, "parameters": given,
        "title": directives.unchanged, "columns": listed, "names": names, "call": calls, "filter": listed,
        "group": directives.unchanged, "color": directives.unchanged, "repeats": directives.unchanged, "marks": listed,
        "details": listed,
        "findings": directives.flag, "appendix": directives.unchanged,
        "form": one_of("picture", "text", "both"), "width": int, "theme": directives.unchanged,
        "caption": directives.unchanged, "alt": directives.unchanged, "align": one_of("left", "center", "right"),
        "name": directives.unchanged, "class": directives.class_option,
    }  # fmt: skip

    def run(self) -> list[nodes.Node]:
        """The nodes that the page gets; what's wrong is said at the line of the directive."""
        try:
            ladder = Ladder(self.trace(), **self.wishes())
            figure = nodes.figure("", *self.forms(ladder), align=self.options.get("align", "default"))
        except (SipError, OSError) as error:
            raise self.error(f"sip-ladder: {error}") from error
        self.set_source_info(figure)
        figure["classes"] += ["sip-ladder", *self.options.get("class", [])]
        if "caption" in self.options:
            words, messages = self.parse_inline(self.options["caption"])
            figure += [nodes.caption(self.options["caption"], "", *words), *messages]
        self.add_name(figure)
        return [figure]

    def trace(self) -> Trace:
        """What the argument names, run or read."""
        name = self.arguments[0]
        path = name.partition(".py:")[0] + ".py" if ".py:" in name else name
        if Path(path).suffix.lower() not in (*SUFFIXES, ".py"):
            return self._run(scenario_named(name))
        relative, absolute = self.env.relfn2path(path)
        self.env.note_dependency(relative)
        if path.endswith(".py"):
            return self._run(scenario_named(absolute + name[len(path) :]))
        if of_runs := sorted({"seed", "parameters"} & self.options.keys()):
            raise UsageError(f"{of_runs[0]}: {name} is a file, and not run again")
        return load(absolute)

    def _run(self, scenario: Scenario) -> Trace:
        return run(scenario, seed=self.options.get("seed", 1), **scenario.read(self.options.get("parameters", {})))

    def wishes(self) -> dict[str, Any]:
        """The keywords of `Ladder` that the options give."""
        found = {name: self.options[name] for name in WISHES if name in self.options}
        return {**found, **({"findings": True} if "findings" in self.options else {})}

    def forms(self, ladder: Ladder) -> list[nodes.Node]:
        """The picture, the text or both."""
        form, found = self.options.get("form", "picture"), list[nodes.Node]()
        if form != "text":
            found.append(self.picture(ladder))
        if form != "picture":
            text = ladder.to_text(self.options.get("width", 80))
            found.append(nodes.literal_block(text, text, language="text"))
        return found

    def picture(self, ladder: Ladder) -> nodes.image:
        """The picture in a file for pages and one for paper; the builder picks its own."""
        theme = self.options.get("theme", "auto")
        svg = ladder.rendered("ladder.svg", theme=theme)
        stem = Path(self.env.doctreedir, FOLDER, f"ladder-{sha256(svg).hexdigest()[:16]}")
        stem.parent.mkdir(parents=True, exist_ok=True)
        if not stem.with_suffix(".pdf").exists():
            write(stem.with_suffix(".svg"), svg)
            ladder.save(stem.with_suffix(".pdf"), theme=theme)
        told = ", ".join(column.name for column in ladder.columns)
        alt = f"Ladder diagram, {ladder.title or 'untitled'}: {len(ladder.arrows)} messages between {told}"
        uri = "/" + Path(os.path.relpath(stem, self.env.srcdir)).as_posix() + ".*"
        return nodes.image("", uri=uri, alt=self.options.get("alt", visible(alt)))


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_directive("sip-ladder", SipLadder)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
