"""A program that acts for the user of a phone: what an endpoint knows of the client APIs in `sipsim.apis`."""

from __future__ import annotations

from typing import Protocol


class Application(Protocol):
    """A program on the phone; `screen` is its status line."""

    screen: str

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""
