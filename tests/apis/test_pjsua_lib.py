"""The library's life and its accounts: settings, transports, registration, errors by PJSIP's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench_pair import messages, times, wire

from sipsim.apis import pjsua as pj
from sipsim.lab.lab import Lab
from sipsim.message.codes import reason_phrase


class Told(pj.AccountCallback):
    """Keeps what it was told."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.lab = lab
        self.states: list[tuple[float, int, bool]] = []

    def on_reg_state(self) -> None:
        info = self.account.info()
        self.states.append((round(self.lab.env.now, 3), info.reg_status, info.reg_active))


def library(lab: Lab, **log: Any) -> pj.Lib:
    pj.use(lab)
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(**(log or {"level": 0})))
    lib.create_transport(pj.TransportType.UDP, pj.TransportConfig(5060))
    return lib


def error(number: int, text: str, fn: Any, *arguments: Any, **named: Any) -> pj.Error:
    with pytest.raises(pj.Error) as caught:
        fn(*arguments, **named)
    assert caught.value.err_code == number and text in str(caught.value)
    return caught.value


@pytest.mark.covers("PJ1", "PJ8")
def test_there_is_one_library_at_a_time():
    lab = Lab(seed=7)
    pj.use(lab)
    lib = pj.Lib()
    assert pj.Lib.instance() is lib
    caught = error(-1, "Library instance already exist", pj.Lib)
    assert str(caught) == "Object: None, operation=__init()__, error=Library instance already exist"
    lib.destroy()
    assert pj.Lib.instance() is None
    assert pj.Lib() is pj.Lib.instance()


@pytest.mark.covers("PJ2")
def test_the_log_writes_lines_up_to_its_level_where_it_is_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    lab, lines = Lab(seed=7), []
    lab.registrar("example.com")
    file = tmp_path / "log.txt"
    lib = library(
        lab, level=3, filename=str(file), callback=lambda level, text, length: lines.append((level, text, length))
    )
    lib.start()
    lib.create_account(pj.AccountConfig("example.com", "alice", "secret"))
    lab.run()
    assert {level for level, _, _ in lines} == {3} and all(len(text) == length for _, text, length in lines)
    assert "registration status=200 (OK)" in lines[-1][1]
    assert file.read_text(encoding="utf-8") == "".join(text for _, text, _ in lines)
    assert capsys.readouterr().out == ""
    lib.destroy()


@pytest.mark.covers("PJ2")
@pytest.mark.parametrize(("level", "console", "messages_shown"), [(5, 5, True), (5, 4, False), (3, 5, False)])
def test_the_console_shows_whole_messages_at_level_5(
    level: int, console: int, messages_shown: bool, capsys: pytest.CaptureFixture[str]
):
    lab = Lab(seed=7)
    lab.registrar("example.com")
    lib = library(lab, level=level, console_level=console)
    lib.start()
    lib.create_account(pj.AccountConfig("example.com", "alice", "secret"))
    lab.run()
    shown = capsys.readouterr().out
    assert ("bytes Request msg REGISTER/cseq=1" in shown and "SIP/2.0 200 OK" in shown) == messages_shown
    assert "registration status=200" in shown


@pytest.mark.covers("PJ2")
def test_settings_have_the_names_of_the_original_and_max_calls_counts():
    assert (pj.UAConfig().max_calls, pj.LogConfig().level, pj.MediaConfig().clock_rate) == (4, 5, 16000)
    lab = Lab(seed=7)
    pj.use(lab)
    lib, settings = pj.Lib(), pj.UAConfig()
    settings.max_calls = 1
    lib.init(settings, pj.LogConfig(level=0), pj.MediaConfig())
    lib.create_transport(pj.TransportType.UDP)
    lib.start()
    account = lib.create_account(offline())
    bob = lab.user_agent("sip:bob@example.com")
    call = account.make_call(str(bob.contact_uri))
    error(70010, "Too many objects", account.make_call, str(bob.contact_uri))
    lab.run()
    carol = lab.user_agent("sip:carol@example.com")
    carol.call(account.phone)
    lab.run()
    assert "pjsua>carol 486 INVITE" in wire(lab.trace)
    call.hangup()
    lab.run()


