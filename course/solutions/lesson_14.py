"""Lesson 14: after pretraining."""

from math import comb

ASSISTANT, END = 43, 44  # token ids of the chat template


def targets(ids):
    """The target of each token but the last: the token after it, or -1 where it is not graded."""
    found, in_answer = [], False
    for id, following in zip(ids, ids[1:]):
        in_answer = id == ASSISTANT or (in_answer and id != END)
        found.append(following if in_answer else -1)
    return found


def advantages(groups):
    """Each reward minus the mean reward of its group."""
    return [[reward - sum(group) / len(group) for reward in group] for group in groups]


def reward(answer, truth):
    """1 for an answer that is the right number and nothing else, otherwise 0."""
    return float(answer == str(truth))


def pass_at_k(n, c, k):
    """The chance that k of n answers, c of them right, include a right one."""
    return 1 - comb(n - c, k) / comb(n, k)
