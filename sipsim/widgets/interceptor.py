"""The tab "Intercept": stop messages on their way, look, edit, drop, delay, duplicate, let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.errors import SipParseError, UsageError
from sipsim.lab.lab import Lab
from sipsim.message.message import parse
from sipsim.simulation.intercept import Interception, Stopped
from sipsim.widgets.card import chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.faults import EXAMPLE, MESSAGES, OTHER
from sipsim.widgets.line import Line, quoted
from sipsim.widgets.octets import octets, written
from sipsim.widgets.parts import area, box, button, choice, html, labelled, number, offer, put
from sipsim.widgets.typed import Typed

ANYBODY = ("anybody", "")
TYPING = 0.2
"""Seconds between a click and the look at what was typed before it."""


class Interceptor:
    """What is to be stopped on the left, what was stopped on the right, with its octets to be edited."""

    def __init__(self, lab: Lab, clicks: Clicks) -> None:
        self._network: Any = lab.network
        self._lab, self._clicks = lab, clicks
        self._shown: tuple[Stopped, bytes] | None = None
        self.buttons: dict[str, Any] = {}
        self.which = Typed(MESSAGES, "intercept.which", "the kind of message to stop", OTHER, EXAMPLE)
        self.src = labelled(choice([ANYBODY], "intercept.from", "from whom"), "from")
        self.dst = labelled(choice([ANYBODY], "intercept.to", "to whom"), "to")
        self.traps = html("", "intercept.traps")
        self.waiting = choice([("nothing is stopped", None)], "intercept.waiting", "which of the stopped messages")
        self.editor = area("intercept.editor", "the octets of the message, to be edited", 16)
        self.verdict = html("", "intercept.verdict")
        self.delay = number("after, ms", 0.0, 600_000.0, "intercept.delay", "milliseconds to wait before it goes on")
        self.waiting.observe(lambda _: clicks.clock.hand_over(self._open), "value")
        self.editor.observe(lambda _: clicks.clock.hand_over(self._judge), "value")
        self.widget = self._lay_out()
        self._enable(stopped=False, trapped=False)

    def _lay_out(self) -> Any:
        stop = self._add("Stop these", 'held = lab.network.intercept("...")', self._stop)
        release = self._add("Release all", "held.release()", self._release)
        acts = [
            self._add("Let go", "held.packets[0].let_go()", lambda: self._decide("let_go")),
            self._add("Drop", "held.packets[0].drop()", lambda: self._decide("drop")),
            self._add("Duplicate", "held.packets[0].duplicate()", lambda: self._decide("duplicate")),
        ]
        left = box((*self.which.parts, self.src, self.dst, box((stop, release), "row"), self.traps), "traps")
        decide = box((acts[0], self.delay, *acts[1:]), "row")
        right = box((self.waiting, self.editor, self.verdict, decide), "caught")
        page = box((left, right), "intercept")
        page.add_class("sipsim-page")
        return page

    def _add(self, label: str, tip: str, do: Callable[[], None]) -> Any:
        action = label.lower().replace(" ", "_")
        self.buttons[action] = made = button(label, f"intercept.{action}", tip)
        made.on_click(lambda _: do())
        return made

    # Traps

    @property
    def interceptions(self) -> list[Interception]:
        """Those that stop messages still, or have some that wait."""
        known: list[Interception] = getattr(self._network, "interceptions", [])
        return [one for one in known if one.active or one.packets]

    def _stop(self) -> None:
        pattern, name = self.which.value, self._clicks.names.new("held")
        ends = {word: end.value for word, end in (("src", self.src), ("dst", self.dst)) if end.value}

        def act() -> None:
            held = self._network.intercept(pattern, **ends)
            held.on_stop = lambda _: self._clicks.clock.look_soon()
            self._clicks.names.give(held, name)

        said = "".join(f", {word}={quoted(end)}" for word, end in ends.items())
        self._clicks.hand_over(Line(f"{name} = lab.network.intercept({quoted(pattern)}{said})", act))

    def _release(self) -> None:
        for held in self.interceptions:
            self._clicks.hand_over(Line(f"{self._called(held)}.release()", held.release))

    def _called(self, held: Interception) -> str:
        """A variable, or the place in the network's list where a script has set it up."""
        try:
            return self._clicks.names.of(held)
        except KeyError:
            return f"lab.network.interceptions[{self._network.interceptions.index(held)}]"

    # What waits

    @property
    def _packets(self) -> list[tuple[Interception, Stopped]]:
        return [(held, packet) for held in self.interceptions for packet in held.packets]

    def _decide(self, verb: str) -> None:
        """Carry out a decision about the message that is chosen.

        A page may hold back what was typed until the kernel has answered something earlier, but never a click; so the
        text is given a moment to overtake it.
        """
        packet, clock = self.waiting.value, self._clicks.clock
        if packet is not None:
            clock.hand_over(clock.loop.call_later, TYPING, self._carry_out, packet, verb)

    def _carry_out(self, packet: Stopped, verb: str) -> None:
        """Edit what waits, where its text was changed, then do what the button says; what can't be edited waits on."""
        data = octets(self.editor.value) if self.waiting.value is packet and verb != "drop" else packet.data
        delay = self.delay.value / 1000 if verb == "let_go" else 0.0
        if data != packet.data:
            self._act(packet, f"edit({data!r})", lambda: packet.edit(data))

        def act() -> None:
            if packet.data != data:
                raise UsageError(f"it waits on, since it could not be edited: {self._clicks.done[-1].problem}")
            getattr(packet, verb)(*([delay] if delay else []))

        self._act(packet, f"{verb}({f'delay={delay:g}' if delay else ''})", act)

    def _act(self, packet: Stopped, text: str, act: Callable[[], object]) -> None:
        found = next((held for held, one in self._packets if one is packet), None)
        if found is None:

            def act() -> None:
                raise UsageError(f"this {packet.label} is {packet.state} already")

        where = "" if found is None else f"{self._called(found)}.packets[{found.packets.index(packet)}]."
        self._clicks.hand_over(Line(f"{where}{text}", act, packet.source))

    # What there is to see

    def show(self) -> None:
        """Bring traps and catch up to date; what somebody is editing stays as it is."""
        ends = [ANYBODY, *((name, name) for name in self._lab.elements)]
        offer(self.src, ends)
        offer(self.dst, ends)
        traps = [chip("wait" if held.packets else "idle", self._told(held)) for held in self.interceptions]
        put(
            self.traps,
            "value",
            f'<div role="status">{"".join(traps) or chip("idle", "nothing is to be stopped")}</div>',
        )
        options = [(f"{n}. {told(packet)}", packet) for n, (_, packet) in enumerate(self._packets, 1)]
        offer(self.waiting, options or [("nothing is stopped", None)])
        self._enable(stopped=bool(options), trapped=bool(traps))
        self._open()

    def _enable(self, stopped: bool, trapped: bool) -> None:
        for action in ("let_go", "drop", "duplicate"):
            put(self.buttons[action], "disabled", not stopped)
        put(self.buttons["release_all"], "disabled", not trapped)

    def _told(self, held: Interception) -> str:
        over = "" if held.active else " no more"
        return f"{self._called(held)} stops {held.pattern}{over}: {held.count} so far, {len(held.packets)} wait"

    def _open(self) -> None:
        """Show the octets of the message that is chosen, unless they are shown, and perhaps edited, already."""
        packet = self.waiting.value
        now = None if packet is None else (packet, packet.data)
        if now != self._shown:
            self._shown = now
            put(self.editor, "value", "" if packet is None else written(packet.data))
            put(self.editor, "disabled", packet is None)
            self._judge()

    def _judge(self) -> None:
        """Say beforehand what the receiver will have against the text as it stands."""
        packet = self.waiting.value
        problem = "" if packet is None else complaint(octets(self.editor.value))
        change = packet is not None and octets(self.editor.value) != packet.original
        fine = chip("wait", "edited; it can be read") if change else ""
        put(self.verdict, "value", chip("bad", f"the receiver can't read it: {problem}") if problem else fine)


def complaint(data: bytes) -> str:
    """Why octets are no message that a receiver takes, "" where they are one."""
    try:
        parse(data).check()
    except SipParseError as error:
        return str(error)
    return ""


def told(packet: Stopped) -> str:
    """A stopped message in one line."""
    return f"{packet.label} {packet.source} → {packet.destination}, since {packet.time:.3f} s"
