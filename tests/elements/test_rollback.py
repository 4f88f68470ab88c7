"""A re-INVITE that fails: what is as it was before, and what stays since it was settled meanwhile (RFC 6141)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire

from sipsim import CallFailed, Lab

SDP = "application/sdp"


def description(version: int = 1, direction: str = "sendrecv", port: int = 4000) -> bytes:
    head = f"v=0\r\no=c 1 {version} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    return f"{head}m=audio {port} RTP/AVP 0\r\na={direction}\r\n".encode()


class Talking:
    """A phone in a call with a peer that a script speaks for."""

    def __init__(self) -> None:
        self.lab = lab = Lab(seed=1)
        self.phone = lab.user_agent("sip:alice@example.com", answers=0)
        self.peer = peer = lab.scripted_peer("sip:carol@example.com")
        self.asked: list[Any] = []
        self.phone.on_reinvite = self.asked.append
        self.call = call = self.phone.call(f"sip:carol@{peer.host_port}")
        invite = lab.run(peer.expect("INVITE"))
        peer.respond(invite, 200, body=description(), content_type=SDP)
        lab.run(call.answered)
        self.invites: list[Any] = []
        self.number = 0
        lab.run(until=1)

    def says(self, method: str, body: bytes = b"", contact: str = "") -> Any:
        """A request of the peer's in the dialog."""
        peer, dialog = self.peer, self.call.dialog
        self.number += 1
        request = peer.draft(
            method, self.phone.contact_uri, cseq=self.number, from_=dialog.remote, to=dialog.local,
            call_id=dialog.call_id, body=body, content_type=SDP if body else None,
        )  # fmt: skip
        if contact:
            request = request.with_header("Contact", f"<{contact}>")
        peer.say(request, self.phone)
        if method == "INVITE":
            self.invites.append(request)
        return request

    def acknowledges(self) -> None:
        """The ACK for the last answer to the peer's last re-INVITE."""
        answered = [m for m in self.peer.heard if getattr(m, "status", 0) >= 200 and m.cseq.method == "INVITE"][-1]
        if answered.status >= 300:
            self.peer.acknowledge(self.invites[-1], answered, self.phone)
        else:
            dialog = self.call.dialog
            self.peer.say(self.peer.draft(
                "ACK", self.phone.contact_uri, cseq=self.number, from_=dialog.remote, to=dialog.local,
                call_id=dialog.call_id, contact=None,
            ), self.phone)  # fmt: skip

    def ends(self) -> None:
        """The call is over, with all that would still happen."""
        ended = self.call.hang_up()
        self.peer.respond(self.lab.run(self.peer.expect("BYE")), 200)
        self.lab.run(ended)
        self.lab.drain()


def agreed(call: Any) -> tuple[str, int]:
    return call.stream.direction, call.stream.remote[1]


# We are asked


def test_what_an_update_within_a_reinvite_has_changed_stays_when_that_is_refused() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    talk.says("INVITE")  # without an offer: the session may be changed while the user thinks about it
    lab.run(until=2)
    talk.says("UPDATE", description(2, "sendonly", 4002))
    assert lab.run(peer.expect(200)).cseq.method == "UPDATE" and agreed(call) == ("recvonly", 4002)
    talk.asked[0].reject(488)
    assert lab.run(peer.expect("final")).status == 488
    talk.acknowledges()
    lab.run(until=3)
    assert agreed(call) == ("recvonly", 4002) and call.state == "answered"
    talk.ends()


def test_nothing_of_a_refused_reinvite_stays_neither_its_session_nor_its_target() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    before = call.dialog.remote_target
    talk.says("INVITE", description(2, "sendonly", 4002), contact="sip:elsewhere@192.0.2.77")
    lab.run(until=2)
    assert agreed(call) == ("sendrecv", 4000)
    talk.asked[0].reject(488)
    assert lab.run(peer.expect("final")).status == 488
    talk.acknowledges()
    assert agreed(call) == ("sendrecv", 4000) and call.dialog.remote_target == before
    talk.ends()


def test_a_target_that_an_update_has_refreshed_stays_when_the_reinvite_around_it_is_refused() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    there = f"sip:moved@{peer.host_port}"
    talk.says("INVITE", description(2, "sendonly"))
    lab.run(until=2)
    talk.says("UPDATE", contact=there)  # no offer: only where the peer is now (RFC 6141 §4.3)
    assert lab.run(peer.expect(200)).cseq.method == "UPDATE"
    talk.asked[0].reject(488)
    lab.run(peer.expect("final"))
    talk.acknowledges()
    lab.run(until=3)
    assert str(call.dialog.remote_target) == there and agreed(call) == ("sendrecv", 4000)
    talk.ends()


def test_an_offer_within_a_reinvite_that_has_one_is_put_off_and_changes_nothing() -> None:
    talk = Talking()
    lab, peer = talk.lab, talk.peer
    talk.says("INVITE", description(2, "sendonly"))
    lab.run(until=2)
    talk.says("UPDATE", description(3, "inactive"))
    put_off = lab.run(peer.expect("final"))
    assert put_off.status == 500 and 0 <= put_off.retry_after <= 10
    talk.asked[0].accept()
    assert lab.run(peer.expect("final")).status == 200 and talk.call.stream.direction == "recvonly"
    talk.acknowledges()
    talk.ends()


def test_a_reinvite_that_is_taken_back_leaves_what_was_settled_within() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    invite = talk.says("INVITE")
    lab.run(until=2)
    talk.says("UPDATE", description(2, "sendonly"))
    lab.run(peer.expect(200))
    peer.say(peer.draft(
        "CANCEL", call.agent.contact_uri, via=invite.header("Via"), from_=invite.header("From"), to=invite.header("To"),
        call_id=invite.call_id, cseq=invite.cseq.number, contact=None,
    ), call.agent)  # fmt: skip
    assert {lab.run(peer.expect("final")).status for _ in range(2)} == {200, 487}
    talk.acknowledges()
    lab.run(until=3)
    assert call.stream.direction == "recvonly" and call.state == "answered"
    talk.ends()


# We ask


def test_who_meets_a_refusal_after_an_update_makes_sure_of_a_common_view() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    asked = call.reinvite(offer=False)
    reinvite = lab.run(peer.expect("INVITE"))
    assert "100rel" not in reinvite.supported  # so no PRACK gets in between
    talk.says("UPDATE", description(2, "sendonly", 4002))
    lab.run(peer.expect(200))
    peer.respond(reinvite, 488)
    with pytest.raises(CallFailed):
        lab.run(asked)
    sure = lab.run(peer.expect("INVITE"))
    assert sure.body and agreed(call) == ("recvonly", 4002)
    talk.says("UPDATE", description(2, "sendonly", 4004))  # once is enough, whatever the peer does
    assert lab.run(peer.expect("final")).status == 491
    peer.respond(sure, 488)
    lab.run(until=20)
    assert wire(lab.trace, "alice").count("alice>carol INVITE") == 3 and agreed(call) == ("recvonly", 4002)
    talk.ends()


def test_a_refusal_with_nothing_settled_within_is_not_followed_by_another_reinvite() -> None:
    talk = Talking()
    lab, peer, call = talk.lab, talk.peer, talk.call
    asked = call.hold()
    peer.respond(lab.run(peer.expect("INVITE")), 488)
    with pytest.raises(CallFailed):
        lab.run(asked)
    lab.run(until=20)
    assert len(messages(lab.trace, "INVITE", "alice")) == 2 and agreed(call) == ("sendrecv", 4000)
    talk.ends()
