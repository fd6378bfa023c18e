"""One pretoken -> ids by a table of pairs, as Hugging Face's files have it.

There, two pairs may make the same token, and only a listed pair is joined. `bpe_encode.py` needs no
table: in vocabularies as they are learned, the ids are the ranks.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from gptcore.tokenizers.bpe_encode import PretokenCache
from gptcore.tokenizers.characters import UnknownCharacterError
from gptcore.tokenizers.formats.parts import spell_bytes
from gptcore.tokenizers.formats.tokenizer_json import Model


def merge_by_rank(
    ids: Sequence[int], merges: Mapping[tuple[int, int], tuple[int, int]]
) -> list[int]:
    """Join neighbours by a table of pairs, the pair with the lowest rank first.

    Args:
        ids: The smallest parts.
        merges: Pair of ids -> its rank, and the id of what the pair makes.
    """
    size, parts = len(ids), list(ids)
    after, before = list(range(1, size + 1)), list(range(-1, size - 1))
    heap = [
        (found[0], i) for i, pair in enumerate(zip(ids, ids[1:])) if (found := merges.get(pair))
    ]
    heapify(heap)
    while heap:
        rank, left = heappop(heap)
        right = after[left]
        if parts[left] < 0 or right >= size:
            continue  # it was joined to another part in the meantime
        found = merges.get((parts[left], parts[right]))
        if found is None or found[0] != rank:
            continue
        parts[left], parts[right] = found[1], -1
        after[left] = following = after[right]
        if following < size:
            before[following] = left
            if found := merges.get((parts[left], parts[following])):
                heappush(heap, (found[0], left))
        previous = before[left]
        if previous >= 0 and (found := merges.get((parts[previous], parts[left]))):
            heappush(heap, (found[0], previous))
    return [part for part in parts if part >= 0]


class RankedCache(PretokenCache):
    """Pretoken -> ids, by a file's own table of merges.

    Args:
        model: Vocabulary and merges.
        byte_level: Whether tokens are spelled in GPT-2's letters for bytes.
    """

    def __init__(self, model: Model, byte_level: bool):
        super().__init__({})
        self.model, self.byte_level = model, byte_level

    def encode_piece(self, piece: str) -> list[int]:
        """The ids of a pretoken that is not here.

        Args:
            piece: The pretoken.
        """
        model = self.model
        word = spell_bytes(piece.encode()) if self.byte_level else piece
        if model.whole_first and (id := model.vocab.get(word)) is not None:
            return [id]
        if model.whole_only:
            raise unknown_error(piece)
        ids: list[int] = []
        for letter in word:
            if (id := model.vocab.get(letter)) is not None:
                ids.append(id)
                continue
            spelled = [f"<0x{byte:02X}>" for byte in letter.encode()]
            if not model.byte_fallback or not all(token in model.vocab for token in spelled):
                raise unknown_error(piece if self.byte_level else letter)
            ids += [model.vocab[token] for token in spelled]
        return merge_by_rank(ids, model.merges)


def unknown_error(text: str) -> UnknownCharacterError:
    """The error for a text without tokens.

    Args:
        text: A character, or a few.
    """
    return UnknownCharacterError(
        f"The vocabulary has no token for {text!r:.40}, and none for its bytes. Drop it from the "
        "text, or take another tokenizer."
    )
