"""The server that requests go through: an outbound proxy, or one that a server passes on to (RFC 3261 §8.1.2)."""

from __future__ import annotations

from sipsim.elements.element import Element
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import loose
from sipsim.protocol.location import as_uri
from sipsim.protocol.options import Option, one_of


class Through(Option["Uri | None"]):
    """An option that is such a server: given as an element or a URI, kept as the URI of its Route; None for none."""

    def __init__(self) -> None:
        super().__init__(routing_uri)

    def __set__(self, owner: object, server: Element | str | Uri | None) -> None:
        vars(owner)[self._name] = None if server is None else routing_uri(self._name, server)


def routing_uri(name: str, server: Element | str | Uri) -> Uri:
    """The URI of a server for a Route header field, with `lr` (§19.1.1); `name` is the option that it was given as."""
    uri = Uri.parse(f"sip:{server.host_port}") if isinstance(server, Element) else as_uri(name, server)
    one_of(f"scheme of {name}", uri.scheme, SIP_SCHEMES)
    return loose(uri)
