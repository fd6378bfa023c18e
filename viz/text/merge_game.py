"""Be the merger: the reader chooses which two tokens are joined next, the algorithm beside.

The joining and the drawing are in `viz/text/merging.py`.
"""

from collections.abc import Sequence
from html import escape

from ipywidgets import Button, HBox, Layout

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.visible_text import Piece
from viz.text.merging import Pair, check_merges, draw_merging, initial_state, pair_label

OFFERED_RANKS = (1, 2, 3, 5, 8, 13, 21, 34)  # the commonest pair is there, and worse and worse ones


class MergeGame(Control):
    """Choose the pair to join next, as often as the algorithm has done it; undo what you regret.

    `words` is the text, in pieces over whose borders nothing is joined; `merges` are the
    algorithm's on this text, pairs of bytes in their order. How often a pair stands in the text
    is told after it was chosen. Without a kernel: the game of one who always takes the third
    commonest pair.
    Raises:  ValueError for a text without words, or without merges.
    Example: MergeGame(["low", "er", "low"], [(b"l", b"o"), (b"lo", b"w")])
    """

    def __init__(self, words: Sequence[Piece], merges: Sequence[Pair], *, max_merges: int = 20):
        self.words, self.merges = (
            list(words),
            [(left, right) for left, right in merges][:max_merges],
        )
        check_merges(words, [], self.merges)
        self.yours: list[Pair] = []
        self.states, self.note = [initial_state(self.words)], ""
        self.offers: list[tuple[Pair, int]] = []
        self.buttons = [Button(layout=Layout(width="128px")) for _ in OFFERED_RANKS]
        for index, button in enumerate(self.buttons):
            button.on_click(lambda button, index=index: self.choose(index))
        self.undo_button = Button(description="undo", layout=Layout(width="128px"))
        self.undo_button.on_click(lambda button: self.undo())
        row = Layout(flex_flow="row wrap", max_width="680px")
        still = draw_merging(
            self.words, self.third_choice_merges(), self.merges, you="always the third"
        )
        super().__init__([HBox(self.buttons, layout=row), self.undo_button], still)

    def third_choice_merges(self) -> list[Pair]:
        state, chosen = initial_state(self.words), []
        for _ in self.merges:
            ranked = state.ranked_pairs()
            if not ranked:
                break
            chosen.append(ranked[min(2, len(ranked) - 1)][0])
            state = state.merge(chosen[-1])
        return chosen

    def choose(self, index: int) -> None:
        """Join the pair on this button, and tell what it was worth."""
        pair, count = self.offers[index]
        best, best_count = max(self.offers, key=lambda update_offers: update_offers[1])
        self.note = f"{pair_label(pair)} stood there {format_times(count)}"
        self.note += (
            ": none was commoner."
            if count == best_count
            else f"; the commonest on offer, {pair_label(best)}, {format_times(best_count)}."
        )
        self.yours.append(pair)
        self.states.append(self.states[-1].merge(pair))
        self.redraw()

    def undo(self) -> None:
        if self.yours:
            taken = self.yours.pop()
            self.states.pop()
            self.note = f"{pair_label(taken)} is apart again."
            self.redraw()

    def update_offers(self) -> None:
        """Write the next pairs on the buttons, by the alphabet: the commonest is not told."""
        is_over = len(self.yours) == len(self.merges)
        ranked = self.states[-1].ranked_pairs()
        chosen = [ranked[rank - 1] for rank in OFFERED_RANKS if rank <= len(ranked)]
        self.offers = [] if is_over else sorted(chosen)
        for button, (pair, _) in zip(self.buttons, self.offers):
            button.description, button.disabled = pair_label(pair), False
        for button in self.buttons[len(self.offers) :]:
            button.description, button.disabled = "", True
        self.undo_button.disabled = not self.yours

    def picture(self) -> Picture:
        return draw_merging(self.words, self.yours, self.merges)

    def redraw(self, change=None) -> None:
        self.update_offers()
        question = "Which pair shall become one token?" if self.offers else "The game is over."
        note = f"<p>{escape(f'{self.note} {question}')}</p>"
        self.screen.value = note + self.picture().to_html()


def format_times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
