"""Small English stories without end, whose entropy is known exactly.

They are sampled from a grammar (`data/stories.grammar`). Every choice has a known probability, so
every story has one; and no model, however large, predicts stories on average better than
`story_entropy()` says. That is the floor under a loss curve. `data/stories.txt` has the first ones:

    python -m gptcore.corpus.stories.stories data/stories.txt

Source: Shannon 1948, "A Mathematical Theory of Communication", on the entropy of a source.
"""

import random
import sys
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, islice, takewhile
from math import exp, log
from pathlib import Path
from typing import NamedTuple

from gptcore.corpus.stories.grammar import Grammar, Parts, Production, Slot, parse_grammar
from gptcore.manifest import shipped_folder

SHIPPED_SEED, SHIPPED_STORIES = 1, 2_000  # of data/stories.txt

Bindings = dict[
    str, tuple[Production, ...]
]  # name -> the productions that are still possible for it


class Story(NamedTuple):
    """A text and its negative log-likelihood.

    Attributes:
        text: The story.
        nats: -log of its probability.

    Example:
        >>> story = next(generate_stories(seed=1))
        >>> story.nats > 0
        True
    """

    text: str
    nats: float


@dataclass(frozen=True)
class StoryEntropy:
    """Expected values per story, computed from the grammar, not estimated from a sample.

    Attributes:
        nats: The entropy of a story.
        letters: Characters, spaces and punctuation included, without an end mark.
        words: Words.

    Example:
        >>> round(StoryEntropy(nats=30.0, letters=500.0, words=100.0).nats_per_letter, 3)
        0.06
    """

    nats: float
    letters: float
    words: float

    @property
    def nats_per_letter(self) -> float:
        """The lowest mean loss of a character model that also predicts one end mark per story.

        With another tokenizer the lowest loss is the sum of the stories' nats over the number
        of their tokens.
        """
        return self.nats / (self.letters + 1)


@cache
def default_grammar() -> Grammar:
    """The grammar in data/stories.grammar, parsed once."""
    return parse_grammar((shipped_folder() / "stories.grammar").read_text(encoding="utf-8"))


def start_parts(grammar: Grammar) -> Parts:
    """The start symbol: the first rule."""
    return (Slot(next(iter(grammar))),)


# Generate -----------------------------------------------------------------------------------------


def generate_stories(seed: int | random.Random, grammar: Grammar | None = None) -> Iterator[Story]:
    """Sample stories without end; the same seed gives the same stories on every machine.

    Args:
        seed: A seed, or a generator to draw from.
        grammar: The grammar; None is the shipped one.

    Yields:
        One story after the other.

    Example:
        >>> stories = [story.text for story in islice(generate_stories(seed=1), 3)]
        >>> len(stories)
        3
    """
    rng = seed if isinstance(seed, random.Random) else random.Random(seed)
    table = grammar or default_grammar()
    limits = {rule: [*accumulate(line.prob for line in table[rule])][:-1] for rule in table}

    def draw(rule: str) -> Production:
        # Of all its methods, only random() promises the same numbers in every version of Python.
        return table[rule][bisect(limits[rule], rng.random())]

    while True:
        costs: list[float] = []
        text = expand(start_parts(table), {}, draw, costs)
        yield Story(text, sum(costs))


