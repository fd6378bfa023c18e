"""Attention weights of every head of every layer, of one model or of several.

A row is a query, a column a key; the darker a square, the larger the weight. A few heads are drawn
square by square, many as small images; in a browser both respond to the mouse and to the keys
without a kernel.

Trap: a large weight says that a token was attended to, not that it mattered. `AttentionEditor`
changes weights to find that out.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.attention.attention_mosaic import draw_mosaic, max_tokens, mosaic_alt_text
from viz.attention.attention_page import hover_html, interactive_html
from viz.attention.attention_squares import (
    Rows,
    draw_lines,
    draw_phone_lines,
    draw_phone_squares,
    draw_squares,
    fits_as_squares,
)
from viz.attention.attention_weights import (
    AttentionWeights,
    Selection,
    Weights,
    to_attention_weights,
)
from viz.canvas.arrays import to_int, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_HEADS_IN_ALT = 8
VIEWS = ("matrix", "lines")


def draw_attention(
    weights: Weights | Mapping[str, Weights],
    tokens: Sequence[str | bytes],
    *,
    layer: Selection = None,
    head: Selection = None,
    batch_index: int = 0,
    start: int = 0,
    view: str = "matrix",
    title: str = "",
    causal: bool = True,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw attention weights from 0, white, to 1, dark: rows are queries, columns are keys.

    Args:
        weights: Shape (T, T), (H, T, T), (L, H, T, T) or (L, B, H, T, T), any array, or a tuple of
            (B, H, T, T) for each layer as transformers returns it. A mapping name -> weights draws
            several models, or training steps, side by side.
        tokens: The T tokens, as text or bytes. Of a long text only as many are drawn as can be
            read.
        layer: Only this layer; or "mean".
        head: Only this head; or "mean".
        batch_index: Which text of a batch.
        start: The first token that is drawn. Rows before it are not checked and may be padding.
        view: "matrix" or "lines".
        title: Written above.
        causal: False for models in which tokens attend to later ones.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given.

    Raises:
        ValueError: If the shape does not fit the tokens, a row does not sum to 1, or a token
            attends to a later one although `causal`.

    Example:
        >>> draw_attention([[1, 0], [0.3, 0.7]], ["a", "b"])
        Picture: Attention among 2 tokens; head 0: b (position 1) gives 0.70 to itself.
    """
    labels = to_tokens(tokens)
    start = check_options(view, start, len(labels))
    named = weights if isinstance(weights, Mapping) else {"": weights}
    if not named:
        raise ValueError("There is nothing to draw: give at least one name and its weights.")
    models = {
        str(name): to_attention_weights(given, labels, causal, batch_index, start).select(
            layer, head
        )
        for name, given in named.items()
    }
    T = min(len(labels) - start, max_tokens(models, causal))
    note = omission_note(len(labels), start, T)
    models = {name: model.crop(start, T) for name, model in models.items()}
    heads = {
        f"{name}, {which}" if name else which: rows
        for name, model in models.items()
        for which, rows in model.iter_heads()
    }
    data = {"tokens": labels[start : start + T], "heads": heads, "left_out": note}
    has_layers = any(len(model.layers) > 1 for model in models.values())
    as_squares = not has_layers and fits_as_squares(len(heads), T)
    draw = squares_picture if as_squares else mosaic_picture
    picture = draw(data, models, start, view, title, causal)
    return picture.draw_on(ax) if ax is not None else picture


def check_options(view: str, start: int, T: int) -> int:
    """The start as an int; raises ValueError for an unknown view, or a start outside the text."""
    if view not in VIEWS:
        raise ValueError(f"view={view!r} must be one of {', '.join(map(repr, VIEWS))}.")
    try:
        return to_int(start, "start", 0, max(0, T - 1))
    except ValueError:
        raise ValueError(
            f"start={start!r} must be the position of a token, from 0 to {T - 1}."
        ) from None


def omission_note(tokens: int, start: int, shown: int) -> str:
    """Which tokens are drawn, or "" for all."""
    if start:
        range_text = f"tokens {start:,} to {start + shown - 1:,} of {tokens:,} are drawn"
        return f"{range_text}, without what they give to others"
    return f"{tokens - shown:,} more tokens not drawn" if tokens > shown else ""


def squares_picture(
    data: dict[str, Any],
    models: dict[str, AttentionWeights],
    start: int,
    view: str,
    title: str,
    causal: bool,
) -> Picture:
    """A few heads, square by square or line by line."""
    labels, heads, note = data["tokens"], data["heads"], data["left_out"]
    rows = {which: weights.tolist() for which, weights in heads.items()}
    alt = alt_text(rows, labels, start, causal, note)
    if view == "lines":
        parts = (rows, labels, title, note)
        picture = Picture(data, alt, draw_lines(*parts), narrow=draw_phone_lines(*parts))
        picture.html = interactive_html(picture, models, labels, start, view, title, causal)
        return picture
    scene, corners = draw_squares(rows, labels, title, causal, note)
    narrow, phone_corners = draw_phone_squares(rows, labels, title, causal, note)
    picture = Picture(data, alt, scene, narrow=narrow)
    places = (corners, phone_corners if picture.narrow else corners)
    picture.html = hover_html(picture, heads, labels, start, places, causal)
    return picture


def mosaic_picture(
    data: dict[str, Any],
    models: dict[str, AttentionWeights],
    start: int,
    view: str,
    title: str,
    causal: bool,
) -> Picture:
    """Many heads as small images, of which one is enlarged under the mouse."""
    labels, note = data["tokens"], data["left_out"]
    scene = draw_mosaic(models, labels, title, note, causal)
    picture = Picture(data, mosaic_alt_text(models, title, note), scene)
    picture.html = interactive_html(picture, models, labels, start, view, title, causal)
    return picture


def alt_text(heads: dict[str, Rows], labels: list[str], start: int, causal: bool, note: str) -> str:
    """One sentence: the largest weight of each head."""
    some = list(heads.items())[:MAX_HEADS_IN_ALT]
    parts = [f"{which}: {largest_weight(rows, labels, start, causal)}" for which, rows in some]
    sentence = f"Attention among {len(labels)} tokens; " + "; ".join(parts)
    more = len(heads) - len(some)
    sentence += f"; and {more} more heads" if more else ""
    return sentence + (f"; {note}." if note else ".")


def largest_weight(rows: Rows, labels: list[str], start: int, causal: bool) -> str:
    """The largest weight of a head, its query and its key."""
    # The first token of a causal head can only attend to itself, so its 1.00 says nothing.
    first = 1 if causal and len(rows) > 1 else 0
    pairs = [(i, j) for i in range(first, len(rows)) for j in range(len(rows))]
    i, j = max(pairs, key=lambda pair: rows[pair[0]][pair[1]])
    key = "itself" if i == j else f"{visible_token(labels[j])} (position {j + start})"
    query = f"{visible_token(labels[i])} (position {i + start})"
    return f"{query} gives {rows[i][j]:.2f} to {key}"
