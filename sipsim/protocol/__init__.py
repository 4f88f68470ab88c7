"""State without clock, socket or dice: what SIP remembers between two messages, and what it decides.

Every file here takes time, octets and chance as arguments and returns what is to be done; whoever calls does
it. So the same code serves a simulation and real sockets, and is tested without either.

    machine         a state machine is a table; it checks, explains and draws itself
    timing          how long the timers of RFC 3261 §17 run
    transactions    the four machines of RFC 3261 §17 with RFC 6026, and the runner that executes them
    matching        to which transaction a message belongs
    dialog, offer_answer, location, routing

This room may import `sipsim.errors`, `sipsim.message` and itself; no simpy, asyncio, socket, time or random.
"""
