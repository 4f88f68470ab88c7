"""Android's `android.net.sip` on this engine, with the names, numbers and order of callbacks of the original.

    context = Context(lab)                                   # an application on a device of its own
    manager = SipManager.newInstance(context)
    profile = SipProfile.Builder("alice", "example.com").setPassword("secret").build()
    manager.open(profile, PendingIntent.getBroadcast(context, 0, Intent("CALL"), Intent.FILL_IN_DATA), None)
    manager.makeAudioCall(profile.getUriString(), "sip:bob@example.com", listener, 30)

Callbacks come while the lab runs, in its time. What the system of a phone would do besides is here in outline:
`Context`, `Intent` and their like, `Manifest`, `context.network` and `context.logcat()`.
"""

from sipsim.apis.android.audio_call import SipAudioCall
from sipsim.apis.android.context import Context
from sipsim.apis.android.error_code import SipErrorCode
from sipsim.apis.android.errors import (
    CanceledException,
    IllegalArgumentException,
    IllegalStateException,
    NullPointerException,
    ParseException,
    SipException,
)
from sipsim.apis.android.intents import BroadcastReceiver, Intent, IntentFilter, PendingIntent
from sipsim.apis.android.listeners import SipRegistrationListener
from sipsim.apis.android.manifest import Manifest, Receiver, UsesFeature
from sipsim.apis.android.profile import SipProfile
from sipsim.apis.android.session import SipSession
from sipsim.apis.android.sip_manager import SipManager
from sipsim.apis.android.timers import Timers

__all__ = [
    "BroadcastReceiver", "CanceledException", "Context", "IllegalArgumentException", "IllegalStateException", "Intent",
    "IntentFilter", "Manifest", "NullPointerException", "ParseException", "PendingIntent", "Receiver", "SipAudioCall",
    "SipErrorCode", "SipException", "SipManager", "SipProfile", "SipRegistrationListener", "SipSession", "Timers",
    "UsesFeature",
]  # fmt: skip
