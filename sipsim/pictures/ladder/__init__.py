"""The ladder diagram: read from a trace into a model, laid out as shapes, or set in characters."""
