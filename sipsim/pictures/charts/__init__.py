"""Charts: state machines, networks, registrations, timers, route sets and bindings, each drawn from a trace."""
