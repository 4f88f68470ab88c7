"""What each line of a message is for, in plain words, with the section that defines it."""

from __future__ import annotations

from sipsim.message.codes import CODES

_FIELDS = """
accept|RFC 3261 §20.1|The kinds of body that the sender can read.
accept-contact|RFC 3841 §9.2|Which of the callee's phones the caller would like to reach.
accept-encoding|RFC 3261 §20.2|The encodings of a body, such as gzip, that the sender can undo.
accept-language|RFC 3261 §20.3|The languages in which reasons and texts are welcome.
alert-info|RFC 3261 §20.4|A ring tone or ringback tone to play instead of the usual one.
allow|RFC 3261 §20.5|The methods that the sender understands.
allow-events|RFC 6665 §8.2.2|The kinds of events that one may subscribe to here.
authentication-info|RFC 3261 §20.6|The server's side of a digest: that it knows the password too, and the next nonce.
authorization|RFC 3261 §20.7|Proof that the sender knows a password, for the element at the end, without the password.
call-id|RFC 3261 §20.8|Names the call: the same in all messages of a dialog, and in all REGISTERs of a phone.
call-info|RFC 3261 §20.9|Where to find more about the caller or the callee: a picture, a card, a web page.
contact|RFC 3261 §20.10|Where the sender itself can be reached from now on, without the proxies that led here.
content-disposition|RFC 3261 §20.11|What the body is for: to set up a session, to be shown, and so on.
content-encoding|RFC 3261 §20.12|What was done to the body, such as compression.
content-language|RFC 3261 §20.13|The language of the body.
content-length|RFC 3261 §20.14|How many octets the body has; on a stream nothing else says where a message ends.
content-type|RFC 3261 §20.15|What the body is; application/sdp describes a session.
cseq|RFC 3261 §20.16|A counter and the method: puts a dialog's requests in order, and ties responses to them.
date|RFC 3261 §20.17|When the message was first sent, by the sender's clock.
diversion|RFC 5806|By whom and why a call was diverted; an older way than History-Info.
error-info|RFC 3261 §20.18|Where to find more about the error, such as an announcement.
event|RFC 6665 §8.2.1|Which kind of event a subscription or a notification is about.
expires|RFC 3261 §20.19|For how many seconds this holds: a registration, an invitation, a subscription.
from|RFC 3261 §20.20|Who began this. Its tag is the caller's half of the dialog's name.
history-info|RFC 7044 §5|The addresses that a request was meant for on its way here.
identity|RFC 8224|A signature over who is calling, which others can verify.
identity-info|RFC 4474|Where the certificate for the Identity can be fetched; no longer in use.
in-reply-to|RFC 3261 §20.21|The calls that this one returns.
info-package|RFC 6086 §7.2|Which kind of application data this INFO carries.
join|RFC 3911 §7.1|The call that this one should be joined with.
max-breadth|RFC 5393 §5.3.1|How many branches a request may still be forked into, all together.
max-forwards|RFC 3261 §20.22|How many more proxies may forward the request, so that loops end: each takes one away.
mime-version|RFC 3261 §20.24|The version of MIME of the body.
min-expires|RFC 3261 §20.23|The shortest time, in seconds, that the registrar accepts.
min-se|RFC 4028 §5|The shortest session interval, in seconds, that this element accepts.
organization|RFC 3261 §20.25|The organization of the sender.
p-access-network-info|RFC 7315|Over which kind of access network the phone is connected.
p-asserted-identity|RFC 3325 §9.1|Who the sender is, vouched for by a network that was asked to trust it.
p-associated-uri|RFC 7315|Further addresses that belong to the registered one.
p-preferred-identity|RFC 3325 §9.2|Which of its identities the sender would like the network to assert.
path|RFC 3327 §4|Proxies between the registrar and the phone: requests to the phone go through them.
priority|RFC 3261 §20.26|How urgent the request is, for people.
privacy|RFC 3323 §4.2|What of the sender's identity should be hidden.
proxy-authenticate|RFC 3261 §20.27|A proxy asks for credentials: the realm, a nonce, and how to compute the answer.
proxy-authorization|RFC 3261 §20.28|Proof that the sender knows a password, for a proxy on the way.
proxy-require|RFC 3261 §20.29|Extensions that every proxy on the way must understand, or refuse.
rack|RFC 3262 §7.2|Which reliable provisional response this PRACK acknowledges.
reason|RFC 3326 §2|Why the request was sent, for instance that the call was answered elsewhere.
recv-info|RFC 6086 §7.3|The kinds of application data that the sender takes in INFO requests.
record-route|RFC 3261 §20.30|A proxy asks to stay on the way of all later requests of this dialog.
refer-sub|RFC 4488 §4|Whether the REFER makes a subscription to its outcome.
refer-to|RFC 3515 §2.1|The address that the receiver is asked to call.
referred-by|RFC 3892 §3|Who asked for the call.
reject-contact|RFC 3841 §9.2|Which of the callee's phones the caller does not want to reach.
replaces|RFC 3891 §6.1|The call that this one takes the place of.
reply-to|RFC 3261 §20.31|Where to call back, where that is not From.
request-disposition|RFC 3841 §9.1|How the caller would like proxies to handle the request.
require|RFC 3261 §20.32|Extensions that the receiver must understand, or refuse.
retry-after|RFC 3261 §20.33|After how many seconds it is worth trying again.
route|RFC 3261 §20.34|The proxies that the request must still pass, in this order.
rseq|RFC 3262 §7.1|The number of a provisional response that is sent reliably and wants a PRACK.
security-client|RFC 3329 §2.2|The security mechanisms that the client offers.
security-server|RFC 3329 §2.2|The security mechanisms that the server offers.
security-verify|RFC 3329 §2.2|The server's list, sent back under protection, to show that nobody changed it.
server|RFC 3261 §20.35|The software that answered.
service-route|RFC 3608 §5|Proxies that requests from this phone should go through.
session-expires|RFC 4028 §4|How long the session holds unless it is refreshed.
sip-etag|RFC 3903 §11.3.1|The name of the published state, for the next PUBLISH.
sip-if-match|RFC 3903 §11.3.2|The published state that this request is about.
subject|RFC 3261 §20.36|What the call is about.
subscription-state|RFC 6665 §8.2.3|Whether the subscription is active, and for how long.
supported|RFC 3261 §20.37|Extensions that the sender understands.
target-dialog|RFC 4538|An existing dialog that gives the sender the right to ask.
timestamp|RFC 3261 §20.38|When the request was sent; the response returns it, so that the round trip can be measured.
to|RFC 3261 §20.39|For whom this was meant at first. Its tag, set by who answers, is the callee's half of the name.
unsupported|RFC 3261 §20.40|The extensions that were required and are not understood.
user-agent|RFC 3261 §20.41|The software that sent the request.
via|RFC 3261 §20.42|One hop so far, the latest on top. Responses go back along it; its branch names the transaction.
warning|RFC 3261 §20.43|More about what went wrong, in a code and in words.
www-authenticate|RFC 3261 §20.44|A registrar or phone asks for credentials: realm, nonce, how to compute the answer.
"""

