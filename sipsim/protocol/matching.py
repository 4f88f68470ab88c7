"""To which transaction a message belongs: a key for client transactions and one for server transactions.

Messages with equal keys belong to the same transaction. Branches and tags are tokens, and tokens have no case
(RFC 3261 §7.3.1), so keys hold them in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from sipsim.message.codes import METHODS
from sipsim.message.message import Message, Request, Response

COOKIE = "z9hg4bk"
"""What a branch begins with, in lower case, when its maker made it unique (RFC 3261 §8.1.1.7)."""

Key = tuple[object, ...]


def client_key(message: Message) -> Key:
    """The key of a request sent or a response received: its branch and its CSeq's method (RFC 3261 §17.1.3).

    CANCEL shares the branch of what it cancels and is a transaction of its own; an ACK with the branch of its
    INVITE was sent by the INVITE's transaction and has its key. There is no response to ACK: one gets a key
    that nobody has.
    """
    if isinstance(message, Request):
        method = "INVITE" if message.method == "ACK" else message.method
    else:
        method = message.cseq.method
    return (message.branch or "").lower(), method


def server_key(request: Request, method: str | None = None) -> Key:
    """The key of a request received: branch, sent-by, method, where ACK counts as INVITE (RFC 3261 §17.2.3).

    With a `method` it is the key that the request would have if this were its method. A branch without the magic
    cookie comes from an RFC 2543 client and says nothing: then the Request-URI, From tag, Call-ID, CSeq and top Via
    make the key, and for requests other than INVITE the To tag. (The To tag of an ACK is the server's own: see
    `acknowledges`.)
    """
    method = method or request.method
    if method == "ACK":
        method = "INVITE"
    branch = (request.branch or "").lower()
    if branch.startswith(COOKIE):
        return branch, request.sent_by, method
    to_tag = None if method == "INVITE" else (request.to_tag or "").lower()
    from_tag = (request.from_tag or "").lower()
    return request.uri_text, to_tag, from_tag, request.call_id, request.cseq.number, method, str(request.via)


def cancelled_keys(cancel: Request) -> Iterator[Key]:
    """The keys that a request may have to which a CANCEL belongs: any but ACK and CANCEL, INVITE first (§9.2)."""
    return (server_key(cancel, method) for method in METHODS if method not in ("ACK", "CANCEL"))


def stateless_branch(request: Request) -> str:
    """The branch that a proxy without state gives a request: the same for its repetitions, CANCEL and ACK (§16.11)."""
    return f"z9hG4bK-{_digest(request)[:16]}"


def stateless_tag(request: Request) -> str:
    """The To tag with which a server without state refuses a request, and knows the ACK of its refusal (§8.2.7)."""
    return _digest(request)[16:32]


def _digest(request: Request) -> str:
    return sha256(repr(server_key(request, "INVITE")).encode("utf-8", "surrogatepass")).hexdigest()


def answered_key(response: Response) -> Key:
    """The key of the server transaction that sent a response; for an RFC 2543 client's, one that nobody has."""
    return (response.branch or "").lower(), response.sent_by, response.cseq.method


def acknowledges(ack: Request, response: Response | None) -> bool:
    """Whether an ACK with the key of an INVITE server transaction is for `response`, the last that this sent.

    A branch with the magic cookie says so by itself. An RFC 2543 client's ACK has the key of its INVITE
    whatever it acknowledges, also a 2xx that another server sent: there the To tags decide (§17.2.3).
    """
    if (ack.branch or "").lower().startswith(COOKIE):
        return True
    return response is not None and (ack.to_tag or "").lower() == (response.to_tag or "").lower()
