"""The logit lens: what each layer would predict if the model ended there.

Layers are drawn from bottom to top. The caller applies the final norm and the output head, which
turn a layer into logits.
Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.labels import title_width, visible_token
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, WHITE, blend, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.tensors import softmax, to_array, to_finite_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TOKENS = 24
ROW, LEFT, MAX_WIDTH = 32, 84, 880
TOLERANCE = 0.01
Array = NDArray[np.float64]


def draw_lens(
    layers: ArrayLike,
    tokens: Sequence[str],
    name_of: Callable[[int], str] | Sequence[str],
    *,
    names: Sequence[str] | None = None,
    title: str = "What each layer would predict",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the most likely next token at each position after each layer; bluer means more likely.

    An orange frame marks the predictions that are correct.

    Args:
        layers: Logits or probabilities, first layer first, shape (L, T, V).
        tokens: The T tokens of the text. At most 24 are drawn.
        name_of: Text of a token id, as a function or a list, spelled as in `tokens`.
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
    probs, labels = to_probabilities(layers), [str(token) for token in tokens]
    check_shapes(probs, labels, names)
    token_name = name_of if callable(name_of) else name_of.__getitem__
    T = min(len(labels), MAX_TOKENS)
    best = probs[:, :T].argmax(-1)  # (L, T)
    confidence = probs[:, :T].max(-1)
    predicted = [[str(token_name(int(token))) for token in row] for row in best]
    targets = labels[1:]
    correct = [
        [t < len(targets) and token == targets[t] for t, token in enumerate(row)]
        for row in predicted
    ]
    layer_names = names if names is not None else range(len(predicted))
    rows = [f"layer {name}" if str(name).isdigit() else str(name) for name in layer_names]
    scene = build_scene(predicted, confidence.tolist(), correct, labels, rows, title)
    n_targets = min(T, len(targets))
    summary = "; ".join(
        f"{rows[k]} is right at {sum(correct[k])} of {n_targets} positions" for k in (0, -1)
    )
    not_drawn = f"; {len(labels) - T:,} more tokens not drawn" if len(labels) > T else ""
    picture = Picture(
        {
            "tokens": labels[:T],
            "predicted": predicted,
            "confidence": confidence,
            "correct": correct,
        },
        f"{title}: {summary}{not_drawn}.",
        scene,
    )
    return picture.draw_on(ax) if ax is not None else picture


def to_probabilities(given: ArrayLike) -> Array:
    """Logits go through a softmax; rows that sum to 1 already are kept. Shape (L, T, V)."""
    if isinstance(given, (list, tuple)) and any(hasattr(layer, "shape") for layer in given):
        given = [to_array(layer) for layer in given]  # a list of tensors
    array = to_finite_array(given, "layers", axes="L T V")
    are_probs = (array >= 0).all() and (abs(array.sum(-1) - 1) < TOLERANCE).all()
    return array if are_probs else softmax(array)


def check_shapes(probs: Array, labels: list[str], names: Sequence[str] | None) -> None:
    L, T, _ = probs.shape
    if len(labels) != T:
        raise ValueError(
            f"layers have {T} positions, but there are {len(labels)} tokens: give as many."
        )
    if names is not None and len(names) != L:
        raise ValueError(f"There are {L} layers, but {len(names)} names for them.")


def build_scene(
    predicted: list[list[str]],
    confidence: list[list[float]],
    correct: list[list[bool]],
    labels: list[str],
    rows: list[str],
    title: str,
) -> Scene:
    T = len(predicted[0])
    width = min(92.0, max(34.0, (MAX_WIDTH - LEFT) / T))
    columns = int((width - 8) / 7.6)
    top = 66
    scene = Scene(
        max(LEFT + width * T + 16, title_width(title), 480), top + ROW * (len(rows) + 2) + 44
    )
    scene.add(Text(16, 25, title, 15, weight="600"))
    add_row(scene, "came next", [*labels[1 : T + 1], ""][:T], top - 16, width, columns)
    for k, name in enumerate(reversed(rows)):
        layer, y = len(rows) - 1 - k, top + ROW * k
        scene.add(Text(LEFT - 10, y + 20, name, 12, MUTED, "end"))
        for t, (token, prob) in enumerate(zip(predicted[layer], confidence[layer])):
            x, fill = LEFT + width * t, blend(WHITE, BLUE, prob)
            ink = ink_on(fill)
            scene.add(Rect(x, y, width - 2, ROW - 2, fill, FAINT))
            if correct[layer][t]:
                scene.add(Rect(x + 1.5, y + 1.5, width - 5, ROW - 5, "none", ORANGE, 3))
            middle = x + width / 2 - 1
            shown = visible_token(token, max(columns, 2))
            scene.add(Text(middle, y + 14, shown, 12, ink, "middle", mono=True))
            scene.add(Text(middle, y + 26, f"{100 * prob:.0f}%", 9, ink, "middle"))
    bottom = top + ROW * len(rows)
    add_row(scene, "the text", labels[:T], bottom + 22, width, columns)
    scene.add(Rect(LEFT, bottom + 42, 14, 14, "none", ORANGE, 3))
    note = "did come next"
    note += f"; {len(labels) - T:,} more tokens not drawn" if len(labels) > T else ""
    scene.add(Text(LEFT + 22, bottom + 54, note, 12, MUTED))
    scene.height = bottom + 70
    return scene


def add_row(
    scene: Scene, name: str, texts: list[str], y: float, width: float, columns: int
) -> None:
    scene.add(Text(LEFT - 10, y, name, 12, MUTED, "end"))
    for t, token in enumerate(texts):
        shown = visible_token(token, max(columns, 2)) if token else ""
        scene.add(Text(LEFT + width * (t + 0.5) - 1, y, shown, 12, INK, "middle", mono=True))
