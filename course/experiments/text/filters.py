"""Filters of lesson 10: which page is removed by which, and their thresholds as sliders."""

from collections.abc import Sequence

from gptcore.corpus import Document, run_filters
from gptcore.corpus.filters.filters import Filter

AT_LEAST, AT_MOST = "at least", "at most"
ENGLISH = "English"
THRESHOLDS = {  # statistic: which side is kept; lowest, highest and published threshold
    "words": (AT_LEAST, (0, 100, 50)),
    "alpha_words": (AT_LEAST, (0.5, 1.0, 0.8)),
    "top_bigram": (AT_MOST, (0.0, 0.25, 0.2)),
    "bullet_lines": (AT_MOST, (0.5, 1.0, 0.9)),
    "repeated_ngrams": (AT_MOST, (0.0, 0.5, 0.15)),
}
Slider = tuple[list[float], str, tuple[float, float, float]]


def thresholds(documents: Sequence[Document]) -> dict[str, Slider]:
    """What `FilterBench` needs: name -> (a number for each page, side, range and first value)."""
    english = [(p.language_score or 0.0) if p.language == "en" else 0.0 for p in documents]
    sliders: dict[str, Slider] = {ENGLISH: (english, AT_LEAST, (0.4, 0.9, 0.65))}
    for name, (side, limits) in THRESHOLDS.items():
        sliders[name.replace("_", " ")] = [page.stats[name] for page in documents], side, limits
    return sliders


def sort_out(
    documents: Sequence[Document], filters: Sequence[Filter]
) -> tuple[list[Document], dict[str, list[int]]]:
    """Run filters one after the other.

    Returns:
        The documents that pass all of them, and for each filter the numbers of those it removes.
    """
    verdicts = list(run_filters(documents, filters))
    removed = {
        f.name: [i for i, v in enumerate(verdicts) if v.removed_by == f.name] for f in filters
    }
    return [verdict.document for verdict in verdicts if verdict.kept], removed
