"""Small English stories without end, whose entropy is known exactly.

They are sampled from a grammar (`data/stories.grammar`). Every choice has a known probability, so
every story has one; and no model, however large, predicts stories on average better than
`story_entropy()` says. That is the floor under a loss curve. `data/stories.txt` has the first ones:

    python -m gptcore.corpus.stories.stories data/stories.txt

Left out on purpose: the best possible guess for each next letter; whole stories are priced.
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

Bindings = dict[str, tuple[Production, ...]]  # who was drawn -> the lines that it still can be


class Story(NamedTuple):
    """A text, and -log of the chance that it is this one.

    Units: nats.
    Example: story = next(generate_stories(seed=1)); print(story.text, story.nats)
    """

    text: str
    nats: float


@dataclass(frozen=True)
class StoryEntropy:
    """What one story has on average: computed from the table, not measured on a sample.

    Units: letters are characters, blanks and points too, without a mark of the end.
    Example: StoryEntropy(nats=30.0, letters=500.0, words=100.0).nats_per_letter -> about 0.06
    """

    nats: float
    letters: float
    words: float

    @property
    def nats_per_letter(self) -> float:
        """The floor for a model of characters that predicts one end mark after each story, too.

        Over many stories, all nats are shared out among all letters and end marks. With another
        tokenizer the floor is the sum of the stories' nats over the number of their tokens.
        """
        return self.nats / (self.letters + 1)


@cache
def default_grammar() -> Grammar:
    """The grammar in data/stories.grammar, parsed once."""
    return parse_grammar((shipped_folder() / "stories.grammar").read_text(encoding="utf-8"))


def start_parts(grammar: Grammar) -> Parts:
    """What is told: a line of the first rule."""
    return (Slot(next(iter(grammar))),)


# To tell -----------------------------------------------------------------------------------------


def generate_stories(seed: int | random.Random, grammar: Grammar | None = None) -> Iterator[Story]:
    """One story after the other, without end; for the same seed the same ones, everywhere.

    Example: [story.text for story in islice(generate_stories(seed=1), 3)]
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
    """The words of the parts; `surprises` gets the nats of each draw."""
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


# To expect ---------------------------------------------------------------------------------------


def story_entropy(grammar: Grammar | None = None) -> StoryEntropy:
    """The average of nats, letters and words over all stories, each by its chance; exact.

    A sum over lines suffices, because draws are independent: the average of a sum is the sum of
    the averages, even where one draw (who the hero is) decides about many parts.
    Example: story_entropy().nats -> about 29.5
    """
    table = grammar or default_grammar()

    def expectation(parts: Parts, bindings: Bindings) -> tuple[float, float, float]:
        """Nats, letters and blanks."""
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
                # Inside what a line says of itself, it is certain that it was this line.
                inner = {**bindings, part.name: (replace(line, prob=1.0),)} if known else bindings
                more = expectation(line.words(part), inner)
                nats += line.prob * more[0]
                letters += line.prob * more[1]
                blanks += line.prob * more[2]
        return nats, letters, blanks

    nats, letters, blanks = expectation(start_parts(table), {})
    return StoryEntropy(nats, letters, words=blanks + 1)


# To read back ------------------------------------------------------------------------------------


def story_nats(text: str, grammar: Grammar | None = None) -> float:
    """-log of the chance of a text, found by reading it: the second way to price a story.

    Raises: ValueError for what is no story, with the place where it stops being one.
    Example: story = next(generate_stories(seed=1)); story_nats(story.text) -> about story.nats
    """
    furthest = [0]
    found_nats = list(derivations(text, grammar or default_grammar(), furthest))
    if not found_nats:
        at = furthest[0]
        goes_on = f"go on with {text[at : at + 30]!r}" if at < len(text) else "end there"
        raise ValueError(
            f"This is no story: its first {at} characters could begin one, but after "
            f"{text[max(0, at - 30) : at]!r} it cannot {goes_on}. "
            "A story is what generate_stories tells, to the letter."
        )
    return -log(sum(exp(-nats) for nats in found_nats)) if len(found_nats) > 1 else found_nats[0]


def derivations(text: str, table: Grammar, furthest: list[int] | None = None) -> Iterator[float]:
    """The nats of each series of draws that tells this text; a sound table has at most one.

    `reach[0]` becomes the number of characters up to which the text could be a story.
    """
    furthest = furthest if furthest is not None else [0]

    def match(
        parts: Parts, at: int, bindings: Bindings, capital: bool
    ) -> Iterator[tuple[int, float, Bindings]]:
        """Each way to read the parts from `at` on: where it ends, its nats, who can be who."""
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
                outside = {
                    name: known[name] for name in bindings
                }  # a name lives as long as its line
                for line in known[part.name]:  # whom the text has not ruled out
                    yield end, nats - log(line.prob), outside
        else:
            for words, cost, inner in alternatives(part, bindings):
                for middle, nats, known in match(words, at, inner, capital or part.capital):
                    for end, more, last in match(rest, middle, known, False):
                        yield end, cost + nats + more, last

    def alternatives(part: Slot, bindings: Bindings) -> Iterator[tuple[Parts, float, Bindings]]:
        """What may stand in a slot: the words, the nats of drawing them, who can be who then."""
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
    """Write what data/stories.txt has: one story a line."""
    stories = islice(generate_stories(SHIPPED_SEED), SHIPPED_STORIES)
    content = "".join(f"{story.text}\n" for story in stories)
    Path(path).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_story_file(sys.argv[1])
