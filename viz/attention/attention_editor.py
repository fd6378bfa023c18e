"""Change the attention of one token: edit a score, ablate a head, take the positions away.

Weights show what a head does; changing them shows what it is good for. The control knows no model:
one function computes the activations, another the loss.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from ipywidgets import Button, Checkbox, FloatSlider, IntSlider, Label, Layout, SelectionSlider

from viz.attention.attention_edit import draw_attention_edit
from viz.canvas.arrays import to_int
from viz.canvas.control import Control, side_by_side
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture


class AttentionEditor(Control):
    """Choose a query and a head, add to the score of any token, and see what follows.

    Example:
        >>> state = {"scores": [0.0], "weights": [[1.0]], "values": [[1.0]], "context": [1.0]}
        >>> AttentionEditor(lambda **knobs: {**state, "probs": {"a": 1.0}}, ["a"], n_head=1)
        AttentionEditor: In head 0 a at position 0 gives 1.00 to a at position 0; next come a 1.00.
    """

    def __init__(
        self,
        run_model: Callable[..., Mapping[str, Any]],
        tokens: Sequence[str],
        n_head: int,
        *,
        loss: Callable[..., float] | None = None,
        loss_name: str = "loss",
        head: int = 0,
        still_score_delta: Mapping[int, float] | None = None,
        page: Callable[[], dict[str, Any]] | None = None,
    ):
        """Make the control.

        Both functions are called with the keyword arguments `query`, `head`, `score_delta` (T
        numbers that are added to the scores of that query), `ablated_heads` (a set of ints) and
        `use_positions` (a bool).

        Args:
            run_model: Returns a dictionary: scores (T,) before the change, weights (T, T), values
                (T, D), context (D,) and probs (token -> probability).
            tokens: The T tokens, 16 at most.
            n_head: How many heads the layer has.
            loss: Returns one number, in nats.
            loss_name: What the loss is of.
            head: The head that is shown first.
            still_score_delta: Position -> what is added in the still, which is seen where no
                kernel runs.
            page: Returns what a page needs to run a small GPT by itself: the token `ids`, the names
                `vocab`, other texts as `rows` of ids for the loss of the last one, and the weights
                as `trained`.

        Raises:
            ValueError: If what `run_model` returns does not fit the tokens.
        """
        self.run_model, self.loss, self.loss_name = run_model, loss, loss_name
        self.page, self.first_head = page, head
        self.undoing = False
        self.tokens = [str(token) for token in tokens]
        if not self.tokens:
            raise ValueError("There are no tokens: give one at least.")
        n_head = to_int(n_head, "n_head", 1)
        head = to_int(head, "head", 0, n_head - 1)
        last = len(self.tokens) - 1
        style: dict[str, Any] = {
            "layout": Layout(width="272px"),
            "style": {"description_width": "72px"},
        }
        names = [visible_token(token, 6) for token in self.tokens]
        options = [(f"{name} at {i}", i) for i, name in enumerate(names)]
        self.query = SelectionSlider(options=options, value=last, description="query", **style)
        self.head = IntSlider(value=head, min=0, max=n_head - 1, description="head", **style)
        self.score_delta = [
            FloatSlider(value=0, min=-8, max=8, step=0.5, description=f"{name} ({i})", **style)
            for i, name in enumerate(names)
        ]
        small = Layout(width="112px")
        self.ablated_heads = [
            Checkbox(value=False, description=f"ablate head {h}", indent=False, layout=small)
            for h in range(n_head)
        ]
        self.use_positions = Checkbox(value=True, description="positions", indent=False)
        self.use_positions.layout = Layout(width="100px")
        self.reset = Button(description="undo all changes", layout=Layout(width="140px"))
        self.reset.on_click(self.undo)
        still = self.unchanged_knobs(last, head)
        self.baseline_loss = loss(**still) if loss else 0.0
        for position, delta in (still_score_delta or {}).items():
            still["score_delta"][position] = float(delta)
        boxes = [*self.ablated_heads, self.use_positions]
        first = [self.query, *([self.head] if n_head > 1 else [])]
        heading = Label("Add to the score of a key:", layout=Layout(height="22px"))
        rows = [side_by_side(row) for row in (first, self.score_delta, [*boxes, self.reset])]
        super().__init__([rows[0], heading, *rows[1:]], self.draw(still))
        for knob in [*first, *self.score_delta, *boxes]:
            knob.observe(self.redraw, names="value")

    def unchanged_knobs(self, query: int, head: int) -> dict[str, Any]:
        """The arguments of `run_model` for the unchanged model.

        Args:
            query: The position of the query.
            head: The head that is shown.
        """
        return {
            "query": query,
            "head": head,
            "score_delta": [0.0] * len(self.tokens),
            "ablated_heads": frozenset(),
            "use_positions": True,
        }

    def current_knobs(self) -> dict[str, Any]:
        """The arguments of `run_model` as the knobs are now."""
        return self.unchanged_knobs(self.query.value, self.head.value) | {
            "score_delta": [knob.value for knob in self.score_delta],
            "ablated_heads": frozenset(h for h, box in enumerate(self.ablated_heads) if box.value),
            "use_positions": self.use_positions.value,
        }

    def undo(self, button: Button | None = None) -> None:
        """Undo all changes, and draw once at the end.

        Args:
            button: The button that was pressed; not used.
        """
        self.undoing = True
        for knob in self.score_delta:
            knob.value = 0.0
        for box in self.ablated_heads:
            box.value = False
        self.use_positions.value = True
        self.undoing = False
        self.redraw()

    def redraw(self, change: object = None) -> None:
        """Draw, unless several knobs are being moved together.

        Args:
            change: What ipywidgets says about the change.
        """
        if not self.undoing:
            super().redraw(change)

    def picture(self) -> Picture:
        """The picture for the knobs as they are now, or why there is none."""
        try:
            return self.draw(self.current_knobs())
        except (ValueError, ArithmeticError) as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")

    def draw(self, knobs: dict[str, Any]) -> Picture:
        """The picture for these arguments of `run_model`.

        Args:
            knobs: The arguments of `run_model`.
        """
        query, head = knobs["query"], knobs["head"]
        return draw_attention_edit(
            self.run_model(**knobs),
            self.tokens,
            query=query,
            head=head,
            baseline=self.run_model(**self.unchanged_knobs(query, head)),
            score_delta=knobs["score_delta"],
            ablated=head in knobs["ablated_heads"],
            caption=self.format_loss(knobs),
        )

    def format_loss(self, knobs: dict[str, Any]) -> str:
        """One line: the loss, and its change from the unchanged model's.

        Args:
            knobs: The arguments of `run_model`.
        """
        if self.loss is None:
            return ""
        now = self.loss(**knobs)
        more = now - self.baseline_loss
        verdict = "worse" if more > 0 else "better"
        change = f"{abs(more):.3f} {verdict}" if abs(more) >= 0.0005 else "no change"
        unchanged = f"unchanged model {self.baseline_loss:.3f}"
        return f"{self.loss_name}: {now:.3f} nats; {unchanged}: {change}"

    def page_dial(self) -> dict[str, Any] | None:
        """What `attention_editor_dial.js` needs; None without a model for the page."""
        if self.page is None:
            return None
        return {
            "dial": "attention_editor",
            "label": "Attention scores to edit",
            "tokens": [visible_token(token) for token in self.tokens],
            "names": [visible_token(token, 6) for token in self.tokens],
            "n_head": len(self.ablated_heads),
            "head": self.first_head,
            "loss_name": self.loss_name if self.loss else "",
            **self.page(),
        }
