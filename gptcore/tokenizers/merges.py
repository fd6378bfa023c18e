"""Learning merges: from the 256 bytes to longer tokens, by joining the most_frequent_pair pair,
repeatedly.

Three ways to the same merges, each as simple as its speed allows: `train_naive` counts every pair
anew for each merge, `train_counted` looks at each different piece once, `train_incremental` touches
only what the last merge changed.

The rule for ties is part of the result: the highest count first, then the smallest left id, then
the smallest right id. Merge i makes token 256 + i; when no pair is left, the search ends.
Left out on purpose: cutting a text into pieces (`pieces.py`). No pair crosses from piece to piece.
Source: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword
Units", arXiv 1508.07909; the tables of the third way as in its authors' program, subword-nmt.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from gptcore.checks import as_int

Pair = tuple[int, int]


def count_pairs(ids: Sequence[int]) -> Counter[Pair]:
    """How often each pair of neighbours occurs.

    Example: count_pairs([7, 7, 7]) -> {(7, 7): 2}
    """
    return Counter(zip(ids, ids[1:]))


def merge(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """The ids with every occurrence of the pair replaced by `new_id`, from left to right.

    Example: merge([7, 7, 7], (7, 7), 256) -> [256, 7]
    """
    joined: list[int] = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            joined.append(new_id)
            i += 2
        else:
            joined.append(ids[i])
            i += 1
    return joined


def most_frequent_pair(counts: Mapping[Pair, int]) -> Pair:
    """The pair with the highest count; of several, the one with the smallest ids."""
    return min(counts, key=lambda pair: (-counts[pair], pair))


# ---- first way: count everything, for every merge ------------------------------------------------


def train_naive(pieces: Iterable[str], n_merges: int) -> list[Pair]:
    """Up to `n_merges` pairs, in the order in which they are to be joined.

    Raises: ValueError if `pieces` is one text that has not been cut.
    Example: train_naive(["aaab", "ab"], 2) -> [(97, 97), (97, 98)]
    """
    n_merges = as_int(n_merges, "n_merges", 0)
    check_pretokenized(pieces)
    texts = [list(piece.encode()) for piece in pieces]
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts: Counter[Pair] = Counter()
        for ids in texts:
            counts.update(count_pairs(ids))
        if not counts:
            break
        pair = most_frequent_pair(counts)
        texts = [merge(ids, pair, 256 + len(merges)) for ids in texts]
        merges.append(pair)
    return merges


# ---- second way: the same, with each different piece once ----------------------------------------


def train_counted(pieces: Iterable[str] | Mapping[str, int], n_merges: int) -> list[Pair]:
    """The same pairs. A text of a million pieces has some ten thousand different ones.

    `pieces` may be counted already: piece -> number of occurrences.
    Example: train_counted({"aaab": 1, "ab": 1}, 2) -> [(97, 97), (97, 98)]
    """
    n_merges = as_int(n_merges, "n_merges", 0)
    check_pretokenized(pieces)
    words = [(list(piece.encode()), n) for piece, n in Counter(pieces).items() if n > 0]
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts: defaultdict[Pair, int] = defaultdict(int)
        for ids, n in words:
            for pair in zip(ids, ids[1:]):
                counts[pair] += n
        if not counts:
            break
        pair = most_frequent_pair(counts)
        words = [(merge(ids, pair, 256 + len(merges)), n) for ids, n in words]
        merges.append(pair)
    return merges


# ---- third way: touch only what a merge changes --------------------------------------------------


def train_incremental(pieces: Iterable[str] | Mapping[str, int], n_merges: int) -> list[Pair]:
    """The same pairs. Of ten thousand pieces one merge changes some ten.

    They are found by a table from each pair to the pieces that it occurs in, and the
    most_frequent_pair pair
    by a heap. Here a piece is a string with a letter for each id, chr(id). Then a pair is a string
    of two letters, `split` finds it, `join` replaces it, and strings compare as their ids do.
    Example: train_incremental(["aaab", "ab"], 2) -> [(97, 97), (97, 98)]
    """
    n_merges = as_int(n_merges, "n_merges", 0)
    check_pretokenized(pieces)
    check_n_merges(n_merges)
    counted = Counter(pieces)
    numbers = [n for n in counted.values() if n > 0]
    words = [word.encode().decode("latin-1") for word, n in counted.items() if n > 0]
    del pieces, counted  # of ten million different pieces one copy is enough
    counts: defaultdict[str, int] = defaultdict(int)
    where: defaultdict[str, list[int]] = defaultdict(list)  # may name a piece twice, or in vain
    for i, word in enumerate(words):
        for left, right in zip(word, word[1:]):
            counts[left + right] += numbers[i]
            where[left + right].append(i)
    heap = [(-n, pair) for pair, n in counts.items()]
    heapify(heap)
    merges: list[Pair] = []
    while len(merges) < n_merges and (pair := pop_most_frequent(heap, counts)):
        new = chr(256 + len(merges))
        changes: defaultdict[str, int] = defaultdict(int)
        for i in set(where.pop(pair)):
            parts = words[i].split(pair)
            words[i] = new.join(parts)
            for lost, gained in pair_changes(parts, pair, new):
                changes[lost] -= numbers[i]
                changes[gained] += numbers[i]
                where[gained].append(i)
        for changed, difference in changes.items():
            counts[changed] += difference
            if difference > 0:
                heappush(heap, (-difference, changed))
        del counts[pair]
        merges.append((ord(pair[0]), ord(pair[1])))
    return merges


def pop_most_frequent(heap: list[tuple[int, str]], counts: Mapping[str, int]) -> str:
    """The most_frequent_pair pair, by the same rule as `most_frequent_pair`; "" if there is none.

    A pair only becomes rarer, once it is there. So the heap may promise too much, never too little:
    what promised too much goes back with its true count.
    """
    while heap:
        n, pair = heappop(heap)
        count = counts.get(pair, 0)
        if count == -n:
            return pair
        if count:
            heappush(heap, (-count, pair))
    return ""


def pair_changes(parts: list[str], pair: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield (pair that is lost, pair that is gained) at both ends of each joined pair.

    Example: pair_changes(["x", "y"], "ab", "N") -> ("xa", "xN"), ("by", "Ny")
    """
    left, right = pair[0], pair[1]
    for i, (before, after) in enumerate(zip(parts, parts[1:])):
        if before:
            yield before[-1] + left, before[-1] + new
        elif i > 0:  # "abab": what stands before is the same pair
            yield right + left, new + new
        if after:
            yield right + after[0], new + after[0]


def check_pretokenized(pieces: object) -> None:
    """Raises: ValueError for a text in place of its pieces; its letters have no neighbours."""
    if isinstance(pieces, str):
        raise ValueError(
            f"pieces={pieces[:40]!r} is one text, and merges are learned from a list of pieces. "
            "Cut it with pretokenize(text), or give [text] to let pairs form across words."
        )


def check_n_merges(n_merges: int) -> None:
    """Raises: ValueError for more merges than chr() has letters for."""
    most = sys.maxunicode + 1 - 256
    if n_merges > most:
        raise ValueError(f"n_merges={n_merges:,} is too many: at most {most:,} can be learned.")
