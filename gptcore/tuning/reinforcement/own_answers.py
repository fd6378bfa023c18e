"""Fine-tuning on one's own right answers: the cheapest rival of reinforcement.

The model answers each question some times, the right answers are kept as token ids, and training
on them is training as ever. With rewards 0 and 1 and no baseline, a step of `reinforce` has the
same gradient, but with new answers in each step.
Source: rejection sampling: Zelikman et al. 2022 (STaR), arXiv 2203.14465; Yuan et al. 2023,
    arXiv 2308.01825.
"""

from collections.abc import Sequence

from gptcore.checks import as_finite
from gptcore.model import GPT
from gptcore.tuning.chat_format import ChatTokens
from gptcore.tuning.reinforcement.questions import Question, check_questions
from gptcore.tuning.reinforcement.reinforcement_run import Decode
from gptcore.tuning.reinforcement.rewards import Reward, check_reward
from gptcore.tuning.reinforcement.rollouts import sample_groups

QUESTIONS_AT_ONCE = 32


def sample_right_answers(
    model: GPT,
    questions: Sequence[Question],
    reward: Reward,
    decode: Decode,
    end_id: int,
    *,
    group_size: int = 8,
    max_new_tokens: int = 32,
    temperature: float = 1.0,
    passing_reward: float = 1.0,
    seed: int = 1337,
) -> list[ChatTokens]:
    """Let a model answer questions, and keep the answers that pass, ready to train on.

    An answer that is given twice is kept twice, so common answers count as much as they are common.
    Answers that did not end are rewarded as None, and never kept.

    Args:
        model: The model.
        questions: The questions.
        reward: Called with the text of each answer (None if it did not end) and the question's key.
        decode: Turns the ids of an answer, without its end token, into the text that is rewarded.
        end_id: The token that ends an answer.
        group_size: Answers to each question.
        max_new_tokens: The most tokens of an answer, its end token included.
        temperature: Divides the logits; above 0.
        passing_reward: The smallest reward of an answer that is kept.
        seed: Seed of the answers.

    Returns:
        Question and answer as token ids, of which the answer and its end are graded; what
        `ConversationBatches` takes.

    Raises:
        ValueError: If no answer passes, or a reward is not one finite number.

    Example:
        >>> questions, end_id = [Question([40, 1], 2)], 42
        >>> right = sample_right_answers(model, questions, lambda a, key: 1.0 * (a is not None),
        ...     str, end_id, group_size=200, max_new_tokens=8)
        >>> batches = ConversationBatches(right, batch_size=4, block_size=16, seed=1)
        >>> right[0].ids[-1], sum(right[0].is_graded) == len(right[0].ids) - 2
        (42, True)
    """
    least = as_finite(passing_reward, "passing_reward")
    checked = check_questions(questions, model, max_new_tokens)
    kept: list[ChatTokens] = []
    for first in range(0, len(checked), QUESTIONS_AT_ONCE):
        part = checked[first : first + QUESTIONS_AT_ONCE]
        groups = sample_groups(
            model,
            [question.prompt for question in part],
            group_size,
            max_new_tokens,
            end_id,
            temperature=temperature,
            seed=seed + first,
        )
        for question, group in zip(part, groups):
            for rollout in group:
                text = decode(rollout.text_ids) if rollout.is_ended else None
                if check_reward(reward, text, question.key) >= least and rollout.is_ended:
                    mask = [False] * len(question.prompt) + [True] * len(rollout.answer)
                    kept.append(ChatTokens(question.prompt + rollout.answer, mask))
    if not kept:
        raise ValueError(
            f"None of the {len(checked) * group_size} answers got a reward of {least:g} or more, "
            f"so there is nothing to learn from. Ask easier questions, or raise group_size."
        )
    return kept
