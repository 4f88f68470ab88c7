"""The header lines of a message: looking them up by name, reading them, editing a copy (RFC 3261 §7.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeVar

from sipsim.errors import SipParseError
from sipsim.message.categories import Header
from sipsim.message.codes import CANONICAL, COMPACT, LIST_HEADERS
from sipsim.message.grammar import decode, encode, excerpt, split_list
from sipsim.message.lines import value_of
from sipsim.message.names import FOLDED, fold, fold_octets, named

T = TypeVar("T")

LETTERS = {name: letter.encode() for letter, name in COMPACT.items()}
"""Folded name -> its compact form."""


class Headers:
    """Lines and, in step with them, their folded names.

    `lines` are the start line and the header lines, octets without line ends (a folded one is one entry with its line
    break inside); `names` are their folded names, "" for the start line. Treat both as read-only: an edit gives a
    new object that shares the lines it does not touch.
    """

    __slots__ = ("lines", "names")

    lines: list[bytes]
    names: list[str]

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        """The same with other lines."""
        raise NotImplementedError

    # ---- by name, in any spelling

    def has(self, name: str) -> bool:
        """Whether there is a header field of this name, long or compact."""
        return name in self.names or fold(name) in self.names

    def header(self, name: str) -> str | None:
        """The value of the first header field of this name, unfolded and stripped; None where there is none."""
        folded = fold(name)
        return value_of(self.lines[self.names.index(folded)]) if folded in self.names else None

    def values(self, name: str) -> list[str]:
        """All values of a field, top to bottom; a comma list gives one for each of its members (§7.3.1)."""
        return [value for _, value in self.members(fold(name))]

    @property
    def headers(self) -> list[Header]:
        """(name as on the wire, value) of every header line, in order."""
        return [Header(line.partition(b":")[0].rstrip().decode(), value_of(line)) for line in self.lines[1:]]

    # ---- by folded name, for the attributes of a message

    def line(self, folded: str) -> bytes:
        """The first line of a field; SipParseError where there is none."""
        return self.first(folded, bytes)

    def first(self, folded: str, take: Callable[[bytes], T]) -> T:
        """What `take` makes of the first line of a field; SipParseError where there is none."""
        try:
            at = self.names.index(folded)
        except ValueError:
            raise SipParseError(f"no {CANONICAL[folded]} header field") from None
        try:
            return take(self.lines[at])
        except SipParseError as error:
            raise self.placed(error, at) from None

    def members(self, folded: str) -> list[tuple[int, str]]:
        """(index of the line, value) for every value of a field."""
        found = []
        for at, name in enumerate(self.names):
            if name == folded:
                value = value_of(self.lines[at])
                try:
                    values = split_list(value) if folded in LIST_HEADERS else [value]
                except SipParseError as error:
                    raise self.placed(error, at) from None
                found += [(at, value) for value in values]
        return found

    def placed(self, error: SipParseError, at: int) -> SipParseError:
        """The error of a value, with the line and the name of the header field that it is in."""
        line = 1 + at + sum([line.count(b"\n") for line in self.lines[:at]])
        reason = f"{CANONICAL.get(self.names[at], self.names[at])}: {error.reason}"
        return SipParseError(reason, error.status, line, error.column, error.excerpt)

    # ---- edits

    def with_header(self, name: str, *values: object) -> Self:
        """A copy in which these values, a line each, stand for all header fields of this name.

        They take the place of the first, or come last where there was none. UsageError for a name that is no token
        and for a value with CR, LF or NUL.
        """
        folded, prefix = named(name)
        if len(values) == 1 == self.names.count(folded):
            lines = self.lines.copy()
            lines[self.names.index(folded)] = prefix + encode(str(values[0]))
            return self._copy(lines, self.names)
        new = [prefix + encode(str(value)) for value in values]
        at = self.names.index(folded) if folded in self.names else len(self.names)
        lines, names = self._others(folded)
        lines[at:at] = new
        names[at:at] = [folded] * len(new)
        return self._copy(lines, names)

    def prepend(self, name: str, value: object) -> Self:
        """A copy with one more line, above the first of this name, or right below the start line."""
        folded, prefix = named(name)
        lines, names = self.lines.copy(), self.names.copy()
        at = names.index(folded) if folded in names else 1
        lines.insert(at, prefix + encode(str(value)))
        names.insert(at, folded)
        return self._copy(lines, names)

    def compacted(self) -> Self:
        """A copy with names in the compact form where there is one: `v` for Via (§7.3.3)."""
        lines = self.lines.copy()
        for at, name in enumerate(self.names):
            letter = LETTERS.get(name)
            if letter:
                lines[at] = letter + lines[at][lines[at].index(b":") :]
        return self._copy(lines, self.names)

    def without(self, name: str) -> Self:
        """A copy without any header field of this name."""
        return self._copy(*self._others(fold(name)))

    def without_first(self, name: str) -> Self:
        """A copy without the first value of this field; the others of its comma list stay."""
        folded = fold(name)
        lines, names = self.lines.copy(), self.names.copy()
        if folded not in names:
            return self
        at = names.index(folded)
        rest = self._rest_of_list(at) if b"," in lines[at] and folded in LIST_HEADERS else b""
        if rest:
            lines[at] = rest
        else:
            del lines[at], names[at]
        return self._copy(lines, names)

    def _others(self, folded: str) -> tuple[list[bytes], list[str]]:
        """Fresh lists of the lines that are not of this name, and of their names."""
        kept = [at for at, name in enumerate(self.names) if name != folded]
        return [self.lines[at] for at in kept], [self.names[at] for at in kept]

    def _rest_of_list(self, at: int) -> bytes:
        """A line without the first member of its comma list; nothing where that was the only one."""
        name, _, _ = self.lines[at].partition(b":")
        members = [value for where, value in self.members(self.names[at]) if where == at]
        # What came in as octets goes out as the same octets, a NUL in quotes included: no `encode` here.
        return name + b": " + ", ".join(members[1:]).encode("utf-8", "surrogateescape") if members[1:] else b""


def refuse_bare_ends(lines: list[bytes]) -> None:
    """SipParseError for a line with CR or LF alone in it."""
    for number, line in enumerate(lines, 1):
        first, *others = line.replace(b"\n", b"\r").split(b"\r")
        if others:
            raise SipParseError("CR or LF alone, a line ends with both", 400, number, len(first) + 1)


def name_lines(lines: list[bytes]) -> tuple[list[bytes], list[str]]:
    """Lines, folded ones put together, and their names, new spellings too; SipParseError for a line without."""
    whole, names = lines[:1], [""]
    for number, line in enumerate(lines[1:], 2):
        if line[:1] in (b" ", b"\t"):
            whole[-1] += b"\r\n" + line
            continue
        raw, colon, _ = line.partition(b":")
        name = FOLDED.get(raw) or fold_octets(raw)
        if not colon or name is None:
            raise SipParseError("no header field name and colon", 400, number, excerpt=excerpt(decode(line)))
        whole.append(line)
        names.append(name)
    return whole, names
