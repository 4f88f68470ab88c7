"""Clicks: each is a line of Python, carried out at the run's present instant, recorded as a cause, and shown."""

from __future__ import annotations

from dataclasses import dataclass

from sipsim.errors import SipError, UsageError
from sipsim.trace.sentences import printable
from sipsim.widgets.clock import Clock
from sipsim.widgets.line import Line, Names, quoted, variable
from sipsim.widgets.parts import escape, html, put

SHOWN = 50
LONGEST = 160
"""Characters of a line that the list shows; the script has all of it."""
LONGEST_PROBLEM = 400


@dataclass(frozen=True, slots=True)
class Click:
    """What was clicked and when; `problem` says what went wrong, "" for nothing."""

    time: float
    line: Line
    problem: str = ""


class Clicks:
    """Carries out what is clicked on a panel, and keeps the list of it.

    A click is a record of the trace without a cause: what it sets off leads back to it, as `trace.why` shows. An
    exception that it raises is shown in words, and the run goes on.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.names = Names()
        self.done: list[Click] = []
        self._prepared: list[tuple[float, str]] = []
        self.list = html("", "lines")
        self.problem = html("", "problem")
        self._changed = True

    def prepare(self, text: str) -> None:
        """A line that the panel itself has carried out, without a click: a script needs it too."""
        self._prepared.append((self.clock.lab.env.now, text))

    @property
    def script(self) -> str:
        """All of it as one piece of Python for a fresh lab with the same elements, times of clicks included."""
        names = [name for name in self.clock.lab.elements if name.isidentifier()]
        lines = [f"{name} = lab.elements[{quoted(name)}]" for name in names if variable(name) == name]
        steps = [(time, text) for time, text in self._prepared]
        steps += [(click.time, replayed(click)) for click in self.done if click.line.of_the_lab]
        now = 0.0
        for time, text in sorted(steps, key=lambda step: step[0]):
            if time > now:
                lines.append(f"lab.run(until={time!r})")
                now = time
            lines.append(text)
        return "\n".join([*lines, "lab.run()"]) + "\n"

    def hand_over(self, line: Line) -> None:
        """From any thread: carry out a line in the run; a run that is over says so instead."""
        try:
            self.clock.call(self.carry_out, line)
        except UsageError as error:
            self.clock.hand_over(self.complain, f"{error}. Start lets the clock go again.")

    def carry_out(self, line: Line) -> None:
        """Do what a line says, as the cause of all that follows from it."""
        trace, now = self.clock.lab.trace, self.clock.lab.env.now
        trace.current = trace.add("click", now, line.element, cause=0, text=line.text)
        problem = ""
        try:
            line.act()
        except SipError as error:
            problem = str(error)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        finally:
            trace.current = 0
        self.done.append(Click(now, line, problem))
        self.complain(problem)

    def complain(self, problem: str) -> None:
        """Show what went wrong, or with "" that nothing did."""
        self._changed = True
        problem = problem if len(problem) <= LONGEST_PROBLEM else f"{problem[:LONGEST_PROBLEM]}…"
        put(self.problem, "value", f'<div role="alert">{escape(problem)}</div>' if problem else "")
        self.clock.look_soon()

    def show(self) -> None:
        """Bring the list on the panel up to date."""
        if self._changed:
            self._changed = False
            put(self.list, "value", f"<ol>{''.join(map(row, self.done[-SHOWN:]))}</ol>")


def replayed(click: Click) -> str:
    """A click's line in a script; one that failed is a remark there."""
    text = click.line.script or click.line.text
    return f"# {text}  # {printable(' '.join(click.problem.split()))}" if click.problem else text


def row(click: Click) -> str:
    """A click as an item of a list: when, what, whose it is where the line doesn't say, and what came of it."""
    line = click.line
    remarks = [part for part in (line.element if line.element not in line.text else "", click.problem) if part]
    remark = f" <em>  # {escape('; '.join(remarks))}</em>" if remarks else ""
    tone = ' class="sipsim-failed"' if click.problem else ""
    text = line.text if len(line.text) <= LONGEST else f"{line.text[:LONGEST]}…"
    return f"<li{tone}><time>{click.time:.3f}</time> <code>{escape(text)}{remark}</code></li>"
