"""Multiple choice by likelihood: the model chooses the ending to which it gives the most.

A long ending has a lower likelihood than a short one, so there are three counts: by likelihood, by
likelihood for each character, and for each byte.
Source: acc, acc_norm and acc_bytes of github.com/EleutherAI/lm-evaluation-harness.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import nan, sqrt

from gptcore.evaluation.choices_file import MultipleChoiceItem
from gptcore.evaluation.target_log_probs import Row, target_log_probs
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer

DELIMITER = " "  # between beginning and ending


@dataclass(frozen=True)
class ItemScore:
    """What the model chose in one item.

    Attributes:
        item: The item.
        log_likelihoods: Of each ending after the beginning, in nats.

    Example:
        >>> item = MultipleChoiceItem("It is", ("so.", "not so at all."), gold=1)
        >>> ItemScore(item, (-3.0, -7.0)).is_right
        False
    """

    item: MultipleChoiceItem
    log_likelihoods: tuple[float, ...]

    @property
    def is_right(self) -> bool:
        """Whether the right ending is the likeliest (acc)."""
        return self.chosen([1 for _ in self.item.choices]) == self.item.gold

    @property
    def is_right_norm(self) -> bool:
        """Whether the right ending has the most likelihood for each character (acc_norm)."""
        return self.chosen([len(choice) for choice in self.item.choices]) == self.item.gold

    @property
    def is_right_bytes(self) -> bool:
        """Whether the right ending has the most likelihood for each byte (acc_bytes)."""
        return self.chosen([len(choice.encode()) for choice in self.item.choices]) == self.item.gold

    def chosen(self, lengths: Sequence[int]) -> int:
        """The ending with the most likelihood for its length; the first of equal ones.

        Args:
            lengths: One for each ending.

        Returns:
            Its number.
        """
        scores = [value / length for value, length in zip(self.log_likelihoods, lengths)]
        return scores.index(max(scores))


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers, and how far it may be off by chance.

    Attributes:
        right: Right answers.
        count: All answers.

    Example:
        >>> Accuracy(right=10, count=20).share
        0.5
    """

    right: int
    count: int

    @property
    def share(self) -> float:
        """Right answers / all answers."""
        return self.right / self.count

    @property
    def standard_error(self) -> float:
        """Standard deviation of the answers / sqrt(count); NaN for one answer."""
        if self.count < 2:
            return nan
        return sqrt(self.share * (1 - self.share) / (self.count - 1))


def accuracy(scores: Iterable[ItemScore]) -> dict[str, Accuracy]:
    """The shares of right answers.

    Args:
        scores: Of each item.

    Returns:
        "acc", "acc_norm" and "acc_bytes".

    Raises:
        ValueError: If there are no items.

    Example:
        >>> item = MultipleChoiceItem("It is", ("so.", "not so at all."), gold=1)
        >>> accuracy([ItemScore(item, (-3.0, -7.0))])["acc_norm"].share
        1.0
    """
    listed = list(scores)
    if not listed:
        raise ValueError("The task has no items.")
    return {
        "acc": Accuracy(sum(score.is_right for score in listed), len(listed)),
        "acc_norm": Accuracy(sum(score.is_right_norm for score in listed), len(listed)),
        "acc_bytes": Accuracy(sum(score.is_right_bytes for score in listed), len(listed)),
    }


def multiple_choice(
    model: GPT,
    tokenizer: Tokenizer,
    items: Iterable[MultipleChoiceItem],
    *,
    begin: Sequence[int] = (),
) -> Iterator[ItemScore]:
    """Let a model choose the endings of a task.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        items: The task.
        begin: Ids before each beginning, such as BOS where a model was trained with it.

    Yields:
        The score of each item.

    Raises:
        ValueError: If the tokenizer cannot encode an item, or an ending is longer than the context;
            the error names file and line.

    Example:
        >>> item = MultipleChoiceItem("the cat", ("sat", "sky"), gold=0)
        >>> [score] = multiple_choice(model, tokenizer, [item])
        >>> len(score.log_likelihoods)
        2
    """
    for item in items:
        try:
            rows = [
                choice_row(tokenizer, item.query, choice, begin, model.config.block_size)
                for choice in item.choices
            ]
        except ValueError as error:
            raise ValueError(f"{item.origin}: {error}") from None
        sums = [log_probs.sum().item() for log_probs in target_log_probs(model, rows)]
        yield ItemScore(item, tuple(sums))


def choice_row(
    tokenizer: Tokenizer, query: str, choice: str, begin: Sequence[int], block_size: int
) -> Row:
    """The tokens of a beginning and an ending, of which those of the ending are scored.

    The two are encoded together, because a token may begin with the space between them.

    Args:
        tokenizer: The tokenizer.
        query: The beginning.
        choice: The ending.
        begin: Ids before the beginning.
        block_size: The context; more tokens are cut on the left.

    Returns:
        The row.
    """
    stem = query.rstrip()
    context = [*begin, *tokenizer.encode(stem, allowed_special="all")]
    text = query + DELIMITER + choice
    if not context:  # nothing is before the ending, not even BOS
        if tokenizer.end_of_text is None:
            raise ValueError(
                "The beginning is empty, and the tokenizer has no token to begin with."
            )
        whole = [tokenizer.end_of_text, *tokenizer.encode(text, allowed_special="all")]
        context = whole[:1]
    else:
        whole = [*begin, *tokenizer.encode(text, allowed_special="all")]
    num_scored = len(whole) - len(context)
    if num_scored < 1:
        raise ValueError(
            f"The tokenizer makes one token of the beginning and the ending {choice!r:.40}, so the "
            f"ending has none of its own. Write another ending."
        )
    if num_scored > block_size:
        raise ValueError(
            f"The ending {choice!r:.40} has {num_scored:,} tokens, and the model reads "
            f"{block_size:,}. Shorten it, or take a model with a longer context."
        )
    return Row(whole[-(block_size + 1) :], num_scored)
