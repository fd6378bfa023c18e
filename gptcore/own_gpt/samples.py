"""Lines that a model writes, many at a time."""

import torch
from torch import Tensor

from gptcore.checks import as_int
from gptcore.model import GPT
from gptcore.own_gpt.line_batches import bos_of
from gptcore.sampling.batch_sampling import filtered_probs
from gptcore.sampling.kv_cache import KVCache
from gptcore.tokenizers import Tokenizer

ROWS = 250  # lines that are written at a time


def sample_lines(
    model: GPT,
    tokenizer: Tokenizer,
    n: int = 20,
    *,
    prompt: str = "",
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
) -> list[str]:
    """Write lines; each ends with the token between lines, or where the model can read no more.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        n: Number of lines.
        prompt: How each begins.
        temperature: Divides the logits; 0 takes the likeliest token.
        top_k: Keeps only the k most probable tokens; None keeps all.
        seed: Seed of the random numbers.

    Returns:
        The lines, in the order in which they were written.

    Example:
        >>> model, tokenizer = names_gpt()
        >>> [line[:2] for line in sample_lines(model, tokenizer, 2, prompt="em")]
        ['em', 'em']
    """
    generator = torch.Generator(device="cpu").manual_seed(seed)
    start = [bos_of(tokenizer), *tokenizer.encode_ordinary(prompt)]
    lines: list[str] = []
    for first in range(0, as_int(n, "n", 0), ROWS):
        count = min(ROWS, n - first)
        rows = sample_rows(model, start, count, temperature, top_k, generator)
        lines += [prompt + tokenizer.decode(row) for row in rows]
    return lines


def sample_rows(
    model: GPT,
    start: list[int],
    count: int,
    temperature: float,
    top_k: int | None,
    generator: torch.Generator,
) -> list[list[int]]:
    """The ids that follow a start, up to the first token of it.

    Args:
        model: The model.
        start: Ids, of which the first ends a row, too.
        count: Number of rows.
        temperature: Divides the logits.
        top_k: Keeps only the k most probable tokens.
        generator: Source of random numbers.
    """
    end, room = start[0], model.config.block_size - len(start)
    rows: list[list[int]] = [[] for _ in range(count)]
    if room < 1:
        raise ValueError(
            f"The prompt has {len(start) - 1} tokens, and the model reads "
            f"{model.config.block_size - 1} at most, one of which must be new. Shorten it."
        )
    cache = KVCache(model, count, model.config.block_size)
    logits, unfinished = cache.next_logits([start] * count), list(range(count))
    for _ in range(room + 1):
        ids = draw(filtered_probs(logits.float(), temperature, top_k), generator)
        going = [i for i, id in enumerate(ids) if id != end]
        for i in going:
            rows[unfinished[i]].append(ids[i])
        if not going or cache.cur_len >= model.config.block_size:
            break
        if len(going) < len(unfinished):
            cache.select(going)
            unfinished = [unfinished[i] for i in going]
        logits = cache.next_logits([[ids[i]] for i in going])
    return rows


def draw(probs: Tensor, generator: torch.Generator) -> list[int]:
    """A token for each row of probabilities, shape (B, V)."""
    ids: list[int] = torch.multinomial(probs.cpu(), 1, generator=generator)[:, 0].tolist()
    return ids
