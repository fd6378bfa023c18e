"""Byte-pair encoding by hand: the reader's merges beside those of the algorithm.

Merging and drawing are in `viz/text/merging.py`.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from ipywidgets import Button, Layout

from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.canvas.visible_text import Piece, to_bytes
from viz.text.merging import Pair, check_merges, draw_merging, initial_state, pair_label

OFFERED_RANKS = (1, 2, 3, 5, 8, 13, 21, 34)  # of the pairs on the buttons, by frequency


class MergeGame(Control):
    """Choose the next pair to merge, as many times as the algorithm did; undo a choice.

    The count of a pair is shown after it was chosen. Without a kernel the still twin shows a game
    that always takes the third most frequent pair.

    Args:
        words: The text, pretokenized: pairs are not merged across words.
        merges: The merges that the algorithm learned on this text, in order: pairs of bytes.
        max_merges: How many of them are played.

    Raises:
        ValueError: If there is no word or no merge, or a merge is not a pair of bytes.

    Example:
        >>> game = MergeGame(["low", "er", "low"], [(b"l", b"o"), (b"lo", b"w")])
        >>> game.still.data["algorithm"]
        [0, 2, 4]
    """

    def __init__(
        self, words: Sequence[Piece], merges: Sequence[Pair], *, max_merges: int = 20
    ) -> None:
        self.words = list(words)
        self.merges = [(left, right) for left, right in merges][:max_merges]
        check_merges(words, [], self.merges)
        self.yours: list[Pair] = []
        self.states, self.note = [initial_state(self.words)], ""
        self.offers: list[tuple[Pair, int]] = []
        self.buttons = [Button(layout=Layout(width="128px")) for _ in OFFERED_RANKS]
        for index, button in enumerate(self.buttons):
            button.on_click(lambda button, index=index: self.choose(index))
        self.undo_button = Button(description="undo", layout=Layout(width="128px"))
        self.undo_button.on_click(lambda button: self.undo())
        still = draw_merging(
            self.words, self.third_choice_merges(), self.merges, you="always the third"
        )
        super().__init__([side_by_side([*self.buttons, self.undo_button])], still)

    def third_choice_merges(self) -> list[Pair]:
        """The merges of a player who always takes the third most frequent pair."""
        state = initial_state(self.words)
        chosen: list[Pair] = []
        for _ in self.merges:
            ranked = state.ranked_pairs()
            if not ranked:
                break
            chosen.append(ranked[min(2, len(ranked) - 1)][0])
            state = state.merge(chosen[-1])
        return chosen

    def choose(self, index: int) -> None:
        """Merge the pair on this button, and show how often it occurred.

        Args:
            index: Which button, counted from 0.
        """
        pair, count = self.offers[index]
        best, best_count = max(self.offers, key=lambda offer: offer[1])
        self.note = f"{pair_label(pair)} occurred {format_times(count)}"
        self.note += (
            ": no pair was more frequent."
            if count == best_count
            else f"; the most frequent on offer, {pair_label(best)}, {format_times(best_count)}."
        )
        self.yours.append(pair)
        self.states.append(self.states[-1].merge(pair))
        self.redraw()

    def undo(self) -> None:
        """Take back the last merge."""
        if self.yours:
            pair = self.yours.pop()
            self.states.pop()
            self.note = f"{pair_label(pair)} is split again."
            self.redraw()

    def update_offers(self) -> None:
        """Write the next pairs on the buttons, in alphabetical order so as not to show the best."""
        is_over = len(self.yours) == len(self.merges)
        ranked = self.states[-1].ranked_pairs()
        chosen = [ranked[rank - 1] for rank in OFFERED_RANKS if rank <= len(ranked)]
        self.offers = [] if is_over else sorted(chosen)
        for button, (pair, _) in zip(self.buttons, self.offers):
            button.description, button.disabled = pair_label(pair), False
        for button in self.buttons[len(self.offers) :]:
            button.description, button.disabled = "", True
        self.undo_button.disabled = not self.yours

    def page_dial(self) -> dict[str, Any] | None:
        """The text and the algorithm's merges, for a page that plays the game."""
        words = [to_bytes(word).decode("latin-1") for word in self.words]
        text = "".join(words)
        between = next((sign for sign in "|~^`_#" if sign not in text), None)
        if between is None:
            return None
        return {
            "dial": "merge",
            "knobs": [
                {"name": "moves", "kind": "state", "value": "[]"},
                {"name": "undone", "kind": "state", "value": ""},
            ],
            "text": between.join(words),
            "between": between,
            "merges": [[token.decode("latin-1") for token in pair] for pair in self.merges],
        }

    def picture(self) -> Picture:
        """The merges so far, beside the algorithm's."""
        return draw_merging(self.words, self.yours, self.merges)

    def redraw(self, change: object = None) -> None:
        self.update_offers()
        question = "Which pair should become one token?" if self.offers else "The game is over."
        note = f'<p style="margin: 2px">{escape(f"{self.note} {question}")}</p>'
        self.screen.value = note + self.picture().to_html()


def format_times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
