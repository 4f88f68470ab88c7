"""The counters of a receiver of RTP, against the words of RFC 3550's appendix A."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sipsim.protocol.reception import Reception, Statistics, together


def heard(packets: list[tuple[int, int, float]], rate: int = 8000) -> Reception:
    """Packets (sequence, timestamp, arrival), all of them taken."""
    reception = Reception(*packets[0], rate)
    for sequence, timestamp, now in packets:
        assert reception.take(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, now)
    return reception


def evenly(numbers: list[int], late: list[float] | None = None) -> list[tuple[int, int, float]]:
    return [(n, n * 160, n * 0.02 + (late[i] if late else 0.0)) for i, n in enumerate(numbers)]


def test_packets_that_miss_are_lost():
    reception = heard(evenly([10, 11, 13, 16]))
    assert (reception.expected, reception.received, reception.lost) == (7, 4, 3)
    assert reception.statistics().loss == pytest.approx(3 / 7)


def test_numbers_go_on_beyond_sixteen_bits():
    reception = heard(evenly(list(range(65500, 65600))))
    assert (reception.highest, reception.expected, reception.lost) == (65599, 100, 0)


def test_a_late_packet_makes_up_for_its_loss_and_a_copy_counts_once_more():
    """A.3: the number of packets lost may be negative."""
    assert heard(evenly([1, 3, 2, 4])).lost == 0
    assert heard(evenly([1, 2, 2, 3])).lost == -1


def test_a_packet_far_off_does_not_count_until_another_follows_it():
    """A.1: two in a row show that the source has begun anew."""
    reception = heard(evenly([1, 2, 3]))
    assert not reception.take(40000, 0, 0.1)
    assert (reception.received, reception.highest) == (3, 3)
    assert not reception.take(50000, 0, 0.1)
    assert reception.take(50001, 0, 0.1)
    assert (reception.received, reception.expected, reception.lost) == (4, 4, 0)


def test_a_packet_without_a_time_of_its_own_counts_but_not_for_the_jitter():
    """Those of a key repeat one time stamp (RFC 4733 §2.5.1)."""
    reception = heard(evenly([1, 2, 3], late=[0.0, 0.01, 0.0]))
    before = reception.statistics()
    assert reception.take_untimed(5)
    assert not reception.take_untimed(40000)
    after = reception.statistics()
    assert (after.received, after.lost) == (4, 1)
    assert (after.jitter, after.mean_jitter) == (before.jitter, before.mean_jitter)


def test_jitter_is_the_smoothed_difference_of_transit_times():
    """A.8, worked out in the open."""
    late = [0.0, 0.004, 0.001, 0.0, 0.010, 0.010, 0.002]
    expected = 0.0
    for one, other in pairwise(late):
        expected += (abs(other - one) - expected) / 16
    statistics = heard(evenly(list(range(7)), late)).statistics()
    assert statistics.jitter == pytest.approx(expected)
    assert 0.0 < statistics.mean_jitter < 0.004


def test_a_time_stamp_that_begins_again_is_no_jitter():
    first = 2**32 - 320
    packets = [(n, first + n * 160, n * 0.02) for n in range(10)]
    assert heard(packets).statistics().jitter == pytest.approx(0.0, abs=1e-9)


def test_several_sources_of_a_stream_are_added():
    both = together([Statistics(0, 30, 1, 0.1, 0.1), Statistics(0, 10, 2, 0.3, 0.5)])
    assert both == Statistics(0, 40, 3, 0.3, pytest.approx(0.2))
    assert together([]) == Statistics()
