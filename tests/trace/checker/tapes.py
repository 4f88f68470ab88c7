"""The clean tapes that plants grow on: runs of the catalogue, runs with losses, forks, challenges."""

from __future__ import annotations

from planting import Tape, base, scenario

import sipsim

PHONES = "sip:alice@example.com", "sip:bob@example.com"
PASSWORDS = {"bob": "secret"}
CHALLENGE = 'WWW-Authenticate: Digest realm="example.com", nonce="n1", qop="auth", algorithm=MD5'
CREDENTIALS = (
    'Authorization: Digest username="bob", realm="example.com", nonce="n1", uri="sip:example.com", '
    'response="0123456789abcdef0123456789abcdef", qop=auth, cnonce="c", nc=00000001'
)

ozeki = scenario("ozeki")
direct = scenario("ozeki-direct")
two_proxies = scenario("two-proxies")
fork = scenario("fork", phones=3)
busy = scenario("busy")
cancel = scenario("cancel")
register = scenario("register")
redirect = scenario("redirect")


def phones(lab: sipsim.Lab) -> tuple[sipsim.UserAgent, sipsim.UserAgent]:
    alice, bob = (lab.user_agent(uri) for uri in PHONES)
    return alice, bob


@base
def lost_invite() -> Tape:
    """Alice's INVITE gets lost three times."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    lab.network.drop("INVITE", times=3)
    call = alice.call(bob)
    lab.run(call.answered)
    return Tape(lab.run())


@base
def nobody_answers() -> Tape:
    """Alice's INVITE never arrives."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    lab.network.drop("INVITE", times=None)
    alice.call(bob)
    return Tape(lab.run())


@base
def lost_ack() -> Tape:
    """The ACK for Bob's 200 gets lost five times."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    lab.network.drop("ACK", times=5)
    alice.call(bob)
    return Tape(lab.run())


@base
def no_ack() -> Tape:
    """No ACK for Bob's 200 ever arrives; after 32 s he gives up."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    lab.network.drop("ACK", times=None)
    alice.call(bob)
    tape = Tape(lab.run())
    tape.end = 100.0
    return tape


@base
def lost_refusal_ack() -> Tape:
    """The ACK for Bob's 486 gets lost five times."""
    lab = sipsim.Lab()
    alice, bob = phones(lab)
    bob.rejects(486)
    lab.network.drop("ACK", times=5)
    alice.call(bob)
    return Tape(lab.run())


@base
def lost_register() -> Tape:
    """Bob's REGISTER gets lost five times."""
    lab = sipsim.Lab()
    bob = lab.user_agent("sip:bob@example.com")
    lab.registrar("example.com")
    lab.network.drop("REGISTER", times=5)
    bob.register()
    return Tape(lab.run())


@base
def doubled_register() -> Tape:
    """The network makes three of each REGISTER."""
    tape = register()
    for request in tape.find("REGISTER"):
        answer = next(one for one in tape.find("200 REGISTER") if one.time >= request.time)
        for late in (0.1, 0.2):
            request.arrivals.append(request.arrivals[0] + late)
            tape.more(answer, answer.time + late)
    return tape


@base
def refused_fork() -> Tape:
    """Both of Bob's phones refuse, with 486 and with 503."""
    lab = sipsim.Lab()
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    for name, status in (("busy", 486), ("broken", 503)):
        phone = lab.user_agent("sip:bob@example.com", name)
        phone.rejects(status)
        proxy.location.add(phone.uri.aor, phone.contact_uri)
    alice.call("sip:bob@example.com")
    return Tape(lab.run())


@base
def declined_fork() -> Tape:
    """One of Bob's phones rings, the other declines for all of them."""
    lab = sipsim.Lab()
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    ringing, declining = (lab.user_agent("sip:bob@example.com", name) for name in ("ringing", "declining"))
    ringing.ignores()
    lab.link(proxy, declining, delay=0.1)
    declining.rejects(603)
    for phone in (ringing, declining):
        proxy.location.add(phone.uri.aor, phone.contact_uri)
    alice.call("sip:bob@example.com")
    return Tape(lab.run())


@base
def challenged_fork() -> Tape:
    """Both of Bob's phones ask for credentials, each in a realm of its own."""
    tape = refused_fork()
    asked = [tape.one("486 INVITE", "busy"), tape.one("503 INVITE", "broken")]
    for n, one in enumerate(asked):
        one.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r").add(CHALLENGE.replace("n1", f"n{n}"))
    final = tape.one("486 INVITE", "proxy").sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r")
    for n in range(2):
        final.add(CHALLENGE.replace("n1", f"n{n}"))
    return tape


@base
def challenged() -> Tape:
    """Bob's first REGISTER is answered with 401, the second has credentials, and so has a third."""
    tape = register()
    tape.one("200 REGISTER").sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r").add(CHALLENGE)
    second, answer = tape.find("REGISTER")[1].add(CREDENTIALS), tape.find("200 REGISTER")[1]
    for one in (tape.more(second, second.time + 30), tape.more(answer, answer.time + 30)):
        one.sub(r"^CSeq: 2", "CSeq: 3").sub("branch=z9hG4bK", "branch=z9hG4bK-3-")
    tape.sent[-2].sub("nc=00000001", "nc=00000002")
    return tape


@base
def known_user() -> Tape:
    """Bob logs in to register; his password is known to the checker too."""
    lab = sipsim.Lab()
    bob = lab.user_agent("sip:bob@example.com", password=PASSWORDS["bob"])
    lab.registrar("example.com", users=PASSWORDS)
    bob.register()
    return Tape(lab.run())


@base
def invited_with_credentials() -> Tape:
    """Alice's INVITE is answered with 401; she tries again with credentials."""
    tape = redirect()
    for one in tape.find("302 INVITE"):
        one.sub(r"^SIP/2\.0 .*?\r", "SIP/2.0 401 Unauthorized\r").sub(r"^Contact: .*?\r\n", "").add(CHALLENGE)
    tape.find("INVITE")[1].add(CREDENTIALS)
    return tape
