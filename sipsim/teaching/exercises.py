"""The exercises of the lessons by name: each reads from the trace of what the learner ran how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sipsim.teaching.tasks.dialogs_and_record_route import dialogs_and_record_route
from sipsim.teaching.tasks.digest import digest
from sipsim.teaching.tasks.events_and_messages import events_and_messages
from sipsim.teaching.tasks.failures_and_response_codes import failures_and_response_codes
from sipsim.teaching.tasks.first_call import first_call
from sipsim.teaching.tasks.forking import forking
from sipsim.teaching.tasks.modifying_and_holding import modifying_and_holding
from sipsim.teaching.tasks.panel import panel
from sipsim.teaching.tasks.proxies_and_via import proxies_and_via
from sipsim.teaching.tasks.registration import registration
from sipsim.teaching.tasks.sdp_and_media import sdp_and_media
from sipsim.teaching.tasks.three_apis import three_apis
from sipsim.teaching.tasks.touch_it import touch_it
from sipsim.teaching.tasks.transactions import transactions
from sipsim.teaching.tasks.transfer import transfer
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace

EXERCISES: dict[str, Callable[[Trace], Iterator[Step]]] = {
    "first-call": first_call,
    "touch-it": touch_it,
    "registration": registration,
    "transactions": transactions,
    "proxies-and-via": proxies_and_via,
    "dialogs-and-record-route": dialogs_and_record_route,
    "forking": forking,
    "digest": digest,
    "failures-and-response-codes": failures_and_response_codes,
    "panel": panel,
    "sdp-and-media": sdp_and_media,
    "modifying-and-holding": modifying_and_holding,
    "events-and-messages": events_and_messages,
    "transfer": transfer,
    "three-apis": three_apis,
}
