"""The catalogue: published call flows and situations worth seeing, one short scenario each, on shared casts."""
