"""The same interference in front of real sockets, for our own messages and for those of strangers."""

from __future__ import annotations

import socket

from sipsim.lab.lab import Lab


def test_a_message_is_edited_before_it_reaches_the_socket():
    with Lab(seed=7, network="udp") as lab:
        alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0.0)
        held = lab.network.intercept("INVITE", times=1, src="alice")

        def story(lab):
            call = alice.call(bob)
            packet = yield held.next()
            packet.edit(packet.message.with_header("Subject", "lunch")).let_go()
            yield call.answered
            yield call.hang_up()

        lab.run(story)
        first = lab.trace.select("delivered", "bob")[0]
        assert b"Subject: lunch" in first.raw and b"Subject" not in lab.trace.message(1).raw
        lab.drain()


def test_the_next_message_is_dropped_before_it_reaches_the_socket():
    with Lab(seed=7, network="udp", t1=0.05) as lab:
        alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
        lab.network.drop("OPTIONS")
        assert lab.run(alice.options(f"sip:bob@{bob.host_port}")).status == 200
        assert lab.trace.counts["lost"] == 1
        lab.drain()


def test_a_strangers_message_is_stopped_too():
    with Lab(seed=7, network="udp") as lab, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        bob = lab.user_agent("sip:bob@example.com")
        held = lab.network.intercept("OPTIONS")
        stranger.bind(("127.0.0.1", 0))
        stranger.settimeout(5)
        host, port = stranger.getsockname()
        lines = (
            f"OPTIONS sip:bob@{bob.host_port} SIP/2.0", f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-1",
            "From: <sip:x@example.org>;tag=1", "To: <sip:bob@example.com>", "Call-ID: 1", "CSeq: 1 OPTIONS",
            "Max-Forwards: 70", "Content-Length: 0", "", "",
        )  # fmt: skip
        stranger.sendto("\r\n".join(lines).encode(), bob.address)
        packet = lab.run(held.next())
        assert packet.destination == "bob" and not lab.trace.select("delivered")
        packet.let_go()
        lab.run()
        assert stranger.recv(65536).startswith(b"SIP/2.0 200")
        lab.drain()
