"""The media of a call, simulated: who listens at a port, who sends from there, what both count."""