_METHODS = """
INVITE|RFC 3261 §13|Asks somebody to join a session, or asks to change one that runs.
ACK|RFC 3261 §17.1.1.3|Says that the final answer to an INVITE has arrived. It is never answered.
BYE|RFC 3261 §15|Ends a session.
CANCEL|RFC 3261 §9|Asks to give up a request that has no final answer yet.
REGISTER|RFC 3261 §10|Tells a registrar where a user can be reached, asks it, or takes it back.
OPTIONS|RFC 3261 §11|Asks what the other side can do.
PRACK|RFC 3262 §6|Acknowledges a provisional response that was sent reliably.
UPDATE|RFC 3311 §5|Changes a session, also before it was answered.
INFO|RFC 6086 §4|Carries application data within a call.
SUBSCRIBE|RFC 6665 §3.1|Asks to be told about events.
NOTIFY|RFC 6665 §3.2|Tells of an event to somebody who subscribed.
REFER|RFC 3515 §2|Asks the receiver to call somebody else.
MESSAGE|RFC 3428 §3|Carries an instant message.
PUBLISH|RFC 3903 §3|Hands over a user's state, such as presence, to a server.
"""

_CLASSES = (
    "Provisional: the request has arrived and is being worked on.",
    "Success: the request was received, understood and accepted.",
    "Redirection: the request should be tried somewhere else.",
    "Client error: this request can't be fulfilled here as it stands.",
    "Server error: the server failed at a request that seems right.",
    "Global failure: the request can't be fulfilled by anybody.",
)


def _table(text: str) -> dict[str, tuple[str, str]]:
    entries = (line.split("|") for line in text.strip().splitlines())
    return {name: (words, section) for name, section, words in entries}


FIELDS = _table(_FIELDS)
"""Folded name of a header field -> what it is for, and where it is defined."""

METHODS = _table(_METHODS)
"""Method -> what it asks for, and where it is defined."""

STATUSES = {str(status): (_CLASSES[status // 100 - 1], code.section) for status, code in CODES.items()}
"""Status code -> what its class means, and where the code is defined."""
