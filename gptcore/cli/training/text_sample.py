"""What `gptcore train --sample_every N` shows: how the model continues a prompt."""

from collections.abc import Callable

from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer
from gptcore.training import Preset, generate_text

MAX_TOKENS = 64  # of a sample; it ends before at the end of a text
TEMPERATURE = 0.8  # as `gptcore sample`


def text_sampler(
    tokenizer: Tokenizer | None, preset: Preset, prompt: str | None, seed: int
) -> Callable[[GPT, int], str]:
    """A function that makes a text from a model and the number of the step.

    The text depends on weights, seed and step alone, so a resumed run writes the same ones.

    Args:
        tokenizer: Of the data.
        preset: Says how a text of its data begins.
        prompt: Where the samples begin; None for the start of a text.
        seed: Seed of the run.

    Raises:
        ValueError: If the tokenizer is not known, or the prompt is no text for it.
    """
    if tokenizer is None:
        raise ValueError(
            "sample_every needs the tokenizer of the data, which is not known, or not on this "
            "machine. Leave --sample_every out, or put the tokenizer.json into the folder of the "
            "shards."
        )
    start = preset.start if prompt is None else prompt
    prepend_bos = not preset.start
    try:
        tokenizer.encode_ordinary(start)
    except ValueError as error:
        raise ValueError(f"sample_prompt={start!r:.60} cannot be encoded: {error}") from None
    if not start and (tokenizer.end_of_text is None or not prepend_bos):
        raise ValueError(
            "A sample needs a start, because this data has no token between two texts: "
            "--sample_prompt TEXT."
        )
    known: Tokenizer = tokenizer

    def sample(model: GPT, step: int) -> str:
        pieces = generate_text(
            *(model, known, start, MAX_TOKENS),
            prepend_bos=prepend_bos,
            temperature=TEMPERATURE,
            seed=seed + step,
        )
        return start + "".join(pieces)

    return sample
