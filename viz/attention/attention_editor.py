"""Change what one letter hears: edit a score, silence a head, take the positions away.

Looking at weights tells what a head does; changing them tells what it is good for. The control
knows no model: a function answers how it looks inside, another what it costs.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from ipywidgets import Button, Checkbox, FloatSlider, HBox, IntSlider, Layout, SelectionSlider

from viz.attention.attention_edit import draw_attention_edit
from viz.canvas.arrays import to_int
from viz.canvas.control import Control
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture


class AttentionEditor(Control):
    """Choose who asks and in which head; add to the score of any letter, and see what follows.

    Both functions are called with query, head, added (T numbers: what is added to that row's
    scores), silenced (a set of heads) and use_positions (True or False). `look` answers with a
    dictionary: scores (T,) before the change, weights (T, T), values (T, D), mixed (D,), probs
    (token -> probability). `loss`, if given, answers with one number, which `loss_name` explains.
    `still_added` is an edit, position -> what is added, that a page without a kernel shows.
    Raises:  ValueError if what `look` answers does not fit the tokens.
    Example: alone = {"scores": [0.0], "weights": [[1.0]], "values": [[1.0]], "mixed": [1.0]}
             AttentionEditor(lambda **knobs: {**alone, "probs": {"a": 1.0}}, ["a"], n_head=1)
    """

    def __init__(
        self,
        look: Callable[..., Mapping],
        tokens: Sequence[str],
        n_head: int,
        *,
        loss: Callable[..., float] | None = None,
        loss_name: str = "loss",
        head: int = 0,
        still_added: Mapping[int, float] | None = None,
    ):
        self.look, self.loss, self.loss_name, self.undoing = look, loss, loss_name, False
        self.tokens = [str(token) for token in tokens]
        if not self.tokens:
            raise ValueError("There are no tokens: give one at least.")
        n_head = to_int(n_head, "n_head", 1)
        head = to_int(head, "head", 0, n_head - 1)
        last = len(self.tokens) - 1
        look_of = {"layout": Layout(width="500px"), "style": {"description_width": "130px"}}
        names = [visible_token(token, 6) for token in self.tokens]
        asks = [(f"{name} at {i}", i) for i, name in enumerate(names)]
        self.query = SelectionSlider(options=asks, value=last, description="who asks", **look_of)
        self.head = IntSlider(value=head, min=0, max=n_head - 1, description="head", **look_of)
        self.added = [
            FloatSlider(value=0, min=-8, max=8, step=0.5, description=f"add to {name}", **look_of)
            for name, _ in asks
        ]
        small = Layout(width="150px")
        self.silenced = [
            Checkbox(value=False, description=f"silence head {h}", indent=False, layout=small)
            for h in range(n_head)
        ]
        self.use_positions = Checkbox(
            value=True, description="the model is told the positions", indent=False
        )
        self.reset = Button(description="undo all changes", layout=Layout(width="160px"))
        self.reset.on_click(self.undo)
        self.first_loss = loss(**self.untouched(last, head)) if loss else 0.0
        switches = HBox([*self.silenced, self.use_positions], layout=Layout(flex_flow="row wrap"))
        start = self.untouched(last, head)
        for position, by in (still_added or {}).items():
            start["added"][position] = float(by)
        knobs = [self.query, *([self.head] if n_head > 1 else []), *self.added]
        super().__init__([*knobs, switches, self.reset], self.drawn(start))
        for knob in [*knobs, *self.silenced, self.use_positions]:
            knob.observe(self.redraw, names="value")

    def untouched(self, query: int, head: int) -> dict:
        """The knobs of a model that nobody has changed."""
        none = [0.0] * len(self.tokens)
        return {
            "query": query,
            "head": head,
            "added": none,
            "silenced": frozenset(),
            "use_positions": True,
        }

    def turned(self) -> dict:
        """The knobs as they stand now."""
        return self.untouched(self.query.value, self.head.value) | {
            "added": [knob.value for knob in self.added],
            "silenced": frozenset(h for h, box in enumerate(self.silenced) if box.value),
            "use_positions": self.use_positions.value,
        }

    def undo(self, button=None) -> None:
        self.undoing = True  # one new picture at the end, not one for each knob
        for knob in self.added:
            knob.value = 0.0
        for box in self.silenced:
            box.value = False
        self.use_positions.value = True
        self.undoing = False
        self.redraw()

    def redraw(self, change=None) -> None:
        if not self.undoing:
            super().redraw(change)

    def picture(self) -> Picture:
        """The still for where the knobs stand, or what speaks against it."""
        try:
            return self.drawn(self.turned())
        except (ValueError, ArithmeticError) as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")

    def drawn(self, knobs: dict) -> Picture:
        query, head = knobs["query"], knobs["head"]
        return draw_attention_edit(
            self.look(**knobs),
            self.tokens,
            query=query,
            head=head,
            untouched=self.look(**self.untouched(query, head)),
            added=knobs["added"],
            silenced=head in knobs["silenced"],
            said=self.cost(knobs),
        )

    def cost(self, knobs: dict) -> str:
        """One line: the loss now, and how much worse or better that is than the untouched one."""
        if self.loss is None:
            return ""
        now = self.loss(**knobs)
        more = now - self.first_loss
        verdict = "worse" if more > 0 else "better"
        change = f"{abs(more):.3f} {verdict}" if abs(more) >= 0.0005 else "no change"
        return f"{self.loss_name}: {now:.3f} nats; untouched {self.first_loss:.3f}: {change}"
