"""Who listens to whom: every head of every layer, of one model or of several.

A row asks, the columns are asked, and the darker a square, the more of that column's value the row
takes. A few heads are drawn square by square, many as small images that open under the mouse; both
answer to the mouse and to the keys without a kernel. Left out on purpose: what the weights are good
for. A dark square says that a token was listened to, not that it mattered; `AttentionEditor` finds
that out by moving it.
"""

from collections.abc import Mapping, Sequence

from viz.attention.attention_mosaic import describe_many, draw_mosaic, how_many
from viz.attention.attention_page import hovered, opened
from viz.attention.attention_squares import draw_lines, draw_squares, fits
from viz.attention.attention_stack import Choice, Stack, read_stack
from viz.canvas.arrays import to_int, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture

MOST_SAID = 8  # heads that the sentence goes through one by one
VIEWS = ("matrix", "lines")
Rows = list[list[float]]


def draw_attention(
    weights,
    tokens: Sequence[str],
    *,
    layer: Choice = None,
    head: Choice = None,
    text: int = 0,
    start: int = 0,
    view: str = "matrix",
    title: str = "",
    causal: bool = True,
    ax=None,
) -> Picture:
    """Who (row) listens to whom (column), from 0 white to 1 dark; one picture for each head.

    `layer` and `head` pick one of several, or "mean"; `text` picks one of a batch. A mapping
    name -> weights puts models, or steps of one, side by side. `view` is "matrix" or "lines".
    Of a long text the part from token `start` on is drawn, as long as can be read; the rows before
    it are not looked at, and may be padding.
    `causal=False` is for models in which tokens see later ones.
    Shapes:  weights (T, T), (H, T, T), (L, H, T, T), (L, B, H, T, T), any array, or a tuple of
        (B, H, T, T) for each layer, as transformers has them; tokens: T of them.
    Raises:  ValueError if the shape does not fit the tokens, if a row does not sum to 1, if a
        token listens to a later one although `causal`.
    Example: draw_attention([[1, 0], [0.3, 0.7]], ["a", "b"])
    """
    labels = to_tokens(tokens)
    start = check_options(view, start, len(labels))
    named = weights if isinstance(weights, Mapping) else {"": weights}
    if not named:
        raise ValueError("There is nothing to draw: give at least one name and its weights.")
    stacks = {
        str(name): read_stack(given, labels, causal, text, start).pick(layer, head)
        for name, given in named.items()
    }
    T = min(len(labels) - start, how_many(stacks, causal))
    note = what_is_left_out(len(labels), start, T)
    stacks = {name: stack.part(start, T) for name, stack in stacks.items()}
    heads = {
        f"{name}, {which}" if name else which: rows
        for name, stack in stacks.items()
        for which, rows in stack.singly()
    }
    data = {"tokens": labels[start : start + T], "heads": heads, "left_out": note}
    deep = any(len(stack.layers) > 1 for stack in stacks.values())
    if deep or not fits(len(heads), T):
        picture = all_heads(data, stacks, start, view, title, causal)
    else:
        picture = few_heads(data, stacks, start, view, title, causal)
    return picture.draw_on(ax) if ax is not None else picture


def check_options(view: str, start: int, T: int) -> int:
    if view not in VIEWS:
        raise ValueError(f"view={view!r} must be one of {', '.join(map(repr, VIEWS))}.")
    try:
        return to_int(start, "start", 0, max(0, T - 1))
    except ValueError:
        raise ValueError(
            f"start={start!r} must be the place of a token, from 0 to {T - 1}."
        ) from None


def what_is_left_out(tokens: int, start: int, shown: int) -> str:
    if start:
        told = f"tokens {start:,} to {start + shown - 1:,} of {tokens:,} are drawn"
        return f"{told}, without what they give to others"
    return f"{tokens - shown:,} more tokens not drawn" if tokens > shown else ""


def few_heads(
    data: dict, stacks: dict[str, Stack], start: int, view: str, title: str, causal: bool
) -> Picture:
    """Square by square, or line by line."""
    labels, heads, note = data["tokens"], data["heads"], data["left_out"]
    rows = {which: weights.tolist() for which, weights in heads.items()}
    alt = describe(rows, labels, start, causal, note)
    if view == "lines":
        picture = Picture(data, alt, draw_lines(rows, labels, title, note))
        picture.html = opened(picture, stacks, labels, start, view, title, causal)
        return picture
    scene, places = draw_squares(rows, labels, title, causal, note)
    picture = Picture(data, alt, scene)
    picture.html = hovered(picture, heads, labels, start, places, causal)
    return picture


def all_heads(
    data: dict, stacks: dict[str, Stack], start: int, view: str, title: str, causal: bool
) -> Picture:
    """Small images, of which one is opened under the mouse."""
    labels, note = data["tokens"], data["left_out"]
    scene = draw_mosaic(stacks, labels, title, note)
    picture = Picture(data, describe_many(stacks, title, note), scene)
    picture.html = opened(picture, stacks, labels, start, view, title, causal)
    return picture


def describe(
    heads: dict[str, Rows], labels: list[str], start: int, causal: bool, left_out: str
) -> str:
    """One sentence: for each head who listens hardest to whom."""
    some = list(heads.items())[:MOST_SAID]
    parts = [f"{which}: {strongest(rows, labels, start, causal)}" for which, rows in some]
    sentence = f"Who listens to whom among {len(labels)} tokens; " + "; ".join(parts)
    more = len(heads) - len(some)
    sentence += f"; and {more} more heads" if more else ""
    return sentence + (f"; {left_out}." if left_out else ".")


def strongest(rows: Rows, labels: list[str], start: int, causal: bool) -> str:
    # The first token of a causal head has nobody but itself: its 1.00 says nothing.
    first = 1 if causal and len(rows) > 1 else 0
    pairs = [(i, j) for i in range(first, len(rows)) for j in range(len(rows))]
    i, j = max(pairs, key=lambda pair: rows[pair[0]][pair[1]])
    whom = "itself" if i == j else f"{visible_token(labels[j])} (position {j + start})"
    asks = f"{visible_token(labels[i])} (position {i + start})"
    return f"{asks} gives {rows[i][j]:.2f} to {whom}"
