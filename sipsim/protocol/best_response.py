"""Of the final responses of all branches, the one that goes upstream (RFC 3261 §16.7 items 6 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sipsim.errors import SipParseError
from sipsim.message.fields import NameAddr
from sipsim.message.message import Response

HELPFUL = (401, 407, 415, 420, 484)
"""Refusals that tell the caller how to try again; of the 4xx they go first."""

MOVED = (300, 301, 302)
"""Redirects that all say the same: here are other addresses of this user."""

CHALLENGES = ("WWW-Authenticate", "Proxy-Authenticate")


def best_response(responses: Sequence[Response], *, cancelled: bool = False) -> Response:
    """The best of several final responses, none of them 2xx.

    Any 6xx wins; else the lowest class, and within 4xx those that help the caller to try again; a 408, which only says
    that nobody answered, goes last. Where the caller has `cancelled`, 487 is what is waited for. A 401 or 407 has the
    challenges of all branches, a redirect their addresses.
    """
    if cancelled and not any(response.status >= 600 for response in responses):
        responses = [response for response in responses if response.status == 487] or responses
    best = responses[0] if len(responses) == 1 else min(responses, key=_rank)
    if best.status in (401, 407) and len(responses) > 1:
        return with_challenges(best, [other for other in responses if other is not best])
    if best.status in MOVED and len(responses) > 1:
        return with_contacts(best, [other for other in responses if other is not best and other.status in MOVED])
    return best


def with_challenges(best: Response, others: Iterable[Response]) -> Response:
    """A challenge with those of other branches added, so that the caller can answer all of them at once (item 7)."""
    asking = [other for other in others if other.status in (401, 407)]
    for name in CHALLENGES:
        added = [value for other in asking for value in other.values(name) if "\0" not in value]
        if added:
            best = best.with_header(name, *[value for value in best.values(name) if "\0" not in value], *added)
    return best


def with_contacts(best: Response, others: Iterable[Response]) -> Response:
    """A redirect with the addresses of other branches' redirects added, each once (item 6, on combining responses)."""
    added: list[NameAddr] = []
    known = _addresses(best)
    for contact in [contact for other in others for contact in _addresses(other)]:
        if not any(contact.uri.matches(one.uri) for one in [*known, *added]):
            added.append(contact)
    return best.with_header("Contact", *known, *added) if added else best


def _addresses(response: Response) -> list[NameAddr]:
    """The addresses that a redirect names; none where they can't be read."""
    try:
        return [contact for contact in response.contacts if isinstance(contact, NameAddr)]
    except SipParseError:
        return []


def _rank(response: Response) -> tuple[int, bool, bool]:
    status = response.status
    return (0 if status >= 600 else status // 100), status not in HELPFUL, status == 408
