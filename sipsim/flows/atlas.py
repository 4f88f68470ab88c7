"""The atlas of response codes: when each is sent, by what kind of element, and a scenario that produces it.

    >>> from sipsim.flows.atlas import ATLAS
    >>> print(ATLAS[486].phrase, "from a", ATLAS[486].sender)
    Busy Here from a user agent
    >>> ATLAS[486].command
    'sipsim run busy'

`ATLAS[486].run()` runs the scenario and gives its trace.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sipsim.lab.catalogue import find
from sipsim.lab.run import run
from sipsim.message.codes import CODES
from sipsim.trace.trace import Trace

PHONE, PROXY, REGISTRAR, REDIRECT = "user agent", "proxy", "registrar", "redirect server"


class Page(NamedTuple):
    """What the atlas says of one response code: who sends it, when, and the scenario with its parameters."""

    status: int
    sender: str
    scenario: str
    parameters: dict[str, Any]
    when: str

    @property
    def phrase(self) -> str:
        """The reason phrase of the RFC; it is for people only (RFC 3261 §7.2)."""
        return CODES[self.status].phrase

    @property
    def kind(self) -> str:
        """The class of the code in words: "client error", for one."""
        return CODES[self.status].kind

    @property
    def section(self) -> str:
        """Where it is defined."""
        return CODES[self.status].section

    @property
    def command(self) -> str:
        """The command line that runs its scenario."""
        given = [f"-p {name}={value}" if " " not in str(value) else f'-p {name}="{value}"'
                 for name, value in self.parameters.items()]  # fmt: skip
        return " ".join(["sipsim run", self.scenario, *given])

    @property
    def live(self) -> bool:
        """Whether its scenario can run on sockets too."""
        return find(self.scenario).live

    def run(self, seed: int = 1, **parameters: Any) -> Trace:
        """Run the scenario; `parameters` change its own."""
        return run(self.scenario, seed, **{**self.parameters, **parameters})

    def about(self) -> dict[str, Any]:
        """The page ready for JSON."""
        return {
            "status": self.status, "phrase": self.phrase, "class": self.kind, "rfc": self.section,
            "sender": self.sender, "when": self.when, "scenario": self.scenario, "parameters": self.parameters,
            "live": self.live,
        }  # fmt: skip


def odd(what: str) -> tuple[str, dict[str, Any]]:
    """The scenario odd-request, and its parameter."""
    return "odd-request", {"what": what}


_PAGES: tuple[tuple[Any, ...], ...] = (
    (100, PROXY, "ozeki", {}, "An INVITE has arrived and is being dealt with: no need to repeat it."),
    (180, PHONE, "ozeki", {}, "The phone has begun to alert its user."),
    (181, PROXY, "forwarded", {}, "The call now goes to another address than the one that was asked for."),
    (182, PHONE, "queued", {}, "The callee is not free, and takes the call into a queue rather than refuse it."),
    (183, PHONE, "progress", {}, "The call gets on, and there is something to tell, or to hear, before an answer."),
    (200, PHONE, "ozeki", {}, "The request has succeeded; for an INVITE: somebody picked up."),
    (202, PHONE, "refer", {}, "The request is understood, and what it asks for will be seen to later."),
    (300, REDIRECT, "choices", {}, "The user can be reached at several addresses, and the caller may choose."),
    (301, REDIRECT, "redirect", {"status": 301}, "The user has a new address for good: update the address book."),
    (302, REDIRECT, "redirect", {}, "The user is at another address for now: ask here again next time."),
    (305, REDIRECT, "use-proxy", {}, "The user is to be reached only through the proxy that the Contact names."),
    (380, REDIRECT, "alternative", {}, "No call can succeed, but there are other services; a body may list them."),
    (400, PHONE, *odd("broken"), "The request breaks the grammar, or lacks what every request needs."),
    (401, REGISTRAR, "rfc3665-2.1", {}, "A registrar or a phone wants to know first who is asking."),
    (402, PHONE, "refused", {"status": 402}, "Somebody would have to pay first; what that means, no RFC says."),
    (403, REGISTRAR, "register-for-another", {}, "The request is understood and will not be done, whoever repeats it."),
    (404, PROXY, "nobody", {}, "The domain is the right one, and there is no such user in it."),
    (405, PHONE, *odd("method"), "The method is known, but not served at this address; Allow lists those that are."),
    (406, PHONE, *odd("accept"), "Whatever could be answered is of a type that the caller's Accept excludes."),
    (407, PROXY, "rfc3665-3.2", {}, "A proxy wants to know who is asking before it passes anything on."),
    (408, PROXY, "silence", {}, "No answer could be had from the callee's side within the time there was."),
    (410, PHONE, "refused", {"status": 410}, "The user was here once, is here no more, and left no address."),
    (413, PHONE, *odd("large body"), "The body is larger than the server is willing to work on."),
    (414, PHONE, *odd("long address"), "The Request-URI is longer than the server is willing to read."),
    (415, PHONE, *odd("body"), "The body is of a type or encoding that is unknown here; Accept lists others."),
    (416, PHONE, *odd("scheme"), "The Request-URI has a scheme that means nothing to this server."),
    (420, PHONE, *odd("extension"), "Require, or Proxy-Require, names an extension that is unknown here."),
    (421, PROXY, "agreement", {}, "The server does nothing without an extension that the request does not offer."),
    (423, REGISTRAR, "brief", {}, "The time asked for a binding is too short; Min-Expires says what is enough."),
    (480, PHONE, "rfc3665-3.11", {}, "The phone was reached, but its user is not there, or not to be disturbed."),
    (481, PHONE, *odd("stray BYE"), "The request belongs to a dialog or transaction that is not known here."),
    (482, PHONE, "merged", {}, "The same request has come before: in a circle, or by two ways."),
    (483, PROXY, "too-many-hops", {}, "Max-Forwards has come down to 0 before the request was where it should go."),
    (484, PHONE, *odd("short number"), "The address is the beginning of one: more digits are to come."),
    (485, PHONE, *odd("ambiguous"), "The address could mean several users; Contact may list them."),
    (486, PHONE, "busy", {}, "The phone was reached, and its user is talking to somebody else."),
    (487, PHONE, "cancel", {}, "The INVITE was taken back by CANCEL, or by BYE, before it was answered."),
    (488, PHONE, *odd("media"), "The session that is offered can't be had here; another might."),
    (491, PHONE, "glare", {}, "An INVITE arrived in a dialog in which one of our own is still unanswered."),
    (493, PHONE, *odd("encrypted"), "The body is encrypted for somebody else's key."),
    (494, PROXY, "agreement", {}, "Client and first hop have to agree on a security mechanism before they go on."),
    (500, PHONE, "out-of-order", {}, "Something unexpected is in the way of serving the request just now."),
    (501, PHONE, *odd("unheard-of method"), "The server has no idea of the method, whoever it may be for."),
    (502, PROXY, "gateway", {}, "The server behind this one has given an answer that makes no sense."),
    (503, PROXY, "overload", {}, "The server is overloaded or being repaired; Retry-After may say for how long."),
    (504, PROXY, "gateway", {"trouble": "silence"}, "The server behind this one has given no answer in time."),
    (505, PHONE, *odd("version"), "The request is of a version of SIP that is not spoken here."),
    (513, PHONE, *odd("large message"), "The request as a whole is larger than the server takes."),
    (600, PHONE, "refused", {"status": 600}, "The user is busy wherever they may be: no other phone need be tried."),
    (603, PHONE, "refused", {}, "The user does not want the call, on whatever phone."),
    (604, PHONE, *odd("unknown everywhere"), "There is certainly no such user anywhere."),
    (606, PHONE, *odd("media everywhere"), "What is offered can't be had on any of the user's phones."),
)  # fmt: skip

ATLAS: dict[int, Page] = {page[0]: Page(*page) for page in _PAGES}
"""Every response code of the basic protocol, in order: its page."""
