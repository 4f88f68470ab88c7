"""Pictures of a trace: the ladder diagram and its neighbours, as text and as SVG.

    ladder/     the ladder: read from a trace into a model, laid out as a display list, or set in characters
    charts/     state charts, networks, registrations, timers, route sets, bindings
    player/     what a ladder that plays and opens its messages is made of
    writers/    a display list becomes a file; no writer knows any SIP
    here        the display list, what every drawing can do, and what of a text may be shown

May import `errors`, `message`, `protocol.machine` and `trace`; networkx and matplotlib only inside functions.
"""
