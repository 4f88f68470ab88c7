"""Captures of other people's phones and servers: every finding was looked at and is true."""

from __future__ import annotations

from collections import Counter

import pytest
from samples import sample, samples

import sipsim
from sipsim.trace.checker.check import check

REVIEWED: dict[str, dict[str, set[int]]] = {
    "arkime_gtp_iphone_yate": {"UNSEEN": set()},
    "isa_asterisk_linphone": {"AUT-02": {2}, "SYN-02": {3}, "VIA-05": {8, 9}},
    "pcapplusplus_sip_reqs": {"SYN-02": {1}, "SYN-12": {3, 4}},
    "suricata_cloudshark_xlite": {"SYN-02": {1, 5, 8}, "REG-05": {7}, "TAG-03": {7}},
    "suricata_compact_form": {"SYN-12": {1}},
    "suricata_header_multi_value": {"SYN-03": {1}, "SYN-12": {1}},
    "suricata_tcp_body_large": {"UNSEEN": set()},
    "zeek_invalid_content_length": {"SYN-02": {1}, "SYN-04": {1, 2}},
    "zeek_junk_before_request": {"SYN-02": {1}},
    "zeek_long_paths": {"SYN-02": {1}, "VIA-04": {1, 2}},
    "zeek_wireshark_aaa": {
        "AUT-02": {2, 7, 9, 11, 13, 15, 40, 46, 48, 50, 52, 54, 59, 61, 64, 70, 78},
        "CSQ-04": {1, 3, 6, 8, 10, 12, 14, 16, 45, 47, 49, 51, 53, 55, 58, 63, 77, 79},
        "CAN-03": {23, 36},
        "SYN-02": {27, 41, 44, 62, 68, 71, 76},
    },
}
"""By capture and rule the messages named; captures that are not here keep to all rules.

AUT-02: challenges without qop. CSQ-04: a phone takes another From tag when it tries again. CAN-03: 408 answers a
CANCEL. SYN-02: ACKs without Max-Forwards, and old or made-up messages. VIA-05: rport filled in without received.
REG-05, TAG-03: a registrar whose Contact lacks expires and whose To lacks a tag. SYN-12: messages cut short, and names
in escaped quotes. UNSEEN: tunnels, and segments of a connection that belong to no message. VIA-04: a name in Via and no
received. The others were broken on purpose by who made the capture.
"""


@pytest.mark.parametrize("path", samples("captures/*.pcap"))
def test_what_is_found_in_a_capture_is_true(path: str) -> None:
    found: dict[str, Counter[int]] = {}
    for finding in check(sipsim.load(sample(path))):
        found.setdefault(finding.rule, Counter()).update(finding.messages)
    name = path.rpartition("/")[2].removesuffix(".pcap")
    assert {rule: set(numbers) for rule, numbers in found.items()} == REVIEWED.get(name, {})
