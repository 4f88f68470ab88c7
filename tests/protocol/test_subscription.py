"""What the tables of subscriptions say, and what each end makes of what it hears (RFC 6665 §4)."""

from __future__ import annotations

from math import inf

import pytest

from sipsim.message import build
from sipsim.message.message import Request
from sipsim.message.rare_fields import Parameterised
from sipsim.protocol.subscription import NOTIFIER, SUBSCRIBER, Standing, granted, same_event, too_brief


def notify(state: str | None) -> Request:
    fields = () if state is None else (("Subscription-State", state),)
    return build.request("NOTIFY", "sip:a@b", via="x", from_="<sip:a@b>", to="<sip:a@b>", call_id="1", cseq=1,
                         headers=fields)  # fmt: skip


@pytest.mark.parametrize("state", ["notify_wait", "pending", "active"])
@pytest.mark.parametrize("input", ["NOTIFY terminated", "SUBSCRIBE refused"])
def test_every_living_subscription_can_end(state: str, input: str) -> None:
    row = SUBSCRIBER.row(state, input)
    assert row is not None and row.next == "terminated"


def test_only_the_first_notify_is_waited_for_by_timer_n() -> None:
    assert [state for state, timers in SUBSCRIBER.timers.items() if timers] == ["notify_wait"]
    assert SUBSCRIBER.row("active", "NOTIFY pending").next == "pending"  # type: ignore[union-attr]
    assert NOTIFIER.row("pending", "permission").next == "active"  # type: ignore[union-attr]
    assert NOTIFIER.row("terminated", "permission") is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("terminated;reason=deactivated;retry-after=9", 0.0),
        ("terminated;reason=probation", 60.0),
        ("terminated;reason=probation;retry-after=5", 5.0),
        ("terminated;reason=giveup;retry-after=7", 7.0),
        ("terminated;reason=giveup", inf),
        ("terminated;reason=rejected;retry-after=1", inf),
        ("terminated;reason=noresource", inf),
        ("terminated;reason=invariant;retry-after=31536000", inf),
        ("terminated;reason=timeout", inf),
        ("terminated;reason=who-knows;retry-after=3", 3.0),
        ("terminated", inf),
        ("active;expires=60;retry-after=1", inf),
    ],
)
def test_the_reason_says_when_to_try_again(text: str, after: float) -> None:
    standing = Standing.of(notify(text))
    assert standing is not None and standing.again_after() == after


@pytest.mark.parametrize("text", [None, "awake", "active-ish;expires=1"])
def test_a_notify_without_a_state_says_nothing(text: str | None) -> None:
    assert Standing.of(notify(text)) is None


def test_expires_counts_where_it_is_a_number_and_the_subscription_stands() -> None:
    assert Standing.of(notify("Active;expires=60")) == ("active", 60, "", None)
    assert Standing.of(notify("active;expires=soon")) == ("active", None, "", None)
    assert Standing.of(notify("active;expires=99999999999999")) == ("active", 2**32 - 1, "", None)
    assert Standing.of(notify("terminated;expires=60")) == ("terminated", None, "", None)
    assert str(Standing("terminated", 5, "giveup", 9)) == "terminated;reason=giveup;retry-after=9"


def test_nobody_gets_more_time_than_they_asked_for() -> None:
    assert [granted(asked, 600, 300) for asked in (None, 0, 60, 4000)] == [300, 0, 60, 600]
    brief = too_brief(30, 60)
    assert brief is not None and brief.status == 423 and brief.headers == (("Min-Expires", "60"),)
    assert [too_brief(asked, 7200) for asked in (None, 0, 3600)] == [None] * 3


def test_events_are_compared_with_case_and_with_their_id() -> None:
    one = Parameterised.parse
    assert same_event(one("dialog;id=1"), one("dialog;x=y;id=1"))
    assert not same_event(one("dialog;id=1"), one("dialog"))
    assert not same_event(one("dialog"), one("Dialog"))
