"""Questions whose answers a reward can judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_ids
from gptcore.model import GPT
from gptcore.tuning.reinforcement.rollouts import check_context


@dataclass(frozen=True)
class Question:
    """A question whose answers a reward can judge.

    Attributes:
        prompt: Token ids up to where the answer begins.
        key: What the reward is given beside an answer, such as the right number.

    Example:
        >>> Question(prompt=[1, 2], key="22").key
        '22'
    """

    prompt: list[int]
    key: Any = None


def check_questions(
    questions: Sequence[Question], model: GPT, max_new_tokens: int
) -> list[Question]:
    """The questions with checked prompts; ValueError if one cannot be asked."""
    if not questions or not all(isinstance(question, Question) for question in questions):
        raise ValueError(
            f"questions must be one or more Question(prompt=[...], key=...); got {questions!r:.60}."
        )
    vocab_size = model.config.vocab_size
    checked = []
    for place, question in enumerate(questions):
        ids = as_ids(question.prompt, f"The prompt of question {place}", vocab_size)
        if not ids:
            raise ValueError(f"The prompt of question {place} is empty: give it a token.")
        checked.append(Question(ids, question.key))
    check_context([q.prompt for q in checked], max_new_tokens, model.config.block_size)
    return checked
