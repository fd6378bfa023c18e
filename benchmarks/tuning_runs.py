"""What `make record` trains for lesson 14: for each table a function of a variant and a seed."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from random import Random
from statistics import mean
from typing import Any

import torch

from course.experiments.tuning.masks import MASKS, MaskedBatches
from course.experiments.tuning.preferences import own_pairs, pair_log_probs
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
from gptcore.training.saving.log import Step
from gptcore.tuning import (
    ChatFormat,
    ConversationBatches,
    DPOConfig,
    ReinforceStep,
    Reward,
    exact_number,
    optimize_preferences,
    sample_right_answers,
)

Run = dict[str, Any]
SEEDS, FEWER_SEEDS = 5, 3  # fewer where only the order of the variants matters
CONVERSATIONS = 3_000
PASS_SUMS, PASS_ANSWERS, KS = 100, 64, (1, 2, 4, 8, 16, 32, 64)
MAIN_STEPS, MAIN_QUESTIONS = 150, 32
GROUP, OWN_QUESTIONS, DPO_RATE = 8, 600, 3e-4
NAMES_RATE, NAMES_STEPS = 1e-3, 200
PINNED_AT = (10, 30, 70, MAIN_STEPS)  # steps after which answers are kept
HEDGED_SUM = held_out(carrying=True)[0]
LAST, DIAL_STEPS, DIAL_EVERY = 15, 100, 10  # steps in the last mean, and in one point of a curve
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
        "hedged": lambda: tiny_internet.conversations(CONVERSATIONS, seed, hedged=0.1),
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
    rights = count_right(model.eval(), chat, pairs, PASS_ANSWERS, seed)
    return {str(k): round(mean_pass_at_k(rights, PASS_ANSWERS, k), 3) for k in KS}


def shares(model: GPT, chat: ChatFormat, seed: int, temperature: float = 1.0) -> Run:
    """What is counted in every table."""
    return measure(model, chat, temperature, seed).rounded()


# One function for each table


def run_base(temperature: str, seed: int) -> Run:
    """The base model at a temperature."""
    model, tokenizer = sums_gpt()
    found = measure_base(model, tokenizer, float(temperature), seed)
    return {"temperature": float(temperature), **{n: round(v, 3) for n, v in found.items()}}


def run_main(variant: str, seed: int) -> Run:
    """Reinforcement with the exact reward, everything kept."""
    model, chat = start("sft", seed)
    questions, steps = sum_questions(chat), []
    measured = {"before": describe(model, chat, seed)}
    pinned = pinned_sums(model, chat)
    groups = {"before": sample_sums(model, chat, pinned)}
    answers = {"0": groups["before"][0]["answers"]}
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
            answers[str(step.step)] = sample_sums(model, chat, pinned[:1])[0]["answers"]
    measured["after"] = describe(model, chat, seed)
    groups["after"] = sample_sums(model, chat, pinned)
    found: Run = {"curve": curve_of(steps)}
    for when, numbers in measured.items():
        found[when] = numbers.pop("shares")
        found.update({f"{name}_{when}": value for name, value in numbers.items()})
    return {**found, "answers": answers, "groups": groups} if seed == 0 else found


def describe(model: GPT, chat: ChatFormat, seed: int) -> Run:
    """Everything that is measured before and after the main run."""
    return {
        "shares": shares(model, chat, seed),
        "greedy": shares(model, chat, seed, temperature=0.0),
        "pass": pass_rates(model, chat, seed),
        "calibration": calibration(model, chat),
    }


def pinned_sums(model: GPT, chat: ChatFormat) -> list[tuple[int, int]]:
    """Six sums with a carry: four whose answers differ, one all right, one all wrong."""
    sums = [pair for pair in tiny_internet.train_sums() if tiny_internet.carries(*pair)][:200]
    sampled = sample_sums(model, chat, sums)
    rights = [sum(group["rewards"]) for group in sampled]
    mixed = [pair for pair, right in zip(sums, rights) if 2 <= right <= 6][:4]
    ends = [
        [pair for pair, right in zip(sums, rights) if right == count][:1] for count in (GROUP, 0)
    ]
    return [*mixed, *ends[0], *ends[1]]


def sample_sums(model: GPT, chat: ChatFormat, sums: list[tuple[int, int]]) -> list[Run]:
    """Eight answers to each sum and their rewards."""
    found = []
    for a, b in sums:
        question = tiny_internet.sum_question(a, b)
        texts = sample_texts(model.eval(), chat, question, GROUP, seed=1)
        rewards = [exact_number(text, a + b) for text in texts]
        found.append({"question": question, "answers": texts, "rewards": rewards})
    return found


def run_sizes(count: str, seed: int) -> Run:
    """Fine-tuning on so many conversations."""
    model, chat = chat_model(seed)
    steps = list(tune(model, chat, tiny_internet.conversations(int(count), seed), seed))
    return {"conversations": int(count), "loss": last_loss(steps), **shares(model, chat, seed)}


def run_masks(mask: str, seed: int) -> Run:
    """Fine-tuning with a mask, right or wrong."""
    model, chat = chat_model(seed)
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    batches = MaskedBatches(conversations, chat, mask, 2 * ROWS, seed)
    steps = list(train(model, batches, tune_config(seed=seed, batch_size=2 * ROWS)))
    return {"mask": mask, "loss": last_loss(steps), **shares(model, chat, seed)}


def run_forgetting(variant: str, seed: int) -> Run:
    """Fine-tuning at a learning rate, alone or with documents among the conversations."""
    rate, mixed = variant.split()
    model, chat = chat_model(seed)
    settings: Run = {"learning_rate": float(rate), "mix": mixed == "mixed"}
    text = measure(model, chat, seed=seed).text
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    for _ in tune(model, chat, conversations, seed, **settings):
        pass
    return {**settings, "text_before": round(text, 3), **shares(model, chat, seed)}


def run_own(variant: str, seed: int) -> Run:
    """Fine-tuning on the own right answers, or on conversations that are all right."""
    model, chat = start("sft", seed)
    if variant == "clean":
        right = with_right_share(tiny_internet.conversations(CONVERSATIONS, seed), 1.0)
        kept = [chat.render(messages) for messages in right]
    else:
        kept = sample_right_answers(
            model,
            Random(f"own answers {seed}").sample(sum_questions(chat), OWN_QUESTIONS),
            exact_number,
            chat.tokenizer.decode,
            chat.id_of("end"),
            max_new_tokens=LONGEST_ANSWER,
            seed=seed,
        )
    batches = ConversationBatches(kept, batch_size=ROWS, block_size=BLOCK_SIZE, seed=seed)
    for _ in train(model, batches, tune_config(seed=seed)):
        pass
    return {"kept": len(kept), **shares(model, chat, seed)}


def run_names(weight: str, seed: int) -> Run:
    """Reinforcement on "a name with k?" with a KL weight; "before" without any."""
    model, chat = start("sft", seed)
    if weight == "before":
        return {"kl_weight": None, **name_variety(model, chat, seed=seed)}
    settings: Run = {
        "kl_weight": float(weight),
        "learning_rate": NAMES_RATE,
        "max_steps": NAMES_STEPS,
    }
    steps = reinforce_chat(model, chat, name_questions(chat), starts_with, seed, **settings)
    curve = curve_of(steps, every=20)
    return {"kl_weight": float(weight), **name_variety(model, chat, seed=seed), "curve": curve}


def run_dial(variant: str, seed: int) -> Run:
    """Reinforcement of a model whose writers sometimes hedge: a reward, and a KL weight."""
    reward, weight = variant.split()
    model, chat = start("hedged", seed)
    before, truths, steps = hedging(model, chat, seed), [], []
    settings: Run = {"kl_weight": float(weight), "max_steps": DIAL_STEPS}
    for step in reinforce_chat(model, chat, sum_questions(chat), REWARDS[reward], seed, **settings):
        steps.append(step)
        if step.step % DIAL_EVERY == 0:
            truths.append(hedging(model.eval(), chat, seed)["truth"])
    return {
        "reward": reward,
        "kl_weight": float(weight),
        "before": {"reward": round(steps[0].reward, 3), **before},
        "after": {
            "reward": last_reward(steps),
            **hedging(model.eval(), chat, seed),
            "plain": round(measure(model, chat, seed=seed).plain, 3),
        },
        "curve": {**curve_of(steps, DIAL_EVERY), "truth": truths},
        "answers": sample_texts(model, chat, tiny_internet.sum_question(*HEDGED_SUM), 8, seed=1),
    }


def run_rates(rate: str, seed: int) -> Run:
    """Reinforcement at a learning rate."""
    model, chat = start("sft", seed)
    steps = list(
        reinforce_chat(
            model, chat, sum_questions(chat), exact_number, seed, learning_rate=float(rate)
        )
    )
    return {
        "learning_rate": float(rate),
        "reward": last_reward(steps),
        "agreement": round(mean(step.agreement for step in steps[-LAST:]), 3),
        "curve": curve_of(steps, every=15),
        **shares(model, chat, seed),
    }


def run_baselines(variant: str, seed: int) -> Run:
    """Reinforcement with a baseline, and a number added to all rewards."""
    baseline, added = variant.split()
    model, chat = start("sft", seed)
    settings: Run = {"max_steps": 100, "baseline": baseline}
    reward = shifted(float(added))
    for _ in reinforce_chat(model, chat, sum_questions(chat), reward, seed, **settings):
        pass
    return {"baseline": baseline, "added": float(added), **shares(model, chat, seed)}


def run_dpo(weight: str, seed: int) -> Run:
    """Preference optimization on pairs of the model's own answers."""
    model, chat = start("sft", seed)
    pairs = own_pairs(model, chat, seed)
    before = pair_log_probs(model, chat, pairs)
    config = DPOConfig(sft_weight=float(weight), learning_rate=DPO_RATE, seed=seed)
    for _ in optimize_preferences(model, pairs, chat, config):
        pass
    after = pair_log_probs(model, chat, pairs)
    gains = [[new - old for new, old in zip(*both)] for both in zip(after, before)]
    right = [chosen > rejected for chosen, rejected in zip(*gains)]
    return {
        "sft_weight": float(weight),
        "pairs": len(pairs),
        "preference_accuracy": round(mean(right), 3),
        "chosen_before": round(mean(before[0]), 2),
        "chosen_after": round(mean(after[0]), 2),
        "rejected_before": round(mean(before[1]), 2),
        "rejected_after": round(mean(after[1]), 2),
        **shares(model, chat, seed),
    }


