"""Copies: documents that say what an earlier one said already, word for word or nearly so.

Two texts are near copies if they share most of their pieces of five words (Jaccard). Comparing all
pairs of a million texts is out of reach; so MinHash signatures, cut into bands, propose the pairs
that are worth comparing (datasketch does that), and the pieces themselves decide. Hence no text is
removed wrongly, and the chance to overlook a copy is known: `candidate_probability`.
The first of several copies is kept, and later ones are compared only with what was kept. So each
removed text really is a copy of the one that is named; where A is like B and B is like C, but C
is not like A, C stays (FineWeb, which joins such chains, would remove it).
Left out on purpose: texts without blanks between words, as in Chinese; and more text than fits
into memory, for the kept texts stay there: datatrove's `MinhashDedup` steps sort on disk.
Sources: Broder 1997, "On the resemblance and containment of documents"; for the bands Leskovec,
    Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3; Penedo et al. 2024 ("FineWeb"),
    arXiv 2406.17557: pieces of five words, similar from 0.75.
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
BATCH_NGRAMS = 10_000  # at a time, or the table pieces x permutations of a whole book fills memory
RECALL = 0.99  # how surely two texts meet that are just as similar as the threshold asks
WORD = re.compile(r"\w+")


def shingles(text: str, n: int = NGRAM_SIZE) -> set[str]:
    """Every piece of `n` words in a row, without capitals and punctuation, each once.

    A text of fewer words is one piece; a text without words has none.
    Raises: ValueError if n is below 1.
    Example: shingles("The cat sat.", n=2) -> {"the cat", "cat sat"}
    """
    if n < 1:
        raise ValueError(f"n={n}: a piece has at least 1 word; 5 is usual.")
    words = WORD.findall(text.lower())
    starts = range(max(1, len(words) - n + 1)) if words else ()
    return {" ".join(words[start : start + n]) for start in starts}


def jaccard(a: Set, b: Set) -> float:
    """What the two share, out of all that either has: 1 for equal sets, 0 for strangers.

    Two empty sets are equal.
    Example: jaccard({1, 2, 3}, {2, 3, 4}) -> 0.5
    """
    shared = len(a & b)
    either = len(a) + len(b) - shared
    return shared / either if either else 1.0


def candidate_probability(similarity: float, bands: int, rows: int) -> float:
    """How likely two texts are to agree in a whole band, and so to be compared.

    Two signatures agree at one place with a chance that equals the Jaccard similarity of the texts.
    Example: candidate_probability(0.75, bands=25, rows=5) -> about 0.999
    """
    return 1 - (1 - similarity**rows) ** bands


def lsh_params(threshold: float, permutations: int = PERMUTATIONS) -> tuple[int, int]:
    """How many bands of how many rows: as long ones as let true copies meet (RECALL).

    Longer bands propose fewer pairs in vain, and overlook more.
    Example: lsh_params(0.75) -> (25, 5)
    """
    for rows in range(permutations // 2, 1, -1):
        bands = permutations // rows
        if candidate_probability(threshold, bands, rows) >= RECALL:
            return bands, rows
    return permutations, 1


@dataclass(frozen=True)
class DuplicatePair:
    """The document `id` says what `copy_of` said before it. Units: similarity is Jaccard's.

    Example: Copy("b", copy_of="a", similarity=0.9).copy_of -> "a"
    """

    id: str
    copy_of: str
    similarity: float


def clusters(copies: Iterable[DuplicatePair]) -> dict[str, list[str]]:
    """The id of each document that was kept and has copies -> the ids of its copies.

    Example: clusters([Copy("b", copy_of="a", similarity=0.9)]) -> {"a": ["b"]}
    """
    found: dict[str, list[str]] = {}
    for copy in copies:
        found.setdefault(copy.copy_of, []).append(copy.id)
    return found


class ExactDuplicates:
    """Removes a text that came before, character for character.

    Trap: it remembers what it has judged, so for a second run over the same documents make a new
    one. `copies` lists what was removed.
    Example: twice = [documents[0], documents[0]]
             [v.kept for v in run_filters(twice, [ExactDuplicates()])] -> [True, False]
    """

    name = "exact copies"

    def __init__(self) -> None:
        self.first: dict[bytes, str] = {}  # half a SHA-256 of each text that was kept -> its id
        self.copies: list[DuplicatePair] = []

    def reject_reason(self, document: Document) -> str:
        digest = sha256(document.text.encode("utf-8", "surrogatepass")).digest()[:16]
        if digest not in self.first:
            self.first[digest] = document.id
            return ""
        self.copies.append(DuplicatePair(document.id, self.first[digest], 1.0))
        return f"a copy of {self.first[digest]}"


class NearDuplicates:
    """Removes a text whose Jaccard similarity with one that was kept is `threshold` or more.

    Trap: it remembers, as `ExactDuplicates` does. `copies` lists what was removed, `compared`
    counts the pairs whose pieces were looked at. The same seed gives the same signatures.
    Raises: ValueError unless 0 < threshold <= 1 and n >= 1; ModuleNotFoundError without datasketch.
    Example: near = NearDuplicates()
             kept = [v.document for v in run_filters(documents, [near]) if v.kept]
             clusters(near.copies) -> {"1": ["2"]}
    """

    name = "near copies"

    def __init__(self, threshold: float = 0.75, n: int = NGRAM_SIZE, seed: int = 1):
        if not 0 < threshold <= 1:
            raise ValueError(
                f"threshold={threshold!r} must be above 0 and at most 1: it is the share of their "
                "pieces that two copies have in common; 0.75 is usual."
            )
        datasketch = optional_import("datasketch", "Finding near copies")
        shingles("", n)  # refuses a piece of no words here, not at the first document
        self.threshold, self.n = threshold, n
        self.blank = datasketch.MinHash(PERMUTATIONS, seed=seed, hashfunc=int)
        self.index = datasketch.MinHashLSH(num_perm=PERMUTATIONS, params=lsh_params(threshold))
        self.kept: list[Document] = []
        self.copies: list[DuplicatePair] = []
        self.compared = 0

    def reject_reason(self, document: Document) -> str:
        ngrams = shingles(document.text, self.n)
        if not ngrams:
            return ""  # signs alone: `ExactDuplicates` tells whether they came before
        signature = self.signature(ngrams)
        similarity, first = self.most_similar(ngrams, sorted(self.index.query(signature)))
        if first is not None and similarity >= self.threshold:
            self.copies.append(DuplicatePair(document.id, first.id, similarity))
            return f"{similarity:.0%} of its pieces shared with {first.id}"
        self.index.insert(len(self.kept), signature)
        self.kept.append(document)
        return ""

    def signature(self, ngrams: Set[str]) -> Any:
        """The smallest number of the set under each of many shuffles of all numbers (MinHash)."""
        signature = self.blank.copy()
        # Trap: hash() of a string is another one in every process; crc32 is not.
        hashes = [crc32(piece.encode("utf-8", "surrogatepass")) for piece in ngrams]
        for start in range(0, len(hashes), BATCH_NGRAMS):
            signature.update_batch(hashes[start : start + BATCH_NGRAMS])
        return signature

    def most_similar(
        self, ngrams: Set[str], candidates: list[int]
    ) -> tuple[float, Document | None]:
        """Of the kept documents at these places the one most like `pieces`; of equals the first."""
        similarity, first = 0.0, None
        for candidate in candidates:
            found = jaccard(ngrams, shingles(self.kept[candidate].text, self.n))
            self.compared += 1
            if found > similarity:
                similarity, first = found, self.kept[candidate]
        return similarity, first
