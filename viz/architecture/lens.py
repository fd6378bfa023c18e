"""What each layer would predict, if the model ended there: one row for each layer.

From below upwards, as the model works: the text, what each layer would say comes next, and what did
come. Left out on purpose: the model's last norm and head, which turn a layer into a prediction; the
caller applies them.
Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
"""

from collections.abc import Callable, Sequence

import numpy as np

from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, WHITE, blend, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.tensors import softmax, to_array, to_finite_array

MOST_TOKENS = 24
ROW, LEFT, WIDEST = 32, 84, 880
TOLERANCE = 0.01


def draw_lens(
    layers,
    tokens: Sequence[str],
    name_of: Callable[[int], str] | Sequence[str],
    *,
    names: Sequence[str] | None = None,
    title: str = "What each layer would predict",
    ax=None,
) -> Picture:
    """The likeliest next token at each position after each layer, the bluer the surer.

    `layers` are logits or probabilities, the first layer first; `name_of` spells a token, a
    function or a list, as `tokens` are spelt; `names` are the layers', 0, 1, ... unless given.
    An orange frame: that token did come next.
    Shapes:  layers (L, T, V), tokens: T of them.
    Raises:  ValueError if shapes do not fit, or if a number is none.
    Example: draw_lens(np.zeros((2, 3, 4)), "abc", "abcd")
    """
    probs, labels = to_probabilities(layers), [str(token) for token in tokens]
    check_shapes(probs, labels, names)
    spell = name_of if callable(name_of) else name_of.__getitem__
    T = min(len(labels), MOST_TOKENS)
    best = probs[:, :T].argmax(-1)  # (L, T)
    sure = probs[:, :T].max(-1)
    said = [[str(spell(int(token))) for token in row] for row in best]
    came = labels[1:]
    right = [[t < len(came) and word == came[t] for t, word in enumerate(row)] for row in said]
    given = names if names is not None else range(len(said))
    rows = [f"layer {name}" if str(name).isdigit() else str(name) for name in given]
    scene = draw(said, sure.tolist(), right, labels, rows, title)
    asked = min(T, len(came))
    told = "; ".join(f"{rows[k]} is right at {sum(right[k])} of {asked} positions" for k in (0, -1))
    left_out = f"; {len(labels) - T:,} more tokens not drawn" if len(labels) > T else ""
    picture = Picture(
        {"tokens": labels[:T], "said": said, "sure": sure, "right": right},
        f"{title}: {told}{left_out}.",
        scene,
    )
    return picture.draw_on(ax) if ax is not None else picture


def to_probabilities(given) -> np.ndarray:
    """Logits go through a softmax; what sums to 1 already is left as it is. Shapes: (L, T, V)."""
    if isinstance(given, (list, tuple)) and any(hasattr(layer, "shape") for layer in given):
        given = [to_array(layer) for layer in given]  # a list of tensors
    array = to_finite_array(given, "layers", axes="L T V")
    are_shares = (array >= 0).all() and (abs(array.sum(-1) - 1) < TOLERANCE).all()
    return array if are_shares else softmax(array)


def check_shapes(probs: np.ndarray, labels: list[str], names) -> None:
    L, T, _ = probs.shape
    if len(labels) != T:
        raise ValueError(f"layers have {T} positions, but there are {len(labels)} tokens.")
    if names is not None and len(names) != L:
        raise ValueError(f"There are {L} layers, but {len(names)} names for them.")


def draw(said, sure, right, labels: list[str], rows: list[str], title: str) -> Scene:
    T = len(said[0])
    wide = min(92.0, max(34.0, (WIDEST - LEFT) / T))
    letters = int((wide - 8) / 7.6)
    top = 66
    scene = Scene(
        max(LEFT + wide * T + 16, 9.2 * len(title) + 32, 480), top + ROW * (len(rows) + 2) + 44
    )
    scene.add(Text(16, 25, title, 15, weight="600"))
    add_row(scene, "came next", [*labels[1 : T + 1], ""][:T], top - 16, wide, letters)
    for k, name in enumerate(reversed(rows)):
        layer, y = len(rows) - 1 - k, top + ROW * k
        scene.add(Text(LEFT - 10, y + 20, name, 12, MUTED, "end"))
        for t, (word, share) in enumerate(zip(said[layer], sure[layer])):
            x, fill = LEFT + wide * t, blend(WHITE, BLUE, share)
            ink = ink_on(fill)
            scene.add(Rect(x, y, wide - 2, ROW - 2, fill, FAINT))
            if right[layer][t]:
                scene.add(Rect(x + 1.5, y + 1.5, wide - 5, ROW - 5, "none", ORANGE, 3))
            middle = x + wide / 2 - 1
            scene.add(
                Text(
                    middle,
                    y + 14,
                    visible_token(word, max(letters, 2)),
                    12,
                    ink,
                    "middle",
                    mono=True,
                )
            )
            scene.add(Text(middle, y + 26, f"{100 * share:.0f}%", 9, ink, "middle"))
    bottom = top + ROW * len(rows)
    add_row(scene, "the text", labels[:T], bottom + 22, wide, letters)
    scene.add(Rect(LEFT, bottom + 42, 14, 14, "none", ORANGE, 3))
    words = "did come next"
    words += f"; {len(labels) - T:,} more tokens not drawn" if len(labels) > T else ""
    scene.add(Text(LEFT + 22, bottom + 54, words, 12, MUTED))
    scene.height = bottom + 70
    return scene


def add_row(scene: Scene, name: str, words: list[str], y: float, wide: float, letters: int) -> None:
    scene.add(Text(LEFT - 10, y, name, 12, MUTED, "end"))
    for t, word in enumerate(words):
        shown = visible_token(word, max(letters, 2)) if word else ""
        scene.add(Text(LEFT + wide * (t + 0.5) - 1, y, shown, 12, INK, "middle", mono=True))
