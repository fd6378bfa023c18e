"""Type a text and look into every head of your own model; ablate one, and see the loss.

The control knows no model: one function returns the attention weights, another the loss. The
drawing is in `viz/attention/attention_head.py`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ipywidgets import Button, IntSlider, Layout, SelectionSlider, Text, ToggleButton

from viz.attention.attention_head import MAX_TOKENS, Head, head_picture
from viz.attention.attention_page import interactive_html
from viz.attention.attention_weights import AttentionWeights, head_name, to_attention_weights
from viz.canvas.arrays import to_int, to_tokens
from viz.canvas.control import Control, side_by_side
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture

Heads = frozenset[Head]
MAX_HEADS_IN_A_PAGE = 36
PAGE_NOTE = "<p>To type a text of your own, or to ablate several heads, run the cell.</p>"
MAX_RUNS = 4  # that are kept: 30 layers x 9 heads x 100 tokens are 22 MB


@dataclass(frozen=True)
class Run:
    """What the model said about one text without some heads."""

    tokens: list[str]
    attention: AttentionWeights
    loss: float | None


class AttentionExplorer(Control):
    """A text to type, sliders for layer, head and query, and a switch that ablates a head.

    Example:
        >>> weights = [[1, 0, 0], [0.3, 0.7, 0], [0.2, 0.2, 0.6]]
        >>> AttentionExplorer(lambda text, ablated_heads: (list(text), [[weights]]), text="abc")
        AttentionExplorer: c (2) gives 0.60 to itself in layer 0, head 0.
    """

    def __init__(
        self,
        run_model: Callable[[str, Heads], tuple[Sequence[str | bytes], Any]],
        *,
        text: str,
        loss: Callable[[str, Heads], float] | None = None,
        loss_name: str = "loss on this text",
        layer: int = 0,
        head: int = 0,
        query: int | None = None,
    ):
        """Make the control.

        Both functions are called with the text and the ablated heads, a set of pairs (layer, head),
        and only if one of these is new: another layer, head or query does not run the model, and
        the last few results are kept.

        Args:
            run_model: Returns the T tokens and the attention weights, shape (L, H, T, T).
            text: The first text.
            loss: Returns one number, in nats.
            loss_name: What the loss is of.
            layer: The layer that is shown first, and in the still.
            head: The head that is shown first, and in the still.
            query: The position that is shown first, and in the still; None for the last one.

        Raises:
            ValueError: If what `run_model` returns does not fit, or the layer, head or query does
                not exist.
        """
        self.run_model, self.loss, self.loss_name = run_model, loss, loss_name
        self.ablated_heads: Heads = frozenset()
        self.busy = False  # while knobs move together
        self.runs: dict[tuple[str, Heads], Run] = {}  # by text and ablated heads, newest last
        self.losses: dict[tuple[str, Heads], float] = {}
        style: dict[str, Any] = {
            "layout": Layout(width="400px"),
            "style": {"description_width": "60px"},
        }
        wide_style = {**style, "layout": Layout(width="806px")}
        self.text = Text(value=text, description="text", continuous_update=False, **wide_style)
        self.tokens: list[str] = []
        self.refresh()
        self.first_text, self.first_run = text, self.last_run()
        L, H, T, _ = self.attention.weights.shape
        layer, head = to_int(layer, "layer", 0, L - 1), to_int(head, "head", 0, H - 1)
        self.layer = IntSlider(value=layer, min=0, max=max(L - 1, 1), description="layer", **style)
        self.head = IntSlider(value=head, min=0, max=max(H - 1, 1), description="head", **style)
        first = T - 1 if query is None else to_int(query, "query", 0, T - 1)
        self.query = SelectionSlider(
            options=self.query_options(), index=first, description="query", **style
        )
        narrow = Layout(width="150px")
        self.ablate = ToggleButton(description="ablate this head", layout=narrow)
        self.undo = Button(description="restore all heads", layout=narrow)
        sliders = [knob for knob, size in ((self.layer, L), (self.head, H)) if size > 1]
        knobs = [*sliders, self.query, self.ablate, self.undo]
        super().__init__([self.text, side_by_side(knobs)], self.picture())
        self.text.observe(self.new_text, names="value")
        self.layer.observe(self.other_head, names="value")
        self.head.observe(self.other_head, names="value")
        self.query.observe(self.redraw, names="value")
        self.ablate.observe(self.toggle_ablation, names="value")
        self.undo.on_click(self.restore_all)

    def open_still(self) -> None:
        """Let the still open every head in a browser, if they are not too many."""
        run = self.first_run
        L, H, T, _ = run.attention.weights.shape
        if self.still.html is not None or L * H > MAX_HEADS_IN_A_PAGE:
            return
        more: dict[str, Any] = {
            "at": [self.still.data[name] for name in ("layer", "head", "query")]
        }
        if self.loss is not None:
            more["lines"] = [
                [self.loss_line(frozenset({(layer, head)})) for head in range(H)]
                for layer in range(L)
            ]
        self.still.html = interactive_html(
            self.still, {"": run.attention}, run.tokens[:T], 0, "matrix", "", True, **more
        )

    def loss_line(self, ablated_heads: Heads) -> str:
        """The line about the loss on the first text without some heads.

        Args:
            ablated_heads: Pairs (layer, head).
        """
        loss = self.loss_of(self.first_text, ablated_heads)
        run = Run(self.first_run.tokens, self.first_run.attention, loss)
        return self.format_loss(run, self.first_text, ablated_heads)

    def refresh(self) -> None:
        """Show the model on this text with these ablated heads; an error changes nothing."""
        run = self.last_run()
        caption = self.format_loss(run, self.text.value, self.ablated_heads)
        self.caption, self.attention, self.tokens = caption, run.attention, run.tokens

    def last_run(self) -> Run:
        """What the model says about this text with these ablated heads, from now or from before."""
        key = (self.text.value, self.ablated_heads)
        run = self.runs.pop(key, None) or self.run(*key)
        self.runs[key] = run
        for oldest in list(self.runs)[:-MAX_RUNS]:
            del self.runs[oldest]
        return run

    def run(self, text: str, ablated_heads: Heads) -> Run:
        """Run the model.

        Args:
            text: The text.
            ablated_heads: Pairs (layer, head).
        """
        given, weights = self.run_model(text, ablated_heads)
        tokens = to_tokens(given)
        attention = to_attention_weights(weights, tokens)
        loss = None if self.loss is None else self.loss_of(text, ablated_heads)
        return Run(tokens, attention.crop(0, min(len(tokens), MAX_TOKENS)), loss)

    def loss_of(self, text: str, ablated_heads: Heads) -> float:
        """The loss in nats, computed once.

        Args:
            text: The text.
            ablated_heads: Pairs (layer, head).
        """
        assert self.loss is not None, "there is a loss"
        key = (text, ablated_heads)
        if key not in self.losses:
            self.losses[key] = float(self.loss(text, ablated_heads))
        return self.losses[key]

    def format_loss(self, run: Run, text: str, ablated_heads: Heads) -> str:
        """One line: the loss, and its change from the loss with all heads.

        Args:
            run: What the model said.
            text: About which text.
            ablated_heads: Pairs (layer, head).
        """
        if run.loss is None:
            return ""
        line = f"{self.loss_name}: {run.loss:.3f} nats"
        if not ablated_heads:
            return line
        all_heads = self.loss_of(text, frozenset())
        more = run.loss - all_heads
        verdict = f"{abs(more):.3f} {'worse' if more > 0 else 'better'}"
        names = ", ".join(
            head_name(run.attention.layers[layer], run.attention.heads[head])
            for layer, head in sorted(ablated_heads)
        )
        change = verdict if abs(more) >= 0.0005 else "no change"
        return f"{line} without {names}; with all heads {all_heads:.3f}: {change}"

    def query_options(self) -> list[tuple[str, int]]:
        """The tokens that can be chosen, with their positions."""
        T = self.attention.weights.shape[-1]
        tokens = self.tokens[:T]
        return [(f"{visible_token(token, 12)} at {k}", k) for k, token in enumerate(tokens)]

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        self.open_still()
        bundle = super()._repr_mimebundle_(include, exclude)
        if self.still.html is not None:
            bundle["text/html"] = self.still.html + PAGE_NOTE
        return bundle

    def picture(self) -> Picture:
        """The picture for the knobs as they are now."""
        return head_picture(
            self.attention,
            self.tokens,
            self.layer.value,
            self.head.value,
            self.query.value,
            self.ablated_heads,
            self.caption,
        )

    def try_refresh(self) -> bool:
        """Whether the model accepted the text and the heads; if not, its error is shown."""
        try:
            self.refresh()
        except (ValueError, ArithmeticError, LookupError) as error:
            self.screen.value = f"<p>{escape(str(error))}</p>"
            return False
        return True

    def new_text(self, change: object = None) -> None:
        """Run the model on a new text; its last token becomes the query.

        Args:
            change: What ipywidgets says about the change; not used.
        """
        if self.try_refresh():
            self.busy = True
            self.query.options = self.query_options()
            self.query.index = len(self.query.options) - 1
            self.busy = False
            self.redraw()

    def other_head(self, change: object = None) -> None:
        """Show another head; the switch shows whether it is ablated.

        Args:
            change: What ipywidgets says about the change; not used.
        """
        self.busy = True
        self.ablate.value = (self.layer.value, self.head.value) in self.ablated_heads
        self.busy = False
        self.redraw()

    def toggle_ablation(self, change: object = None) -> None:
        """Ablate the head that is shown, or restore it.

        Args:
            change: What ipywidgets says about the change; not used.
        """
        if not self.busy:
            this = {(self.layer.value, self.head.value)}
            before = self.ablated_heads
            self.ablated_heads = before | this if self.ablate.value else before - this
            if self.try_refresh():
                self.redraw()
            else:
                self.ablated_heads = before

    def restore_all(self, button: Button | None = None) -> None:
        """Restore all heads.

        Args:
            button: The button that was pressed; not used.
        """
        self.ablated_heads = frozenset()
        if self.try_refresh():
            self.other_head()

    def redraw(self, change: object = None) -> None:
        """Draw, unless several knobs are being moved together.

        Args:
            change: What ipywidgets says about the change.
        """
        if not self.busy:
            super().redraw(change)
