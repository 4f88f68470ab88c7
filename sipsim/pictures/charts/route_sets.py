"""The picture of a call's route sets: who put itself into the path, whose set that became, and how requests follow it.

trace.route_sets()                   # of the first call that made a dialog
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sipsim.pictures.charts.routes import Hop, Routes, routes_of
from sipsim.pictures.display import Arrow, Box, Group, Line, Picture, Shape, Text
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.lettering import advance, fit, fit_middle, visible

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

MARGIN, LEAST, MOST = 24.0, 250.0, 340.0
VALUE, LABEL = 11.0, 12.5
STEP = 22.0  # from value to value


class RouteSets(Drawing):
    """How each Route of a call came about: Record-Route values as proxies insert them, and the two route sets.

    The callee takes the values of the INVITE as they stand, the caller those of the response in reverse order
    (RFC 3261 §12.1.1, §12.1.2). Below are the ACK and the first other request within the dialog, with the Route values
    that they carry. UsageError: a Call-ID without a dialog, which says what there is.
    """

    noun = "route-set picture"

    def __init__(self, trace: Trace, call: str | None = None) -> None:
        self.routes = routes_of(trace, call)
        self.columns = _columns(self.routes)

    def picture(self) -> Picture:
        """The picture as a display list, which any writer can draw."""
        return _Sheet(self.routes, self.columns).picture(self._title, self._told())

    def to_text(self) -> str:
        """The picture in words, a line for each hop and each value."""
        return "\n".join([self._title, *_lines(self.routes)])

    def __repr__(self) -> str:
        return f"<route sets of {visible(self.routes.call)}>"

    @property
    def _title(self) -> str:
        return visible(f"Routes of the call {self.routes.call}")

    def _told(self) -> str:
        return "; ".join(line.strip() for line in _lines(self.routes))


def _columns(routes: Routes) -> list[str]:
    """The elements from the caller to the callee, then others that later requests touch."""
    hops = [*routes.hops, *routes.later]
    path = [routes.caller, *(hop.target for hop in routes.hops)]
    return list(dict.fromkeys([*path, *(name for hop in hops for name in (hop.source, hop.target))]))


def _sides(routes: Routes) -> tuple[tuple[str, list[str], str], ...]:
    """Each side with its route set and where it has it from."""
    return (
        (routes.caller, routes.caller_set, f"from the {routes.answer}, reversed (§12.1.2)"),
        (routes.callee, routes.callee_set, "from the INVITE, as it stands (§12.1.1)"),
    )


def _lines(routes: Routes) -> Iterator[str]:
    for hop in routes.hops:
        yield from _hop_lines(hop, "Record-Route", routes)
    for name, values, source in _sides(routes):
        yield visible(f"{name}'s route set {source}:{'' if values else ' empty'}")
        yield from (visible(f"   {i}. {value}{_owner(routes, value)}") for i, value in enumerate(values, start=1))
    for hop in routes.later:
        yield from _hop_lines(hop, "Route", routes)


def _hop_lines(hop: Hop, field: str, routes: Routes) -> Iterator[str]:
    to = "" if field == "Record-Route" else f", to {hop.to}"
    none = "" if hop.values else f", no {field}"
    yield visible(f"{hop.number:3} {hop.method} {hop.source} -> {hop.target}{to}{none}")
    for value in hop.values:
        added = f"  <- {hop.source} adds itself" if value in hop.added else ""
        yield visible(f"      {field}: {value}{added}")


def _owner(routes: Routes, value: str) -> str:
    return f"  ({routes.inserted[value]})" if value in routes.inserted else ""


class _Sheet:
    def __init__(self, routes: Routes, columns: list[str]) -> None:
        self.routes = routes
        texts = [f"1. {value}{_owner(routes, value)}" for hop in routes.hops for value in hop.values]
        widest = max((advance(visible(text), VALUE) for text in texts), default=0.0) + 40.0
        self.step = max(LEAST, min(MOST, widest))
        self.xs = {name: MARGIN + self.step / 2 + i * self.step for i, name in enumerate(columns)}
        self.width = 2 * MARGIN + self.step * len(columns)
        self.shapes: list[Shape] = []
        self.y = 58.0

    def picture(self, title: str, told: str) -> Picture:
        for name, x in self.xs.items():
            self.shapes.append(Box(x - self.step / 2 + 20, self.y, self.step - 40, 30.0, "header", 5.0))
            self.shapes.append(Text(x, self.y + 20.0, fit_middle(name, self.step - 56, 13), "name", "middle"))
        top = self.y + 30.0
        self.y = top + 14.0
        for i, hop in enumerate(self.routes.hops):
            self.hop(hop, f"hop-{i + 1}", "Record-Route")
        self.sets()
        for i, hop in enumerate(self.routes.later):
            self.hop(hop, f"later-{i + 1}", "Route")
        lives = Line(tuple(((x, top), (x, self.y + 8.0)) for x in self.xs.values()), "life")
        foot = "RFC 3261 §12.1.1, §12.1.2, §16.6"
        height = self.y + 44.0
        paper = Box(0, 0, self.width, height, "paper")
        head = Text(MARGIN, 34.0, fit(title, self.width - 2 * MARGIN, 17), "title")
        last = Text(MARGIN, height - 16.0, foot, "foot")
        return Picture(self.width, height, title, told, (paper, head, lives, *self.shapes, last))

    def hop(self, hop: Hop, name: str, field: str) -> None:
        """An arrow with the values below it; those that its sender added are lit."""
        x1, x2 = self.xs[hop.source], self.xs[hop.target]
        room = max(abs(x2 - x1), self.step) - 24.0
        middle = (x1 + x2) / 2 if x1 != x2 else x1
        label = fit(f"{hop.number} {hop.method}", room, LABEL)
        shapes: list[Shape] = [Text(middle, self.y + 12.0, label, "label", "middle")]
        shapes.append(Arrow(x1, self.y + 20.0, x2, self.y + 20.0, "request"))
        self.y += 30.0
        if field == "Route":
            shapes.append(Text(middle, self.y + 10.0, fit_middle(f"to {hop.to}", room, VALUE), "route-to", "middle"))
            self.y += 18.0
        shapes += self.values(hop.values or [f"no {field}"], hop.added, middle, room)
        self.shapes.append(Group(tuple(shapes), name, f"{hop.method} from {hop.source} to {hop.target}"))
        self.y += 12.0

    def values(self, values: list[str], added: list[str], middle: float, room: float) -> Iterator[Shape]:
        for value in values:
            text = fit_middle(value, room - 16.0, VALUE)
            wide = advance(text, VALUE) + 16.0
            style = "route-new" if value in added else "route"
            yield Box(middle - wide / 2, self.y, wide, STEP - 4.0, style, 4.0)
            yield Text(middle, self.y + 12.8, text, "route-text", "middle")
            self.y += STEP

    def sets(self) -> None:
        """The route sets of the two sides, each below its column."""
        top, bottom = self.y + 4.0, 0.0
        for (name, values, source), side in zip(_sides(self.routes), ("caller", "callee"), strict=True):
            x, wide = self.xs[name] - self.step / 2 + 6.0, self.step - 12.0
            entries = [f"{i}. {value}{_owner(self.routes, value)}" for i, value in enumerate(values, start=1)]
            entries = entries or ["empty: requests go straight"]
            height = 44.0 + STEP * len(entries)
            shapes: list[Shape] = [Box(x, top, wide, height, "route-set", 6.0)]
            shapes.append(Text(x + 10.0, top + 18.0, fit_middle(f"route set of {name}", wide - 20, 13.5), "name"))
            shapes.append(Text(x + 10.0, top + 33.0, fit(source, wide - 20, 10), "address"))
            for i, entry in enumerate(entries):
                text = fit_middle(entry, wide - 20.0, VALUE)
                shapes.append(Text(x + 10.0, top + 52.0 + i * STEP, text, "route-text"))
            self.shapes.append(Group(tuple(shapes), f"set-{side}", f"{name}'s route set: {', '.join(entries)}"))
            bottom = max(bottom, top + height)
        self.y = bottom + 18.0