def offline(user: str = "alice") -> pj.AccountConfig:
    """The settings of an account that does not register and has no proxy."""
    config = pj.AccountConfig()
    config.id = f"<sip:{user}@example.com>"
    return config


@pytest.mark.covers("PJ3")
def test_a_transport_has_a_type_and_a_port_of_its_own_or_any():
    types = pj.TransportType
    assert (types.UDP, types.TCP, types.TLS, types.UNSPECIFIED, types.IPV6) == (1, 2, 3, 0, 128)
    lab = Lab(seed=7)
    pj.use(lab)
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    fixed = lib.create_transport(types.UDP, pj.TransportConfig(5070, "192.0.2.9"))
    assert (fixed.info().host, fixed.info().port, fixed.info().is_datagram) == ("192.0.2.9", 5070, True)
    assert lib.create_transport(types.TCP).info().port > 0
    error(120098, "Address already in use", lib.create_transport, types.UDP, pj.TransportConfig(5070, "192.0.2.9"))
    error(70004, "port -1 is none from 0 to 65535", lib.create_transport, types.UDP, pj.TransportConfig(-1))
    error(171060, "Unsupported transport (PJSIP_EUNSUPTRANSPORT)", lib.create_transport, types.TLS)
    lib.start()
    account = lib.create_account(offline())
    assert str(account.phone.address) == "192.0.2.9:5070"
    lib.destroy()


@pytest.mark.covers("PJ3")
def test_any_port_is_free_on_sockets_too():
    with Lab(network="udp") as lab:
        pj.use(lab)
        lib = pj.Lib()
        lib.init(log_cfg=pj.LogConfig(level=0))
        first = lib.create_transport(pj.TransportType.UDP, pj.TransportConfig(0))
        second = lib.create_transport(pj.TransportType.UDP, pj.TransportConfig(0))
        assert 0 < first.info().port != second.info().port > 0
        taken = pj.TransportConfig(first.info().port)
        error(120098, "Address already in use", lib.create_transport, pj.TransportType.UDP, taken)
        error(171060, "Unsupported transport", lib.create_transport, pj.TransportType.TCP)
        lib.destroy()


@pytest.mark.covers("PJ4", "PJ6")
def test_an_account_registers_once_the_library_has_started():
    lab = Lab(seed=7)
    registrar = lab.registrar("example.com")
    lib = library(lab)
    told = Told(lab)
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"), set_default=True, cb=told)
    lab.run(until=1.0)
    assert not wire(lab.trace) and account.info().reg_status == 0
    lib.start()
    assert account.info().reg_status == 100
    lab.run()
    assert wire(lab.trace)[0] == "pjsua>registrar REGISTER" and registrar.location.look_up(
        "sip:alice@example.com", lab.env.now
    )
    assert told.states == [(1.01, 200, True)] and told.account is account
    assert account.is_default() and account.info().reg_expires == 300
    lib.destroy()
    lab.run()
    assert not registrar.location.look_up("sip:alice@example.com", lab.env.now)


@pytest.mark.covers("PJ5")
def test_a_domain_makes_the_usual_settings():
    config = pj.AccountConfig("example.com", "alice", "secret")
    assert (config.id, config.reg_uri, config.proxy) == (
        "<sip:alice@example.com>", "sip:example.com", ["sip:example.com;lr"],
    )  # fmt: skip
    (cred,) = config.auth_cred
    assert (cred.realm, cred.username, cred.passwd, cred.scheme) == ("*", "alice", "secret", "Digest")
    other = pj.AccountConfig("example.com", "", "", "Alice", "sip:reg.example.com", "sip:out.example.com")
    assert (other.id, other.reg_uri, other.proxy, other.auth_cred) == (
        "Alice <sip:example.com>", "sip:reg.example.com", ["sip:out.example.com;lr"], [],
    )  # fmt: skip


@pytest.mark.covers("PJ5")
def test_a_registrar_and_a_proxy_elsewhere_are_used():
    lab = Lab(seed=7)
    lab.proxy("out.example.com", "edge")
    lab.registrar("example.com")
    lib = library(lab)
    lib.start()
    config = pj.AccountConfig("example.com", "alice", "secret", proxy="sip:out.example.com")
    lib.create_account(config)
    lab.run()
    register = messages(lab.trace, "REGISTER", "pjsua")[0]
    assert register.uri_text == "sip:example.com" and str(register.routes[0]) == "<sip:out.example.com;lr>"
    assert wire(lab.trace)[:2] == ["pjsua>edge REGISTER", "edge>registrar REGISTER"]
    lib.destroy()


