"""The form of a message, whoever sent it: start line, header fields that must be there, lengths (RFC 3261 §7, §8.1.1).

A fault is reported where the message is first seen, not again where a proxy forwards it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sipsim.errors import SipParseError
from sipsim.message.codes import CANONICAL
from sipsim.message.fields import NameAddr
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.uri import SIP_SCHEMES
from sipsim.trace.checker.hops import Hop
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

MANDATORY = ("via", "from", "to", "call-id", "cseq")
_SINGLE = """
    call-id content-disposition content-length content-type cseq date event expires from max-forwards mime-version
    min-expires min-se organization priority rack refer-to referred-by replaces retry-after rseq server session-expires
    subject subscription-state timestamp to user-agent
"""
SINGLE = frozenset(_SINGLE.split())
"""Fields that have one value; every other one may be a list (§7.3.1)."""

DIALOG_MAKERS = ("INVITE", "SUBSCRIBE", "REFER")
FIELDS = (("via", "vias"), ("from", "from_"), ("to", "to"), ("call-id", "call_id"), ("", "uri"))
"""The fields that every message needs, and the attributes that read them."""

_START = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]+ [!-;=?-~]+ SIP/2\.0|SIP/2\.0 [1-6][0-9]{2} [^\x00-\x08\x0a-\x1f\x7f]*")
_LENGTH = re.compile(r"[0-9]+", re.ASCII)


@rule("SYN-01", MUST, "RFC 3261 §7.1")
def start_line(index: Index) -> Iterator[Fault]:
    """A message begins with a request line or a status line, its parts one space apart."""
    for hop in index.hops:
        line = _first_line(hop)
        if _START.fullmatch(line) is None and hop.fresh:
            yield fault(f"{ascii(line[:60])[1:]} is no start line", hop)


@rule("SYN-02", MUST, "RFC 3261 §8.1.1")
def mandatory_fields(index: Index) -> Iterator[Fault]:
    """Via, From, To, Call-ID and CSeq are there, and Max-Forwards in a request."""
    for hop, message in _first_seen(index):
        if _is_bad_request(hop):  # what the request lacked it can't have
            continue
        needed = (*MANDATORY, "max-forwards") if isinstance(message, Request) else MANDATORY
        if missing := [CANONICAL[name] for name in needed if name not in message.names]:
            yield fault(f"has no {' and no '.join(missing)}", hop)


@rule("SYN-03", MUST, "RFC 3261 §7.3.1")
def single_fields(index: Index) -> Iterator[Fault]:
    """A header field that has one value stands in a message once."""
    for hop, message in _first_seen(index):
        if len(set(message.names)) == len(message.names):
            continue
        twice = dict.fromkeys(name for name in message.names if name in SINGLE and message.names.count(name) > 1)
        if twice:
            yield fault(f"has {' and '.join(CANONICAL[name] for name in twice)} more than once", hop)


@rule("SYN-04", MUST, "RFC 3261 §20.14")
def content_length(index: Index) -> Iterator[Fault]:
    """Content-Length says how long the body is."""
    for hop, message in _first_seen(index):
        said = message.header("Content-Length")
        there = len(hop.raw.partition(b"\r\n\r\n")[2])
        if said is None:
            continue
        if _LENGTH.fullmatch(said) is None:
            yield fault(f"Content-Length {said[:20]!r} is no number", hop)
        elif int(said[:20]) > there or (hop.reliable and int(said[:20]) != there):
            yield fault(f"Content-Length is {said[:20]}, the body has {there} octets", hop)


@rule("SYN-06", MUST, "RFC 3261 §20.15")
def content_type(index: Index) -> Iterator[Fault]:
    """A message with a body says what it is."""
    for hop, message in _first_seen(index):
        if message.body and "content-type" not in message.names:
            yield fault("has a body and no Content-Type", hop)


@rule("SYN-08", MUST, "RFC 3261 §19.1.1")
def plain_uris(index: Index) -> Iterator[Fault]:
    """Only URIs of a Contact that redirects or registers have header fields or a method parameter."""
    for hop in index.hops:
        if hop.message is None or not hop.fresh or not (b"?" in hop.raw or b";method=" in hop.raw.lower()):
            continue
        named = [("From", getattr(hop.get("from_"), "uri", None)), ("To", getattr(hop.get("to"), "uri", None))]
        if isinstance(hop.message, Request):
            named.append(("Request-URI", hop.get("uri")))
        for name, uri in named:
            if uri is not None and (uri.headers or uri.param("method") is not None):
                yield fault(f"the {name} has {'header fields' if uri.headers else 'a method'} in its URI", hop)


@rule("SYN-09", MUST, "RFC 3261 §8.1.1.8")
def one_contact(index: Index) -> Iterator[Fault]:
    """A request that may make a dialog has one Contact, a SIP or SIPS URI."""
    for hop in index.requests:
        if hop.method in DIALOG_MAKERS and not hop.to_tag and hop.fresh and not _has_one_contact(hop):
            yield fault(f"{hop.method} has {len(hop.contacts)} Contacts that the peer could use", hop)


@rule("SYN-10", MUST, "RFC 3261 §20.22")
def max_forwards(index: Index) -> Iterator[Fault]:
    """Max-Forwards is a number from 0 to 255."""
    for hop, message in _first_seen(index):
        if "max-forwards" in message.names and hop.get("max_forwards", -1) == -1:
            yield fault(f"Max-Forwards is {(message.header('Max-Forwards') or '')[:20]!r}", hop)


@rule("SYN-12", MUST, "RFC 3261 §25.1")
def grammar(index: Index) -> Iterator[Fault]:
    """What every message needs keeps to its grammar: header lines, addresses, Via, Call-ID."""
    for hop in index.hops:
        if not hop.readable and hop.fresh and not _is_bad_request(hop) and _START.fullmatch(_first_line(hop)):
            try:
                message = hop.message or parse(hop.raw)
                echoes = isinstance(message, Response) and index.answers_unreadable(message, hop.sender)
                _read(message, FIELDS[1:] if echoes else FIELDS)
            except SipParseError as error:
                yield fault(str(error), hop)


def _is_bad_request(hop: Hop) -> bool:
    """Whether this is a 400, whose header fields are those of the request that it refuses (§8.2.6.2)."""
    return _first_line(hop).startswith(b"SIP/2.0 400 ")


def _first_line(hop: Hop) -> bytes:
    return hop.raw[:8192].lstrip(b"\r\n").partition(b"\r\n")[0]


def _read(message: Message, fields: Sequence[tuple[str, str]]) -> None:
    """Look at the values that every message needs, as far as they are there; CSeq is another rule's."""
    for field, attribute in fields:
        if field in message.names:
            getattr(message, attribute, None)


def _first_seen(index: Index) -> Iterator[tuple[Hop, Message]]:
    """The messages whose header could be split, those left out that were seen before."""
    return ((hop, hop.message) for hop in index.hops if hop.message is not None and hop.fresh)


def _has_one_contact(hop: Hop) -> bool:
    uris = [contact.uri for contact in hop.contacts if isinstance(contact, NameAddr)]
    to_sips = hop.uri_text[:5].lower() == "sips:" or any(route.uri.scheme == "sips" for route in hop.routes[:1])
    return len(uris) == len(hop.contacts) == 1 and uris[0].scheme in (("sips",) if to_sips else SIP_SCHEMES)
