"""A graph to play forward and backward, edge by edge, while its inputs are dragged."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ipywidgets import Button, FloatSlider, HBox, IntSlider, Layout

from viz.canvas.control import Control
from viz.canvas.labels import format_number
from viz.canvas.picture import Picture
from viz.dials.frames import page_knob
from viz.graphs.backward import build_small_graph, draw_backward, draw_frame, make_frames
from viz.graphs.backward_page import can_be_computed, graph_on_page, structure_of
from viz.graphs.node import Node


class BackwardPlayer(Control):
    """Step through a computation and its gradients, and drag its inputs.

    Example:
        >>> def build(a, b):
        ...     a, b = Value(a), Value(b)
        ...     return {"a": a, "b": b, "L": a * b + a}
        >>> BackwardPlayer(build, a=2.0, b=3.0)
        BackwardPlayer: Step 7 of 7. 2 × 1 added to b.grad: 0 + 2 = 2.
    """

    def __init__(
        self,
        build: Callable[..., Mapping[str, Node]],
        *,
        lowest: float = -5.0,
        highest: float = 5.0,
        **inputs: float,
    ):
        """Make the control.

        Args:
            build: Called with the inputs as numbers; returns the named nodes, the result last.
            lowest: Left end of the sliders of the inputs.
            highest: Right end of the sliders of the inputs.
            **inputs: The inputs by name, and where they start.

        Raises:
            ValueError: If the graph has more than 60 numbers, or `build` returns something else.
        """
        self.build = build
        still = draw_backward(*self.root_and_names(inputs))
        layout = Layout(width="460px")
        self.inputs = {
            name: FloatSlider(
                value=value,
                min=min(lowest, value),
                max=max(highest, value),
                step=0.1,
                description=name,
                layout=layout,
            )
            for name, value in inputs.items()
        }
        self.step = IntSlider(
            value=0, min=0, max=still.data["steps"], description="step", layout=layout
        )
        narrow = Layout(width="90px")
        self.back = Button(description="◀ back", tooltip="one step back", layout=narrow)
        self.forward = Button(description="forward ▶", tooltip="one step forward", layout=narrow)
        self.back.on_click(lambda button: self.step_by(-1))
        self.forward.on_click(lambda button: self.step_by(+1))
        buttons = HBox([self.step, self.back, self.forward])
        super().__init__([*self.inputs.values(), buttons], still)
        for knob in [self.step, *self.inputs.values()]:
            knob.observe(self.redraw, names="value")

    def root_and_names(self, inputs: Mapping[str, float]) -> tuple[Node, dict[Any, str]]:
        """The result and the names of the nodes, for these inputs.

        Args:
            inputs: The value of each input, by name.
        """
        nodes = self.build(**inputs)
        if not isinstance(nodes, Mapping) or not nodes:
            raise ValueError(
                f"The function given to BackwardPlayer returned {nodes!r:.60}; it must return the "
                f'named numbers, the result last: {{"a": a, "b": b, "L": L}}.'
            )
        return list(nodes.values())[-1], {node: name for name, node in nodes.items()}

    def step_by(self, steps: int) -> None:
        """Go forward by so many steps, or back; stop at the ends.

        Args:
            steps: How many steps; negative goes back.
        """
        self.step.value = min(max(self.step.value + steps, 0), self.step.max)

    def page_dial(self) -> dict[str, Any] | None:
        """The graph, for a page that computes its numbers; None if it cannot."""
        started = {name: knob.value for name, knob in self.inputs.items()}
        graphs = []
        for shift in (0.0, 0.1, -0.1):
            try:
                moved = {name: value + shift for name, value in started.items()}
                graphs.append(build_small_graph(*self.root_and_names(moved)))
            except (ValueError, ArithmeticError):
                return None
        graph, *others = graphs
        if any(structure_of(other) != structure_of(graph) for other in others):
            return None
        if not can_be_computed(graph, started):
            return None
        knobs = [input_on_page(name, knob) for name, knob in self.inputs.items()]
        knobs.append({**page_knob("step", self.step), "play": 1200})
        return {"dial": "backward", "knobs": knobs, **graph_on_page(graph, started)}

    def picture(self) -> Picture:
        """The picture for the inputs and the step chosen now, or why there is none."""
        inputs = {name: knob.value for name, knob in self.inputs.items()}
        try:
            graph = build_small_graph(*self.root_and_names(inputs))
        except (ValueError, ArithmeticError) as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")
        frames = make_frames(graph)
        self.step.max = len(frames) - 1  # another input may have made another graph
        return draw_frame(graph, frames, min(self.step.value, len(frames) - 1))


def input_on_page(name: str, knob: FloatSlider) -> dict[str, Any]:
    """The slider of an input as a page makes it."""
    count = round((knob.max - knob.min) / knob.step)
    values = [round(knob.min + knob.step * n, 6) for n in range(count + 1)]
    if knob.value not in values:
        values = sorted([*values, knob.value])
    texts = [format_number(value) for value in values]
    written = {"name": name, "label": name, "kind": "slider", "options": values, "texts": texts}
    return {**written, "value": knob.value}
