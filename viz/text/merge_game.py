"""Be the merger: the reader chooses which two tokens are joined next, the algorithm beside.

The joining and the drawing are in `viz/text/merging.py`.
"""

from collections.abc import Sequence
from html import escape

from ipywidgets import Button, HBox, Layout

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.visible_text import Piece
from viz.text.merging import Pair, check, draw_merging, name_of, start

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

    def __init__(self, words: Sequence[Piece], merges: Sequence[Pair], *, most: int = 20):
        self.words, self.merges = list(words), [(left, right) for left, right in merges][:most]
        check(words, [], self.merges)
        self.yours: list[Pair] = []
        self.boards, self.note = [start(self.words)], ""
        self.offers: list[tuple[Pair, int]] = []
        self.buttons = [Button(layout=Layout(width="128px")) for _ in OFFERED_RANKS]
        for place, button in enumerate(self.buttons):
            button.on_click(lambda button, place=place: self.choose(place))
        self.back = Button(description="undo", layout=Layout(width="128px"))
        self.back.on_click(lambda button: self.undo())
        row = Layout(flex_flow="row wrap", max_width="680px")
        still = draw_merging(self.words, self.third_best(), self.merges, you="always the third")
        super().__init__([HBox(self.buttons, layout=row), self.back], still)

    def third_best(self) -> list[Pair]:
        board, chosen = start(self.words), []
        for _ in self.merges:
            ranked = board.commonest()
            if not ranked:
                break
            chosen.append(ranked[min(2, len(ranked) - 1)][0])
            board = board.joined(chosen[-1])
        return chosen

    def choose(self, place: int) -> None:
        """Join the pair on this button, and tell what it was worth."""
        pair, count = self.offers[place]
        best, most = max(self.offers, key=lambda offer: offer[1])
        self.note = f"{name_of(pair)} stood there {times(count)}"
        self.note += (
            ": none was commoner."
            if count == most
            else f"; the commonest on offer, {name_of(best)}, {times(most)}."
        )
        self.yours.append(pair)
        self.boards.append(self.boards[-1].joined(pair))
        self.redraw()

    def undo(self) -> None:
        if self.yours:
            taken = self.yours.pop()
            self.boards.pop()
            self.note = f"{name_of(taken)} is apart again."
            self.redraw()

    def offer(self) -> None:
        """Write the next pairs on the buttons, by the alphabet: the commonest is not told."""
        over = len(self.yours) == len(self.merges)
        ranked = self.boards[-1].commonest()
        chosen = [ranked[rank - 1] for rank in OFFERED_RANKS if rank <= len(ranked)]
        self.offers = [] if over else sorted(chosen)
        for button, (pair, _) in zip(self.buttons, self.offers):
            button.description, button.disabled = name_of(pair), False
        for button in self.buttons[len(self.offers) :]:
            button.description, button.disabled = "", True
        self.back.disabled = not self.yours

    def picture(self) -> Picture:
        return draw_merging(self.words, self.yours, self.merges)

    def redraw(self, change=None) -> None:
        self.offer()
        question = "Which pair shall become one token?" if self.offers else "The game is over."
        note = f"<p>{escape(f'{self.note} {question}')}</p>"
        self.screen.value = note + self.picture().to_html()


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
