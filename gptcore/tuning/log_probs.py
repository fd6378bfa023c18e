"""Log-probabilities of the tokens of answers: what policy gradients and DPO push up or down.

A batch has its targets shifted: the target of a token is the one after it, and -1 where nothing
is to be learned (the prompt and the padding).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gptcore.model import GPT
from gptcore.model.ids import IGNORE_INDEX, target_mask
from gptcore.tuning.temperature import check_policy_temperature


def answer_batch(
    prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> tuple[Tensor, Tensor]:
    """Put prompts and their answers into one batch, padded on the right.

    Args:
        prompts: Token ids of B prompts, each at least one token.
        answers: Token ids of B answers, with their end token if they ended.

    Returns:
        Ids and targets, each of shape (B, T); targets are -1 outside of the answers.

    Raises:
        ValueError: If there is no answer, a prompt is empty, or the numbers differ.

    Example:
        >>> ids, targets = answer_batch([[1, 2]], [[3, 4]])
        >>> ids.tolist(), targets.tolist()
        ([[1, 2, 3]], [[-1, 3, 4]])
    """
    if len(prompts) != len(answers) or not prompts:
        raise ValueError(
            f"There are {len(prompts)} prompts and {len(answers)} answers; each answer needs its "
            f"prompt, and there must be one at least."
        )
    for row, (prompt, answer) in enumerate(zip(prompts, answers)):
        if not len(prompt) or not len(answer):
            raise ValueError(f"The prompt or the answer of row {row} is empty: give it a token.")
    texts = [[*prompt, *answer] for prompt, answer in zip(prompts, answers)]
    T = max(map(len, texts)) - 1
    ids = torch.zeros(len(texts), T, dtype=torch.int64)
    targets = torch.full_like(ids, IGNORE_INDEX)
    for row, (text, prompt) in enumerate(zip(texts, prompts)):
        ids[row, : len(text) - 1] = torch.tensor(text[:-1])
        first = len(prompt) - 1  # the last token of the prompt predicts the first of the answer
        targets[row, first : len(text) - 1] = torch.tensor(text[len(prompt) :])
    return ids, targets


def token_log_probs(
    model: GPT, ids: Tensor, targets: Tensor, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Compute the log-probability of each target, and the entropy at its place.

    Trap: answers sampled at one temperature have other log-probabilities at another. Give the
    temperature with which they were sampled.

    Args:
        model: The model.
        ids: Token ids, shape (B, T).
        targets: The id that follows each token, shape (B, T); -1 and -100 are ignored.
        temperature: Divides the logits; above 0.

    Returns:
        Log-probabilities and entropies (without gradient), in nats, each of shape (B, T); 0 where
        a target is ignored.

    Example:
        >>> log_probs, entropies = token_log_probs(model, *answer_batch([[1, 2]], [[3, 4]]))
        >>> log_probs.shape
        torch.Size([1, 3])
    """
    temperature = check_policy_temperature(temperature)
    logits = model(ids)[0]  # (B, T) -> (B, T, V)
    dtype = torch.promote_types(logits.dtype, torch.float32)
    log_probs = (logits.to(dtype) / temperature).log_softmax(-1)
    mask = target_mask(targets)
    chosen = log_probs.gather(-1, targets.clamp(min=0)[..., None])[..., 0]  # (B, T, V) -> (B, T)
    with torch.no_grad():
        entropies = -(log_probs.exp() * log_probs).sum(-1)  # (B, T, V) -> (B, T)
    return chosen.masked_fill(~mask, 0.0), entropies.masked_fill(~mask, 0.0)


def answer_log_probs(model: GPT, ids: Tensor, targets: Tensor, temperature: float = 1.0) -> Tensor:
    """Compute the log-probability of each whole answer: the sum over its tokens.

    Args:
        model: The model.
        ids: Token ids, shape (B, T).
        targets: The id that follows each token, shape (B, T); -1 and -100 are ignored.
        temperature: Divides the logits; above 0.

    Returns:
        Nats, shape (B,).

    Example:
        >>> answer_log_probs(model, *answer_batch([[1, 2], [5]], [[3, 4], [6]])).shape
        torch.Size([2])
    """
    return token_log_probs(model, ids, targets, temperature)[0].sum(-1)
