"""A control: sliders beside a picture where a kernel runs, and a still picture everywhere else.

Made of core ipywidgets, so that JupyterLab, Colab and VS Code all have it. A saved notebook keeps
the still twin only.
"""

from html import escape
from pathlib import Path

from ipywidgets import HTML, Layout, VBox, Widget

from viz.canvas.picture import Picture

# Read in a fresh clone, on a page, and where the manager of widgets is missing.
STATIC_NOTE = (
    "<p>A still picture: run its cell where ipywidgets is installed, and it has knobs to turn.</p>"
)
TRANSPARENT_GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


class Control:
    """What all controls share: `.live`, the widgets; `.still`, a `Picture`; and how both are shown.

    A control says what is to be seen in `picture()`, and calls `redraw()` when one of its knobs
    was turned.
    """

    def __init__(self, knobs: list[Widget], still: Picture):
        self.still = still
        self.screen = HTML(layout=Layout(width="100%"))
        self.live = VBox([*knobs, self.screen, accessibility_script()])
        self.redraw()

    def picture(self) -> Picture:
        """The picture for where the knobs stand now."""
        raise NotImplementedError

    def redraw(self, change=None) -> None:
        self.screen.value = self.picture().to_html()

    def save(self, path):
        """Write the picture for where the knobs stand now, as `Picture.save` does."""
        return self.picture().save(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.still.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.live.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,  # where a kernel runs
            "text/html": self.still.to_html() + STATIC_NOTE,  # where none does
            "text/plain": repr(self),
        }


def accessibility_script() -> HTML:
    """An invisible widget that gives the knobs around it accessible names and keys."""
    script = Path(__file__).with_name("knobs.js").read_text(encoding="utf-8")
    # A <script> inside a widget is not run; an `onload` is.
    image = f'<img alt="" src="{TRANSPARENT_GIF}" onload="{escape(script)}">'
    return HTML(image, layout=Layout(display="none"))
