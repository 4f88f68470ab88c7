"""`Context`: the application, and the device that it is on; an activity of an application is a subclass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sipsim.apis.android.errors import required
from sipsim.apis.android.intents import BroadcastReceiver, Intent, IntentFilter
from sipsim.apis.android.log import Log, logcat
from sipsim.apis.android.manifest import DEVICE_FEATURES, SIP, VOIP, Manifest
from sipsim.apis.android.timers import Timers
from sipsim.apis.lane import Lane
from sipsim.lab.lab import Lab

if TYPE_CHECKING:
    from sipsim.apis.android.connection import DataConnection
    from sipsim.apis.android.session_group import SessionGroup


PASSWORD_TRIES = 2
"""How often a password is sent for one request, as the original did; RFC 3261 §22.1 would have it sent once."""


class Context:
    """An application on a device of its own in a lab.

    `manifest` is the application's, `features` and `sdk` (the API level) are the device's; `sip_supported=False` is
    short for a device without the features for SIP. `name` is what its phones are called in traces and ladders, the
    user's name where it is empty; `host` is the address that they get.
    """

    def __init__(
        self, lab: Lab, name: str = "", *, manifest: Manifest | None = None, sip_supported: bool = True,
        features: tuple[str, ...] = DEVICE_FEATURES, sdk: int = 9, wifi_only: bool = False, host: str | None = None,
    ) -> None:  # fmt: skip
        from sipsim.apis.android.connection import DataConnection

        self.lab = lab
        self.name = name
        self.host = host
        self.manifest = manifest or Manifest()
        self.features = features if sip_supported else tuple(one for one in features if one not in (SIP, VOIP))
        self.sdk = sdk
        self.wifi_only = wifi_only
        self.timers = Timers()
        self.password_tries = PASSWORD_TRIES
        self.lane = Lane(lab.env, lab.trace, name)
        self.log = Log(lab.env, lab.trace, name)
        self.network: DataConnection = DataConnection(self)
        self.screen = ""
        self.groups: dict[str, SessionGroup] = {}  # by the URI of their profile
        self._receivers: list[tuple[BroadcastReceiver, IntentFilter]] = []

    def named(self, phone: str) -> None:
        """The device's first phone has this name; the device takes it where it has none of its own."""
        if not self.name:
            self.name = phone
            self.lane.name = phone
            self.log = Log(self.lab.env, self.lab.trace, phone)

    # Intents

    def registerReceiver(self, receiver: BroadcastReceiver, filter: IntentFilter) -> None:
        """From now on call a receiver for the intents that its filter lets through."""
        required("receiver", receiver, BroadcastReceiver)
        required("filter", filter, IntentFilter)
        self._receivers.append((receiver, filter))

    def unregisterReceiver(self, receiver: BroadcastReceiver) -> None:
        """Call it no more."""
        self._receivers = [entry for entry in self._receivers if entry[0] is not receiver]

    def sendBroadcast(self, intent: Intent, resultCode: int = 0) -> None:
        """Call all receivers, those of the manifest too, whose filter lets the intent through."""
        required("intent", intent, Intent)
        action = intent.getAction()
        declared = [one.make for one in self.manifest.receivers if one.filter and one.filter.hasAction(action)]
        registered = [receiver for receiver, wanted in self._receivers if wanted.hasAction(action)]
        for make in declared:
            self.lane.back(partial(self._made, make), intent, name="onReceive")
        for receiver in registered:
            self.lane.back(partial(receiver.onReceive, self), intent, name="onReceive")

    def _made(self, make: Callable[[], BroadcastReceiver], intent: Intent) -> None:
        """A receiver of the manifest lives as long as it receives."""
        make().onReceive(self, intent)

    def forget(self) -> None:
        """Stop whatever the device would still do by itself, without a message."""
        for group in self.groups.values():
            group.forget()

    # Looking

    def show(self, text: str) -> None:
        """Show a text on the device's screen, in its status line; the phones of a notebook's panel have it too."""
        self.screen = text
        self.log.i("StatusLine", text)

    def logcat(self, level: str = "V", tag: str | None = None) -> list[str]:
        """The device's log, see `sipsim.apis.android.log.logcat`."""
        names = (self.name, *[group.agent.name for group in self.groups.values()])
        return logcat(self.lab.trace, names, level, tag)
