"""The links on the panel: loss, delay and jitter of one or of all; cut and heal them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.simulation.links import Link
from sipsim.widgets.card import Card, chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, quoted
from sipsim.widgets.parts import choice, number, offer, put

Pair = tuple[str, str]
EVERY: Pair = ("*", "*")
SCALES = {
    "loss": ("loss, %", 100.0, 100.0),
    "delay": ("delay, ms", 1000.0, 60_000.0),
    "jitter": ("jitter, ms", 1000.0, 60_000.0),
}
"""The label of a field, what it is multiplied by there, and the most that it may be."""


class Wires(Card):
    """The card of all links between two elements; fields show the link that is chosen."""

    def __init__(self, lab: Lab, clicks: Clicks) -> None:
        super().__init__("links", "between hosts", clicks)
        self._lab = lab
        self._touched: dict[Pair, Link] = {}
        self.which = choice([("every link", EVERY)], "links.which", "which link")
        self.fields = {
            name: number(label, 0.0, most, f"links.{name}", f"{label} of the link that is chosen")
            for name, (label, _, most) in SCALES.items()
        }
        self.which.observe(lambda _: clicks.clock.hand_over(self._fill), "value")
        apply = self.add("Set", "lab.link(a, b, loss=..., delay=..., jitter=...)", self._set)
        cut = self.add("Cut", "lab.link(a, b).cut()", lambda: self._do("cut"))
        heal = self.add("Heal", "lab.link(a, b).heal()", lambda: self._do("heal"))
        self.lay_out((self.which,), tuple(self.fields.values()), (apply, cut, heal))
        self._filled = False

    def _pairs(self) -> list[Pair]:
        """The links that there are: the edges of a graph, else one between any two elements."""
        edges: list[Pair] | None = getattr(self._lab.network, "edges", None)
        return list(combinations(self._lab.elements, 2)) if edges is None else edges

    def _chosen(self) -> list[Pair]:
        return self._pairs() if self.which.value == EVERY else [self.which.value]

    def _line(self, arguments: str, rest: str, act: Callable[[Link], object]) -> Line:
        pairs = self._chosen()

        def do() -> None:
            if not pairs:
                raise UsageError("there is no link yet: it takes two elements")
            for pair in pairs:
                self._touched[pair] = link = self._lab.link(*pair)
                act(link)

        if len(pairs) == 1:
            return Line(f"lab.link({', '.join(map(quoted, pairs[0]))}{arguments}){rest}", do)
        listed = ", ".join(f"({quoted(a)}, {quoted(b)})" for a, b in pairs)
        return Line(f"for a, b in [{listed}]: lab.link(a, b{arguments}){rest}", do)

    def _set(self) -> Line:
        values = {name: round(field.value / SCALES[name][1], 9) for name, field in self.fields.items()}
        arguments = "".join(f", {name}={value:g}" for name, value in values.items())
        return self._line(arguments, "", lambda link: link.set(**values))

    def _do(self, verb: str) -> Line:
        return self._line("", f".{verb}()", lambda link: getattr(link, verb)())

    def _fill(self) -> None:
        """Show in the fields how the link that is chosen is now."""
        pairs = self._chosen()
        if pairs:
            link = self._lab.link(*pairs[0])
            for name, field in self.fields.items():
                put(field, "value", round(getattr(link, name) * SCALES[name][1], 6))

    def show(self, people: list[str]) -> None:
        offer(self.which, [("every link", EVERY), *((f"{a} – {b}", (a, b)) for a, b in self._pairs())])
        if not self._filled and self._pairs():
            self._filled = True
            self._fill()
        told = [chip(*state(link)) for link in self._touched.values() if state(link)[0] != "idle"]
        self.say(*told[:6], *([chip("wait", f"and {len(told) - 6} more")] if len(told) > 6 else ()))
        if not told:
            self.say(chip("idle", "none is cut or lossy"))


def state(link: Link) -> tuple[str, str]:
    """How a link is, as a tone and in words."""
    name = " – ".join(link.nodes)
    if link.is_cut:
        return "bad", f"{name}: cut"
    parts = [f"loses {100 * link.loss:g} %"] if link.loss else []
    parts += [f"{word} {1000 * value:g} ms" for word, value in (("jitter", link.jitter),) if value]
    return ("wait", f"{name}: {', '.join(parts)}") if parts else ("idle", name)
