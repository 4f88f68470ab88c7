"""Telephone numbers as people dial them, as ISUP has them, and as URIs have them (RFC 3398 §12, RFC 3966).

Here a number is whole, E.164 with its "+"; ISUP says a nature of address first: "national 205550100".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sipsim.message.uri import Uri
from sipsim.protocol.inspection import Refusal, refusal

SHORTEST, LONGEST = 7, 15
"""Digits of a whole number, with its country code: fewer are incomplete, and there are no more (E.164)."""

INCOMPLETE = refusal(484, "the beginning of a number")
NO_NUMBER = refusal(404, "no telephone number")
FOREIGN = refusal(484, "a number of a plan that is not known here", rfc="RFC 3398 §12.2")
_SEPARATORS = str.maketrans("", "", "-.() ")
_DIGITS = re.compile(r"\+?[0-9]+", re.ASCII)


class DialPlan(NamedTuple):
    """How numbers are dialled in an area of a country: what stands before a number says what kind it is.

    `domain` is the phone-context of numbers to be dialled so, besides the country's and the area's.
    """

    country: str = "31"
    area: str = "20"
    domain: str = ""

    def whole(self, dialled: str) -> str:
        """What was dialled, or stands in a URI, as a whole number, "" for what is none."""
        digits = dialled.translate(_SEPARATORS)
        table = ("+", ""), ("00", ""), ("0", self.country), ("", self.country + self.area)
        prefix, code = next(pair for pair in table if digits.startswith(pair[0]))
        number = code + digits.removeprefix(prefix)
        return f"+{number}" if _DIGITS.fullmatch(digits) and number[:1] not in ("", "0") else ""

    def called(self, uri: Uri) -> str | Refusal:
        """The whole number that a tel URI, or a SIP URI with a number for a user, is for; else why there is none.

        A local number is one of this plan; where its phone-context says another, nobody here can dial it, and that is
        no prefix of it (RFC 3966 §5.1.5). Nor may a number be used that has to be understood in a way not known (§5.4).
        """
        user, *params = (uri.user or "").split(";")
        written = dict(pair.lower().partition("=")[::2] for pair in (*params, *(f"{n}={v}" for n, v in uri.params)))
        context = written.get("phone-context", "").translate(_SEPARATORS)
        if any(name.startswith("m-") for name in written) or not (user[:1] == "+" or self._knows(context)):
            return FOREIGN
        number = self.whole(user)
        if number and len(number) <= SHORTEST:
            return INCOMPLETE
        return number if 0 < len(number) <= LONGEST + 1 else NO_NUMBER

    def _knows(self, context: str) -> bool:
        own = f"+{self.country}"
        return context in ("", own, own + self.area, self.domain.lower().translate(_SEPARATORS))

    def isup(self, whole: str) -> str:
        """A whole number as ISUP says it: national where it has our own country code (RFC 3398 §12.2)."""
        own = f"+{self.country}"
        return f"national {whole.removeprefix(own)}" if whole.startswith(own) else f"international {whole[1:]}"

    def e164(self, said: str) -> str:
        """The whole number that ISUP means (RFC 3398 §12.1)."""
        nature, _, digits = said.partition(" ")
        return f"+{ {'national': self.country, 'subscriber': self.country + self.area}.get(nature, '') }{digits}"


HERE = DialPlan()
"""The plan of a gateway that says nothing else: Amsterdam's."""
