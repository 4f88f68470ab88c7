"""Options are refused in the same words everywhere: which one, its value, what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import pytest

from sipsim.errors import UsageError
from sipsim.protocol.options import number, one_of, seconds, whole, whole_seconds


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: one_of("forks", "none", ("first", "all")), "forks: 'none' will not do; allowed are 'first', 'all'"),
        (lambda: whole("calls", 0, 1, inf), "calls: 0 will not do; allowed are whole numbers from 1 on"),
        (lambda: whole("status", 2.0, 300, 699), "status: 2.0 will not do; allowed are whole numbers from 300 to 699"),
        (lambda: whole("calls", True), "calls: True will not do; allowed are whole numbers from 0 to 4294967295"),
        (lambda: whole_seconds("expires", "60"), "expires: '60' will not do; allowed are whole seconds from 0 to 4294"),
        (lambda: number("q", 1.5, 0.0, 1.0), "q: 1.5 will not do; allowed are numbers from 0 to 1"),
        (lambda: seconds("after", inf), "after: inf will not do; allowed are seconds from 0 on"),
        (lambda: seconds("after", nan), "after: nan will not do"),
        (lambda: seconds("after", None), "after: None will not do"),
    ],
)
def test_what_will_not_do_is_named_with_what_would(check: Callable[[], None], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        check()
    assert str(refused.value).startswith(message)


def test_what_is_allowed_passes_the_ends_of_a_range_included() -> None:
    one_of("when", "busy", ("always", "busy"))
    whole("status", 300, 300, 699)
    whole("status", 699, 300, 699)
    whole_seconds("expires", 2**32 - 1)
    number("q", 1, 0.0, 1.0)
    seconds("after", 0.0)