@pytest.mark.covers("PJ7")
@pytest.mark.parametrize(
    ("users", "status"), [(None, 200), ({"alice": "secret"}, 200), ({"alice": "other"}, 401), ({"bob": "x"}, 401)]
)
def test_on_reg_state_tells_the_status(users: dict[str, str] | None, status: int):
    lab = Lab(seed=7)
    lab.registrar("example.com", users=users)
    told = Told(lab)
    lib = library(lab)
    lib.start()
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"), cb=told)
    lab.run()
    assert [state[1:] for state in told.states] == [(status, status == 200)]
    assert account.info().reg_reason == {200: "OK", 401: "Unauthorized"}[status]
    lib.destroy()


@pytest.mark.covers("PJ7")
def test_on_reg_state_tells_of_refusals_and_of_silence():
    lab = Lab(seed=7)
    server = lab.registrar("example.com")
    told = Told(lab)
    lib = library(lab)
    lib.start()
    server.crash()
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"), cb=told)
    lab.run()
    assert [state[1:] for state in told.states] == [(408, False)]
    server.restart()
    account.set_registration(True)
    lab.run()
    assert [state[1] for state in told.states] == [408, 200]
    account.set_registration(False)
    lab.run()
    assert told.states[-1][1:] == (200, False) and messages(lab.trace, "REGISTER", "pjsua")[-1].expires == 0
    lib.destroy()


@pytest.mark.covers("PJ7")
@pytest.mark.parametrize("status", [403, 404, 423, 480, 500, 503, 603])
def test_on_reg_state_tells_each_refusal_by_its_status_and_reason(status: int):
    lab = Lab(seed=7)
    server = lab.registrar("example.com")
    server.on_request = lambda exchange, request: server.reply(exchange, status)  # type: ignore[method-assign]
    told = Told(lab)
    lib = library(lab)
    lib.start()
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"), cb=told)
    lab.run()
    assert [state[1:] for state in told.states] == [(status, False)]
    info = account.info()
    assert (info.reg_status, info.reg_reason, info.reg_active) == (status, reason_phrase(status), False)
    lib.destroy()


@pytest.mark.covers("PJ7")
def test_on_reg_state_tells_of_each_refresh_five_seconds_before_the_end():
    lab = Lab(seed=7)
    lab.registrar("example.com")
    told = Told(lab)
    lib = library(lab)
    lib.start()
    config = pj.AccountConfig("example.com", "alice", "secret")
    config.reg_timeout = 60
    lib.create_account(config, cb=told)
    lab.run(until=120.0)
    assert times(lab.trace, "REGISTER", "pjsua") == pytest.approx([0.0, 55.01, 110.02])
    assert [state[1:] for state in told.states] == [(200, True)] * 3
    lib.destroy()


@pytest.mark.covers("R18")
def test_a_callback_takes_anything_and_is_bound_to_its_account():
    config = pj.AccountConfig("example.com", "alice", "secret")
    callback = pj.AccountCallback(config)
    assert callback.account is config
    lib = library(Lab(seed=7))
    account = lib.create_account(config, cb=callback)
    assert callback.account is account
    lib.destroy()


