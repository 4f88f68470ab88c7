"""How long the SIP service of a device waits for what, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Timers:
    """The times of a device; `context.timers` may be changed before a profile is opened.

    `registration` is how long a REGISTER waits for its answer until the listener hears of a timeout, `cancel` and
    `end_call` the same for CANCEL and BYE, `keep_alive` the pause between OPTIONS in a call of a profile that keeps
    alive. An automatic registration asks for `expiry`, is renewed half-way but not before `renewal`, and is tried
    again after `backoff`, then twice that, and so on up to the expiry.
    """

    registration: float = 5.0
    cancel: float = 3.0
    end_call: float = 3.0
    keep_alive: float = 10.0
    expiry: int = 3600
    renewal: float = 60.0
    backoff: float = 10.0
