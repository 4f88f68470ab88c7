"""For a proxy that has to read redirects, one with an unreadable Contact has failed (RFC 3261 §21.5.3)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

import sipsim


@pytest.mark.parametrize(("recurse", "relays", "status"), [(False, False, 302), (True, False, 502), (False, True, 502)])
def test_a_redirect_with_an_unreadable_contact(recurse: bool, relays: bool, status: int) -> None:
    lab = sipsim.Lab()
    alice, server = lab.user_agent("sip:alice@example.com"), lab.scripted_peer("sip:bob@example.com")
    proxy = lab.proxy("example.com", recurse=recurse, relay_to=server if relays else None)
    proxy.location.add("sip:bob@example.com", f"sip:bob@{server.host_port}")

    def story(lab: sipsim.Lab) -> Generator[Any, Any, Any]:
        call = alice.call("sip:bob@example.com")
        invite = yield server.expect("INVITE")
        server.respond(invite, 302, headers=(("Contact", "nonsense <"),))
        with pytest.raises(sipsim.CallFailed) as failure:
            yield call.answered
        return {"status": failure.value.status}

    trace = lab.run(story)
    assert trace.result["status"] == status
    assert len(trace.select("unparsable", "proxy")) == (1 if status == 502 else 0)
