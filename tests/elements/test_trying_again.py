"""What a client does about a refusal that says how to do better (RFC 3261 §8.1.3.4, §8.1.3.5, §10.2.8, §20.33)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from bench_pair import messages, said, times, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.errors import CallFailed, RegistrationFailed, UsageError
from sipsim.lab.lab import Lab
from sipsim.message import build
from sipsim.message.auth import Credentials
from sipsim.message.message import Request, Response, parse
from sipsim.protocol.retrying import MOST_STEPS, Tries, acceptable

Answer = tuple[int, Sequence[tuple[str, str]]]


class Scripted(Element):
    """A server that answers as it is told, request by request; then with its last answer for ever."""

    kind = "scripted peer"
    script: Sequence[Answer] = ((200, ()),)

    def on_request(self, exchange: Exchange, request: Request) -> None:
        first, *rest = self.script
        self.script = rest or [first]
        status, headers = first
        if status == 200 and request.method == "INVITE":
            headers = (("Contact", f"<sip:bob@{self.host_port}>"),)
        elif status == 200 and request.method == "REGISTER":
            headers = (("Contact", f"{request.contacts[0]};expires={request.expires}"),)
        self.reply(exchange, status, *headers)


def scripted(lab: Lab, *script: Answer | int, name: str = "server", domain: str = "example.com") -> Scripted:
    made = Scripted(lab.env, lab, name)
    made.script = [(one, ()) if isinstance(one, int) else one for one in script] or [(200, ())]
    lab.elements[name] = made
    lab.names.add(domain, made.address)
    return made


def caller(lab: Lab, **options: object) -> UserAgent:
    return lab.user_agent("sip:alice@home.example", **options)  # type: ignore[arg-type]


def failure(lab: Lab, event: object) -> CallFailed | RegistrationFailed:
    with pytest.raises((CallFailed, RegistrationFailed)) as caught:
        lab.run(event)  # type: ignore[arg-type]
    lab.run()
    return caught.value


def sent(lab: Lab, method: str, element: str = "alice") -> list[Request]:
    return messages(lab.trace, method, element)


# Each kind of refusal


def test_a_registration_too_short_is_asked_for_again_with_what_the_registrar_wants():
    lab = Lab()
    scripted(lab, (423, [("Min-Expires", "600")]), 200)
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(bob.register(60))
    first, second = sent(lab, "REGISTER", "bob")
    assert (first.expires, second.expires) == (60, 600)
    assert second.cseq.number == first.cseq.number + 1 and second.call_id == first.call_id
    assert (second.from_tag, second.header("To")) == (first.from_tag, first.header("To"))
    assert second.branch != first.branch


@pytest.mark.covers("SY54")
def test_that_is_done_once():
    lab = Lab()
    scripted(lab, (423, [("Min-Expires", "600")]), (423, [("Min-Expires", "6000")]))
    bob = lab.user_agent("sip:bob@example.com")
    error = failure(lab, bob.register(60))
    assert error.status == 423 and error.tried == ("for 600 s",)
    assert [request.expires for request in sent(lab, "REGISTER", "bob")] == [60, 600]


@pytest.mark.parametrize("headers", [[], [("Min-Expires", "30")], [("Min-Expires", "soon")]])
def test_a_423_that_makes_no_sense_is_the_last_word(headers: list[tuple[str, str]]):
    lab = Lab()
    scripted(lab, (423, headers))
    bob = lab.user_agent("sip:bob@example.com")
    assert failure(lab, bob.register(60)).status == 423
    assert len(sent(lab, "REGISTER", "bob")) == 1


@pytest.mark.covers("P33")
def test_a_server_that_says_when_it_will_be_back_is_called_then():
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "5 (lunch);duration=60")]), 200)
    call = caller(lab).call("sip:bob@example.com")
    assert lab.run(call.answered) is call
    first, second = times(lab.trace, "INVITE", "alice")
    assert 5 <= second - first < 5.1
    assert [request.cseq.number for request in sent(lab, "INVITE")] == [1, 2]


@pytest.mark.parametrize(
    ("status", "after", "tries"), [(503, "31", 1), (503, "30", 2), (486, "1", 1), (404, "0", 1), (488, "1", 1)]
)
def test_nobody_waits_too_long_or_rings_busy_people_again(status: int, after: str, tries: int):
    lab = Lab()
    scripted(lab, (status, [("Retry-After", after)]))
    call = caller(lab).call("sip:bob@example.com")
    assert failure(lab, call.answered).status == status
    assert len(sent(lab, "INVITE")) == tries


def test_unless_told_to():
    lab = Lab()
    scripted(lab, (486, [("Retry-After", "100")]), 200)
    alice = caller(lab)
    alice.waits(486, patience=100)
    lab.run(alice.call("sip:bob@example.com").answered)
    assert len(sent(lab, "INVITE")) == 2


def test_waiting_can_be_forbidden():
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "1")]))
    alice = caller(lab)
    alice.waits()
    assert failure(lab, alice.call("sip:bob@example.com").answered).tried == ()
    with pytest.raises(UsageError, match="487"):
        alice.waits(487)
    with pytest.raises(UsageError, match="patience"):
        alice.waits(503, patience=-1)


def test_who_hangs_up_while_waiting_does_so_at_once():
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "5")]))
    alice = caller(lab)
    call = alice.call("sip:bob@example.com")
    lab.run(until=1.0)
    call.hang_up()
    assert call.ended.triggered and call.ended.value.by == "alice"
    lab.run()
    assert len(sent(lab, "INVITE")) == 1 and not sent(lab, "CANCEL") and lab.env.now < 40
    lab.drain()
    assert not lab.leftovers()


@pytest.mark.parametrize("end", ["crash", "drain"])
def test_a_crash_ends_the_waiting_too(end: str):
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "5")]))
    alice = caller(lab)
    call = alice.call("sip:bob@example.com")
    lab.run(until=1.0)
    if end == "crash":
        alice.crash()
        lab.run()
        assert call.state == "ended"
    lab.drain()
    assert len(sent(lab, "INVITE")) == 1 and not lab.leftovers()


def test_an_answer_before_the_caller_gives_up_is_cancelled_where_it_is_now():
    lab = Lab()
    scripted(lab, (302, [("Contact", "<sip:bob@elsewhere.example>")]))
    bob = lab.user_agent("sip:bob@elsewhere.example")
    lab.names.add("elsewhere.example", bob.address)
    bob.ignores()
    call = caller(lab).call("sip:bob@example.com")
    lab.run(call.ringing)
    lab.run(until=lab.env.now + 1)
    lab.run(call.hang_up())
    (cancel,) = sent(lab, "CANCEL")
    assert cancel.uri_text == "sip:bob@elsewhere.example" and cancel.branch == sent(lab, "INVITE")[1].branch


def with_filter(lab: Lab, change: Callable[[Request], Request]) -> UserAgent:
    """A phone whose first requests have something more in them."""

    class Changed(UserAgent):
        def request(self, request, hop, user):  # type: ignore[no-untyped-def]
            return super().request(change(request), hop, user)

    return lab.user_agent("sip:alice@home.example", kind=Changed)


@pytest.mark.covers("P33")
def test_extensions_that_are_not_supported_are_left_out():
    lab = Lab()
    scripted(lab, (420, [("Unsupported", "Foo, baz")]), 200)
    extras = [("Require", "foo, bar"), ("Proxy-Require", "foo"), ("Supported", "bar,foo")]
    alice = with_filter(lab, lambda request: add(request, extras))
    lab.run(alice.call("sip:bob@example.com").answered)
    second = sent(lab, "INVITE")[1]
    assert (second.require, second.proxy_require, second.supported) == (("bar",), (), ("bar",))
    assert not second.has("Proxy-Require")


@pytest.mark.parametrize("refused", [(420, [("Unsupported", "foo")]), (415, [("Accept", "text/*")]), 413, 416])
def test_where_nothing_can_be_changed_it_is_the_last_word(refused: Answer | int):
    lab = Lab()
    scripted(lab, refused)
    alice = caller(lab)
    status = refused if isinstance(refused, int) else refused[0]
    assert failure(lab, alice.call("sip:bob@example.com").answered).status == status
    assert len(sent(lab, "INVITE")) == (2 if status == 413 else 1)
    (said,) = [r.data["text"] for r in lab.trace.select("retry") if r.data["text"].startswith("no more")]
    assert said == f"no more tries: {status}: there is nothing to change"


def add(request: Request, headers: list[tuple[str, str]]) -> Request:
    for name, value in headers:
        request = request.with_header(name, value)
    return request


MIXED = (
    b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--\r\n"
)


@pytest.mark.breaks("OAN-07")  # a description of one line is enough to tell which part was sent
def test_a_body_that_is_not_accepted_is_sent_in_a_form_that_is():
    lab = Lab()
    scripted(lab, (415, [("Accept", "application/sdp")]), 200)
    alice = with_filter(lab, lambda request: request.with_body(MIXED, "multipart/mixed;boundary=b"))
    lab.run(alice.call("sip:bob@example.com").answered)
    first, second = sent(lab, "INVITE")
    assert first.content_type.type == "multipart"
    assert str(second.content_type) == "application/sdp" and second.body == b"v=0\r\n"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, deflate"])
def test_a_coding_that_is_not_accepted_is_undone(coding: str):
    import gzip
    import zlib

    coded = b"v=0\r\n"
    for step in coding.split(", "):
        coded = gzip.compress(coded, mtime=0) if step == "gzip" else zlib.compress(coded)
    request = parse(bytes(bare("INVITE", body=coded, kind="application/sdp").with_header("Content-Encoding", coding)))
    refused = build.reply(request, 415, headers=[("Accept", "application/*"), ("Accept-Encoding", "identity")])
    changed = acceptable(request, refused)
    assert changed is not None and changed.body == b"v=0\r\n" and not changed.has("Content-Encoding")
    broken = request.with_body(coded[:-3])
    assert acceptable(broken, refused) is None
    assert acceptable(request.with_header("Content-Encoding", "x-bzip"), refused) is None


def bare(method: str, uri: str = "sip:b", body: bytes = b"", kind: str | None = None) -> Request:
    return build.request(
        method, uri, via="SIP/2.0/UDP a;branch=z9hG4bK1", from_="<sip:a@a>;tag=a", to="<sip:b>", call_id="c", cseq=1,
        body=body, content_type=kind,
    )  # fmt: skip


def test_a_telephone_number_is_tried_as_a_sip_uri():
    lab = Lab()
    gateway = scripted(lab, 416, 200)
    alice = caller(lab, outbound=gateway)
    lab.run(alice.call("tel:+1-201-555-0123;ext=7").answered)
    first, second = sent(lab, "INVITE")
    assert (first.uri_text, second.uri_text) == (
        "tel:+1-201-555-0123;ext=7", "sip:+1-201-555-0123;ext=7@home.example;user=phone",
    )  # fmt: skip
    assert first.header("To") == second.header("To")


def test_a_secure_uri_is_not_given_up():
    """RFC 5630 §3.1.2."""
    tries = Tries()
    asked = bare("OPTIONS", "sips:b@b")
    assert tries.next(asked, build.reply(asked, 416)) is None


# Redirects, and several reasons in one call


def test_a_proxy_that_has_to_be_used_is():
    """RFC 3261 §21.3.4: the same Request-URI, through the proxy that Contact names."""
    lab = Lab()
    way = scripted(lab, name="way", domain="way.example")
    scripted(lab, (305, [("Contact", "<sip:way.example>")]))
    lab.run(caller(lab).call("sip:bob@example.com").answered)
    second = sent(lab, "INVITE")[1]
    assert (second.uri_text, second.header("Route")) == ("sip:bob@example.com", "<sip:way.example;lr>")
    assert "alice>way INVITE" in wire(lab.trace) and way.script


def test_others_redirect_too():
    lab = Lab()
    scripted(lab, (302, [("Contact", "<sip:way.example>")]))
    scripted(lab, name="way", domain="way.example")
    alice = lab.user_agent("sip:alice@example.com")
    response = lab.run(alice.options("sip:example.com"))
    assert response.status == 200
    lab.run(alice.register())
    assert [said(r.message) for r in lab.trace.select("sent", "alice")] == ["OPTIONS"] * 2 + ["REGISTER"] * 2


def test_after_the_redirect_fails_the_next_address_is_tried():
    lab = Lab()
    contacts = [
        ("Contact", f"<sip:bob@{name}.example>;q={q}") for name, q in (("one", 0.1), ("two", 0.9), ("six", 0.5))
    ]
    scripted(lab, (300, contacts))
    scripted(lab, 200, name="one", domain="one.example")
    scripted(lab, (420, [("Unsupported", "x")]), name="two", domain="two.example")
    scripted(lab, 404, name="six", domain="six.example")
    call = caller(lab).call("sip:bob@example.com")
    lab.run(call.answered)
    assert [r.uri.host for r in sent(lab, "INVITE")] == ["example.com", "two.example", "six.example", "one.example"]


def test_the_last_refusal_counts_and_says_what_was_tried():
    lab = Lab()
    scripted(lab, (302, [("Contact", "<sip:bob@one.example>")]))
    scripted(lab, (503, [("Retry-After", "2")]), 480, name="one", domain="one.example")
    error = failure(lab, caller(lab).call("sip:bob@example.com").answered)
    assert error.status == 480 and error.tried == ("at sip:bob@one.example", "again after 2 s")
    assert str(error) == "480 Temporarily Unavailable; tried: at sip:bob@one.example, again after 2 s"


def test_the_trace_says_why_there_is_another_invite():
    lab = Lab()
    scripted(lab, (302, [("Contact", "<sip:bob@one.example>")]))
    scripted(lab, name="one", domain="one.example")
    lab.run(caller(lab).call("sip:bob@example.com").answered)
    second = [r for r in lab.trace.select("sent", "alice") if said(r.message) == "INVITE"][1]
    assert "INVITE again, at sip:bob@one.example" in str(lab.trace.why(second))
    assert "302" in str(lab.trace.why(second))


# No end of it


NUMBERS = st.integers(0, 60)
CHALLENGE = st.builds(
    'Digest realm="r{}", nonce="n{}", stale={}'.format, NUMBERS, NUMBERS, st.sampled_from(("true", "x"))
)
FIELDS = {
    "Retry-After": st.sampled_from(("0", "1", "20", "99", "x")),
    "Contact": NUMBERS.map(lambda n: f"<sip:bob@h{n}.example>;q=0.{n}"),
    "Min-Expires": st.sampled_from(("0", "7200", "4294967295", "x")),
    "Unsupported": st.sampled_from(("foo", "bar", "foo, bar", "")),
    "Accept": st.sampled_from(("application/sdp", "*/*", "", "x")),
    "WWW-Authenticate": CHALLENGE,
    "Proxy-Authenticate": CHALLENGE,
}
"""The header fields that say how to do better, with values that do and values that don't."""


