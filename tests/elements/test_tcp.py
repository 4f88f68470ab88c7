"""Elements that talk over connections: which transport they choose, and what becomes of it (RFC 3261 §18)."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, octets, request, times, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim import Lab, UsageError
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.exchange import Exchange
from sipsim.message import build
from sipsim.message.message import Request, Response, parse
from sipsim.message.uri import Uri
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address, Packet
from sipsim.trace.trace import Trace


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def transports(trace: Trace, what: str = "") -> set[str]:
    """The transports of the messages that were sent, of those only whose start line has this."""
    return {record.data["transport"] for record in trace.select("sent") if what.encode() in record.raw[:60]}


class Listening:
    """A transaction user that takes note of what it hears."""

    def __init__(self) -> None:
        self.heard: list[int | str] = []

    def on_response(self, exchange: Exchange, response: Response) -> None:
        self.heard.append(response.status)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self.heard.append(reason)


def message_of(agent: UserAgent, size: int) -> Request:
    """A MESSAGE of this many octets."""
    via, sender = agent.new_via(), f"<{agent.uri}>;tag=1"

    def message(body: int) -> Request:
        return build.request(
            "MESSAGE", "sip:bob@x.test", via=via, from_=sender, to="<sip:bob@x.test>", call_id="m", cseq=1,
            body=b"x" * body, content_type="text/plain",
        )  # fmt: skip

    return message(1000 + size - len(bytes(message(1000))))


class Stream:
    """A bare end of connections for a test to send octets from: whole messages, halves, or rubbish."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.data = lab, b""
        self.address = lab.network.bind(Address("", 0), "TCP", self._hear, lambda packet, why: None, node="stream")
        lab.trace.register("stream", "test", self.address)

    def _hear(self, piece: Packet) -> None:
        self.data += piece.data
        if piece.data and piece.sent.endswith(piece.data):
            self.lab.trace.delivered(self.lab.env.now, "stream", piece.cause)

    def text(self, *args: str, **more: str) -> bytes:
        host = f"{self.address.host}:{self.address.port}"
        return octets(request(*args, **more).replace("UDP HERE", f"TCP {host}").replace("HERE", host))

    def send(self, data: bytes, to: UserAgent) -> None:
        packet = Packet(data, self.address, to.address, "TCP")
        packet.cause = self.lab.trace.sent(self.lab.env.now, "stream", packet)
        self.lab.network.send(packet)

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.data.split(b"SIP/2.0 ")[1:]]


# Which transport


def test_a_uri_that_asks_for_tcp_gets_it_and_its_answers_on_the_same_connection(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=1)
    alice = lab.user_agent("sip:alice@example.com")
    call = alice.call(f"{bob.contact_uri};transport=tcp")
    lab.run(call.answered)
    (invite,) = messages(lab.trace, "INVITE", "alice")
    assert invite.via.transport == "TCP"
    assert transports(lab.trace, "INVITE") == transports(lab.trace, "SIP/2.0 ") == {"TCP"}
    assert times(lab.trace, "INVITE", "alice") == [0] and len(messages(lab.trace, "200 INVITE", "bob")) == 1
    opened = [record for record in lab.trace.select("connection") if record.data["what"] == "open"]
    assert len(opened) == 1 and opened[0].time == 0.01
    lab.run(call.hang_up())
    lab.drain()


