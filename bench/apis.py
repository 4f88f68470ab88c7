"""What a call costs through a client API, beside the same call placed on `UserAgent`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import workload
from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.apis import pjsua
from sipsim.lab.lab import Lab

CALLS = 1_000

Load = Callable[[Lab, int], None]


def figures() -> Iterator[Figure]:
    """Each API in turn with the bare user agent, on a lab without a trace."""
    sides = {"user agent": workload.by_callbacks, "pjsua": by_pjsua}
    times = in_turn({name: simulated(load) for name, load in sides.items()})
    each = {"us_per_call": microseconds(times, CALLS)}
    yield Figure("call by pjsua / by user agent", ratio(times, "pjsua", "user agent"), "x", most=1.3, more=each)


def simulated(load: Load) -> Callable[[], object]:
    """One run in a lab of its own."""
    return lambda: load(workload.a_lab("off"), CALLS)


class HangsUp(pjsua.CallCallback):
    """Ends its call as soon as it stands."""

    def on_state(self) -> None:
        if self.call.state == pjsua.CallState.CONFIRMED:
            self.call.hangup()


def by_pjsua(lab: Lab, calls: int) -> None:
    """The load of `workload.by_callbacks`, by an account of pjsua."""
    env = lab.env
    workload.ready(lab)
    pjsua.use(lab)
    lib, settings = pjsua.Lib(), pjsua.UAConfig()
    settings.max_calls = calls
    lib.init(settings, pjsua.LogConfig(level=0))
    lib.create_transport(pjsua.TransportType.UDP)
    lib.start()
    config = pjsua.AccountConfig()
    config.id = "<sip:carol@example.com>"
    account = lib.create_account(config)

    def place(left: int) -> None:
        account.make_call(workload.BOB, HangsUp())
        if left > 1:
            env.call_later(workload.EVERY, place, left - 1)

    place(calls)
    lab.run()
    lab.drain()
    assert account.phone.tally.answered == calls and not lab.leftovers() and not account.calls
