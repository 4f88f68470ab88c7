"""From the records of a trace, and what somebody wishes to see of them, to the model of a ladder."""
