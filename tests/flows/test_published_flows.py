"""The published basic call flows come out message for message (RFC 3261 §24, RFC 3665).

Over sockets they are run in tests/interop/test_same_over_sockets.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from published import FLOWS, UNDRAWN, WITHOUT_100, differences, pairs

import sipsim
from sipsim.cli import main
from sipsim.trace.comparison import steps_of, steps_of_flow

NAMES = [name for name in sipsim.catalogue() if name in FLOWS]

SLIPS = {
    "rfc3665-3.2": {"F3 route_count"},
    "rfc3665-3.3": {"F3 route_count", "F10 route_count", "F11 route_count", "F10 Proxy-Authorization"},
    "rfc3665-3.8": {"F10 to_tag", "F12 to_tag", "F14 to_tag", "F20 route_count", "F20 Proxy-Authorization"},
    "rfc3665-3.9": {"F11 route_count", "F11 Proxy-Authorization"},
    "rfc3665-3.10": {"F15 route_count", "F15 Proxy-Authorization"},
    "rfc3665-3.11": {"F14 route_count", "F14 Proxy-Authorization"},
    "rfc5359-2.1": {f"F{n} Supported" for n in range(8, 22)} | {f"F{n} record_route_count" for n in (*range(11, 20),)},
    "rfc5359-2.2": {f"F{n} Supported" for n in range(8, 35)}
    | {f"F{n} record_route_count" for n in (*range(11, 33),)}
    | {"F18 to_tag"},
    "rfc5359-2.3": {f"F{n} Supported" for n in (4, 5, 6, 7, 21)},
    "rfc5359-2.4": {"F4 Supported"},
    "rfc5359-2.5": {f"F{n} Supported" for n in range(4, 22)},
    "rfc5359-2.6": {"F4 Supported", "F5 Supported", "F6 Supported", "F7 Require"},
    "rfc5359-2.14": {"F6 Proxy-Authorization"},
    "rfc5359-2.15": {"F4 Supported", "F16 Accept", "F20 Require"},
    "rfc5359-2.16": {"F3 Accept", "F7 Require"},
}
"""Where an example is not what RFC 3261 asks for: a 200 for CANCEL has a To tag (§8.2.6.2), the ACK of a refusal the
Route of its INVITE and no credentials (§17.1.1.3), and an INVITE tried again has its Route too (§8.1.3.5). RFC 5359
repeats in a dialog what it need not: Supported, and the Record-Route of proxies in the route set (§16.6 item 4); F18
of its §2.2 is a 100. A phone that knows what it replaces need not insist on it by Require, nor name in Accept
what its event package has by default (RFC 6665 §3.1.3)."""

SECTIONS = {"rfc3262-3": "3", "rfc3680-6": "6", "rfc3311-8": "8", "rfc4028-13": "13", "rfc3891-1": "1"}
"""The sections of flows that name a figure besides, or are none of the RFC's own."""

NEVER_SENT = {"rfc4028-13": 1}
"""Messages that no correct run has: a 408 that ends a request other than INVITE (RFC 4320 §4.2)."""

KEPT_BACK = {"rfc5359-2.14"}
"""Figures with a proxy that lets nothing through."""

TAG = ';+sip.rendering="no"'

REPEATED = {"rfc4028-13"}
"""Figures that draw once what is repeated, as nobody answers it."""


@pytest.mark.parametrize("name", NAMES)
def test_a_run_has_the_messages_of_the_figure(name: str) -> None:
    trace, flow = sipsim.run(name), FLOWS[name]
    assert differences(name, trace.compare(flow)) == []
    assert name in REPEATED or differences(name, trace.compare(flow, retransmissions=True)) == []
    if name not in WITHOUT_100:
        assert len(steps_of(trace)) == len(steps_of_flow(flow)) + len(UNDRAWN.get(name, ()))  # no 100 is missing either
    assert trace.result["ok"]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_breaks_no_rule(name: str) -> None:
    assert list(map(str, sipsim.run(name).check())) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_forwarded_came_before(name: str) -> None:
    """A request with the Via of another element is sent because it came from there."""
    trace = sipsim.run(name)
    requests = [r for r in trace.select("sent") if isinstance(r.message, sipsim.Request)]
    forwarded = [r for r in requests if len(r.message.vias) > 1 and "copy" not in r.data]
    has_proxy = any("roxy" in who or who in ("ALG", "P1") for who in FLOWS[name]["participants"])
    assert bool(forwarded) == (has_proxy and name not in KEPT_BACK)
    for record in forwarded:
        original = arrived(trace, record)
        assert original.message.call_id == record.message.call_id
        assert original.message.cseq == record.message.cseq
        assert len(original.message.vias) == len(record.message.vias) - 1


def arrived(trace: Any, record: Any) -> Any:
    """The record of the request whose arrival made the element send this one, perhaps after others had failed."""
    came = record
    while came.kind != "delivered" or came.element != record.element or isinstance(came.message, sipsim.Response):
        came = trace[came.cause]
    return came


