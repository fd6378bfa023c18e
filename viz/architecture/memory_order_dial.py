"""Buttons for operations on one tensor: what each does to rows and to the order in memory."""

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import Any

from ipywidgets import Layout, ToggleButtons

from viz.architecture.memory_order import draw_memory_order
from viz.canvas.control import Control
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import INK, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, vstack
from viz.dials.frames import page_frames


class MemoryOrderDial(Control):
    """One button for each operation; an operation that raises an error shows its message.

    Args:
        operations: What is written on a button -> a function without arguments that returns a
            tensor for `draw_memory_order`.
        numbers_per_token: How many neighbours in memory have one colour.

    Raises:
        ValueError: If there is no operation.

    Example:
        >>> import numpy as np
        >>> x = np.arange(8).reshape(2, 4)
        >>> dial = MemoryOrderDial({"x": lambda: x, "x.T": lambda: x.T})
        >>> dial.operation.value = "x.T"
        >>> dial.picture().data["shape"]
        [4, 2]
    """

    def __init__(
        self, operations: Mapping[str, Callable[[], Any]], *, numbers_per_token: int = 4
    ) -> None:
        if not operations:
            raise ValueError("Give at least one operation, such as {'x': lambda: x}.")
        self.operations, self.numbers_per_token = dict(operations), numbers_per_token
        self.operation = ToggleButtons(
            options=list(self.operations),
            description="operation",
            style={"button_width": "auto", "description_width": "80px"},
            layout=Layout(width="100%"),
        )
        super().__init__([self.operation], self.picture())
        self.operation.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, operation=self.operation)

    def picture(self) -> Picture:
        """The tensor that the chosen operation returns, or the message of its error."""
        try:
            x = self.operations[self.operation.value]()
        except (RuntimeError, ValueError) as error:
            return draw_error(self.operation.value, str(error))
        return draw_memory_order(x, numbers_per_token=self.numbers_per_token)


def draw_error(operation: str, message: str) -> Picture:
    """The message of an operation that is not possible."""
    lines = wrap(message, 92)
    scene = Scene(660, 60 + 20 * len(lines))
    scene.add(Text(16, 25, f"{operation} raises an error", 14.5, INK, weight="600"))
    for i, line in enumerate(lines):
        scene.add(Text(16, 52 + 20 * i, line, 13, MUTED))
    narrow = vstack(phone_title_scene(f"{operation} raises an error"), words_scene(message, NARROW))
    alt = f"{operation} raises an error: {message}"
    return Picture({"error": message}, alt, scene, narrow=narrow)
