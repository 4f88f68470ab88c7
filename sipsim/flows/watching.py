"""Events: who subscribes, who publishes, and what a subscription that fails looks like."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Expiry, Seconds
from sipsim.lab.scenario import scenario
from sipsim.message.message_summary import MessageSummary, Waiting
from sipsim.message.presence import present


@scenario(
    "rfc3842-4.1",
    title="Message waiting indication subscription",
    rfc="RFC 3842 §4.1",
    question="What makes the notifier send each of its four NOTIFYs?",
    codes=(200,),
)
def message_waiting(lab: Lab, *, pause: Seconds = 5.0) -> Story:
    """Somebody subscribes to their mailbox, is told of a new message, refreshes the subscription and ends it."""
    subscriber = lab.user_agent(f"sip:alice@{DOMAIN}", "Subscriber")
    notifier = lab.user_agent(f"sip:alice@vmail.{DOMAIN}", "Notifier")
    account = str(notifier.uri)
    notifier.tells("message-summary", MessageSummary(account, (Waiting("voice", 4, 8),)))
    subscription = subscriber.subscribe(notifier, "message-summary", 86400, refresh=False)
    yield subscription.active
    yield lab.env.timeout(pause)
    notifier.tells("message-summary", MessageSummary(account, (Waiting("voice", 5, 8),)))
    yield lab.env.timeout(pause)
    subscription.refresh()
    yield lab.env.timeout(pause)
    yield subscription.unsubscribe()
    return {"new": subscription.value.counts[0].new}


@scenario(
    "rfc3856-8",
    title="Presence subscription",
    rfc="RFC 3856 §8",
    question="Which message of the flow makes the dialog in which the second NOTIFY is sent?",
    codes=(200,),
)
def presence(lab: Lab, *, pause: Seconds = 5.0) -> Story:
    """A watcher subscribes to somebody's presence; the server has learnt of a change, no matter how, and says so."""
    watcher = lab.user_agent(f"sip:user@watcherhost.{DOMAIN}", "Watcher")
    server = lab.presence_server(DOMAIN, "Server")
    someone = lab.user_agent(f"sip:resource@{DOMAIN}", "PUA")
    server.know(present(str(someone.uri)))
    subscription = watcher.subscribe(str(someone.uri), expires=600)
    yield subscription.active
    yield lab.env.timeout(pause)
    server.know(present(str(someone.uri), "closed"))
    yield lab.env.timeout(pause)
    return {"open": subscription.value.open}


@scenario(
    "rfc3903-15",
    title="Event state publication",
    rfc="RFC 3903 §15",
    question="Which PUBLISH is followed by no NOTIFY, and what does it change?",
    codes=(200,),
)
def publication(lab: Lab, *, pause: Seconds = 5.0) -> Story:
    """A presence user agent publishes, refreshes and changes its state; a watcher is told what is new."""
    someone = lab.user_agent(f"sip:presentity@{DOMAIN}", "PUA")
    lab.presence_server(DOMAIN, "PA")
    watcher = lab.user_agent(f"sip:watcher@{DOMAIN}", "Watcher")
    subscription = watcher.subscribe(str(someone.uri), expires=3600)
    yield subscription.active
    yield lab.env.timeout(pause)
    published = someone.publish(present(str(someone.uri), "closed"), expires=3600)
    yield published.published
    yield lab.env.timeout(pause)
    yield published.refresh()
    yield lab.env.timeout(pause)
    yield published.modify(present(str(someone.uri)))
    yield lab.env.timeout(pause)
    return {"open": subscription.value.open}


@scenario(
    "rfc3680-6",
    title="Registration event package",
    rfc="RFC 3680 §6",
    question="How does the application know where to send the welcome?",
    codes=(200,),
)
def registration_events(lab: Lab, *, pause: Seconds = 5.0) -> Story:
    """An application subscribes to a user's registrations, and says welcome where the user has registered."""
    user = lab.user_agent(f"sip:joe@{DOMAIN}", "User")
    lab.registrar(DOMAIN, "Registrar")
    application = lab.user_agent(f"sip:app@app.{DOMAIN}", "Application")
    subscription = application.subscribe(str(user.uri), "reg", 3600)
    yield subscription.active
    yield lab.env.timeout(pause)
    yield user.register()
    yield lab.env.timeout(pause)
    told = subscription.value.contacts  # none where the NOTIFY got lost
    yield application.message(told[0].uri if told else str(user.contact_uri), "Welcome to example.com!")
    return {"read": user.messages[0].text}


@scenario(
    title="A refresh that fails",
    rfc="RFC 6665 §4.1.2.2",
    question="Why does Alice not simply subscribe anew within the same dialog?",
    codes=(200, 481),
    live=False,
)
def failed_refresh(lab: Lab, *, expires: Expiry = 600) -> Story:
    """Bob's phone forgets who has subscribed: the refresh is answered with 481, and that is the end of it."""
    alice, bob = lab.user_agent(f"sip:alice@{DOMAIN}"), lab.user_agent(f"sip:bob@{DOMAIN}")
    subscription = alice.subscribe(bob, expires=expires)
    yield subscription.active
    bob.events.forget()
    end = yield subscription.ended
    return {"status": end.status}


@scenario(
    title="Watched while calling",
    rfc="RFC 4235 §3",
    question="Which states has Bob's dialog been in when the call is over, as Carol's phone shows them?",
    codes=(180, 200),
)
def busy_lamp(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Carol's phone has a lamp for Bob's: it subscribes to his dialogs, and sees a call come and go."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=1.0)
    carol = lab.user_agent(f"sip:carol@{DOMAIN}")
    lamp = carol.subscribe(bob, "dialog", 600)
    yield lamp.active
    yield lab.env.timeout(1)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()
    yield lab.env.timeout(1)
    yield lamp.unsubscribe()
    seen = [notice.value.dialogs[0].state if notice.value.dialogs else "none" for notice in lamp.notices]
    return {"seen": ", ".join(seen)}
