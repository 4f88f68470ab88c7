"""What belongs together in a trace: the messages of one transaction, the requests and ends of one dialog."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from math import inf

from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import is_loose
from sipsim.protocol.matching import stateless_tag
from sipsim.trace.checker.hops import Arrival, Hop


class Transaction:
    """A request that one element sent to another, what was sent again, its ACKs, and the answers (RFC 3261 §17).

    `acks` are those of the transaction itself, for a final response above 299. `branches` are the transactions by which
    the server forwards the request.
    """

    def __init__(self, method: str, client: str, server: str) -> None:
        self.method, self.client, self.server = method, client, server
        self.requests: list[Hop] = []
        self.acks: list[Hop] = []
        self.answers: list[Hop] = []
        self.branches: list[Transaction] = []

    def __repr__(self) -> str:
        return f"<{self.requests[0] if self.requests else self.method}, answers {self.answers}>"

    @property
    def first(self) -> Hop:
        """The first copy of the request."""
        return self.requests[0]

    def sent(self, low: int = 100, high: int = 699) -> list[Hop]:
        """The responses that the server sent, those with a status from `low` to `high`."""
        return [hop for hop in self.answers if low <= hop.status <= high]

    def heard(self, low: int = 100, high: int = 699) -> list[Arrival]:
        """The responses that the client got and took for its own by their CSeq's method, in that order (§17.1.3)."""
        return [arrival for arrival in self._heard if low <= arrival.hop.status <= high]

    @cached_property
    def _heard(self) -> list[Arrival]:
        return arrivals([hop for hop in self.answers if hop.method == self.method])

    @cached_property
    def taken(self) -> list[Arrival]:
        """The copies of the request that the server got, in that order."""
        return arrivals(self.requests)

    @cached_property
    def finals(self) -> list[Hop]:
        """The final responses that the server sent and remembers."""
        return [hop for hop in self.sent(200) if not self.without_state(hop)]

    def without_state(self, answer: Hop) -> bool:
        """Whether a server that had no room turned this away, and remembers nothing of it (§8.2.7, §21.5.4).

        In a dialog, where the To tag does not tell, every 503 may be one of that kind.
        """
        asked, said = self.first.message, answer.message
        if answer.status != 503 or not isinstance(asked, Request) or said is None or not answer.readable:
            return False
        return bool(asked.to_tag) or said.to_tag == stateless_tag(asked)

    @cached_property
    def acked(self) -> list[Arrival]:
        """The ACKs that the server got, in that order."""
        return arrivals(self.acks)


class Dialog:
    """What one INVITE and one To tag made.

    `legs` are the transactions of that INVITE, hop by hop, `inside` those of later requests. `requests` are the first
    copies of the requests that the two ends made in it.
    """

    def __init__(self, call_id: str, caller_tag: str, callee_tag: str) -> None:
        self.call_id, self.caller_tag, self.callee_tag = call_id, caller_tag, callee_tag
        self.legs: list[Transaction] = []
        self.inside: list[Transaction] = []
        self.requests: list[Hop] = []
        self.targets: dict[str, list[Uri]] = defaultdict(list)  # by element: where its peer said to be
        self.route_sets: dict[str, list[list[Uri]]] = defaultdict(list)  # by element, nearest proxy first

    @cached_property
    def caller_leg(self) -> Transaction | None:
        """The transaction in which the caller itself sent the INVITE."""
        return next((leg for leg in self.legs if leg.first.own), None)

    @cached_property
    def callee_leg(self) -> Transaction | None:
        """The transaction in which the callee itself answered the INVITE."""
        return next((leg for leg in self.legs if any(hop.own for hop in self.accepting(leg))), None)

    def accepting(self, leg: Transaction, low: int = 101) -> list[Hop]:
        """The responses on a leg that made this dialog, from status `low` on."""
        return [hop for hop in leg.sent(low, 299) if hop.to_tag == self.callee_tag]

    def by(self, tag: str) -> list[Hop]:
        """The requests that one end, known by its tag, made in this dialog."""
        return [hop for hop in self.requests if hop.from_tag == tag]


def arrivals(hops: list[Hop]) -> list[Arrival]:
    """All arrivals of these messages, in the order in which the receivers got to them."""
    return sorted([arrival for hop in hops for arrival in hop.arrivals], key=lambda arrival: arrival.time)


def same_path(hop: Hop, targets: list[Uri], route_sets: list[list[Uri]]) -> bool:
    """Whether a request goes to one of these targets along one of these route sets (§12.2.1.1)."""
    routes = [str(route.uri) for route in hop.routes]
    for route_set in route_sets:
        for target in targets:
            uri, rest = target, route_set
            if route_set and not is_loose(route_set[0]):
                uri, rest = route_set[0], [*route_set[1:], target]
            if routes == [str(route) for route in rest] and uri.matches(hop.get("uri", uri)):
                return True
    return False


def same_routes(hop: Hop, route_sets: list[list[Uri]]) -> bool:
    """Whether a request has one of these route sets; where the first router is a strict one, that can't be told."""
    routes = [str(route.uri) for route in hop.routes]
    strict = any(route_set and not is_loose(route_set[0]) for route_set in route_sets)
    return strict or routes in [[str(route) for route in route_set] for route_set in route_sets]


def first_time(found: list[Arrival]) -> float:
    """When the first of these arrived, infinity where none did."""
    return found[0].time if found else inf
