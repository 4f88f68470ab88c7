"""What a phone says to its registrar, in which order, and what it makes of the answers (RFC 3261 §10.2)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from bench_pair import Wire, messages, times, wire
from hypothesis import given
from hypothesis import strategies as st

from sipsim import Lab, RegistrationFailed, Stalled, UsageError
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.message import build
from sipsim.message.fields import STAR
from sipsim.message.message import Message, Request

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def answering(lab: Lab, *contacts: str, **fields: object) -> Wire:
    """A registrar of a test's own making: its 200s say just this."""
    tester = Wire(lab)
    lab.names.add("example.com", tester.address)

    def on_message(message: Message) -> None:
        assert isinstance(message, Request)
        headers = [*(("Contact", contact) for contact in contacts), *fields.items()]
        tester.send(build.reply(message, 200, to_tag="r", headers=headers), lab.elements["bob"])

    tester.on_message = on_message
    return tester


# Several contacts


@pytest.mark.covers("P14", "P19")
def test_one_register_binds_several_addresses_of_any_kind(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    registration = lab.run(
        bob.register(600, contacts=[bob.contact, "mailto:bob@example.com", "<tel:+12015550123>;q=0.1"], q=0.7)
    )
    (sent,) = messages(lab.trace, "REGISTER", "bob")
    assert sent.values("contact") == [
        f"<{bob.contact_uri}>;q=0.7",
        "<mailto:bob@example.com>;q=0.7",
        "<tel:+12015550123>;q=0.1",
    ]
    found = registrar.location.look_up(BOB, lab.env.now)
    assert [(binding.contact.scheme, binding.q) for binding in found] == [("sip", 0.7), ("mailto", 0.7), ("tel", 0.1)]
    assert registration.expires == 600 and len(registration.bindings) == 3


def test_a_further_address_is_added_to_those_that_stand(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register())
    lab.run(bob.register(contacts=["mailto:bob@example.com"]))
    assert len(bob.registration.bindings) == 2 == len(registrar.location.look_up(BOB, lab.env.now))
    lab.run(bob.unregister())
    assert not bob.registration.active and not registrar.location.look_up(BOB, lab.env.now)
    last = messages(lab.trace, "REGISTER", "bob")[-1]
    assert len(last.contacts) == 2 and last.expires == 0


def test_the_times_of_contacts_go_before_that_of_the_request(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(600, contacts=["<sip:bob@192.0.2.7>;expires=60", "sip:bob@192.0.2.8"]))
    assert [contact.expires for contact in bob.registration.bindings] == [60, 600]
    assert bob.registration.expires == 60  # then the first of its bindings ends


@pytest.mark.covers("P14")
def test_one_of_two_phones_takes_itself_away_or_both(lab: Lab) -> None:
    lab.registrar("example.com")
    first, second = (lab.user_agent(BOB) for _ in range(2))
    lab.run(first.register() & second.register())
    assert [contact.uri for contact in lab.run(second.query_bindings())] == [first.contact_uri, second.contact_uri]
    lab.run(first.unregister())
    assert [contact.uri for contact in lab.run(first.query_bindings())] == [second.contact_uri]
    lab.run(first.register())
    lab.run(second.unregister_all())
    assert lab.run(first.query_bindings()) == ()
    assert not second.registration.active


def test_contact_star_stands_alone_and_comes_with_expires_0(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.unregister_all())
    (sent,) = messages(lab.trace, "REGISTER", "bob")
    assert sent.values("contact") == ["*"] and sent.expires == 0


def test_a_query_names_no_contact_and_changes_nothing(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(600))
    lab.run(until=100)
    (contact,) = lab.run(bob.query_bindings())
    assert contact.expires == 500 and bob.registration.expires == 600
    query = messages(lab.trace, "REGISTER", "bob")[-1]
    assert not query.has("contact") and not query.has("expires")
    assert [record.data["action"] for record in lab.trace.select("binding")] == ["add"]


# What is sent


@pytest.mark.covers("SY47")
def test_a_phone_may_leave_the_time_to_the_registrar(lab: Lab) -> None:
    lab.registrar("example.com", default_expires=1800)
    bob = lab.user_agent(BOB)
    assert lab.run(bob.register()).expires == 3600
    assert lab.run(bob.register(expires=None)).expires == 1800
    said, silent = messages(lab.trace, "REGISTER", "bob")
    assert said.expires == 3600
    assert not silent.has("expires") and silent.contacts[0].expires is None


def test_one_register_waits_for_the_answer_to_the_one_before(lab: Lab) -> None:
    """§10.2: no new registration before the last one was answered or has timed out."""
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    outcomes = [bob.register(), bob.unregister(), bob.register(60), bob.query_bindings()]
    lab.run(outcomes[-1])
    assert times(lab.trace, "REGISTER", "bob") == [0.0, 0.01, 0.02, 0.03]
    assert [m.expires for m in messages(lab.trace, "REGISTER", "bob")] == [3600, 0, 60, None]
    assert all(outcome.ok for outcome in outcomes) and bob.registration.expires == 60
    assert registrar.location.look_up(BOB, 1)


def test_what_waited_was_caused_by_who_asked_for_it(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    bob.register()
    bob.unregister()
    trace = lab.run()
    assert [trace.why(n)[-1].data["text"] for n in (1, 3)] == ["bob.register()", "bob.unregister()"]


def test_the_next_is_sent_when_the_one_before_got_no_answer(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.network.drop("REGISTER", times=11)  # type: ignore[attr-defined]
    first, second = bob.register(), bob.register(600)
    lab.run(second)
    assert not first.ok and first.value.status == 408 and second.ok
    assert times(lab.trace, "REGISTER", "bob")[-1] == 32.0 and len(registrar.location.look_up(BOB, 33)) == 1


def test_a_crash_is_told_to_all_that_wait_and_ends_the_registration(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register())
    over, outcomes = bob.registration.ended, [bob.register(), bob.register()]
    bob.crash()
    assert [outcome.value.status for outcome in outcomes] == [503, 503] and over.value.why == "crash"
    lab.run(until=10)
    bob.restart()
    assert lab.run(bob.register()).active
    assert [m.cseq.number for m in messages(lab.trace, "REGISTER", "bob")] == [1, 2, 3, 4]


# What comes of it


@pytest.mark.parametrize(
    ("contacts", "fields", "expires"),
    [
        (["<{me}>;expires=60"], {}, 60),
        (["<{me}>"], {"Expires": "70"}, 70),
        (["<{me}>;expires=60"], {"Expires": "70"}, 60),
        (["<{me}>;expires=soon"], {}, 3600),  # §20.10: what is no number counts as an hour
        (["<{me}>"], {}, 600),  # nothing is said: what was asked for
        (["<sip:other@192.0.2.1>;expires=60", "<{me}>;expires=50"], {}, 50),
        (["<sip:other@192.0.2.1>;expires=60"], {}, 0),
        ([], {}, 0),
    ],
)
def test_the_granted_time_stands_at_the_contact_or_in_the_header(
    lab: Lab, contacts: list[str], fields: dict[str, object], expires: int
) -> None:
    bob = lab.user_agent(BOB)
    answering(lab, *(text.format(me=bob.contact_uri) for text in contacts), **fields)
    assert lab.run(bob.register(600)).expires == expires


def test_an_answer_that_can_not_be_read_fails_the_registration_and_the_next_goes_on(lab: Lab) -> None:
    bob = lab.user_agent(BOB)
    answering(lab, "<sip:unclosed")
    with pytest.raises(RegistrationFailed, match="can't be read"):
        lab.run(bob.register())
    with pytest.raises(RegistrationFailed, match="can't be read"):
        lab.run(bob.register())


def test_a_registration_that_nobody_refreshes_lapses(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    registration = lab.run(bob.register(60))
    ended = registration.ended
    assert lab.run(ended) == ("expired", None) and lab.env.now == 60.01
    assert not registration.active
    (told,) = lab.trace.select("registration")
    assert told.element == "bob" and "expired" in told.data["text"]


def test_the_end_says_why(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    for leave in (bob.unregister, bob.unregister_all):
        ended = lab.run(bob.register()).ended
        lab.run(leave())
        assert ended.value.why == "unregistered"
    lab.run(bob.register())
    ended = bob.registration.ended
    lab.elements["registrar"].crash()
    failed = bob.unregister()
    lab.run()
    assert not failed.ok and not ended.triggered and bob.registration.active  # for all we know


def test_nobody_waits_for_ever_for_the_end_of_what_never_began(lab: Lab) -> None:
    bob = lab.user_agent(BOB)
    with pytest.raises(Stalled, match="the end of bob's registration"):
        lab.run(bob.registration.ended)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"expires": -1}, "expires: -1"),
        ({"expires": True}, "expires: True"),
        ({"expires": 2**32}, "expires: 4294967296"),
        ({"expires": 1.5}, "expires: 1.5"),
        ({"contacts": []}, "contacts: are none"),
        ({"contacts": ["bob"]}, "contacts: "),
        ({"contacts": "sip:bob@192.0.2.1"}, "contacts: 'sip:bob@192.0.2.1'"),
        ({"q": 1.1}, "q: 1.1"),
        ({"q": "high"}, "q: 'high'"),
        ({"refresh": 30}, "refresh: 30"),
    ],
)
def test_what_can_not_be_asked_for_is_refused_before_anything_is_sent(
    lab: Lab, wrong: dict[str, Any], named: str
) -> None:
    bob = lab.user_agent(BOB)
    with pytest.raises(UsageError, match=named):
        bob.register(**wrong)
    assert not wire(lab.trace)


# Whatever the network does

acts = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["register", "unregister", "unregister_all", "query_bindings"]),
        st.integers(0, 40),
    ),
    max_size=8,
)


