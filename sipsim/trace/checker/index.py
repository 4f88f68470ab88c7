"""What the rules look things up in: transactions, forwarded copies and dialogs of one trace, put together once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import inf

from sipsim.errors import UsageError
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.matching import COOKIE
from sipsim.protocol.timing import UNITS, Timing
from sipsim.trace.checker.conversations import Dialog, Transaction, arrivals
from sipsim.trace.checker.hops import Arrival, Hop, hops_of
from sipsim.trace.columns import STATE
from sipsim.trace.trace import Trace

EPSILON = 2e-6
"""Seconds: instants are whole microseconds, and their differences floats."""

Key = tuple[object, ...]


class Index:
    """A trace, ready for the rules."""

    def __init__(
        self, trace: Trace, tolerance: float | None = None, passwords: Mapping[str, str] | None = None
    ) -> None:
        header = trace.header
        self.passwords = dict(passwords or {})
        self.captured = any(element.get("kind") == "host" for element in header["elements"])
        self.timing = timing_of(trace)
        self.patience = UNITS * self.timing.t1
        self.end = trace[len(trace)].time if len(trace) else 0.0
        self._tolerance = 0.0 if tolerance is None and not self.captured and not header.get("live") else tolerance
        faults = [record for record in trace.select("fault") if record.data.get("what") == "crash"]
        self._crashes = [(record.element, record.time) for record in faults]
        self._damaged: dict[Key, Hop] = {}  # by receiver, Call-ID and method or status; without those if altered
        self.hops, slow = hops_of(trace, self.captured)
        readable = _undamaged(self.hops)
        self.whole = len(readable) == len(self.hops)  # whether no message was damaged, or could not be read
        self.requests = [hop for hop in readable if not hop.status]
        self.responses = [hop for hop in readable if hop.status]
        self._trace_forwarding(readable)
        self._trace_damage()
        stateless = {str(one["name"]) for one in header["elements"] if one.get("kind") == "stateless proxy"}
        self._relays = _relays(readable) | stateless
        self._watched = set() if self.captured else {str(element["name"]) for element in header["elements"]}
        self._watched -= self._relays | (slow if STATE not in trace.columns.kinds else set())
        self.transactions: list[Transaction] = []
        self.loose_acks: list[Hop] = []
        self.of: dict[Hop, Transaction] = {}
        self._by_branch: dict[Key, list[Transaction]] = defaultdict(list)
        self._acks: dict[Key, list[Hop]] = defaultdict(list)
        self._put_together(readable)
        self.invites = [transaction for transaction in self.transactions if transaction.method == "INVITE"]
        self.dialogs: dict[tuple[str, str, str], Dialog] = {}
        self._find_dialogs()

    # ---- what is known, and how exactly

    def watched(self, element: str) -> bool:
        """Whether all that this element got and sent is in the trace, and it owes others responses and repetitions."""
        return element in self._watched

    def repeats(self, element: str) -> bool:
        """Whether an element repeats by its own timers, and not what others repeat."""
        return element not in self._relays

    def crashed(self, element: str, since: float = 0.0) -> bool:
        """Whether an element lost its memory, from then on."""
        return any(who == element and time >= since for who, time in self._crashes)

    def steady(self, element: str, since: float = 0.0) -> bool:
        """Whether an element is watched and remembers: what it should have done can be told."""
        return element in self._watched and not self.crashed(element, since)

    def slack(self, interval: float) -> float:
        """The seconds by which a span of time may be off."""
        return (max(0.05, 0.1 * interval) if self._tolerance is None else self._tolerance) + EPSILON

    def over(self, time: float) -> bool:
        """Whether the trace goes on beyond this instant."""
        return self.end > time + EPSILON

    def about(self, one: float, other: float, interval: float = 0.0) -> bool:
        """Whether two instants are the same but for the tolerance of an interval."""
        return abs(one - other) <= self.slack(interval)

    def forgotten(self, transaction: Transaction) -> float:
        """When a server has let go of a transaction: what comes later begins another one (§17.2)."""
        final = min((hop.time for hop in transaction.finals or transaction.sent(200)), default=inf)
        refused = transaction.method == "INVITE" and not transaction.sent(200, 299)
        if transaction.method != "INVITE" and transaction.branches:
            began = transaction.branches[0].first.time
            final = began if final > began + self.patience else final  # given up, without a 408 (RFC 4320 §4.2)
        acked = transaction.acked[0].time if refused and transaction.acked else inf
        return min(final + self.patience, acked + self.timing.t4)

    def anew(self, transaction: Transaction) -> float:
        """When a copy of the request came to a server that had let go of the transaction, infinity if none did."""
        forgotten = self.forgotten(transaction)
        return min((arrival.time for arrival in transaction.taken if arrival.time >= forgotten), default=inf)

    def acks_of(self, hop: Hop) -> list[Hop]:
        """The ACKs for a 2xx that the receiver of this 2xx sent."""
        return [ack for ack in self._acks[hop.call_id, hop.to_tag, hop.cseq.number] if ack.sender == hop.receiver]

    def acked(self, hop: Hop) -> list[Arrival]:
        """The ACKs for a 2xx that came to the sender of this 2xx."""
        acks = self._acks[hop.call_id, hop.to_tag, hop.cseq.number]
        return arrivals([ack for ack in acks if ack.receiver == hop.sender])

    def dialog_of(self, hop: Hop) -> Dialog | None:
        """The dialog that a message says it is in."""
        caller, callee = hop.from_tag, hop.to_tag
        return self.dialogs.get((hop.call_id, caller, callee)) or self.dialogs.get((hop.call_id, callee, caller))

    def sharing_branch(self, transaction: Transaction) -> list[Transaction]:
        """The transactions of the same client with the same branch: an INVITE, and what cancels it."""
        return self._by_branch[transaction.client, *transaction.first.path[0]]

    def invite_of(self, cancel: Transaction) -> Transaction | None:
        """The INVITE that the server of a CANCEL takes it to be about (§9.2)."""
        found = [one for one in self.sharing_branch(cancel) if one.method == "INVITE" and one.server == cancel.server]
        return found[0] if found else None

    def answers_unreadable(self, message: Response, element: str) -> bool:
        """Whether an element says this to a request that could not be read: then the Via is none of its making."""
        method = (message.header("CSeq") or "").rpartition(" ")[2]
        return (element, message.header("Call-ID"), method) in self._damaged

    # ---- putting it together

    def _trace_forwarding(self, readable: list[Hop]) -> None:
        """Find for each message that passed a proxy the one that the proxy got."""
        first: dict[Key, Hop] = {}
        for hop in self.hops:
            copied = first.setdefault((hop.sender, hop.destination, hop.raw), hop)
            hop.copy_of = None if copied is hop else copied
        got: dict[Key, list[Arrival]] = defaultdict(list)
        for arrival in arrivals(readable):
            got[_key(arrival.hop, arrival.hop.receiver, arrival.hop.path[bool(arrival.hop.status) :])].append(arrival)
        for hop in readable:
            path = hop.path if hop.status else hop.path[1:]
            before = got.get(_key(hop, hop.sender, path), ()) if path else ()
            hop.upstream = next((arrival.hop for arrival in before if arrival.time <= hop.time), None)

    def _trace_damage(self) -> None:
        """Find for each message whose faults its sender did not make the damaged one of the same call that it got.

        What was altered on the way may leave its traces in all that follows; what was made unreadable is passed on.
        """
        damaged = self._damaged
        for hop in self.hops:
            if (message := hop.message) is None:
                continue
            call = message.header("Call-ID") or ""
            kind = message.method if isinstance(message, Request) else hop.status
            passed_on = None if hop.readable else damaged.get((hop.sender, call, kind))
            if (cause := damaged.get((hop.sender, call))) is not None:
                damaged.setdefault((hop.receiver, call), cause)
            hop.upstream = hop.upstream or cause or passed_on
            if not hop.readable:
                damaged.setdefault((hop.receiver, call, kind), hop)
            for torn in hop.torn:
                damaged.setdefault((hop.receiver, torn), hop)

    def _put_together(self, readable: list[Hop]) -> None:
        """Sort the messages into transactions: by the ends, the top Via and the method (RFC 3261 §17.1.3, §17.2.3)."""
        known: dict[Key, Transaction] = {}
        for hop in readable:
            if hop.status:
                key = (hop.receiver, hop.sender, *_hop_key(hop), hop.method)
                found = known.get(key) or (known.get(key[:-1]) if hop.method not in ("INVITE", "CANCEL") else None)
                if found:
                    found.answers.append(hop)
            elif hop.method == "ACK":
                found = known.get((hop.sender, hop.receiver, *_hop_key(hop), "INVITE"))
                (found.acks if found else self.loose_acks).append(hop)
            else:
                found = self._begin_or_repeat(hop, known)
            if found:
                self.of[hop] = found
        for transaction in self.transactions:
            upstream = transaction.first.upstream
            if upstream in self.of:
                self.of[upstream].branches.append(transaction)
        for hop in [*self.loose_acks, *(ack for transaction in self.transactions for ack in transaction.acks)]:
            self._acks[hop.call_id, hop.to_tag, hop.cseq.number].append(hop)

    def _begin_or_repeat(self, hop: Hop, known: dict[Key, Transaction]) -> Transaction:
        key = (hop.sender, hop.receiver, *_hop_key(hop), hop.method)
        found = known.get(key)
        if found is None or (found.first.call_id, found.first.cseq) != (hop.call_id, hop.cseq):
            found = known[key] = known[key[:-1]] = Transaction(hop.method, hop.sender, hop.receiver)
            self.transactions.append(found)
            self._by_branch[hop.sender, *hop.path[0]].append(found)
        found.requests.append(hop)
        return found

    def _find_dialogs(self) -> None:
        for leg in self.invites:
            for hop in leg.sent(101, 299) if not leg.first.to_tag else ():
                key = (hop.call_id, hop.from_tag, hop.to_tag)
                if hop.to_tag:
                    self._note_leg(self.dialogs.setdefault(key, Dialog(*key)), leg, hop)
        for hop in [*self.requests, *self.responses]:
            if hop.to_tag and (dialog := self.dialog_of(hop)) is not None:
                self._note_member(dialog, hop)
        for transaction in self.transactions:
            if transaction.first.to_tag and (dialog := self.dialog_of(transaction.first)) is not None:
                dialog.inside.append(transaction)

    def _note_leg(self, dialog: Dialog, leg: Transaction, answer: Hop) -> None:
        """What each end learns from the INVITE and the response that made the dialog (§12.1.1, §12.1.2)."""
        if leg not in dialog.legs:
            dialog.legs.append(leg)
        if leg.first.own:
            dialog.route_sets[leg.client].append([route.uri for route in reversed(answer.record_routes)])
        if answer.own:
            dialog.route_sets[leg.server].append([route.uri for route in leg.first.record_routes])
            dialog.targets[leg.server] += _target(leg.first)

    def _note_member(self, dialog: Dialog, hop: Hop) -> None:
        """A message in the dialog may name a new target (§12.2); it is known where it arrived."""
        dialog.targets[hop.receiver] += _target(hop)
        if not hop.status and hop.own and hop.copy_of is None:
            dialog.requests.append(hop)


def timing_of(trace: Trace) -> Timing:
    """T1, T2 and T4 of a run, as its header has them; what makes no sense there counts as not said."""
    said: dict[str, float] = {}
    for part in (trace.header.get("parameters"), trace.header.get("timers")):
        said |= {name: part[name] for name in ("t1", "t2", "t4") if name in part} if isinstance(part, dict) else {}
    try:
        return Timing(**said)
    except UsageError:
        return Timing()


def _undamaged(hops: list[Hop]) -> list[Hop]:
    """The messages that can be read, without the calls in which one was altered on the way."""
    calls = {call for hop in hops for call in hop.torn}
    calls |= {hop.call_id for hop in hops if hop.torn and hop.readable}
    return [hop for hop in hops if hop.readable and hop.call_id not in calls]


def _relays(hops: list[Hop]) -> set[str]:
    """The elements that never say a word of their own: proxies without state, which owe nobody anything (§16.11)."""
    return {hop.sender for hop in hops} - {hop.sender for hop in hops if hop.upstream is None}


def _target(hop: Hop) -> list[Uri]:
    """Where a message says that its sender is to be found in the dialog."""
    return [contact.uri for contact in hop.contacts[:1] if isinstance(contact, NameAddr)]


def _key(hop: Hop, element: str, path: object) -> Key:
    """What a message and its forwarded copy have in common, and where."""
    return element, hop.call_id, hop.cseq, hop.method, hop.status, hop.to_tag if hop.status else "", path


def _hop_key(hop: Hop) -> Key:
    """The top Via; without the magic cookie in it Call-ID and CSeq say more (§17.2.3)."""
    top = hop.path[0]
    return top if top[0].startswith(COOKIE) else (*top, hop.call_id, hop.cseq.number)
