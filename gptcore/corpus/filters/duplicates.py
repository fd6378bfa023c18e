"""Duplicates: documents that repeat an earlier one exactly or nearly.

Two texts are near duplicates if they share most of their 5-grams (Jaccard similarity). Comparing
all pairs of a million texts is too slow. So MinHash signatures, cut into bands (LSH, by
datasketch), propose pairs to compare, and the n-grams themselves decide. No text is removed
wrongly, and the probability to miss a duplicate is known: `candidate_probability`.
The first of several duplicates is kept, and later ones are compared only with kept texts. So each
removed text really is similar to the named one. Where A is like B and B is like C, but C is not
like A, C stays (FineWeb joins such chains and would remove it).
All kept texts stay in memory; for more text use datatrove's `MinhashDedup` steps, which sort on
disk. Texts without spaces between words, as in Chinese, need another way to cut n-grams.
Sources: Broder 1997, "On the resemblance and containment of documents"; for the bands Leskovec,
    Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3; Penedo et al. 2024 ("FineWeb"),
    arXiv 2406.17557: 5-grams, similar from 0.75.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

from gptcore.corpus.filters.filters import Document
from gptcore.optional import optional_import

NGRAM_SIZE = 5
PERMUTATIONS = 128  # numbers in a signature
BATCH_NGRAMS = 10_000  # at a time, or the table n-grams x permutations of a book fills memory
RECALL = 0.99  # lowest probability that two texts at the threshold become candidates
WORD = re.compile(r"\w+")


def shingles(text: str, n: int = NGRAM_SIZE) -> set[str]:
    """The set of word n-grams of a text, in lower case and without punctuation.

    Args:
        text: The text. One of fewer than n words is a single shingle; one without words has none.
        n: Words per shingle.

    Returns:
        The distinct n-grams, with one space between words.

    Raises:
        ValueError: If n is below 1.

    Example:
        >>> sorted(shingles("The cat sat.", n=2))
        ['cat sat', 'the cat']
    """
    if n < 1:
        raise ValueError(f"n={n} must be 1 or more: the words of a shingle; 5 is usual.")
    words = WORD.findall(text.lower())
    starts = range(max(1, len(words) - n + 1)) if words else ()
    return {" ".join(words[start : start + n]) for start in starts}


def jaccard(a: Set[Any], b: Set[Any]) -> float:
    """The Jaccard similarity of two sets: the size of the intersection over that of the union.

    Args:
        a, b: The sets. Two empty sets are equal.

    Returns:
        1 for equal sets, 0 for disjoint ones.

    Example:
        >>> jaccard({1, 2, 3}, {2, 3, 4})
        0.5
    """
    shared = len(a & b)
    either = len(a) + len(b) - shared
    return shared / either if either else 1.0


def candidate_probability(similarity: float, bands: int, rows: int) -> float:
    """The probability that two texts agree in a whole band, and so become a candidate pair.

    Two MinHash signatures agree at one position with a probability that equals the Jaccard
    similarity of the texts.

    Args:
        similarity: Jaccard similarity of the two texts.
        bands: Number of bands.
        rows: Positions of the signature per band.

    Returns:
        A probability from 0 to 1.

    Example:
        >>> round(candidate_probability(0.75, bands=25, rows=5), 3)
        0.999
    """
    return 1 - (1 - similarity**rows) ** bands


def lsh_params(threshold: float, permutations: int = PERMUTATIONS) -> tuple[int, int]:
    """Choose bands and rows for LSH: the longest bands with a recall of 99 % at the threshold.

    Longer bands propose fewer pairs that are not duplicates, and miss more that are.

    Args:
        threshold: Jaccard similarity from which two texts are near duplicates.
        permutations: Length of a signature.

    Returns:
        The number of bands, and of rows per band.

    Example:
        >>> lsh_params(0.75)
        (25, 5)
    """
    for rows in range(permutations // 2, 1, -1):
        bands = permutations // rows
        if candidate_probability(threshold, bands, rows) >= RECALL:
            return bands, rows
    return permutations, 1


@dataclass(frozen=True)
class DuplicatePair:
    """A removed document and the kept one that it repeats.

    Attributes:
        id: The removed document.
        copy_of: The document that was kept.
        similarity: Their Jaccard similarity.

    Example:
        >>> DuplicatePair("b", copy_of="a", similarity=0.9).copy_of
        'a'
    """

    id: str
    copy_of: str
    similarity: float


def clusters(copies: Iterable[DuplicatePair]) -> dict[str, list[str]]:
    """Group duplicates by the document that was kept.

    Args:
        copies: The pairs that a filter found.

    Returns:
        The id of each kept document that has duplicates -> the ids of these.

    Example:
        >>> clusters([DuplicatePair("b", copy_of="a", similarity=0.9)])
        {'a': ['b']}
    """
    found: dict[str, list[str]] = {}
    for copy in copies:
        found.setdefault(copy.copy_of, []).append(copy.id)
    return found


class ExactDuplicates:
    """A filter that removes a text which occurred before, character for character.

    `copies` lists what was removed.

    Example:
        >>> verdicts = run_filters([documents[0], documents[0]], [ExactDuplicates()])
        >>> [verdict.kept for verdict in verdicts]
        [True, False]

    Trap: It remembers what it has seen, so make a new one for a second run over the same documents.
    """

    name = "exact copies"

    def __init__(self) -> None:
        self.first: dict[bytes, str] = {}  # half a SHA-256 of each kept text -> its id
        self.copies: list[DuplicatePair] = []

    def reject_reason(self, document: Document) -> str:
        """Look the text up among those that were kept, and remember it.

        Args:
            document: The document.

        Returns:
            Which document it repeats; "" if none.
        """
        digest = sha256(document.text.encode("utf-8", "surrogatepass")).digest()[:16]
        if digest not in self.first:
            self.first[digest] = document.id
            return ""
        self.copies.append(DuplicatePair(document.id, self.first[digest], 1.0))
        return f"a copy of {self.first[digest]}"


class NearDuplicates:
    """A filter that removes a text whose Jaccard similarity with a kept one reaches a threshold.

    `copies` lists what was removed, `compared` counts the pairs whose n-grams were compared. The
    same seed gives the same signatures.

    Args:
        threshold: Jaccard similarity from which a text is removed.
        n: Words per shingle.
        seed: Seed of the MinHash permutations.

    Raises:
        ValueError: Unless 0 < threshold <= 1 and n >= 1.
        PackageMissingError: If datasketch is not installed.

    Example:
        >>> near = NearDuplicates()
        >>> [verdict.kept for verdict in run_filters(documents, [near])]
        [True, False]
        >>> clusters(near.copies)
        {'1': ['2']}

    Trap: It remembers what it has seen, as `ExactDuplicates` does.
    """

    name = "near copies"

    def __init__(self, threshold: float = 0.75, n: int = NGRAM_SIZE, seed: int = 1) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(
                f"threshold={threshold!r} must be above 0 and at most 1: the Jaccard similarity "
                "from which two texts are duplicates; 0.75 is usual."
            )
        datasketch = optional_import("datasketch", "Finding near copies")
        shingles("", n)  # checks n here, not at the first document
        self.threshold, self.n = threshold, n
        self.blank = datasketch.MinHash(PERMUTATIONS, seed=seed, hashfunc=int)
        self.index = datasketch.MinHashLSH(num_perm=PERMUTATIONS, params=lsh_params(threshold))
        self.kept: list[Document] = []
        self.copies: list[DuplicatePair] = []
        self.compared = 0

    def reject_reason(self, document: Document) -> str:
        """Compare the text with similar ones that were kept, and remember it.

        Args:
            document: The document.

        Returns:
            Which document it resembles, and how much; "" if none.
        """
        ngrams = shingles(document.text, self.n)
        if not ngrams:
            return ""  # symbols only: `ExactDuplicates` compares those
        signature = self.signature(ngrams)
        similarity, first = self.most_similar(ngrams, sorted(self.index.query(signature)))
        if first is not None and similarity >= self.threshold:
            self.copies.append(DuplicatePair(document.id, first.id, similarity))
            return f"{similarity:.0%} of its pieces shared with {first.id}"
        self.index.insert(len(self.kept), signature)
        self.kept.append(document)
        return ""

    def signature(self, ngrams: Set[str]) -> Any:
        """Compute the MinHash signature of a set.

        Args:
            ngrams: The shingles of a text.

        Returns:
            datasketch's `MinHash`: the smallest hash of the set under each permutation.
        """
        signature = self.blank.copy()
        # Trap: hash() of a string differs between processes; crc32 does not.
        hashes = [crc32(ngram.encode("utf-8", "surrogatepass")) for ngram in ngrams]
        for start in range(0, len(hashes), BATCH_NGRAMS):
            signature.update_batch(hashes[start : start + BATCH_NGRAMS])
        return signature

    def most_similar(
        self, ngrams: Set[str], candidates: list[int]
    ) -> tuple[float, Document | None]:
        """Find the most similar kept document; among equals the first.

        Args:
            ngrams: The shingles of a text.
            candidates: Indices of kept documents.

        Returns:
            Jaccard similarity and document; (0, None) if no candidate shares a shingle.
        """
        similarity, first = 0.0, None
        for candidate in candidates:
            found = jaccard(ngrams, shingles(self.kept[candidate].text, self.n))
            self.compared += 1
            if found > similarity:
                similarity, first = found, self.kept[candidate]
        return similarity, first
