"""The `pjsua` module of Python 2 on this engine: its names, its constants, the order of its callbacks.

    from sipsim.apis import pjsua as pj

Programs run on a lab: `pj.run(program, lab)` for one that waits by `input()` and its like, `pj.use(lab)` before `Lib()`
for code of one's own in a script or a story.
"""

from sipsim.apis.pjsua.account import Account, AccountCallback, AccountInfo
from sipsim.apis.pjsua.application import Application, use
from sipsim.apis.pjsua.buddy import Buddy, BuddyCallback, BuddyInfo
from sipsim.apis.pjsua.call import Call, CallInfo
from sipsim.apis.pjsua.call_callback import CallCallback
from sipsim.apis.pjsua.codecs import CodecInfo, CodecParameter
from sipsim.apis.pjsua.constants import (
    CallRole,
    CallState,
    MediaDir,
    MediaState,
    PresenceActivity,
    SubscriptionState,
    TransportFlag,
    TransportType,
    TURNConnType,
)
from sipsim.apis.pjsua.error import Error
from sipsim.apis.pjsua.lib import Lib
from sipsim.apis.pjsua.program import run, story
from sipsim.apis.pjsua.settings import AccountConfig, AuthCred, LogConfig, MediaConfig, TransportConfig, UAConfig
from sipsim.apis.pjsua.transport import Transport, TransportInfo

__all__ = [
    "Account", "AccountCallback", "AccountConfig", "AccountInfo", "Application", "AuthCred", "Buddy",
    "BuddyCallback", "BuddyInfo", "Call", "CallCallback", "CallInfo", "CallRole", "CallState", "CodecInfo",
    "CodecParameter", "Error", "Lib", "LogConfig", "MediaConfig", "MediaDir", "MediaState", "PresenceActivity",
    "SubscriptionState", "TURNConnType", "Transport", "TransportConfig", "TransportFlag", "TransportInfo",
    "TransportType", "UAConfig", "run", "story", "use",
]  # fmt: skip
