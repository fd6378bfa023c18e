"""Documents as squares that fall through filters: how many each filter removes, and which.

Each column shows the documents that reach a filter; those it removes are in its colour. The last
column shows what is kept. The layout is computed in `viz/text/funnel_squares.py`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import index
from textwrap import wrap
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int
from viz.canvas.picture import Picture
from viz.text.funnel_squares import build_columns, build_scene, hover_html, narrow_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEPT = ""  # name of the stage of all documents that no filter removes
MAX_TOTAL_CHARS = 200_000  # of all texts that are shown on hover
NOTE_COLUMNS = 116
Removed = Collection[int] | Callable[[str], bool]
Stages = dict[str, list[int]]


def draw_funnel(
    documents: Sequence[str],
    filters: Mapping[str, Removed],
    *,
    mark: Collection[int] = (),
    mark_label: str = "marked",
    title: str = "",
    note: str = "",
    max_chars: int = 120,
    height: float | None = None,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one square for each document, coloured by the filter that removed it.

    Args:
        documents: The texts, shown on hover. Above 3,000 one square stands for several.
        filters: Mapping name -> indices of the documents to remove, or a function that is True for
            their texts. Filters work in order, each on what is left.
        mark: Indices of documents whose squares are black.
        mark_label: What the marked documents are, for the legend.
        title: Title of the picture.
        note: Text below the squares.
        max_chars: How much of each text is shown on hover.
        height: Pixels that the squares may be high, about; None for a large picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the number of `documents`, the indices `removed` by each filter and those
        `kept` in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there is no document or no filter, or an index is out of range.

    Example:
        >>> draw_funnel(["a", "bb", "a"], {"too short": lambda text: len(text) < 2})
        Picture: 3 documents; too short removes 2; 1 is kept.
    """
    stages = partition(documents, filters)
    marks = frozenset(check_indices(mark, len(documents), "mark"))
    columns, docs_per_square = build_columns(stages, marks, title, height)
    notes = [f"One square stands for {docs_per_square} documents."] if docs_per_square > 1 else []
    if marks:
        notes.append("■ " + mark_sentence(stages, marks, mark_label))
    scene = build_scene(columns, title, [*notes, *wrap(note, NOTE_COLUMNS)])
    narrow = narrow_scene(columns, title, [*notes, note] if note else notes)
    data = {
        "documents": len(documents),
        "removed": {name: indices for name, indices in stages.items() if name != KEPT},
        "kept": stages[KEPT],
    }
    picture = Picture(data, alt_text(stages, marks, mark_label, title), scene, narrow=narrow)
    max_chars = min(max_chars, MAX_TOTAL_CHARS * docs_per_square // len(documents))
    if ax is None:
        picture.html = hover_html(picture, columns, documents, max_chars)
    return picture.draw_on(ax) if ax is not None else picture


def partition(documents: Sequence[str], filters: Mapping[str, Removed]) -> Stages:
    """The indices that each filter removes, and under "" those that are kept."""
    is_list = hasattr(documents, "__len__") and not isinstance(documents, str)
    if not is_list or not len(documents) or not all(isinstance(text, str) for text in documents):
        raise ValueError(f"documents must be a list of texts, at least one; got {documents!r:.60}.")
    if not filters or KEPT in filters:
        raise ValueError("Give at least one filter, each with a name: {'too short': [0, 7, 12]}.")
    remaining = list(range(len(documents)))
    stages: Stages = {}
    for name, removed in filters.items():
        if callable(removed):
            rejected = {i for i in remaining if removed(documents[i])}
        else:
            rejected = set(check_indices(removed, len(documents), f"the filter {name!r}"))
        stages[str(name)] = [i for i in remaining if i in rejected]
        remaining = [i for i in remaining if i not in rejected]
    return stages | {KEPT: remaining}


def check_indices(indices: Collection[int], n: int, name: str) -> list[int]:
    listed = indices.tolist() if hasattr(indices, "tolist") else indices
    if not isinstance(listed, Collection):
        raise ValueError(f"{name} must be indices of documents or a function, not {indices!r:.60}.")
    for i in listed:
        try:
            to_int(i, name, 0, n - 1)
        except ValueError:
            raise ValueError(
                f"{name} has {i!r}, but there are {n:,} documents: give their indices, whole "
                f"numbers from 0 to {n - 1:,}."
            ) from None
    return [index(i) for i in listed]


def mark_sentence(stages: Stages, marks: Collection[int], mark_label: str) -> str:
    removed_count = len(marks) - sum(i in marks for i in stages[KEPT])
    return f"{mark_label}, {removed_count} of {len(marks)} removed."


def alt_text(stages: Stages, marks: Collection[int], mark_label: str, title: str) -> str:
    """How many documents there are, how many each filter removes, and how many are kept."""
    n = sum(map(len, stages.values()))
    removals = ", ".join(
        f"{name} removes {len(indices):,}" for name, indices in stages.items() if name
    )
    kept = len(stages[KEPT])
    summary = f"{n:,} documents; {removals}; {kept:,} {'is' if kept == 1 else 'are'} kept."
    summary = f"{title}: {summary}" if title else summary
    return f"{summary} Marked: {mark_sentence(stages, marks, mark_label)}" if marks else summary
