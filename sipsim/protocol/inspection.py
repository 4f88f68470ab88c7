"""May a server take this request? The checks of RFC 3261 §8.2, in the RFC's order, as plain functions.

Each takes the request, and what the server understands, and gives a refusal or None. First `method` and `address`
(§8.2.1, §8.2.2.1), then, by the server itself, who alone knows its transactions, the question of merged requests
(§8.2.2.2), then `content` (§8.2.2.3 to §8.2.4), and `invitation` for what an INVITE needs besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.codes import CODES, METHODS
from sipsim.message.entity import Entity
from sipsim.message.fields import MediaType, NameAddr
from sipsim.message.message import Request
from sipsim.message.rare_fields import WarningValue
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.matching import COOKIE
from sipsim.protocol.options import one_of, whole

Fields = tuple[tuple[str, str], ...]
"""Header fields to add: names and values."""


class Refusal(NamedTuple):
    """A final response that a server gives by itself: status, header fields to add, the section that asks for it.

    `why` says in words what was wrong; where it is one of the request's own mistakes (400) it is the reason phrase too.
    """

    status: int
    headers: Fields
    rfc: str
    why: str = ""
    body: bytes = b""
    content_type: str | None = None


MERGED = Refusal(482, (), "RFC 3261 §8.2.2.2", "the same request came by another way already")
NO_DIALOG = Refusal(481, (), "RFC 3261 §12.2.2", "no such dialog")
NO_TRANSACTION = Refusal(481, (), "RFC 3261 §9.2", "no such transaction to cancel")
OUT_OF_ORDER = Refusal(500, (), "RFC 3261 §12.2.2", "a CSeq number lower than the last one")


def refusal(status: int, why: str, *headers: tuple[str, str], rfc: str = "") -> Refusal:
    """A refusal by the section that defines its status, where no other one asks for it."""
    return Refusal(status, headers, rfc or (CODES[status].section if status in CODES else "RFC 3261 §21"), why)


UNTYPED = refusal(400, "a body without Content-Type", rfc="RFC 3261 §20.15")
MISTAKEN = refusal(500, "a mistake in the phone")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server understands of the requests that it gets, and how much it takes (None: any amount).

    `requires` are extensions without which it does nothing (421). `largest_body` are the octets of a body (413), too
    much only for now where `retry_after` gives seconds, `largest_message` those of all of it (513), `longest_uri` the
    characters of a Request-URI (414). `unknown` is the status for users other than its own (404, 484, 485 or 604),
    `others_to` whether To may name someone else (else 403).
    """

    methods: tuple[str, ...]
    schemes: tuple[str, ...] = SIP_SCHEMES
    extensions: tuple[str, ...] = ()
    types: tuple[str, ...] = ("application/sdp",)
    encodings: tuple[str, ...] = ("identity",)
    languages: tuple[str, ...] = ("en",)
    requires: tuple[str, ...] = ()
    largest_body: int | None = None
    retry_after: int | None = None
    largest_message: int | None = None
    longest_uri: int | None = None
    unknown: int = 404
    others_to: bool = True
    features: Fields = field(init=False, repr=False, compare=False)
    """Allow and Supported, for an INVITE and its 2xx (§13.2.1, §13.3.1.4)."""

    def __post_init__(self) -> None:
        for name in ("methods", "schemes", "extensions", "types", "encodings", "languages", "requires"):
            words = getattr(self, name)
            if not isinstance(words, tuple) or not all(isinstance(word, str) and word.isprintable() for word in words):
                raise UsageError(f"{name}: {words!r} is no tuple of words")
        for name in ("largest_body", "retry_after", "largest_message", "longest_uri"):
            if getattr(self, name) is not None:
                whole(name, getattr(self, name))
        one_of("unknown", self.unknown, (404, 484, 485, 604))
        features = ("Allow", ", ".join(self.methods)), ("Supported", ", ".join(self.extensions))
        object.__setattr__(self, "features", features)

    @property
    def listing(self) -> Fields:
        """What the answer to OPTIONS says (§11.2)."""
        named = ("Accept", self.types), ("Accept-Encoding", self.encodings), ("Accept-Language", self.languages)
        return (*self.features, *[(name, ", ".join(words)) for name, words in named])


# Who is meant: §8.2.1 and §8.2.2.1


def method(request: Request, can: Abilities) -> Refusal | None:
    """Is the method one of ours (405), or known to anybody (501)?"""
    if request.method in can.methods:
        return None
    if request.method in METHODS:
        return refusal(405, f"{request.method} is no method of this server", can.features[0], rfc="RFC 3261 §8.2.1")
    return refusal(501, "nobody here knows this method", can.features[0])


def address(request: Request, can: Abilities, user: Uri) -> Refusal | None:
    """Is the Request-URI short enough (414) and of a kind that we know (416), and does it name our user (404)?"""
    if can.longest_uri is not None and len(request.uri_text) > can.longest_uri:
        return refusal(414, f"a URI of more than {can.longest_uri} characters")
    if (unknown := scheme(request, can)) is not None:
        return unknown
    uri = request.uri
    if uri.user is not None and uri.user != user.user and _user(uri) != _user(user):
        return stranger(uri.user, (user,), can.unknown)
    if not can.others_to and request.to.uri.aor != user.aor:
        return refusal(403, "To names somebody else", rfc="RFC 3261 §8.2.2.1")
    return None


