"""What client stacks do by themselves, and what their applications hear of it: refreshes, look-ups, retries."""

from __future__ import annotations

from typing import Annotated, Any

from sipsim.apis.android import Context, Intent, PendingIntent, SipErrorCode, SipManager, SipProfile
from sipsim.apis.android import SipRegistrationListener as Listener
from sipsim.apis.symbian import (
    CSIPRefresh,
    CSIPRegistrationBinding,
    CSIPRequestElements,
    CSIPResponseElements,
    CSIPServerTransaction,
    CSIPSubscribeDialogAssoc,
    KSIPCacheOutboundProxyIP,
    MSIPHttpDigestChallengeObserver,
)
from sipsim.apis.symbian.http_digest import CSIPHttpDigest
from sipsim.elements.exchange import Exchange
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.story import Story
from sipsim.flows.by_symbian import Application, Requested, started
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Seconds
from sipsim.lab.scenario import scenario
from sipsim.message.message import Request
from sipsim.message.presence import Presence, Tuple
from sipsim.protocol.options import whole


class Watcher(Application):
    """An application that answers NOTIFYs, and follows an error of its subscription to the response behind it."""

    followed: tuple[str, int] = "", 0

    def ErrorOccured(self, aError: int, *aWhat: Any) -> None:
        (association,) = aWhat
        transaction = association.SIPRefresh().SIPTransaction()
        self.followed = association.Type(), transaction.ResponseElements().StatusCode()
        transaction.Delete()


def accept(transaction: CSIPServerTransaction) -> None:
    """Answer a NOTIFY."""
    transaction.SendResponseL(CSIPResponseElements.NewL(200))


@scenario(
    title="Symbian: a refreshed subscription that is refused",
    rfc="RFC 6665 §4.1.2.2",
    question="The application never sent the SUBSCRIBE that was refused. How does it get to the 481?",
    codes=(200, 481),
)
def symbian_refused_refresh(lab: Lab, *, expires: Requested = 60) -> Story:
    """The stack renews a subscription half-way; Bob's phone has restarted meanwhile and knows of no dialog."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    bob.tells("presence", Presence(f"sip:bob@{DOMAIN}", (Tuple("desk", "open", str(bob.contact_uri)),)))
    lab.names.add(DOMAIN, bob.address)
    app = Watcher(lab)
    app.start()
    app.on_request = accept
    yield lab.env.timeout(1.0)
    association = CSIPSubscribeDialogAssoc.NewL(app.connection, f"sip:bob@{DOMAIN}")
    association.SendSubscribeL(None, CSIPRefresh.NewL(), expires)
    yield lab.env.timeout(expires * 0.25)
    bob.crash()
    bob.restart()
    yield lab.env.timeout(expires * 0.75)
    return {"association": app.followed[0], "status": app.followed[1], "refresh": association.SIPRefresh().State().name}


class Password(MSIPHttpDigestChallengeObserver):
    """Knows one password, and tells how often it was asked for."""

    def __init__(self, app: Application, password: str) -> None:
        self.asked = 0
        self.password = password
        self.digest = CSIPHttpDigest.NewL(app.csip, self)

    def ChallengeReceived(self, aRealm: str) -> None:
        self.asked += 1
        self.digest.SetCredentialsL(aRealm, "alice", self.password)


@scenario(
    title="Symbian: a registration with an outbound proxy",
    rfc="RFC 3263 §4",
    question="How often is the proxy's name looked up with `kept`, how often without, and which requests ask anew?",
    codes=(200, 401, 407),
)
def symbian_outbound_proxy(
    lab: Lab, *, messages: Annotated[int, Allowed(whole, 1, 100)] = 3, kept: bool = True
) -> Story:
    """Alice registers through a proxy that has a name, and writes to Bob; the application may keep its address."""
    name = f"out.{DOMAIN}"
    lab.proxy(name, "out", record_route=False)
    lab.proxy(DOMAIN, "home", users={"alice": "wonderland", "bob": "builder"})
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", password="builder")
    app = started(lab)
    yield bob.register()
    yield lab.env.timeout(1.0)
    password = Password(app, "wonderland")
    binding = CSIPRegistrationBinding.NewL(app.connection, f"sip:alice@{DOMAIN}")
    binding.SetOutboundProxyL(f"sip:{name}")
    binding.SetProperty(KSIPCacheOutboundProxyIP, kept)
    binding.RegisterL()
    yield lab.env.timeout(1.0)
    for _ in range(messages):
        elements = CSIPRequestElements.NewL(f"sip:bob@{DOMAIN}")
        elements.SetMethodL("MESSAGE")
        elements.MessageElements().SetContentL("Lunch?", "text/plain")
        app.connection.SendRequestL(elements, binding)
        yield lab.env.timeout(1.0)
    binding.DeregisterL()
    yield lab.env.timeout(1.0)
    asked = [one for one in lab.trace.select("dns", "alice") if one.data["name"] == name]
    return {"queries": len({one.time for one in asked}), "asked": password.asked, "written": len(bob.messages)}


class Noted(Listener):
    """Keeps what it was told of a registration."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def onRegistering(self, localProfileUri: str) -> None:
        self.told.append("registering")

    def onRegistrationDone(self, localProfileUri: str, expiryTime: int) -> None:
        self.told.append(f"done for {expiryTime} s")

    def onRegistrationFailed(self, localProfileUri: str, errorCode: int, errorMessage: str) -> None:
        self.told.append(SipErrorCode.toString(errorCode))


class Troubled(Proxy):
    """The server of a domain that has its troubles, now and then."""

    trouble = False

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if self.trouble:
            self.reply(exchange, 503)
        else:
            super().on_request(exchange, request)


@scenario(
    title="Android: a registration that looks after itself",
    rfc="RFC 3261 §10.2",
    question="Which of the REGISTERs did the application ask for, and why do the pauses after the failures grow?",
    codes=(200, 503),
)
def android_registration(lab: Lab, *, expiry: Seconds = 20.0) -> Story:
    """`open` removes old bindings, then binds; half-way it is renewed; a server in trouble is asked ever less often."""
    registrar = lab.proxy(DOMAIN, "registrar", kind=Troubled)
    assert isinstance(registrar, Troubled)
    old = lab.user_agent(f"sip:alice@{DOMAIN}", "old")
    yield old.register()
    phone = Context(lab, "alice")
    phone.timers.expiry, phone.timers.renewal, phone.timers.backoff = round(expiry), expiry / 4, expiry / 16
    manager = SipManager.newInstance(phone)
    assert manager is not None
    profile = SipProfile.Builder("alice", DOMAIN).build()
    heard = Noted()
    intent = PendingIntent.getBroadcast(phone, 0, Intent("CALL"), Intent.FILL_IN_DATA)
    manager.open(profile, intent, heard)
    yield lab.env.timeout(expiry * 0.35)
    bound = [str(one.contact) for one in registrar.location.look_up(f"sip:alice@{DOMAIN}", lab.env.now)]
    registrar.trouble = True
    yield lab.env.timeout(expiry * 0.75)
    registrar.trouble = False
    yield lab.env.timeout(expiry * 0.6)
    manager.close(profile.getUriString())
    yield lab.env.timeout(1.0)
    return {"bound": len(bound), "told": heard.told}
