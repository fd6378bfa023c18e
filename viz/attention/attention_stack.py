"""Attention weights of any shape as one stack: layers x heads x who asks x who is asked.

Everything that can be wrong with them is looked at here, for all pictures of attention. Left out on
purpose: several texts at once. Tokens belong to one text; `text` says which.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viz.canvas.arrays import count_axes, to_int, to_nested_list
from viz.canvas.labels import visible_token
from viz.canvas.tensors import to_array

TOLERANCE = 0.01  # a softmax of 16 bits sums to 1 within half of that
MEAN = "mean"
PADDING = (
    " Where it is padding, leave it out: weights[..., a:b, a:b] and tokens[a:b] are tokens a to b; "
    "draw_attention(..., start=a) does it for padding on the left."
)
SHAPES = "(T, T), (H, T, T), (L, H, T, T) or (L, B, H, T, T), or a tuple of one for each layer"
AXES = {2: "T T", 3: "H T T", 4: "L H T T", 5: "L B H T T"}
Choice = int | str | None


@dataclass(frozen=True)
class Stack:
    """Weights of all layers and heads for one text, and what each layer and head is called.

    Where the weights came without layers, the only one is called "".
    Shapes: weights (L, H, T, T), layers: L names, heads: H names.
    """

    weights: np.ndarray
    layers: list[str]
    heads: list[str]

    def pick(self, layer: Choice, head: Choice) -> "Stack":
        """Only this layer, only this head, or the mean of them; None leaves all."""
        some = self.along(0, "layer", layer, self.layers)
        return some.along(1, "head", head, self.heads)

    def along(self, axis: int, what: str, choice: Choice, names: list[str]) -> "Stack":
        if choice is None:
            return self
        if isinstance(choice, str) and choice == MEAN:
            kept = self.weights.mean(axis, keepdims=True)
            names = names if names == [""] else [MEAN]
        else:
            try:
                place = to_int(choice, what, 0, len(names) - 1)
            except ValueError:
                raise ValueError(
                    f"{what}={choice!r}: there are {what}s 0 to {len(names) - 1}, and {MEAN!r}."
                ) from None
            kept, names = self.weights.take([place], axis), [names[place]]
        return replace(self, weights=kept, **{f"{what}s": names})

    def singly(self) -> Iterator[tuple[str, np.ndarray]]:
        """Head by head: what it is called, and its weights (T, T)."""
        for layer, squares in zip(self.layers, self.weights):
            for head, rows in zip(self.heads, squares):
                yield name_of(layer, head), rows

    def part(self, start: int, T: int) -> "Stack":
        """`T` of the tokens, from `start` on."""
        return replace(self, weights=self.weights[..., start : start + T, start : start + T])


def name_of(layer: str, head: str) -> str:
    """("3", "0") -> "layer 3, head 0"; ("", "mean") -> "mean of the heads"."""
    heads = "mean of the heads" if head == MEAN else f"head {head}"
    layers = "mean of the layers" if layer == MEAN else f"layer {layer}"
    return f"{layers}, {heads}" if layer else heads


def read_stack(
    weights, labels: Sequence[str], causal: bool = True, text: int = 0, start: int = 0
) -> Stack:
    """All layers and heads that were given. The rows from token `start` on are checked.

    Raises:  ValueError if the shape does not fit the tokens, if a row does not sum to 1, if a
        token listens to a later one although `causal`.
    """
    array = stacked(weights)
    axes = array.ndim
    if array.size == 0 or not labels:
        raise ValueError("There is nothing to draw: give at least one head and one token.")
    if axes == 5:
        try:
            text = to_int(text, "text", 0, array.shape[1] - 1)
        except ValueError:
            raise ValueError(
                f"text={text!r}: the weights have texts 0 to {array.shape[1] - 1} (B, the second "
                f"axis)."
            ) from None
        array = array[:, text]
    T = len(labels)
    if array.shape[-2:] != (T, T):
        raise ValueError(
            f"weights have {array.shape[-2]} x {array.shape[-1]} squares, but there are {T} "
            f"tokens: each token needs one row and one column, {T} x {T}."
        )
    array = array.reshape(-1, array.shape[-3] if axes > 2 else 1, T, T)
    check_numbers(array, axes, text, start)
    check_rows(array, labels, causal, start)
    L, H = array.shape[:2]
    layers = [str(i) for i in range(L)] if axes > 3 else [""]
    return Stack(array, layers, [str(i) for i in range(H)])


def stacked(given) -> np.ndarray:
    """Lists, arrays, tensors from any device, or a tuple of them, as one array of float64."""
    if isinstance(given, (list, tuple)) and any(hasattr(part, "shape") for part in given):
        parts = [one_array(part) for part in given]
        if len({part.shape for part in parts}) > 1:
            shapes = " and ".join(sorted({str(part.shape) for part in parts}))
            raise ValueError(f"The layers have weights of different shapes, {shapes}.")
        array = np.stack(parts)
    elif isinstance(given, (list, tuple)) and (not given or None in given):
        raise ValueError(
            "There are no weights: the model did not keep them. In transformers, load it with "
            'attn_implementation="eager" and ask for output_attentions=True.'
        )
    else:
        array = one_array(given)
    if array.ndim not in AXES:
        raise ValueError(f"weights must be {SHAPES}; these have shape {array.shape}.")
    return array


def one_array(given: Any) -> np.ndarray:
    try:
        return to_array(given)
    except (TypeError, ValueError):
        to_nested_list(
            given, "weights", AXES.get(count_axes(given), "T T")
        )  # says what is wrong, and where
        raise


def check_numbers(array: np.ndarray, axes: int, text: int, start: int) -> None:
    if not np.isfinite(array[:, :, start:]).all():
        layer, head, row, place = np.argwhere(~np.isfinite(array[:, :, start:]))[0]
        row += start
        path = [layer, text, head, row] if axes == 5 else [layer, head, row][4 - axes :]
        wrong = np.count_nonzero(~np.isfinite(array[layer, head, row]))
        raise ValueError(
            f"weights{''.join(f'[{i}]' for i in path)} has {array[layer, head, row, place]} at "
            f"position {place}; {wrong} of {array.shape[-1]} are not finite.{PADDING}"
        )


def check_rows(array: np.ndarray, labels: Sequence[str], causal: bool, start: int) -> None:
    sums, least = array.sum(-1), array.min(-1)
    wrong = (abs(sums - 1) > TOLERANCE) | (least < 0)
    later = np.triu(array, 1).sum(-1)
    ahead = causal & (later > TOLERANCE)
    wrong[..., :start] = ahead[..., :start] = False
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"{where(array, place, labels)}: the smallest weight is {least[place]:.3g} and they "
            f"sum to {sums[place]:.4g}. Each row must be positive and sum to 1; did you softmax "
            f"over the wrong axis?{PADDING}"
        )
    if ahead.any():
        place = tuple(np.argwhere(ahead)[0])
        raise ValueError(
            f"{where(array, place, labels)} gives {later[place]:.3g} of its weight to later "
            f"tokens: is the mask missing? If tokens may look ahead in this model, say "
            f"causal=False.{PADDING}"
        )


def where(array: np.ndarray, place: tuple, labels: Sequence[str]) -> str:
    layer, head, row = place
    of = f"layer {layer}, " if len(array) > 1 else ""
    return f"{of}head {head}, row {row} ({visible_token(labels[row])})"
