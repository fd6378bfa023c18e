"""SmolLM2-135M for lesson 13: its switches, what it continues, and its heads."""

from collections.abc import Collection, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from course.experiments.attention.induction import previous_token_score
from gptcore.corpus import smollm2_path
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import HFTokenizer

HALF = 40  # random tokens, which are repeated
Head = tuple[int, int]  # layer, head


def load_smollm2() -> tuple[GPT, HFTokenizer]:
    """The model with a context of 512 tokens, in 32 bits, and its tokenizer.

    Raises:
        TextUnavailableError: If it is not on this machine; the message has the command.
    """
    file = smollm2_path()
    return GPT.from_gguf(file, block_size=512), HFTokenizer.from_gguf(file)


def differences(config: GPTConfig, other: GPTConfig) -> Iterator[str]:
    """One line for each field in which a config differs from another one.

    Args:
        config: The config that is described.
        other: The one that it is compared with.
    """
    for name in config.__dataclass_fields__:
        ours, theirs = getattr(config, name), getattr(other, name)
        if ours != theirs:
            yield f"{name:18} {ours!s:>8}   GPT-2: {theirs}"


@torch.no_grad()
def most_likely(model: GPT, tokenizer: HFTokenizer, text: str, count: int = 3) -> Iterator[str]:
    """The tokens that most likely come next, with probabilities in percent.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        text: What has been written.
        count: How many tokens.
    """
    probs = torch.tensor(model.next_logits(tokenizer.encode(text)).tolist()).softmax(0)
    for prob, id in zip(*(part.tolist() for part in probs.topk(count))):
        yield f"{tokenizer.decode([id])!r:10} {prob:.0%}"


def random_tokens_twice(vocab_size: int, seed: int = 0) -> Tensor:
    """Forty random tokens, and the same forty again, shape (1, 80).

    Args:
        vocab_size: Ids are below it.
        seed: Seed of the tokens.
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, (1, HALF), generator=generator).repeat(1, 2)


@torch.no_grad()
def loss_of_halves(model: GPT, ids: Tensor, heads: Collection[Head] = ()) -> tuple[float, float]:
    """Mean loss of the first reading and of the second, in nats per token.

    The first repeated token is left out: nothing announces it.

    Args:
        model: The model.
        ids: Tokens, read twice, shape (1, 2 * HALF).
        heads: Heads that are ablated.
    """
    logits, _ = model(ids, ablated_heads=heads)
    losses = F.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="none")  # (2 * HALF - 1,)
    return losses[: HALF - 1].mean().item(), losses[HALF:].mean().item()


def head_scores(weights: Tensor) -> dict[str, Tensor]:
    """How much each head looks like an induction head, and like a previous-token head.

    Args:
        weights: Attention weights of the tokens that are read twice, shape (L, H, T, T).

    Returns:
        Two scores from 0 to 1 for each head, shape (L, H).
    """
    rows = torch.arange(HALF, 2 * HALF - 1)
    return {
        "induction": weights[..., rows, rows - HALF + 1].mean(-1),
        "previous token": previous_token_score(weights),
    }


def best_heads(scores: Tensor, count: int) -> list[Head]:
    """The heads with the highest scores, the best first.

    Args:
        scores: Shape (L, H).
        count: How many.
    """
    best: list[int] = scores.flatten().topk(count).indices.tolist()
    return [divmod(place, scores.shape[1]) for place in best]
