"""For tests of pjsua: a phone that uses it and one that does not, and callbacks that keep what they are told."""

from __future__ import annotations

from typing import Any

import pytest

from sipsim.apis import pjsua as pj
from sipsim.lab.lab import Lab


class Log(pj.CallCallback):
    """Keeps what a call tells, and may react to a state."""

    def __init__(self, told: list[Any], react: dict[int, Any] | None = None) -> None:
        super().__init__()
        self.told = told
        self.react = react or {}

    def on_state(self) -> None:
        info = self.call.info()
        self.told.append((info.state_text, info.last_code))
        if info.state in self.react:
            self.react[info.state](self.call)

    def on_media_state(self) -> None:
        info = self.call.info()
        self.told.append(("media", info.media_state, info.media_dir))

    def on_pager(self, mime_type: str, body: str) -> None:
        self.told.append(("pager", mime_type, body))

    def on_pager_status(self, body: str, im_id: Any, code: int, reason: str) -> None:
        self.told.append(("pager status", im_id, code, reason))


class Incoming(pj.AccountCallback):
    """Takes calls by a function."""

    def __init__(self, told: list[Any], take: Any) -> None:
        super().__init__()
        self.told, self.take = told, take

    def on_incoming_call(self, call: pj.Call) -> None:
        self.told.append(("incoming", call.info().state_text, call.info().remote_uri))
        self.take(call)

    def on_pager(self, from_uri: str, contact: str, mime_type: str, body: str) -> None:
        self.told.append((from_uri, mime_type, body))


def config(user: str = "alice") -> pj.AccountConfig:
    found = pj.AccountConfig()
    found.id = f"<sip:{user}@example.com>"
    return found


def phone(cb: pj.AccountCallback | None = None, media: str = "off", **options: Any) -> tuple[Lab, pj.Account, Any]:
    """A lab with alice, who uses pjsua, and bob, who does not."""
    lab = Lab(seed=7)
    pj.use(lab, "alice", media)
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    lib.create_transport(pj.TransportType.UDP)
    lib.start()
    account = lib.create_account(config(), cb=cb)
    return lab, account, lab.user_agent("sip:bob@example.com", **options)


def fails(number: int, text: str, fn: Any, *arguments: Any, **named: Any) -> None:
    with pytest.raises(pj.Error) as caught:
        fn(*arguments, **named)
    assert caught.value.err_code == number and text in str(caught.value)
