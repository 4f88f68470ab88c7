"""How to break the rules about subscriptions and references."""

from __future__ import annotations

from collections.abc import Iterator

from planting import Tape, base, plant, scenario

import sipsim

watched = scenario("rfc3842-4.1")
published = scenario("rfc3903-15")
referred = scenario("rfc3515-4.1")
transferred = scenario("rfc5359-2.4")


def subscribed(event: str, expires: int) -> Tape:
    """Alice subscribes to Bob, who tells of presence for ten minutes at least."""
    lab = sipsim.Lab()
    alice, bob = (lab.user_agent(f"sip:{name}@example.com") for name in ("alice", "bob"))
    bob.tells("presence", shortest=600)
    alice.subscribe(bob, event, expires, refresh=False)
    return Tape(lab.run())


@base
def unknown() -> Tape:
    """An event that Bob's phone knows nothing of."""
    return subscribed("conference", 600)


@base
def short() -> Tape:
    """A subscription that is too short for Bob's phone, and begun anew."""
    return subscribed("presence", 60)


@plant("EVT-01", watched, published)
def never_notified(tape: Tape) -> Iterator[Tape]:
    broken = tape.drop(*tape.find("NOTIFY"), *tape.find("200 NOTIFY"))
    broken.end += 40
    yield broken


@plant("EVT-02", watched, published, referred, transferred)
def no_state(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("NOTIFY"):
        one.sub(r"^Subscription-State: .*?\r\n", "")
        yield broken


@plant("EVT-02", watched, published)
def no_time(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("NOTIFY"):
        if "active" in one.text:
            one.sub(r";expires=\d+", "")
            yield broken


@plant("EVT-02", watched, published)
def another_event(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("NOTIFY"):
        one.sub(r"^Event: [a-z-]+", "Event: conference")
        yield broken


@plant("EVT-03", watched, published)
def for_how_long(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 SUBSCRIBE"):
        one.sub(r"^Expires: \d+\r\n", "")
        yield broken


@plant("EVT-03", watched, published)
def longer_than_asked(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 SUBSCRIBE"):
        one.sub(r"^Expires: \d+", "Expires: 99999")
        yield broken


@plant("EVT-04", watched, published)
def accepted_for_nothing(tape: Tape) -> Iterator[Tape]:
    yield tape.drop(*tape.find("SUBSCRIBE"), *tape.find("200 SUBSCRIBE"))


@plant("EVT-05", watched, published)
def nothing_to_subscribe_to(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("SUBSCRIBE"):
        one.sub(r"^Event: .*?\r\n", "")
        yield broken


@plant("EVT-05", published, watched)
def not_on_the_list(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("200 SUBSCRIBE"):
        one.add("Allow-Events: conference")
        yield broken


@plant("EVT-06", referred, transferred)
def to_nobody(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("REFER"):
        one.sub(r"^Refer-To: .*?\r\n", "")
        yield broken


@plant("EVT-06", referred, transferred)
def to_two(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("REFER"):
        one.add("Refer-To: <sip:dave@example.com>")
        yield broken


@plant("EVT-07", referred, transferred)
def never_told(tape: Tape) -> Iterator[Tape]:
    broken = tape.drop(*tape.find("NOTIFY"), *tape.find("200 NOTIFY"))
    broken.end += 40
    yield broken


@plant("EVT-07", referred, transferred)
def no_status_line(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("NOTIFY"):
        one.sub(r"^SIP/2.0 (\d+)", r"SIP/2.1 \1")
        yield broken


@plant("EVT-07", referred, transferred)
def final_and_not_over(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("NOTIFY"):
        if "terminated" in one.text:
            one.sub("terminated;reason=noresource", "active;expires=50")
            yield broken


@plant("EVT-08", watched)
def told_after_the_end(tape: Tape) -> Iterator[Tape]:
    for one in tape.find("NOTIFY")[:-1]:
        broken = tape.copy()
        last, answer = broken.find("NOTIFY")[-1], broken.find("200 NOTIFY")[-1]
        number = int(last.get(r"^CSeq: (\d+)"))
        for like, time in ((last, last.time + 1), (answer, last.time + 1.005)):
            more = (
                broken.more(like, time)
                .sub(r"^CSeq: \d+", f"CSeq: {number + 1}")
                .sub("branch=z9hG4bK", "branch=z9hG4bKx")
            )
            if like is last:
                more.sub(
                    r"^Subscription-State: .*?\r",
                    "Subscription-State: " + one.get(r"^Subscription-State: (.*?)\r") + "\r",
                )
        yield broken


@plant("EVT-09", unknown)
def which_events_then(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Allow-Events: .*?\r\n", "", "489 SUBSCRIBE")


@plant("EVT-09", short)
def how_long_then(tape: Tape) -> Iterator[Tape]:
    yield tape.sub(r"^Min-Expires: .*?\r\n", "", "423 SUBSCRIBE")


@plant("EVT-10", published)
def without_a_tag(tape: Tape) -> Iterator[Tape]:
    for name in ("SIP-ETag", "Expires"):
        for broken, one in tape.sites("200 PUBLISH"):
            one.sub(rf"^{name}: .*?\r\n", "")
            yield broken


@plant("EVT-10", published)
def tag_of_nobody(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("PUBLISH"):
        if "SIP-If-Match" in one.text:
            one.sub(r"^SIP-If-Match: .*?\r", "SIP-If-Match: nobody\r")
            yield broken


@plant("EVT-11", published)
def of_what(tape: Tape) -> Iterator[Tape]:
    for broken, one in tape.sites("PUBLISH"):
        one.sub(r"^Event: .*?\r\n", "")
        yield broken


@plant("EVT-11", published)
def nothing_to_publish(tape: Tape) -> Iterator[Tape]:
    one = tape.one("PUBLISH")
    one.text = one.text.partition("\r\n\r\n")[0] + "\r\n\r\n"
    one.sub(r"^Content-Length: \d+", "Content-Length: 0").sub(r"^Content-Type: .*?\r\n", "")
    yield tape
