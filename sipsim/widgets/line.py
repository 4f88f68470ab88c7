"""A line of Python and what it does: what a click carries out and what the panel prints come from one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sipsim.elements.calls.call import Call


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is Python, `act()` does what it says, `element` is the name of whoever does it ("" for nobody).

    Lines about the panel itself, its clock above all, are not `of_the_lab`: a script has no use for them. `script` is
    what stands in a script instead, where there is no panel.
    """

    text: str
    act: Callable[[], object]
    element: str = ""
    of_the_lab: bool = True
    script: str = ""


def quoted(text: str) -> str:
    """A text as it stands in Python, in double quotes and ASCII."""
    readable = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
    return readable.encode("ascii", "backslashreplace").decode("ascii")


def variable(name: str) -> str:
    """How Python reaches an element: by a variable of its name, or through the lab where that can't be one."""
    return name if name.isidentifier() else f"lab.elements[{quoted(name)}]"


class Names:
    """What things are called in the lines of one panel: the first of a kind `call`, then `call2`, `call3` ..."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._names: dict[object, str] = {}

    def new(self, word: str) -> str:
        """The next free variable."""
        count = self._counts[word] = self._counts.get(word, 0) + 1
        return word if count == 1 else f"{word}{count}"

    def give(self, thing: object, name: str) -> None:
        """From now on a thing has this name."""
        self._names[thing] = name

    def of(self, thing: object) -> str:
        """What a thing is called; `UsageError` is never needed: only what got a name is asked for."""
        return self._names[thing]

    def of_call(self, call: Call) -> str:
        """How Python reaches a call: by the variable that the click put it into, else through its phone."""
        if call in self._names:
            return self._names[call]
        agent, calls = call.agent, list(call.agent.calls.values())
        phone = variable(agent.name)
        if not calls or call is calls[-1]:
            return f"{phone}.current_call"
        return f"[*{phone}.calls.values()][{calls.index(call)}]"
