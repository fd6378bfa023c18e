"""One box of the map of a model: its name, how it is computed, and its numbers if it has any."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from viz.canvas.arrays import Array, count_axes, did_you_mean, to_int, to_nested_list

PARTS = ("embedding", "attention", "residual", "mlp", "output")
OPS = (
    *("ids", "lookup", "add", "norm", "linear", "scores", "softmax", "weighted sum"),
    *("concatenate", "relu", "silu", "multiply", "other"),
)
PER_HEAD = ("scores", "softmax")  # their values have the shape (H, T, T)
MAX_NUMBERS = 150_000  # on one map; they are about a megabyte of HTML


@dataclass(frozen=True)
class ModelStage:
    """One box of `draw_model_map`.

    Stages of one part with the same inputs are drawn side by side, as q, k and v are. A stage of
    the part "residual" is a sum on the residual stream.

    Attributes:
        name: Unique, such as "q".
        part: "embedding", "attention", "residual", "mlp" or "output".
        op: How it is computed from its inputs: "ids", "lookup" (rows of a table), "add", "norm"
            (RMSNorm), "linear", "scores", "softmax", "weighted sum", "concatenate", "relu",
            "silu", "multiply"; "other" is not explained number by number.
        inputs: Names of earlier stages, in the order in which `op` takes them.
        label: What the box says; the name if "".
        title: What it is, in words.
        note: What happens here, in a sentence or two.
        shape: For instance "(T, C) = (5, 16)".
        names: Where -> what it is called there: {"PyTorch": "nn.Embedding"}.
        values: Shape (T, n), or (H, T, T) for scores and attention weights, rows are queries.
        weight: The matrix of "linear", (n, inputs), the table of "lookup", or the n weights of
            "norm".
        weight_name: Its name, such as "wq".
        labels: Of the n numbers, such as the tokens of the vocabulary; of "ids", the T tokens.
        heads: How many heads share the numbers; 1 if they are not split. Keys and values with fewer
            numbers than queries are shared by several heads (GQA).
        layer: The block that it belongs to, from 0.

    Example:
        >>> ModelStage("ids", "embedding", "ids", labels=["a", "b"], values=[[0], [1]]).op
        'ids'
    """

    name: str
    part: str
    op: str
    inputs: Sequence[str] = ()
    label: str = ""
    title: str = ""
    note: str = ""
    shape: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    values: Array | None = None
    weight: Array | None = None
    weight_name: str = ""
    labels: Sequence[str] = ()
    heads: int = 1
    layer: int = 0

    @property
    def text(self) -> str:
        """What the box says."""
        return self.label or self.name


@dataclass(frozen=True)
class ModelNumbers:
    """The numbers of all stages as lists, and how many positions they have."""

    values: dict[str, list[Any]]
    weights: dict[str, list[Any]]
    T: int  # 0 if no stage has values
    left_out: str = ""  # what is too much for one map, in a sentence


def check_stages(stages: Iterable[ModelStage]) -> tuple[list[ModelStage], ModelNumbers]:
    """The stages and their numbers; ValueError for what cannot be drawn."""
    listed = list(stages)
    if not listed or not all(isinstance(stage, ModelStage) for stage in listed):
        raise ValueError("stages must be a list of ModelStage, at least one.")
    known: set[str] = set()
    values, weights, lengths = {}, {}, {}
    most, left_out = what_fits(listed)
    for stage in listed:
        check_names(stage, known)
        known.add(stage.name)
        if stage.values is not None and (most != "shapes" or stage.op == "ids"):
            axes = "H T T" if stage.op in PER_HEAD and count_axes(stage.values) == 3 else "T n"
            numbers = to_nested_list(stage.values, f"values of {stage.name!r}", axes)
            values[stage.name] = numbers
            lengths[stage.name] = len(numbers[0] if axes == "H T T" else numbers)
        if stage.weight is not None and most == "all":
            name = f"weight of {stage.name!r}"
            axes = "n" if stage.op == "norm" else "n m"
            weights[stage.name] = to_nested_list(stage.weight, name, axes)
    if len(set(lengths.values())) > 1:
        raise ValueError(f"All stages need the same number of positions, but they have {lengths}.")
    return listed, ModelNumbers(values, weights, next(iter(lengths.values()), 0), left_out)


def what_fits(stages: list[ModelStage]) -> tuple[str, str]:
    """What a page can hold ("all", "values" or "shapes"), and a sentence about what is left out."""
    values = sum(count_numbers(stage.values) for stage in stages)
    weights = sum(count_numbers(stage.weight) for stage in stages)
    if values + weights <= MAX_NUMBERS:
        return "all", ""
    limit = f"a map holds {MAX_NUMBERS:,}"
    if values <= MAX_NUMBERS:
        return "values", (
            f"The {weights:,} weights are left out ({limit}), so linear layers are not explained "
            f"number by number."
        )
    return "shapes", f"The {values:,} numbers are left out ({limit}): give fewer tokens for them."


def count_numbers(array: Array | None) -> int:
    """How many numbers an array or nested lists have."""
    if array is None:
        return 0
    if hasattr(array, "shape"):
        return prod(array.shape)
    return sum(map(count_numbers, array)) if isinstance(array, (list, tuple)) else 1


def check_names(stage: ModelStage, known: Collection[str]) -> None:
    """ValueError for a stage whose name, part, op or inputs cannot be."""
    if stage.name in known:
        raise ValueError(f"Two stages are called {stage.name!r}: names must differ.")
    for name, given, allowed in (("part", stage.part, PARTS), ("op", stage.op, OPS)):
        if given not in allowed:
            raise ValueError(
                f"Stage {stage.name!r} has {name}={given!r}, which is not one of "
                f"{', '.join(allowed)}.{did_you_mean(given, allowed)}"
            )
    for needed in stage.inputs:
        if needed not in known:
            raise ValueError(
                f"Stage {stage.name!r} has the input {needed!r}, which is not an earlier stage."
                f"{did_you_mean(needed, known)}"
            )


def lit_stages(stages: list[ModelStage], highlight: object) -> set[str]:
    """Names of the stages that are lit: of these parts, or with these names; all for None."""
    if highlight is None:
        return {stage.name for stage in stages}
    wanted = [highlight] if isinstance(highlight, str) else list(highlight)  # type: ignore[call-overload]
    names = {*PARTS, *(stage.name for stage in stages)}
    for one in wanted:
        if one not in names:
            raise ValueError(
                f"highlight={one!r} is neither a part ({', '.join(PARTS)}) nor a stage."
                f"{did_you_mean(one, names)}"
            )
    return {stage.name for stage in stages if stage.part in wanted or stage.name in wanted}


def check_position(at: object, T: int) -> int:
    """The position that is followed; the last for None."""
    return max(T - 1, 0) if at is None else to_int(at, "at", 0, max(T - 1, 0))


def check_start(stages: list[ModelStage], start: object, lit: Collection[str]) -> int:
    """The number of the stage that is open first: this one, or the first that is lit."""
    names = [stage.name for stage in stages]
    if start is None:
        return next((k for k, name in enumerate(names) if name in lit), 0)
    if start not in names:
        raise ValueError(f"start={start!r} is not a stage of the map.{did_you_mean(start, names)}")
    return names.index(start)


def numbers_at(stage: ModelStage, numbers: ModelNumbers, t: int) -> list[float]:
    """The numbers of a stage at position t; of scores and weights those of all heads in one row."""
    values = numbers.values[stage.name]
    if is_per_head(values):
        return [number for head in values for number in head[t][: t + 1]]
    return list(values[t])


def is_per_head(values: list[Any]) -> bool:
    """Whether the numbers have the shape (H, T, T)."""
    return isinstance(values[0][0], list)
