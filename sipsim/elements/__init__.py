"""What sits at an address: user agents, proxies, registrars and redirect servers.

May import `message`, `protocol`, `trace` and `simulation`; knows nothing of `live`, whose networks it uses through the
same interface.
"""
