"""The telephone network: a gateway that calls are carried over by, and what is behind it (RFC 3398)."""
