"""State without clock, socket or dice: what SIP remembers between two messages, and what it decides.

Every file here takes time, octets and chance as arguments and returns what is to be done; whoever calls does
it. So the same code serves a simulation and real sockets, and is tested without either.

    machine         a state machine is a table; it checks, explains and draws itself
    timing          how long the timers of RFC 3261 §17 run
    transactions    the four machines of RFC 3261 §17 with RFC 6026, and the runner that executes them
    matching        to which transaction a message belongs
    dialog, offer_answer, glare     what two ends know of each other, and agree on
    location, registering, refreshing
                    where users are, and for how long
    inspection, routing, target_set, best_response
                    what a server makes of a request, and a proxy of the answers
    retrying, digest...             what a client makes of a refusal, and who is let in
    options         what callers may give

This room may import `sipsim.errors`, `sipsim.message` and itself; no simpy, asyncio, socket, time or random.
"""
