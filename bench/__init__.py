"""Speed and memory, measured in ratios: beside a bare floor, beside SimPy's own ways, beside other parsers.

`python -m bench` runs all of it in under two minutes, `python -m bench calls timers` some. Both sides of a ratio run in
turn in one process on one interpreter, five times; the median of the five ratios counts. Absolute times swing with the
machine, ratios hardly. May import sipsim; nothing imports this.
"""
