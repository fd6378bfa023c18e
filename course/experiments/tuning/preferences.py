"""Preference tuning (DPO) on pairs of the model's own answers: the right one is chosen."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from course.experiments.tuning.tiny_chat import LONGEST_ANSWER, sum_questions
from gptcore.model import GPT
from gptcore.training import TrainConfig, make_optimizers
from gptcore.training.optimizers import clip_grad_norm, set_lr
from gptcore.training.schedule import learning_rate
from gptcore.tuning import (
    ChatFormat,
    answer_batch,
    answer_log_probs,
    dpo_loss,
    exact_number,
    sample_groups,
)

ASKED, GROUP, BATCH_SIZE, BETA = 800, 8, 32, 0.1


@dataclass(frozen=True)
class Pair:
    """Two answers to one question, as token ids."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


@dataclass(frozen=True)
class PreferenceStep:
    """What one step measured on its batch.

    Attributes:
        step: Updates so far, from 1.
        loss: Of DPO, in nats.
        accuracy: Share of the pairs whose chosen answer has gained more than the rejected one.
        chosen: Mean change of the log-probability of a chosen answer, in nats.
        rejected: That of a rejected one.
    """

    step: int
    loss: float
    accuracy: float
    chosen: float
    rejected: float


def own_pairs(
    model: GPT, chat: ChatFormat, seed: int = 0, asked: int = ASKED
) -> list[Pair]:
    """Ask sums with a carry, and pair a right with a wrong answer of each group that has both.

    Args:
        model: The model.
        chat: The chat format.
        seed: Of questions and answers.
        asked: Sums.
    """
    rng = Random(f"pairs {seed}")
    questions = rng.sample(sum_questions(chat, carrying=True), asked)
    prompts = [question.prompt for question in questions]
    end, decode = chat.id_of("end"), chat.tokenizer.decode
    groups = sample_groups(model, prompts, GROUP, LONGEST_ANSWER, end, seed=seed)
    pairs = []
    for question, group in zip(questions, groups):
        ended = [rollout for rollout in group if rollout.is_ended]
        right = [r.answer for r in ended if exact_number(decode(r.text_ids), question.key)]
        wrong = [r.answer for r in ended if not exact_number(decode(r.text_ids), question.key)]
        if right and wrong:
            pairs.append(Pair(question.prompt, rng.choice(right), rng.choice(wrong)))
    return pairs


def prefer(
    model: GPT,
    pairs: list[Pair],
    *,
    rate: float = 3e-4,
    steps: int = 300,
    sft_weight: float = 0.0,
    seed: int = 0,
) -> Iterator[PreferenceStep]:
    """Make the chosen answers likelier than the rejected ones; yields a record of each step.

    Args:
        model: The model; it is changed in place. As it is given, it is also the reference.
        pairs: Pairs of answers.
        rate: The highest learning rate; it falls to 0.
        steps: Updates.
        sft_weight: Weight of the loss of the chosen answers, in nats per answer.
        seed: Of the order of the pairs.
    """
    reference = deepcopy(model).eval()
    config = TrainConfig(
        max_steps=steps,
        learning_rate=rate,
        min_learning_rate=0.0,
        warmup_steps=10,
        schedule="wsd",
        decay_steps=steps - 10,
        weight_decay=0.0,
    )
    optimizers, rng, order = make_optimizers(model, config), Random(f"order {seed}"), list[Pair]()
    model.eval()
    for step in range(1, steps + 1):
        if len(order) < BATCH_SIZE:
            order += rng.sample(pairs, len(pairs))
        taken, order = order[:BATCH_SIZE], order[BATCH_SIZE:]
        with torch.no_grad():
            before = log_probs_of(reference, taken)
        now = log_probs_of(model, taken)
        loss = dpo_loss(*now, *before, beta=BETA)[0]
        (loss - sft_weight * now[0].mean()).backward()
        clip_grad_norm(model.parameters(), 1.0)
        set_lr(optimizers, learning_rate(config, step))
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        chosen, rejected = ((a - b).detach() for a, b in zip(now, before))
        yield PreferenceStep(
            step,
            loss.item(),
            (chosen > rejected).float().mean().item(),
            chosen.mean().item(),
            rejected.mean().item(),
        )


def log_probs_of(model: GPT, pairs: list[Pair]) -> tuple[Tensor, Tensor]:
    """Log-probabilities of the chosen and of the rejected answers, each of shape (B,)."""
    prompts = [pair.prompt for pair in pairs]
    chosen = answer_batch(prompts, [pair.chosen for pair in pairs])
    rejected = answer_batch(prompts, [pair.rejected for pair in pairs])
    return answer_log_probs(model, *chosen), answer_log_probs(model, *rejected)
