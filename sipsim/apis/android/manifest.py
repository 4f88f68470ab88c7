"""`Manifest`: what an application says of itself before it runs (AndroidManifest.xml)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sipsim.apis.android.errors import SipException
from sipsim.apis.android.intents import BroadcastReceiver, IntentFilter

USE_SIP = "android.permission.USE_SIP"
INTERNET = "android.permission.INTERNET"
PERMISSIONS = (USE_SIP, INTERNET)

SIP = "android.software.sip"
VOIP = "android.software.sip.voip"
WIFI = "android.hardware.wifi"
MICROPHONE = "android.hardware.microphone"
DEVICE_FEATURES = (SIP, VOIP, WIFI, MICROPHONE)


@dataclass(frozen=True, slots=True)
class UsesFeature:
    """`<uses-feature>`: one that is `required` keeps the application off devices without it."""

    name: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Receiver:
    """`<receiver>`: made by the system when an intent comes that its filter lets through, if it has a filter here."""

    make: Callable[[], BroadcastReceiver]
    filter: IntentFilter | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Permissions, features, receivers, the least API level; without arguments that of the guide's sample."""

    package: str = "com.example.android.sip"
    permissions: tuple[str, ...] = PERMISSIONS
    features: tuple[UsesFeature, ...] = (UsesFeature(VOIP), UsesFeature(WIFI), UsesFeature(MICROPHONE))
    minSdkVersion: int = 9
    receivers: tuple[Receiver, ...] = ()

    def permits(self, what: str) -> None:
        """`SipException` where a permission that SIP needs is missing."""
        for permission in PERMISSIONS:
            if permission not in self.permissions:
                raise SipException(f"{what}: the manifest has no <uses-permission> for {permission}")

    def fits(self, features: tuple[str, ...], sdk: int) -> bool:
        """Whether the application can be on a device with these features and this API level."""
        return sdk >= self.minSdkVersion and all(one.name in features for one in self.features if one.required)
