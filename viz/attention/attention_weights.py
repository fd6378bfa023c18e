"""Attention weights of any shape as one array (layers, heads, queries, keys), checked.

Every picture of attention reads its weights here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import count_axes, to_int, to_nested_list
from viz.canvas.labels import visible_token
from viz.canvas.tensors import to_array

TOLERANCE = 0.01  # a softmax in 16 bits sums to 1 within half of that
MEAN = "mean"
PADDING = (
    " If it is padding, leave it out: weights[..., a:b, a:b] and tokens[a:b] are tokens a to b; "
    "draw_attention(..., start=a) does it for padding on the left."
)
SHAPES = "(T, T), (H, T, T), (L, H, T, T) or (L, B, H, T, T), or a tuple of one for each layer"
AXES = {2: "T T", 3: "H T T", 4: "L H T T", 5: "L B H T T"}

Selection = int | str | None  # an index, "mean", or everything
Weights = ArrayLike | Sequence[Any]  # the latter: an array or a tensor for each layer


@dataclass(frozen=True)
class AttentionWeights:
    """Weights of all layers and heads for one text.

    Attributes:
        weights: Shape (L, H, T, T): layer, head, query, key.
        layers: The name of each layer; the only one is "" where the weights came without layers.
        heads: The name of each head.
    """

    weights: NDArray[np.float64]
    layers: list[str]
    heads: list[str]
    thumbnails: dict[int, bytes] = field(default_factory=dict, compare=False)  # side -> PNG

    def select(self, layer: Selection, head: Selection) -> "AttentionWeights":
        """Only this layer and this head, or the mean of them; None keeps all."""
        selected = self.select_axis(0, "layer", layer, self.layers)
        return selected.select_axis(1, "head", head, self.heads)

    def select_axis(
        self, axis: int, what: str, choice: Selection, names: list[str]
    ) -> "AttentionWeights":
        """Only the entry `choice` of one axis, or the mean over it."""
        if choice is None:
            return self
        if isinstance(choice, str) and choice == MEAN:
            kept = self.weights.mean(axis, keepdims=True)
            names = names if names == [""] else [MEAN]
        else:
            try:
                index = to_int(choice, what, 0, len(names) - 1)
            except ValueError:
                raise ValueError(
                    f"{what}={choice!r}: there are {what}s 0 to {len(names) - 1}, and {MEAN!r}."
                ) from None
            kept, names = self.weights.take([index], axis), [names[index]]
        if axis == 0:
            return replace(self, weights=kept, layers=names, thumbnails={})
        return replace(self, weights=kept, heads=names, thumbnails={})

    def iter_heads(self) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Head by head: its name, and its weights (T, T)."""
        for layer, layer_weights in zip(self.layers, self.weights):
            for head, rows in zip(self.heads, layer_weights):
                yield head_name(layer, head), rows

    def crop(self, start: int, T: int) -> "AttentionWeights":
        """The weights among `T` of the tokens, from `start` on."""
        if start == 0 and self.weights.shape[-1] == T:
            return self
        kept = self.weights[..., start : start + T, start : start + T].copy()  # frees the others
        return replace(self, weights=kept, thumbnails={})


def head_name(layer: str, head: str) -> str:
    """("3", "0") -> "layer 3, head 0"; ("", "mean") -> "mean of the heads"."""
    heads = "mean of the heads" if head == MEAN else f"head {head}"
    layers = "mean of the layers" if layer == MEAN else f"layer {layer}"
    return f"{layers}, {heads}" if layer else heads


