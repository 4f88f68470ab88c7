"""What stands between users: proxies, registrars, redirect servers, a gateway, and how they say no."""
