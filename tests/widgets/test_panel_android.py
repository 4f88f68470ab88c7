"""A phone with an application on it: the panel's card has its status line, word for word."""

from __future__ import annotations

import asyncio

import pytest
from panel_bench import opened, until

from sipsim.flows.by_android import WalkieTalkieActivity
from sipsim.lab.lab import Lab


@pytest.mark.covers("AN61")
@pytest.mark.parametrize(
    ("password", "last"), [("secret", "Ready"), ("wrong", "Registration failed. Please check settings.")]
)
def test_the_card_shows_the_status_line_of_the_application(password: str, last: str):
    async def session() -> None:
        lab = Lab(seed=7)
        lab.proxy("sip.example.com", users={"carol": "secret"})
        app = WalkieTalkieActivity(lab, "carol")
        app.onCreate("carol", "sip.example.com", password)
        own_way = lab.elements["carol"].on_call
        async with opened(lab) as panel:
            await until(lambda: f">{last}<" in panel.phones["carol"].status)
            assert app.statuses == ["Registering with SIP Server...", last]
            assert lab.elements["carol"].on_call == own_way  # its calls are the application's affair

    asyncio.run(session())
