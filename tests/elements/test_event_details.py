"""What is told of registrations and calls: states, events, versions, all or what is new (RFC 3680, RFC 4235)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire

from sipsim import Lab
from sipsim.message.dialog_info import DialogInfo, DialogState
from sipsim.message.reginfo import Registrations

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def documents(lab: Lab, notifier: str, kind: Any) -> list[Any]:
    """The documents of a notifier's NOTIFYs as they went over the wire."""
    return [kind.read(notify.body) for notify in messages(lab.trace, "NOTIFY", notifier)]


# Registrations


def contacts(document: Registrations) -> list[tuple[str, str, str]]:
    return [(one.id, one.state, one.event) for one in document.contacts]


def test_each_change_of_a_binding_is_told_with_its_event(lab: Lab) -> None:
    lab.registrar("example.com", "registrar")
    alice, desk = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB, "desk")
    mobile = lab.user_agent(BOB, "mobile")
    watched = alice.subscribe(BOB, event="reg", expires=3600)
    lab.run(watched.active)
    lab.run(desk.register(expires=100, q=0.5))
    lab.run(mobile.register(expires=1000))
    lab.run(desk.register(expires=100, q=0.5))
    lab.run(mobile.unregister())
    lab.run(until=200)
    told = documents(lab, "registrar", Registrations)
    assert [one.version for one in told] == [0, 1, 2, 3, 4, 5]
    assert [one.whole for one in told] == [True] + [False] * 5
    assert [one.state for one in told] == ["init", "active", "active", "active", "active", "terminated"]
    assert [contacts(one) for one in told] == [
        [], [("c1", "active", "registered")], [("c2", "active", "registered")], [("c1", "active", "refreshed")],
        [("c2", "terminated", "unregistered")], [("c1", "terminated", "expired")],
    ]  # fmt: skip
    first, asked = told[1].contacts[0], messages(lab.trace, "REGISTER", "desk")[0]
    assert (first.expires, first.q, first.callid) == ("100", "0.5", asked.call_id)
    assert (first.cseq, first.uri) == (str(asked.cseq.number), str(desk.contact_uri))


def test_a_watcher_knows_all_bindings_after_each_part(lab: Lab) -> None:
    lab.registrar("example.com", "registrar")
    alice, desk, mobile = (lab.user_agent(f"sip:{n}@example.com", n) for n in ("alice", "desk", "mobile"))
    watched = alice.subscribe("sip:desk@example.com", event="reg")
    lab.run(watched.active)
    lab.run(desk.register(contacts=[str(desk.contact_uri), str(mobile.contact_uri)]))
    lab.run(until=lab.env.now + 1)
    assert [one.state for one in watched.value.contacts] == ["active"] * 2
    lab.run(desk.register(contacts=[str(desk.contact_uri)]))
    lab.run(until=lab.env.now + 1)
    assert [one.event for one in watched.value.contacts] == ["refreshed", "registered"]
    assert len(documents(lab, "registrar", Registrations)[-1].contacts) == 1
    lab.run(desk.unregister_all())
    lab.run(until=lab.env.now + 1)
    assert [one.event for one in watched.value.contacts] == ["unregistered"] * 2
    watched.refresh()
    lab.run(until=lab.env.now + 1)
    assert watched.value.contacts == () and documents(lab, "registrar", Registrations)[-1].whole


def test_who_comes_later_is_told_of_the_bindings_that_stand(lab: Lab) -> None:
    lab.registrar("example.com", "registrar")
    alice, bob, carol = (lab.user_agent(f"sip:{n}@example.com", n) for n in ("alice", "bob", "carol"))
    lab.run(bob.register())
    first = alice.subscribe(BOB, event="reg")
    lab.run(first.active)
    lab.run(bob.register())
    second = carol.subscribe(BOB, event="reg")
    lab.run(second.active)
    assert contacts(first.value) == contacts(second.value) == [("c1", "active", "refreshed")]
    assert (first.value.version, second.value.version) == (1, 0)


def test_a_registrar_that_forgot_tells_the_whole_state(lab: Lab) -> None:
    registrar = lab.registrar("example.com", "registrar")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    watched = alice.subscribe(BOB, event="reg")
    lab.run(watched.active)
    lab.run(bob.register())
    registrar.location.clear()
    other = lab.user_agent(BOB, "other")
    lab.run(other.register())
    lab.run(until=lab.env.now + 1)
    told = documents(lab, "registrar", Registrations)[-1]
    assert told.whole and [one.uri for one in watched.value.contacts] == [str(other.contact_uri)]


