"""The logit lens: what each layer would predict if the model ended there.

Layers are drawn from bottom to top. The caller applies the final norm and the output head, which
turn a layer into logits.
Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import to_int, to_text, to_tokens
from viz.canvas.labels import title_width, truncate, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene, words_scene
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, WHITE, blend, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.tensors import to_finite_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TOKENS, MAX_WORD = 24, 6  # columns; letters that each has room for
LEFT, MAX_WIDTH, MIN_COLUMN, MAX_COLUMN, LETTER = 84, 880, 33.0, 92.0, 7.6  # pixels
MANY_LAYERS = 16  # with more, a row has no number below its token
ROW, LOW_ROW = 32, 17  # pixels
PHONE_ROW, PHONE_ROWS, PHONE_NAME = 34, 12, 11  # pixels, rows at most, letters of a name
TOLERANCE = 0.01
Array = NDArray[np.float64]
Best = tuple[NDArray[np.int64], Array]  # of one layer: ids of the most likely tokens, their probs


def draw_lens(
    layers: ArrayLike,
    tokens: Sequence[str | bytes],
    name_of: Callable[[int], str | bytes] | Sequence[str | bytes],
    *,
    ids: ArrayLike | None = None,
    start: int = 0,
    names: Sequence[str] | None = None,
    title: str = "What each layer would predict",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the most likely next token at each position after each layer; bluer means more likely.

    An orange frame marks the predictions that are correct.

    Args:
        layers: Logits or probabilities, first layer first, shape (L, T, V); with `ids` the
            probabilities of a few tokens, shape (L, T, k), which need not sum to 1.
        tokens: The T tokens of the text. As many are drawn as can be read, at most 24.
        name_of: Text of a token id, as a function or a list, spelled as in `tokens`.
        ids: Which tokens the last axis of `layers` has, shape (L, T, k). A large vocabulary need
            not be held for all layers: `GPT.logit_lens_top_k` gives both.
        start: The first token that is drawn.
        names: L names of layers. None numbers them from 0.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `predicted`, `confidence` and `correct` in `.data`; or `ax`, if given.

    Raises:
        ValueError: If the shapes do not fit together, or a number is not finite.

    Example:
        >>> picture = draw_lens(np.zeros((2, 3, 4)), "abc", "abcd")
        >>> picture.data["predicted"]
        [['a', 'a', 'a'], ['a', 'a', 'a']]

    Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    labels = to_tokens(tokens)
    arrays = to_layers(layers, "layers", "L T V")
    check_shapes(arrays, labels, names)
    start = to_int(start, "start", 0, len(labels) - 1)
    T = min(len(labels) - start, columns_that_fit(labels[start:]))
    drawn = slice(start, start + T)
    found = list(most_likely(arrays, drawn) if ids is None else pick(arrays, ids, drawn))
    token_name = name_of if callable(name_of) else name_of.__getitem__
    predicted = [[to_text(token_name(int(token))) for token in best] for best, _ in found]
    confidence = np.stack([probs for _, probs in found])  # (L, T)
    targets = [*labels[start + 1 : start + T + 1]]
    correct = [
        [t < len(targets) and token == targets[t] for t, token in enumerate(row)]
        for row in predicted
    ]
    layer_names = names if names is not None else range(len(predicted))
    rows = [f"layer {name}" if str(name).isdigit() else str(name) for name in layer_names]
    texts = labels[drawn], [*targets, ""][:T], omission_note(len(labels), start, T)
    parts = (predicted, confidence.tolist(), correct, texts, rows, title)
    summary = "; ".join(
        f"{rows[k]} is right at {sum(correct[k])} of {len(targets)} positions" for k in (0, -1)
    )
    not_drawn = f"; {texts[2]}" if texts[2] else ""
    picture = Picture(
        {
            "tokens": labels[drawn],
            "predicted": predicted,
            "confidence": confidence,
            "correct": correct,
        },
        f"{title}: {summary}{not_drawn}.",
        build_scene(*parts),
        narrow=phone_scene(*parts),
    )
    return picture.draw_on(ax) if ax is not None else picture


def to_layers(given: Any, name: str, axes: str) -> Sequence[Any]:
    """The layers, each an array or a tensor of two axes; nothing large is copied."""
    if isinstance(given, (list, tuple)) and any(hasattr(layer, "shape") for layer in given):
        if all(hasattr(layer, "shape") and len(layer.shape) == 2 for layer in given):
            return given
    elif len(getattr(given, "shape", ())) == 3 and 0 not in given.shape:
        layers: Sequence[Any] = given
        return layers
    return to_finite_array(given, name, axes)  # type: ignore[return-value] # or its error


def check_shapes(layers: Sequence[Any], labels: list[str], names: Sequence[str] | None) -> None:
    L, lengths = len(layers), {layer.shape[0] for layer in layers}
    if lengths != {len(labels)}:
        raise ValueError(
            f"layers have {max(lengths)} positions, but there are {len(labels)} tokens: give as "
            f"many."
        )
    if names is not None and len(names) != L:
        raise ValueError(f"There are {L} layers, but {len(names)} names for them.")


def columns_that_fit(labels: list[str]) -> int:
    """How many columns are drawn: wide enough for most of the tokens, in `MAX_WORD` letters."""
    lengths = sorted(min(MAX_WORD, len(visible_token(label))) for label in labels[:MAX_TOKENS])
    usual = lengths[(3 * len(lengths)) // 4]
    return min(MAX_TOKENS, int((MAX_WIDTH - LEFT) / max(MIN_COLUMN, LETTER * usual + 8)))


def most_likely(layers: Sequence[Any], drawn: slice) -> Iterator[Best]:
    """The most likely token at each position, of logits (T, V) or of probabilities.

    Logits go through a softmax, layer by layer; rows that sum to 1 already are kept.
    """
    arrays = finite_layers(layers, "layers", drawn)
    if all((a >= 0).all() and (abs(a.sum(-1) - 1) < TOLERANCE).all() for a in arrays):
        for probs in finite_layers(layers, "layers", drawn):
            yield probs.argmax(-1), probs.max(-1)  # (T, V) -> (T), (T)
        return
    for logits in finite_layers(layers, "layers", drawn):
        largest = logits.max(-1, keepdims=True)
        yield logits.argmax(-1), 1 / np.exp(logits - largest).sum(-1)  # exp(0) over the sum


def pick(layers: Sequence[Any], ids: Any, drawn: slice) -> Iterator[Best]:
    """The most likely of a few tokens, (T, k), whose ids are given."""
    all_ids = to_layers(ids, "ids", "L T k")
    shapes = [[tuple(a.shape) for a in arrays] for arrays in (layers, all_ids)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"layers and ids must have the same shape (L, T, k): a layer has {shapes[0][0]}, and "
            f"its ids {shapes[1][0]}."
        )
    both = zip(finite_layers(layers, "layers", drawn), finite_layers(all_ids, "ids", drawn))
    for k, (probs, its_ids) in enumerate(both):
        if probs.min() < 0 or probs.sum(-1).max() > 1 + TOLERANCE:
            raise ValueError(
                f"layers[{k}] are not probabilities: the smallest is {probs.min():.3g}, and some "
                f"sum to {probs.sum(-1).max():.3g}. With ids, put logits through softmax first."
            )
        best = probs.argmax(-1)[:, None]  # (T, 1)
        yield np.take_along_axis(its_ids, best, -1)[:, 0].astype(int), probs.max(-1)


def finite_layers(layers: Iterable[Any], name: str, drawn: slice) -> Iterator[Array]:
    """Layer by layer the positions that are drawn, in 64 bits."""
    after = f"[{drawn.start}:]" if drawn.start else ""
    for k, layer in enumerate(layers):
        yield to_finite_array(layer[drawn], f"{name}[{k}]{after}", "T V")


def omission_note(tokens: int, start: int, shown: int) -> str:
    """Which tokens are drawn, or "" for all."""
    if start:
        return f"tokens {start:,} to {start + shown - 1:,} of {tokens:,} are drawn"
    return f"{tokens - shown:,} more tokens not drawn" if tokens > shown else ""


def build_scene(
    predicted: list[list[str]],
    confidence: list[list[float]],
    correct: list[list[bool]],
    texts: tuple[list[str], list[str], str],  # the text, what came next, what is not drawn
    rows: list[str],
    title: str,
) -> Scene:
    (text, following, omitted), T = texts, len(predicted[0])
    width = min(MAX_COLUMN, max(MIN_COLUMN, (MAX_WIDTH - LEFT) / T))
    columns, top, is_low = int((width - 8) / LETTER), 66, len(rows) > MANY_LAYERS
    height = LOW_ROW if is_low else ROW
    scene = Scene(max(LEFT + width * T + 16, title_width(title), 480), 0)
    scene.add(Text(16, 25, title, 15, weight="600"))
    add_row(scene, "came next", following, top - 16, width, columns)
    for k, name in enumerate(reversed(rows)):
        layer, y = len(rows) - 1 - k, top + height * k
        scene.add(Text(LEFT - 10, y + height / 2 + 4, name, 12 if not is_low else 11, MUTED, "end"))
        cells = list(zip(predicted[layer], confidence[layer], correct[layer]))
        add_cells(scene, cells, (LEFT, y, width, height), columns)
    bottom = top + height * len(rows)
    add_row(scene, "the text", text, bottom + 22, width, columns)
    scene.add(Rect(LEFT, bottom + 42, 14, 14, "none", ORANGE, 3))
    note = "did come next" + ("; the bluer, the more likely" if is_low else "")
    scene.add(Text(LEFT + 22, bottom + 54, note + (f"; {omitted}" if omitted else ""), 12, MUTED))
    scene.height = bottom + 70
    return scene


def phone_scene(
    predicted: list[list[str]],
    confidence: list[list[float]],
    correct: list[list[bool]],
    texts: tuple[list[str], list[str], str],
    rows: list[str],
    title: str,
) -> Scene:
    """The positions in several tables, one below another; of many layers every second, third ..."""
    text, following, omitted = texts
    T = len(text)
    step = -(-len(rows) // PHONE_ROWS)
    layers = range(len(rows) - 1, -1, -step)
    names = [rows[layer] for layer in layers]
    left = 22 + 6.1 * min(PHONE_NAME, max(map(len, [*names, "came next"])))
    usual = sorted(min(MAX_WORD, len(visible_token(token))) for token in text)[3 * T // 4]
    tables = -(-T // int((NARROW - left - 6) / max(44, LETTER * usual + 8)))
    per_table = -(-T // tables)
    width = min(MAX_COLUMN, (NARROW - left - 6) / per_table)
    scene, columns = phone_title_scene(title), int((width - 4) / LETTER)
    for start in range(0, T, per_table):
        part, y = slice(start, start + per_table), scene.height + 24
        add_row(scene, "came next", following[part], scene.height + 14, width, columns, left)
        for layer, name in zip(layers, names):
            shown = truncate(name, PHONE_NAME)
            scene.add(Text(left - 8, y + PHONE_ROW / 2 + 4, shown, 11, MUTED, "end"))
            cells = list(zip(predicted[layer], confidence[layer], correct[layer]))[part]
            add_cells(scene, cells, (left, y, width, PHONE_ROW), columns)
            y += PHONE_ROW
        add_row(scene, "the text", text[part], y + 16, width, columns, left)
        scene.height = y + 36
    scene.add(Rect(MARGIN, scene.height, 14, 14, "none", ORANGE, 3))
    scene.add(Text(MARGIN + 22, scene.height + 12, "did come next", 12, MUTED))
    scene.height += 18
    every = f"one layer in {step} is drawn" if step > 1 else ""
    note = "; ".join(filter(None, (every, omitted)))
    return vstack(scene, words_scene(note, NARROW)) if note else vstack(scene, Scene(NARROW, 8))


def add_cells(
    scene: Scene,
    cells: list[tuple[str, float, bool]],
    place: tuple[float, float, float, float],
    columns: int,
) -> None:
    """The predictions of one layer: token, probability, and whether it is correct.

    Args:
        scene: Where to draw.
        cells: One for each position.
        place: Left and upper side of the first cell, width and height of each.
        columns: Letters that a cell has room for.
    """
    left, y, width, height = place
    is_low = height < ROW
    for t, (token, prob, is_correct) in enumerate(cells):
        x, fill = left + width * t, blend(WHITE, BLUE, prob)
        ink, middle = ink_on(fill), x + width / 2 - 1
        scene.add(Rect(x, y, width - 2, height - 2, fill, FAINT))
        if is_correct:
            thick = 2 if is_low else 3
            frame = (x + thick / 2, y + thick / 2, width - 2 - thick, height - 2 - thick)
            scene.add(Rect(*frame, "none", ORANGE, thick))
        shown = visible_token(token, max(columns, 2))
        if is_low:
            scene.add(Text(middle, y + 12, shown, 11, ink, "middle", mono=True))
        else:
            scene.add(Text(middle, y + 14, shown, 12, ink, "middle", mono=True))
            scene.add(Text(middle, y + 26, f"{100 * prob:.0f}%", 10.2, ink, "middle"))


def add_row(
    scene: Scene,
    name: str,
    texts: list[str],
    y: float,
    width: float,
    columns: int,
    left: float = LEFT,
) -> None:
    scene.add(Text(left - 10, y, name, 12 if left == LEFT else 11, MUTED, "end"))
    for t, token in enumerate(texts):
        shown = visible_token(token, max(columns, 2)) if token else ""
        scene.add(Text(left + width * (t + 0.5) - 1, y, shown, 12, INK, "middle", mono=True))
