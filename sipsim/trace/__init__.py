"""The one record of everything that happened, and what is read from it: causes, saved traces, captures,
comparisons, and the judgement of `checker`.

May import `errors`, `message` and `protocol`, nothing to their right. The exception is a door: `Trace.ladder`
loads `pictures` when somebody asks for a picture.
"""