def test_a_proxy_that_is_the_registrar_tells_of_registrations_too(lab: Lab) -> None:
    """It has the location service; a SUBSCRIBE to another event goes on to the phone."""
    proxy, alice, bob = lab.proxy("example.com"), lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    watched = alice.subscribe(BOB, event="reg", expires=600)
    lab.run(watched.active)
    lab.run(bob.register(expires=60))
    lab.run(until=1)
    assert [one.uri for one in watched.value.contacts] == [str(bob.contact_uri)]
    lamp = alice.subscribe(BOB, event="dialog")
    lab.run(lamp.active)
    assert wire(lab.trace).count("proxy>bob SUBSCRIBE") == 1 and len(proxy.watched.notifier.watches) == 1
    lab.run(until=400)  # past the end of the registration, and a refresh of the subscription
    assert watched.value.state == "terminated" and watched.state == "active"
    lab.run(watched.unsubscribe())
    assert not proxy.watched.notifier.watches


def test_a_binding_that_a_script_places_is_told_and_its_end_too(lab: Lab) -> None:
    """It is "created", by nobody's REGISTER (RFC 3680 §5.1), and expires as others do."""
    registrar, alice = lab.registrar("example.com"), lab.user_agent("sip:alice@example.com")
    registrar.location.add(BOB, "sip:bob@192.0.2.9")
    watched = alice.subscribe(BOB, event="reg", expires=600)
    lab.run(watched.active)
    registrar.location.add(BOB, "sip:bob@192.0.2.8", expires_at=20.0)
    lab.run(until=10)
    assert contacts(watched.value) == [("c1", "active", "created"), ("c2", "active", "created")]
    lab.run(until=30)
    assert contacts(watched.value)[1] == ("c2", "terminated", "expired")
    lab.drain()


# Dialogs


def seen(subscription: Any) -> list[str]:
    """What a lamp has shown: the state of the newest dialog after each NOTIFY, with its event and code."""
    found = [notice.value.dialogs[-1:] for notice in subscription.notices]
    return [" ".join([w for w in (d[0].state, d[0].event, d[0].code) if w]) if d else "none" for d in found]


def watched_pair(lab: Lab, **bob: Any) -> tuple[Any, Any, Any]:
    alice, callee = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB, **bob)
    lamp = lab.user_agent("sip:carol@example.com").subscribe(callee, "dialog", 6000)
    lab.run(lamp.active)
    return alice, callee, lamp


