"""The address of the outbound proxy: looked up for each request, or kept from the REGISTER; DNS queries are counted."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import times, wire
from symbian_bench import Phone, left

from sipsim.apis import symbian
from sipsim.lab.lab import Lab

OUT = "out.example.com"


def behind(kept: bool, *, refresh: bool = False, **options: Any) -> tuple[Lab, Phone, Any]:
    """A phone whose registration goes through a proxy that has a name."""
    lab = Lab(seed=7)
    lab.proxy("example.com", "home")
    lab.proxy(OUT, "one")
    phone = Phone(lab)
    binding = phone.bind(refresh=refresh, **options)
    binding.SetOutboundProxyL(f"sip:{OUT}")
    if kept:
        binding.SetProperty(symbian.KSIPCacheOutboundProxyIP, True)
    return lab, phone, binding


def queries(lab: Lab) -> int:
    """How often Alice's device has looked the proxy up."""
    asked = [one for one in lab.trace.select("dns") if one.element == "alice" and one.data["name"] == OUT]
    return len({one.time for one in asked})


def after(lab: Lab, act: Any, *arguments: Any) -> int:
    """How many look-ups a request takes."""
    before = queries(lab)
    act(*arguments)
    lab.run(until=lab.env.now + 1.0)
    return queries(lab) - before


def by(phone: Phone, binding: Any) -> Any:
    return phone.message("sip:carol@example.com", "hi", binding)


def invite(phone: Phone, binding: Any) -> None:
    symbian.CSIPInviteDialogAssoc(phone.connection, "sip:carol@example.com", binding).SendInviteL()


@pytest.mark.covers("SY46")
@pytest.mark.parametrize(("kept", "each"), [(False, 1), (True, 0)])
def test_requests_by_the_registration_look_it_up_unless_it_is_kept(kept: bool, each: int):
    lab, phone, binding = behind(kept)
    assert after(lab, binding.RegisterL) == 1
    assert [after(lab, by, phone, binding) for _ in range(3)] == [each] * 3
    assert after(lab, invite, phone, binding) == each
    subscribe = symbian.CSIPSubscribeDialogAssoc(phone.connection, "sip:carol@example.com", binding)
    assert after(lab, subscribe.SendSubscribeL) == each
    assert {line.partition(" ")[0] for line in wire(lab.trace, "alice")} == {"alice>one"}
    assert "one>home MESSAGE" in wire(lab.trace) and "404 MESSAGE" in " ".join(wire(lab.trace, "home"))


@pytest.mark.covers("SY46", "SY40")
@pytest.mark.parametrize("kept", [False, True])
def test_every_register_looks_it_up_anew(kept: bool):
    lab, _, binding = behind(kept, refresh=True, aExpires=100)
    acts = (binding.RegisterL, binding.UpdateL, binding.DeregisterL, binding.RegisterL)
    assert [after(lab, act) for act in acts] == [1, 1, 1, 1]
    before, sent = queries(lab), len(times(lab.trace, "REGISTER", "alice"))
    lab.run(until=lab.env.now + 160.0)  # and those that the stack sends
    assert queries(lab) - before == len(times(lab.trace, "REGISTER", "alice")) - sent == 3


@pytest.mark.covers("SY46")
def test_before_the_first_register_has_succeeded_nothing_goes_by_the_registration():
    lab, phone, binding = behind(True)
    elements = symbian.CSIPRequestElements.NewL("sip:carol@example.com")
    elements.SetMethodL("MESSAGE")
    made = symbian.CSIPInviteDialogAssoc, phone.connection, "sip:carol@example.com", binding
    for act in (
        lambda: phone.connection.SendRequestL(elements, binding),
        lambda: left(*made) and invite(phone, binding),
    ):
        assert left(act) == symbian.KErrSIPInvalidRegistrationState
    assert queries(lab) == 0 and not wire(lab.trace)


@pytest.mark.covers("SY46", "SY45")
def test_a_register_that_fails_ends_the_registration_and_setting_the_proxy_forgets_the_address():
    lab, phone, binding = behind(True)
    binding.RegisterL()
    lab.run(until=2.0)
    lab.names.remove(OUT)
    two = lab.proxy(OUT, "two")
    two.on_request = lambda exchange, request: two.reply(exchange, 500)  # type: ignore[method-assign]
    binding.UpdateL()
    lab.run(until=3.0)
    assert "two>alice 500 REGISTER" in wire(lab.trace) and phone.app.names[-1] == "IncomingResponse 500"
    assert left(by, phone, binding) == symbian.KErrSIPInvalidRegistrationState
    del two.on_request
    assert after(lab, binding.RegisterL) == 1 and after(lab, by, phone, binding) == 0
    binding.SetOutboundProxyL(f"sip:{OUT}")
    assert after(lab, by, phone, binding) == 1 and wire(lab.trace, "alice")[-1] == "alice>two MESSAGE"


@pytest.mark.covers("SY45")
def test_without_the_proxy_requests_go_where_their_uri_leads():
    lab, phone, binding = behind(True)
    binding.RegisterL()
    lab.run(until=2.0)
    assert binding.RemoveOutboundProxyL() and binding.OutboundProxy() is None
    transaction = by(phone, binding)
    assert after(lab, lambda: None) == 0 and not transaction.exchange.request.routes
    for wrong, error in (("no uri", "KErrSIPMalformedMessage"), ("tel:1", "KErrSIPInvalidURIType")):
        assert left(binding.SetOutboundProxyL, wrong) == getattr(symbian, error)
