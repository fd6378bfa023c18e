"""A slider of the vocabulary's size over a text that the reader types.

The drawing is in `viz/text/vocabulary.py`. The control knows no tokenizer: a function cuts the
text.
"""

from collections.abc import Callable, Sequence
from html import escape

from ipywidgets import Layout, SelectionSlider, Textarea

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.visible_text import Piece
from viz.text.vocabulary import draw_vocabulary


class VocabularyDial(Control):
    """Turn the size of the vocabulary, type any text: its tokens, and the table they need.

    `tokenize(text, vocab_size)` answers with the text's pieces. `n_embd` numbers describe each
    token; `other_parameters` is how many the rest of the model has. `initial` is where the slider
    begins, one of `sizes`.
    Raises:  ValueError for fewer than two sizes, or for a `initial` that is none of them.
    Example: VocabularyDial(lambda text, size: list(text), "so it goes", [256, 512])
    """

    def __init__(
        self,
        tokenize: Callable[[str, int], Sequence[Piece]],
        text: str,
        sizes: Sequence[int],
        *,
        initial: int | None = None,
        n_embd: int = 384,
        other_parameters: int | None = None,
    ):
        self.tokenize, self.n_embd, self.other_parameters = tokenize, n_embd, other_parameters
        self.sizes = sorted({int(size) for size in sizes})
        initial = self.sizes[len(self.sizes) // 2] if initial is None and self.sizes else initial
        if len(self.sizes) < 2 or initial not in self.sizes:
            raise ValueError(
                f"sizes must be at least two sizes of a vocabulary, `initial` one of them; got "
                f"{list(sizes)!r:.60} and first={initial}."
            )
        self.size = SelectionSlider(
            options=[(f"{size:,}", size) for size in self.sizes],
            value=initial,
            description="vocabulary",
            layout=Layout(width="560px"),
            style={"description_width": "90px"},
        )
        self.text = Textarea(
            value=text,
            description="text",
            layout=Layout(width="700px", height="64px"),
            style={"description_width": "90px"},
        )
        super().__init__([self.size, self.text], self.picture_of(text, self.size.value))
        for knob in (self.size, self.text):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The text cut with the vocabulary chosen, or what speaks against it."""
        try:
            return self.picture_of(self.text.value, self.size.value)
        except ValueError as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")

    def picture_of(self, text: str, vocab_size: int) -> Picture:
        return draw_vocabulary(
            self.tokenize(text, vocab_size),
            vocab_size,
            max_vocab_size=self.sizes[-1],
            n_embd=self.n_embd,
            other_parameters=self.other_parameters,
        )
