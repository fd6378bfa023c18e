"""Documents as squares that fall through filters: how many each removes, and which.

Every column shows the documents that are still there, and below them, in the colour of the filter,
those that it removes; the last column holds what is kept. Where the squares stand is worked out in
`viz/text/funnel_squares.py`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import index
from textwrap import wrap

from viz.canvas.arrays import to_int
from viz.canvas.picture import Picture
from viz.text.funnel_squares import lay_out, place_columns, with_texts

KEPT = ""
MOST_LETTERS = 200_000  # of all texts together that can be pointed at
LETTERS_IN_LINE = 118  # of the note
Removed = Collection[int] | Callable[[str], bool]
Stages = dict[str, list[int]]


def draw_funnel(
    documents: Sequence[str],
    filters: Mapping[str, Removed],
    *,
    mark: Collection[int] = (),
    marked: str = "marked",
    title: str = "",
    note: str = "",
    longest: int = 120,
    ax=None,
) -> Picture:
    """One square for each document, coloured by the filter that removed it, its text on pointing.

    A filter is given as the places of the documents that it removes, or as a function that says
    True of each of them; the filters work one after the other, each on what is left. Documents
    whose places are in `mark` are black. Of a text the first `longest` letters are shown; `note` is
    written below all squares.
    Raises:  ValueError for a place at which there is no document.
    Example: draw_funnel(["a", "bb", "a"], {"too short": lambda text: len(text) < 2})
    """
    stages = sort_out(documents, filters)
    marks = frozenset(check_places(mark, len(documents), "mark"))
    columns, every = place_columns(stages, marks, title)
    notes = [f"One square stands for {every} documents."] if every > 1 else []
    if marks:
        notes.append(lost(stages, marks, marked))
    scene = lay_out(columns, title, [*notes, *wrap(note, LETTERS_IN_LINE)])
    data = {
        "documents": len(documents),
        "removed": {name: places for name, places in stages.items() if name != KEPT},
        "kept": stages[KEPT],
    }
    picture = Picture(data, describe(stages, marks, marked, title), scene)
    if ax is not None:
        return picture.draw_on(ax)
    longest = min(longest, MOST_LETTERS * every // len(documents))
    picture.html = with_texts(picture, columns, documents, longest)
    return picture


def sort_out(documents: Sequence[str], filters: Mapping[str, Removed]) -> Stages:
    """The places of the documents that each filter removes, and under "" of those that are kept."""
    if isinstance(documents, str) or not len(documents):
        raise ValueError(f"documents must be a list of texts, at least one; got {documents!r:.60}.")
    if not filters or KEPT in filters:
        raise ValueError("Give at least one filter, each with a name: {'too short': [0, 7, 12]}.")
    left, stages = list(range(len(documents))), {}
    for name, removed in filters.items():
        if callable(removed):
            goes = {i for i in left if removed(documents[i])}
        else:
            goes = set(check_places(removed, len(documents), f"the filter {name!r}"))
        stages[str(name)] = [i for i in left if i in goes]
        left = [i for i in left if i not in goes]
    return stages | {KEPT: left}


def check_places(places: Collection[int], n: int, whose: str) -> list[int]:
    listed = places.tolist() if hasattr(places, "tolist") else list(places)
    for place in listed:
        try:
            to_int(place, whose, 0, n - 1)
        except ValueError:
            raise ValueError(
                f"{whose} has {place!r}, but there are {n:,} documents: give the places of those "
                f"that are meant, whole numbers from 0 to {n - 1:,}."
            ) from None
    return [index(place) for place in listed]


def lost(stages: Stages, marks: Collection[int], marked: str) -> str:
    gone = len(marks) - sum(place in marks for place in stages[KEPT])
    return f"Black: {marked}, {gone} of {len(marks)} removed."


def describe(stages: Stages, marks: Collection[int], marked: str, title: str) -> str:
    """One sentence: how many there were, what each filter took, and how many remain."""
    n = sum(map(len, stages.values()))
    took = ", ".join(f"{name} removes {len(places):,}" for name, places in stages.items() if name)
    told = f"{n:,} documents; {took}; {len(stages[KEPT]):,} are kept."
    told = f"{title}: {told}" if title else told
    return f"{told} {lost(stages, marks, marked)}" if marks else told
