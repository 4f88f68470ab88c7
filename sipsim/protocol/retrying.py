"""What a client may try after a final response, and when it has tried enough (RFC 3261 §8.1.3.4, §8.1.3.5, §22).

    tries = Tries(digest, policy)              # one for each request that was refused
    step = tries.next(request, response)       # None: that was the last word, and `tries.why_not` says why

A step is a changed request. Its CSeq and its top Via are the sender's to renew; Call-ID, From and To stay. Every
change is made once: a response that asks for what was done already is the last word. So is the next one after
MOST_STEPS of them: no server, and no chain of them, keeps a client busy without end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.entity import Entity
from sipsim.message.fields import NameAddr
from sipsim.message.grammar import write_params
from sipsim.message.message import Request, Response
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import loose
from sipsim.protocol.digest_client import DigestClient, Met
from sipsim.protocol.session_timers import raised
from sipsim.protocol.uri_headers import formed, with_fields

MOST_STEPS = 40
"""How often one request is tried again, for all reasons together; a limit of ours."""

MOST_TARGETS = 20
"""How many addresses of redirects are tried; a limit of ours."""

TEMPORARY = frozenset((413, 500, 503))
"""Statuses of servers that will be able to serve the same request later, if they say when (RFC 3261 §20.33)."""

BUSY = frozenset((404, 480, 486, 600, 603))
"""Statuses of users who may say when they can be called (RFC 3261 §20.33)."""

PATIENCE = 30.0
"""Seconds that a caller waits, unless told otherwise, before the same request is sent again."""


class Policy(NamedTuple):
    """When a Retry-After is waited for: with which final responses, and how many seconds at most."""

    statuses: frozenset[int] = TEMPORARY
    patience: float = PATIENCE


class Step(NamedTuple):
    """The next try: the request, why it is made, after how many seconds.

    `elsewhere` says that it goes where its Route or its Request-URI leads, not to the server that was asked before.
    """

    request: Request
    why: str
    wait: float = 0.0
    elsewhere: bool = False


class Tries:
    """All that was tried for one request; `done` tells it in words."""

    def __init__(self, digest: DigestClient | None = None, policy: Policy | None = None) -> None:
        self.done: list[str] = []
        self.why_not = ""
        self._digest = digest
        self._policy = policy or Policy()
        self._met: Met = []
        self._past: set[str] = set()
        self._tried: list[Uri] = []
        self._waiting: list[tuple[Uri, bool]] = []
        self._redirected: Request | None = None

    def __repr__(self) -> str:
        return f"<Tries: {'; '.join(self.done) or 'none yet'}>"

    def next(self, request: Request, response: Response | None) -> Step | None:
        """The next try after a final response above 299, or after none at all; None where there is none."""
        self.why_not = ""
        step = None
        try:
            step = self._after(request, response) if response is not None else None
        except SipParseError as error:
            self.why_not = f"{error.reason}: nobody knows what to change"
        step = step or self._next_target()
        if step is not None and len(self.done) == MOST_STEPS:
            step, self.why_not = None, f"{MOST_STEPS} tries are enough"
        if step is None:
            return None
        self.done.append(step.why)
        return step

    def _after(self, request: Request, response: Response) -> Step | None:
        """What the response itself asks for."""
        if response.status < 400:
            self._take_targets(request, response)
            return None
        change = _CHANGES.get(response.status)
        step = change(self, request, response) if change is not None else None
        step = step or self._later(request, response)
        if step is None and change is not None and not self.why_not:
            self.why_not = f"{response.status}: there is nothing to change"
        return step

    # ---- credentials

    def _log_in(self, request: Request, response: Response) -> Step | None:
        """Credentials for the challenges (§22.2, §22.3)."""
        known = len(self._met)
        answered = self._digest.answer(request, response, self._met) if self._digest is not None else None
        if answered is None:
            self.why_not = f"{response.status}: {self._why_not_logged_in(response)}"
            return None
        realms = dict.fromkeys([challenge.realm for _, challenge in self._met[known:]])
        return Step(answered, f"with credentials for {', '.join(realms)}")

    def _why_not_logged_in(self, response: Response) -> str:
        if self._digest is None:
            return "there is no password"
        unknown = self._digest.unknown_realms(response)
        if unknown:
            return f"there is no password for {', '.join(unknown)}"
        return "the credentials were refused" if self._met else "no challenge that could be answered"

    # ---- what can be left out or changed

    def _once(self, reason: str, request: Request, changed: Request | None, why: str) -> Step | None:
        """A step that is made once for this reason, where it changes anything."""
        if changed is None or changed == request or reason in self._past:
            return None
        self._past.add(reason)
        return self._step(changed, why)

    def _step(self, request: Request, why: str, *, elsewhere: bool = False) -> Step:
        """A try with credentials that are counted anew, where the last one had any (§22.2)."""
        prepared = self._digest.prepare(request) if self._digest is not None else request
        return Step(prepared, why, elsewhere=elsewhere)

    def _shorter(self, request: Request, response: Response) -> Step | None:
        """An INVITE without its offer, which the callee makes then (§8.1.3.5 on 413, §13.2.1)."""
        if "retry-after" in response.names or request.method != "INVITE" or not request.body:
            return None
        bare = request.without("Content-Type").without("Content-Disposition").without("Content-Encoding")
        return self._once("413", request, bare.with_body(b""), "without a body")

    def _acceptable(self, request: Request, response: Response) -> Step | None:
        """A body of the types and codings that are accepted (§8.1.3.5 on 415)."""
        return self._once("415", request, acceptable(request, response), "a body that is accepted")

    def _by_sip(self, request: Request, response: Response) -> Step | None:
        """A SIP URI instead of another scheme (§8.1.3.5 on 416), never instead of a SIPS one (RFC 5630 §3.1.2)."""
        uri = request.uri
        if uri.scheme != "tel" or not uri.user:
            return None
        home = request.from_.uri.host
        changed = request.with_uri(f"sip:{uri.user}{write_params(uri.params)}@{home};user=phone") if home else None
        step = self._once("416", request, changed, f"sip instead of {uri.scheme}")
        return step._replace(elsewhere=True) if step else None

    def _without(self, request: Request, response: Response) -> Step | None:
        """Without the extensions that are not supported (§8.1.3.5 on 420)."""
        refused = [word.lower() for word in response.unsupported]
        changed, dropped = request, []
        for field in ("Require", "Proxy-Require", "Supported"):
            words = request.values(field)
            kept = [word for word in words if word.lower() not in refused]
            if field != "Supported":
                dropped += [word for word in words if word not in kept]
            if len(kept) < len(words):
                changed = changed.with_header(field, ", ".join(kept)) if kept else changed.without(field)
        return self._once(f"420 {dropped}", request, changed, f"without {', '.join(dropped)}") if dropped else None

    def _longer(self, request: Request, response: Response) -> Step | None:
        """The shortest time that is granted (§10.2.8)."""
        least, asked = response.min_expires, request.expires
        if least is None or not asked or asked >= least:
            return None
        changed = request.with_header("Expires", str(least))
        contacts = [contact for contact in request.contacts if isinstance(contact, NameAddr)]
        if any(contact.expires is not None for contact in contacts):
            longer = [contact.with_param("expires", str(max(contact.expires or 0, least))) for contact in contacts]
            changed = changed.with_header("Contact", *longer)
        return self._once("423", request, changed, f"for {least} s")

    def _later(self, request: Request, response: Response) -> Step | None:
        """The same once more when the time has come that Retry-After names (§20.33)."""
        wait = response.retry_after
        if wait is None or response.status not in TEMPORARY | BUSY:
            return None
        if response.status not in self._policy.statuses or wait > self._policy.patience:
            self.why_not = f"{response.status}: nobody waits {wait} s for another try"
            return None
        reason = f"{response.status} later"
        if reason in self._past:
            self.why_not = f"{response.status} again after waiting"
            return None
        self._past.add(reason)
        return Step(request, f"again after {wait} s", float(wait), elsewhere=True)  # who sends it counts credentials

    # ---- elsewhere

    def _longer_session(self, request: Request, response: Response) -> Step | None:
        """The shortest session interval that is taken, which another proxy may raise again (RFC 4028 §7.3)."""
        changed = raised(request, response)
        return self._once(f"422 {response.min_se}", request, changed, "with a longer session interval")

    def _take_targets(self, request: Request, response: Response) -> None:
        """Take note of the addresses of a redirect, the best liked first (§8.1.3.4)."""
        self._tried = self._tried or [request.uri]
        self._redirected = request
        contacts = [contact for contact in response.contacts if isinstance(contact, NameAddr)]
        contacts.sort(key=lambda contact: -contact.q)
        found = [contact.uri for contact in contacts if contact.uri.scheme in SIP_SCHEMES]
        if request.method == "REGISTER":  # a registrar's URI names no user (§10.2)
            found = [uri.with_(user=None, password=None) for uri in found]
        self._waiting = [*self._waiting, *[(uri, response.status == 305) for uri in found]][:MOST_TARGETS]
        if not found:
            self.why_not = f"{response.status}: no address that could be called"

    def _next_target(self) -> Step | None:
        """The next address that a redirect named and nobody tried yet; of a proxy's the request for the same one."""
        while self._waiting and len(self._tried) <= MOST_TARGETS:
            named, is_proxy = self._waiting.pop(0)
            uri, headers = formed(named)
            if not any(uri.matches(tried) for tried in self._tried):
                self._tried.append(uri)
                assert self._redirected is not None
                if not is_proxy:
                    again = with_fields(self._redirected.with_uri(uri), headers)
                    return self._step(again, f"at {uri}", elsewhere=True)
                routed = self._redirected.prepend("Route", f"<{loose(uri)}>")
                return self._step(routed, f"through {uri}", elsewhere=True)
        return None


