"""The filter funnel: documents go through filters one after the other, each with its verdict.

The first filter that gives a reason removes the document; later filters do not see it. So the order
of the filters decides which of them counts a document.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gptcore.corpus.filters.filters import Document, Filter

EXAMPLE_CHARS = 60


@dataclass(frozen=True)
class Verdict:
    """The result of the filters for one document.

    Attributes:
        document: The document.
        removed_by: The name of the filter that removed it; "" if it was kept.
        reason: The reason of that filter; "" if it was kept.

    Example:
        >>> Verdict(documents[0], removed_by="length", reason="words 6, below 50").kept
        False
    """

    document: Document
    removed_by: str = ""
    reason: str = ""

    @property
    def kept(self) -> bool:
        """Whether no filter removed the document."""
        return not self.removed_by


def run_filters(documents: Iterable[Document], filters: Sequence[Filter]) -> Iterator[Verdict]:
    """Run filters over a stream of documents.

    Args:
        documents: The documents; the stream may be endless.
        filters: The filters, in this order. Their names must differ.

    Returns:
        An iterator with one verdict per document, in order.

    Raises:
        ValueError: If two filters have the same name.

    Example:
        >>> verdicts = run_filters(documents, [Symbols()])
        >>> [verdict.kept for verdict in verdicts]
        [True, True]
    """
    check_unique_names(filters)
    return (apply_filters(document, filters) for document in documents)


def apply_filters(document: Document, filters: Sequence[Filter]) -> Verdict:
    """The verdict of the first filter that removes the document, if any."""
    for one in filters:
        reason = one.reject_reason(document)
        if reason:
            return Verdict(document, one.name, reason)
    return Verdict(document)


def check_unique_names(filters: Sequence[Filter]) -> None:
    """Check that no two filters have the same name."""
    names = [one.name for one in filters]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(
            f"Two filters have the name {min(repeated)!r}, so a report cannot say which of them "
            "removed a document. Give one of them another name, such as "
            "Length(name='length of poems')."
        )


class FilterReport:
    """Counts how many documents each filter removed, with examples; `print` shows a table.

    Args:
        filters: The filters, in the order in which they ran.
        examples: How many removed documents to show per filter.

    Example:
        >>> filters = [Symbols()]
        >>> report = FilterReport(filters)
        >>> for verdict in run_filters(documents, filters):
        ...     report.add(verdict)
        >>> report.kept
        2
    """

    def __init__(self, filters: Sequence[Filter], examples: int = 3) -> None:
        check_unique_names(filters)
        self.max_examples = examples
        self.kept = 0
        self.removed = {one.name: 0 for one in filters}
        self.examples: dict[str, list[Verdict]] = {one.name: [] for one in filters}

    @property
    def total(self) -> int:
        """The number of documents so far."""
        return self.kept + sum(self.removed.values())

    def add(self, verdict: Verdict) -> None:
        """Count one document.

        Args:
            verdict: What the filters decided.
        """
        if verdict.kept:
            self.kept += 1
            return
        self.removed[verdict.removed_by] += 1
        if len(self.examples[verdict.removed_by]) < self.max_examples:
            self.examples[verdict.removed_by].append(verdict)

    def __str__(self) -> str:
        lines = [f"{self.total:9,} documents"]
        for name, number in self.removed.items():
            lines.append(f"{-number:9,} {name}")
            lines += [f"{'':12}{format_example(verdict)}" for verdict in self.examples[name]]
        return "\n".join([*lines, f"{self.kept:9,} kept"])


def format_example(verdict: Verdict) -> str:
    """The reason and the beginning of the text, as one line."""
    text = " ".join(verdict.document.text[: 4 * EXAMPLE_CHARS].split())
    cut = text if len(text) <= EXAMPLE_CHARS else f"{text[:EXAMPLE_CHARS].rstrip()} ..."
    return f"{verdict.reason}: {cut!r}"
