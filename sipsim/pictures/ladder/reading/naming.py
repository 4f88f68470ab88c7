"""Other names for columns: captures show addresses, people know who sits there.

A name may be given to an element ("Proxy 1"), to a host ("10.0.0.1") or to one of its ports ("10.0.0.2:5060"): so one
host can become two columns, and two addresses one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.pictures.ladder.reading.media import host_of

if TYPE_CHECKING:
    from sipsim.trace.record import Record
    from sipsim.trace.trace import Trace

Elements = dict[str, dict[str, Any]]
"""What is known of the elements, by the names of their columns."""


class Naming:
    """The names of columns; UsageError for a name that is no text, or given to what the trace does not have."""

    def __init__(self, trace: Trace, names: Mapping[str, str] | None) -> None:
        if names is not None and not isinstance(names, Mapping):
            raise UsageError(f'names={names!r}: give a dict such as {{"10.0.0.1": "alice"}}')
        self.names = dict(names or {})
        for old, new in self.names.items():
            if not isinstance(new, str) or not new:
                raise UsageError(f"names={new!r}: {old!r} needs a text for a name")
        known = [dict(entry) for entry in trace.header.get("elements", ())]
        self.elements: Elements = {}
        for entry in known:
            addresses = [str(address) for address in entry.get("addresses") or ()]
            self._add(self.of(str(entry["name"]), addresses[0] if len(addresses) == 1 else ""), entry)
        if self.names:
            self._check(trace, known)

    def of(self, name: str, address: str = "") -> str:
        """What the column of an element is called, or that of an address where no element is known."""
        if not self.names:
            return name
        keys = (address, name, host_of(address), host_of(name))
        return next((self.names[key] for key in keys if key in self.names), name)

    def ends(self, record: Record) -> tuple[str, str]:
        """The columns of a `sent` record: of its sender and of its receiver."""
        source, target = record.element, record.peer
        if not self.names:
            return source, target
        data = record.data
        return self.of(source, str(data.get("src", ""))), self.of(target, str(data.get("dst", "")))

    def receiver(self, record: Record) -> str:
        """The column of a `delivered` record."""
        if not self.names or (sent := record.sent) is None:
            return record.element
        return self.of(record.element, str(sent.data["dst"]))

    def _add(self, name: str, entry: dict[str, Any]) -> None:
        kept = self.elements.setdefault(name, {**entry, "name": name, "addresses": []})
        kept["addresses"] += entry.get("addresses") or []

    def _check(self, trace: Trace, known: list[dict[str, Any]]) -> None:
        there = dict.fromkeys(str(entry["name"]) for entry in known)
        for address in _addresses(trace, known):
            there |= {address: None, host_of(address): None}
        for name in self.names:
            if name not in there:
                raise UsageError(f"names={name!r}: not in this trace; there are {', '.join(map(repr, there))}")
        for address, name in list(self.names.items()):  # a host's only port: its media are those of the same column
            if [other for other in there if host_of(other) == host_of(address) != other] == [address]:
                self.names.setdefault(host_of(address), name)
        for address in there:
            if address in self.names:
                self.elements.setdefault(self.names[address], {"name": self.names[address], "addresses": [address]})


def _addresses(trace: Trace, known: list[dict[str, Any]]) -> dict[str, None]:
    found = {str(address): None for entry in known for address in entry.get("addresses") or ()}
    for record in trace.select("sent"):
        data = record.data
        found |= {str(data["src"]): None, str(data["dst"]): None}
    return found
