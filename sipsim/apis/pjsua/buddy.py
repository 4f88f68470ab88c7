"""A buddy: somebody to write to, and to know about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.apis.pjsua.constants import PresenceActivity, SubscriptionState
from sipsim.apis.pjsua.error import Error, reported, unsupported
from sipsim.message.uri import Uri

if TYPE_CHECKING:
    from sipsim.apis.pjsua.account import Account


class BuddyInfo(NamedTuple):
    """What is known of a buddy."""

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
        self.set_callback(cb)

    def __str__(self) -> str:
        return f"{{Buddy {self._text}}}"

    def info(self) -> BuddyInfo:
        """What is known."""
        return BuddyInfo(self._text)

    def set_callback(self, cb: BuddyCallback | None) -> None:
        """Tell this object from now on; its `buddy` becomes this buddy."""
        self.callback = cb if cb is not None else BuddyCallback()
        self.callback._set_buddy(self)

    def subscribe(self) -> None:
        """Ask to be told about presence."""
        raise unsupported("subscribe()", self, "presence is not served yet")

    def unsubscribe(self) -> None:
        """Ask to be told no more."""
        raise unsupported("unsubscribe()", self, "presence is not served yet")

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
        with account.lane.calling("send_pager", self._text):
            if hdr_list:
                raise unsupported("send_pager()", self, "it takes no header fields of its own")
            with reported("send_pager()", self):
                outcome = account.phone.message(self.uri, text, content_type)

            def tell(answer: Any) -> None:
                account.back(self.callback.on_pager_status, text, im_id, answer.status, answer.reason)

            account.lane.follow(outcome, tell, tell)

    def send_typing_ind(self, is_typing: bool = True, hdr_list: Iterable[tuple[str, str]] | None = None) -> None:
        """Not to be had: phones here read plain text only."""
        raise unsupported("send_typing_ind()", self, "typing is not told (RFC 3994 is not spoken here)")
