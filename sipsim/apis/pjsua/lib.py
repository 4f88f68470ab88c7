"""The library: its life from `Lib()` to `destroy()`, its transports and accounts."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import NoneType
from typing import Any

import simpy

from sipsim.apis.lane import Lane
from sipsim.apis.pjsua import error
from sipsim.apis.pjsua.account import Account, AccountCallback
from sipsim.apis.pjsua.application import current
from sipsim.apis.pjsua.codecs import Codecs
from sipsim.apis.pjsua.error import PJ_EINVALIDOP, PJSIP_EINVALIDURI, PJSIP_EUNSUPTRANSPORT, Error, expect, uri_of
from sipsim.apis.pjsua.log import DETAIL, ERROR, INFO, Log
from sipsim.apis.pjsua.settings import AccountConfig, LogConfig, MediaConfig, TransportConfig, UAConfig
from sipsim.apis.pjsua.sound import Sound
from sipsim.apis.pjsua.transport import Transport
from sipsim.elements.outcome import Outcome
from sipsim.simulation.network import Address


class Lib(Sound, Codecs):
    """The library, one at a time in an application.

    `init`, `create_transport`, `start`, `create_account`, in this order; then calls are made and taken. Nothing blocks:
    callbacks come as the lab's time passes, which it does while the lab runs. In a program that `run` runs, `input()`,
    `time.sleep()`, `handle_events()` and `destroy()` let it.
    """

    def __init__(self) -> None:
        application = current()
        if application.lib is not None:
            raise Error("__init()__", None, -1, "Library instance already exist")
        self.application = application
        self.lab = application.lab
        self.lane = Lane(self.lab.env, self.lab.trace, self._free_name())
        self.lane.on_mistake = self.mistake
        self.ua_cfg, self.media_cfg = UAConfig(), MediaConfig()
        self.log: Log | None = None
        self.transports: list[Transport] = []
        self.accounts: list[Account] = []
        self.default: Account | None = None
        self.state = "created"
        self._names: set[str] = set()
        self.calls_made = 0
        self._forget_codecs()
        application.lib = self
        with self.lane.calling("Lib"):
            pass

    def __str__(self) -> str:
        return "Lib"

    @staticmethod
    def instance() -> Lib | None:
        """The library of the application whose code runs, None where it has none."""
        return current().lib

    @staticmethod
    def strerror(err: int) -> str:
        """PJSIP's text for an error number."""
        expect("strerror()", "Lib", "err", err, int)
        return error.strerror(err)

    # From the beginning

    def init(
        self, ua_cfg: UAConfig | None = None, log_cfg: LogConfig | None = None, media_cfg: MediaConfig | None = None
    ) -> None:
        """Take the settings; what is not given is as usual."""
        with self.lane.calling("init", *[given for given in (ua_cfg, log_cfg, media_cfg) if given is not None]):
            self._must_be("init()", "created")
            self.ua_cfg, self.media_cfg = ua_cfg or self.ua_cfg, media_cfg or self.media_cfg
            self.log = self._log(log_cfg or LogConfig())
            self.log.follow(self.lab.trace, self._names)
            self.state = "initialised"
            self.say(DETAIL, "library initialized")

    def create_transport(self, type: int, cfg: TransportConfig | None = None) -> Transport:
        """Listen at an address, from now on."""
        cfg = cfg if cfg is not None else TransportConfig()
        expect("create_transport()", self, "cfg", cfg, TransportConfig)
        expect("create_transport()", self, "type", type, int)
        with self.lane.calling("create_transport", type, cfg.port):
            self._must_be("create_transport()", "initialised", "running")
            transport = Transport(self.lab.network, self.lane.name, len(self.transports), type, cfg)
            self.transports.append(transport)
            self.say(INFO, f"SIP {transport.info().description} transport at {transport.address}")
        return transport

    def start(self, with_thread: bool = True) -> None:
        """Begin: accounts that exist already register. There are no threads, whatever is asked for."""
        with self.lane.calling("start"):
            self._must_be("start()", "initialised")
            self.state = "running"
            self.say(DETAIL, "library started")
            for account in self.accounts:
                account.begin()

    # Accounts

    def create_account(
        self, acc_config: AccountConfig, set_default: bool = True, cb: AccountCallback | None = None
    ) -> Account:
        """Make an account, which registers if it is to and the library has started."""
        expect("create_account()", self, "acc_config", acc_config, AccountConfig)
        expect("create_account()", self, "cb", cb, AccountCallback, NoneType)
        with self.lane.calling("create_account", acc_config.id):
            self._must_be("create_account()", "initialised", "running")
            return self._account("create_account()", acc_config, self._transport(acc_config), set_default, cb)

    def create_account_for_transport(
        self, transport: Transport, set_default: bool = True, cb: AccountCallback | None = None
    ) -> Account:
        """Make an account for nobody in particular, who is found at the transport's address."""
        with self.lane.calling("create_account_for_transport", transport):
            self._must_be("create_account_for_transport()", "initialised", "running")
            expect("create_account_for_transport()", self, "transport", transport, Transport)
            config = AccountConfig()
            config.id = f"<sip:{_host_port(transport.address)}>"
            return self._account("create_account_for_transport()", config, transport, set_default, cb)

    def _transport(self, config: AccountConfig) -> Transport:
        usable = [one for one in self.transports if one.enabled and config.transport_id in (-1, one.id)]
        if not usable:
            raise Error(
                "create_account()", self, PJSIP_EUNSUPTRANSPORT, "there is no transport: create_transport first"
            )
        return usable[0]

    def _account(
        self, op: str, config: AccountConfig, transport: Transport, set_default: bool, cb: AccountCallback | None
    ) -> Account:  # fmt: skip
        name = None if self.lane.name in self.lab.elements else self.lane.name
        account = Account(self, len(self.accounts), config, transport, name, op)
        self._names.add(account.phone.name)
        self.accounts.append(account)
        if set_default or self.default is None:
            self.default = account
        account.set_callback(cb)
        if self.state == "running":
            account.begin()
        return account

    # While it runs

    def handle_events(self, timeout: int = 50) -> simpy.Event:
        """An event that happens in so many milliseconds; a program that `run` runs waits for it here."""
        expect("handle_events()", self, "timeout", timeout, int, float)
        if not 0 <= timeout < 1e9:
            raise Error("handle_events()", self, error.PJ_EINVAL, f"timeout: {timeout!r} is none")
        return self.lab.env.timeout(timeout / 1000)

    def run_until(self, time: float | simpy.Event | None = None) -> Any:
        """Let the lab run: to a time in seconds, to an event, or (None) until nothing is under way; for scripts.

        It is what takes the place of waiting for a key. In a notebook with a live lab use `await lab.start(...)`.
        """
        if isinstance(time, simpy.Event):
            return self.lab.run(time)
        return self.lab.run(until=time)

    def verify_sip_url(self, sip_url: str) -> int:
        """0 for a SIP URI, else the error's number."""
        try:
            return 0 if uri_of("verify_sip_url()", self, sip_url).scheme in ("sip", "sips") else PJSIP_EINVALIDURI
        except Error:
            return PJSIP_EINVALIDURI

    def hangup_all(self) -> None:
        """End all calls."""
        with self.lane.calling("hangup_all"):
            for account in self.accounts:
                account.end_calls()

    def auto_lock(self) -> AbstractContextManager[None]:
        """A lock, which locks nothing: there are no threads."""
        return nullcontext()

    def thread_register(self, name: str) -> int:
        """Nothing to do without threads; 0 for done."""
        return 0

    def modify_account(self, acc_id: int, acc_config: AccountConfig) -> None:
        """Not to be had: delete the account and make another one."""
        raise error.unsupported("modify_account()", self, "delete the account and make another one")

    # The end

    def destroy(self) -> Outcome:
        """End calls, unregister, and let go of every address; again: nothing. The event happens when all is done."""
        application = self.application
        done = Outcome(self.lab.env, self.lab.trace, "the library being destroyed")
        if self.state == "destroyed":
            done.settle()
            return done
        with self.lane.calling("destroy"):
            self.state = "destroyed"
            if application.lib is self:
                application.lib = None
            for transport in self.transports:
                transport.close()
            waits = [event for account in self.accounts for event in account.leave()]
            left = len(waits)

            def one_less(_: object) -> None:
                nonlocal left
                left -= 1
                if left <= 0:
                    self._release()
                    done.settle()

            for event in waits:
                self.lane.follow(event, one_less, one_less)
            if not waits:
                one_less(None)
        return done

    def _release(self) -> None:
        for account in self.accounts:
            account.release()
        self.say(DETAIL, "library destroyed")

    # Inside

    def _log(self, config: LogConfig) -> Log:
        lane = Lane(self.lab.env, self.lab.trace, self.lane.name)  # a mistake of the log's own goes not into the log
        try:
            return Log(self.lab.env, config, lane.mistaken)
        except OSError as failed:
            number = error.OF_THE_SYSTEM + (failed.errno or 0)
            raise Error("init()", self, number, f"filename: {config.filename!r}") from failed

    def say(self, level: int, text: str) -> None:
        """Write into the log, once there is one."""
        if self.log is not None:
            self.log.write(level, text)

    def mistake(self, name: str, exception: Exception) -> None:
        """An exception has left a callback: it is logged, and goes no further."""
        self.say(ERROR, f"{name}(): {type(exception).__name__}: {exception}")

    def _must_be(self, op: str, *states: str) -> None:
        if self.state not in states:
            raise Error(op, self, PJ_EINVALIDOP, f"the library is {self.state}, it has to be {' or '.join(states)}")

    def _free_name(self) -> str:
        name, number = self.application.name, 1
        while name in self.lab.elements:
            number += 1
            name = f"{self.application.name}{number}"
        return name


def _host_port(address: Address) -> str:
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
