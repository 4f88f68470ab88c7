"""Misspelt attributes are refused: `phone.anwsers = 3` would else change nothing, and nobody would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.protocol.options import unknown


class Spelt:
    """Whatever has attributes that its users set. Names with an underscore are its own, and not looked at."""

    kind = ""
    is_complete = False
    """Whether all its attributes are there: then others would be misspelt ones."""

    if not TYPE_CHECKING:  # type checkers know the attributes, and are to go on telling

        def __setattr__(self, name: str, value: Any) -> None:
            if name[0] != "_" and self.is_complete and name not in vars(self):
                known = [*vars(self), *dir(type(self))]
                if name not in known:
                    there = [other for other in known if other[0] != "_"]
                    raise unknown(name, f"no such attribute of a {self.kind}", there)
            object.__setattr__(self, name, value)
