"""What happens in one run of the campaign, as data: who is there, who does what when, and what goes wrong.

A plan is drawn from a seed and from nothing else. Since it is data, a failing one can be made smaller: steps and faults
are left out as long as the run still fails (see `shrinking`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

SHAPES = ("direct", "chain", "chain", "tree", "tree", "loop", "spiral", "redirect")
WORKING = 40.0
"""Seconds in which users begin what they do, and things go wrong; afterwards all is healed."""
HARMLESS: dict[str, float] = {"loss": 0, "jitter": 0, "duplicate": 0, "reorder": 0, "corrupt": 0, "delay": 0.005}


class Phone(NamedTuple):
    """A phone: its user and domain, what it does when it rings, and whether its calls go out by the first proxy."""

    name: str
    user: str
    domain: str
    behaviour: str  # answers, rejects, ignores, leaves (rings, then refuses), glares (answers, then hangs up at once)
    after: float  # seconds of ringing
    status: int  # what it refuses with
    outbound: bool
    talks: float  # seconds after which the called user hangs up; 0: never


class Step(NamedTuple):
    """Something that a user does: `what` is call, register, unregister, options, hang_up, hold or reinvite."""

    time: float
    what: str
    phone: str
    target: str = ""
    lasts: float = 0.0  # of a call: seconds until the caller hangs up, 0: never; of a reinvite: without an offer
    expires: int = 3600


class Fault(NamedTuple):
    """Something that goes wrong at a time, for a while: crash, partition, drop (of a kind of message).

    Or a late copy of a REGISTER; or a replay, by somebody who has listened to it.
    """

    time: float
    what: str
    where: str
    lasts: float = 0.0
    pattern: str = ""


class Queue(NamedTuple):
    """A server that can be too busy: packets that its inbox holds, and seconds that each takes."""

    domain: str
    limit: int
    service_time: float


class Login(NamedTuple):
    """Who has to log in, and how: `challenges` and `qop` are what the servers ask for; `wrong` guess their password."""

    challenges: str
    algorithms: tuple[str, ...]
    qop: tuple[str, ...]
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A whole run: `proxies` are their domains, `bindings` are (user, domain, contact) placed before it begins."""

    seed: int
    shape: str
    proxies: tuple[str, ...]
    phones: tuple[Phone, ...]
    bindings: tuple[tuple[str, str, str], ...]
    redirect: bool
    link: dict[str, float]
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...] = ()
    timers: dict[str, float] = field(default_factory=dict)
    forking: str = "parallel"
    login: Login | None = None
    tcp: tuple[str, ...] = ()
    stateless: tuple[str, ...] = ()
    queues: tuple[Queue, ...] = ()
    lively: bool = False

    @property
    def patient(self) -> bool:
        """Whether users let phones ring until a proxy gives up, by Timer C."""
        return self.seed % 20 == 7

    @property
    def smaller(self) -> list[Plan]:
        """The plans that leave out one thing of this one."""
        found = [replace(self, faults=without(self.faults, n)) for n in range(len(self.faults))]
        found += [replace(self, steps=without(self.steps, n)) for n in range(len(self.steps))]
        found += [replace(self, link={**self.link, name: HARMLESS[name]}) for name in self.link
                  if self.link[name] != HARMLESS[name]]  # fmt: skip
        found += [replace(self, queues=without(self.queues, n)) for n in range(len(self.queues))]
        found += [replace(self, tcp=without(self.tcp, n)) for n in range(len(self.tcp))]
        found += [replace(self, stateless=without(self.stateless, n)) for n in range(len(self.stateless))]
        found += [replace(self, login=None)] * (self.login is not None)
        return found + [replace(self, timers={})] * bool(self.timers) + [replace(self, lively=False)] * self.lively

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.shape}, proxies {', '.join(self.proxies) or 'none'} ({self.forking})"]
        lines += [f"  {part}" for part in (*self.phones, *self.steps, *self.faults)]
        lines += [f"  {part}" for part in (self.login, *self.queues) if part is not None]
        lines += [f"  by TCP {', '.join(self.tcp)}"] * bool(self.tcp)
        lines += [f"  stateless {', '.join(self.stateless)}"] * bool(self.stateless)
        return "\n".join([*lines, f"  bindings {self.bindings}, links {self.link}, timers {self.timers}"])