@given(acts, st.integers(0, 2**16), st.sampled_from([0.0, 0.3]))
def test_the_table_is_the_log_of_acknowledged_registers(
    acts: list[tuple[int, str, int]], seed: int, trouble: float
) -> None:
    """I8: two phones of one user, a network that loses, repeats and reorders; what was accepted makes the table."""
    lab = Lab(seed=seed, loss=trouble, duplicate=trouble, reorder=trouble, jitter=trouble / 10)
    registrar = lab.registrar("example.com")
    phones = [lab.user_agent(BOB) for _ in range(2)]
    for which, what, wait in acts:
        getattr(phones[which], what)()
        lab.run(until=lab.env.now + wait)
    trace = lab.run()
    assert table_of(trace_log(trace)) == {str(b.contact) for b in registrar.location.look_up(BOB, lab.env.now)}
    for phone in phones:
        assert_in_step(phone, trace)


def trace_log(trace: Any) -> list[Request]:
    """The REGISTERs that the registrar accepted, each once, in the order in which it did."""
    asked = {(m.call_id, m.cseq.number): m for m in (r.message for r in trace.select("sent")) if isinstance(m, Request)}
    said = [(m.call_id, m.cseq.number) for m in messages(trace, "200 REGISTER", "registrar")]
    return [asked[key] for key in dict.fromkeys(said)]


def table_of(log: list[Request]) -> set[str]:
    """What a log of REGISTERs comes to."""
    table: set[str] = set()
    for request in log:
        if not request.has("contact"):
            continue
        named = {str(contact.uri) for contact in request.contacts if contact is not STAR}
        table = set() if not named else table - named if request.expires == 0 else table | named
    return table


def assert_in_step(phone: UserAgent, trace: Any) -> None:
    """REG-02: each of a phone's REGISTERs was sent after the last one was answered, or had timed out."""
    sent = [r for r in trace.select("sent", phone.name) if "copy" not in r.data]
    for before, after in pairwise(sent):
        answers = [r for r in trace.select("delivered", phone.name) if r.message.cseq == before.message.cseq]
        assert answers[0].time <= after.time if answers else after.time >= before.time + 32
