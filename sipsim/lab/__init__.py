"""What a course works with: the lab that a scenario stands on, scenarios, single runs and sweeps.

May import everything below it, and `pictures`; the catalogue of `flows` is looked up by name, in `catalogue` only.
"""
