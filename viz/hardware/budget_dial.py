"""Sliders for the sizes of a model and its training: the memory it needs, and whether it fits.

The control knows neither models nor GPUs: a function estimates the memory.
"""

from collections.abc import Callable, Iterable
from math import ceil
from typing import Any

from ipywidgets import Dropdown, HBox, IntSlider, Layout, SelectionSlider, VBox

from viz.canvas.control import Control, page_constants
from viz.canvas.picture import Picture
from viz.canvas.warnings import with_warning
from viz.dials.frames import page_knob
from viz.hardware.budget import draw_budget

WIDTHS = (64, 128, 192, 256, 320, 384, 448, 480, 512, 576, 640, 720, 768, 896, 1024, 1280, 1600)
BLOCKS = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
BATCHES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
PIECES = (1, 2, 4, 8, 16, 32, 64)
MAX_LAYERS, MAX_HEADS = 48, 32


class BudgetDial(Control):
    """Knobs for model sizes, micro-batch, loss chunks and GPU, and the memory that they need.

    Args:
        plan: Called with the keyword arguments n_layer, n_head, n_embd, block_size, batch_size,
            loss_chunk and gpu. Returns {"memory": {part: bytes}, "capacity": bytes,
            "facts": {name: text}}. If it raises a ValueError, the message is shown above the last
            picture. If it is marked by `computed_in_page`, a page turns the knobs without Python.
        gpus: Names of the GPUs to choose from.
        n_layer: Number of layers at the beginning.
        n_head: Number of heads at the beginning.
        n_embd: Width of the model at the beginning.
        block_size: Tokens in a row at the beginning.
        batch_size: Rows in a micro-batch at the beginning.
        loss_chunk: Number of tokens whose logits are in memory at the same time, 0 for all. The
            knob shows into how many pieces this cuts a micro-batch.
        gpu: Name of the GPU at the beginning.

    Raises:
        ValueError: If `gpu` is not one of `gpus`, or if the first call of `plan` raises it.

    Example:
        >>> def plan(batch_size, **sizes):
        ...     memory = {"logits": 2**30 * batch_size}
        ...     return {"memory": memory, "capacity": 12 * 2**30, "facts": {}}
        >>> BudgetDial(plan, gpus=["rtx4070"]).still.data["totals"]
        {'12 layers of 384, micro-batch 16 × 1024': 17179869184}
    """

    def __init__(
        self,
        plan: Callable[..., dict[str, Any]],
        *,
        gpus: Iterable[str],
        n_layer: int = 12,
        n_head: int = 12,
        n_embd: int = 384,
        block_size: int = 1024,
        batch_size: int = 16,
        loss_chunk: int = 0,
        gpu: str = "rtx4070",
    ):
        self.plan, names = plan, [str(name) for name in gpus]
        if gpu not in names:
            raise ValueError(
                f"gpu={gpu!r} is not among `gpus`, which has {', '.join(names[:8]) or 'none'}"
                f"{' ...' if len(names) > 8 else ''}."
            )
        tokens = batch_size * block_size
        pieces = ceil(tokens / loss_chunk) if 0 < loss_chunk < tokens else 1
        self.n_layer = IntSlider(
            value=n_layer,
            min=1,
            max=max(MAX_LAYERS, n_layer),
            description="layers",
            **slider_style(),
        )
        self.n_head = IntSlider(
            value=n_head, min=1, max=max(MAX_HEADS, n_head), description="heads", **slider_style()
        )
        self.n_embd = size_slider("width", WIDTHS, n_embd)
        self.block_size = size_slider("block", BLOCKS, block_size)
        self.batch_size = size_slider("micro-batch", BATCHES, batch_size)
        self.pieces = size_slider("loss chunks", PIECES, pieces)
        self.gpu = Dropdown(options=names, value=gpu, description="GPU", **slider_style())
        model = [self.n_layer, self.n_head, self.n_embd, self.block_size]
        training = [self.batch_size, self.pieces, self.gpu]
        self.last = self.draw()
        super().__init__(
            [HBox([VBox(model), VBox(training)], layout=Layout(flex_flow="row wrap"))], self.last
        )
        for knob in (*model, *training):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """The knobs, for a `plan` that `budget_dial.js` computes, too."""
        constants = page_constants(self.plan)
        if constants is None:
            return None
        names = ("n_layer", "n_head", "n_embd", "block_size", "batch_size", "pieces", "gpu")
        return {
            "dial": "budget",
            "label": "The memory of a training step",
            "knobs": [page_knob(name, getattr(self, name)) for name in names],
            **constants,
        }

    def sizes(self) -> dict[str, Any]:
        """The keyword arguments of `plan` for the present knobs."""
        tokens, pieces = self.batch_size.value * self.block_size.value, self.pieces.value
        return {
            "n_layer": self.n_layer.value,
            "n_head": self.n_head.value,
            "n_embd": self.n_embd.value,
            "block_size": self.block_size.value,
            "batch_size": self.batch_size.value,
            "loss_chunk": ceil(tokens / pieces) if pieces > 1 else 0,
            "gpu": self.gpu.value,
        }

    def picture(self) -> Picture:
        """The memory for the present knobs, or the last possible one with an error above it."""
        try:
            self.last = self.draw()
        except ValueError as error:
            return with_warning(str(error), self.last)
        return self.last

    def draw(self) -> Picture:
        """The memory for the present knobs. Raises what `plan` raises."""
        sizes = self.sizes()
        plan = self.plan(**sizes)
        pieces = f", loss in {self.pieces.value} chunks" if sizes["loss_chunk"] else ""
        return draw_budget(
            plan["memory"],
            plan["capacity"],
            plan["facts"],
            name=f"{sizes['n_layer']} layers of {sizes['n_embd']}, micro-batch "
            f"{sizes['batch_size']} × {sizes['block_size']}{pieces}",
        )


def slider_style() -> dict[str, Any]:
    """Width and label of every knob."""
    return {"layout": Layout(width="360px"), "style": {"description_width": "100px"}}


def size_slider(name: str, common: Iterable[int], initial: int) -> SelectionSlider:
    """A slider over common sizes and the initial one."""
    options = [(f"{size:,}", size) for size in sorted({*common, initial})]
    return SelectionSlider(options=options, value=initial, description=name, **slider_style())
