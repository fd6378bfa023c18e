"""What `make record` trains for lesson 14: for each table a function of a variant and a seed."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from random import Random
from statistics import mean
from typing import Any

import torch

from course.experiments.tuning.masks import MASKS, MaskedBatches
from course.experiments.tuning.preferences import own_pairs, prefer
from course.experiments.tuning.rewarded import (
    calibration,
    curve_of,
    hedging,
    name_variety,
    reinforce_chat,
    sample_texts,
    three_digit_questions,
    with_right_share,
)
from course.experiments.tuning.sums_gpt import BLOCK_SIZE, sums_gpt
from course.experiments.tuning.tiny_chat import (
    LONGEST_ANSWER,
    ROWS,
    chat_model,
    contains_number,
    count_right,
    held_out,
    long_answer,
    mean_pass_at_k,
    measure,
    measure_base,
    name_questions,
    starts_with,
    sum_questions,
    tune,
    tune_config,
)
from gptcore.corpus import tiny_internet
from gptcore.model import GPT
from gptcore.training import train
from gptcore.tuning import (
    ChatFormat,
    ConversationBatches,
    ReinforceStep,
    Reward,
    exact_number,
    sample_right_answers,
)
from gptcore.tuning.reinforcement.advantages import BASELINES

Run = dict[str, Any]
SEEDS, CONVERSATIONS = 5, 1_000
PASS_SUMS, PASS_ANSWERS, KS = 100, 64, (1, 2, 4, 8, 16, 32, 64)
MAIN_STEPS, MAIN_QUESTIONS = 150, 32
PINNED = held_out(carrying=True)[:3]  # whose answers are kept
PINNED_AT = (0, 10, 30, 150)  # steps
KL_WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0)
REWARDS: dict[str, Reward] = {
    "exact": exact_number,
    "contains": contains_number,
    "length": long_answer,
}


@cache
def kept_chat(kind: str, seed: int) -> tuple[GPT, ChatFormat]:
    """A fine-tuned model from which several runs start; take a copy."""
    model, chat = chat_model(seed)
    given = {
        "sft": lambda: tiny_internet.conversations(CONVERSATIONS, seed),
        "hedged": lambda: tiny_internet.conversations(2 * CONVERSATIONS, seed, hedged=0.1),
    }
    for _ in tune(model, chat, given[kind](), seed, steps=300 if kind == "hedged" else 200):
        pass
    return model.eval(), chat


def start(kind: str, seed: int) -> tuple[GPT, ChatFormat]:
    """A copy of a fine-tuned model, and its chat format."""
    model, chat = kept_chat(kind, seed)
    return deepcopy(model), chat


def pass_rates(model: GPT, chat: ChatFormat, seed: int) -> dict[str, float]:
    """pass@k on held-out sums with a carry."""
    pairs = held_out(carrying=True)[:PASS_SUMS]
    rights = count_right(model, chat, pairs, PASS_ANSWERS, seed)
    return {str(k): round(mean_pass_at_k(rights, PASS_ANSWERS, k), 3) for k in KS}


def say(model: GPT, chat: ChatFormat) -> dict[str, list[str | None]]:
    """Eight answers to each pinned sum."""
    return {
        f"{a}+{b}": sample_texts(model, chat, tiny_internet.sum_question(a, b), 8, seed=1)
        for a, b in PINNED
    }


def describe(model: GPT, chat: ChatFormat, seed: int) -> Run:
    """Everything that is measured before and after the main run."""
    return {
        "shares": measure(model, chat, seed=seed).rounded(),
        "greedy": measure(model, chat, temperature=0).rounded(),
        "pass": pass_rates(model, chat, seed),
        "calibration": calibration(model, chat),
    }


# One function for each table


def run_base(variant: str, seed: int) -> Run:
    """The base model at a temperature."""
    model, tokenizer = sums_gpt()
    found = measure_base(model, tokenizer, float(variant), seed)
    return {"shares": {name: round(value, 3) for name, value in found.items()}}


def run_main(variant: str, seed: int) -> Run:
    """Reinforcement with the exact reward, everything kept."""
    model, chat = start("sft", seed)
    before = describe(model, chat, seed)
    questions, steps, said = sum_questions(chat), [], {"0": say(model, chat)}
    for step in reinforce_chat(
        model,
        chat,
        questions,
        exact_number,
        seed,
        max_steps=MAIN_STEPS,
        questions_per_step=MAIN_QUESTIONS,
    ):
        steps.append(step)
        if step.step in PINNED_AT:
            said[str(step.step)] = say(model.eval(), chat)
    found = {"before": before, "after": describe(model, chat, seed), "curve": curve_of(steps)}
    return {**found, "said": said} if seed == 0 else found


def run_conversations(variant: str, seed: int) -> Run:
    """Fine-tuning on some conversations."""
    model, chat = chat_model(seed)
    steps = list(tune(model, chat, tiny_internet.conversations(int(variant), seed), seed))
    return {"shares": measure(model, chat, seed=seed).rounded(), "loss": last_loss(steps)}


def run_masks(variant: str, seed: int) -> Run:
    """Fine-tuning with a mask, right or wrong."""
    model, chat = chat_model(seed)
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    batches = MaskedBatches(conversations, chat, variant, 2 * ROWS, seed)
    steps = list(train(model, batches, tune_config(seed=seed, batch_size=2 * ROWS)))
    return {"shares": measure(model, chat, seed=seed).rounded(), "loss": last_loss(steps)}


def run_forgetting(variant: str, seed: int) -> Run:
    """Fine-tuning at a learning rate, with or without documents among the conversations."""
    rate, mixed = variant.split()
    model, chat = chat_model(seed)
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    before = measure(model, chat, seed=seed).text
    for _ in tune(
        model, chat, conversations, seed, learning_rate=float(rate), mix=mixed == "mixed"
    ):
        pass
    return {
        "shares": measure(model, chat, seed=seed).rounded(),
        "text_before": round(before, 3),
    }


def run_own_answers(variant: str, seed: int) -> Run:
    """Fine-tuning on the own right answers; and, to compare, on as many that are all right."""
    model, chat = start("sft", seed)
    questions = Random(f"own answers {seed}").sample(sum_questions(chat), 600)
    kept = sample_right_answers(
        model,
        questions,
        exact_number,
        chat.tokenizer.decode,
        chat.id_of("end"),
        max_new_tokens=LONGEST_ANSWER,
        seed=seed,
    )
    if variant == "clean":
        right = with_right_share(tiny_internet.conversations(CONVERSATIONS, seed), 1.0)
        kept = [chat.render(messages) for messages in right]
    batches = ConversationBatches(kept, batch_size=ROWS, block_size=BLOCK_SIZE, seed=seed)
    for _ in train(model, batches, tune_config(seed=seed)):
        pass
    return {"shares": measure(model, chat, seed=seed).rounded(), "kept": len(kept)}


def run_names(variant: str, seed: int) -> Run:
    """Reinforcement on "a name with k?" with a KL weight."""
    model, chat = start("sft", seed)
    before = name_variety(model, chat, seed=seed)
    steps = reinforce_chat(
        model, chat, name_questions(chat), starts_with, seed, kl_weight=float(variant)
    )
    curve = curve_of(steps, every=10)
    return {"before": before, "after": name_variety(model, chat, seed=seed), "curve": curve}


def run_rewards(variant: str, seed: int) -> Run:
    """Reinforcement of a model whose writers sometimes hedge: a reward, and a KL weight."""
    reward, weight = variant.split()
    model, chat = start("hedged", seed)
    before, truths, steps = hedging(model, chat, seed), [], []
    taken = reinforce_chat(
        model, chat, sum_questions(chat), REWARDS[reward], seed, kl_weight=float(weight)
    )
    for step in taken:
        steps.append(step)
        if step.step % 10 == 0:
            truths.append(hedging(model.eval(), chat, seed)["truth"])
    curve = {**curve_of(steps, every=10), "truth": truths}
    after = {**hedging(model, chat, seed), "plain": round(measure(model, chat, seed=seed).plain, 3)}
    says = sample_texts(model, chat, tiny_internet.sum_question(*PINNED[0]), 8, seed=1)
    return {"before": before, "after": after, "curve": curve, "says": says}


def run_learning_rates(variant: str, seed: int) -> Run:
    """Reinforcement at a learning rate."""
    model, chat = start("sft", seed)
    steps = reinforce_chat(
        model, chat, sum_questions(chat), exact_number, seed, learning_rate=float(variant)
    )
    curve = curve_of(steps, every=10)
    return {"shares": measure(model, chat, seed=seed).rounded(), "curve": curve}


def run_baselines(variant: str, seed: int) -> Run:
    """Reinforcement with a baseline, and a number added to all rewards."""
    baseline, added = variant.split()
    model, chat = start("sft", seed)
    reward = shifted(float(added))
    steps = list(
        reinforce_chat(
            model, chat, sum_questions(chat), reward, seed, max_steps=100, baseline=baseline
        )
    )
    return {
        "shares": measure(model, chat, seed=seed).rounded(),
        "reward": round(last_reward(steps) - float(added), 3),
    }


def run_preferences(variant: str, seed: int) -> Run:
    """Preference tuning on pairs of the model's own answers."""
    rate, weight = map(float, variant.split())
    model, chat = start("sft", seed)
    pairs = own_pairs(model, chat, seed)
    steps = list(prefer(model, pairs, rate=rate, sft_weight=weight, seed=seed))
    fields = ("accuracy", "chosen", "rejected")
    curve = {
        name: [
            round(mean(getattr(one, name) for one in steps[first : first + 20]), 3)
            for first in range(0, len(steps), 20)
        ]
        for name in fields
    }
    shares = measure(model, chat, seed=seed).rounded()
    return {"shares": shares, "pairs": len(pairs), "curve": curve}