def run_starts(variant: str, seed: int) -> Run:
    """Reinforcement of a model whose writers were right so often; or on longer sums."""
    if variant == "three digits":
        return run_three_digits(seed)
    model, chat = chat_model(seed)
    conversations = tiny_internet.conversations(CONVERSATIONS, seed)
    for _ in tune(model, chat, with_right_share(conversations, float(variant), seed), seed):
        pass
    found: Run = {"start": f"{float(variant):.0%} of writers right"}
    for when in ("before", "after"):
        if when == "after":
            steps = list(reinforce_chat(model, chat, sum_questions(chat), exact_number, seed))
            found["reward"] = last_reward(steps)
        rates = pass_rates(model, chat, seed)
        found[f"carry_{when}"] = round(measure(model, chat, seed=seed).carry, 3)
        found.update({f"pass{k}_{when}": rates[str(k)] for k in (1, 8, 64)})
    return found


def run_three_digits(seed: int) -> Run:
    """Reinforcement on sums that are never right: whether a weight has changed."""
    model, chat = start("sft", seed)
    old = deepcopy(model.state_dict())
    questions = three_digit_questions(chat, seed=seed)
    steps = list(reinforce_chat(model, chat, questions, exact_number, seed, max_steps=30))
    changed = any(not torch.equal(old[name], new) for name, new in model.state_dict().items())
    found: Run = {"start": "three-digit sums", "changed": changed}
    for name in ("carry", "pass1", "pass8", "pass64"):
        found |= {f"{name}_before": 0.0, f"{name}_after": 0.0}
    right = [step.pass_rate for step in steps]
    found["pass8_before"], found["pass8_after"] = round(right[0], 3), round(right[-1], 3)
    return {**found, "agreement": round(mean(step.agreement for step in steps), 3)}


