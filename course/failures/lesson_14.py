"""Three programs that grade other tokens, without an error. Read this after you have guessed.

Ada grades the answer and its end. Bo lays the mask over the inputs and not over the targets, so the
first letter of each answer is never graded. Cai grades the padding, too: the loss is lower, since
padding is easy to predict, and the answers are as good as Ada's.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from course.experiments.tuning.masks import graded_rows
from course.experiments.tuning.recorded import runs
from gptcore.model.ids import IGNORE_INDEX
from gptcore.tuning import ChatFormat

MASKS = {"Ada": "answer", "Bo": "not_shifted", "Cai": "padding"}
PADDING = 3  # tokens after the conversation in the picture


def mean_of(who: str, field: str) -> float:
    """The mean over the recorded seeds of one program."""
    return mean(run[field] for run in runs("masks") if run["mask"] == MASKS[who])


def training_losses() -> dict[str, float]:
    """The mean loss of the last 20 steps of each program, over five seeds."""
    return {who: mean_of(who, "loss") for who in MASKS}


def answers_of() -> Iterator[str]:
    """How many sums without a carry each of the models answers right."""
    for who in MASKS:
        yield f"{who:4} sums without a carry, right: {mean_of(who, 'plain'):.0%}"


def masks_of(
    chat: ChatFormat, messages: Sequence[Mapping[str, str]]
) -> tuple[list[str], dict[str, list[bool]]]:
    """The tokens of a conversation with some padding, and which of them each program grades.

    Args:
        chat: The chat format.
        messages: A question and its answer.
    """
    end, one = chat.id_of("end"), chat.render(messages)
    longer = chat.render([messages[0], {"role": "assistant", "content": "0" * 5}])
    tokens = [chat.tokenizer.decode([id]) for id in one.ids]
    tokens += [chat.tokenizer.decode([end])] * PADDING
    found = {}
    for who, mask in MASKS.items():
        _, targets = graded_rows([one, longer], end, mask)
        found[f"{who}'s mask"] = [False, *(targets[0] != IGNORE_INDEX).tolist()]
    return tokens, found
