"""What a page needs to turn the knobs of `SamplingPlayground` without its model.

Logits after a few texts are stored, so temperature, top-k and top-p are arithmetic. A written text
needs the model, so the texts of a few settings are stored, too. The script is in
`viz/next_token/playground_dial.js`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import inf, log
from random import Random
from typing import Any

from viz.canvas.arrays import significant, to_text
from viz.canvas.labels import visible_token
from viz.canvas.tensors import softmax
from viz.canvas.visible_text import Piece, decode_pieces
from viz.next_token.playground import MAX_BARS, MAX_SURPRISAL
from viz.next_token.sampling_filters import Array, filter_probabilities, sample_index

MAX_VOCABULARY = 1000  # of a larger one a page would store too many numbers
DIGITS = 7  # of a logit
PLACES = (0, 1, 2, 4, 8, 16, 32)  # after so many written tokens the logits are stored
MAX_LABEL = 22  # letters of a text in the list of texts
SHADES = 9  # steps of the colour of a written token

Setting = tuple[float, int | None, float]  # temperature, top_k, top_p


@dataclass(frozen=True)
class Writer:
    """A model behind functions, and how it writes.

    Attributes:
        next_logits: Called with the ids so far; returns the logits (V,) of the next token.
        rows_of_logits: The same for several rows of ids of one length: (N, V).
        decode: Turns ids into a text or bytes.
        seed: Seed of each text.
        max_new_tokens: The most tokens of a text.
        stop: Token id that ends a text and is not shown.
    """

    next_logits: Callable[[list[int]], Array]
    rows_of_logits: Callable[[list[list[int]]], Sequence[Array]]
    decode: Callable[[list[int]], Piece]
    seed: int
    max_new_tokens: int
    stop: int | None

    def write(
        self, prompt: list[int], settings: Sequence[Setting]
    ) -> list[list[tuple[int, float]]]:
        """For each setting, the ids after a prompt, each with the probability that it had.

        The texts are written together, a token of each at a time; one that has ended goes on, and
        what it writes is left out.

        Args:
            prompt: Token ids.
            settings: Triples of temperature, top_k and top_p.
        """
        rows = [list(prompt) for _ in settings]
        rngs = [Random(self.seed) for _ in settings]
        written: list[list[tuple[int, float]]] = [[] for _ in settings]
        for _ in range(self.max_new_tokens):
            for k, logits in enumerate(self.rows_of_logits(rows)):
                probs = filter_probabilities(logits, *settings[k])
                is_greedy = settings[k][0] == 0
                token = int(probs.argmax()) if is_greedy else sample_index(probs, rngs[k].random())
                rows[k].append(token)
                written[k].append((token, float(softmax(logits)[token])))
        return [self.up_to_its_end(text) for text in written]

    def up_to_its_end(self, written: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """The tokens before the first one that ends a text.

        Args:
            written: Ids with their probabilities.
        """
        return list(takewhile(lambda pair: pair[0] != self.stop, written))

    def text(self, written: Sequence[tuple[int, float]]) -> list[str]:
        """The pieces of a text, as they are shown.

        Args:
            written: Ids with their probabilities.
        """
        return decode_pieces([self.decode([token]) for token, _ in written])


def page_data(
    writer: Writer, prompt: str, ids: list[int], settings: Sequence[Setting]
) -> dict[str, Any] | None:
    """Logits and texts as numbers and words that a script can read; None for a large vocabulary.

    Args:
        writer: The model.
        prompt: The text that it continues.
        ids: The ids of that text.
        settings: Those whose texts are stored; the first one is that of the still.
    """
    V = len(writer.next_logits(ids))
    if V > MAX_VOCABULARY:
        return None
    texts = writer.write(ids, settings)
    first = texts[0]
    places = [place for place in PLACES if place <= len(first)]
    starts = [[*ids, *(token for token, _ in first[:place])] for place in places]
    return {
        "prompt": prompt,
        "tokens": [visible_token(to_text(writer.decode([k]))) for k in range(V)],
        "after": [label_of(prompt + "".join(writer.text(first[:place]))) for place in places],
        "logits": [[finite(logit) for logit in writer.next_logits(start)] for start in starts],
        "most_bars": MAX_BARS,
        "texts": [stored(setting, writer, text) for setting, text in zip(settings, texts)],
        "shades": SHADES,
        "seed": writer.seed,
    }


def label_of(text: str) -> str:
    """The end of a text, in one line."""
    shown = text.replace("\n", "↵")
    return shown if len(shown) <= MAX_LABEL else "…" + shown[1 - MAX_LABEL :]


def finite(logit: float) -> float | None:
    """A logit with few digits; None for minus infinity, for which JSON has no word."""
    return None if logit == -inf else significant(float(logit), DIGITS)


def stored(
    setting: Setting, writer: Writer, written: Sequence[tuple[int, float]]
) -> dict[str, Any]:
    """A setting, its pieces, and the shade of each: the darker, the less likely."""
    temperature, top_k, top_p = setting
    losses = [-log(max(prob, 1e-9)) / MAX_SURPRISAL for _, prob in written]
    return {
        "temperature": temperature,
        "top_k": top_k or 0,
        "top_p": top_p,
        "pieces": writer.text(written),
        "shades": [round(SHADES * min(1.0, loss)) for loss in losses],
    }