@pytest.mark.parametrize("name", NAMES)
def test_a_message_has_what_the_figure_says(name: str) -> None:
    found = pairs(FLOWS[name], sipsim.run(name))
    published = steps_of_flow(FLOWS[name])
    exact = [step for step in published if not step.what.endswith("xx") and step.what != "18x"]
    assert len(found) == len(exact) - NEVER_SENT.get(name, 0)
    wrong = [
        f"F{theirs['n']} {what}: {theirs[what]} published, {has} here"
        for theirs, ours in found
        for what, has in counted(ours).items()
        if what in theirs and theirs[what] != has and f"F{theirs['n']} {what}" not in SLIPS.get(name, set())
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_a_message_has_the_header_fields_of_the_figure(name: str) -> None:
    missing = [
        f"F{theirs['n']} {field}"
        for theirs, ours in pairs(FLOWS[name], sipsim.run(name))
        for field in theirs.get("headers", {})
        if field not in ("sipfrag", "dialog-info state")
        and not ours.has(field)
        and f"F{theirs['n']} {field}" not in SLIPS.get(name, set())
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["rfc5359-2.4", "rfc5359-2.5"])
def test_a_reference_is_told_of_as_published(name: str) -> None:
    told = [(theirs["headers"], ours) for theirs, ours in pairs(FLOWS[name], sipsim.run(name))
            if "sipfrag" in theirs.get("headers", {})]  # fmt: skip
    assert len(told) == 2
    for headers, ours in told:
        assert ours.body.decode().strip() == headers["sipfrag"]
        assert str(ours.subscription_state) == headers["Subscription-State"]


@pytest.mark.parametrize("name", ["rfc5359-2.15", "rfc5359-2.16"])
def test_a_dialog_is_told_of_as_published(name: str) -> None:
    """Once, and with the tags by which it can be replaced, which the RFC's own document lacks."""
    trace = sipsim.run(name)
    ((headers, notified),) = [(theirs["headers"], ours) for theirs, ours in pairs(FLOWS[name], trace)
            if "dialog-info state" in theirs.get("headers", {})]  # fmt: skip
    assert f">{headers['dialog-info state']}<" in notified.body.decode()
    assert str(notified.subscription_state) == headers["Subscription-State"]
    taken_over = [ours.replaces.call_id for _, ours in pairs(FLOWS[name], trace) if ours.has("Replaces")][-1]
    assert f'call-id="{taken_over}"' in notified.body.decode()


def counted(message: Any) -> dict[str, object]:
    """What the figures say of a message besides its kind."""
    return {
        "via_count": len(message.vias), "route_count": len(message.routes),
        "record_route_count": len(message.record_routes),
        "sdp": bool(message.body) and message.find("application/sdp") is not None,
        "to_tag": message.to_tag is not None,
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_called_as_its_section(name: str) -> None:
    about, flow = sipsim.catalogue()[name], FLOWS[name]
    assert about.rfc == f"RFC {flow['rfc']} §{SECTIONS.get(name, flow['section'])}"
    assert [element["name"] for element in sipsim.run(name).header["elements"]] == flow["participants"]


def test_all_basic_flows_are_in_the_catalogue() -> None:
    assert set(NAMES) >= {name for name, flow in FLOWS.items() if flow["rfc"] in (3261, 3665)}
    assert len([name for name in NAMES if name.startswith(("rfc3261-24.", "rfc3665-"))]) == 18


SESSIONS = {
    "rfc3262-3", "rfc3311-8", "rfc3428-10", "rfc3515-4.1", "rfc3515-4.2", "rfc3680-6", "rfc3842-4.1", "rfc3856-8",
    "rfc3891-1", "rfc3891-7.1", "rfc3903-15", "rfc4028-13", "rfc6228-9.1", "rfc6228-9.2", "rfc6228-9.3",
    *[f"rfc5359-2.{number}" for number in (*range(1, 10), 12, 14, 15, 16, 18)],
}  # fmt: skip
"""Published flows of reliable responses, events, transfer, holding and forwarding."""


def test_flows_of_sessions_and_services_are_in_the_catalogue() -> None:
    assert set(NAMES) >= SESSIONS
    assert {f"rfc6026-{number}" for number in range(1, 7)} <= set(sipsim.catalogue())


def test_only_one_flow_changes_transport_and_in_mid_flow() -> None:
    used = {name: [record.data["transport"] for record in sipsim.run(name).select("sent")] for name in NAMES}
    assert [name for name in NAMES if "TCP" in used[name]] == ["rfc3665-3.6"]
    assert used["rfc3665-3.6"] == ["UDP"] * 3 + ["TCP"] * 13


def test_names_with_dots_go_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ladder, trace = tmp_path / "a.svg", tmp_path / "rfc3665-3.1.jsonl"
    assert main(["run", "rfc3665-3.1", "--check", "--ladder", str(ladder), "--save", str(trace)]) == 0
    assert "no rule is broken" in capsys.readouterr().out
    assert b"rfc3665-3.1" in ladder.read_bytes()
    assert not sipsim.load(trace).compare(sipsim.run("rfc3665-3.1"))
    assert len(sipsim.sweep("rfc3665-3.1", {"talk": [1, 2]})) == 2
    with pytest.raises(sipsim.UsageError, match="there are rfc3665"):
        sipsim.run("rfc3665-3.12")


@pytest.mark.parametrize("name", ["rfc5359-2.1", "rfc5359-2.2", "rfc5359-2.5"])
def test_a_contact_says_that_nothing_is_rendered_where_the_figure_does(name: str) -> None:
    """Whoever holds has a feature tag in Contact; in §2.5 Carol can be reached from outside the call by hers."""
    for theirs, ours in pairs(FLOWS[name], sipsim.run(name)):
        if contact := theirs.get("headers", {}).get("Contact"):
            said = ours.header("Contact") or ""
            assert [part in said for part in (TAG, ";gr")] == [part in contact for part in (TAG, ";gr")], theirs["n"]