_CHANGES: dict[int, Callable[[Tries, Request, Response], Step | None]] = {
    401: Tries._log_in,
    407: Tries._log_in,
    413: Tries._shorter,
    415: Tries._acceptable,
    416: Tries._by_sip,
    420: Tries._without,
    422: Tries._longer_session,
    423: Tries._longer,
}


def is_worth_a_try(response: Response) -> bool:
    """Whether a final response above 299 says anything of another try."""
    return response.status < 400 or response.status in _CHANGES or "retry-after" in response.names


def acceptable(request: Request, response: Response) -> Request | None:
    """The request with a body that the response says is accepted; None without one (§21.4.13).

    A coding that is not accepted is undone, and of a multipart body that part is sent which is of an accepted type.
    """
    body = request.body
    codings = [coding.lower() for coding in request.content_encoding]
    if not {coding.value.lower() for coding in response.accept_encoding}.issuperset(codings):
        if not _UNDONE.issuperset(codings):
            return None
        try:
            for _ in codings:
                body = zlib.decompress(body, _ANY_FORMAT)
        except zlib.error:
            return None
    plain = request.without("Content-Encoding").with_body(body) if body is not request.body else request
    accepted = _leaf(plain, response)
    return plain.with_body(accepted.body, accepted.header("Content-Type")) if accepted is not None else None


_UNDONE = frozenset(("gzip", "x-gzip", "deflate"))
_ANY_FORMAT = 47
"""To `zlib`: that of gzip or its own, as the octets say."""


def _leaf(entity: Entity, response: Response) -> Entity | None:
    """This entity if its type is accepted, or the first part, or part of a part, whose is."""
    kind = entity.content_type
    for wanted in response.accept:
        if kind is not None and wanted.takes(kind):
            return entity
    found = [_leaf(part, response) for part in entity.parts]
    return next((part for part in found if part is not None), None)
