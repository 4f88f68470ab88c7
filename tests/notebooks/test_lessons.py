"""Every lesson runs from top to bottom, its exercise can be solved, and whoever has not solved it gets a hint."""

from __future__ import annotations

import time
from pathlib import Path

import lessons
import nbformat
import pytest

pytestmark = pytest.mark.leaves("ZeroMQ keeps threads for its sockets")

PARTS = (
    "you can**", "What you need", "Predict", "Run", "Explain", "Modify", "## Exercise", "<b>Solution</b>", "## Summary",
    "Further reading",
)  # fmt: skip

SOLUTIONS = {
    "01-first-call": {'drop("200 INVITE")': 'drop("ACK", times=3)'},
    "03-registration": {"# add something here": "lab.run(until=50)\nbob.register(60)"},
    "04-transactions-and-loss": {'drop("OPTIONS", times=11)': 'drop("OPTIONS")\nlab.network.drop("200 OPTIONS")'},
    "05-proxies-and-via": {
        "# add your two lines here": 'atlanta.location.add("sip:bob@atlanta.com", "sip:bob@biloxi.com")\n'
        'biloxi.location.add("sip:bob@biloxi.com", "sip:bob@chicago.com")'
    },
    "06-dialogs-and-record-route": {'"atlanta")': '"atlanta", record_route=False)'},
    "07-forking": {'"parallel"': '"sequential"', "# and add something here": 'phones["desk"].rejects(486)'},
    "09-failures-and-response-codes": {
        "bob.rejects(486)": "bob.rejects(486, retry_after=5)",
        "# and add something here": "alice.waits(486)",
    },
    "10-find-your-way-with-the-panel": {
        "# add something here": 'held = lab.network.intercept("INVITE", dst="bob", times=1)\n'
        "packet = lab.run(held.next())\n"
        'packet.edit(packet.message.with_header("Subject", "lunch")).let_go()'
    },
    "11-sdp-and-media": {
        '["PCMU"], ["H264"]': '["PCMU", "PCMA", "telephone-event"], ["H264"]',
        '["PCMA"]  # and': '["PCMA", "telephone-event"]  # and',
    },
    "12-modifying-and-holding": {"talking()  # something is missing here": "talking(session_expires=90)"},
    "13-events-and-messages": {"expires=0": "expires=600", "# and add something here": "watched.unsubscribe()"},
    "14-transfer": {
        "# add something here": "second = bob.call(carol)",
        "first.transfer(carol)": "first.transfer_to(second)",
    },
    "15-one-call-three-programs": {
        "pass  # do something here": "aTransaction.SendResponseL(symbian.CSIPResponseElements.NewL(200))"
    },
    "08-digest": {"# add something here": 'alice.credentials("biloxi.com", "guest", "knock-knock")'},
}
"""What to replace in the cell of the exercise, and by what."""

SOLVED_BY_CLICKS = """
import asyncio

async def click(*names):
    for name in names:
        panel.buttons[name].click()
    await asyncio.sleep(0.3)

panel.speed = 4
await click("alice.call")
await click("alice.register", "desk.register", "mobile.register")
await click("alice.call")
await click("desk.answer")
await click("proxy.crash")
await click("alice.hang_up")
await click("proxy.restart")
await click("alice.call")
panel.stop()
[click.problem for click in panel.clicks.done if click.problem]
"""


@pytest.fixture(autouse=True)
def this_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels import the package from here, and keep out of the user's own settings."""
    monkeypatch.setenv("PYTHONPATH", str(lessons.FOLDER.parent))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_as_lessons_are(path: Path):
    lesson = nbformat.read(path, as_version=4)
    nbformat.validate(lesson)
    assert lesson.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in lesson.cells}) == len(lesson.cells) <= 30
    prose = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    missing = [part for part in PARTS if part not in prose]
    assert not missing
    assert all(len(cell.source.splitlines()) <= 16 for cell in lessons.code(lesson))


@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_its_links_lead_somewhere(path: Path):
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    links = [part.split(")")[0] for part in prose.split("](")[1:]]
    assert links
    for link in links:
        assert link.startswith("https://www.rfc-editor.org/rfc/rfc") or (path.parent / link).is_file(), link


@pytest.mark.covers("B6")
@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_unsolved_it_runs_to_the_end_and_gives_a_hint(path: Path):
    began = time.monotonic()
    lesson = lessons.run(lessons.read(path.name))
    assert time.monotonic() - began < 30
    verdict = lessons.shown(lessons.tagged(lesson, "check"))
    assert "Hint: " in verdict and "Well done" not in verdict
    assert not [output for cell in lessons.code(lesson) for output in cell.outputs if output.get("name") == "stderr"]


@pytest.mark.parametrize("name", SOLUTIONS)
def test_solved(name: str):
    lesson = lessons.read(f"{name}.ipynb")
    exercise = lessons.tagged(lesson, "exercise")
    for before, after in SOLUTIONS[name].items():
        assert before in exercise.source
        exercise.source = exercise.source.replace(before, after)
    verdict = lessons.shown(lessons.tagged(lessons.run(lesson), "check"))
    assert verdict.endswith("Well done."), verdict


def test_every_lesson_has_its_solution_here():
    assert {path.stem for path in lessons.LESSONS} == {*SOLUTIONS, "02-touch-it"}


