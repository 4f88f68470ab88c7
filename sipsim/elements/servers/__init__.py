"""What stands between users: proxies, registrars, redirect servers, an ALG, and how they say no."""
