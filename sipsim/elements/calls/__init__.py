"""A call from both sides: how it is placed, taken, changed and ended (RFC 3261 §12 to §15)."""
