"""A run of reinforcement that takes a second: say the digit that the question names."""

from collections.abc import Iterator

import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tuning import Question, ReinforceConfig, ReinforceStep, reinforce

END, ASK = 0, 9
SIZES = GPTConfig(
    **{"vocab_size": 10, "block_size": 8, "n_layer": 1, "n_head": 2, "n_embd": 32, "rope": True},
    **{"init_by_width": True, "tie_weights": False},
)
QUESTIONS = [Question([ASK, digit], digit) for digit in range(1, 9)]


def new_model(seed: int = 1, **switches) -> GPT:
    sizes = GPTConfig(**{**vars(SIZES), **switches})
    return GPT(sizes, torch.Generator().manual_seed(seed))


def first_digit_is_right(answer: str | None, key: int) -> float:
    return float(answer is not None and answer.startswith(f"[{key}"))


def run(model: GPT, reward=first_digit_is_right, **settings) -> Iterator[ReinforceStep]:
    options = {name: settings.pop(name) for name in ("out_dir", "resume", "reference")
               if name in settings}  # fmt: skip
    questions = settings.pop("questions", QUESTIONS)
    defaults = {"max_steps": 8, "warmup_steps": 1, "max_new_tokens": 3, "checkpoint_every": 2}
    config = ReinforceConfig(**(defaults | {"learning_rate": 3e-3} | settings))
    return reinforce(model, questions, reward, str, END, config, **options)


def weights_of(model: GPT) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in model.parameters()]


def are_same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(a, b, strict=True))
