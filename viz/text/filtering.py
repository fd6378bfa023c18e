"""Filters that are a number and a threshold each: what they remove, and what is lost by it."""

from collections.abc import Collection, Mapping, Sequence

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import format_number, truncate
from viz.canvas.picture import Picture
from viz.text.funnel import check_places, draw_funnel

RULES = {"at least": "below", "at most": "above"}  # what is asked of the number, and what goes
LONGEST_EXAMPLE = 420
Filter = tuple[Sequence[float], str, float]  # a number for each document, a rule, a threshold


def draw_filtering(
    documents: Sequence[str],
    filters: Mapping[str, Filter],
    good: Collection[int] = (),
    bad: Collection[int] = (),
    *,
    longest: int = 80,
    ax=None,
) -> Picture:
    """The funnel for these thresholds, and the text of one good document that they remove.

    A filter is (numbers, "at least" or "at most", threshold), a number for each document, and keeps
    those whose number is at least or at most the threshold. `good` are the places of documents
    that somebody has read and would keep, `bad` those of junk.
    Raises:  ValueError for another rule, or if there are not as many numbers as documents.
    Example: draw_filtering(["a", "bb"], {"letters": ([1, 2], "at least", 2)}, good=[0])
    """
    good = check_places(good, len(documents), "good")
    bad = frozenset(check_places(bad, len(documents), "bad"))
    removed: dict[str, list[int]] = {}
    lost: dict[int, str] = {}
    for name, (numbers, rule, threshold) in check(filters, len(documents)).items():
        gone = [i for i, number in enumerate(numbers) if goes(number, rule, threshold)]
        removed[f"{name} {RULES[rule]} {format_number(threshold)}"] = gone
        for place in sorted({*gone} & {*good} - {*lost}):
            lost[place] = (
                f"{name} {format_number(numbers[place])}, {RULES[rule]} {format_number(threshold)}"
            )
    kept = set(range(len(documents))).difference(*removed.values())
    title = f"{len(kept):,} of {len(documents):,} documents kept"
    title += f", {len(kept & bad):,} of them junk" if bad else ""
    title += f"; {len(lost)} of {len(good)} good ones lost" if good else ""
    picture = draw_funnel(
        documents,
        removed,
        mark=good,
        marked="good ones",
        title=title,
        note=example(documents, lost) if good else "",
        longest=longest,
        ax=ax,
    )
    if ax is None:
        picture.data["lost"] = sorted(lost)
    return picture


def check(filters: Mapping[str, Filter], n: int) -> dict[str, tuple[list[float], str, float]]:
    checked = {}
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


def goes(number: float, rule: str, threshold: float) -> bool:
    return number < threshold if rule == "at least" else number > threshold


def example(documents: Sequence[str], lost: Mapping[int, str]) -> str:
    """The text of the first good document that goes, and why it does."""
    if not lost:
        return "None of the good ones is lost."
    place, why = next(iter(lost.items()))
    text = " ".join(documents[place][: 4 * LONGEST_EXAMPLE].split())
    return f"Lost though good ({why}): {truncate(text, LONGEST_EXAMPLE)}"