def answers(statuses: Sequence[int], *fields: str) -> st.SearchStrategy[Answer]:
    """Responses with some of these header fields."""
    field = st.one_of([st.tuples(st.just(name), FIELDS[name]) for name in fields])
    return st.tuples(st.sampled_from(statuses), st.lists(field, min_size=1, max_size=4))


ANSWERS = st.one_of(
    answers((300, 302, 305), "Contact"),
    answers((401, 407), "WWW-Authenticate", "Proxy-Authenticate"),
    answers((413, 500, 503, 404, 480, 486, 600, 603), "Retry-After"),
    answers((423,), "Min-Expires"),
    answers((302, 380, 401, 413, 415, 416, 420, 423, 494, 503), *FIELDS),
)


def hounded(script: Sequence[Answer], method: str) -> tuple[list[Request], CallFailed | RegistrationFailed, int]:
    """All that a patient client sends to a server that never is content, how it ends, and how many tries stayed home.

    Those are for a server that wants to be left alone.
    """
    lab = Lab(trace="messages")
    server = scripted(lab, *script)
    for n in range(120):
        lab.names.add(f"h{n}.example", server.address)
    alice = lab.user_agent("sip:alice@example.com", password="secret")
    alice.waits(413, 500, 503, 404, 480, 486, 600, 603)
    failed = failure(lab, alice.register() if method == "REGISTER" else alice.call("sip:b@example.com").answered)
    lab.drain()
    assert not lab.leftovers()
    home = [record for record in lab.trace.select("ignored") if "is not sent" in str(record.data["why"])]
    return sent(lab, method), failed, len(home)


