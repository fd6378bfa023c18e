"""A tiny GPT whose every answer can be listed."""

import copy
from itertools import product

import torch
from torch import Tensor

from gptcore.model import GPT, GPTConfig
from gptcore.tuning import answer_batch, answer_log_probs

V, N, END = 5, 3, 0  # tokens, the longest answer, the token that ends one
SIZES = GPTConfig(vocab_size=V, block_size=8, n_layer=2, n_head=2, n_embd=16, rope=True)


def tiny_model(seed: int = 3, scale: float = 3.0) -> GPT:
    """A GPT in 64 bits; its weights are large, so that its probabilities differ."""
    model = GPT(SIZES, torch.Generator().manual_seed(seed)).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(scale)
    return model


def moved(model: GPT, by: float, seed: int = 7) -> GPT:
    """A copy with other weights, near or far."""
    other, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in other.parameters():
            weight.add_(by * torch.randn(weight.shape, generator=generator).double())
    return other


def all_answers() -> list[list[int]]:
    """Every answer: tokens that are not END up to the first END, or N of them."""
    others = [token for token in range(V) if token != END]
    ended = [[*a, END] for n in range(N) for a in product(others, repeat=n)]
    return ended + [list(a) for a in product(others, repeat=N)]


def all_log_probs(model: GPT, prompt: list[int], temperature: float = 1.0) -> Tensor:
    """The log-probability of every answer, shape (A,)."""
    answers = all_answers()
    ids, targets = answer_batch([prompt] * len(answers), answers)
    return answer_log_probs(model, ids, targets, temperature)


def flat_grad(loss: Tensor, model: GPT) -> Tensor:
    """The gradient of all weights in one row."""
    weights = list(model.parameters())
    return torch.cat([grad.flatten() for grad in torch.autograd.grad(loss, weights)])


def cosine(a: Tensor, b: Tensor) -> float:
    return torch.cosine_similarity(a, b, dim=0).item()