def scheme(request: Request, can: Abilities) -> Refusal | None:
    """Is the Request-URI of a kind that we know (416)?"""
    found = request.uri.scheme
    if found in can.schemes:
        return None
    return refusal(416, f"{found} is no scheme that is known here", rfc="RFC 3261 §8.2.2.1")


def stranger(name: str, known: Iterable[Uri], otherwise: int = 404) -> Refusal:
    """The refusal for a user who is none of those known here.

    The first digits of a known number are an incomplete address (484), the beginning of several users' names is
    ambiguous (485, with their addresses as Contact).
    """
    begun = [uri for uri in known if name and (uri.user or "").startswith(name)]
    if otherwise == 485 or len(begun) > 1:
        listing = [("Contact", str(NameAddr("", uri, ()))) for uri in begun]
        return refusal(485, "this might be more than one user", *listing)
    if otherwise == 484 or (begun and name.lstrip("+").isdigit()):
        return refusal(484, "the beginning of a number")
    return refusal(otherwise, "no such user here", rfc="RFC 3261 §8.2.2.1" if otherwise == 404 else "")


def _user(uri: Uri) -> str:
    """The user of a URI with its escapes written in one way."""
    return uri.aor.partition(":")[2].rsplit("@", 1)[0]


# What it asks for: §8.2.2.3 to §8.2.4

_SELDOM = frozenset(("require", "content-encoding", "content-language", "content-disposition"))


def content(request: Request, can: Abilities) -> Refusal | None:
    """Do we know the extensions that it requires (420), and can we read its body (413, 415, 493, 513)?"""
    most = can.largest_message
    if _SELDOM.isdisjoint(request.names) and not can.requires and most is None:  # as nearly always
        return _body(request, can) if request.body else None
    if most is not None and len(bytes(request)) > most:
        return refusal(513, f"{len(bytes(request))} octets, {most} are taken")
    if unknown := ", ".join([tag for tag in request.require if tag not in can.extensions]):
        return refusal(420, f"not known here: {unknown}", ("Unsupported", unknown), rfc="RFC 3261 §8.2.2.3")
    if request.body and (unread := _body(request, can)):
        return unread
    if missing := ", ".join([tag for tag in can.requires if tag not in request.supported]):
        return refusal(421, f"nothing goes without {missing}", ("Require", missing), rfc="RFC 3261 §8.2.4")
    return None


def _body(request: Request, can: Abilities) -> Refusal | None:
    most = can.largest_body
    if most is not None and len(request.body) > most:
        later = () if can.retry_after is None else (("Retry-After", str(can.retry_after)),)
        return refusal(413, f"a body of {len(request.body)} octets, {most} are taken", *later)
    if request.content_type is None:
        return UNTYPED
    return _part(request, can)


def _part(part: Entity, can: Abilities) -> Refusal | None:
    """A body, or a part of one: one that is not understood is refused, unless it is optional (§8.2.3)."""
    unread = _type(part, can)
    if _SELDOM.isdisjoint(part.names):
        return unread
    disposition = part.content_disposition
    if disposition is not None and (disposition.param("handling") or "").lower() == "optional":
        return None
    if any(coding.lower() not in can.encodings for coding in part.content_encoding):
        return _unread("Accept-Encoding", can.encodings, "a coding")
    spoken = [language.lower().split("-")[0] for language in part.content_language]
    if unread is None and spoken and not {*spoken, "*"} & {*can.languages}:
        return _unread("Accept-Language", can.languages, "a language")
    return unread


def _type(part: Entity, can: Abilities) -> Refusal | None:
    kind = part.content_type
    name = "text/plain" if kind is None else f"{kind.type}/{kind.subtype}"
    if kind is not None and kind.type == "multipart":
        unread = [_part(piece, can) for piece in part.parts]
        found = [one for one in unread if one is not None]
        enough = kind.subtype == "alternative" and len(found) < len(unread)
        return None if enough or not found else found[0]
    if kind is None or name in can.types:
        return None  # text/plain that nobody asks to be read (RFC 2046 §5.1), or what we know
    if name in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return refusal(493, "an encrypted body, and no key for it")
    return _unread("Accept", can.types, "a type")


def _unread(name: str, known: tuple[str, ...], what: str) -> Refusal:
    return refusal(415, f"a body of {what} that is not known here", (name, ", ".join(known)), rfc="RFC 3261 §8.2.3")


# What an INVITE needs besides: §13.2.1, §12.1.1


def invitation(request: Request, can: Abilities, target: Uri | None, agent: str) -> Refusal | None:
    """Does an INVITE say where its sender is (400), and may it be answered with a description (406)?

    A client of RFC 2543, which has no magic cookie in its branches, need not say it: it is where From says.
    """
    if not (request.branch or "").lower().startswith(COOKIE):
        target = target or request.from_.uri
    if target is None or target.scheme not in can.schemes:
        return refusal(400, "no Contact with a SIP URI", rfc="RFC 3261 §8.1.1.8")
    if "accept" in request.names and can.types and not takes(request, can.types[0]):
        why = f"Accept without {can.types[0]}"
        return refusal(406, why, ("Warning", str(WarningValue(399, agent, why))))
    return None


def takes(request: Request, media_type: str) -> bool:
    """Whether the sender reads bodies of this type; without Accept it reads application/sdp (§20.1)."""
    if "accept" not in request.names:
        return media_type == "application/sdp"
    kind = MediaType.parse(media_type)
    return any(wanted.takes(kind) and wanted.q for wanted in request.accept)
