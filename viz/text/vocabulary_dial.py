"""A slider for the size of the vocabulary, over a text that the reader types.

The drawing is in `viz/text/vocabulary.py`. The tokenizer is a function.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from ipywidgets import Layout, SelectionSlider, Textarea

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.visible_text import Piece
from viz.dials.frames import page_frames
from viz.text.vocabulary import draw_vocabulary

FIXED_TEXT = "The text can be changed where Python runs."  # on a page


class VocabularyDial(Control):
    """Change the size of the vocabulary and the text: its tokens, and the embedding they need.

    Args:
        tokenize: Called with (text, vocab_size). It returns the tokens, each bytes or a string.
        text: First text.
        sizes: Vocabulary sizes of the slider.
        initial: First size, one of `sizes`. None takes the middle one.
        n_embd: Numbers per row of the embedding.
        other_parameters: Parameters of the rest of the model, to show the embedding's fraction.

    Raises:
        ValueError: If there are fewer than two sizes, or `initial` is not one of them.

    Example:
        >>> dial = VocabularyDial(lambda text, size: list(text), "so it goes", [256, 512])
        >>> dial.still.data["tokens"]
        10
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
    ) -> None:
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

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, size=self.size, note=FIXED_TEXT)

    def picture(self) -> Picture:
        """The text in the tokens of the chosen vocabulary, or the error message."""
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
