"""How to break the rules about subscriptions and references."""

from __future__ import annotations

from collections.abc import Iterator

from planting import Tape, plant, scenario

watched = scenario("rfc3842-4.1")
published = scenario("rfc3903-15")
referred = scenario("rfc3515-4.1")
transferred = scenario("rfc5359-2.4")


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
