"""A proxy that wants to hear of calls from time to time: it asks for session timers, long ones too (RFC 4028 §8)."""

from __future__ import annotations

from typing import Any

from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.proxy import Proxy
from sipsim.message.message import Request, Response
from sipsim.protocol.options import whole, whole_or_none
from sipsim.protocol.session_timers import LEAST, TAG, too_small


class TimingProxy(Proxy):
    """`session_expires` are the seconds that it asks for where the caller asks for none, or for more.

    `min_se` are those that it insists on: less is refused with 422, or raised for a caller that knows no timers.
    """

    def __init__(self, *args: Any, session_expires: int | None = None, min_se: int = LEAST, **options: Any) -> None:
        whole_or_none("session_expires", session_expires, LEAST)
        whole("min_se", min_se, LEAST)
        super().__init__(*args, **options)
        self.session_expires = session_expires
        self.min_se = min_se
        self._timed: dict[tuple[str, int, str], str] = {}  # what went on of requests whose senders know timers

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method not in ("INVITE", "UPDATE"):
            super().on_request(exchange, request)
            return
        refusal = too_small(request, self.min_se)
        if refusal is not None:
            refuse(self, exchange, refusal._replace(rfc="RFC 4028 §8.1"))
        else:
            super().on_request(exchange, self._timing(request))

    def _timing(self, request: Request) -> Request:
        """The request as it goes on (§8.1)."""
        wanted = request.session_expires if "session-expires" in request.names else None
        least = request.min_se or 0 if "min-se" in request.names else 0
        time, own = wanted.seconds if wanted is not None else None, self.session_expires
        if time is not None and time < self.min_se:
            request, least, time = request.with_header("Min-SE", str(self.min_se)), self.min_se, self.min_se
        elif own is not None and (time is None or time > own):
            time = max(own, least)
        if time is None:
            return request
        changed = f"{time};refresher={wanted.refresher}" if wanted is not None and wanted.refresher else f"{time}"
        if TAG in request.supported:
            self._timed[request.call_id, request.cseq.number, request.method] = changed
        if wanted is None or time != wanted.seconds:
            request = request.with_header("Session-Expires", changed)
        return request

    def upstream(self, response: Response) -> Response:
        """A 2xx of a server that knows no timers tells the caller to refresh (§8.2)."""
        response = super().upstream(response)
        if response.status < 200 or response.cseq.method not in ("INVITE", "UPDATE"):
            return response
        time = self._timed.pop((response.call_id, response.cseq.number, response.cseq.method), None)
        if time is None or response.status >= 300 or "session-expires" in response.names:
            return response
        known = [*response.require, TAG]
        response = response.with_header("Session-Expires", f"{time.partition(';')[0]};refresher=uac")
        return response.with_header("Require", ", ".join(dict.fromkeys(known)))

    def lose_state(self) -> None:
        super().lose_state()
        self._timed.clear()