@pytest.mark.covers("PJ8")
def test_errors_have_pjsips_numbers_and_can_be_read():
    lab = Lab(seed=7)
    with pytest.raises(pj.Error, match="has to be created"):
        lib = library(lab)
        lib.init()
    early = pj.Lib.instance()
    assert early is lib
    lib.destroy()
    pj.use(lab)
    fresh = pj.Lib()
    error(70013, "Invalid operation (PJ_EINVALIDOP)", fresh.create_transport, pj.TransportType.UDP)
    fresh.init(log_cfg=pj.LogConfig(level=0))
    error(171060, "there is no transport", fresh.create_account, offline())
    fresh.create_transport(pj.TransportType.UDP)
    bad = pj.AccountConfig()
    bad.id = "<alice>"
    error(171039, "Invalid URI (PJSIP_EINVALIDURI)", fresh.create_account, bad)
    account = fresh.create_account(offline())
    caught = error(171039, "Invalid URI", account.make_call, "bob at home")
    assert (caught.op_name, caught.obj) == ("make_call()", account)
    assert str(caught).startswith("Object: {Account <sip:alice@example.com>}, operation=make_call(), error=Invalid URI")
    account.delete()
    error(-1, "Invalid account", account.info)
    error(-1, "Invalid account", account.make_call, "sip:bob@example.com")
    assert not account.is_valid()
    assert pj.Lib.strerror(170486) == "Busy Here" and pj.Lib.strerror(171140).startswith("INVITE session already")
    assert fresh.verify_sip_url("sip:bob@example.com") == 0 and fresh.verify_sip_url("bob") == 171039
    fresh.destroy()


@pytest.mark.covers("PJ9")
def test_destroy_ends_calls_unregisters_once_and_lets_go():
    lab = Lab(seed=7)
    registrar = lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.org")
    lib = library(lab)
    lib.start()
    config = pj.AccountConfig("example.com", "alice", "secret")
    config.proxy.clear()
    account = lib.create_account(config)
    lab.run()
    account.make_call(str(bob.contact_uri))
    lab.run()
    done = lib.destroy()
    assert lib.destroy().triggered
    lab.run(done)
    assert wire(lab.trace)[-4:] == [
        "pjsua>bob BYE", "pjsua>registrar REGISTER", "bob>pjsua 200 BYE", "registrar>pjsua 200 REGISTER",
    ]  # fmt: skip
    assert not registrar.location.look_up("sip:alice@example.com", lab.env.now)
    lab.user_agent("sip:carol@example.com", host=account.phone.address.host)  # the address is free again


def test_a_mistake_in_a_callback_is_logged_and_goes_no_further():
    class Mistaken(pj.AccountCallback):
        def on_reg_state(self) -> None:
            raise LookupError("no such window")

    lab, lines = Lab(seed=7), []
    lab.registrar("example.com")
    lib = library(lab, level=1, callback=lambda level, text, length: lines.append(text))
    lib.start()
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"), cb=Mistaken())
    trace = lab.run()
    (record,) = trace.select("error")
    assert "LookupError: no such window" in record.data["text"] and "LookupError" in lines[0]
    assert account.info().reg_active
    account.set_callback(None)
    lib.destroy()


@pytest.mark.covers("PJ2", "PJ8")
def test_a_mistake_in_the_logs_callback_breaks_nothing_and_a_file_that_can_t_be_is_an_error(tmp_path: Path):
    def callback(level: int, text: str, length: int) -> None:
        raise LookupError("no such window")

    lab = Lab(seed=7)
    lab.registrar("example.com")
    lib = library(lab, level=3, callback=callback)
    lib.start()
    account = lib.create_account(pj.AccountConfig("example.com", "alice", "secret"))
    trace = lab.run()
    assert account.info().reg_active and trace.result["ok"]
    assert {record.data["text"] for record in trace.select("error")} == {
        "callback() of the application: LookupError: no such window"
    }
    lib.destroy()
    pj.use(lab)
    error(120002, "filename", pj.Lib().init, log_cfg=pj.LogConfig(filename=str(tmp_path / "not" / "there")))


def test_without_a_lab_there_is_no_library(monkeypatch: pytest.MonkeyPatch):
    from sipsim.apis.pjsua import application

    monkeypatch.setattr(application, "_at_work", [])
    error(70013, "there is no lab", pj.Lib)


def test_an_account_for_a_transport_is_called_at_its_address():
    lab = Lab(seed=7)
    lib = library(lab)
    lib.start()
    account = lib.create_account_for_transport(lib.transports[0])
    assert account.info().uri == "<sip:192.0.2.1:5060>"
    bob = lab.user_agent("sip:bob@example.com")
    bob.call("sip:192.0.2.1:5060")
    lab.run()
    assert wire(lab.trace)[:2] == ["bob>pjsua INVITE", "pjsua>bob 603 INVITE"]  # nobody has overridden on_incoming_call
    lib.destroy()
