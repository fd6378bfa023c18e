"""A graph to play forward and backward, arrow by arrow, while its inputs are dragged."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ipywidgets import Button, FloatSlider, HBox, IntSlider, Layout

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.graphs.backward import draw_backward, film, picture_of, small_graph
from viz.graphs.node import Node


class BackwardPlayer(Control):
    """Step through a computation and its gradients; drag an input and see all of them follow.

    `build` takes the inputs as numbers and answers with the named nodes, the result last.
    Raises:  ValueError for a graph of more than 60 numbers, or if `build` answers with something
        else.
    Example: BackwardPlayer(lambda a, b: {"a": (a := Value(a)), "b": (b := Value(b)), "L": a * b +
        a}, a=2.0, b=3.0)
    """

    def __init__(
        self,
        build: Callable[..., Mapping[str, Node]],
        *,
        lowest: float = -5.0,
        highest: float = 5.0,
        **inputs: float,
    ):
        self.build = build
        still = draw_backward(*self.root_and_names(inputs))
        wide = Layout(width="460px")
        self.inputs = {
            name: FloatSlider(
                value=value,
                min=min(lowest, value),
                max=max(highest, value),
                step=0.1,
                description=name,
                layout=wide,
            )
            for name, value in inputs.items()
        }
        self.step = IntSlider(
            value=0, min=0, max=still.data["steps"], description="step", layout=wide
        )
        self.back = Button(
            description="◀ back", tooltip="one step back", layout=Layout(width="90px")
        )
        self.forth = Button(
            description="forward ▶", tooltip="one step forward", layout=Layout(width="90px")
        )
        self.back.on_click(lambda button: self.move(-1))
        self.forth.on_click(lambda button: self.move(+1))
        super().__init__([*self.inputs.values(), HBox([self.step, self.back, self.forth])], still)
        for knob in [self.step, *self.inputs.values()]:
            knob.observe(self.redraw, names="value")

    def root_and_names(self, inputs: Mapping[str, float]) -> tuple[Node, dict[Any, str]]:
        nodes = self.build(**inputs)
        if not isinstance(nodes, Mapping) or not nodes:
            raise ValueError(
                f"BackwardPlayer's function answered with {nodes!r:.60}, but must answer with the "
                f'named numbers, the result last: {{"a": a, "b": b, "L": L}}.'
            )
        return list(nodes.values())[-1], {node: name for name, node in nodes.items()}

    def move(self, by: int) -> None:
        self.step.value = min(max(self.step.value + by, 0), self.step.max)

    def picture(self) -> Picture:
        """The still for the inputs and the step chosen now, or what speaks against them."""
        inputs = {name: knob.value for name, knob in self.inputs.items()}
        try:
            graph = small_graph(*self.root_and_names(inputs))
        except (ValueError, ArithmeticError) as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")
        moments = film(graph)
        self.step.max = len(moments) - 1  # another input may have made another graph
        return picture_of(graph, moments, min(self.step.value, len(moments) - 1))
