"""Stand-ins for intents: what the system sends round, what waits to be sent, and who receives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.apis.android.errors import CanceledException, required

if TYPE_CHECKING:
    from sipsim.apis.android.context import Context


class Intent:
    """A message within the device: an action, and texts by name."""

    FILL_IN_ACTION = 1
    FILL_IN_DATA = 2

    def __init__(self, action: str | None = None) -> None:
        self._action = action
        self._extras: dict[str, str] = {}

    def __str__(self) -> str:
        return f"Intent({self._action})"

    def setAction(self, action: str | None) -> Intent:
        self._action = action
        return self

    def getAction(self) -> str | None:
        return self._action

    def putExtra(self, name: str, value: str) -> Intent:
        self._extras[name] = value
        return self

    def getStringExtra(self, name: str) -> str | None:
        """The text of this name, None without one."""
        return self._extras.get(name)

    def filledIn(self, more: Intent | None) -> Intent:
        """A copy with another intent's texts, and its action where this one has none."""
        made = Intent(self._action)
        made._extras.update(self._extras)
        if more is not None:
            made._action = made._action or more._action
            made._extras.update(more._extras)
        return made


class IntentFilter:
    """Which actions somebody wants to hear of."""

    def __init__(self, action: str | None = None) -> None:
        self._actions: list[str] = [] if action is None else [action]

    def addAction(self, action: str) -> None:
        self._actions.append(action)

    def hasAction(self, action: str | None) -> bool:
        return action in self._actions


class BroadcastReceiver:
    """Whoever is called when an intent comes: a subclass says what happens in `onReceive`."""

    def onReceive(self, context: Context, intent: Intent) -> None:
        raise NotImplementedError


class PendingIntent:
    """An intent that somebody else will send, for the application: `PendingIntent.getBroadcast(...)`."""

    def __init__(self, context: Context, requestCode: int, intent: Intent, flags: int = 0) -> None:
        required("intent", intent, Intent)
        required("context", context)
        self._context = context
        self.requestCode = requestCode
        self._intent = intent
        self.flags = flags
        self._canceled = False

    def __str__(self) -> str:
        return f"PendingIntent({self._intent.getAction()})"

    @staticmethod
    def getBroadcast(context: Context, requestCode: int, intent: Intent, flags: int = 0) -> PendingIntent:
        """One that goes to all receivers whose filter lets it through."""
        return PendingIntent(context, requestCode, intent, flags)

    def send(self, context: Context | None = None, code: int = 0, intent: Intent | None = None) -> None:
        """Send it, filled in with another one; `CanceledException` after `cancel()`."""
        if self._canceled:
            raise CanceledException(f"{self} was cancelled")
        (context or self._context).sendBroadcast(self._intent.filledIn(intent), resultCode=code)

    def cancel(self) -> None:
        """Let nobody send it any more."""
        self._canceled = True
