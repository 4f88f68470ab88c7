"""How the checker is asked, and what it says."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import tapes

import sipsim
from sipsim.trace.checker.check import RULES, check
from sipsim.trace.checker.rule import MUST, SHOULD, Finding


def broken() -> sipsim.Trace:
    """A registration with two faults: no From tag, and no Max-Forwards."""
    tape = tapes.register().sub(r"^(From: .*);tag=.*?\r", r"\1\r")
    tape.one("REGISTER").sub(r"^Max-Forwards: .*?\r\n", "")
    return tape.play()


def test_a_finding_says_who_what_where_and_by_which_rule() -> None:
    first, *_ = check(broken())
    assert first == Finding("SYN-02", MUST, "RFC 3261 §8.1.1", "has no Max-Forwards", (1,), "bob")
    assert str(first) == "bob, message 1: has no Max-Forwards (SYN-02, MUST, RFC 3261 §8.1.1)"
    assert json.loads(json.dumps(first.as_dict()))["messages"] == [1]


def test_findings_come_in_the_order_of_messages() -> None:
    findings = check(broken())
    assert [finding.rule for finding in findings] == ["SYN-02", "TAG-01", "TAG-01"]
    assert [finding.messages for finding in findings] == [(1,), (1,), (3,)]


@pytest.mark.parametrize(
    ("rules", "found"), [(["TAG-01"], {"TAG-01"}), ("SYN", {"SYN-02"}), (["VIA", "ACK-03"], set())]
)
def test_rules_and_groups_of_them_can_be_chosen(rules: list[str], found: set[str]) -> None:
    assert {finding.rule for finding in check(broken(), rules=rules)} == found


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(sipsim.UsageError, match=r"'TAG-99'.*SYN-01.*AUT-06"):
        check(broken(), rules=["TAG-99"])


@pytest.mark.parametrize("tolerance", [-1, float("nan")])
def test_a_tolerance_is_no_negative_number(tolerance: float) -> None:
    with pytest.raises(sipsim.UsageError, match="tolerance"):
        check(broken(), tolerance=tolerance)


def test_a_tolerance_lets_instants_be_off() -> None:
    tape = tapes.lost_register()
    tape.find("REGISTER")[2].time += 0.03
    assert {finding.rule for finding in check(tape.play())} == {"TIM-03"}
    assert check(tape.play(), tolerance=0.05) == []


def test_digests_are_judged_by_the_passwords_that_are_told_and_by_no_others() -> None:
    trace = tapes.known_user().play()
    assert check(trace, passwords=tapes.PASSWORDS) == check(trace) == check(trace, passwords={"alice": "x"}) == []
    (finding,) = trace.check(passwords={"bob": "Secret"})
    assert (finding.rule, finding.element, finding.messages) == ("AUT-04", "bob", (3,))
    assert "Secret" not in str(finding)


@pytest.mark.parametrize("wrong", [["bob"], {"bo:b": "x"}, {"bob": "x\r\n"}, {"bob": None}, {1: "x"}])
def test_passwords_are_texts_by_user_name(wrong: object) -> None:
    with pytest.raises(sipsim.UsageError):
        check(sipsim.Trace(), passwords=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["counters", "off"])
def test_a_trace_that_kept_no_messages_is_not_judged(level: str, tmp_path: Path) -> None:
    trace = sipsim.run("ozeki", trace=level)
    trace.save(path := tmp_path / "run.jsonl")
    for one in (trace, sipsim.load(path)):
        with pytest.raises(sipsim.UsageError, match=f"level='{level}'.*no messages to judge"):
            check(one)


def test_where_nothing_was_sent_nothing_is_broken() -> None:
    assert check(sipsim.Trace()) == []


def test_what_could_not_be_read_of_a_file_is_said() -> None:
    trace = sipsim.run("busy")
    trace.header["skipped"] = {"TCP": 13, "not SIP": 7}
    (finding,) = check(trace, rules=["VIA"])
    assert str(finding) == "not judged: 13 skipped: TCP; rules may be broken there"
    assert (finding.severity, finding.messages) == ("UNSEEN", ())


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_a_saved_trace_that_was_cut_off_is_judged_as_one(lines: int, tmp_path: Path) -> None:
    sipsim.run("busy").save(path := tmp_path / "run.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    assert [(finding.severity, "cut short" in finding.text) for finding in check(sipsim.load(path))] == [
        ("UNSEEN", True)
    ]


def test_a_trace_of_messages_alone_can_be_judged() -> None:
    assert check(sipsim.run("two-proxies", trace="messages")) == []


def test_each_rule_says_what_it_asks_for_and_where_that_stands() -> None:
    for id, rule in RULES.items():
        group, _, number = id.partition("-")
        assert group.isupper() and number.isdigit() and rule.severity in (MUST, SHOULD)
        assert rule.rfc.startswith("RFC ") and "§" in rule.rfc
        assert 10 < len(rule.text) < 120 and "MUST" not in rule.text


def test_ten_thousand_messages_take_less_than_two_seconds() -> None:
    lab = sipsim.Lab(loss=0.05)
    proxy = lab.proxy("example.com")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com") for name in ("alice", "bob"))
    for phone in (alice, bob):
        proxy.location.add(phone.uri.aor, phone.contact_uri)

    def calls(lab: sipsim.Lab):  # type: ignore[no-untyped-def]
        for _ in range(700):
            call = alice.call("sip:bob@example.com")
            yield call.answered
            yield lab.env.timeout(100)
            yield call.hang_up()

    trace = lab.run(calls)
    assert trace.counts["sent"] > 10_000
    taken = []
    for _ in range(2):  # the better of two, as others may use this machine too
        begun = time.process_time()
        check(trace)
        taken.append(time.process_time() - begun)
    assert min(taken) < 2
