"""Time and wires: the clock with timers that can be stopped, random streams, the network in memory, names.

With `live` the only room that knows SimPy's kernel. It may import `errors`, `message`, `protocol` and
`trace`; elements, lab and all to their right build on it. Start with `environment`, then `network` and
`memory`.
"""
