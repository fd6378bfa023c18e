"""The funnel: documents go through filters one after the other, and each is told what became of it.

The first filter that gives a reason removes the document; later filters do not see it, so their
order decides who counts it. Nothing is written anywhere: the caller keeps what was kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gptcore.corpus.filters.filters import Document, Filter

SHOWN_CHARACTERS = 60  # of an example


@dataclass(frozen=True)
class Verdict:
    """What became of one document; `removed_by` and `reason` are empty if it was kept.

    Example: Verdict(documents[0], removed_by="length", reason="words 6, below 50").kept -> False
    """

    document: Document
    removed_by: str = ""
    reason: str = ""

    @property
    def kept(self) -> bool:
        return not self.removed_by


def run_filters(documents: Iterable[Document], filters: Sequence[Filter]) -> Iterator[Verdict]:
    """Yield a verdict for each document, as soon as it comes.

    Raises: ValueError at once if two filters bear one name.
    Example: kept = [v.document for v in run_filters(documents, [Length(), Symbols()]) if v.kept]
    """
    check_unique_names(filters)
    return (apply_filters(document, filters) for document in documents)


def apply_filters(document: Document, filters: Sequence[Filter]) -> Verdict:
    for one in filters:
        reason = one.reject_reason(document)
        if reason:
            return Verdict(document, one.name, reason)
    return Verdict(document)


def check_unique_names(filters: Sequence[Filter]) -> None:
    names = [one.name for one in filters]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(
            f"Two filters have the name {min(repeated)!r}, so a report cannot say which of them "
            "removed a document. Give one of them another name, such as "
            "Length(name='length of poems')."
        )


class FilterReport:
    """How many documents each filter removed, and its first examples; printed as a table.


    Example: filters = [Length(min_words=5), Symbols()]; report = FilterReport(filters)
             for verdict in run_filters(documents, filters): report.add(verdict)
             print(report)
    """

    def __init__(self, filters: Sequence[Filter], examples: int = 3):
        check_unique_names(filters)
        self.max_examples = examples
        self.kept = 0
        self.removed = {one.name: 0 for one in filters}
        self.examples: dict[str, list[Verdict]] = {one.name: [] for one in filters}

    @property
    def seen(self) -> int:
        return self.kept + sum(self.removed.values())

    def add(self, verdict: Verdict) -> None:
        if verdict.kept:
            self.kept += 1
            return
        self.removed[verdict.removed_by] += 1
        if len(self.examples[verdict.removed_by]) < self.max_examples:
            self.examples[verdict.removed_by].append(verdict)

    def __str__(self) -> str:
        lines = [f"{self.seen:9,} documents"]
        for name, number in self.removed.items():
            lines.append(f"{-number:9,} {name}")
            lines += [f"{'':12}{format_example(verdict)}" for verdict in self.examples[name]]
        return "\n".join([*lines, f"{self.kept:9,} kept"])


def format_example(verdict: Verdict) -> str:
    """The reason and the beginning of the text, as one line."""
    text = " ".join(verdict.document.text[: 4 * SHOWN_CHARACTERS].split())
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS].rstrip()} ..."
    return f"{verdict.reason}: {cut!r}"
