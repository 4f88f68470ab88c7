"""What an application sets before it begins: user agent, log, media, transports and accounts.

Names and defaults are the original's. What has no meaning on this engine (devices, echo, ICE) can be set, and is not
looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.apis.pjsua.constants import TURNConnType
from sipsim.apis.pjsua.error import expect


class UAConfig:
    """The user agent: `max_calls` at a time; more that come in are answered 486, more that go out are an `Error`.

    What else it has, its name among it, is not looked at.
    """

    def __init__(self) -> None:
        self.max_calls = 4
        self.nameserver: list[str] = []
        self.stun_domain = ""
        self.stun_host = ""
        self.user_agent = "pjsip python"


class LogConfig:
    """The log: up to which `level` lines are written (1 errors, 3 what happens, 4 details, 5 messages), and where to.

    With a `callback` each line goes to `callback(level, text, length)`, else, up to `console_level`, to the console;
    with a `filename` into that file as well.
    """

    def __init__(
        self, level: int = -1, filename: str = "", callback: Callable[[int, str, int], Any] | None = None,
        console_level: int = -1,
    ) -> None:  # fmt: skip
        self.msg_logging = True
        self.level = 5 if level == -1 else level
        self.console_level = 4 if console_level == -1 else console_level
        self.decor = 0
        self.filename = filename
        self.callback = callback


class MediaConfig:
    """Sound: all of it is set for nothing here, media are simulated."""

    def __init__(self) -> None:
        self.clock_rate = 16000
        self.snd_clock_rate = 0
        self.snd_auto_close_time = 5
        self.channel_count = 1
        self.audio_frame_ptime = 20
        self.max_media_ports = 32
        self.quality = 6
        self.ptime = 0
        self.no_vad = False
        self.ilbc_mode = 30
        self.tx_drop_pct = self.rx_drop_pct = 0
        self.ec_options = 0
        self.ec_tail_len = 256
        self.jb_min = self.jb_max = -1
        self.enable_ice = self.enable_turn = False
        self.turn_server = ""
        self.turn_conn_type = TURNConnType.UDP
        self.turn_cred: AuthCred | None = None


class TransportConfig:
    """Where a transport listens: `port` (0: any free one) at `bound_addr` ("": the usual address).

    `public_addr`, as "host:port", is what others are told instead, in Contact.
    """

    def __init__(self, port: int = 0, bound_addr: str = "", public_addr: str = "") -> None:
        self.port = port
        self.bound_addr = bound_addr
        self.public_addr = public_addr


class AuthCred:
    """A password for a realm, "*" for every realm."""

    def __init__(self, realm: str, username: str, passwd: str, scheme: str = "Digest", passwd_type: int = 0) -> None:
        self.realm = realm
        self.scheme = scheme
        self.username = username
        self.passwd_type = passwd_type
        self.passwd = passwd


class AccountConfig:
    """Who an account is for: its address `id`, its registrar, its outbound proxies and its passwords.

    A `domain` makes a usual one of these: `<sip:username@domain>`, registrar `sip:domain`, proxy `sip:domain;lr`, and a
    password for every realm. `reg_timeout` is for how many seconds to register; without `reg_uri` the account does not.
    """

    def __init__(
        self, domain: str = "", username: str = "", password: str = "", display: str = "", registrar: str = "",
        proxy: str = "",
    ) -> None:  # fmt: skip
        self.priority = 0
        self.id = ""
        self.force_contact = ""
        self.reg_uri = ""
        self.reg_timeout = 300
        self.require_100rel = False
        self.publish_enabled = False
        self.pidf_tuple_id = ""
        self.proxy: list[str] = []
        self.auth_cred: list[AuthCred] = []
        self.auth_initial_send = False
        self.auth_initial_algorithm = ""
        self.transport_id = -1
        self.allow_contact_rewrite = True
        self.ka_interval = 15
        self.ka_data = "\r\n"
        self.use_srtp = self.srtp_secure_signaling = 0
        if domain:
            self.build_config(domain, username, password, display, registrar, proxy)

    def build_config(
        self, domain: str, username: str, password: str, display: str = "", registrar: str = "", proxy: str = ""
    ) -> None:
        """Fill in the usual settings for a user of a domain."""
        for given in (domain, username, password, display, registrar, proxy):
            expect("build_config()", "AccountConfig", "argument", given, str)
        self.id = f"{display} " * bool(display) + f"<sip:{username}{'@' * bool(username)}{domain}>"
        self.reg_uri = registrar or f"sip:{domain}"
        proxy = proxy or f"sip:{domain};lr"
        self.proxy.append(proxy if ";lr" in proxy else f"{proxy};lr")
        if username:
            self.auth_cred.append(AuthCred("*", username, password))
