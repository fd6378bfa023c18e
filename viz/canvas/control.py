"""A control: knobs and a picture where a kernel runs, and a still picture everywhere else.

Made of core ipywidgets, so it works in JupyterLab, Colab and VS Code. A saved notebook keeps the
still, and of some controls what the site needs to turn the knobs without Python: `page_dial`.
"""

from collections.abc import Callable, Collection, Sequence
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from ipywidgets import HTML, HBox, Layout, VBox, Widget

from viz.canvas.picture import DIAL, Picture

# Shown in a saved notebook, on a page, and where the widget manager is missing.
STATIC_NOTE = (
    "<p>A still picture: run its cell where ipywidgets is installed, and it has knobs to turn.</p>"
)
TRANSPARENT_GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


F = TypeVar("F", bound=Callable[..., Any])


class Control:
    """What all controls share.

    A control implements `picture()`, and calls `redraw()` when one of its knobs has changed.

    Attributes:
        live: The widgets.
        still: The `Picture` that is shown where no kernel runs.
        screen: The widget that shows the current picture.
    """

    def __init__(self, knobs: Sequence[Widget], still: Picture):
        """Put the knobs above the picture, and draw.

        Args:
            knobs: The widgets, from top to bottom.
            still: The picture that is shown where no kernel runs.
        """
        self.still = still
        self._dial: dict[str, Any] | None = None
        # Not "100%": a widget has a margin, and would be wider than the notebook by that.
        self.screen = HTML(layout=Layout(width="auto", min_width="0"))
        self.live = VBox([*knobs, self.screen, accessibility_script()])
        self.redraw()

    def picture(self) -> Picture:
        """The picture for the knobs as they are now."""
        raise NotImplementedError

    def page_dial(self) -> dict[str, Any] | None:
        """What `NAME_dial.js` beside the control needs to be this control on a page.

        It is small, the same on every machine, and asked for once, when the control is shown.

        Returns:
            JSON values; "dial" is the NAME. None if a page can show the still only.
        """
        return None

    def redraw(self, change: object = None) -> None:
        """Show the picture for the knobs as they are now."""
        self.screen.value = self.picture().to_html()

    def save(self, path: str | Path) -> Path:
        """Write the picture for the knobs as they are now.

        Args:
            path: A name that ends in .svg, .png or .html.

        Returns:
            The path.
        """
        return self.picture().save(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.still.alt}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.live.model_id}
        if self._dial is None:
            dial = self.page_dial()
            self._dial = {DIAL: dial} if dial else {}
        return {
            **self._dial,  # on the site
            "application/vnd.jupyter.widget-view+json": view,  # where a kernel runs
            "text/html": self.still.to_html() + STATIC_NOTE,  # elsewhere
            "text/plain": repr(self),
        }


def side_by_side(knobs: Sequence[Widget]) -> HBox:
    """The knobs in as few rows as the page is wide enough for."""
    return HBox(list(knobs), layout=Layout(flex_flow="row wrap"))


def accessibility_script() -> HTML:
    """An invisible widget that gives the knobs around it accessible names and keys."""
    script = Path(__file__).with_name("knobs.js").read_text(encoding="utf-8")
    # A <script> inside a widget is not run; an `onload` is.
    image = f'<img alt="" src="{TRANSPARENT_GIF}" onload="{escape(script)}">'
    return HTML(image, layout=Layout(display="none"))


def computed_in_page(constants: Callable[[], dict[str, Any]]) -> Callable[[F], F]:
    """Say that the script of a control computes the same as a function that it is given.

    Args:
        constants: Returns the numbers that the script needs for it, as JSON values.

    Returns:
        A decorator for the function.

    Example:
        >>> @computed_in_page(lambda: {"bits": 16})
        ... def memory(parameters):
        ...     return 16 * parameters
        >>> page_constants(memory)
        {'bits': 16}
    """

    def mark(function: F) -> F:
        function.__dict__["page_constants"] = constants
        return function

    return mark


def page_constants(function: Callable[..., Any]) -> dict[str, Any] | None:
    """The constants of a function marked by `computed_in_page`; None for any other function."""
    constants = getattr(function, "page_constants", None)
    return None if constants is None else constants()
