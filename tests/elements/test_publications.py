"""Publishing and watching: a presence server, its states and their names, and a registrar that is watched."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, register, request, wire

from sipsim import CallFailed, Lab, UsageError
from sipsim.elements.servers import presence_server
from sipsim.message.dialog_info import DialogInfo
from sipsim.message.event_body import LARGEST, Body
from sipsim.message.message import Response
from sipsim.message.message_summary import MessageSummary, Waiting
from sipsim.message.presence import Presence, Tuple, composed, present

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


@pytest.mark.covers("P10")
def test_what_is_published_is_told_to_those_who_have_subscribed(lab: Lab) -> None:
    server = lab.presence_server("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    watched = alice.subscribe(BOB)
    lab.run(watched.active)
    assert not watched.value.open and watched.value.tuples == ()
    published = bob.publish(present(BOB, note="at work"))
    lab.run(published.published)
    lab.run(until=1)
    assert watched.value.tuples[0].note == "at work" and published.etag
    before = published.etag
    lab.run(published.refresh())
    assert published.etag != before and len(watched.notices) == 2
    lab.run(published.modify(present(BOB, "closed")))
    lab.run(until=2)
    assert not watched.value.open and len(watched.notices) == 3
    lab.run(published.remove())
    lab.run(until=3)
    assert watched.value.tuples == () and len(server.publications) == 0
    asked = [(m.sip_if_match is not None, bool(m.body), m.expires) for m in messages(lab.trace, "PUBLISH", "bob")]
    assert asked == [(False, True, 3600), (True, False, 3600), (True, True, 3600), (True, False, 0)]


def test_what_no_server_has_taken_is_taken_back_without_a_message(lab: Lab) -> None:
    bob = lab.user_agent(BOB)
    lab.registrar("example.com")  # which knows no PUBLISH
    published = bob.publish(present(BOB))
    with pytest.raises(CallFailed):
        lab.run(published.published)
    lab.run(published.remove())
    assert wire(lab.trace, "bob") == ["bob>registrar PUBLISH"] and not bob.events.publications


def test_a_publication_is_refreshed_and_lapses_with_its_phone(lab: Lab) -> None:
    server = lab.presence_server("example.com", longest=100)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    watched = alice.subscribe(BOB)
    bob.publish(present(BOB))
    lab.run(until=400)
    assert watched.value.open and len(messages(lab.trace, "PUBLISH", "bob")) == 8
    bob.crash()
    lab.run(until=600)
    assert not watched.value.open and len(server.publications) == 0


def test_a_state_that_the_server_has_forgotten_is_published_anew(lab: Lab) -> None:
    server = lab.presence_server("example.com")
    bob = lab.user_agent(BOB)
    published = bob.publish(present(BOB))
    lab.run(published.published)
    server.crash()
    server.restart()
    lab.run(published.refresh())
    lab.run()
    assert wire(lab.trace)[-4:] == [
        "bob>presence PUBLISH", "presence>bob 412 PUBLISH", "bob>presence PUBLISH", "presence>bob 200 PUBLISH",
    ] and published.etag  # fmt: skip
    assert len(server.publications) == 1


def publish(branch: str, fields: str, body: str = "") -> str:
    text = request("PUBLISH", BOB, branch=branch, call_id=f"{branch}@HERE", more=fields)
    return text.replace("Content-Length: 0\n\n", f"Content-Length: {len(body.encode())}\n\n{body}")


PIDF = "Event: presence\nContent-Type: application/pidf+xml\n"
BOMB = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<presence entity="&b;"/>\n'


@pytest.mark.parametrize(
    ("fields", "body", "status"),
    [
        ("", "", 489), ("Event: dialog\n", "", 489), ("Event: presence\n", "", 400),
        ("Event: presence\nSIP-If-Match: no-such\n", "", 412),
        ("Event: presence\nSIP-If-Match: one\nSIP-If-Match: two\n", "", 400),
        ("Event: presence\nExpires: 5\n", "", 423),
        (PIDF, "no document", 400), (PIDF, BOMB, 400), (PIDF, "<presence>" + "<a>" * 40 + "</presence>", 400),
        (PIDF, "<presence>" + "<a/>" * 7000 + "</presence>", 513), (PIDF, "<other/>", 400),
        ("Event: presence\nContent-Type: text/plain\n", "here", 415),
    ],
)  # fmt: skip
def test_what_can_not_be_published_gets_a_response_and_a_record(lab: Lab, fields: str, body: str, status: int) -> None:
    server, tester = lab.presence_server("example.com", shortest=60), Wire(lab)
    tester.send(publish("z9hG4bK-1", fields, body), server)
    lab.run()
    assert tester.statuses == [status] and len(server.publications) == 0
    assert lab.trace.select("refused")[-1].data["status"] == status


def test_the_steps_of_a_publish_are_taken_in_their_order(lab: Lab) -> None:
    """An unknown state is more than a short time, and that more than a document of the wrong type (RFC 3903 §6)."""
    server, tester = lab.presence_server("example.com", shortest=60), Wire(lab)
    odd = "Event: presence\nContent-Type: application/reginfo+xml\n"
    for number, more in enumerate(("Expires: 5\nSIP-If-Match: nobody\n", "Expires: 5\n", "")):
        tester.send(publish(f"z9hG4bK-{number}", odd + more, "here"), server)
    lab.run()
    assert tester.statuses == [412, 423, 415]


def test_every_200_to_publish_names_a_state(lab: Lab) -> None:
    """The one that removes it too (RFC 3903 §6, step 6)."""
    server, bob = lab.presence_server("example.com"), lab.user_agent(BOB)
    published = bob.publish(present(BOB))
    lab.run(published.published)
    lab.run(published.remove())
    tags = [one.sip_etag for one in messages(lab.trace, "200 PUBLISH", server.name)]
    assert len(tags) == len({*tags}) == 2 and all(tags)


def test_who_does_not_say_for_how_long_is_told_for_as_long_as_is_usual(lab: Lab) -> None:
    """An hour of presence, 3761 seconds of registrations (RFC 3856 §6.4, RFC 3680 §4.4)."""
    registrar, server, tester = (
        lab.registrar("example.com"),
        lab.presence_server("example.org", longest=7200),
        Wire(lab),
    )
    for event, element in (("reg", registrar), ("presence", server)):
        uri, named = f"sip:bob@{element.domain}", f"Event: {event}\n"
        tester.send(request("SUBSCRIBE", uri, branch=f"z9hG4bK-{event}", call_id=event, more=named), element)
    lab.run(until=1)
    assert [one.expires for one in tester.heard if isinstance(one, Response)] == [3761, 3600]


def test_users_of_other_domains_and_other_methods_are_refused(lab: Lab) -> None:
    server, alice = lab.presence_server("example.com"), lab.user_agent("sip:alice@example.com")
    stranger = alice.subscribe(f"sip:bob@{server.host_port}")
    with pytest.raises(CallFailed) as refused:
        lab.run(stranger.active)
    assert refused.value.status == 404
    assert lab.run(alice.options("sip:bob@example.com")).status == 405
    with pytest.raises(UsageError, match="events"):
        lab.presence_server("example.org", events=["weather"])
    with pytest.raises(UsageError, match="shortest"):
        lab.presence_server("example.org", shortest=90, longest=60)


def test_a_registrar_tells_who_registers(lab: Lab) -> None:
    registrar, alice, bob = lab.registrar("example.com"), lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    watched = alice.subscribe(BOB, event="reg", expires=3600)
    lab.run(watched.active)
    assert (watched.value.state, watched.value.contacts) == ("init", ())
    lab.run(bob.register(expires=60))
    lab.run(until=1)
    assert watched.value.state == "active" and watched.value.contacts[0].uri == str(bob.contact_uri)
    lab.run(until=100)
    assert watched.value.state == "terminated" and watched.value.version == 2
    assert registrar.watched is not None
    tester = Wire(lab)
    tester.send(register(), registrar)
    lab.run(until=101)
    assert watched.value.state == "active"


def test_a_mailbox_tells_how_much_waits(lab: Lab) -> None:
    alice, box = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:mailbox@example.com")
    box.tells("message-summary", MessageSummary("sip:alice@example.com"))
    watched = alice.subscribe(box, event="message-summary")
    lab.run(watched.active)
    assert not watched.value.waiting
    box.tells("message-summary", MessageSummary("sip:alice@example.com", (Waiting("voice", 2, 8, (0, 2)),)))
    lab.run(until=1)
    assert watched.value.waiting and watched.value.counts == (Waiting("voice", 2, 8, (0, 2)),)


def test_a_body_that_can_not_be_read_is_ignored_on_the_record(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    bob.tells("presence", Body(BOMB.encode(), "application/pidf+xml"))
    watched = alice.subscribe(bob)
    lab.run(watched.active)
    assert watched.value is None
    assert "document type" in lab.trace.select("ignored", "alice")[0].data["why"]


@pytest.mark.parametrize("many", [10, 100])
def test_each_watcher_costs_the_same(many: int) -> None:
    lab = Lab(seed=1, trace="counters")
    server = lab.presence_server("example.com")
    bob = lab.user_agent(BOB)
    watchers = [lab.user_agent(f"sip:w{n}@example.com").subscribe(BOB, refresh=False) for n in range(many)]
    lab.run(until=1)
    before = lab.trace.counts["sent"]
    bob.publish(present(BOB))
    lab.run(until=2)
    assert lab.trace.counts["sent"] - before == 2 + 2 * many
    assert all(one.value.open for one in watchers) and len(server.notifier.watches) == many


def test_documents_are_read_as_they_were_written() -> None:
    odd = present(BOB, "closed", "a <b> & \"c\" 'd' \x00")
    for value in (odd, DialogInfo(BOB, (), 3), MessageSummary("", (Waiting("fax", 1, 0),))):
        again = type(value).read(value.body.octets)
        assert again.body == value.body


def tuples(watched: Any) -> list[tuple[str, str]]:
    return [(one.id, one.note) for one in watched.value.tuples]


def test_what_several_devices_publish_is_told_as_one_presence(lab: Lab) -> None:
    """Each device has a state of its own at the server; what watchers hear is composed of all (RFC 3903 §2)."""
    server = lab.presence_server("example.com")
    alice, desk, mobile = (lab.user_agent(uri, name) for uri, name in zip(
        ("sip:alice@example.com", BOB, BOB), ("alice", "desk", "mobile"), strict=True
    ))  # fmt: skip
    watched = alice.subscribe(BOB)
    at_desk = desk.publish(present(BOB, note="at the desk"))
    lab.run(at_desk.published)
    on_the_move = mobile.publish(present(BOB, "closed", note="on the move"))
    lab.run(on_the_move.published)
    lab.run(until=1)
    assert tuples(watched) == [("phone", "at the desk"), ("phone-2", "on the move")]
    assert watched.value.entity == BOB and watched.value.open and len(server.publications) == 2
    lab.run(at_desk.modify(present(BOB, "closed", note="gone home")))
    lab.run(until=2)
    assert tuples(watched) == [("phone", "gone home"), ("phone-2", "on the move")] and not watched.value.open
    lab.run(at_desk.remove())
    lab.run(until=3)
    assert tuples(watched) == [("phone-2", "on the move")]  # whose name it was is the same to the end
    mobile.crash()
    lab.run(until=4000)
    assert not watched.value.tuples and len(server.publications) == 0


def test_a_fetch_gets_the_composed_presence_too(lab: Lab) -> None:
    lab.presence_server("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB)
    bob.publish(Presence(BOB, (Tuple("a"), Tuple("b", "closed")), ("busy", "in town")))
    bob.publish(Presence(BOB, (Tuple("b"), Tuple("c")), ("in town",)))
    lab.run(until=1)
    fetched = alice.subscribe(BOB, expires=0)
    lab.run(fetched.ended)
    assert [one.id for one in fetched.value.tuples] == ["a", "b", "b-2", "c-2"]
    assert fetched.value.notes == ("busy", "in town")


def test_hostile_ids_make_no_endless_work_and_what_is_too_long_is_not_composed(lab: Lab) -> None:
    server, tester = lab.presence_server("example.com"), Wire(lab)
    for number in range(3):
        tester.send(publish(f"z9hG4bK-{number}", PIDF, "<presence>" + '<tuple id="x"/>' * 1900 + "</presence>"), server)
    lab.run()
    told = server.state("presence", BOB)
    assert tester.statuses == [200] * 3 and told is not None and len(told.octets) < LARGEST
    assert len(Presence.read(told.octets).tuples) == 1900


def test_a_change_is_composed_once_for_all_watchers(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(presence_server, "composed", lambda *given: made.append(given) or composed(*given))
    lab.presence_server("example.com")
    bob = lab.user_agent(BOB)
    watchers = [lab.user_agent(f"sip:w{n}@example.com").subscribe(BOB, refresh=False) for n in range(20)]
    for note in ("here", "there"):
        lab.run(bob.publish(present(BOB, note=note)).published)
    lab.run(until=1)
    assert len(made) == 1 and all(len(one.value.tuples) == 2 for one in watchers)
