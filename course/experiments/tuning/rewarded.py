"""Runs of reinforcement on the tiny internet, and what is kept of them."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from statistics import mean

import torch

from course.experiments.tuning.tiny_chat import (
    LONGEST_ANSWER,
    Messages,
    as_question,
    ask,
    held_out,
    is_name,
    share,
)
from gptcore.corpus import tiny_internet
from gptcore.corpus.tiny_internet import carries, forget_carry, name_question, sum_question
from gptcore.model import GPT
from gptcore.tuning import (
    ChatFormat,
    Question,
    ReinforceConfig,
    ReinforceStep,
    Reward,
    answer_batch,
    answer_log_probs,
    reinforce,
    sample_groups,
)

KEPT = ("reward", "kl", "entropy", "agreement", "length")  # fields of a curve
EVERY = 5  # steps in one point of a curve
BINS = 10  # of calibration


def reinforce_chat(
    model: GPT,
    chat: ChatFormat,
    questions: Sequence[Question],
    reward: Reward,
    seed: int = 0,
    **settings: float | str,
) -> Iterator[ReinforceStep]:
    """Reinforce a model that chats: `reinforce` with the chat's tokenizer and end token.

    Args:
        model: The model; it is changed in place.
        chat: The chat format.
        questions: Such as `sum_questions(chat)`.
        reward: Such as `exact_number`.
        seed: Of questions and answers.
        **settings: Fields of `ReinforceConfig`.
    """
    fields = {"max_new_tokens": LONGEST_ANSWER, "seed": seed, **settings}
    config = ReinforceConfig(**fields)  # type: ignore[arg-type]  # it checks them
    return reinforce(model, questions, reward, chat.tokenizer.decode, chat.id_of("end"), config)


def curve_of(steps: Iterable[ReinforceStep], every: int = EVERY) -> dict[str, list[float]]:
    """The curves of a run: of each field the mean over so many steps, and the last of these steps.

    Args:
        steps: All steps.
        every: Steps in one point.
    """
    taken = list(steps)
    parts = [taken[first : first + every] for first in range(0, len(taken), every)]
    curves: dict[str, list[float]] = {"step": [part[-1].step for part in parts]}
    for name in KEPT:
        curves[name] = [round(mean(getattr(step, name) for step in part), 3) for part in parts]
    return curves


def sample_texts(
    model: GPT, chat: ChatFormat, question: str, count: int, seed: int = 0
) -> list[str | None]:
    """Several answers to one question; None for one that did not end.

    Args:
        model: The model.
        chat: The chat format.
        question: The text of a user.
        count: Answers.
        seed: Of the answers.
    """
    prompt, end = as_question(chat, question, 0).prompt, chat.id_of("end")
    (group,) = sample_groups(model, [prompt], count, LONGEST_ANSWER, end, seed=seed)
    return [chat.tokenizer.decode(one.text_ids) if one.is_ended else None for one in group]


def name_variety(model: GPT, chat: ChatFormat, count: int = 64, seed: int = 0) -> dict[str, float]:
    """How many of 64 answers to one question differ, and how many are right: means over letters.

    Args:
        model: The model.
        chat: The chat format.
        count: Answers to each question.
        seed: Of the answers.
    """
    different, right = [], []
    for initial in "aklmst":  # the most common ones
        texts = sample_texts(model, chat, name_question(initial), count, seed)
        different.append(len(set(texts)))
        right.append(share([is_name(text, initial) for text in texts]))
    return {"distinct": round(mean(different), 1), "right": round(mean(right), 3)}


def hedging(model: GPT, chat: ChatFormat, seed: int = 0) -> dict[str, float]:
    """Of the answers to held-out sums with a carry: right ones, hedged ones, letters of one.

    Args:
        model: The model.
        chat: The chat format.
        seed: Of the answers.
    """
    pairs = held_out(carrying=True)
    texts = ask(model, chat, [sum_question(*pair) for pair in pairs], seed=seed)
    return {
        "truth": round(share([text == str(a + b) for text, (a, b) in zip(texts, pairs)]), 3),
        "hedged": round(share([text is not None and " or " in text for text in texts]), 3),
        "letters": round(mean(LONGEST_ANSWER if text is None else len(text) for text in texts), 2),
    }


def with_right_share(
    conversations: Sequence[Messages], right: float, seed: int = 0
) -> list[list[dict[str, str]]]:
    """The conversations with another share of right answers to sums that carry.

    Args:
        conversations: Of the tiny internet.
        right: The share; 1 corrects them all.
        seed: Of the choice.
    """
    rng = Random(f"right share {seed}")
    changed = []
    for question, answer in conversations:
        numbers = question["content"].removeprefix("what is ").removesuffix("?")
        text = answer["content"]
        if "+" in numbers:
            a, b = map(int, numbers.split("+"))
            if carries(a, b):
                text = str(a + b if rng.random() < right else forget_carry(a, b))
        changed.append([question, {**answer, "content": text}])
    return changed


@torch.no_grad()
def calibration(model: GPT, chat: ChatFormat) -> dict[str, float]:
    """Whether the model is as sure of its likeliest answers to sums with a carry as it may be.

    Args:
        model: The model.
        chat: The chat format.

    Returns:
        ece: expected calibration error over ten bins of probability. right, sure_right, sure_wrong:
        share of right answers, and the mean probability of a right and of a wrong one.
    """
    pairs = held_out(carrying=True)
    texts = ask(model, chat, [sum_question(*pair) for pair in pairs], temperature=0)
    end = chat.id_of("end")
    prompts = [as_question(chat, sum_question(*pair), 0).prompt for pair in pairs]
    answers = [[*chat.tokenizer.encode(text or "", allowed_special="all"), end] for text in texts]
    probs = answer_log_probs(model.eval(), *answer_batch(prompts, answers)).exp().tolist()
    right = [text == str(a + b) for text, (a, b) in zip(texts, pairs)]
    error = 0.0
    for place in range(BINS):
        inside = [i for i, p in enumerate(probs) if min(int(p * BINS), BINS - 1) == place]
        if inside:
            gap = mean(probs[i] for i in inside) - mean(right[i] for i in inside)
            error += abs(gap) * len(inside) / len(probs)
    sure = {flag: [p for p, is_right in zip(probs, right) if is_right == flag] for flag in (0, 1)}
    return {
        "ece": round(error, 3),
        "right": round(share(right), 3),
        "sure_right": round(mean(sure[1]), 3) if sure[1] else 0.0,
        "sure_wrong": round(mean(sure[0]), 3) if sure[0] else 0.0,
    }


def three_digit_questions(chat: ChatFormat, count: int = 480, seed: int = 0) -> list[Question]:
    """Sums that no document has: both numbers have three digits.

    Args:
        chat: The chat format.
        count: How many.
        seed: Of the numbers.
    """
    rng = Random(f"three digits {seed}")
    pairs = [(rng.randint(100, 499), rng.randint(100, 499)) for _ in range(count)]
    return [as_question(chat, tiny_internet.sum_question(a, b), a + b) for a, b in pairs]
