"""Two who join pairs of tokens, one after the other: what each merge saves, and both totals.

Nothing is joined over the border of two words of the text. Left out on purpose: choosing a pair;
the algorithm's merges are given, the reader's come from `viz/text/merge_game.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Rect, Scene, Text, vstack
from viz.canvas.visible_text import Piece, to_bytes, to_runs
from viz.text.tokens import tokens_scene

Pair = tuple[bytes, bytes]
LINES = 3  # of the text
WIDTH, MARGIN, ROW, TOP = 800.0, 16.0, 18.0, 176.0
LEFT_COLUMN, RIGHT_COLUMN = 40.0, 230.0  # of the list
CURVES_LEFT, CURVES_WIDTH = 450.0, 320.0


@dataclass(frozen=True)
class MergeState:
    """A text in which pairs are joined: how often each word stands there, and its tokens now."""

    counts: Mapping[bytes, int]
    tokens_of: Mapping[bytes, tuple[bytes, ...]]

    def tokens(self) -> int:
        return sum(n * len(self.tokens_of[word]) for word, n in self.counts.items())

    def merge(self, pair: Pair) -> "MergeState":
        return MergeState(
            self.counts, {w: merge_tokens(tokens, pair) for w, tokens in self.tokens_of.items()}
        )

    def ranked_pairs(self) -> list[tuple[Pair, int]]:
        """All pairs of neighbours with their counts, the commonest first."""
        found: Counter[Pair] = Counter()
        for word, n in self.counts.items():
            for pair in pairwise(self.tokens_of[word]):
                found[pair] += n
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def initial_state(words: Sequence[Piece]) -> MergeState:
    """The text in single bytes."""
    counts = Counter(map(to_bytes, words))
    return MergeState(counts, {word: tuple(bytes([b]) for b in word) for word in counts})


def merge_tokens(tokens: tuple[bytes, ...], pair: Pair) -> tuple[bytes, ...]:
    """From left to right, every place where the pair stands made one token."""
    if pair[0] not in tokens or pair[1] not in tokens:
        return tokens
    merge, i = [], 0
    while i < len(tokens):
        if tokens[i : i + 2] == pair:
            merge.append(pair[0] + pair[1])
            i += 2
        else:
            merge.append(tokens[i])
            i += 1
    return tuple(merge)


def merge_states(words: Sequence[Piece], merges: Sequence[Pair]) -> list[MergeState]:
    """The text before the first merge, and after each of them."""
    states = [initial_state(words)]
    for pair in merges:
        states.append(states[-1].merge(pair))
    return states


def pair_label(pair: Pair) -> str:
    left, right = ("".join(written for written, _ in to_runs(token)) for token in pair)
    return f"{left} + {right}"


def draw_merging(
    words: Sequence[Piece],
    yours: Sequence[Pair],
    algorithms: Sequence[Pair],
    *,
    you: str = "you",
    title: str = "",
    ax=None,
) -> Picture:
    """Your merges beside the algorithm's, as many as you have made, and how many tokens are left.

    `words` is the text, in pieces over whose borders nothing is joined; a merge is a pair of
    tokens, each bytes.
    Raises:  ValueError for a text without words, or more merges than the algorithm has.
    Example: draw_merging(["low", "lower"], [(b"l", b"o")], [(b"l", b"o"), (b"lo", b"w")])
    """
    check_merges(words, yours, algorithms)
    after_yours, after_algorithms = merge_states(words, yours), merge_states(words, algorithms)
    saved, algorithm_saved = tokens_saved(after_yours), tokens_saved(after_algorithms)
    n, n_bytes = len(yours), after_yours[0].tokens()
    result = f"{you} saved {saved[n]:,} of {n_bytes:,} tokens, the algorithm {algorithm_saved[n]:,}"
    sheet = Scene(WIDTH, TOP + ROW * max(8, len(algorithms)) + 20)
    heading = title or f"{n} of {len(algorithms)} merges: {result}"
    sheet.add(Text(MARGIN, 25, heading, 15, weight="600"))
    sheet.add(*text_scene(words, after_yours[-1]).shapes)
    add_merge_list(sheet, LEFT_COLUMN, you, ORANGE, yours, saved)
    add_merge_list(sheet, RIGHT_COLUMN, "the algorithm", BLUE, algorithms[:n], algorithm_saved)
    add_curves(sheet, saved, algorithm_saved)
    data = {"yours": saved, "algorithm": algorithm_saved, "merges": list(yours), "bytes": n_bytes}
    picture = Picture(data, f"{n} of {len(algorithms)} merges: {result}.", sheet)
    return picture.draw_on(ax) if ax is not None else picture


def tokens_saved(after: Sequence[MergeState]) -> list[int]:
    """How many tokens fewer than bytes there are before the first merge, and after each."""
    return [after[0].tokens() - state.tokens() for state in after]


def text_scene(words: Sequence[Piece], state: MergeState) -> Scene:
    """The first lines of the text in its tokens of now."""
    now: list[Piece] = [token for word in words[:200] for token in state.tokens_of[to_bytes(word)]]
    return vstack(Scene(0, 38), tokens_scene(now, None, WIDTH, len(now), lines=LINES))


def check_merges(words: Sequence[Piece], yours: Sequence[Pair], algorithms: Sequence[Pair]) -> None:
    if isinstance(words, (str, bytes)) or not any(words):
        raise ValueError(f"words must be a list of pieces, not all empty; got {words!r:.60}.")
    for pair in [*yours, *algorithms]:
        if len(pair) != 2 or not all(isinstance(token, bytes) and token for token in pair):
            raise ValueError(f"A merge is two tokens, each bytes: (b't', b'h'); got {pair!r:.60}.")
    if len(yours) > len(algorithms) or not algorithms:
        raise ValueError(
            f"{len(yours)} merges of yours for {len(algorithms)} of the algorithm's: give it at "
            f"least as many, and at least one."
        )


def add_merge_list(
    sheet: Scene, x: float, name: str, colour: str, merges: Sequence[Pair], saved: list[int]
) -> None:
    sheet.add(Text(x, TOP - 14, truncate(name, 26), 13, colour, weight="600"))
    sheet.add(Text(x + 156, TOP - 14, "saved", 11, MUTED, "end"))
    sheet.add(Rect(x - 24, TOP - 6, 180, 1, LINE))
    for i, pair in enumerate(merges):
        y = TOP + 12 + ROW * i
        sheet.add(Text(x - 8, y, f"{i + 1}", 11, MUTED, "end"))
        sheet.add(Text(x, y, truncate(pair_label(pair), 15), 13, INK, mono=True))
        sheet.add(Text(x + 156, y, f"{saved[i + 1] - saved[i]:,}", 12, INK, "end"))


def add_curves(sheet: Scene, yours: list[int], algorithms: list[int]) -> None:
    """Tokens saved by all merges so far, over their number; the algorithm's goes on to the end."""
    bottom, largest = sheet.height - 36, max(1, *yours, *algorithms)
    height, step = bottom - TOP, CURVES_WIDTH / (len(algorithms) - 1)
    sheet.add(
        Text(CURVES_LEFT, TOP - 14, "tokens saved by all merges so far", 12, MUTED, weight="600")
    )
    for fraction in (0, 0.5, 1):
        y = bottom - height * fraction
        sheet.add(Rect(CURVES_LEFT, y, CURVES_WIDTH, 1, FAINT if fraction else LINE))
        sheet.add(Text(CURVES_LEFT - 6, y + 4, f"{largest * fraction:,.0f}", 11, MUTED, "end"))
    for tick in (0, len(algorithms) - 1):
        sheet.add(Text(CURVES_LEFT + step * tick, bottom + 16, f"{tick}", 11, MUTED, "middle"))
    sheet.add(Text(CURVES_LEFT + CURVES_WIDTH / 2, bottom + 16, "merges", 11, MUTED, "middle"))
    for saved, colour, dash in ((algorithms, BLUE, "5 4"), (yours, ORANGE, "")):
        points = tuple(
            (CURVES_LEFT + step * i, bottom - height * n / largest) for i, n in enumerate(saved)
        )
        if len(points) > 1:
            sheet.add(Line(points, colour, 2, dash=dash))
        sheet.add(Circle(*points[-1], 4, colour))
