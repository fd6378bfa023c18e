"""Reinforcement learning: answers are sampled and rewarded, and the better ones get likelier.

    for step in reinforce(model, questions, exact_number, tokenizer.decode, end_id=end_id):
        print(step.step, step.reward, step.pass_rate)

Each step samples new answers and makes one update with them, so there is no ratio of old and new
probabilities, and nothing is clipped but the gradient. Dropout is off: the answers that are
learned have the probabilities with which they were sampled.
Source: Williams 1992 (REINFORCE); groups: Shao et al. 2024 (GRPO), arXiv 2402.03300.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gptcore.model import GPT
from gptcore.tuning.reinforcement.questions import Question
from gptcore.tuning.reinforcement.reinforce_config import ReinforceConfig, ReinforceStep
from gptcore.tuning.reinforcement.reinforcement_run import Decode, Reinforcement
from gptcore.tuning.reinforcement.rewards import Reward
from gptcore.tuning.runs.tuning_run import open_folder, run_steps


def reinforce(
    model: GPT,
    questions: Sequence[Question],
    reward: Reward,
    decode: Decode,
    end_id: int,
    config: ReinforceConfig | None = None,
    *,
    reference: GPT | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
) -> Iterator[ReinforceStep]:
    """Reinforce a model, and yield a record after each update.

    A step whose groups all agree has nothing to learn, unless there is a KL penalty: it changes no
    weight, and says so. If the loop ends in any way, the last complete step is saved.

    Args:
        model: The model; it is changed in place.
        questions: The questions; each is asked once before any is asked again.
        reward: Called with the text of each answer (None if it did not end) and the question's key.
        decode: Turns the ids of an answer, without its end token, into the text that is rewarded.
        end_id: The token that ends an answer.
        config: Settings; the defaults of `ReinforceConfig` if None.
        reference: The model that KL is measured against; None is `model` as it is given. On a
            resume, give the model as it was given first.
        out_dir: Folder for log and checkpoints; without one, nothing is written.
        resume: Continue from the newest intact checkpoint in `out_dir`; start if there is none.

    Returns:
        An iterator of records.

    Raises:
        ValueError: If something does not fit together, or a reward is not one finite number.
        NonFiniteError: If a gradient is infinite or NaN; the weights are those before the step.

    Example:
        >>> questions = [Question([1, 2], "3"), Question([4], "5")]
        >>> config = ReinforceConfig(max_steps=2, warmup_steps=0, max_new_tokens=3)
        >>> reward = lambda answer, key: float(answer == key)
        >>> [step.step for step in reinforce(model, questions, reward, str, 0, config)]
        [1, 2]
    """
    config = config or ReinforceConfig()
    run = Reinforcement(model, questions, reward, decode, end_id, config, reference)
    folder = open_folder(run, out_dir, resume)
    return run_steps(run, folder)  # not a generator itself: wrong arguments raise before step 1
