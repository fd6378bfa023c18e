"""Choose a draft and how many tokens it proposes, and see what a call gives, and how fast it is."""

from collections.abc import Mapping
from typing import Any

from ipywidgets import Dropdown, Layout, SelectionSlider

from viz.canvas.control import Control, side_by_side
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, WIDTH, capitalized, page_of, phone_page_of
from viz.canvas.picture import Picture
from viz.canvas.ticks import format_digits
from viz.canvas.warnings import with_warning
from viz.dials.frames import page_frames
from viz.serving.draft_grid import call_scene, call_words, grid_scene, read_drafts


class DraftDial(Control):
    """A list of drafts and a slider for the draft length, over recorded speculative decoding.

    Args:
        rows: (draft, k) -> a mapping with "tokens_per_call" and "speedup" (times as fast as
            without a draft).
        draft: The first draft; None takes that of the first row.
        k: The first draft length; None takes that of the first row.

    Raises:
        ValueError: If a number is missing, a call gives more than k + 1 tokens, or the first pair
            was not recorded.

    Example:
        >>> rows = {("6 letters", 2): {"tokens_per_call": 2.41, "speedup": 1.3}}
        >>> rows["6 letters", 8] = {"tokens_per_call": 4.44, "speedup": 0.9}
        >>> dial = DraftDial(rows)
        >>> dial.k.value = 8
        >>> dial.picture().data
        {'draft': '6 letters', 'k': 8, 'tokens_per_call': 4.44, 'speedup': 0.9}
    """

    def __init__(
        self,
        rows: Mapping[tuple[str, int], Mapping[str, Any]],
        *,
        draft: str | None = None,
        k: int | None = None,
    ):
        self.drafts = read_drafts(rows)
        first = next(iter(self.drafts))
        chosen = first[0] if draft is None else draft, first[1] if k is None else k
        if chosen not in self.drafts:
            raise ValueError(f"{chosen} was not recorded; there are {list(self.drafts)[:8]}.")
        style = {"layout": Layout(width="340px"), "style": {"description_width": "100px"}}
        names = list(dict.fromkeys(name for name, _ in self.drafts))
        lengths = sorted({length for _, length in self.drafts})
        self.draft = Dropdown(options=names, value=chosen[0], description="draft", **style)
        self.k = SelectionSlider(
            options=lengths, value=chosen[1], description="draft length k", **style
        )
        self.last = self.draw(*chosen)
        super().__init__([side_by_side([self.draft, self.k])], self.last)
        for knob in (self.draft, self.k):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, draft=self.draft, k=self.k)

    def picture(self) -> Picture:
        """The draft and length of the present knobs, or the last one with a note."""
        chosen = self.draft.value, self.k.value
        if chosen not in self.drafts:
            known = ", ".join(str(k) for name, k in self.drafts if name == chosen[0])
            return with_warning(
                f"The draft {chosen[0]!r} was not recorded with k = {chosen[1]}; there are k = "
                f"{known}.",
                self.last,
            )
        self.last = self.draw(*chosen)
        return self.last

    def draw(self, name: str, k: int) -> Picture:
        """Draw one draft and length.

        Args:
            name: The draft.
            k: The draft length.
        """
        draft = self.drafts[name, k]
        words = f"{draft.speedup:.2f} times as fast" + (
            ", so it is slower" if draft.speedup < 1 else ""
        )
        title = f"{capitalized(name, 30)}, k = {k}: {words}"
        fastest = max(self.drafts, key=lambda key: self.drafts[key].speedup)
        best = (
            f"The fastest is {truncate(fastest[0], 30)}, k = {fastest[1]}: "
            f"{format_digits(self.drafts[fastest].speedup)} times."
        )
        parts = self.drafts, (name, k)
        grid, call = grid_scene(*parts, WIDTH / 2), call_scene(*parts, WIDTH / 2)
        grid.height = call.height = max(grid.height, call.height)
        return Picture(
            {"draft": name, "k": k, "tokens_per_call": draft.tokens, "speedup": draft.speedup},
            f"{title}. {call_words(draft, k)} {best}",
            page_of(title, [grid, call]),
            narrow=phone_page_of(title, [grid_scene(*parts, NARROW), call_scene(*parts, NARROW)]),
        )