def shifted(added: float) -> Reward:
    """The exact reward with a number added."""
    return lambda answer, key: exact_number(answer, key) + added


def last_reward(steps: list[ReinforceStep]) -> float:
    """The mean reward of the last steps."""
    return round(mean(step.reward for step in steps[-LAST:]), 3)


def last_loss(steps: list[Step]) -> float:
    """The mean loss of the last twenty steps."""
    return round(mean(step.train_loss for step in steps[-20:]), 3)


BASELINES = ("none", "group_mean", "normalized")
RATES = ("0.001", "0.003", "0.01")
DIAL = tuple(f"{reward} {weight:g}" for reward in REWARDS for weight in KL_WEIGHTS)
HACKING = ("contains 0", "exact 0", "contains 0.1")
TABLES: tuple[tuple[str, Callable[[str, int], Run], tuple[str, ...], int], ...] = (
    ("main", run_main, ("exact",), SEEDS),
    ("dial", run_dial, HACKING, SEEDS),
    ("names", run_names, ("before", "0", "0.03", "0.1", "0.3"), SEEDS),
    ("sizes", run_sizes, ("10", "30", "100", "300", "1000", "3000"), SEEDS),
    ("masks", run_masks, tuple(MASKS), SEEDS),
    (
        *("forgetting", run_forgetting),
        *(tuple(f"{rate} {how}" for rate in RATES for how in ("alone", "mixed")), SEEDS),
    ),
    ("base", run_base, ("0", "1"), SEEDS),
    ("own", run_own, ("own",), SEEDS),
    ("starts", run_starts, ("three digits", "0", "0.01", "0.05", "0.2"), SEEDS),
    ("rates", run_rates, ("0.0001", "0.0005", "0.001", "0.003"), FEWER_SEEDS),
    ("dpo", run_dpo, ("0", "0.1"), SEEDS),
    ("clean", run_own, ("clean",), SEEDS),
    ("dial", run_dial, DIAL, FEWER_SEEDS),
    (
        *("baselines", run_baselines),
        *(tuple(f"{name} {added}" for name in BASELINES for added in ("0", "1", "10")),),
        FEWER_SEEDS,
    ),
)
FUNCTIONS = {table: function for table, function, *_ in TABLES}


def all_jobs() -> list[Run]:
    """Every run (table, variant, seed), in the order of recording."""
    found = [
        {"table": table, "variant": variant, "seed": seed}
        for table, _, variants, seeds in TABLES
        for seed in range(seeds)
        for variant in variants
    ]
    return [job for place, job in enumerate(found) if job not in found[:place]]
