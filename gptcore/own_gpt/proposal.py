"""What is proposed for a text: by what it is like, a model, its training and its start.

The numbers were measured on lists of 149 to 29,494 lines (`docs/own_gpt.md`): what counts is how
many letters there are to learn from.
"""

from collections.abc import Sequence
from typing import Any

from gptcore.checks import check_choice
from gptcore.own_gpt.recipe import NAMES_GPT, NOTHING, STARTS, Recipe
from gptcore.own_gpt.text_lines import TextLines

FEW, MANY = 300, 10_000  # lines: below, a model of names is the start; above, a larger one pays
WARN_BELOW, WARN_BELOW_LETTERS = 100, 20_000  # lines; letters of a running text
SMALL_TEXT = 40_000  # letters, as of 5,000 names: below, dropout helps
LARGE_TEXT = 300_000  # letters of a running text for which a larger model pays
KNOWN_SHARE = 0.8  # of the letters must be known to names-gpt, or it is no help as a start
MEAN_OF_NAMES = 20  # letters; longer lines on average are no names
OF_NAMES_GPT = {"n_layer": 2, "n_head": 4, "n_embd": 64, "tokenizer": "characters"}


def plan(text: TextLines | Sequence[str], **changes: Any) -> Recipe:
    """Propose a recipe for a text.

    Args:
        text: From `read_lines`, or lines.
        **changes: Settings that are not proposed but taken as they are.

    Returns:
        The recipe, with a reason for each setting.

    Raises:
        ValueError: If a setting does not exist, or is impossible.

    Example:
        >>> recipe = plan([f"name {i}" for i in range(2000)])
        >>> recipe.n_embd, recipe.dropout, recipe.start
        (64, 0.3, 'nothing')
    """
    if not isinstance(text, TextLines):
        text = TextLines(tuple(dict.fromkeys(text)))
    changes = {name: value for name, value in changes.items() if value is not None}
    recipe = plan_text(text) if text.is_running_text else plan_lines(text, changes)
    recipe = recipe.with_changes(**changes)
    check_changes(text, recipe, changes)
    return recipe


def check_changes(text: TextLines, recipe: Recipe, changes: dict[str, Any]) -> None:
    """Refuse a setting that the text or another setting rules out, before anything is trained.

    Args:
        text: What is learned.
        recipe: The proposal with the changes.
        changes: What was chosen.

    Raises:
        ValueError: The message says which setting to change.
    """
    if recipe.tokenizer != "characters":
        return
    if "vocab_size" in changes:
        raise ValueError(
            f"vocab_size={recipe.vocab_size} is for a tokenizer of pieces of words; with letters "
            f"there are as many tokens as letters. Add --tokenizer bpe, or leave it out."
        )
    least = max(map(len, text.lines), default=0) + 1  # a line begins with BOS
    if not text.is_running_text and recipe.block_size < least:
        raise ValueError(
            f"block_size={recipe.block_size} is too small: the longest line has {least - 1:,} "
            f"letters. Set it to {least:,} or more, or leave it out; or leave out the long lines."
        )


def plan_lines(text: TextLines, changes: dict[str, Any]) -> Recipe:
    """A recipe for a list; sizes that names-gpt does not have rule it out as a start."""
    count, letters = len(text.lines), text.n_letters
    longest = max(map(len, text.lines), default=1)
    mean = letters / max(1, count)
    is_small = letters + count < SMALL_TEXT
    start, why_start = choose_start(text, changes)
    dropout, why_dropout = choose_dropout(is_small)
    batch_size = 64 if mean < 25 else 32
    epochs = (25 if is_small else 12) * max(1.0, mean / 12)
    max_steps = int(min(1500, max(300, round(epochs * 0.9 * count / batch_size, -2))))
    larger = "; a larger one pays: --n_layer 4 --n_embd 128 takes four times as long"
    return Recipe(
        start=start,
        block_size=max(16, longest + 1),
        dropout=dropout,
        max_steps=max_steps,
        batch_size=batch_size,
        eval_every=max(10, 5 * round(max_steps / 200)),
        patience=max_steps // 4,
        reasons={
            "tokenizer": alphabet(text),
            "block_size": f"the longest line has {longest:,} letters",
            "start": why_start,
            "n_layer": f"{letters:,} letters in {count:,} lines{larger if count > MANY else ''}",
            "n_embd": "with 2 layers about 100,000 parameters",
            "dropout": why_dropout,
            "max_steps": f"{max_steps * batch_size / (0.9 * count):.0f} times each line; the best "
            f"held-out step is kept",
            "batch_size": f"lines have {mean:.0f} letters on average",
        },
        warnings=warnings_for(count),
    )


def plan_text(text: TextLines) -> Recipe:
    """A recipe for a running text."""
    letters = text.n_letters
    is_large = letters >= LARGE_TEXT
    dropout, why_dropout = choose_dropout(letters < SMALL_TEXT)
    few = f"The text has only {letters:,} letters; what it writes will be hardly words."
    return Recipe(
        n_layer=4 if is_large else 2,
        n_embd=128 if is_large else 64,
        block_size=128 if is_large else 64,
        dropout=dropout,
        max_steps=1000,
        batch_size=32,
        eval_every=25,
        patience=200,
        reasons={
            "tokenizer": alphabet(text),
            "n_layer": f"a running text of {letters:,} letters",
            "block_size": "how far the model looks back",
            "dropout": why_dropout,
            "max_steps": "the best held-out step is kept",
            "start": "names-gpt knows single names, no running text",
        },
        warnings=(few,) if letters < WARN_BELOW_LETTERS else (),
    )


def alphabet(text: TextLines) -> str:
    """What the tokenizer of a text has."""
    return f"{len(text.characters):,} different letters; each is a token"


def choose_dropout(is_small: bool) -> tuple[float, str]:
    """How much dropout a text needs, and why."""
    if is_small:
        return 0.3, "a small text is learned by heart without it"
    return 0.0, "a text of this size needs none"


def choose_start(text: TextLines, changes: dict[str, Any]) -> tuple[str, str]:
    """From which weights a list starts, and why."""
    count, start = len(text.lines), changes.get("start")
    if start is not None:
        check_choice(start, "start", STARTS)
        return start, "as it was chosen"
    other = [name for name in OF_NAMES_GPT if changes.get(name) not in (None, OF_NAMES_GPT[name])]
    if other:
        return NOTHING, f"names-gpt has another {other[0]}"
    if count >= FEW:
        return NOTHING, f"{FEW} lines or more are enough to start from random weights"
    letters = "".join(text.lines).lower()
    share = sum("a" <= letter <= "z" for letter in letters) / max(1, len(letters))
    if len(letters) > MEAN_OF_NAMES * count:
        return NOTHING, "the lines are long, and names-gpt knows single names"
    if share < KNOWN_SHARE:
        return NOTHING, f"only {share:.0%} of the letters are known to names-gpt"
    return NAMES_GPT, f"fewer than {FEW} lines; a model of given names knows what words are like"


def warnings_for(count: int) -> tuple[str, ...]:
    """What to say of a short list."""
    if count >= WARN_BELOW:
        return ()
    return (
        f"{count} different lines are few: the held-out loss is of {count // 4} lines or fewer, "
        f"and what the model writes will be half of the list. 300 are better, 2,000 are good.",
    )
