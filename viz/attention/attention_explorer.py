"""Type a text, and look into every head of a model of your own; silence one, and see the loss.

The control knows no model: one function answers who listens to whom, another what silence costs.
The drawing is in `viz/attention/query.py`.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from ipywidgets import Button, HBox, IntSlider, Layout, SelectionSlider, Text, ToggleButton

from viz.attention.attention_stack import Stack, read_stack
from viz.attention.query import MOST_TOKENS, Head, query_picture
from viz.canvas.arrays import to_int
from viz.canvas.control import Control
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture

Silenced = frozenset[Head]


class AttentionExplorer(Control):
    """A text to type, sliders for layer, head and asking token, and a switch that silences a head.

    Both functions are called with the text and the silenced heads, a set of pairs (layer, head).
    `look` answers with the tokens and who listens to whom, (L, H, T, T); `loss`, if given, with
    one number, in nats, which `loss_name` explains. Without a kernel: the first setting.
    Raises:  ValueError if what `look` answers does not fit, or for a first place that is not there.
    Example: AttentionExplorer(lambda text, silenced: (list(text), [[[[1.0]]]]), text="a")
    """

    def __init__(
        self,
        look: Callable[[str, Silenced], tuple[Sequence[str], Any]],
        *,
        text: str,
        loss: Callable[[str, Silenced], float] | None = None,
        loss_name: str = "loss on this text",
        layer: int = 0,
        head: int = 0,
        query: int | None = None,
    ):
        self.look, self.loss, self.loss_name = look, loss, loss_name
        self.silenced: Silenced = frozenset()
        self.busy = False  # while knobs move together
        wide: dict[str, Any] = {"layout": Layout(width="560px")}
        wide |= {"style": {"description_width": "90px"}}
        self.text = Text(value=text, description="text", continuous_update=False, **wide)
        self.tokens: list[str] = []
        self.read()
        L, H, T, _ = self.stack.weights.shape
        layer, head = to_int(layer, "layer", 0, L - 1), to_int(head, "head", 0, H - 1)
        self.layer = IntSlider(value=layer, min=0, max=max(L - 1, 1), description="layer", **wide)
        self.head = IntSlider(value=head, min=0, max=max(H - 1, 1), description="head", **wide)
        first = T - 1 if query is None else to_int(query, "query", 0, T - 1)
        self.query = SelectionSlider(
            options=self.names(), index=first, description="who asks", **wide
        )
        self.silence = ToggleButton(description="silence this head", layout=Layout(width="170px"))
        self.undo = Button(description="let all heads speak", layout=Layout(width="170px"))
        many = [knob for knob, size in ((self.layer, L), (self.head, H)) if size > 1]
        knobs = [self.text, *many, self.query]
        super().__init__([*knobs, HBox([self.silence, self.undo])], self.picture())
        self.text.observe(self.new_text, names="value")
        self.layer.observe(self.other_head, names="value")
        self.head.observe(self.other_head, names="value")
        self.query.observe(self.redraw, names="value")
        self.silence.observe(self.switch, names="value")
        self.undo.on_click(self.all_speak)

    def read(self) -> None:
        """Ask the model anew, about this text and these silenced heads."""
        given, weights = self.look(self.text.value, self.silenced)
        tokens = [str(token) for token in given]
        stack = read_stack(weights, tokens)
        self.cost = self.told_cost()  # before anything is kept: a refusal changes nothing
        self.stack: Stack = stack.part(0, min(len(tokens), MOST_TOKENS))
        self.tokens = tokens

    def told_cost(self) -> str:
        """One line: the loss now, and how much worse or better that is than with all heads."""
        if self.loss is None:
            return ""
        now = self.loss(self.text.value, self.silenced)
        told = f"{self.loss_name}: {now:.3f} nats"
        if not self.silenced:
            return told
        all_heads = self.loss(self.text.value, frozenset())
        more = now - all_heads
        verdict = f"{abs(more):.3f} {'worse' if more > 0 else 'better'}"
        names = ", ".join(f"{layer}.{head}" for layer, head in sorted(self.silenced))
        change = verdict if abs(more) >= 0.0005 else "no change"
        return f"{told} without head {names}; with all {all_heads:.3f}: {change}"

    def names(self) -> list[tuple[str, int]]:
        T = self.stack.weights.shape[-1]
        return [
            (f"{visible_token(token, 12)} at {k}", k) for k, token in enumerate(self.tokens[:T])
        ]

    def picture(self) -> Picture:
        return query_picture(
            self.stack,
            self.tokens,
            self.layer.value,
            self.head.value,
            self.query.value,
            self.silenced,
            self.cost,
        )

    def asked_anew(self) -> bool:
        """Whether the model answered; if not, what it said is shown."""
        try:
            self.read()
        except (ValueError, ArithmeticError, LookupError) as error:
            self.screen.value = f"<p>{escape(str(error))}</p>"
            return False
        return True

    def new_text(self, change=None) -> None:
        """The last token of the new text asks."""
        if self.asked_anew():
            self.busy = True
            self.query.options = self.names()
            self.query.index = len(self.query.options) - 1
            self.busy = False
            self.redraw()

    def other_head(self, change=None) -> None:
        """The switch shows whether this head is silenced."""
        self.busy = True
        self.silence.value = (self.layer.value, self.head.value) in self.silenced
        self.busy = False
        self.redraw()

    def switch(self, change=None) -> None:
        if not self.busy:
            here = {(self.layer.value, self.head.value)}
            before = self.silenced
            self.silenced = before | here if self.silence.value else before - here
            if self.asked_anew():
                self.redraw()
            else:
                self.silenced = before

    def all_speak(self, button=None) -> None:
        self.silenced = frozenset()
        if self.asked_anew():
            self.other_head()

    def redraw(self, change=None) -> None:
        if not self.busy:
            super().redraw(change)
