"""Where in a notebook something stands: the cell that runs, and which of its runs that is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A cell and one run of it, by what the notebook calls them; both are "" outside of a notebook."""

    cell: str
    run: str

    def replaces(self, other: Place) -> bool:
        """Whether this is a later run of the same cell: what the earlier one showed is off the page."""
        return bool(self.cell) and self.cell == other.cell and self.run != other.run


def here() -> Place:
    """The cell that runs now."""
    try:
        shell: Any = import_module("IPython").get_ipython()
        request = shell.get_parent()
        return Place(str(request["metadata"].get("cellId") or ""), str(request["header"]["msg_id"]))
    except (ImportError, AttributeError, KeyError, TypeError):
        return Place("", "")