def expand(
    parts: Parts,
    drawn: dict[str, Production],
    draw: Callable[[str], Production],
    costs: list[float],
) -> str:
    """The words of the parts; `costs` gets the nats of each draw."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        line = drawn.get(part.name)
        if line is None:
            line = draw(part.drawn_from or part.name)
            costs.append(-log(line.prob))
        if part.drawn_from:
            drawn = {**drawn, part.name: line}
        else:
            words = expand(line.words(part), drawn, draw, costs)
            text += words[:1].upper() + words[1:] if part.capital else words
    return text


# Expectation -------------------------------------------------------------------------------------


def story_entropy(grammar: Grammar | None = None) -> StoryEntropy:
    """Compute the exact expected nats, letters and words of a story.

    A sum over productions suffices: draws are independent, and the expectation of a sum is the sum
    of the expectations, even where one draw (who the hero is) decides about many parts.

    Args:
        grammar: The grammar; None is the shipped one.

    Returns:
        The expected values.

    Example:
        >>> round(story_entropy().nats, 1)
        29.5
    """
    table = grammar or default_grammar()

    def expectation(parts: Parts, bindings: Bindings) -> tuple[float, float, float]:
        """Expected nats, letters and spaces of the parts."""
        nats = letters = blanks = 0.0
        for part in parts:
            if isinstance(part, str):
                letters += len(part)
                blanks += part.count(" ")
                continue
            known = part.name in bindings
            lines = bindings[part.name] if known else table[part.drawn_from or part.name]
            if not known:
                nats -= sum(line.prob * log(line.prob) for line in lines)
            if part.drawn_from:
                bindings = {**bindings, part.name: lines}
                continue
            for line in lines:
                # Inside a field of a line, the bound name is known to be this line.
                inner = {**bindings, part.name: (replace(line, prob=1.0),)} if known else bindings
                more = expectation(line.words(part), inner)
                nats += line.prob * more[0]
                letters += line.prob * more[1]
                blanks += line.prob * more[2]
        return nats, letters, blanks

    nats, letters, blanks = expectation(start_parts(table), {})
    return StoryEntropy(nats, letters, words=blanks + 1)


# Parse ------------------------------------------------------------------------------------


def story_nats(text: str, grammar: Grammar | None = None) -> float:
    """Compute the negative log-likelihood of a text by parsing it.

    Args:
        text: A story.
        grammar: The grammar; None is the shipped one.

    Returns:
        -log of its probability, in nats.

    Raises:
        ValueError: If the text is not a story, with the position of the first wrong character.

    Example:
        >>> story = next(generate_stories(seed=1))
        >>> abs(story_nats(story.text) - story.nats) < 1e-9
        True
    """
    furthest = [0]
    found_nats = list(derivations(text, grammar or default_grammar(), furthest))
    if not found_nats:
        at = furthest[0]
        goes_on = f"go on with {text[at : at + 30]!r}" if at < len(text) else "end there"
        raise ValueError(
            f"This is not a story: its first {at} characters could begin one, but after "
            f"{text[max(0, at - 30) : at]!r} it cannot {goes_on}. "
            "A story is exactly what generate_stories yields."
        )
    return -log(sum(exp(-nats) for nats in found_nats)) if len(found_nats) > 1 else found_nats[0]


def derivations(text: str, table: Grammar, furthest: list[int] | None = None) -> Iterator[float]:
    """The nats of each derivation of the text; an unambiguous grammar has at most one.

    `furthest[0]` becomes the number of characters up to which the text could be a story.
    """
    furthest = furthest if furthest is not None else [0]

    def match(
        parts: Parts, at: int, bindings: Bindings, capital: bool
    ) -> Iterator[tuple[int, float, Bindings]]:
        """Each way to match the parts from `at` on: its end, its nats, the new bindings."""
        if not parts:
            yield at, 0.0, bindings
            return
        part, rest = parts[0], parts[1:]
        if isinstance(part, str):
            plain = part[:1].upper() + part[1:] if capital else part
            actual = text[at : at + len(plain)]
            if actual == plain:
                yield from match(rest, at + len(plain), bindings, False)
            elif at + len(plain) > furthest[0]:
                same = takewhile(lambda pair: pair[0] == pair[1], zip(actual, plain))
                furthest[0] = max(furthest[0], at + len(list(same)))
        elif part.drawn_from:
            everyone = {**bindings, part.name: table[part.drawn_from]}
            for end, nats, known in match(rest, at, everyone, capital):
                outside = {name: known[name] for name in bindings}  # the binding ends here
                for line in known[part.name]:  # productions that still match the text
                    yield end, nats - log(line.prob), outside
        else:
            for words, cost, inner in alternatives(part, bindings):
                for middle, nats, known in match(words, at, inner, capital or part.capital):
                    for end, more, last in match(rest, middle, known, False):
                        yield end, cost + nats + more, last

    def alternatives(part: Slot, bindings: Bindings) -> Iterator[tuple[Parts, float, Bindings]]:
        """The alternatives for a slot: the words, the nats of drawing them, the new bindings."""
        if part.name not in bindings:
            for line in table[part.name]:
                yield line.parts, -log(line.prob), bindings
            return
        same_words: dict[Parts, list[Production]] = {}
        for line in bindings[part.name]:
            same_words.setdefault(line.words(part), []).append(line)
        for words, lines in same_words.items():
            yield words, 0.0, {**bindings, part.name: tuple(lines)}

    for end, nats, _ in match(start_parts(table), 0, {}, False):
        furthest[0] = max(furthest[0], end)
        if end == len(text):
            yield nats


def write_story_file(path: str | Path) -> None:
    """Write the content of data/stories.txt: one story per line."""
    stories = islice(generate_stories(SHIPPED_SEED), SHIPPED_STORIES)
    content = "".join(f"{story.text}\n" for story in stories)
    Path(path).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_story_file(sys.argv[1])
