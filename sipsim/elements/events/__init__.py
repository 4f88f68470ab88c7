"""Events: subscribing to them, telling of them, publishing them, and references (RFC 6665, RFC 3903, RFC 3515)."""
