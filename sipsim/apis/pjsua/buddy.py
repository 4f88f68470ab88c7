"""A buddy: somebody to write to, and to know about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.apis.pjsua.constants import PresenceActivity, SubscriptionState
from sipsim.apis.pjsua.error import Error, expect, reported, unsupported
from sipsim.message.presence import Presence
from sipsim.message.uri import Uri

if TYPE_CHECKING:
    from sipsim.apis.pjsua.account import Account
    from sipsim.elements.events.subscription import Subscription


STATES = {
    "notify_wait": SubscriptionState.SENT,
    "pending": SubscriptionState.PENDING,
    "active": SubscriptionState.ACTIVE,
    "terminated": SubscriptionState.TERMINATED,
}
ACTIVITIES = {"Away": PresenceActivity.AWAY, "Busy": PresenceActivity.BUSY}


class BuddyInfo(NamedTuple):
    """What is known of a buddy; `online_status` is 1 for online, 2 for offline, 0 as long as nobody has said."""

    uri: str
    contact: str = ""
    online_status: int = 0
    online_text: str = ""
    activity: int = PresenceActivity.UNKNOWN
    subscribed: bool = False
    sub_state: int = SubscriptionState.NULL
    sub_term_reason: str = ""


class BuddyCallback:
    """What is told of a buddy; derive from it, and give it to `Account.add_buddy`, which sets `buddy`."""

    def __init__(self, buddy: Any = None) -> None:
        self._set_buddy(buddy)

    def _set_buddy(self, buddy: Any) -> None:
        self.buddy = buddy

    def on_state(self) -> None:
        """The buddy's presence has changed."""

    def on_pager(self, mime_type: str, body: str) -> None:
        """An instant message has come from the buddy."""

    def on_pager_status(self, body: str, im_id: Any, code: int, reason: str) -> None:
        """What became of an instant message of ours."""

    def on_typing(self, is_typing: bool) -> None:
        """The buddy types, or stops."""


class Buddy:
    """Somebody whom an account knows; made by `Account.add_buddy`."""

    def __init__(self, account: Account, text: str, uri: Uri, cb: BuddyCallback | None) -> None:
        self.account = account
        self.uri = uri
        self._text = text
        self._subscription: Subscription | None = None
        self._told = BuddyInfo(text)
        self.set_callback(cb)

    def __str__(self) -> str:
        return f"{{Buddy {self._text}}}"

    def info(self) -> BuddyInfo:
        """What is known."""
        found = self._subscription
        if found is None:
            return self._told
        state = STATES[found.state]
        standing = found.notices[-1].standing if found.notices else None
        ended = standing.reason if standing is not None and state == SubscriptionState.TERMINATED else ""
        here = found.value
        if not isinstance(here, Presence):
            return BuddyInfo(self._text, subscribed=True, sub_state=state, sub_term_reason=ended or "")
        text = here.notes[0] if here.notes else ("Online" if here.open else "Offline")
        contact = here.tuples[0].contact if here.tuples else ""
        activity = ACTIVITIES.get(text, PresenceActivity.UNKNOWN)
        return BuddyInfo(self._text, contact, 1 if here.open else 2, text, activity, True, state, ended or "")

    def set_callback(self, cb: BuddyCallback | None) -> None:
        """Tell this object from now on; its `buddy` becomes this buddy."""
        expect("set_callback()", self, "cb", cb, BuddyCallback, type(None))
        self.callback = cb if cb is not None else BuddyCallback()
        self.callback._set_buddy(self)

    def subscribe(self) -> None:
        """Ask to be told about presence; `on_state` tells of each change."""
        account = self.account
        account.check("subscribe()")
        with account.lane.calling("subscribe", self._text):
            if self._subscription is None:
                self._subscription = found = account.phone.subscribe(self.uri)
                found.on_notify = self._changed
                account.lane.follow(found.active, self._changed, self._changed)
                account.lane.follow(found.ended, self._changed)

    def unsubscribe(self) -> None:
        """Ask to be told no more."""
        with self.account.lane.calling("unsubscribe", self._text):
            self.leave()

    def leave(self) -> None:
        """What `unsubscribe` does, without being a call of the API."""
        if self._subscription is not None:
            self._subscription.unsubscribe()

    def _changed(self, _: object) -> None:
        """Tell the application, where there is something new."""
        info = self.info()
        if info != self._told:
            self._told = info
            self.account.back(self.callback.on_state, text=f"on_state(): {info.online_text or 'unknown'}")
        if info.sub_state == SubscriptionState.TERMINATED:
            self._subscription = None

    def delete(self) -> None:
        """Forget the buddy."""
        if self not in self.account.buddies:
            raise Error("delete()", self, -1, "Invalid buddy")
        self.account.buddies.remove(self)

    def send_pager(
        self, text: str, im_id: Any = 0, content_type: str = "text/plain",
        hdr_list: Iterable[tuple[str, str]] | None = None,
    ) -> None:  # fmt: skip
        """Send an instant message; `on_pager_status` tells what became of it."""
        account = self.account
        account.check("send_pager()")
        with account.lane.calling("send_pager", self._text):
            if hdr_list:
                raise unsupported("send_pager()", self, "it takes no header fields of its own")
            expect("send_pager()", self, "text", text, str)
            expect("send_pager()", self, "content_type", content_type, str)
            with reported("send_pager()", self):
                outcome = account.phone.message(self.uri, text, content_type)

            def tell(answer: Any) -> None:
                account.back(self.callback.on_pager_status, text, im_id, answer.status, answer.reason)

            account.lane.follow(outcome, tell, tell)

    def send_typing_ind(self, is_typing: bool = True, hdr_list: Iterable[tuple[str, str]] | None = None) -> None:
        """Not to be had: phones here read plain text only."""
        raise unsupported("send_typing_ind()", self, "typing is not told (RFC 3994 is not spoken here)")