@pytest.mark.parametrize(("who", "event"), [("alice", "remote-bye"), ("bob", "local-bye")])
def test_a_lamp_shows_a_call_from_beginning_to_end_and_who_ended_it(lab: Lab, who: str, event: str) -> None:
    alice, bob, lamp = watched_pair(lab, answers=2.0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    lab.run((alice if who == "alice" else bob).hang_up())
    lab.run(until=lab.env.now + 1)
    assert seen(lamp) == ["none", "early", "confirmed", f"terminated {event}"]
    told = documents(lab, "bob", DialogInfo)
    assert [one.version for one in told] == [0, 1, 2, 3] and not any(one.whole for one in told[1:])
    last = told[-1].dialogs[0]
    assert (last.direction, last.remote, last.call_id) == ("recipient", "sip:alice@example.com", call.call_id)
    assert (last.local_tag, last.remote_tag) == (call.dialog.remote_tag, call.dialog.local_tag)


def test_a_call_that_is_refused_or_taken_back_says_so(lab: Lab) -> None:
    alice, bob, lamp = watched_pair(lab)
    bob.on_call = lambda call: call.ring()
    call = alice.call(bob)
    lab.run(call.ringing)
    bob.current_call.reject(486)
    lab.run(until=lab.env.now + 1)
    assert seen(lamp) == ["none", "early", "terminated rejected 486"]
    call = alice.call(bob)
    lab.run(call.ringing)
    lab.run(until=lab.env.now + 1)
    lab.run(call.hang_up())
    lab.run(until=lab.env.now + 1)
    assert seen(lamp)[3:] == ["early", "terminated cancelled"]


def test_the_callers_lamp_shows_refusals_and_silence(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    bob.on_call = lambda call: call.ring()
    lamp = lab.user_agent("sip:carol@example.com").subscribe(alice, "dialog", 6000)
    lab.run(lamp.active)
    call = alice.call(bob)
    lab.run(call.ringing)
    lab.run(until=lab.env.now + 1)
    bob.current_call.reject(603)
    lab.run(call.ended)
    lab.run(until=lab.env.now + 1)
    bob.crash()
    lab.run(alice.call(bob).ended)
    lab.run(until=lab.env.now + 1)
    assert seen(lamp) == ["none", "trying", "early", "terminated rejected 603", "trying", "terminated rejected 408"]
    assert lamp.value.dialogs[-1].direction == "initiator"


def test_a_lamp_is_lit_by_the_2xx_and_not_by_its_ack(lab: Lab) -> None:
    """A call is confirmed when the 2xx is sent (RFC 4235 §3.7.1), also while its ACK does not come."""
    alice, bob, lamp = watched_pair(lab, answers=2.0)
    lab.network.drop("ACK", times=2)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 0.1)
    assert seen(lamp) == ["none", "early", "confirmed"] and bob.current_call.state == "ringing"
    lab.run(until=lab.env.now + 10)
    assert bob.current_call.state == "answered" and len(lamp.notices) == 3


def test_a_call_whose_place_was_taken_and_one_that_the_peer_forgot_say_so(lab: Lab) -> None:
    """ "replaced" and "error" are events of their own (RFC 4235 §3.7.1)."""
    alice, bob, lamp = watched_pair(lab, answers=0.0)
    call = alice.call(bob)
    lab.run(call.answered)
    dave = lab.user_agent("sip:dave@example.com")
    other = dave.call(bob, replaces=call.replacement())
    lab.run(other.answered & call.ended)
    lab.run(until=lab.env.now + 1)
    told = {one.remote: (one.state, one.event) for one in lamp.value.dialogs}
    assert told == {"sip:alice@example.com": ("terminated", "replaced"), "sip:dave@example.com": ("confirmed", "")}
    dave.crash()
    dave.restart()
    bob.current_call.hold()
    lab.run(until=lab.env.now + 1)
    assert seen(lamp)[-1] == "terminated error"


def test_of_two_calls_only_the_one_that_changed_is_told(lab: Lab) -> None:
    alice, bob, lamp = watched_pair(lab, answers=0.0)
    first, second = alice.call(bob), lab.user_agent("sip:dave@example.com").call(bob)
    lab.run(first.answered & second.answered)
    lab.run(until=lab.env.now + 1)
    assert [one.state for one in lamp.value.dialogs] == ["confirmed"] * 2
    lab.run(second.hang_up())
    lab.run(until=lab.env.now + 1)
    assert [(one.id, one.state) for one in lamp.value.dialogs] == [("d1", "confirmed"), ("d2", "terminated")]
    assert [one.id for one in documents(lab, "bob", DialogInfo)[-1].dialogs] == ["d2"]
    lamp.refresh()
    lab.run(until=lab.env.now + 1)
    whole = documents(lab, "bob", DialogInfo)[-1]
    assert whole.whole and [one.id for one in whole.dialogs] == ["d1"] and lamp.value.dialogs == whole.dialogs


def test_a_call_that_stood_before_anybody_watched_is_watched_to_its_end(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB, answers=0.0)
    call = alice.call(bob)
    lab.run(call.answered)
    lamp = lab.user_agent("sip:carol@example.com").subscribe(bob, "dialog", 6000)
    lab.run(lamp.active)
    lab.run(call.hang_up())
    lab.run(until=lab.env.now + 1)
    assert seen(lamp) == ["confirmed", "terminated remote-bye"]


# Versions


def tell(bob: Any, version: int, state: str, *, whole: bool = False) -> None:
    bob.tells("dialog", DialogInfo(BOB, (DialogState(f"d{version}", state),), version, whole))


def test_a_part_that_is_missing_makes_the_watcher_ask_for_all(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    tell(bob, 0, "early", whole=True)
    lamp = alice.subscribe(bob, "dialog", refresh=False)
    lab.run(lamp.active)
    tell(bob, 1, "early")
    lab.run(until=1)
    assert [one.id for one in lamp.value.dialogs] == ["d0", "d1"] and wire(lab.trace).count("alice>bob SUBSCRIBE") == 1
    tell(bob, 3, "early")
    lab.run(until=2)
    assert wire(lab.trace).count("alice>bob SUBSCRIBE") == 2
    assert any("all of it is asked for" in record.data["text"] for record in lab.trace.select("subscription", "alice"))


def test_a_document_that_is_no_newer_is_ignored_on_the_record(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    tell(bob, 5, "early", whole=True)
    lamp = alice.subscribe(bob, "dialog", refresh=False)
    lab.run(lamp.active)
    tell(bob, 5, "confirmed", whole=True)
    lab.run(until=1)
    tell(bob, 4, "terminated")
    lab.run(until=2)
    assert [one.state for one in lamp.value.dialogs] == ["early"] and lamp.state == "active"
    assert [record.data["why"] for record in lab.trace.select("ignored", "alice")] == [
        "version 5 of a document after version 5", "version 4 of a document after version 5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Registrations, '<reginfo version="-1" state="partial"/>'), (Registrations, '<reginfo state="full"/>'),
        (DialogInfo, '<dialog-info version="99999999999" state="full" entity="x"/>'),
        (DialogInfo, '<dialog-info version="1"><dialog id="a"><state>asleep</state></dialog></dialog-info>'),
    ],
)  # fmt: skip
def test_documents_that_count_wrong_or_know_other_states_are_none(kind: Any, text: str) -> None:
    from sipsim import SipParseError

    with pytest.raises(SipParseError):
        kind.read(text.encode())


def test_attributes_that_nobody_knows_and_none_at_all_are_read() -> None:
    told = Registrations.read(b'<reginfo version="0" x="y"><registration><contact z="1"/></registration></reginfo>')
    assert told.whole and told.contacts[0].uri == "" and told.contacts[0].event == ""
    told = Registrations.read(b'<reginfo version="7" state="partial"/>')
    assert not told.whole and told.contacts == ()