class Dice:
    """Draws that are the same on every Python: made of `random()` alone."""

    def __init__(self, seed: int, purpose: str = "campaign") -> None:
        self._random = Random(f"{purpose} {seed}").random

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._random() * len(choices))]

    def span(self, low: float, high: float) -> float:
        return round(low + (high - low) * self._random(), 3)


def without(parts: tuple[T, ...], n: int) -> tuple[T, ...]:
    return parts[:n] + parts[n + 1 :]


def draw(seed: int) -> Plan:
    """The plan of a seed. Which kinds of fault there are at all is drawn first, then how bad they are."""
    dice = Dice(seed)
    shape = dice.pick(SHAPES)
    proxies = _proxies(dice, shape)
    phones = _phones(dice, shape, proxies)
    plan = Plan(seed, shape, proxies, phones, _bindings(shape, proxies, phones), shape == "redirect", _link(dice), ())
    plan = replace(plan, steps=_steps(dice, plan), faults=_faults(dice, plan))
    if dice.chance(0.1):
        plan = replace(plan, timers={"t1": 0.1, "t2": 0.8, "t4": 1.0})
    return _wider(Dice(seed, "wider"), _more(Dice(seed, "more"), plan))


def _more(dice: Dice, plan: Plan) -> Plan:
    """Changes of calls that stand, other ways of forking, and copies that come late."""
    steps, faults = list(plan.steps), list(plan.faults)
    for step in plan.steps:
        if step.what == "call" and dice.chance(0.4):
            who = dice.pick((step.phone, step.phone, *[phone.name for phone in plan.phones]))
            what, offer = dice.pick(("hold", "reinvite", "reinvite")), dice.pick((0.0, 0.0, 1.0))
            steps.append(Step(round(step.time + dice.span(1, 9), 3), what, who, "", offer))
    near = [phone.name for phone in plan.phones if plan.proxies and not phone.outbound]
    if near and dice.chance(0.2):
        faults.append(Fault(dice.span(20, WORKING), "late copy", dice.pick(near)))
    forking = dice.pick(("parallel",) * 6 + ("sequential", "q-groups"))
    return replace(plan, steps=tuple(sorted(steps)), faults=tuple(sorted(faults)), forking=forking)


def _wider(dice: Dice, plan: Plan) -> Plan:
    """Passwords, TCP, proxies without memory, servers with too much to do; each in some of the runs."""
    names = [phone.name for phone in plan.phones]
    servers = [*plan.proxies, *["redirect.test"] * plan.redirect]
    login, tcp, stateless, queues = None, (), (), ()
    if servers and dice.chance(0.2):
        algorithms = dice.pick((("SHA-256",), ("MD5",), ("SHA-512-256", "SHA-256", "MD5"), ("MD5-sess",)))
        wrong = tuple([name for name in names if dice.chance(0.15)])
        login = Login(dice.pick(("own", "new", "all")), algorithms, dice.pick((("auth",), ("auth-int", "auth"))), wrong)
    if dice.chance(0.15):
        tcp = tuple([name for name in names if dice.chance(0.7)])
    if plan.proxies and login is None and not tcp and dice.chance(0.2):  # what they repeat by TCP is taken for new
        stateless = tuple([domain for domain in plan.proxies if dice.chance(0.5)])
    if plan.proxies and dice.chance(0.15):
        queues = tuple([
            Queue(domain, dice.pick((1, 2, 5)), dice.pick((0.01, 0.1, 0.4)))
            for domain in plan.proxies if domain not in stateless and dice.chance(0.6)
        ])  # fmt: skip
    faults = list(plan.faults)
    if login is not None and dice.chance(0.5):
        faults.append(Fault(dice.span(10, WORKING), "replay", dice.pick(names)))
    plan = replace(plan, faults=tuple(sorted(faults)))
    return replace(plan, login=login, tcp=tcp, stateless=stateless, queues=queues, lively=dice.chance(0.25))


def _proxies(dice: Dice, shape: str) -> tuple[str, ...]:
    fixed = {"direct": 0, "tree": 3, "loop": 2, "spiral": 2, "redirect": 1}
    count = fixed[shape] if shape in fixed else 1 + int(dice.span(0, 3.99))
    return tuple([f"d{n}.test" for n in range(1, count + 1)])


