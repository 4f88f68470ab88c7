"""The parts that a panel is put together from: plain ipywidgets with labels in words and names that a test can find.

ipywidgets comes with the extra `jupyter`; whoever has not installed it is told so here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.writers.svg import escape
from sipsim.widgets.octets import written

try:
    import ipywidgets
    import traitlets
except ImportError:
    raise UsageError("panel(): ipywidgets is not installed; pip install sipsim[jupyter] brings it") from None

__all__ = [
    "area",
    "box",
    "button",
    "choice",
    "copier",
    "discard",
    "entry",
    "escape",
    "html",
    "keys",
    "labelled",
    "named",
    "number",
    "offer",
    "put",
    "reveal",
    "unlabelled",
]


_HALF = re.compile("[\ud800-\udfff]")


def named(part: Any, name: str) -> Any:
    """Give a part a name in the page: "alice.register" becomes the CSS class `sipsim-alice-register`."""
    part.add_class("sipsim-" + re.sub(r"\W+", "-", name))
    return part


def unlabelled(part: Any, tip: str) -> Any:
    """Give a part a label that only screen readers see."""
    part.description = tip
    return part.add_class("sipsim-unlabelled")


def labelled(part: Any, text: str) -> Any:
    """Give a part a label that everybody sees."""
    part.description = text
    return part.remove_class("sipsim-unlabelled")


def button(label: str, name: str, tip: str = "") -> Any:
    """A button; `tip` is shown while the mouse rests on it."""
    made = ipywidgets.Button(description=label, tooltip=tip or label, layout=ipywidgets.Layout(width="auto"))
    return named(made, name)


class _Typed(ipywidgets.widgets.widget_string._String):  # type: ignore[misc, unused-ignore]
    """What people type, any character that there is.

    A browser can hold half a surrogate pair, which no message of a kernel can carry: what came in would be lost with
    the echo of it. So there is no echo, and such halves become the octets that they would be.
    """

    value = traitlets.Unicode("").tag(sync=True, echo_update=False)

    @traitlets.validate("value")
    def _whole(self, proposal: dict[str, Any]) -> str:
        text = str(proposal["value"])
        return _HALF.sub(lambda half: written(half[0].encode("utf-8", "surrogatepass")), text)


class _Line(_Typed, ipywidgets.Text):  # type: ignore[misc, unused-ignore]
    pass


class _Area(_Typed, ipywidgets.Textarea):  # type: ignore[misc, unused-ignore]
    pass


def choice(options: Iterable[tuple[str, Any]], name: str, tip: str = "") -> Any:
    """A drop-down list of (text, value)."""
    made = ipywidgets.Dropdown(options=list(options), tooltip=tip, layout=ipywidgets.Layout(width="auto"))
    made.index = 0  # where the first value is None, it is not shown by itself
    return named(unlabelled(made, tip), name)


def entry(name: str, tip: str, example: str = "") -> Any:
    """A line to type into; `example` stands in it while it is empty. It counts when Enter is pressed or it is left."""
    made = _Line(placeholder=example, tooltip=tip, continuous_update=False)
    made.layout.width = "auto"
    return named(unlabelled(made, tip), name)


def number(label: str, value: float, most: float, name: str, tip: str) -> Any:
    """A number from 0 to `most`, with its label."""
    made = ipywidgets.BoundedFloatText(description=label, value=value, min=0, max=most, tooltip=tip)
    made.layout.width = "auto"
    return named(made, name)


def area(name: str, tip: str, rows: int) -> Any:
    """Several lines to type into."""
    made = _Area(rows=rows, tooltip=tip, continuous_update=False)
    made.layout.width = "auto"
    return named(unlabelled(made, tip), name)


# What a browser does with a click on it; `text` is only ever text there.
COPY = """
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jupyter-button widget-button";
    button.title = model.get("tip");
    button.textContent = model.get("label");
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      said.textContent = await copy(model.get("text")) ? " copied" : " this browser does not let pages copy";
      model.set("copied", model.get("copied") + 1);
      model.save_changes();
    });
    el.append(button, said);
  }
};
"""


def copier(name: str, label: str, tip: str) -> Any:
    """A button that puts its `text` on the clipboard; where the browser can't be asked, a text field with it."""
    try:
        import anywidget
    except ImportError:
        return area(name, tip, 6)

    class Copier(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = COPY
        text = traitlets.Unicode("").tag(sync=True)
        label = traitlets.Unicode("").tag(sync=True)
        tip = traitlets.Unicode("").tag(sync=True)
        copied = traitlets.Int(0).tag(sync=True)

    return named(Copier(label=label, tip=tip), name)


# JupyterLab looks at each key before anything on the page does: in a choice it would leave the cell at an arrow key,
# and with a button in focus it would cut the cell at an "x". An attribute of what has the focus says whose key it is.
KEYS = """
export default {
  render({ el }) {
    const look = ({ target, key, ctrlKey, metaKey, altKey, shiftKey }) => {
      const meantForTheNotebook = ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
      if (el.closest(".sipsim-panel")?.contains(target))
        target.toggleAttribute("data-lm-suppress-shortcuts", !meantForTheNotebook);
    };
    window.addEventListener("keydown", look, true);
    return () => window.removeEventListener("keydown", look, true);
  }
};
"""


def keys() -> Any:
    """Something unseen that keeps for a panel the keys that are pressed in it; those with Ctrl are the notebook's."""
    try:
        import anywidget
    except ImportError:
        return html("", "keys")

    class Keys(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = KEYS

    return named(Keys(), "keys")


def discard(part: Any) -> None:
    """Close a part, all in it and all that belongs to it: ipywidgets keeps whatever was not closed."""
    for child in getattr(part, "children", ()):
        discard(child)
    for trait in ("layout", "style"):
        if (belonging := getattr(part, trait, None)) is not None:
            belonging.close()
    part.close()


def reveal(part: Any, visible: bool) -> None:
    """Show a part, or take it off the page."""
    put(part.layout, "display", None if visible else "none")


def offer(made: Any, options: Iterable[tuple[str, Any]]) -> None:
    """Change the options of a choice; what was chosen stays so if it is still there, else it is the first one."""
    wanted = tuple(options)
    if made.options != wanted:
        chosen, values = made.value, [value for _, value in wanted]
        made.options = wanted
        made.index = values.index(chosen) if chosen in values else 0


def html(markup: str, name: str) -> Any:
    """A piece of HTML; whoever writes it has passed through `escape` what came off the wire or from a user."""
    return named(ipywidgets.HTML(markup), name)


def box(parts: Iterable[Any], name: str) -> Any:
    """Parts side by side, or below each other: the style sheet says which, by the name."""
    return named(ipywidgets.Box(list(parts)), name)


def put(part: Any, trait: str, value: Any) -> None:
    """Set a trait where it differs: what stays as it is crosses no wire."""
    if getattr(part, trait) != value:
        setattr(part, trait, value)
