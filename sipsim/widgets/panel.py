"""The control panel of a lab in a notebook: phones, servers, links, the clock, and what comes of them.

panel = lab.panel()          # starts the lab's clock, paced by the wall clock
panel                        # shows it
panel.stop(); trace = await panel.run
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.lab.lab import Lab
from sipsim.live.driver import Run
from sipsim.trace.trace import Trace
from sipsim.widgets.bar import Bar
from sipsim.widgets.card import Card
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.clock import Clock
from sipsim.widgets.drawing import Drawing
from sipsim.widgets.faults import Faults
from sipsim.widgets.inspector import Inspector
from sipsim.widgets.interceptor import Interceptor
from sipsim.widgets.log import Log
from sipsim.widgets.parts import box, discard, html, keys
from sipsim.widgets.phone import Phone
from sipsim.widgets.place import here
from sipsim.widgets.server import Server
from sipsim.widgets.states import States
from sipsim.widgets.still import show, still
from sipsim.widgets.style import STYLE
from sipsim.widgets.tabs import Page, Tabs
from sipsim.widgets.wires import Wires

_open: WeakSet[Panel] = WeakSet()

STILL = 5.0
"""Seconds between two pictures of the ladder for when the kernel is gone."""


class Panel:
    """What `lab.panel()` gives; a notebook shows its buttons, other viewers its ladder.

    `phones`, `servers` and `buttons` are found by name: `panel.buttons["alice.register"].click()`. `run` is the handle
    of the run under it, `clicks.done` what was clicked. A second panel on a lab takes the place of the first; one on
    another lab lets the first one's clock stand.
    """

    def __init__(self, lab: Lab, speed: float = 1.0, run: Run[Trace] | None = None) -> None:
        self.lab = lab
        self.phones: dict[str, Phone] = {}
        self.servers: dict[str, Server] = {}
        self._still: Any = None
        self._stood, self._next_still = 0, 0.0
        self._place = here()
        self._clock = Clock(lab, run.speed if run else speed, run or self._replace_others(), self._look)
        self.clicks = Clicks(self._clock)
        self._furnish()
        self.show()
        _open.add(self)

    def _replace_others(self) -> Run[Trace] | None:
        """Take over from an earlier panel of this lab; let the clocks of other labs' panels stand.

        A panel whose cell runs again with another lab is off the page: it is closed, and a live lab with it.
        """
        run = None
        for other in list(_open):
            if other.lab is self.lab:
                run = other._let_go()
                other._say_instead("Another panel of this lab has taken over.")
            elif self._place.replaces(other._place):
                other._leave_the_page()
            else:
                other._clock.pause()
        return run if run is not None and run.state in ("running", "paused") else None

    @property
    def run(self) -> Run[Trace]:
        """The handle of the run: pause(), resume(), stop(), call(fn); awaiting it gives the trace."""
        return self._clock.run

    @property
    def buttons(self) -> dict[str, Any]:
        """All buttons, as "alice.register", "network.drop_next", "clock.step", "intercept.let_go", "tab.Python"."""
        named = {card.name: card.buttons for card in self.cards}
        named |= {"clock": self._bar.buttons, "intercept": self.interceptor.buttons, "tab": self.tabs.buttons}
        return {f"{name}.{action}": made for name, buttons in named.items() for action, made in buttons.items()}

    @property
    def cards(self) -> list[Card]:
        """Phones, servers, links, and last the network."""
        return [*self.phones.values(), *self.servers.values(), self._wires, self._faults]

    @property
    def speed(self) -> float:
        """Simulated seconds a second; may be set at any time."""
        return self._clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._clock.set_speed(speed)

    def start(self) -> None:
        """Let the clock go on after a pause; after a stop, in a new run."""
        self._clock.start()

    def step(self) -> None:
        """Go on to the next thing that leaves a record, and stand there."""
        self._clock.step()

    def next_message(self) -> None:
        """Go on until a message is sent, arrives or is lost, and stand there."""
        self._clock.next_message()

    def until_quiet(self) -> None:
        """Go on until nothing is on its way and no timer would send anything, and stand there."""
        self._clock.until_quiet()

    @property
    def script(self) -> str:
        """All clicks as Python, for a fresh lab with the same elements and seed: the same at the same times."""
        return self.clicks.script

    def stop(self) -> None:
        """End the run; whoever awaits `run` is given the trace."""
        self._clock.stop()

    def close(self) -> None:
        """End the run, and give the phones back their own way with calls; nothing where another panel took over."""
        if self in _open:
            self._let_go()
            self._clock.stop()
            self.show()

    def _let_go(self) -> Run[Trace]:
        _open.discard(self)
        for card in self.cards:
            card.leave()
        return self._clock.let_go()

    def _say_instead(self, said: str) -> None:
        """Leave a word in the place of the buttons, and give back what they took."""
        first, *others = self.widget.children
        self.widget.children = [first, html(f"<p>{said}</p>", "vanished")]
        for part in others:
            discard(part)

    def _leave_the_page(self) -> None:
        """Give back what nobody can reach any more: the widgets, and the sockets of a live lab."""
        self.close()
        discard(self.widget)
        if self.lab.network.live:
            self.lab.close()

    # What there is to see

    def _furnish(self) -> None:
        self._bar = Bar(self._clock, self.clicks)
        self._faults = Faults(self.lab.network, self.clicks)
        self._wires = Wires(self.lab, self.clicks)
        self._rows = box((), "phones"), box((), "servers")
        for row in self._rows:
            row.add_class("sipsim-cards")
        self.ladder = Drawing(self.lab)
        self.inspector = Inspector(self.lab)
        if self.ladder.player is not None:
            self.ladder.player.on_select(self.inspector.follow)
        self.interceptor = Interceptor(self.lab, self.clicks)
        self.log = Log(self.clicks)
        pages: dict[str, Page] = {
            "Ladder": self.ladder, "Message": self.inspector, "States": States(self.lab),
            "Intercept": self.interceptor, "Python": self.log,
        }  # fmt: skip
        self.tabs = Tabs(pages, lambda: self._clock.hand_over(self._look))
        self.widget = box(
            (html(STYLE, "style"), keys(), self._bar.row, self.clicks.problem, *self._rows, self.tabs.widget), "panel"
        )

    def show(self) -> None:
        """Bring everything up to date."""
        self._place_newcomers()
        agents = [phone.agent for phone in self.phones.values()]
        people = list(dict.fromkeys(agent.uri.aor for agent in agents))
        for card in self.cards:
            card.show(people)
        self._bar.show()
        self.tabs.note("Intercept", self._bar.pulse.stopped)
        self.tabs.show()

    def _look(self) -> None:
        """The clock's turn to look: what can't be shown is said, and the run goes on."""
        try:
            self.show()
            self._keep_still()
        except Exception as error:
            self.clicks.complain(f"the panel can't show this: {type(error).__name__}: {error}")

    def _place_newcomers(self) -> None:
        """A card for each element that has none yet."""
        new = [element for name, element in self.lab.elements.items() if name not in {**self.phones, **self.servers}]
        if not new and self._rows[1].children:
            return
        for element in new:
            if isinstance(element, UserAgent):
                self.phones[element.name] = Phone(element, self.clicks)
            else:
                self.servers[element.name] = Server(element, self.clicks)
        people, things = self._rows
        people.children = [phone.widget for phone in self.phones.values()]
        servers = [server.widget for server in self.servers.values()]
        things.children = [*servers, self._wires.widget, self._faults.widget]

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """The buttons, where a kernel is behind the page; the ladder as SVG and as text, where none is."""
        ladder = self.lab.trace.ladder()
        made = {**self.widget._repr_mimebundle_(), "image/svg+xml": ladder.to_svg(), "text/plain": str(ladder)}
        return {kind: made[kind] for kind in made if (not include or kind in include) and kind not in (exclude or ())}

    def _ipython_display_(self) -> None:
        """The buttons, and below them the ladder for when the kernel is gone."""
        self._still = show(self._repr_mimebundle_())
        self._stood = len(self.lab.trace)

    def _keep_still(self) -> None:
        """Now and then: bring the ladder up to date that a saved notebook shows."""
        loop, trace = self._clock.loop, self.lab.trace
        if self._still is not None and len(trace) != self._stood and loop.time() > self._next_still:
            self._stood, self._next_still = len(trace), loop.time() + STILL
            self._still.update(still(self._repr_mimebundle_()), raw=True)

    def __repr__(self) -> str:
        return f"<Panel of {self.lab!r}: {self._clock.state}>"
