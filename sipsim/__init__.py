"""sipsim: run SIP, look at it, break it, and look again.

User agents, proxies, registrars and redirect servers are SimPy processes that exchange real encoded SIP messages, in
simulated time or over live UDP sockets. These are the names that a lesson needs; each loads on first use. The rooms of
the package, from the bottom up: message, protocol, trace, simulation, elements and live, lab, flows, widgets and the
command line; pictures stand beside them and draw traces.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sipsim.elements.agents.registration import Registration as Registration
    from sipsim.elements.agents.user_agent import UserAgent as UserAgent
    from sipsim.elements.calls.call import Call as Call
    from sipsim.elements.element import Element as Element
    from sipsim.elements.servers.proxy import Proxy as Proxy
    from sipsim.elements.servers.redirect_server import RedirectServer as RedirectServer
    from sipsim.elements.servers.registrar import Registrar as Registrar
    from sipsim.elements.telephony.gateway import Gateway as Gateway
    from sipsim.elements.telephony.switch import Switch as Switch
    from sipsim.elements.telephony.telephone import Telephone as Telephone
    from sipsim.errors import CallFailed as CallFailed
    from sipsim.errors import RegistrationFailed as RegistrationFailed
    from sipsim.errors import SipError as SipError
    from sipsim.errors import SipParseError as SipParseError
    from sipsim.errors import Stalled as Stalled
    from sipsim.errors import UsageError as UsageError
    from sipsim.lab.catalogue import catalogue as catalogue
    from sipsim.lab.lab import Lab as Lab
    from sipsim.lab.run import run as run
    from sipsim.lab.scenario import Scenario as Scenario
    from sipsim.lab.scenario import scenario as scenario
    from sipsim.lab.sweep import sweep as sweep
    from sipsim.message.message import Message as Message
    from sipsim.message.message import Request as Request
    from sipsim.message.message import Response as Response
    from sipsim.message.message import parse as parse
    from sipsim.message.sdp import Sdp as Sdp
    from sipsim.message.uri import Uri as Uri
    from sipsim.pictures.charts.registrations import draw_registrations as draw_registrations
    from sipsim.pictures.charts.state_chart import StateChart as StateChart
    from sipsim.pictures.charts.timers import draw_timers as draw_timers
    from sipsim.pictures.charts.topology import draw_topology as draw_topology
    from sipsim.pictures.charts.topology import topology as topology
    from sipsim.pictures.ladder.ladder import Ladder as Ladder
    from sipsim.protocol.location import LocationService as LocationService
    from sipsim.protocol.refreshing import RefreshPolicy as RefreshPolicy
    from sipsim.protocol.timing import Timing as Timing
    from sipsim.simulation.environment import Environment as Environment
    from sipsim.simulation.memory import MemoryNetwork as MemoryNetwork
    from sipsim.trace.files import load as load
    from sipsim.trace.record import Record as Record
    from sipsim.trace.trace import Trace as Trace
    from sipsim.version import __version__ as __version__

_HOME = {
    "elements.calls.call": ("Call",),
    "elements.element": ("Element",),
    "elements.servers.proxy": ("Proxy",),
    "elements.servers.redirect_server": ("RedirectServer",),
    "elements.servers.registrar": ("Registrar",),
    "elements.agents.registration": ("Registration",),
    "elements.agents.user_agent": ("UserAgent",),
    "elements.telephony.gateway": ("Gateway",),
    "elements.telephony.switch": ("Switch",),
    "elements.telephony.telephone": ("Telephone",),
    "errors": ("CallFailed", "RegistrationFailed", "SipError", "SipParseError", "Stalled", "UsageError"),
    "lab.catalogue": ("catalogue",),
    "lab.lab": ("Lab",),
    "lab.run": ("run",),
    "lab.scenario": ("Scenario", "scenario"),
    "lab.sweep": ("sweep",),
    "message.message": ("Message", "Request", "Response", "parse"),
    "message.sdp": ("Sdp",),
    "message.uri": ("Uri",),
    "pictures.charts.registrations": ("draw_registrations",),
    "pictures.charts.state_chart": ("StateChart",),
    "pictures.charts.timers": ("draw_timers",),
    "pictures.charts.topology": ("draw_topology", "topology"),
    "pictures.ladder.ladder": ("Ladder",),
    "protocol.location": ("LocationService",),
    "protocol.refreshing": ("RefreshPolicy",),
    "protocol.timing": ("Timing",),
    "simulation.environment": ("Environment",),
    "simulation.memory": ("MemoryNetwork",),
    "trace.files": ("load",),
    "trace.record": ("Record",),
    "trace.trace": ("Trace",),
    "version": ("__version__",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first asked for (PEP 562)."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'sipsim' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f"sipsim.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
