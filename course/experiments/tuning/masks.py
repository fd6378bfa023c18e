"""Which tokens are graded in fine-tuning: the right mask, and six wrong ones.

No wrong mask raises an error, and two of them have a lower loss than the right one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gptcore.corpus.shards.shuffle import permute_index
from gptcore.model.ids import IGNORE_INDEX
from gptcore.tuning import ChatFormat, ChatTokens

MASKS = {
    "answer": "the answer and its end",
    "all": "every token",
    "prompt": "the question, not the answer",
    "no_end": "the answer without its end",
    "padding": "the answer, its end and the padding",
    "not_shifted": "the mask laid over the inputs, not over the targets",
    "same_token": "the target is the token itself, not the next one",
}


class MaskedBatches:
    """Conversations for every step, one in a row, padded with the end token.

    Args:
        conversations: Lists of messages.
        chat: The chat format.
        mask: A key of `MASKS`.
        batch_size: Conversations in a batch (B).
        seed: Of their order.
    """

    def __init__(
        self,
        conversations: Sequence[Sequence[dict[str, str]]],
        chat: ChatFormat,
        mask: str,
        batch_size: int,
        seed: int,
    ) -> None:
        self.batch_size, self.seed, self.mask = batch_size, seed, mask
        self.end = chat.id_of("end")
        self.encoded = [chat.render(messages) for messages in conversations]
        self.block_size = max(len(one.ids) for one in self.encoded) - 1

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Ids and targets of one step, each of shape (B, T)."""
        N = len(self.encoded)
        found = []
        for place in range(step * self.batch_size, (step + 1) * self.batch_size):
            epoch, offset = divmod(place, N)
            index = permute_index(np.array([offset], np.uint64), N, f"{self.seed} {epoch}")
            found.append(self.encoded[int(index[0])])
        return graded_rows(found, self.end, self.mask)


def graded_rows(
    conversations: Sequence[ChatTokens], end: int, mask: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ids and targets of conversations under a mask, each of shape (B, T).

    Args:
        conversations: Encoded ones.
        end: The token that ends an answer; it is also the padding.
        mask: A key of `MASKS`.
    """
    size = max(len(one.ids) for one in conversations)
    ids = np.full((len(conversations), size), end)
    is_graded, is_real = np.zeros_like(ids, bool), np.zeros_like(ids, bool)
    for row, one in enumerate(conversations):
        ids[row, : len(one.ids)] = one.ids
        is_graded[row, : len(one.ids)] = one.is_graded
        is_real[row, : len(one.ids)] = True
    if mask == "all":
        is_graded = is_real
    elif mask == "prompt":
        is_graded = is_real & ~is_graded
    elif mask == "no_end":
        is_graded = is_graded & (ids != end)
    elif mask == "padding":
        is_graded = is_graded | ~is_real
    targets = ids[:, :-1] if mask == "same_token" else ids[:, 1:]
    late = mask in ("not_shifted", "same_token")
    is_graded = is_graded[:, :-1] if late else is_graded[:, 1:]
    return ids[:, :-1], np.where(is_graded, targets, IGNORE_INDEX)
