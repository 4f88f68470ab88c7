"""What sits at an address: user agents, proxies, registrars and redirect servers.

    at the base     element, exchange, failover, refusing, gate: packets in, transactions, packets out
    a phone         user_agent on top of answering, registrant, endpoint; call and session with what changes them;
                    attempts, which carry on after a refusal
    servers         registrar, redirect_server, proxy with response_context and target_search, stateless_proxy, alg
    others          notifier, agreeing_proxy, scripted_peer

May import `message`, `protocol`, `trace` and `simulation`; knows nothing of `live`, whose networks it uses through the
same interface.
"""
