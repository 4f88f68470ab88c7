"""Words without a call, and within one: MESSAGE and INFO."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.errors import CallFailed
from sipsim.flows.casts import DOMAIN, phones_and_proxy, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3428-10",
    title="Pager-mode MESSAGE through a proxy",
    rfc="RFC 3428 §10",
    question="Which field that every INVITE has is missing in the MESSAGE, and what does the 200 promise?",
    codes=(200,),
)
def pager_message(lab: Lab) -> Story:
    """One user writes to another: no dialog is made, and each message stands for itself."""
    first = lab.user_agent(f"sip:user1@{DOMAIN}", "User 1")
    proxy = lab.proxy(DOMAIN, "Proxy")
    second = lab.user_agent(f"sip:user2@{DOMAIN}", "User 2")
    first.outbound = proxy
    place(proxy, second)
    yield first.message(str(second.uri), "Watson, come here.")
    return {"read": second.messages[0].text}


@scenario(
    title="A message that nobody here can read",
    rfc="RFC 3428 §7",
    question="Which field of the 415 says what Bob's phone can read?",
    codes=(200, 415),
)
def unreadable_message(lab: Lab) -> Story:
    """Alice sends Bob a page, which his phone does not show; then she says the same in plain words."""
    alice, _, bob = phones_and_proxy(lab)
    try:
        yield alice.message(str(bob.uri), "<b>Lunch?</b>", "text/html")
    except CallFailed as failure:
        yield alice.message(str(bob.uri), "Lunch?")
        return {"status": failure.status}


@scenario(
    title="Something in passing: INFO",
    rfc="RFC 6086 §4.2",
    question="What is different in the call after the INFO, and which field tells which packages Bob's phone takes?",
    codes=(100, 180, 200, 469),
)
def info(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Within a call Alice's phone sends what Bob's takes, and something of which that has never heard (469)."""
    alice, _, bob = phones_and_proxy(lab)
    alice.info_packages = ()  # none, and says so, to hear which ones Bob's takes
    bob.answers, bob.info_packages = 1.0, ("weather",)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.info("rain", package="weather")
    status = 200
    try:
        yield call.info("7", package="stocks")
    except CallFailed as failure:
        status = failure.status
    yield call.hang_up()
    return {"status": status}
