"""The constants of pjsua, as classes of numbers with the original's names and values."""

from __future__ import annotations


class TransportType:
    """The kinds of transport; IPV6 is a flag on top of one."""

    UNSPECIFIED = 0
    UDP = 1
    TCP = 2
    TLS = 3
    IPV6 = 128
    UDP_IPV6 = UDP + IPV6
    TCP_IPV6 = TCP + IPV6


class TransportFlag:
    """What a transport is like."""

    RELIABLE = 1
    SECURE = 2
    DATAGRAM = 4


class CallRole:
    """Who placed the call."""

    CALLER = 0
    CALLEE = 1


class CallState:
    """How far a call has come: INVITE, provisional response, 2xx, ACK, the end."""

    NULL = 0
    CALLING = 1
    INCOMING = 2
    EARLY = 3
    CONNECTING = 4
    CONFIRMED = 5
    DISCONNECTED = 6


STATE_TEXTS = ("NULL", "CALLING", "INCOMING", "EARLY", "CONNECTING", "CONFIRMED", "DISCONNCTD")
"""What `CallInfo.state_text` says of each state; the last one is cut short in the original too."""


class MediaState:
    """Whether media flow, and who holds the call if they don't."""

    NULL = 0
    ACTIVE = 1
    LOCAL_HOLD = 2
    REMOTE_HOLD = 3
    ERROR = 4


class MediaDir:
    """Which way media flow: ENCODING is what this end sends, DECODING what it hears."""

    NULL = 0
    ENCODING = 1
    DECODING = 2
    ENCODING_DECODING = 3


class PresenceActivity:
    """What somebody is busy with."""

    UNKNOWN = 0
    AWAY = 1
    BUSY = 2


class SubscriptionState:
    """How far a subscription to somebody's presence has come."""

    NULL = 0
    SENT = 1
    ACCEPTED = 2
    PENDING = 3
    ACTIVE = 4
    TERMINATED = 5
    UNKNOWN = 6


class TURNConnType:
    """How a TURN server is reached; there is none here, the names are for programs that mention them."""

    UDP = 17
    TCP = 6
    TLS = 255
