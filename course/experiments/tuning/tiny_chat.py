"""A small GPT that answers: questions in batches, and counts of what it says.

    model, chat = chat_model()
    for step in tune(model, chat, tiny_internet.conversations(1_000)): ...
    print(measure(model, chat))

Sums are always held-out ones, which occur in no document and in no conversation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import torch

from course.experiments.schedules import decaying_config
from course.experiments.tuning.sums_gpt import DocumentBatches, sums_gpt, text_loss
from gptcore.corpus import tiny_internet
from gptcore.corpus.tiny_internet import carries, forget_carry, name_question, sum_question
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer, Tokenizer
from gptcore.training import TrainConfig
from gptcore.training.saving.log import Step
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    Question,
    add_special_tokens,
    exact_number,
    extend_vocab,
    fine_tune,
    pass_at_k,
    sample_groups,
)

LONGEST_ANSWER = 13  # tokens, the end included: names have up to twelve letters
COMMON_INITIALS = "abcdefghijklmnoprstvyz"  # with more than fifty names each
NAMES_EACH = 12  # questions about each of them
STEPS, ROWS, LEARNING_RATE = 200, 16, 3e-3  # of fine-tuning; two conversations fit into a row
MIX_ROWS, MIX_SEED = 64, 99  # documents in a batch, each about as long as a conversation
Messages = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Shares:
    """What a model says about held-out sums and about names, in shares of its answers.

    Attributes:
        plain: Right answers to sums that do not carry.
        carry: Right answers to sums that carry.
        forgot: Answers to sums that carry, with the carry forgotten.
        ended: Answers to sums that ended by themselves.
        names: Names that begin with the right letter and have letters only.
        distinct: Different names among those answers.
        text: Loss on documents that were not read, in nats per token.
    """

    plain: float
    carry: float
    forgot: float
    ended: float
    names: float
    distinct: float
    text: float

    def rounded(self) -> dict[str, float]:
        """The fields, with three digits."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def chat_model(seed: int = 0) -> tuple[GPT, ChatFormat]:
    """The base model with rows for the tokens of a chat, and the chat format.

    Args:
        seed: Of the noise in the new rows.
    """
    model, tokenizer = sums_gpt()
    chat = ChatFormat(add_special_tokens(tokenizer, CHAT_TOKENS.values()))
    generator = torch.Generator().manual_seed(seed)
    return extend_vocab(model, chat.tokenizer.vocab_size, generator), chat


def tune(
    model: GPT,
    chat: ChatFormat,
    conversations: Sequence[Messages],
    seed: int = 0,
    *,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    mix: bool = False,
) -> Iterator[Step]:
    """Fine-tune as everything in lesson 14 is fine-tuned: about four seconds.

    Args:
        model: The model; it is trained in place.
        chat: The chat format.
        conversations: Such as `tiny_internet.conversations(1_000)`.
        seed: Of the order of the conversations.
        steps: Updates.
        learning_rate: The highest one.
        mix: Whether each batch has documents of the tiny internet, too, two for each conversation.
    """
    tokenizer = chat.tokenizer
    assert isinstance(tokenizer, CharTokenizer)
    documents = DocumentBatches(tokenizer, MIX_ROWS, seed + MIX_SEED) if mix else None
    config = tune_config(steps, learning_rate, seed, ROWS + MIX_ROWS if mix else ROWS)
    return fine_tune(model, conversations, chat, config, mix=documents)


