"""Groups of answers to one question each, their rewards, and how far each answer is pushed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Any

from viz.canvas.arrays import did_you_mean, to_numbers, to_text

BASELINES = {  # name -> what an advantage is
    "none": "reward",
    "group_mean": "reward − mean of the group",
    "normalized": "(reward − mean of the group) / standard deviation of the group",
}
STD_EPS = 1e-4  # keeps the division finite
UNENDED = "(did not end)"
EXAMPLE = "{'question': '7+5?', 'answers': ['12', '2'], 'rewards': [1, 0]}"


@dataclass(frozen=True)
class Group:
    """The answers to one question.

    Attributes:
        question: Its text.
        answers: G texts.
        rewards: Their rewards.
        advantages: How far each is pushed; below 0 is down.
        baseline: How the advantages were computed; "" if they were given.
    """

    question: str
    answers: list[str]
    rewards: list[float]
    advantages: list[float]
    baseline: str = ""

    @property
    def is_pushed(self) -> bool:
        """Whether any answer is pushed."""
        return any(self.advantages)

    @property
    def mean(self) -> float:
        """The mean reward."""
        return fsum(self.rewards) / len(self.rewards)


def advantages_of(rewards: Sequence[float], baseline: str) -> list[float]:
    """How far each answer is pushed; exactly 0 where all rewards agree and there is a baseline.

    Args:
        rewards: Of one group, shape (G,).
        baseline: "none", "group_mean" or "normalized".
    """
    check_baseline(baseline)
    if baseline == "none":
        return list(rewards)
    if len(rewards) == 1:
        raise ValueError(
            f"A group of one answer with baseline={baseline!r} learns nothing: the answer is "
            f"compared with itself. Give two answers or more, or baseline='none'."
        )
    if max(rewards) == min(rewards):
        return [0.0] * len(rewards)
    mean = fsum(rewards) / len(rewards)
    centred = [reward - mean for reward in rewards]
    if baseline == "group_mean":
        return centred
    std = sqrt(fsum(value**2 for value in centred) / (len(centred) - 1))
    return [value / (std + STD_EPS) for value in centred]


def check_baseline(baseline: str) -> None:
    """Raises: ValueError with all valid names and the nearest one."""
    if baseline not in BASELINES:
        raise ValueError(
            f"baseline={baseline!r:.40} must be one of {', '.join(BASELINES)}."
            f"{did_you_mean(baseline, BASELINES)}"
        )


def read_groups(groups: object, baseline: str) -> list[Group]:
    """Check the groups, and compute the advantages that are not given.

    Args:
        groups: Mappings with question, answers, rewards and perhaps advantages, or tuples of them.
        baseline: "none", "group_mean" or "normalized".

    Raises:
        ValueError: If there is no group, or one of them has other numbers of answers and rewards.
    """
    check_baseline(baseline)
    if isinstance(groups, (str, Mapping)) or not isinstance(groups, Sequence) or not groups:
        raise ValueError(f"groups must be a list of groups, such as [{EXAMPLE}]: {groups!r:.60}.")
    return [read_group(i, group, baseline) for i, group in enumerate(groups)]


def read_group(place: int, given: Any, baseline: str) -> Group:
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) in (3, 4):
        given = dict(zip(("question", "answers", "rewards", "advantages"), given))
    if not isinstance(given, Mapping) or not {"question", "answers", "rewards"} <= given.keys():
        raise ValueError(f"groups[{place}] must be such as {EXAMPLE}, not {given!r:.60}.")
    question = str(given["question"])
    where = f"groups[{place}] ({question:.30})"
    listed = given["answers"]
    if isinstance(listed, str) or not hasattr(listed, "__iter__"):
        raise ValueError(f"The answers of {where} must be a list of texts, not {listed!r:.60}.")
    answers = [UNENDED if answer is None else to_text(answer) for answer in listed]
    rewards = to_numbers(given["rewards"], f"The rewards of {where}")
    if len(answers) != len(rewards) or not answers:
        raise ValueError(
            f"{where} has {len(answers)} answers and {len(rewards)} rewards: give one reward for "
            f"each answer, and at least one answer."
        )
    if given.get("advantages") is None:
        return Group(question, answers, rewards, advantages_of(rewards, baseline), baseline)
    advantages = to_numbers(given["advantages"], f"The advantages of {where}")
    if len(advantages) != len(rewards):
        raise ValueError(
            f"{where} has {len(rewards)} rewards and {len(advantages)} advantages: give one for "
            f"each answer, or leave the advantages out."
        )
    return Group(question, answers, rewards, advantages)
