"""One pretoken -> ids: join neighbours again and again, the token with the lowest id first.

Of several places for the same token the leftmost is first. For learned merges this repeats them in
their order; tiktoken does the same.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush


def bpe_encode(piece: bytes, id_of: Mapping[bytes, int]) -> list[int]:
    """The ids of one pretoken, in nearly linear time.

    Args:
        piece: UTF-8 bytes of the pretoken.
        id_of: The bytes of each token -> its id; it has every single byte.
    """
    # A part of the piece is known by the index where it starts.
    size = len(piece)
    stop = list(range(1, size + 1))  # where the part that starts here ends; 0: no part starts here
    before = list(range(-1, size - 1))  # where the part to the left of this one starts
    heap = [
        (id, start, start + 2)
        for start in range(size - 1)
        if (id := id_of.get(piece[start : start + 2])) is not None
    ]
    heapify(heap)
    while heap:
        _, start, end = heappop(heap)
        middle = stop[start]
        if not 0 < middle < end or stop[middle] != end:
            continue  # one of the two was joined to another part in the meantime
        stop[start], stop[middle] = end, 0
        if end < size:
            before[end] = start
            if (id := id_of.get(piece[start : stop[end]])) is not None:
                heappush(heap, (id, start, stop[end]))
        left = before[start]
        if left >= 0 and (id := id_of.get(piece[left:end])) is not None:
            heappush(heap, (id, left, end))
    ids, start = [], 0
    while start < size:
        ids.append(id_of[piece[start : stop[start]]])
        start = stop[start]
    return ids


class PretokenCache(dict[str, tuple[int, ...]]):
    """Pretoken -> ids. A missing one is encoded and kept; number and length are bounded.

    Args:
        id_of: The bytes of each token -> its id.
    """

    MAX_PRETOKENS, MAX_LENGTH = 1 << 18, 100

    def __init__(self, id_of: Mapping[bytes, int]):
        super().__init__()
        self.id_of = id_of

    def encode_piece(self, piece: str) -> list[int]:
        """The ids of a pretoken that is not here.

        Args:
            piece: The pretoken.
        """
        content = piece.encode()
        id = self.id_of.get(content)
        return bpe_encode(content, self.id_of) if id is None else [id]

    def __missing__(self, piece: str) -> tuple[int, ...]:
        ids = tuple(self.encode_piece(piece))
        if len(piece) <= self.MAX_LENGTH:
            if len(self) >= self.MAX_PRETOKENS:
                self.clear()  # frequent ones are soon back
            self[piece] = ids
        return ids
