"""What a call tells an application."""

from __future__ import annotations

from typing import Any


class CallCallback:
    """Derive from it, and give it to `Account.make_call` or `Call.set_callback`, which set `call`."""

    def __init__(self, call: Any = None) -> None:
        self._set_call(call)

    def _set_call(self, call: Any) -> None:
        self.call = call

    def on_state(self) -> None:
        """The call has got further: `call.info().state`."""

    def on_media_state(self) -> None:
        """Media have begun, stopped, or changed: `call.info().media_state`."""

    def on_dtmf_digit(self, digits: str) -> None:
        """Keys that were pressed at the other end."""

    def on_transfer_request(self, dst: str, code: int) -> int:
        """The other end wants us to call somebody else; the status to answer, 300 and above for no."""
        return code

    def on_transfer_status(self, code: int, reason: str, final: bool, cont: bool) -> bool:
        """How a transfer goes that we have asked for; false for: tell no more."""
        return cont

    def on_replace_request(self, code: int, reason: str) -> tuple[int, str]:
        """Another call wants to take the place of this one; status and reason to answer, 300 and above for no."""
        return code, reason

    def on_replaced(self, new_call: Any) -> None:
        """Another call takes the place of this one, which ends now."""

    def on_pager(self, mime_type: str, body: str) -> None:
        """An instant message has come in the call."""

    def on_pager_status(self, body: str, im_id: Any, code: int, reason: str) -> None:
        """What became of an instant message of ours in the call."""

    def on_typing(self, is_typing: bool) -> None:
        """The other end types, or stops."""
