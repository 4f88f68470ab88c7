"""What sits at an address: user agents, proxies, registrars and redirect servers, gateways.

    here        any element: packets in, transactions, packets out; its timers, outcomes and stories
    calls/      a call, from both sides, and what changes it
    media/      what the streams of a call carry: packets of RTP, or a flow without any
    agents/     who acts for a user: phones with registrations and manners; a scripted peer
    servers/    proxies, registrars, redirect servers, an application-level gateway; challenges and overload
    telephony/  a gateway to the telephone network, and the exchange and telephones behind it

May import `message`, `protocol`, `trace` and `simulation`; knows nothing of `live`, whose networks it uses through the
same interface.
"""