def test_the_first_call_is_told_as_it_happens():
    """What the prose says of numbers on arrows is so."""
    lesson = lessons.run(lessons.read("01-first-call.ipynb"))
    text = "\n".join(map(lessons.shown, lessons.code(lesson)))
    assert "messages: 13" in text
    assert "because story: the story" in text
    assert text.count("200 OK (SDP) copy 2") >= 1
    ladders = [o for cell in lessons.code(lesson) for o in cell.outputs if "image/svg+xml" in o.get("data", {})]
    assert len(ladders) == 5  # the last one plays


@pytest.mark.covers("L5")
def test_one_cell_shows_what_a_proxy_and_a_redirect_server_make_of_the_same_addresses():
    lesson = lessons.run(lessons.read("07-forking.ipynb"))
    (cell,) = [cell for cell in lessons.code(lesson) if cell.source.count('"same-addresses"') == 2]
    (output,) = cell.outputs
    by_proxy, by_redirect = output.data["text/html"].split("<svg")[1:]
    assert "300 Multiple Choices" in by_redirect and "300 Multiple Choices" not in by_proxy
    assert "486 Busy Here" in by_proxy and "486 Busy Here" in by_redirect


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("03-registration", ["404 Not Found", "after 10 s: 408 Request Timeout", "after 100 s: 480 Temporarily Unav"]),
        ("04-transactions-and-loss", ["given up at 32.0 s", "sent 7 times", "timer F after 32.0 s", "formula 0.042"]),
        ("05-proxies-and-via", ["482 Loop Detected", "received=192.0.2.2", "z9hG4bK-alice-1"]),
        ("06-dialogs-and-record-route", ["481 Call/Transaction Does Not Exist", "CSeq so far 1"]),
        ("07-forking", ["486 Busy Here\n500 Server Internal Error\n603 Decline", "desk-1 rings at"]),
        (
            "09-failures-and-response-codes",
            [
                "after 0.020 s: 486 Busy Here",
                "after 32.",
                "408 Request Timeout",
                "404 Not Found",
                "nobody can be reached",
            ],
        ),
        ("10-find-your-way-with-the-panel", ["messages then", "<Stopped REGISTER bob -> proxy: stopped, "]),
        (
            "11-sdp-and-media",
            [
                "they talk with PCMA",
                "488 Not Acceptable Here",
                "video refused",
                "4 ACK (SDP)",
                "501 bob has 481 misses 20",
                "delay 0.2 s: jitter 0.0 ms",
            ],
        ),
        (
            "12-modifying-and-holding",
            [
                "<sip:bob@192.0.2.2>;tag=bob-1",
                "a=sendonly",
                "sendonly at ('192.0.2.1', 49170)\nrecvonly",
                "Alice comes back:  recvonly sendonly",
                "refused: 488 Not Acceptable Here\nanswered with PCMU",
                "3 PRACK",
                "491 of alice's user agent was set for 2.44 s",
                "491 of bob's user agent was set for 1.11 s",
                " 89.005         alice is down ×── 5 BYE ×11",
            ],
        ),
        (
            "13-events-and-messages",
            [
                "active 590 closed ['out for lunch']\nterminated None closed",
                "pending None\nallowed:    active True",
                "Voice-Message: 2/5",
                "489 Bad Event",
                "SIP-If-Match: presence-2",
                "Lunch? - 200 is what Alice gets",
            ],
        ),
        (
            "14-transfer",
            [
                "SIP/2.0 100 Trying",
                "[100, 200] so the transfer is done",
                "[100, 486] - Alice and Bob: answered",
                "18 BYE",
                "Replaces: bob-1@192.0.2.2;to-tag=carol-1;from-tag=bob-2",
                "bob-1@192.0.2.2 carol-1 bob-2",
                "6 603 Decline",
            ],
        ),
        (
            "15-one-call-three-programs",
            [
                "Android []\npjsua []\nSymbian []",
                "← onCallEnded(SipAudioCall)",
                "DISCONNCTD",
                "→ SendAckL()",
                "TimedOut(BYE)",
                "pjsua ['Route: <sip:example.com;lr>']\n   lacks []",
                "lacks ['Allow: ",
            ],
        ),
        ("08-digest", ["is equal: True", "401 Unauthorized", "407 Proxy Authentication Required"]),
    ],
)
def test_what_the_prose_says_is_so(name: str, told: list[str]):
    lesson = lessons.run(lessons.read(f"{name}.ipynb"))
    text = "\n".join(map(lessons.shown, lessons.code(lesson)))
    assert not [words for words in told if words not in text]


def test_touch_it_solved_with_clicks():
    lesson = lessons.read("02-touch-it.ipynb")
    cells = lesson.cells
    clicks = nbformat.v4.new_code_cell(SOLVED_BY_CLICKS)
    cells.insert(cells.index(lessons.tagged(lesson, "check")), clicks)
    lessons.run(lesson)
    verdict = lessons.shown(lessons.tagged(lesson, "check"))
    assert verdict.endswith("Well done."), verdict
    assert lessons.shown(clicks) == "[]"


def test_the_panel_has_something_to_show_without_a_kernel():
    """In a saved notebook the buttons are dead; ladder and text are still there."""
    lesson = lessons.run(lessons.read("02-touch-it.ipynb"))
    outputs = [output.get("data", {}) for cell in lessons.code(lesson) for output in cell.outputs]
    (at,) = [i for i, data in enumerate(outputs) if "application/vnd.jupyter.widget-view+json" in data]
    assert outputs[at + 1]["image/svg+xml"].startswith("<svg") and "mobile" in outputs[at + 1]["text/plain"]