@settings(max_examples=80, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=12), st.sampled_from(("INVITE", "REGISTER")))
def test_no_server_keeps_a_client_busy_without_end(script: list[Answer], method: str):
    tries, failed, home = hounded(script * 20, method)
    assert len(tries) == len({request.branch for request in tries})
    assert len(tries) + home == 1 + len(failed.tried) <= MOST_STEPS + 1
    numbers = [request.cseq.number for request in tries]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1 and numbers[-1] <= len(tries) + home
    assert len({request.call_id for request in tries}) == 1


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_not_even_one_that_thinks_of_something_new_each_time(method: str):
    script: list[Answer] = []
    for n in range(60):
        places = [("Contact", f"<sip:bob@h{2 * n}.example>"), ("Contact", f"<sip:bob@h{2 * n + 1}.example>")]
        script += [(401, [("WWW-Authenticate", f'Digest realm="r{n}", nonce="n{n}"')]), (302, places)]
    tries, failed, _ = hounded(script, method)
    assert 20 < len(tries) == 1 + len(failed.tried) <= MOST_STEPS + 1


def test_what_stands_in_the_way_of_a_response_is_no_error():
    """A Retry-After that can't be read: the status stands."""
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "soon")]))
    assert failure(lab, caller(lab).call("sip:bob@example.com").answered).status == 503
    assert isinstance(lab.trace.select("retry")[0].data["text"], str)