def _phones(dice: Dice, shape: str, proxies: tuple[str, ...]) -> tuple[Phone, ...]:
    found = []
    for n in range(2 + int(dice.span(0, 2.99))):
        user = "ann" if n == 0 else dice.pick(("bob", "bob", "cat"))
        home = proxies[-1] if shape in ("chain", "spiral") and proxies else dice.pick(proxies or ("none.test",))
        behaviour = dice.pick(("answers",) * 5 + ("rejects", "ignores", "leaves", "glares"))
        found.append(Phone(
            f"{user}{n}", user, home, behaviour, dice.span(0, 4), dice.pick((480, 486, 486, 488, 503, 600, 603)),
            bool(proxies) and dice.chance(0.4), dice.span(1, 20) if dice.chance(0.4) else 0.0,
        ))  # fmt: skip
    return tuple(found)


def _bindings(shape: str, proxies: tuple[str, ...], phones: tuple[Phone, ...]) -> tuple[tuple[str, str, str], ...]:
    """Where users are to be found besides where their phones register: the shape of the network."""
    users = dict.fromkeys(phone.user for phone in phones)
    found = []
    for user in users:
        at = [f"sip:{user}@{domain}" for domain in proxies]
        if shape == "chain":
            found += [(user, proxies[n], at[n + 1]) for n in range(len(proxies) - 1)]
        elif shape == "tree":
            found += [(user, proxies[0], at[1]), (user, proxies[0], at[2])]
        elif shape == "loop":
            found += [(user, proxies[0], at[1]), (user, proxies[1], at[0])]
        elif shape == "spiral":
            second, third = f"{user}-too", f"{user}-again"
            found += [(user, proxies[0], f"sip:{second}@{proxies[1]}"), (third, proxies[0], at[1])]
            found += [(second, proxies[1], f"sip:{third}@{proxies[0]}")]
        elif shape == "redirect":
            found += [(user, "redirect.test", at[0])]
    return tuple(found)


def _link(dice: Dice) -> dict[str, float]:
    """How bad the links are; about half of all runs have good ones."""
    found = {"delay": dice.pick((0.001, 0.005, 0.005, 0.04, 0.3))}
    if dice.chance(0.5):
        for name, most in (("loss", 0.4), ("jitter", 0.2), ("duplicate", 0.4), ("reorder", 0.4), ("corrupt", 0.1)):
            if dice.chance(0.4):
                found[name] = dice.span(0.01, most)
    return found


def _steps(dice: Dice, plan: Plan) -> tuple[Step, ...]:
    here = [phone.name for phone in plan.phones if plan.proxies and dice.chance(0.9)]
    steps = [Step(dice.span(0, 1), "register", name) for name in here]
    for _ in range(2 + int(dice.span(0, 4.99))):
        phone, time = dice.pick(plan.phones).name, dice.span(2, WORKING)
        what = dice.pick(("call",) * 6 + ("options", "register", "unregister", "hang_up"))
        target, lasts, expires = _target(dice, plan, phone), 0.0, dice.pick((3600, 60, 20))
        if what == "call":
            lasts = dice.pick((0.0, 0.0, 0.001, 0.2, dice.span(0, 5), dice.span(0, 30)))
        steps.append(Step(time, what, phone, target, lasts, expires))
    return tuple(sorted(steps))


def _target(dice: Dice, plan: Plan, caller: str) -> str:
    """Whom to call or to ask: a phone itself, a user by the name that its domain knows, or nobody."""
    others: list[Any] = [phone for phone in plan.phones if phone.name != caller]
    other = dice.pick(others)
    if not plan.proxies or dice.chance(0.1):
        return f"phone:{other.name}"
    if dice.chance(0.08):
        return f"sip:nobody@{dice.pick(plan.proxies)}"
    return f"sip:{other.user}@{'redirect.test' if plan.redirect else plan.proxies[0]}"


def _faults(dice: Dice, plan: Plan) -> tuple[Fault, ...]:
    servers = [f"proxy{n}" if n > 1 else "proxy" for n in range(1, len(plan.proxies) + 1)]
    nodes = [*[phone.name for phone in plan.phones], *servers, *servers]
    found = []
    for what, probability in (("crash", 0.25), ("partition", 0.2), ("drop", 0.35)):
        if dice.chance(probability):
            time, lasts = dice.span(0, WORKING), dice.pick((dice.span(0.1, 2), dice.span(2, 40)))
            pattern = dice.pick(("INVITE", "ACK", "ACK", "CANCEL", "BYE", "REGISTER", "180", "200", "487", "4xx", "*"))
            found.append(Fault(time, what, dice.pick(nodes), lasts, pattern))
    return tuple(sorted(found))
