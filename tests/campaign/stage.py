"""A plan carried out in a lab: work and faults, then all is healed, calls are ended, and the run comes to rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaign.ears import Ears
from campaign.plan import HARMLESS, WORKING, Fault, Login, Phone, Plan, Step

import sipsim
from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.servers.registrar import Registrar
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.scripts import Rule

QUIET = 200.0
"""Seconds that the last lingering timers may take, with bindings left out: 64*T1 for D, H, J, L and M, and Timer C."""

MOST_STEPS = 300_000
"""How many timers, packets and events a run may have: some twenty times what the busiest has."""


class Endless(BaseException):
    """A run that does not end. No `Exception`, so that nobody on the way takes it for his own."""


def numbers() -> Iterator[int]:
    """What a simulation numbers its events with; there is an end to them."""
    yield from range(MOST_STEPS)
    raise Endless(f"more than {MOST_STEPS} things happened, and there is no end in sight")


class Stage:
    """A finished run of a plan: its lab, what the users heard, and every call from both sides."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lab = sipsim.Lab(seed=plan.seed, **plan.link, **plan.timers)
        self.lab.env._eid = numbers()  # type: ignore[assignment]
        self.ears = Ears()
        self.placed: list[Call] = []
        self.taken: list[IncomingCall] = []
        self.over: dict[Call, float] = {}  # when each call came to its end
        self.phones: dict[str, UserAgent] = {}
        self.registrars: dict[str, Registrar] = {}
        self.rested_at = self.stopped_at = 0.0
        self.eve: ScriptedPeer | None = None
        self.rules: list[Rule] = []
        self._build()

    def run(self) -> Stage:
        """All of it: work, heal, end what still stands, come to rest."""
        lab = self.lab
        for step in self.plan.steps:
            lab.env.call_later(step.time, self._act, step)
        for fault in self.plan.faults:
            lab.env.call_later(fault.time, self._break, fault)
        lab.run(until=WORKING)
        self._heal()
        if self.plan.patient:
            lab.run()
        for _ in range(3):  # a callee that has not heard the ACK yet, a call that was on its way
            self._end_calls()
            lab.run()
        self.stopped_at = WORKING
        self.rested_at = lab.env.now
        lab.run(until=lab.env.now + QUIET)
        return self

    # Building

    def _build(self) -> None:
        plan, lab = self.plan, self.lab
        for domain in plan.proxies:
            self.registrars[domain] = self._proxy(domain)
        if plan.redirect:
            self.registrars["redirect.test"] = lab.redirect_server("redirect.test", **self._users(plan.login))
        for user, domain, contact in plan.bindings:
            self.registrars[domain].location.add(f"sip:{user}@{domain}", contact)
        first = next(iter(self.registrars.values()), None)
        for phone in plan.phones:
            outbound = first if phone.outbound else None
            agent = lab.user_agent(
                f"sip:{phone.user}@{phone.domain}", phone.name, outbound=outbound,
                transport="tcp" if phone.name in plan.tcp else "udp", password=self._password(phone),
            )  # fmt: skip
            agent.on_call = self._behaviour(agent, phone)
            self.phones[phone.name] = agent
        if any(fault.what == "replay" for fault in plan.faults):
            self.eve = lab.scripted_peer("sip:eve@none.test")
        for element in lab.elements.values():
            self.ears.listen(element)

    def _proxy(self, domain: str) -> Registrar:
        plan = self.plan
        if domain in plan.stateless:
            return self.lab.proxy(domain, stateful=False)
        options: dict[str, Any] = self._users(plan.login)
        if plan.login is not None:
            options["challenges"] = plan.login.challenges
        proxy = self.lab.proxy(domain, forking=plan.forking, **options)
        for queue in plan.queues:
            if queue.domain == domain:
                proxy.queue_limit, proxy.service_time = queue.limit, queue.service_time
        return proxy

    def _users(self, login: Login | None) -> dict[str, Any]:
        """The same people everywhere, each realm with its own sums of their passwords."""
        if login is None:
            return {}
        passwords = {phone.user: f"{phone.user}'s secret" for phone in self.plan.phones}
        return {"users": passwords, "algorithms": login.algorithms, "qop": login.qop}

    def _password(self, phone: Phone) -> str | None:
        login = self.plan.login
        if login is None:
            return None
        return "a guess" if phone.name in login.wrong else f"{phone.user}'s secret"

    def _behaviour(self, agent: UserAgent, phone: Phone) -> Any:
        def on_call(call: IncomingCall) -> Any:
            self.taken.append(call)
            self._follow(call)
            if phone.behaviour == "rejects":
                call.reject(phone.status)
            elif phone.behaviour == "ignores":
                call.ring()
            elif phone.behaviour == "leaves":
                return self._leave(call, phone)
            else:
                call.answer_after(phone.after)
                if phone.talks or phone.behaviour == "glares":
                    return self._talk(call, phone)
            return None

        return on_call

    def _leave(self, call: IncomingCall, phone: Phone) -> Any:
        call.ring()
        yield self.lab.env.timeout(phone.after)
        call.reject(phone.status)

    def _talk(self, call: IncomingCall, phone: Phone) -> Any:
        yield self.lab.env.timeout(phone.after if phone.behaviour == "glares" else phone.after + phone.talks)
        if call.state != "ended":
            call.hang_up()

    # Working

    def _act(self, step: Step) -> None:
        agent = self.phones[step.phone]
        if agent.down:
            return
        if step.what == "register":
            agent.register(step.expires)
        elif step.what == "unregister":
            agent.unregister()
        elif step.what == "options":
            agent.options(self._target(step.target))
        elif step.what == "call":
            call = agent.call(self._target(step.target))
            self.placed.append(call)
            self._follow(call)
            if step.lasts:
                self.lab.env.call_later(step.lasts, self._hang_up, call)
        elif step.what in ("hold", "reinvite"):
            self._change(agent, step)
        elif agent.current_call is not None:
            self._hang_up(agent.current_call)

    def _change(self, agent: UserAgent, step: Step) -> None:
        call = agent.current_call
        if call is not None and call.state == "answered":
            if sum(other.call_id == call.call_id for other in agent.calls.values()) > 1:
                return  # it has called itself; from outside nobody can tell which end is which
            if step.what == "hold":
                call.hold()
            else:
                call.reinvite(offer=not step.lasts)

    def _follow(self, call: Call) -> None:
        call.ended.callbacks.append(lambda _: self.over.setdefault(call, self.lab.env.now))

    def _target(self, target: str) -> str:
        kind, _, name = target.partition(":")
        return str(self.phones[name].contact_uri) if kind == "phone" else target

    def _hang_up(self, call: Call) -> None:
        if not call.agent.down and call.state != "ended":
            call.hang_up()

    def _break(self, fault: Fault) -> None:
        lab = self.lab
        element = lab.elements[fault.where]
        if fault.what == "crash" and not element.down:
            element.crash()
            lab.env.call_later(min(fault.lasts, WORKING - lab.env.now), self._restart, fault.where)
        elif fault.what == "partition":
            lab.network.partition(fault.where, [name for name in lab.elements if name != fault.where])
            lab.env.call_later(min(fault.lasts, WORKING - lab.env.now), lab.network.heal)
        elif fault.what == "late copy":
            self._late_copy(fault.where)
        elif fault.what == "replay":
            self._replay(fault.where)
        elif fault.what == "drop":
            self.rules.append(lab.network.drop(fault.pattern, times=1 + int(fault.lasts) % 12))

    def _late_copy(self, phone: str) -> None:
        """The first REGISTER of a phone arrives once more, from somewhere where it was kept."""
        trace = self.lab.trace
        if phone in self.plan.tcp:
            return  # nothing comes twice by a connection
        for record in trace.select("sent", phone):
            if record.raw.startswith(b"REGISTER "):
                trace.duplicated(self.lab.env.now, record.id)
                source, destination = (Address(*end) for end in record.route)
                self.lab.network.send(Packet(record.raw, source, destination, cause=record.id))
                return

    def _replay(self, phone: str) -> None:
        """Somebody who has heard a REGISTER with credentials says it too, as a request of his own."""
        for record in self.lab.trace.select("sent", phone) if self.eve is not None else ():
            if record.raw.startswith(b"REGISTER ") and b"\nAuthorization:" in record.raw:
                via, top = self.eve.new_via().encode(), record.raw.index(b"Via: ") + 5
                forged = record.raw[:top] + via + record.raw[record.raw.index(b"\r\n", top) :]
                self.eve.say(forged, f"sip:{Address(*record.route[1])}")
                return

    def _restart(self, name: str) -> None:
        if self.lab.elements[name].down:
            self.lab.elements[name].restart()

    # Coming to rest

    def _heal(self) -> None:
        lab, names = self.lab, list(self.lab.elements)
        lab.network.heal()
        for name in names:
            self._restart(name)
        if set(self.plan.link) - {"delay"}:
            for n, a in enumerate(names):
                for b in names[n:]:
                    lab.link(a, b, **{name: HARMLESS[name] for name in self.plan.link})

    def _end_calls(self) -> None:
        for phone in self.phones.values():
            for call in list(phone.calls.values()):
                call.hang_up()
