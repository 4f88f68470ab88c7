"""What an RTP packet costs beside a bare one of as many octets, and what media as flows add to a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.lab.lab import Lab
from sipsim.simulation.network import Address, Packet

OCTETS, EVERY, SECONDS = 172, 0.020, 400.0
PACKETS = 2 * int(SECONDS / EVERY)
CALLS = 400


def figures() -> Iterator[Figure]:
    times = in_turn({"bare": bare, "rtp": rtp})
    more = {"us_per_packet": microseconds(times, PACKETS)}
    yield Figure("RTP packet / bare packet", ratio(times, "rtp", "bare"), "x", most=1.5, more=more)
    for trace in ("all", "off"):
        for name, link in (("", {}), (", lossy link", {"loss": 0.02, "jitter": 0.01})):
            times = in_turn({how: calls(how, link, trace) for how in ("off", "flow")})
            more = {"us_per_call": microseconds(times, CALLS)}
            what = f"call with flow / without, trace {trace!r}{name}"
            yield Figure(what, ratio(times, "flow", "off"), "x", most=1.2, more=more)


def bare() -> None:
    """Two senders and two receivers that do nothing with it, a packet every 20 ms each way."""
    lab = Lab(trace="off")
    heard = [0]

    def hear(packet: Packet) -> None:
        heard[0] += 1

    ends = [lab.network.bind(Address("", 4000), "UDP", hear, lambda packet, why: None) for _ in range(2)]
    for source, destination in (ends, ends[::-1]):
        Ticker(lab, source, destination).beat()
    lab.env.timeout(SECONDS)
    lab.run()
    assert heard[0] >= PACKETS - 2


class Ticker:
    """Sends the same octets again and again."""

    def __init__(self, lab: Lab, source: Address, destination: Address) -> None:
        self.lab, self.source, self.destination = lab, source, destination
        self.data = bytes(OCTETS)

    def beat(self) -> None:
        self.lab.network.send(Packet(self.data, self.source, self.destination, "UDP"))
        self.lab.env.call_later(EVERY, self.beat, lingering=True)


def rtp() -> None:
    """A call with media as packets."""
    lab = Lab(trace="off")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media="packets", answers=0.0) for name in ("alice", "bob"))
    call = alice.call(bob)
    lab.run(call.answered)
    lab.env.timeout(SECONDS)
    lab.run()
    assert call.statistics.received >= PACKETS / 2 - 2


def calls(media: str, link: dict[str, float], trace: str = "off") -> Callable[[], None]:
    """Calls of a minute, one after another."""

    def run() -> None:
        lab = Lab(trace=trace, **link)
        phones = [lab.user_agent(f"sip:{name}@example.com", media=media, answers=0.0) for name in ("alice", "bob")]
        alice, bob = phones
        for _ in range(CALLS):
            call = alice.call(bob)
            lab.run(call.answered)
            lab.run(until=lab.env.now + 60.0)
            lab.run(call.hang_up())
        lab.drain()

    return run