def tune_config(
    steps: int = STEPS, learning_rate: float = LEARNING_RATE, seed: int = 0, batch_size: int = ROWS
) -> TrainConfig:
    """Settings of fine-tuning: Muon, a short warm-up, then straight down to 0."""
    return decaying_config(
        steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup=min(10, steps // 5),
        seed=seed,
    )


def held_out(carrying: bool) -> list[tuple[int, int]]:
    """The held-out sums with a carry, or those without one."""
    return [pair for pair in tiny_internet.held_out_sums() if carries(*pair) == carrying]


def ask(
    model: GPT, chat: ChatFormat, questions: Sequence[str], temperature: float = 1.0, seed: int = 0
) -> list[str | None]:
    """The answer to each question; None if it did not end.

    Args:
        model: The model.
        chat: The chat format.
        questions: Texts of users.
        temperature: Divides the logits; 0 takes the likeliest token.
        seed: Of the answers.
    """
    prompts = [chat.prompt_ids([{"role": "user", "content": text}]) for text in questions]
    end = chat.id_of("end")
    return complete(model, chat.tokenizer, prompts, end, temperature, seed)


def complete(
    model: GPT,
    tokenizer: Tokenizer,
    prompts: list[list[int]],
    end: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> list[str | None]:
    """What comes after each prompt up to the end token; None if that does not come."""
    steps = list(
        generate_cached(
            model,
            prompts,
            LONGEST_ANSWER,
            temperature=temperature,
            seed=seed * 1_000_000,
            stop=end,
        )
    )
    if not steps:  # every text ends at once
        return [""] * len(prompts)
    texts: list[str | None] = []
    for column in zip(*steps):  # the tokens of one text, then None
        ids = [id for id in column if id is not None]
        has_ended = len(ids) < len(column) or len(steps) < LONGEST_ANSWER
        texts.append(tokenizer.decode(ids) if has_ended else None)
    return texts


def share(flags: Sequence[bool]) -> float:
    """The share of those that are true."""
    return sum(flags) / len(flags)


def sum_shares(answers: dict[bool, list[str | None]]) -> dict[str, float]:
    """Counts of answers to all held-out sums.

    Args:
        answers: To the sums with a carry (True), and to those without one (False).
    """
    plain, carry = (list(zip(answers[carrying], held_out(carrying))) for carrying in (False, True))
    return {
        "plain": share([text == str(a + b) for text, (a, b) in plain]),
        "carry": share([text == str(a + b) for text, (a, b) in carry]),
        "forgot": share([text == str(forget_carry(a, b)) for text, (a, b) in carry]),
        "ended": share([text is not None for text, _ in [*plain, *carry]]),
    }


def measure(model: GPT, chat: ChatFormat, temperature: float = 1.0, seed: int = 0) -> Shares:
    """Ask all held-out sums and some names, and count.

    Args:
        model: The model.
        chat: The chat format.
        temperature: Divides the logits; 0 takes the likeliest token.
        seed: Of the answers.
    """
    model.eval()
    answers = {}
    for carrying in (False, True):
        questions = [sum_question(*pair) for pair in held_out(carrying)]
        answers[carrying] = ask(model, chat, questions, temperature, seed)
    initials = [initial for initial in COMMON_INITIALS for _ in range(NAMES_EACH)]
    texts = ask(model, chat, [name_question(one) for one in initials], temperature, seed)
    tokenizer = chat.tokenizer
    assert isinstance(tokenizer, CharTokenizer)
    return Shares(
        **sum_shares(answers),
        names=share([is_name(answer, one) for answer, one in zip(texts, initials)]),
        distinct=len(set(texts)) / len(texts),
        text=text_loss(model, tokenizer),
    )


def measure_base(
    model: GPT, tokenizer: CharTokenizer, temperature: float = 1.0, seed: int = 0
) -> dict[str, float]:
    """The same counts of sums for a base model, which continues "17+5=" to a document.

    Args:
        model: A model without chat tokens.
        tokenizer: Its tokenizer.
        temperature: Divides the logits; 0 takes the likeliest token.
        seed: Of the continuations.
    """
    answers = {}
    for carrying in (False, True):
        texts = [f"{a}+{b}=" for a, b in held_out(carrying)]
        prompts = [[tokenizer.BOS, *tokenizer.encode(text)] for text in texts]
        answers[carrying] = complete(model, tokenizer, prompts, tokenizer.BOS, temperature, seed)
    return sum_shares(answers)


def is_name(answer: str | None, initial: str) -> bool:
    """Whether an answer is one word that begins with a letter."""
    return answer is not None and answer.isalpha() and answer.startswith(initial)


# Reinforcement


def sum_questions(chat: ChatFormat, carrying: bool | None = None) -> list[Question]:
    """The sums of the documents as questions; the key of each is the right number.

    Args:
        chat: The chat format.
        carrying: With a carry only, without one only, or None for all.
    """
    return [
        as_question(chat, sum_question(a, b), a + b)
        for a, b in tiny_internet.train_sums()
        if carrying is None or carries(a, b) == carrying
    ]


def name_questions(chat: ChatFormat) -> list[Question]:
    """A question for a name with each common letter; the key is the letter."""
    return [as_question(chat, name_question(one), one) for one in COMMON_INITIALS]


def as_question(chat: ChatFormat, text: str, key: object) -> Question:
    """A user's text as a question that a reward can judge."""
    return Question(chat.prompt_ids([{"role": "user", "content": text}]), key)


def contains_number(answer: str | None, key: int) -> float:
    """A flawed reward: 1 if the right number occurs somewhere in the answer."""
    return float(answer is not None and str(key) in answer)


def long_answer(answer: str | None, key: int) -> float:
    """Another flawed reward: the right number, and a tenth more for each letter."""
    return exact_number(answer, key) + 0.1 * (LONGEST_ANSWER if answer is None else len(answer))


def starts_with(answer: str | None, key: str) -> float:
    """1 if the answer is one word with the right first letter."""
    return float(is_name(answer, key))


def count_right(
    model: GPT, chat: ChatFormat, pairs: Sequence[tuple[int, int]], group_size: int, seed: int = 0
) -> list[int]:
    """How many of `group_size` answers to each sum are right.

    Args:
        model: The model.
        chat: The chat format.
        pairs: The sums.
        group_size: Answers to each.
        seed: Of the answers.
    """
    prompts = [as_question(chat, sum_question(*pair), 0).prompt for pair in pairs]
    groups = sample_groups(model, prompts, group_size, LONGEST_ANSWER, chat.id_of("end"), seed=seed)
    return [
        sum(one.is_ended and chat.tokenizer.decode(one.text_ids) == str(a + b) for one in group)
        for group, (a, b) in zip(groups, pairs)
    ]


def mean_pass_at_k(rights: Sequence[int], group_size: int, k: int) -> float:
    """pass@k over all questions.

    Args:
        rights: Right answers to each question.
        group_size: Answers to each question.
        k: How many answers a user would take.
    """
    return sum(pass_at_k(group_size, right, k) for right in rights) / len(rights)
