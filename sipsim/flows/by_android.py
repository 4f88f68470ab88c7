"""The sample of Android's SIP guide, a walkie-talkie, line for line: profile, registration, a call made and one taken.

Two phones run the same application. What the guide shows in Java stands here in Python, in the same order.
"""

from __future__ import annotations

from sipsim.apis.android import (
    BroadcastReceiver,
    Context,
    Intent,
    IntentFilter,
    PendingIntent,
    SipAudioCall,
    SipManager,
    SipProfile,
    SipRegistrationListener,
)
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario

ACTION = "android.SipDemo.INCOMING_CALL"


class WalkieTalkieActivity(Context):
    """The application: a status line, one account, one call at a time."""

    def onCreate(self, username: str, domain: str, password: str) -> None:
        """The user opens it."""
        self.sipManager: SipManager | None = None
        self.sipProfile: SipProfile | None = None
        self.call: SipAudioCall | None = None
        self.statuses: list[str] = []

        filter = IntentFilter()
        filter.addAction(ACTION)
        self.callReceiver = IncomingCallReceiver()
        self.registerReceiver(self.callReceiver, filter)
        self.initializeManager()
        self.initializeLocalProfile(username, domain, password)

    def initializeManager(self) -> None:
        if self.sipManager is None:
            self.sipManager = SipManager.newInstance(self)

    def initializeLocalProfile(self, username: str, domain: str, password: str) -> None:
        """Log into the server: the registration step."""
        if self.sipManager is None:
            return
        builder = SipProfile.Builder(username, domain)
        builder.setPassword(password)
        self.sipProfile = builder.build()

        intent = Intent()
        intent.setAction(ACTION)
        pendingIntent = PendingIntent.getBroadcast(self, 0, intent, Intent.FILL_IN_DATA)
        self.sipManager.open(self.sipProfile, pendingIntent, None)

        self.sipManager.setRegistrationListener(self.sipProfile.getUriString(), StatusLine(self))

    def closeLocalProfile(self) -> None:
        """The user has finished: free what the profile took, and unregister."""
        if self.sipManager is None:
            return
        try:
            if self.sipProfile is not None:
                self.sipManager.close(self.sipProfile.getUriString())
        except Exception as ee:
            self.log.d("WalkieTalkieActivity/onDestroy", "Failed to close local profile.", ee)

    def initiateCall(self, sipAddress: str) -> None:
        """Call somebody, with half a minute for them to answer."""
        assert self.sipManager is not None and self.sipProfile is not None
        listener = Talking()
        self.call = self.sipManager.makeAudioCall(self.sipProfile.getUriString(), sipAddress, listener, 30)

    def updateStatus(self, status: str | SipAudioCall) -> None:
        """Show a text, or whom a call is with, in the status line."""
        if isinstance(status, SipAudioCall):
            peer = status.getPeerProfile()
            assert peer is not None
            status = f"{peer.getDisplayName() or peer.getUserName()}@{peer.getSipDomain()}"
        self.statuses.append(status)
        self.show(status)


class StatusLine(SipRegistrationListener):
    """Tells the user how the registration goes."""

    def __init__(self, activity: WalkieTalkieActivity) -> None:
        self.activity = activity

    def onRegistering(self, localProfileUri: str) -> None:
        self.activity.updateStatus("Registering with SIP Server...")

    def onRegistrationDone(self, localProfileUri: str, expiryTime: int) -> None:
        self.activity.updateStatus("Ready")

    def onRegistrationFailed(self, localProfileUri: str, errorCode: int, errorMessage: str) -> None:
        self.activity.updateStatus("Registration failed. Please check settings.")


class Talking(SipAudioCall.Listener):
    """The caller's side: sound as soon as the call stands."""

    def onCallEstablished(self, call: SipAudioCall) -> None:
        call.startAudio()
        call.setSpeakerMode(True)
        call.toggleMute()

    def onCallEnded(self, call: SipAudioCall) -> None:
        """Do something."""


class IncomingCallReceiver(BroadcastReceiver):
    """Takes incoming calls, answers them, and hands them over to the activity."""

    def onReceive(self, context: Context, intent: Intent) -> None:
        incomingCall: SipAudioCall | None = None
        try:
            listener = Answering()
            assert isinstance(context, WalkieTalkieActivity) and context.sipManager is not None
            wtActivity = context
            incomingCall = context.sipManager.takeAudioCall(intent, listener)
            incomingCall.answerCall(30)
            incomingCall.startAudio()
            incomingCall.setSpeakerMode(True)
            if incomingCall.isMuted():
                incomingCall.toggleMute()

            wtActivity.call = incomingCall
            wtActivity.updateStatus(incomingCall)
        except Exception:
            if incomingCall is not None:
                incomingCall.close()


class Answering(SipAudioCall.Listener):
    """The callee's side."""

    def onRinging(self, call: SipAudioCall, caller: SipProfile) -> None:
        try:
            call.answerCall(30)
        except Exception as e:
            print(e)


@scenario(
    title="Android's walkie-talkie: the sample of its SIP guide",
    rfc="RFC 3261 §13",
    question="The receiver answers the call twice. What does the second answerCall put on the wire, and why?",
    codes=(100, 180, 200, 401, 407),
)
def walkie_talkie(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Alice's and Bob's phones open the application and register; Alice calls, and ends the call after `talk` s."""
    alice, bob = WalkieTalkieActivity(lab, "alice"), WalkieTalkieActivity(lab, "bob")
    server = lab.proxy(DOMAIN, users={"alice": "wonderland", "bob": "builder"})
    for phone, password in ((alice, "wonderland"), (bob, "builder")):
        phone.onCreate(phone.name, DOMAIN, password)
    yield lab.env.timeout(1.0)
    registered = len(server.location.look_up(f"sip:bob@{DOMAIN}", lab.env.now))
    alice.initiateCall(f"sip:bob@{DOMAIN}")
    yield lab.env.timeout(talk)
    assert alice.call is not None
    in_call = alice.call.isInCall()
    alice.call.endCall()
    yield lab.env.timeout(1.0)
    for phone in (alice, bob):
        phone.closeLocalProfile()
    yield lab.env.timeout(1.0)
    return {"registered": registered, "in_call": in_call, "alice": alice.statuses, "bob": bob.statuses}
