"""Two players that merge pairs of tokens: what each merge saves, and both totals.

Pairs are not merged across words. The algorithm's merges are given; the reader's come from
`viz/text/merge_game.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Rect, Scene, Text, vstack
from viz.canvas.visible_text import Piece, to_bytes, to_runs
from viz.text.tokens import tokens_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pair = tuple[bytes, bytes]
LINES = 3  # of the text
WIDTH, MARGIN, ROW, TOP = 800.0, 16.0, 16.0, 172.0
LEFT_COLUMN, RIGHT_COLUMN = 40.0, 230.0  # of the list
COLUMN_WIDTH = 156.0
CURVES_LEFT, CURVES_WIDTH = 450.0, 320.0


@dataclass(frozen=True)
class MergeState:
    """A text during byte-pair encoding.

    Attributes:
        counts: How often each word occurs.
        tokens_of: The tokens that each word consists of now.
    """

    counts: Mapping[bytes, int]
    tokens_of: Mapping[bytes, tuple[bytes, ...]]

    def tokens(self) -> int:
        """Number of tokens in the text."""
        return sum(n * len(self.tokens_of[word]) for word, n in self.counts.items())

    def merge(self, pair: Pair) -> "MergeState":
        """The state after the pair is merged wherever it occurs."""
        return MergeState(
            self.counts, {w: merge_tokens(tokens, pair) for w, tokens in self.tokens_of.items()}
        )

    def ranked_pairs(self) -> list[tuple[Pair, int]]:
        """All pairs of neighbours with their counts, the most frequent first."""
        pair_counts: Counter[Pair] = Counter()
        for word, n in self.counts.items():
            for pair in pairwise(self.tokens_of[word]):
                pair_counts[pair] += n
        return sorted(pair_counts.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class MergeList:
    """The merges of one player, as a list.

    Attributes:
        name: Who it is.
        colour: Colour of the name.
        merges: The merges so far.
        saved: Tokens saved before the first merge and after each.
    """

    name: str
    colour: str
    merges: Sequence[Pair]
    saved: list[int]


def initial_state(words: Sequence[Piece]) -> MergeState:
    """The text as single bytes."""
    counts = Counter(map(to_bytes, words))
    return MergeState(counts, {word: tuple(bytes([b]) for b in word) for word in counts})


def merge_tokens(tokens: tuple[bytes, ...], pair: Pair) -> tuple[bytes, ...]:
    """Merge the pair wherever it occurs, from left to right."""
    if pair[0] not in tokens or pair[1] not in tokens:
        return tokens
    merged, i = [], 0
    while i < len(tokens):
        if tokens[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(tokens[i])
            i += 1
    return tuple(merged)


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
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the reader's merges beside as many of the algorithm's, and the tokens that both save.

    Args:
        words: The text, pretokenized: pairs are not merged across words.
        yours: The reader's merges: pairs of bytes.
        algorithms: The algorithm's merges, at least as many.
        you: Name of the reader.
        title: Title of the picture, instead of the result.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the tokens saved before and after each merge by both in `.data`; or `ax`.

    Raises:
        ValueError: If there is no word, a merge is not a pair of bytes, or the algorithm has fewer
            merges than the reader.
    """
    check_merges(words, yours, algorithms)
    after_yours, after_algorithms = merge_states(words, yours), merge_states(words, algorithms)
    saved, algorithm_saved = tokens_saved(after_yours), tokens_saved(after_algorithms)
    n, n_bytes = len(yours), after_yours[0].tokens()
    result = f"{you} saved {saved[n]:,} of {n_bytes:,} tokens, the algorithm {algorithm_saved[n]:,}"
    heading = title or f"{n} of {len(algorithms)} merges: {result}"
    tokens = first_tokens(words, after_yours[-1])
    lists = (
        MergeList(you, ORANGE, yours, saved),
        MergeList("the algorithm", BLUE, algorithms[:n], algorithm_saved),
    )
    scene = Scene(WIDTH, TOP + ROW * max(8, len(algorithms)) + 20)
    scene.add(Text(MARGIN, 25, heading, 15, weight="600"))
    text = tokens_scene(tokens, None, WIDTH, len(tokens), lines=LINES)
    scene.add(*vstack(Scene(0, 38), text).shapes)
    for one, x in zip(lists, (LEFT_COLUMN, RIGHT_COLUMN)):
        add_merge_list(scene, one, x, TOP, COLUMN_WIDTH)
    box = (CURVES_LEFT, TOP, CURVES_WIDTH, scene.height - 36 - TOP)
    add_curves(scene, saved, algorithm_saved, box)
    narrow = narrow_scene(heading, tokens, lists)
    data = {"yours": saved, "algorithm": algorithm_saved, "merges": list(yours), "bytes": n_bytes}
    picture = Picture(data, f"{n} of {len(algorithms)} merges: {result}.", scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def tokens_saved(after: Sequence[MergeState]) -> list[int]:
    """How many tokens fewer than bytes there are, before the first merge and after each."""
    return [after[0].tokens() - state.tokens() for state in after]


def first_tokens(words: Sequence[Piece], state: MergeState) -> list[Piece]:
    """The beginning of the text in its current tokens."""
    return [token for word in words[:200] for token in state.tokens_of[to_bytes(word)]]


def narrow_scene(title: str, tokens: list[Piece], lists: Sequence[MergeList]) -> Scene:
    """The picture for a phone: the curves are below both lists."""
    text = tokens_scene(tokens, None, NARROW, len(tokens), lines=LINES + 1)
    scene = vstack(heading_scene(title, NARROW), text)
    top = scene.height + 32
    for i, one in enumerate(lists):
        add_merge_list(scene, one, 40 + i * 170, top, 128)
    scene.height = top + ROW * max(len(one.merges) for one in lists) + 40
    add_curves(scene, lists[0].saved, lists[1].saved, (54, scene.height, NARROW - 76, 130))
    scene.height += 160
    return scene


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


def add_merge_list(scene: Scene, one: MergeList, x: float, top: float, width: float) -> None:
    """Add a list of merges, the number of each to the left of `x`."""
    name = truncate(one.name, 26 if width == COLUMN_WIDTH else 13)
    name_x = x if width == COLUMN_WIDTH else x - 24
    scene.add(Text(name_x, top - 14, name, 13, one.colour, weight="600"))
    scene.add(Text(x + width, top - 14, "saved", 11, MUTED, "end"))
    scene.add(Rect(x - 24, top - 6, width + 24, 1, LINE))
    letters = int((width - 36) / 8)
    for i, pair in enumerate(one.merges):
        y = top + 12 + ROW * i
        scene.add(Text(x - 8, y, f"{i + 1}", 11, MUTED, "end"))
        scene.add(Text(x, y, truncate(pair_label(pair), letters), 13, INK, mono=True))
        scene.add(Text(x + width, y, f"{one.saved[i + 1] - one.saved[i]:,}", 12, INK, "end"))


def add_curves(
    scene: Scene,
    yours: list[int],
    algorithms: list[int],
    box: tuple[float, float, float, float],
) -> None:
    """Tokens saved in total over the number of merges; the algorithm's curve runs to its end.

    The box is left, top, width and height of the axes, in pixels.
    """
    left, top, width, height = box
    bottom, largest, step = top + height, max(1, *yours, *algorithms), width / (len(algorithms) - 1)
    heading = "tokens saved by all merges so far"
    scene.add(Text(left, top - 14, heading, 12, MUTED, weight="600"))
    for fraction in (0, 0.5, 1):
        y = bottom - height * fraction
        scene.add(Rect(left, y, width, 1, FAINT if fraction else LINE))
        scene.add(Text(left - 6, y + 4, f"{largest * fraction:,.0f}", 11, MUTED, "end"))
    for tick in (0, len(algorithms) - 1):
        scene.add(Text(left + step * tick, bottom + 16, f"{tick}", 11, MUTED, "middle"))
    scene.add(Text(left + width / 2, bottom + 16, "merges", 11, MUTED, "middle"))
    for saved, colour, dash in ((algorithms, BLUE, "5 4"), (yours, ORANGE, "")):
        points = tuple(
            (left + step * i, bottom - height * n / largest) for i, n in enumerate(saved)
        )
        if len(points) > 1:
            scene.add(Line(points, colour, 2, dash=dash))
        scene.add(Circle(*points[-1], 4, colour))