def test_a_domain_chooses_the_transport_by_its_naptr_records(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    zone = lab.names.zone("example.com").naptr("SIP+D2T", "_sip._tcp", order=1).naptr("SIP+D2U", "_sip._udp", order=2)
    zone.srv("_sip._tcp", "r").srv("_sip._udp", "r").a("r", registrar.address.host)
    assert lab.run(lab.user_agent("sip:bob@example.com").register()).active
    assert transports(lab.trace) == {"TCP"}


@pytest.mark.parametrize(("size", "transport"), [(1300, "UDP"), (1301, "TCP"), (5000, "TCP")])
def test_a_request_of_more_than_1300_octets_goes_by_tcp(lab: Lab, size: int, transport: str) -> None:
    bob = lab.user_agent("sip:bob@x.test")
    lab.names.add("x.test", bob.address)
    alice, user = lab.user_agent("sip:alice@example.com"), Listening()
    alice.request(message_of(alice, size), Uri.parse("sip:bob@x.test"), user)
    lab.run()
    (sent,) = messages(lab.trace, "MESSAGE", "alice")
    assert sent.via.transport == transport and transports(lab.trace) == {transport} and user.heard == [200]
    assert len(lab.trace.select("delivered")) == 2 and not lab.trace.select("note")


def test_a_server_that_refuses_the_connection_gets_the_large_request_by_udp(lab: Lab) -> None:
    """RFC 3261 §18.1.1; and by another branch, as it is another transaction."""
    tester = Wire(lab)  # which has UDP only
    tester.on_message = lambda message: tester.send(build.reply(message, 200), alice)
    alice, user = lab.user_agent("sip:alice@example.com"), Listening()
    alice.request(message_of(alice, 2000), Uri.parse(f"sip:{tester.address.host}"), user)
    lab.run()
    tcp, udp = messages(lab.trace, "MESSAGE", "alice")
    assert (tcp.via.transport, udp.via.transport) == ("TCP", "UDP") and tcp.branch != udp.branch
    assert user.heard == [200] and "over TCP failed (transport error)" in lab.trace.select("note")[0].data["text"]


def test_a_server_that_answers_503_over_tcp_does_not_get_the_large_request_again(lab: Lab) -> None:
    server = Stream(lab)
    alice, user = lab.user_agent("sip:alice@example.com"), Listening()
    alice.request(message_of(alice, 2000), Uri.parse(f"sip:{server.address.host}"), user)
    lab.run(until=1)
    sent = parse(server.data)
    assert isinstance(sent, Request)
    server.send(bytes(build.reply(sent, 503)), alice)
    lab.run()
    assert user.heard == [503] and len(messages(lab.trace, "MESSAGE", "alice")) == 1


class DatagramsOnly(MemoryNetwork):
    transports = ("UDP",)


def test_without_tcp_a_large_request_goes_by_udp_and_a_record_says_so() -> None:
    lab = Lab(network=DatagramsOnly)
    bob = lab.user_agent("sip:bob@x.test")
    alice, user = lab.user_agent("sip:alice@example.com"), Listening()
    alice.request(message_of(alice, 2000), bob.contact_uri, user)
    lab.run()
    assert transports(lab.trace) == {"UDP"} and user.heard == [200]
    (note,) = lab.trace.select("note", "alice")
    assert note.data["text"] == "MESSAGE of 2000 octets goes by UDP, as there is no TCP here (RFC 3261 §18.1.1)"


# On a connection


def test_a_cancel_and_the_ack_go_the_way_of_their_invite(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    call = lab.user_agent("sip:alice@example.com").call(f"{bob.contact_uri};transport=tcp")
    lab.run(call.ringing)
    lab.run(call.hang_up())
    lab.run()
    assert wire(lab.trace, "alice") == ["alice>bob INVITE", "alice>bob CANCEL", "alice>bob ACK"]
    assert transports(lab.trace) == {"TCP"}


def test_over_tcp_nothing_is_retransmitted_and_a_silent_server_is_given_up_after_64_t1(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    alice = lab.user_agent("sip:alice@example.com")
    bob.crash()
    call = alice.call(f"{bob.contact_uri};transport=tcp")
    lab.run()
    assert wire(lab.trace, "alice") == ["alice>bob INVITE"] and call.answered.value.status == 408
    assert [record.data["why"] for record in lab.trace.select("lost")] == ["bob is down"]


def test_a_server_that_restarts_breaks_its_connections_and_the_next_request_makes_another(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    alice = lab.user_agent("sip:alice@example.com")
    lab.run(alice.options(f"{bob.contact_uri};transport=tcp"))
    bob.crash()
    bob.restart()
    assert lab.run(alice.options(f"{bob.contact_uri};transport=tcp")).status == 200
    assert [record.data["what"] for record in lab.trace.select("connection")] == ["open", "closed", "open"]


def test_an_answer_whose_connection_is_gone_goes_by_a_new_one_to_the_sent_by(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=3)
    stream = Stream(lab)
    stream.send(stream.text("INVITE"), bob)
    lab.run(until=1)
    lab.network.reset("stream", "bob")
    assert stream.statuses == [180]
    lab.run(until=3.2)
    assert stream.statuses == [180, 200] and transports(lab.trace) == {"TCP"}
    lab.run()


def test_an_answer_that_finds_nobody_fails_its_transaction(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=3)
    stream = Stream(lab)
    stream.send(stream.text("INVITE"), bob)
    lab.run(until=1)
    lab.network.unbind(stream.address, "TCP")
    lab.run()
    assert stream.statuses == [180] and not bob.calls and not lab.leftovers()
    ignored = [record.data["why"].split(": ")[1] for record in lab.trace.select("ignored", "bob")]
    assert ignored[:2] == ["its connection is closed", f"no one listens at {stream.address}"]


# Octets


def test_messages_are_where_their_content_length_says_however_they_are_cut(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    stream = Stream(lab)
    one, two, three = (stream.text("OPTIONS", branch=f"z9hG4bK-{n}", cseq=n) for n in range(3))
    stream.send(one + two + three[:50], bob)
    lab.run(until=1)
    assert stream.statuses == [200, 200]
    stream.send(three[50:], bob)
    lab.run()
    assert stream.statuses == [200, 200, 200]
    read = [record.raw for record in lab.trace.select("delivered", "bob")]
    assert read == [one, two, three]


def test_a_stream_that_can_not_be_read_on_is_answered_once_and_ended(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    stream = Stream(lab)
    good = stream.text("OPTIONS")
    stream.send(good.replace(b"Content-Length: 0", b"Content-Length: many"), bob)
    stream.send(good, bob)
    lab.run()
    assert stream.statuses == [400] and b"\r\nTo: <sip:bob@example.com>;tag=" in stream.data
    (record,) = lab.trace.select("unparsable", "bob")
    assert lab.trace.select("connection")[-1].data["what"] == "closed"
    assert not lab.trace.select("error") and record.data["status"] == 400


def test_a_half_read_message_is_forgotten_in_a_crash(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    stream = Stream(lab)
    text = stream.text("OPTIONS")
    stream.send(text[:80], bob)
    lab.run(until=1)
    bob.crash()
    bob.restart()
    stream.send(text, bob)
    lab.run()
    assert stream.statuses == [200]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from([0.0, 0.2]), st.booleans())
def test_over_bad_links_tcp_spares_sip_its_retransmissions(
    seed: int, loss: float, reorder: float, proxied: bool
) -> None:
    lab = Lab(seed=seed, loss=loss, reorder=reorder, duplicate=reorder, corrupt=reorder)
    bob = lab.user_agent("sip:bob@example.com", answers=1)
    alice = lab.user_agent("sip:alice@example.com")
    target = str(bob.contact_uri)
    if proxied:
        proxy = lab.proxy("example.org")
        proxy.location.add("sip:bob@example.org", f"{target};transport=tcp")
        lab.names.zone("example.org").srv("_sip._tcp", "p").a("p", proxy.address.host)
        target = "sip:bob@example.org"
    call = alice.call(f"{target};transport=tcp")
    lab.run()
    over_tcp = [record for record in lab.trace.select("sent") if record.data["transport"] == "TCP"]
    # A 2xx is repeated on any transport, and each copy has its ACK (§13.3.1.4).
    requests = [r for r in over_tcp if isinstance(r.message, Request) and r.message.method != "ACK"]
    assert len({(record.element, record.raw) for record in requests}) == len(requests)
    assert call.state in ("answered", "ended")
    lab.drain()
    assert not lab.leftovers()


# A phone's transport


def test_a_phone_by_tcp_calls_registers_and_is_called_over_connections(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com", transport="tcp")
    proxy = lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=0.5, transport="tcp", outbound=proxy)
    assert str(bob.contact_uri).endswith(";transport=tcp")
    assert lab.run(bob.register()).active
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run()
    lab.run(bob.hang_up())
    trace = lab.run()
    assert transports(trace) == {"TCP"} and trace.counts["retransmissions"] == 0 and not trace.check()
    assert call.dialog.route_set[0].uri.param("transport") == "tcp"


def test_a_plain_phone_calls_a_contact_by_tcp_and_is_answered_over_it(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", transport="tcp")
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hold())
    lab.run()
    lab.run(bob.hang_up())
    (invite, again) = messages(lab.trace, "INVITE", "alice")
    assert str(invite.contacts[0].uri).endswith(";transport=tcp") and again.via.transport == "TCP"
    assert transports(lab.trace) == {"TCP"}


def test_a_redirect_to_tcp_changes_the_transport_in_mid_flow(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@atlanta.test")
    server = lab.redirect_server("biloxi.test")
    proxy = lab.proxy("chicago.test")
    bob = lab.user_agent("sip:bob@chicago.test", transport="tcp", answers=0)
    server.location.add("sip:bob@biloxi.test", "sip:bob@chicago.test;transport=tcp")
    proxy.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@biloxi.test", offer=False)
    lab.run(call.answered)
    lab.run()
    lab.run(bob.hang_up())
    sent = [(r.element, r.data["transport"]) for r in lab.run().select("sent")]
    assert sent[:3] == [("alice", "UDP"), ("redirect", "UDP"), ("alice", "UDP")]
    assert {transport for _, transport in sent[3:]} == {"TCP"} and len(sent) == 16
    first, second = messages(lab.trace, "INVITE", "alice")
    assert "transport" not in str(first.contacts[0].uri) and second.contacts[0].uri.param("transport") == "tcp"
    assert not lab.trace.check()


@pytest.mark.parametrize("transport", ["tls", "", 5])
def test_a_transport_that_is_not_carried_is_a_mistake(lab: Lab, transport: str) -> None:
    with pytest.raises(UsageError, match="transport"):
        lab.user_agent("sip:alice@example.com", transport=transport)
    assert not lab.elements
