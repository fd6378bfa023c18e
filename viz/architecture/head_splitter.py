"""Sliders for n_embd and n_head: the heads, the head dimension, and the parameters."""

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import IntSlider, Layout

from viz.architecture.head_split import HEAD_DIM_MULTIPLE, draw_head_split
from viz.canvas.control import Control
from viz.canvas.picture import Picture

Parameters = Callable[[int, int], int | Mapping[str, int]]


class HeadSplitter(Control):
    """Two sliders for the sizes of attention, and the head split that they give.

    Args:
        n_embd: First value of the slider n_embd.
        n_head: First value of the slider n_head.
        check: Called with (n_embd, n_head). It raises ValueError for sizes that do not fit; the
            message is shown.
        parameters: Called with (n_embd, n_head). It returns a count, or a mapping part -> count.
        tokens: Number of tokens, T.
        n_embd_range: Smallest and largest n_embd, and the step between two values.
        max_heads: Largest n_head.

    Raises:
        ValueError: If a first value is outside its range.

    Example:
        >>> splitter = HeadSplitter(parameters=lambda n_embd, n_head: 12 * n_embd**2)
        >>> splitter.still.data["head_dim"]
        64
    """

    def __init__(
        self,
        n_embd: int = 768,
        n_head: int = 12,
        *,
        check: Callable[[int, int], Any] | None = None,
        parameters: Parameters | None = None,
        tokens: int = 8,
        n_embd_range: tuple[int, int, int] = (64, 1600, 4),
        max_heads: int = 25,
    ):
        low, high, step = n_embd_range
        if not low <= n_embd <= high or (n_embd - low) % step or not 1 <= n_head <= max_heads:
            raise ValueError(
                f"n_embd={n_embd} must be one of {low}, {low + step}, ... {high}, and "
                f"n_head={n_head} from 1 to {max_heads}: they are the first values of the sliders."
            )
        self.check, self.parameters, self.tokens = check, parameters, tokens
        self.first = n_embd, n_head
        options: dict[str, Any] = {"layout": Layout(width="560px")}
        options |= {"style": {"description_width": "90px"}}
        self.n_embd = IntSlider(
            value=n_embd, min=low, max=high, step=step, description="n_embd", **options
        )
        self.n_head = IntSlider(value=n_head, min=1, max=max_heads, description="n_head", **options)
        super().__init__([self.n_embd, self.n_head], self.picture())
        for knob in (self.n_embd, self.n_head):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        n_embd, n_head = self.n_embd.value, self.n_head.value
        warning = ""
        try:
            if self.check:
                self.check(n_embd, n_head)
        except ValueError as error:
            warning = str(error)
        fits = n_embd % n_head == 0
        counts = self.parameters(n_embd, n_head) if self.parameters and fits else None
        return draw_head_split(
            n_embd, n_head, tokens=self.tokens, parameters=counts, warning=warning
        )

    def page_dial(self) -> dict[str, Any] | None:
        """What `head_splitter_dial.js` needs; None for a check or a count that it does not know.

        It knows the message of `gptcore.heads.check_heads`, and no count of parameters.
        """
        known = self.check is None or getattr(self.check, "__name__", "") == "check_heads"
        if not known or self.parameters is not None:
            return None
        n_embd = self.n_embd
        return {
            "dial": "head_splitter",
            "n_embd": self.first[0],
            "n_head": self.first[1],
            "tokens": self.tokens,
            "n_embd_range": [n_embd.min, n_embd.max, n_embd.step],
            "max_heads": self.n_head.max,
            "multiple": HEAD_DIM_MULTIPLE,
            "check": self.check is not None,
        }