def to_attention_weights(
    weights: Weights,
    labels: Sequence[str],
    causal: bool = True,
    batch_index: int = 0,
    start: int = 0,
) -> AttentionWeights:
    """Check attention weights and give them the shape (L, H, T, T).

    Args:
        weights: Shape (T, T), (H, T, T), (L, H, T, T) or (L, B, H, T, T), or a tuple of one array
            for each layer.
        labels: The T tokens.
        causal: Whether a token must not attend to later ones.
        batch_index: Which text of a batch.
        start: Rows before this token are not checked; they may be padding.

    Returns:
        All layers and heads.

    Raises:
        ValueError: If the shape does not fit the tokens, a row does not sum to 1, or a token
            attends to a later one although `causal`.
    """
    array = stack_layers(weights)
    axes = array.ndim
    if array.size == 0 or not labels:
        raise ValueError("There is nothing to draw: give at least one head and one token.")
    if axes == 5:
        try:
            batch_index = to_int(batch_index, "batch_index", 0, array.shape[1] - 1)
        except ValueError:
            raise ValueError(
                f"batch_index={batch_index!r}: the weights have texts 0 to {array.shape[1] - 1} "
                f"(B, the second axis)."
            ) from None
        array = array[:, batch_index]
    T = len(labels)
    if array.shape[-2:] != (T, T):
        raise ValueError(
            f"weights have {array.shape[-2]} x {array.shape[-1]} squares, but there are {T} "
            f"tokens: each token needs one row and one column, {T} x {T}."
        )
    array = array.reshape(-1, array.shape[-3] if axes > 2 else 1, T, T)
    check_finite(array, axes, batch_index, start)
    check_rows(array, labels, causal, start)
    L, H = array.shape[:2]
    layers = [str(i) for i in range(L)] if axes > 3 else [""]
    return AttentionWeights(array, layers, [str(i) for i in range(H)])


def stack_layers(given: Weights) -> NDArray[np.float64]:
    """Lists, arrays, tensors from any device, or a tuple of them, as one array."""
    if isinstance(given, (list, tuple)) and any(hasattr(layer, "shape") for layer in given):
        layers = [to_checked_array(layer) for layer in given]
        if len({layer.shape for layer in layers}) > 1:
            shapes = " and ".join(sorted({str(layer.shape) for layer in layers}))
            raise ValueError(f"The layers have weights of different shapes, {shapes}.")
        array = np.stack(layers)
    elif isinstance(given, (list, tuple)) and (not given or None in given):
        raise ValueError(
            "There are no weights: the model did not keep them. In transformers, load it with "
            'attn_implementation="eager" and ask for output_attentions=True.'
        )
    else:
        array = to_checked_array(given)
    if array.ndim not in AXES:
        raise ValueError(f"weights must be {SHAPES}; these have shape {array.shape}.")
    return array


def to_checked_array(given: object) -> NDArray[np.float64]:
    """One array; an error says what is wrong, and where."""
    try:
        return to_array(given)
    except (TypeError, ValueError):
        to_nested_list(given, "weights", AXES.get(count_axes(given), "T T"))
        raise


def check_finite(array: NDArray[np.float64], axes: int, batch_index: int, start: int) -> None:
    """Raise ValueError for the first number that is NaN or infinite."""
    finite = np.isfinite(array[:, :, start:])
    if not finite.all():
        layer, head, row, column = np.argwhere(~finite)[0]
        row += start
        path = [layer, batch_index, head, row] if axes == 5 else [layer, head, row][4 - axes :]
        wrong = np.count_nonzero(~np.isfinite(array[layer, head, row]))
        raise ValueError(
            f"weights{''.join(f'[{i}]' for i in path)} has {array[layer, head, row, column]} at "
            f"position {column}; {wrong} of {array.shape[-1]} are not finite.{PADDING}"
        )


def check_rows(array: NDArray[np.float64], labels: Sequence[str], causal: bool, start: int) -> None:
    """Raise ValueError for the first row that does not sum to 1, or attends to later tokens."""
    sums, smallest = array.sum(-1), array.min(-1)
    wrong = (abs(sums - 1) > TOLERANCE) | (smallest < 0)
    later = np.stack([np.triu(layer, 1).sum(-1) for layer in array])  # (L, H, T)
    ahead = causal & (later > TOLERANCE)
    wrong[..., :start] = ahead[..., :start] = False
    if wrong.any():
        index = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"{describe_row(array, index, labels)}: the smallest weight is "
            f"{smallest[index]:.3g} and they sum to {sums[index]:.4g}. Each row must be positive "
            f"and sum to 1; did you softmax over the wrong axis?{PADDING}"
        )
    if ahead.any():
        index = tuple(np.argwhere(ahead)[0])
        raise ValueError(
            f"{describe_row(array, index, labels)} gives {later[index]:.3g} of its weight to later "
            f"tokens: is the mask missing? If tokens may attend to later ones in this model, say "
            f"causal=False.{PADDING}"
        )


def describe_row(array: NDArray[np.float64], index: tuple[int, ...], labels: Sequence[str]) -> str:
    """Where a row is: layer (if there are several), head, row and token."""
    layer, head, row = index
    prefix = f"layer {layer}, " if len(array) > 1 else ""
    return f"{prefix}head {head}, row {row} ({visible_token(labels[row])})"
