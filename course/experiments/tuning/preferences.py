"""Pairs of a model's own answers, of which the right one is preferred."""

from random import Random

import torch

from course.experiments.tuning.tiny_chat import LONGEST_ANSWER
from gptcore.corpus import tiny_internet
from gptcore.corpus.tiny_internet import CHARACTERS, carries, sum_question
from gptcore.model import GPT
from gptcore.tuning import (
    ChatFormat,
    PreferencePair,
    answer_batch,
    answer_log_probs,
    encode_pairs,
    sample_groups,
)

QUESTIONS, GROUP = 800, 8


def own_pairs(
    model: GPT, chat: ChatFormat, seed: int = 0, questions: int = QUESTIONS
) -> list[PreferencePair]:
    """Sample answers to sums with a carry; of each group a right and a wrong one are a pair.

    Args:
        model: The model.
        chat: The chat format.
        seed: Of questions and answers.
        questions: Sums; a group whose answers are all right or all wrong gives no pair.
    """
    rng = Random(f"pairs {seed}")
    sums = [pair for pair in tiny_internet.train_sums() if carries(*pair)]
    chosen = rng.sample(sums, questions)
    messages = [[{"role": "user", "content": sum_question(*pair)}] for pair in chosen]
    prompts = [chat.prompt_ids(one) for one in messages]
    end, decode = chat.id_of("end"), chat.tokenizer.decode
    groups = sample_groups(model, prompts, GROUP, LONGEST_ANSWER, end, seed=seed)
    found = []
    for (a, b), question, group in zip(chosen, messages, groups):
        texts = [decode(rollout.text_ids) for rollout in group if rollout.is_ended]
        right = str(a + b)
        # An untrained model sometimes writes special tokens, which no text of a pair may spell.
        wrong = [text for text in texts if text != right and set(text) <= set(CHARACTERS)]
        if wrong and right in texts:
            found.append(PreferencePair(question, right, rng.choice(wrong)))
    return found


@torch.no_grad()
def pair_log_probs(
    model: GPT, chat: ChatFormat, pairs: list[PreferencePair]
) -> tuple[list[float], list[float]]:
    """Log-probabilities of the chosen and of the rejected answers, in nats per answer.

    Args:
        model: The model.
        chat: The chat format.
        pairs: Such as those of `own_pairs`.
    """
    encoded = encode_pairs(pairs, chat, model.config.block_size)
    prompts = [one.prompt for one in encoded]
    model.eval()
    chosen, rejected = (
        answer_log_probs(model, *answer_batch(prompts, answers)).tolist()
        for answers in ([one.chosen for one in encoded], [one.rejected for one in encoded])
    )
    return chosen, rejected
