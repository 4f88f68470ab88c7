"""What a reader does with a ladder that plays, the same in a notebook and in a page of its own.

Each function takes the player's outermost element, of a ladder of `ozeki` with seed 7, and looks at what comes of it.
"""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def arrow(player: Locator, number: int) -> Locator:
    return player.locator(f'.message[data-message="{number}"]').first


def tab(player: Locator, name: str) -> Locator:
    return player.get_by_role("tab", name=name)


def button(player: Locator, name: str) -> Locator:
    return player.get_by_role("button", name=name, exact=True)


def panel(player: Locator) -> Locator:
    return player.get_by_role("tabpanel")


def time_of(player: Locator) -> Locator:
    return player.locator(".time")


def reads_a_message(player: Locator) -> None:
    """Click an arrow: raw, header by header, why, what the last hop changed, and in which states."""
    arrow(player, 3).click()
    expect(arrow(player, 3)).to_have_attribute("aria-pressed", "true")
    expect(player.locator(".about")).to_contain_text("proxy → bob")
    lines = panel(player).locator("pre .line")
    expect(lines.first).to_have_text("INVITE sip:bob@192.0.2.3 SIP/2.0")
    expect(panel(player)).to_contain_text("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-alice-1")
    expect(panel(player)).to_contain_text("m=audio 49170 RTP/AVP 0 8")
    tab(player, "Headers").click()
    expect(panel(player).locator("dd", has_text="RFC 3261 §20.22")).to_contain_text("69")
    expect(panel(player)).to_contain_text("How many more proxies may forward the request")
    tab(player, "Why").click()
    expect(panel(player).locator("li").last).to_contain_text("the story ozeki begins")
    tab(player, "Difference").click()
    expect(panel(player).get_by_label("What changed")).to_contain_text("Max-Forwards changed")
    expect(panel(player).get_by_label("What changed")).to_contain_text("Record-Route added")
    expect(panel(player).locator(".gone").filter(has_text="Max-Forwards")).to_contain_text("removed: Max-Forwards: 70")
    tab(player, "States").click()
    expect(panel(player).locator("[aria-current=step]").first).to_have_text("calling")
    panel(player).page.keyboard.press("Escape")
    arrow(player, 7).click()
    expect(panel(player).locator("[aria-current=step]")).to_have_text(["accepted", "accepted"])
    expect(panel(player).locator(".chart .now").first).to_contain_text("accepted")
    expect(panel(player).locator(".chart .taken").last).to_contain_text("2xx")
    tab(player, "Why").click()
    panel(player).get_by_role("button", name="6 200 OK bob -> proxy at 2.010 s").click()
    expect(arrow(player, 6)).to_have_attribute("aria-pressed", "true")
    tab(player, "Message").click()


def plays_steps_and_scrubs(player: Locator) -> None:
    """Step forward and back, drag the slider, play to the end: the future is veiled, the time is said."""
    player.get_by_label("Position in the run").fill("0")
    expect(time_of(player)).to_have_text("0.000 s")
    expect(player.locator(".veil")).to_be_visible()
    arrow(player, 1).click()
    button(player, "Step forward").click()
    expect(arrow(player, 2)).to_have_attribute("aria-pressed", "true")
    expect(time_of(player)).to_have_text("0.010 s")
    button(player, "Step forward").click()
    button(player, "Step back").click()
    expect(arrow(player, 2)).to_have_attribute("aria-pressed", "true")
    player.get_by_label("Speed").select_option("4")
    button(player, "Play").click()
    expect(button(player, "Pause")).to_be_visible()
    expect(player.locator(".dot").first).to_be_attached()
    expect(button(player, "Play")).to_be_visible()
    expect(time_of(player)).to_have_text("12.040 s")
    expect(player.locator(".veil")).to_be_hidden()
    expect(arrow(player, 13)).to_have_attribute("aria-pressed", "true")


def filters(player: Locator) -> None:
    """Words leave the messages that have them all; the others grow pale, and keys pass them by."""
    player.get_by_label("Filter messages").fill("200 (bye)")
    expect(player.get_by_role("status")).to_have_text("2 of 13")
    expect(player.locator(".message.dim")).to_have_count(11)
    button(player, "List").click()
    expect(player.locator(".messages button")).to_have_count(2)
    button(player, "12. 200 OK (BYE) from alice to proxy, 12.030 s to 12.035 s").click()
    expect(player.locator(".about")).to_contain_text("alice → proxy")
    button(player, "Ladder").click()
    player.get_by_label("Filter messages").fill("")
    expect(player.get_by_role("status")).to_have_text("13 messages")


