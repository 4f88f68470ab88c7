"""What SIP has in common with HTTP: text, header fields in any case and folded, a request and its responses."""

from __future__ import annotations

import pytest
from bench_pair import Wire

from sipsim import Lab, parse

OPTIONS = """\
OPTIONS sip:bob@example.com SIP/2.0
vIa: SIP/2.0/UDP HERE
 ;branch=z9hG4bK-http
MAX-FORWARDS:    70
from : "A tester"
\t<sip:tester@example.com>;tag=t
TO: <sip:bob@example.com>
call-id: http@HERE
CsEq:\t1
 OPTIONS
SUPPORTED: timer,
  199
sUbJeCt: over
 two lines
Content-Length: 0

"""


@pytest.mark.covers("P11")
def test_a_request_in_odd_letters_and_folds_gets_the_one_answer_of_a_plain_one() -> None:
    answers = []
    for folded in (True, False):
        lab = Lab(seed=1)
        bob, tester = lab.user_agent("sip:bob@example.com"), Wire(lab)
        text = OPTIONS if folded else OPTIONS.replace("\n ", " ").replace("\n\t", " ")
        tester.send(text, bob)
        lab.run()
        assert tester.statuses == [200]
        answers.append(bytes(tester.heard[0]))
    assert answers[0].decode().isascii() and answers[0].startswith(b"SIP/2.0 200 OK\r\n")  # lines of text
    fields = [[parse(octets).header(name) for name in ("Allow", "Accept", "Supported", "CSeq")] for octets in answers]
    assert fields[0] == fields[1] and fields[0][3].split() == ["1", "OPTIONS"]


@pytest.mark.covers("P11")
def test_names_are_the_same_in_any_case_and_a_fold_is_one_blank() -> None:
    message = parse(OPTIONS.replace("\n", "\r\n").encode())
    assert message.header("Subject") == message.header("SUBJECT") == message.header("s") == "over two lines"
    assert message.supported == ("timer", "199") and message.from_tag == "t" and message.cseq.number == 1


@pytest.mark.covers("P11")
def test_one_request_has_one_final_response_and_perhaps_others_before() -> None:
    lab = Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=1.0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hang_up())
    heard = [(r.message.cseq.method, r.message.status) for r in lab.trace.select("sent", "bob")]
    assert heard == [("INVITE", 180), ("INVITE", 200), ("BYE", 200)]
