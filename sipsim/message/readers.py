"""A message's header fields as attributes, typed: the name of each is the field's, in lower case, `-` as `_`.

Each is read at first look. One that is missing gives None or an empty tuple, one that breaks its grammar raises
SipParseError. What every element looks at in every message has quicker ways, in `message`; what describes the body
stands in `entity`.
"""

from __future__ import annotations

from sipsim.message.attributes import Every, Maybe, One, Words
from sipsim.message.auth import AuthenticationInfo, Challenge, Credentials
from sipsim.message.entity import Entity
from sipsim.message.fields import MediaType, NameAddr, call_id, contact, seconds
from sipsim.message.lines import retry_after_of
from sipsim.message.rare_fields import (
    Date,
    Parameterised,
    RAck,
    Timestamp,
    WarningValue,
    priority,
    response_number,
)
from sipsim.message.session_fields import Replaces, SessionExpires, least_seconds


class Readers(Entity):
    """The attributes. Those of lists are tuples, top to bottom; text stands as it is on the wire."""

    __slots__ = ()

    # ---- where to: addresses

    contacts = Every("contact", contact)
    """The Contact values; STAR among them for `*` (RFC 3261 §20.10)."""
    routes = Every("route", NameAddr.parse)
    """The Route values, next hop first (RFC 3261 §20.34)."""
    record_routes = Every("record-route", NameAddr.parse)
    """The Record-Route values, the last proxy first (RFC 3261 §20.30)."""
    path = Every("path", NameAddr.parse)
    """The proxies between registrar and phone, the registrar's neighbour first (RFC 3327 §4)."""
    service_route = Every("service-route", NameAddr.parse)
    """The proxies that the registered user's requests go through (RFC 3608 §5)."""
    reply_to = One("reply-to", NameAddr.parse)
    """Where to call back, where that is not From (RFC 3261 §20.31)."""
    refer_to = One("refer-to", NameAddr.parse)
    """Whom to call instead (RFC 3515 §2.1)."""
    p_associated_uri = Every("p-associated-uri", NameAddr.parse)
    """The other addresses of a user who registered (RFC 7315 §4.1)."""

    # ---- times and numbers

    expires = One("expires", seconds)
    """Seconds (RFC 3261 §20.19)."""
    min_expires = One("min-expires", seconds)
    """The fewest seconds that a registrar takes (RFC 3261 §20.23)."""
    retry_after = Maybe("retry-after", retry_after_of)
    """Seconds to wait before the next try, without the comment and parameters (RFC 3261 §20.33)."""
    date = One("date", Date.parse)
    """When the message was first sent, in GMT (RFC 3261 §20.17)."""
    timestamp = One("timestamp", Timestamp.parse)
    """When the request was sent, by its sender's clock (RFC 3261 §20.38)."""
    rseq = One("rseq", response_number)
    """The number of a reliable provisional response (RFC 3262 §7.1)."""
    rack = One("rack", RAck.parse)
    """The response that a PRACK acknowledges (RFC 3262 §7.2)."""

    session_expires = One("session-expires", SessionExpires.parse)
    """After how many seconds the session ends if nobody refreshes it, and who does (RFC 4028 §4)."""
    min_se = One("min-se", least_seconds)
    """The fewest seconds that a session may be given (RFC 4028 §5)."""
    replaces = One("replaces", Replaces.parse)
    """The dialog that this INVITE takes the place of (RFC 3891 §6.1)."""

    # ---- what one end can do, and what it asks of the other

    allow = Words("allow")
    """Methods (RFC 3261 §20.5)."""
    supported = Words("supported")
    """Option tags (RFC 3261 §20.37)."""
    require = Words("require")
    """Option tags that the other end must know (RFC 3261 §20.32)."""
    proxy_require = Words("proxy-require")
    """Option tags that proxies must know (RFC 3261 §20.29)."""
    unsupported = Words("unsupported")
    """Option tags that a server does not know (RFC 3261 §20.40)."""
    allow_events = Words("allow-events")
    """Event packages (RFC 6665 §8.2.2)."""
    accept = Every("accept", MediaType.parse, empty=True)
    """Types of body; () for an empty field, which takes none, as for a missing one, see `has` (RFC 3261 §20.1)."""
    accept_encoding = Every("accept-encoding", Parameterised.parse, empty=True)
    """Codings of bodies, with `q` (RFC 3261 §20.2)."""
    accept_language = Every("accept-language", Parameterised.parse, empty=True)
    """Languages of phrases and bodies, with `q` (RFC 3261 §20.3)."""
    accept_contact = Every("accept-contact", Parameterised.parse)
    """What the phone that is reached should be like: value `*`, features as parameters (RFC 3841 §9.2)."""
    security_client = Every("security-client", Parameterised.parse)
    """Security mechanisms that the client has (RFC 3329 §2.2)."""
    security_server = Every("security-server", Parameterised.parse)
    """Security mechanisms that the server has (RFC 3329 §2.2)."""
    security_verify = Every("security-verify", Parameterised.parse)
    """Security mechanisms that the client was told by the server (RFC 3329 §2.2)."""

    # ---- who is asking: one challenge or one set of credentials a line

    www_authenticate = Every("www-authenticate", Challenge.parse)
    """The challenges of a registrar, a redirect server or a user agent (RFC 3261 §20.44)."""
    proxy_authenticate = Every("proxy-authenticate", Challenge.parse)
    """The challenges of proxies (RFC 3261 §20.27)."""
    authorization = Every("authorization", Credentials.parse)
    """The credentials for whoever the request is for (RFC 3261 §20.7)."""
    proxy_authorization = Every("proxy-authorization", Credentials.parse)
    """The credentials for the proxies on the way (RFC 3261 §20.28)."""
    authentication_info = One("authentication-info", AuthenticationInfo.parse)
    """What a server says to a client that it let in (RFC 3261 §20.6)."""

    # ---- events

    event = One("event", Parameterised.parse)
    """The event package, with `id` (RFC 6665 §8.2.1)."""
    subscription_state = One("subscription-state", Parameterised.parse)
    """active, pending or terminated, with `expires`, `reason`, `retry-after` (RFC 6665 §8.2.3)."""

    sip_etag = One("sip-etag", str)
    """What names the state that a server has taken by PUBLISH (RFC 3903 §11.3.1)."""
    sip_if_match = One("sip-if-match", str)
    """The state that a PUBLISH refreshes, changes or removes (RFC 3903 §11.3.2)."""
    refer_sub = One("refer-sub", str)
    """Whether a REFER makes a subscription: true or false (RFC 4488 §4)."""
    referred_by = One("referred-by", NameAddr.parse)
    """Who has referred the sender here (RFC 3892 §3)."""

    info_package = One("info-package", Parameterised.parse)
    """What an INFO is about (RFC 6086 §7.2)."""
    recv_info = Words("recv-info")
    """The packages of INFO that the sender takes (RFC 6086 §7.3)."""

    # ---- for people, and about the sender

    subject = One("subject", str)
    """What the call is about (RFC 3261 §20.36)."""
    priority = One("priority", priority)
    """How urgent it is to the caller, in lower case (RFC 3261 §20.26)."""
    organization = One("organization", str)
    """Who the sender belongs to (RFC 3261 §20.25)."""
    user_agent = One("user-agent", str)
    """The software of the user agent that made the message (RFC 3261 §20.41)."""
    server = One("server", str)
    """The software of the server that answers (RFC 3261 §20.35)."""
    warning = Every("warning", WarningValue.parse)
    """What went wrong, beside the status code (RFC 3261 §20.43)."""
    reasons = Every("reason", Parameterised.parse)
    """Why this is sent: the value a protocol, `cause` and `text` its parameters (RFC 3326 §2)."""
    alert_info = Every("alert-info", NameAddr.parse)
    """Other sounds to ring with (RFC 3261 §20.4)."""
    call_info = Every("call-info", NameAddr.parse)
    """Pictures, cards and pages about the other end, by `purpose` (RFC 3261 §20.9)."""
    error_info = Every("error-info", NameAddr.parse)
    """Where there is more about a failure (RFC 3261 §20.18)."""
    in_reply_to = Every("in-reply-to", call_id)
    """The Call-IDs of calls that this one returns (RFC 3261 §20.21)."""
    p_access_network_info = Every("p-access-network-info", Parameterised.parse)
    """The radio or line that the sender is on (RFC 7315 §4.4)."""
