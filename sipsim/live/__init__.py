"""Running in real time: a driver that paces an environment on an asyncio loop, and a network on real sockets.

With `simulation` this is the only room that knows SimPy's kernel, and it is the only one that knows asyncio
and sockets. It imports `simulation` and what lies left of it; elements do not import it, they are handed a
network.
"""
