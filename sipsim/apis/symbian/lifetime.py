"""Who may make, extend and delete what: the API's classes are final, some are made by the API only, all are deleted.

Deleting is `Delete()`, the original's `delete`. What is used afterwards leaves with KErrSIPResourceNotAvailable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sipsim.apis.lane import Lane
from sipsim.apis.symbian.errors import KErrNotSupported, KErrSIPResourceNotAvailable, Leave

MAKER = object()
"""What the API shows to make an object that an application can't make."""


class Final:
    """A class of the API: applications can't extend it."""

    def __init_subclass__(cls, **options: Any) -> None:
        if not cls.__module__.startswith("sipsim.apis.symbian."):
            raise TypeError(f"{cls.__name__}: the SIP Client API cannot be extended")
        super().__init_subclass__(**options)


class Deletable(Final):
    """Something that an application owns and deletes."""

    deleted = False

    def usable(self) -> None:
        """Leave with KErrSIPResourceNotAvailable where this was deleted."""
        if self.deleted:
            raise Leave(KErrSIPResourceNotAvailable, f"this {type(self).__name__} was deleted")

    @contextmanager
    def deleting(self, lane: Lane) -> Iterator[None]:
        """A call of the API after which this is gone."""
        self.usable()
        text = f"delete {type(self).__name__}"
        with lane.calling(text, text=text):
            yield
            self.deleted = True


def made_by_the_api(maker: object, what: object) -> None:
    """Leave with KErrNotSupported unless the API itself makes this."""
    if maker is not MAKER:
        raise Leave(KErrNotSupported, f"only the API makes a {type(what).__name__}")
