"""Pictures of a trace: the ladder diagram as text and as SVG.

`ladder` is the door and `model` what it shows; `layout` turns the model into a display list (`display`) that
a writer such as `svg` draws without knowing any SIP; `text` has a layout of its own, in characters. May
import `errors`, `message`, `protocol.machine` and `trace`; networkx and matplotlib only inside functions.
"""
