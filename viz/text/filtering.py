"""Filters with a number and a threshold each: what they remove, and which of it is good."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import format_number, truncate
from viz.canvas.picture import Picture
from viz.text.funnel import check_indices, draw_funnel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RULES = {"at least": "below", "at most": "above"}  # the rule, and what it rejects
MAX_EXAMPLE_CHARS = 420
Filter = tuple[Sequence[float], str, float]  # a number for each document, a rule, a threshold


def draw_filtering(
    documents: Sequence[str],
    filters: Mapping[str, Filter],
    good: Collection[int] = (),
    bad: Collection[int] = (),
    *,
    max_chars: int = 80,
    height: float | None = None,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the funnel for these thresholds, and the text of one good document that they remove.

    Args:
        documents: The texts.
        filters: Mapping name -> (numbers, "at least" or "at most", threshold): a number for each
            document, and which side of the threshold is kept.
        good: Indices of documents that somebody has read and would keep.
        bad: Indices of documents that somebody has read and would remove.
        max_chars: How much of each text is shown on hover.
        height: Pixels that the squares may be high, about; None for a large picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the indices `removed` by each filter, `kept` and `false_positives` in
        `.data`; or `ax`, if given.

    Raises:
        ValueError: If a rule is unknown, or there are not as many numbers as documents.
    """
    keepers = check_indices(good, len(documents), "good")
    junk = frozenset(check_indices(bad, len(documents), "bad"))
    removed: dict[str, list[int]] = {}
    false_positives: dict[int, str] = {}
    for name, (numbers, rule, threshold) in check_filters(filters, len(documents)).items():
        rejected = [i for i, number in enumerate(numbers) if rejects(number, rule, threshold)]
        removed[f"{name} {RULES[rule]} {format_number(threshold)}"] = rejected
        for index in sorted({*rejected} & {*keepers} - {*false_positives}):
            number = format_number(numbers[index])
            false_positives[index] = f"{name} {number}, {RULES[rule]} {format_number(threshold)}"
    kept = set(range(len(documents))).difference(*removed.values())
    title = f"{len(kept):,} of {len(documents):,} documents kept"
    title += f", {len(kept & junk):,} of them junk" if junk else ""
    title += f"; {len(false_positives)} of {len(keepers)} good ones lost" if keepers else ""
    picture = draw_funnel(
        documents,
        removed,
        mark=keepers,
        mark_label="good ones",
        title=title,
        note=example_text(documents, false_positives) if keepers else "",
        max_chars=max_chars,
        height=height,
        ax=ax,
    )
    if ax is None:
        picture.data["false_positives"] = sorted(false_positives)
    return picture


def check_filters(filters: Mapping[str, Filter], n: int) -> dict[str, Filter]:
    checked: dict[str, Filter] = {}
    for name, given in filters.items():
        if not isinstance(given, tuple) or len(given) != 3 or given[1] not in list(RULES):
            raise ValueError(
                f"The filter {name!r} must be (numbers, rule, threshold), the rule 'at least' or "
                f"'at most'; got {given!r:.60}."
            )
        numbers, rule, threshold = given
        numbers = to_numbers(numbers, f"the filter {name!r}")
        if len(numbers) != n:
            raise ValueError(
                f"The filter {name!r} has {len(numbers):,} numbers for {n:,} documents: give one "
                f"for each."
            )
        checked[str(name)] = (numbers, rule, float(threshold))
    return checked


def rejects(number: float, rule: str, threshold: float) -> bool:
    return number < threshold if rule == "at least" else number > threshold


def example_text(documents: Sequence[str], false_positives: Mapping[int, str]) -> str:
    """The text of the first good document that is removed, and the reason."""
    if not false_positives:
        return "None of the good ones is lost."
    index, reason = next(iter(false_positives.items()))
    text = " ".join(documents[index][: 4 * MAX_EXAMPLE_CHARS].split())
    return f"Lost though good ({reason}): {truncate(text, MAX_EXAMPLE_CHARS)}"
