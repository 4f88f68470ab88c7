"""Where a user's calls go instead of to the user's phones, and when: always, when busy, when nobody answers.

RFC 5359 §2.7 to §2.9. A user to whom calls are forwarded may forward them too, so that they could go in circles.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.inspection import refusal
from sipsim.protocol.location import as_uri
from sipsim.protocol.options import one_of, seconds
from sipsim.protocol.timing import TIMER_C

IN_CIRCLES = refusal(482, "the call is forwarded in circles", rfc="RFC 3261 §21.4.20")


class Forwards(NamedTuple):
    """Where a user's calls go instead: always, when busy, when nobody answers, when no phone is registered.

    `after` is how many seconds the phones may ring before nobody answers; None for the proxy's own time.
    """

    always: Uri | None = None
    busy: Uri | None = None
    no_answer: Uri | None = None
    unregistered: Uri | None = None
    after: float | None = None

    def instead(self, registered: bool) -> Uri | None:
        """Where a call goes without the user's own phones being asked."""
        return self.always or (None if registered else self.unregistered)

    def in_the_end(self, statuses: Container[int], unanswered: bool) -> Uri | None:
        """Where a call goes that the user's phones have refused with these statuses, or did not answer in time."""
        if self.busy is not None and 486 in statuses:
            return self.busy
        return self.no_answer if unanswered or 408 in statuses else None


NOWHERE_ELSE = Forwards()


def forwards_for(user: Uri, wanted: dict[str, str | Uri | None], after: float | None) -> Forwards:
    """A user's wishes, checked: SIP URIs that do not lead straight back, and a time no longer than Timer C."""
    given = {when: as_uri(when, to) for when, to in wanted.items() if to is not None}
    for when, to in given.items():
        one_of(f"scheme of {when}", to.scheme, SIP_SCHEMES)
        if to.aor == user.aor:
            raise UsageError(f"{when}: {to} is the very user whose calls are to go elsewhere")
    if after is not None:
        seconds("after", after, 0.001, TIMER_C)
        if "no_answer" not in given:
            raise UsageError("after: says when a call counts as not answered; give no_answer= too")
    return Forwards(**given, after=after)


def followed(
    start: Uri, passed: Sequence[Uri], of: Callable[[Uri], Forwards], is_there: Callable[[Uri], bool]
) -> list[Uri]:
    """The users that a call comes to from `start` on, each sending it on to the next; the last wants it to ring.

    Empty where it would come to one of them again, or to one of those that it has passed.
    """
    way: list[Uri] = []
    target: Uri | None = start
    while target is not None:
        if any(target.aor == one.aor for one in (*passed, *way)):
            return []
        way.append(target)
        target = of(target).instead(is_there(target))
    return way