def run_starts(variant: str, seed: int) -> Run:
    """Reinforcement of a model whose writers were right so often."""
    model, chat = chat_model(seed)
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    for _ in tune(model, chat, with_right_share(conversations, float(variant), seed), seed):
        pass
    before = pass_rates(model.eval(), chat, seed)
    curve = curve_of(reinforce_chat(model, chat, sum_questions(chat), exact_number, seed), every=10)
    shares = measure(model, chat, seed=seed).rounded()
    after = pass_rates(model, chat, seed)
    return {"before": before, "after": after, "shares": shares, "reward": curve["reward"]}


def run_three_digits(variant: str, seed: int) -> Run:
    """Reinforcement on sums that are never right: how many weights have changed."""
    model, chat = start("sft", seed)
    old = deepcopy(model.state_dict())
    questions = three_digit_questions(chat, seed=seed)
    steps = list(reinforce_chat(model, chat, questions, exact_number, seed, max_steps=30))
    changed = sum(not torch.equal(old[name], new) for name, new in model.state_dict().items())
    agreement = round(mean(step.agreement for step in steps), 3)
    right = round(mean(step.reward for step in steps), 3)
    return {"changed": changed, "agreement": agreement, "right": right}


def shifted(added: float) -> Reward:
    """The exact reward with a number added."""
    return lambda answer, key: exact_number(answer, key) + added


