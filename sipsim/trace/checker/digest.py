"""Digest authentication; the digests themselves where passwords are known (RFC 3261 §22; RFC 7616; RFC 8760)."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.auth import ANSWERS, Challenge, Credentials
from sipsim.protocol.digest import find_algorithm, ha1, response
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, SHOULD, Fault, fault, rule

ASKING = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}


@rule("AUT-01", MUST, "RFC 3261 §22.1")
def asks(index: Index) -> Iterator[Fault]:
    """401 has WWW-Authenticate, 407 Proxy-Authenticate, and nobody asks for Basic."""
    for hop in index.responses:
        name = ASKING.get(hop.status)
        if name is None or not hop.fresh or hop.message is None:
            continue
        values = hop.message.values(name)
        if not values:
            yield fault(f"{hop.status} has no {name}", hop)
        elif any(value[:6].lower() == "basic " for value in values):
            yield fault(f"{name} asks for Basic", hop)


@rule("AUT-02", MUST, "RFC 3261 §22.4")
def quality_of_protection(index: Index) -> Iterator[Fault]:
    """A challenge offers qop, and credentials that answer such a one have it too."""
    offered: set[str] = set()
    for hop in sorted([*index.responses, *index.requests], key=lambda hop: hop.number):
        for _, challenge in challenges_in(hop) if hop.status in ASKING else ():
            if challenge.qop:
                offered.add(challenge.nonce)
            elif hop.fresh:
                yield fault(f"the challenge of the {hop.status} offers no qop", hop)
        for name, credentials in credentials_in(hop) if hop.fresh else ():
            if credentials.nonce in offered and not credentials.qop:
                yield fault(f"{name} answers a challenge with qop and has none", hop)


@rule("AUT-03", MUST, "RFC 7616 §3.4")
def nonce_count(index: Index) -> Iterator[Fault]:
    """Nc counts the requests that a client sent with this nonce: 00000001, 00000002 ..."""
    last: dict[tuple[str, str, str], tuple[int, Hop]] = {}
    for hop in index.requests:
        if not hop.own or hop.copy_of is not None or hop.method in ("ACK", "CANCEL"):
            continue
        for name, credentials in credentials_in(hop):
            key, count = (hop.sender, name, credentials.nonce), credentials.count
            before, earlier = last.get(key, (0, hop))
            if credentials.nc and (
                count <= before or (count > before + 1 and index.whole and index.watched(hop.sender))
            ):
                yield fault(f"nc of the {hop.method} is {count}, {before + 1} was due", hop, earlier)
            last[key] = count, hop


@rule("AUT-04", MUST, "RFC 3261 §22.4")
def right_digest(index: Index) -> Iterator[Fault]:
    """Credentials have the digest of the user's password, for who tells the checker passwords."""
    for hop in index.requests:
        if not index.passwords or not hop.fresh or hop.method in ("ACK", "CANCEL") or hop.message is None:
            continue  # an ACK has the credentials of its INVITE
        for name, shown in credentials_in(hop):
            password, algorithm = index.passwords.get(shown.username), find_algorithm(shown.algorithm)
            if password is None or algorithm is None:
                continue
            stored = ha1(algorithm, shown.username, shown.realm, password)
            if shown.response.lower() != response(algorithm, stored, shown, hop.method, hop.message.body):
                yield fault(f"{name} has another digest than {shown.username}'s password gives", hop)


@rule("AUT-06", MUST, "RFC 3261 §22.1")
def cancel_is_not_challenged(index: Index) -> Iterator[Fault]:
    """Nobody asks for credentials in answer to a CANCEL."""
    for hop in index.responses:
        if hop.status in ASKING and hop.method == "CANCEL" and hop.fresh:
            yield fault(f"{hop.status} answers a CANCEL", hop)


@rule("CSQ-04", SHOULD, "RFC 3261 §8.1.3.5")
def tried_again(index: Index) -> Iterator[Fault]:
    """A request tried again with credentials has a CSeq one higher, and the From that it had."""
    by_call: dict[tuple[str, str, str], list[Hop]] = {}
    for hop in index.requests:
        if hop.own and hop.copy_of is None:
            by_call.setdefault((hop.sender, hop.call_id, hop.method), []).append(hop)
    for transaction in index.transactions:
        first = transaction.first
        asked = [arrival for arrival in transaction.heard(401, 407) if arrival.hop.status in ASKING]
        if not asked or not first.own:
            continue
        nonces = {challenge.nonce for _, challenge in challenges_in(asked[0].hop)}
        later = [hop for hop in by_call[first.sender, first.call_id, first.method] if hop.number > asked[0].hop.number]
        answer = next((hop for hop in later if nonces & {one.nonce for _, one in credentials_in(hop)}), None)
        if answer is None or answer is not later[0]:
            continue
        step = answer.cseq.number - first.cseq.number
        if step <= 0 or (step > 1 and index.watched(answer.sender)):
            text = f"{first.method} with CSeq {first.cseq.number} is tried again with {answer.cseq.number}"
            yield fault(text, answer, first)
        elif step == 1 and answer.from_tag != first.from_tag:
            yield fault(f"{first.method} is tried again with another From tag", answer, first)


def challenges_in(hop: Hop) -> Iterator[tuple[str, Challenge]]:
    """The Digest challenges of a response."""
    for name in ANSWERS:
        for value in hop.message.values(name) if hop.message else ():
            try:
                challenge = Challenge.parse(value)
            except SipParseError:
                continue
            if challenge.scheme == "Digest":
                yield name, challenge


def credentials_in(hop: Hop) -> Iterator[tuple[str, Credentials]]:
    """The Digest credentials of a request."""
    for name in ANSWERS.values() if not hop.status else ():
        for value in hop.message.values(name) if hop.message else ():
            try:
                credentials = Credentials.parse(value)
            except SipParseError:
                continue
            if credentials.scheme == "Digest":
                yield name, credentials
