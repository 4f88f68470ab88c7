"""Programs written for pjsua: each call of theirs, and each callback, beside the messages."""

from __future__ import annotations

from sipsim.apis import pjsua as pj
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario


def library(lab: Lab, name: str) -> pj.Lib:
    """A library that has started, with a transport at any free port."""
    pj.use(lab, name)
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    lib.create_transport(pj.TransportType.UDP, pj.TransportConfig(0))
    lib.start()
    return lib


@scenario(
    title="A program for pjsua registers and leaves",
    rfc="RFC 3261 §10.2",
    question="Which call of the program causes the second REGISTER, and which the third?",
    codes=(200, 401),
)
def pjsua_register(lab: Lab, *, stay: Seconds = 10.0) -> Story:
    """An account is made, which registers with its password; when the program ends, so does the registration."""
    registrar = lab.registrar(DOMAIN, users={"alice": "secret"})
    lib = library(lab, "alice")
    config = pj.AccountConfig(DOMAIN, "alice", "secret", proxy=f"sip:{registrar.host_port}")
    lib.create_account(config)
    yield lab.env.timeout(stay)
    yield lib.destroy()


@scenario(
    title="A call by pjsua",
    rfc="RFC 3261 §13.2",
    question="Which two callbacks come for one 200, and what did the program do between INVITE and ACK?",
    codes=(100, 180, 200),
)
def pjsua_call(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Alice's program calls Bob, is told of each state, and hangs up."""
    proxy = lab.proxy(DOMAIN)
    lib = library(lab, "alice")
    config = pj.AccountConfig(DOMAIN, "alice", proxy=f"sip:{proxy.host_port}")
    config.reg_uri = ""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    place(proxy, bob)
    account = lib.create_account(config)
    call = account.make_call(f"sip:bob@{DOMAIN}")
    yield call.engine.answered
    yield lab.env.timeout(talk)
    call.hangup()
    yield call.engine.ended
    yield lib.destroy()