def last_reward(steps: list[ReinforceStep]) -> float:
    """The mean reward of the last fifteen steps."""
    return mean(step.reward for step in steps[-15:])


def last_loss(steps: list[Any]) -> float:
    """The mean loss of the last twenty steps."""
    return round(mean(step.train_loss for step in steps[-20:]), 3)


RATES = ("0.001", "0.003", "0.01")
TABLES: tuple[tuple[str, Callable[[str, int], Run], tuple[str, ...]], ...] = (
    ("main", run_main, ("exact",)),
    ("rewards", run_rewards, ("contains 0",)),
    ("names", run_names, ("0", "0.03", "0.1", "0.3")),
    ("conversations", run_conversations, ("10", "30", "100", "300", "1000")),
    ("masks", run_masks, tuple(MASKS)),
    ("forgetting", run_forgetting, tuple(f"{r} {m}" for r in RATES for m in ("alone", "mixed"))),
    ("base", run_base, ("0", "1")),
    ("three digits", run_three_digits, ("exact",)),
    ("own answers", run_own_answers, ("own", "clean")),
    ("learning rates", run_learning_rates, ("0.0001", "0.0005", "0.001", "0.003")),
    ("preferences", run_preferences, ("0.0001 0", "0.0003 0", "0.0003 0.1")),
    ("starts", run_starts, ("0", "0.01", "0.05", "0.2")),
    ("baselines", run_baselines, tuple(f"{b} {n}" for b in BASELINES for n in ("0", "1", "10"))),
    ("rewards", run_rewards, tuple(f"{r} {weight:g}" for weight in KL_WEIGHTS for r in REWARDS)),
)
FUNCTIONS = {table: function for table, function, _ in TABLES}


def all_jobs(seeds: int = SEEDS) -> list[Run]:
    """Every run (table, variant, seed) in the order of recording: what is asked first comes first.

    Args:
        seeds: How many of each.
    """
    found = [
        {"table": table, "variant": variant, "seed": seed}
        for table, _, variants in TABLES
        for seed in range(seeds)
        for variant in variants
    ]
    return [job for place, job in enumerate(found) if job not in found[:place]]
