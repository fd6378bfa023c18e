"""Training merges: from the 256 bytes to longer tokens, the most frequent pair first.

Three algorithms with the same result: `train_naive` counts every pair again for each merge,
`train_counted` processes each different pretoken once, `train_incremental` updates only what the
last merge changed.

The rule for ties is part of the result: the highest count first, then the smallest left id, then
the smallest right id. Merge i makes token 256 + i; training ends early when no pair is left. No
pair crosses from one pretoken to the next.
Source: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword
    Units", arXiv 1508.07909; the tables of the third algorithm as in its authors' subword-nmt.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from gptcore.checks import as_int

Pair = tuple[int, int]


def count_pairs(ids: Sequence[int]) -> Counter[Pair]:
    """How often each pair of neighbours occurs.

    Args:
        ids: Token ids.

    Example:
        >>> count_pairs([7, 7, 7])
        Counter({(7, 7): 2})
    """
    return Counter(zip(ids, ids[1:]))


def merge(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """Replace every occurrence of a pair, from left to right.

    Args:
        ids: Token ids.
        pair: Two neighbours.
        new_id: What replaces them.

    Example:
        >>> merge([7, 7, 7], (7, 7), 256)
        [256, 7]
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
    """The pair with the highest count; of equal ones, that with the smallest ids."""
    return min(counts, key=lambda pair: (-counts[pair], pair))


def train_naive(pieces: Iterable[str], n_merges: int) -> list[Pair]:
    """Count all pairs again for every merge.

    Args:
        pieces: Pretokens.
        n_merges: How many to learn, if there are so many.

    Returns:
        Pairs of ids, in the order in which they are merged.

    Raises:
        ValueError: If `pieces` is one text that was not split.

    Example:
        >>> train_naive(["aaab", "ab"], 2)
        [(97, 97), (97, 98)]
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


def train_counted(pieces: Iterable[str] | Mapping[str, int], n_merges: int) -> list[Pair]:
    """Count each different pretoken once: of a million about ten thousand are different.

    Args:
        pieces: Pretokens, or a mapping of pretokens to their counts.
        n_merges: How many to learn, if there are so many.

    Returns:
        Pairs of ids, in the order in which they are merged.

    Raises:
        ValueError: If `pieces` is one text that was not split.

    Example:
        >>> train_counted({"aaab": 1, "ab": 1}, 2)
        [(97, 97), (97, 98)]
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


def train_incremental(pieces: Iterable[str] | Mapping[str, int], n_merges: int) -> list[Pair]:
    """Update only the pretokens that the last merge changed: about ten of ten thousand.

    A table maps each pair to the pretokens that contain it, and a heap has the most frequent pair.
    A pretoken is a string with the letter chr(id) for each id. Then a pair is a string of two
    letters, `split` finds it, `join` replaces it, and strings compare as their ids do.

    Args:
        pieces: Pretokens, or a mapping of pretokens to their counts.
        n_merges: How many to learn, if there are so many.

    Returns:
        Pairs of ids, in the order in which they are merged.

    Raises:
        ValueError: If `pieces` is one text that was not split, or `n_merges` is too large.

    Example:
        >>> train_incremental(["aaab", "ab"], 2)
        [(97, 97), (97, 98)]
    """
    n_merges = as_int(n_merges, "n_merges", 0)
    check_pretokenized(pieces)
    check_n_merges(n_merges)
    counted = Counter(pieces)
    numbers = [n for n in counted.values() if n > 0]
    words = [word.encode().decode("latin-1") for word, n in counted.items() if n > 0]
    del pieces, counted  # do not hold ten million different pieces twice
    counts: defaultdict[str, int] = defaultdict(int)
    where: defaultdict[str, list[int]] = defaultdict(
        list
    )  # an index may be there twice or be outdated
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
    """The most frequent pair, by the rule of `most_frequent_pair`; "" if there is none.

    A count in the heap may be too large, never too small, because pairs only become rarer after
    they are pushed. A pair whose count is too large goes back with its true count.
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
    """(pair that is lost, pair that is gained) at both ends of each merged pair.

    For parts ["x", "y"], pair "ab" and new "N": ("xa", "xN"), ("by", "Ny").
    """
    left, right = pair[0], pair[1]
    for i, (before, after) in enumerate(zip(parts, parts[1:])):
        if before:
            yield before[-1] + left, before[-1] + new
        elif i > 0:  # "abab": the same pair is in front of it
            yield right + left, new + new
        if after:
            yield right + after[0], new + after[0]


def check_pretokenized(pieces: object) -> None:
    """ValueError for one text instead of its pretokens: its single letters have no pairs."""
    if isinstance(pieces, str):
        raise ValueError(
            f"pieces={pieces[:40]!r} is one text, but merges are learned from a list of pieces. "
            "Split it with pretokenize(text), or give [text] to let pairs form across words."
        )


def check_n_merges(n_merges: int) -> None:
    """ValueError for more merges than chr() has letters for."""
    limit = sys.maxunicode + 1 - 256
    if n_merges > limit:
        raise ValueError(f"n_merges={n_merges:,} is too many: at most {limit:,} can be learned.")