def test_the_last_response_is_heard_as_it_is():
    asked = bare("OPTIONS")
    tries = Tries()
    refused = build.reply(asked, 401, headers=[("WWW-Authenticate", 'Digest realm="r", nonce="n"')])
    assert isinstance(refused, Response) and tries.next(asked, refused) is None
    assert tries.why_not == "401: there is no password"


def test_an_invite_that_is_too_large_goes_without_its_offer():
    """RFC 3261 §8.1.3.5: then the callee makes it, and the ACK has the answer."""
    lab = Lab()

    class Small(UserAgent):
        def on_request(self, exchange, request):  # type: ignore[no-untyped-def]
            if request.method == "INVITE" and request.body:
                self.reply(exchange, 413)
            else:
                super().on_request(exchange, request)

    bob = lab.user_agent("sip:bob@small.example", "small", answers=0, kind=Small)
    alice = caller(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    first, second = sent(lab, "INVITE")
    assert first.body and not second.body and not second.has("Content-Type")
    assert call.stream is not None and bob.current_call.stream is not None
    assert sent(lab, "ACK")[1].body
    lab.run(call.hold())
    assert [bool(r.body) for r in sent(lab, "INVITE")] == [True, False, True, False]
    lab.run(call.hang_up())


def test_who_hangs_up_takes_a_change_back_that_waits_for_its_time():
    lab = Lab()

    class Later(UserAgent):
        def on_request(self, exchange, request):  # type: ignore[no-untyped-def]
            if request.method == "INVITE" and request.to_tag:
                self.reply(exchange, 500, ("Retry-After", "5"))
            else:
                super().on_request(exchange, request)

    bob = lab.user_agent("sip:bob@later.example", answers=0, kind=Later)
    call = caller(lab).call(bob)
    lab.run(call.answered)
    change = call.hold()
    lab.run(until=lab.env.now + 1)
    lab.run(call.hang_up())
    assert failure(lab, change).status == 487
    assert len(sent(lab, "INVITE")) == 2
    lab.drain()
    assert not lab.leftovers()


def test_whoever_listens_in_between_changes_nothing():
    """A test, or a user's own kind of phone, may put somebody between a request and who made it."""

    class Listener:
        def __init__(self, user: Any) -> None:
            self.user = user
            self.heard: list[int] = []

        def on_response(self, exchange: Exchange, response: Response) -> None:
            self.heard.append(response.status)
            self.user.on_response(exchange, response)

        def on_failure(self, exchange: Exchange, reason: str) -> None:
            self.user.on_failure(exchange, reason)

    listeners = []

    class Overheard(UserAgent):
        def request(self, request, hop, user):  # type: ignore[no-untyped-def]
            listeners.append(Listener(user))
            return super().request(request, hop, listeners[-1])

    lab = Lab()
    scripted(lab, (302, [("Contact", "<sip:bob@one.example>")]))
    scripted(lab, name="one", domain="one.example")
    alice = lab.user_agent("sip:alice@home.example", kind=Overheard)
    call = alice.call("sip:bob@example.com")
    assert lab.run(call.answered) is call
    assert [listener.heard for listener in listeners] == [[302]]


def test_credentials_of_a_try_that_waits_are_counted_when_it_goes():
    """Else others would overtake it, and its nonce count would look like a replay (RFC 7616 §3.4)."""
    lab = Lab()
    asks = (401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')])
    server = scripted(lab, asks, 200)
    alice = caller(lab, password="wonderland")
    first = alice.call("sip:bob@example.com")
    lab.run(first.answered)
    server.script = [(503, [("Retry-After", "5")]), (200, ())]
    second = alice.call("sip:bob@example.com")
    lab.run(until=lab.env.now + 1.0)
    lab.run(first.hang_up())
    lab.run(second.answered)
    asked = [record.message for record in lab.trace.select("sent", "alice") if record.message.has("authorization")]
    shown = [(message.method, Credentials.parse(message.header("Authorization")).count) for message in asked]
    assert [one for one in shown if one[0] != "ACK"] == [("INVITE", 1), ("INVITE", 2), ("BYE", 3), ("INVITE", 4)]


# A server that wants to be left alone (§21.5.4)


def test_a_server_that_said_retry_after_gets_no_other_request_for_that_time():
    lab = Lab()
    server = scripted(lab, (503, [("Retry-After", "20")]), 200)
    alice = caller(lab)
    alice.waits()
    assert failure(lab, alice.call("sip:bob@example.com").answered).status == 503
    heard = len(lab.trace.select("delivered", "server"))
    lab.run(until=15.0)
    error = failure(lab, alice.options("sip:bob@example.com"))
    assert (error.status, error.reason) == (503, "the server wants to be left alone")
    assert len(lab.trace.select("delivered", "server")) == heard
    lab.run(until=20.1)
    server.script = [(200, ())]
    assert lab.run(alice.options("sip:bob@example.com")).status == 200


def test_a_503_without_retry_after_says_nothing_of_later_requests():
    lab = Lab()
    scripted(lab, 503, 200)
    alice = caller(lab)
    assert failure(lab, alice.call("sip:bob@example.com").answered).status == 503
    assert lab.run(alice.options("sip:bob@example.com")).status == 200


def test_requests_in_dialogs_go_there_all_the_same():
    lab = Lab()
    server = scripted(lab, 200)
    alice = caller(lab)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    server.script = [(503, [("Retry-After", "20")])]
    alice.waits()
    assert lab.run(alice.options("sip:bob@example.com")).status == 503
    server.script = [(200, ())]
    lab.run(call.hang_up())
    assert call.ended.value.why == "BYE" and len(sent(lab, "BYE")) == 1


def test_other_requests_go_straight_to_the_next_server_of_the_domain():
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "20")]), name="one", domain="one.example")
    scripted(lab, 200, name="two", domain="two.example")
    zone = lab.names.zone("example.com")
    zone.srv("_sip._udp", "one.example.", priority=1).srv("_sip._udp", "two.example.", priority=2)
    alice = caller(lab)
    lab.run(alice.options("sip:bob@example.com"))
    lab.run(alice.options("sip:bob@example.com"))
    asked = [record.route[1][0] for record in lab.trace.select("sent", "alice")]
    assert asked == [lab.elements[name].address.host for name in ("one", "two", "two")]


def test_a_proxy_answers_500_for_a_target_that_wants_to_be_left_alone():
    lab = Lab()
    proxy = lab.proxy("example.com")
    server = scripted(lab, (503, [("Retry-After", "20")]), domain="other.example")
    proxy.location.add("sip:bob@example.com", f"sip:bob@{server.host_port}")
    alice = caller(lab)
    for _ in range(2):
        assert failure(lab, alice.call("sip:bob@example.com").answered).status == 500
    assert len(sent(lab, "INVITE", "proxy")) == 1


def test_a_crash_forgets_who_wants_to_be_left_alone():
    lab = Lab()
    scripted(lab, (503, [("Retry-After", "20")]), 200)
    alice = caller(lab)
    alice.waits()
    failure(lab, alice.call("sip:bob@example.com").answered)
    alice.crash()
    alice.restart()
    assert lab.run(alice.options("sip:bob@example.com")).status == 200