def obeys_the_keyboard(player: Locator) -> None:
    """From the filter by Tab into the ladder; there and in the inspector no mouse is needed."""
    keys = player.page.keyboard
    arrow(player, 1).click()
    keys.press("Escape")
    player.get_by_label("Filter messages").focus()
    keys.press("Tab")
    expect(arrow(player, 1)).to_be_focused()
    assert arrow(player, 1).evaluate("group => getComputedStyle(group).outlineStyle") == "solid"
    keys.press("ArrowDown")
    expect(arrow(player, 2)).to_be_focused()
    expect(player.locator(".about")).to_contain_text("100 Trying")
    keys.press("End")
    expect(arrow(player, 13)).to_be_focused()
    keys.press("Home")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    expect(arrow(player, 1)).to_be_focused()
    keys.press("Enter")
    expect(tab(player, "Message")).to_be_focused()
    keys.press("ArrowRight")
    expect(tab(player, "Headers")).to_be_focused()
    expect(panel(player)).to_contain_text("start line")
    keys.press("Home")
    keys.press("Escape")
    expect(arrow(player, 1)).to_be_focused()
    keys.press("Space")
    expect(tab(player, "Message")).to_be_focused()
    keys.press("Escape")
    keys.press("Escape")
    expect(player.locator(".side")).to_contain_text("No message selected")
    button(player, "Step forward").focus()
    keys.press("Enter")
    expect(arrow(player, 1)).to_have_attribute("aria-pressed", "true")
    player.get_by_label("Position in the run").focus()
    keys.press("Home")
    expect(time_of(player)).to_have_text("0.000 s")
    keys.press("End")
    expect(time_of(player)).to_have_text("12.040 s")


def is_accessible(player: Locator) -> None:
    """axe-core finds nothing in it, with a message open and without."""
    inside = f"#{player.get_attribute('id')}"
    for step in ("Message", "Headers", "Why", "Difference", "States"):
        arrow(player, 3).click()
        tab(player, step).click()
        found = Axe().run(player.page, inside, RULES)
        assert not found.response["violations"], found.generate_report()
    button(player, "List").click()
    found = Axe().run(player.page, inside, RULES)
    assert not found.response["violations"], found.generate_report()
    button(player, "Ladder").click()


EVERYWHERE = """player => {
    for (const view of player.querySelectorAll('.switch button')) {
        view.click();
        for (const tab of player.querySelectorAll('[role=tab]')) {
            tab.click();
            for (const message of player.querySelectorAll('[data-message]')) {
                message.dispatchEvent(new MouseEvent('click', {bubbles: true}));
            }
        }
    }
    const alive = [...player.querySelectorAll('*')].filter((element) =>
        !/^(div|span|p|pre|code|button|input|select|option|ol|ul|li|dl|dt|dd|strong|details|summary|svg|g|path|rect|circle|text|tspan|title)$/
            .test(element.localName)
        || [...element.attributes].some(({name}) => /^on|href|src|style/.test(name) && name !== 'style'));
    return alive.map((element) => element.outerHTML.slice(0, 200));
}"""


def looks_everywhere(player: Locator) -> None:
    """Every message in every tab, in ladder and list: nothing stands there but what the player itself makes."""
    expect(player.locator(".message").first).to_be_attached()
    alive = player.evaluate(EVERYWHERE)
    assert not alive, alive


def names_columns(player: Locator) -> None:
    """Scroll down: the heads of the columns stay in sight, over the columns that they name."""
    stage, names = player.locator(".stage"), player.locator(".names")
    stage.evaluate("stage => { stage.style.height = '300px'; stage.scrollTop = 200; }")
    expect(names).to_contain_text("alice")
    seen, pane = names.bounding_box(), stage.bounding_box()
    assert abs(seen["y"] - pane["y"]) < 1
    assert seen["x"] == player.locator(".paper > svg").bounding_box()["x"]
    stage.evaluate("stage => { stage.style.height = ''; stage.scrollTop = 0; }")
