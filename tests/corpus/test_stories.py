"""Stories: priced exactly, read back in one way only, the same everywhere, and in good English."""

import hashlib
import os
import random
import re
import statistics
import subprocess
import sys
from itertools import islice
from math import exp, log, sqrt

import pytest

import gptcore.corpus as corpus
from gptcore.corpus.stories.grammar import Parts, Production, Slot, parse_grammar
from gptcore.corpus.stories.stories import (
    SHIPPED_STORIES,
    default_grammar,
    derivations,
    generate_stories,
    story_entropy,
    story_nats,
    write_story_file,
)
from gptcore.manifest import find_text, shipped_folder, text_path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ten_thousand() -> list:
    return list(islice(generate_stories(seed=2), 10_000))


def names_of(rule: str) -> set[str]:
    return {str(line.parts[0]) for line in default_grammar()[rule]}


PEOPLE = (Slot("hero", drawn_from="girl"), Slot("friend", drawn_from="boy"))
GIRLS, BOYS = names_of("girl"), names_of("boy")


def standard_errors_away(numbers: list[float], expected: float) -> float:
    error = statistics.stdev(numbers) / sqrt(len(numbers))
    return abs(statistics.fmean(numbers) - expected) / error


def test_the_average_story_is_as_long_and_as_surprising_as_computed(ten_thousand):
    expected = story_entropy()
    assert standard_errors_away([s.nats for s in ten_thousand], expected.nats) < 4
    assert standard_errors_away([len(s.text) for s in ten_thousand], expected.letters) < 4
    assert standard_errors_away([len(s.text.split()) for s in ten_thousand], expected.words) < 4


def test_the_floor_counts_each_letter_and_one_end_mark_a_story(ten_thousand):
    predicted = sum(len(story.text) + 1 for story in ten_thousand)
    measured = sum(story.nats for story in ten_thousand) / predicted
    assert measured == pytest.approx(story_entropy().nats_per_letter, rel=0.02)


@pytest.mark.slow
def test_reading_a_story_back_finds_one_way_to_tell_it_and_the_same_price(ten_thousand):
    for story in ten_thousand[:1_000]:
        assert list(derivations(story.text, default_grammar())) == [pytest.approx(story.nats)]


def always_named(who: str, parts: Parts, bindings: dict[str, tuple[Production, ...]]) -> bool:
    """Whether the parts say which line `who` is, whatever else is drawn."""
    for i, part in enumerate(parts):
        if isinstance(part, str):
            continue
        if part.drawn_from:
            lines = default_grammar()[part.drawn_from]
            speak_of_who = any(
                isinstance(slot, Slot) and slot.name == who
                for line in lines
                for words in line.fields.values()
                for slot in words
            )
            cases = [(line,) for line in lines] if speak_of_who else [lines]
            rest = parts[i + 1 :]
            return all(always_named(who, rest, {**bindings, part.name: case}) for case in cases)
        lines = bindings.get(part.name) or default_grammar()[part.name]
        if part.name == who:
            if len({line.words(part) for line in lines}) == len(lines):
                return True
        elif all(always_named(who, line.words(part), bindings) for line in lines):
            return True
    return False


def test_whoever_is_drawn_without_a_word_is_named_later_whatever_else_is_drawn():
    """Else all who could have been drawn would tell the same text, and each be priced."""
    drawn = 0
    for lines in default_grammar().values():
        for parts in (words for line in lines for words in (line.parts, *line.fields.values())):
            for i, part in enumerate(parts):
                if isinstance(part, Slot) and part.drawn_from:
                    bindings = {
                        slot.name: default_grammar()[slot.drawn_from]
                        for slot in [*PEOPLE, *parts[: i + 1]]
                        if isinstance(slot, Slot) and slot.drawn_from
                    }
                    assert always_named(part.name, parts[i + 1 :], bindings), (part, parts)
                    drawn += 1
    assert drawn > 10


def test_a_text_that_can_be_told_in_two_ways_has_the_chance_of_both():
    grammar = parse_grammar("a evenly\n    xy / x{b}\nb evenly\n    y / z")
    assert sorted(exp(-nats) for nats in derivations("xy", grammar)) == pytest.approx(
        [1 / 4, 1 / 2]
    )
    assert story_nats("xy", grammar) == pytest.approx(-log(3 / 4))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "its first 0 characters could begin one, but after '' it cannot end there."),
        (
            "Mia was afraid of the moon.",
            "its first 22 characters could begin one, but after 'Mia was afraid of the ' it cannot "
            "go on with 'moon.'.",
        ),
        (
            "Everybody is afraid of something. With Mia it was deep",
            "its first 54 characters could begin one, but after 'omething. With Mia it was deep' "
            "it cannot end there.",
        ),
    ],
)
def test_what_is_no_story_is_refused_with_the_place_where_it_stops_being_one(text, message):
    with pytest.raises(ValueError) as caught:
        story_nats(text)
    assert str(caught.value) == (
        f"This is not a story: {message} A story is exactly what generate_stories yields."
    )


@pytest.mark.slow
def test_two_stories_are_the_same_no_more_often_than_chance_has_it(ten_thousand):
    others = islice(generate_stories(seed=3), 10_000)
    meeting = statistics.fmean(exp(-story.nats) for story in others)  # the chance of two to be one
    expected = meeting * len(ten_thousand) * (len(ten_thousand) - 1) / 2
    again = len(ten_thousand) - len({story.text for story in ten_thousand})
    assert again <= expected + 4 * sqrt(expected) + 1
    assert exp(story_entropy().nats) > 1e12  # as many as that, were all equally likely


@pytest.mark.slow
def test_the_same_seed_tells_the_same_stories_in_every_process_and_needs_no_library(ten_thousand):
    code = (
        "import hashlib, itertools, sys; "
        "from gptcore.corpus.stories.stories import generate_stories; "
        "text = ''.join(story.text for story in itertools.islice(generate_stories(2), 500)); "
        "print(hashlib.sha256(text.encode()).hexdigest()); "
        "print({m.split('.')[0] for m in sys.modules} & {'numpy', 'torch', 'pyarrow', 'requests'})"
    )
    here = hashlib.sha256("".join(story.text for story in ten_thousand[:500]).encode()).hexdigest()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        python = [sys.executable, "-c", code]
        ran = subprocess.run(python, env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout.split("\n")[:2] == [here, "set()"]


def test_a_generator_may_be_passed_in_and_another_seed_tells_other_stories(ten_thousand):
    stories = generate_stories(random.Random(2))
    assert [next(stories) for _ in range(3)] == ten_thousand[:3]
    assert next(generate_stories(3)) != ten_thousand[0]


def test_the_shipped_file_is_what_the_generator_writes_byte_for_byte(tmp_path):
    write_story_file(tmp_path / "stories.txt")
    shipped = text_path(find_text("stories")).read_bytes()
    assert (tmp_path / "stories.txt").read_bytes() == shipped
    documents = corpus.load_documents("stories")
    assert len(documents) == SHIPPED_STORIES and "\n".join(documents) + "\n" == shipped.decode()


# The English, by rules that do not know the table ------------------------------------------------


def first_place(words: set[str], text: str) -> int:
    """The position of the first of the words in the text; its end if none does."""
    found = re.search(rf"\b({'|'.join(words)})\b", text)
    return found.start() if found else len(text)


@pytest.mark.slow
def test_each_story_has_one_girl_and_one_boy_and_no_pronoun_before_them(ten_thousand):
    for text, _ in ten_thousand:
        for names, noun, pronouns in (
            (GIRLS, "girl", {"she", "She", "her", "Her", "herself"}),
            (BOYS, "boy", {"he", "He", "him", "his", "His", "himself"}),
        ):
            named = set(re.findall(r"\b[A-Z][a-z]+\b", text)) & names
            assert len(named) == 1, text
            assert first_place(named | {noun}, text) < first_place(pronouns, text), text


def test_himself_and_herself_are_whoever_was_named_last(ten_thousand):
    checked = 0
    for text, _ in ten_thousand:
        for match in re.finditer(r"\b(himself|herself)\b", text):
            before = re.findall(rf"\b({'|'.join(GIRLS | BOYS)})\b", text[: match.start()])
            assert (before[-1] in GIRLS) == (match[1] == "herself"), text
            checked += 1
    assert checked > 100


def test_what_was_lost_is_what_is_found_and_the_price_is_what_is_paid(ten_thousand):
    found = paid = 0
    for text, _ in ten_thousand:
        if match := re.search(r"It was the (\w+)!", text):
            assert re.search(rf"\b{match[1]}\b", text[: match.start()]), text
            found += 1
        if match := re.search(r"(?:cost|price was) (\w+) coins", text):
            assert re.search(rf"(had|were|came to) {match[1]}\b", text[match.end() :]), text
            paid += 1
    assert found > 100 and paid > 100


@pytest.mark.slow
def test_a_story_is_one_line_of_whole_sentences_of_plain_letters(ten_thousand):
    for text, _ in ten_thousand:
        assert re.fullmatch(r"[A-Za-z ,.!?\"'-]+", text), text
        assert re.match(r"[A-Z\"]", text) and re.search(r"[.!?]\"?$", text), text
        assert "  " not in text and not re.search(r" [,.!?]|[,;][A-Za-z]|\.[A-Za-z]", text), text
        assert text.count('"') % 2 == 0, text
        assert 40 <= len(text.split()) <= 180, text


def test_after_a_and_an_comes_what_belongs_there(ten_thousand):
    for text, _ in ten_thousand:
        articles = re.findall(r"\b([Aa]n?) (\w)(\w*)", text)
        for article, first, rest in articles:
            vowel = (
                first in "aeiou" and first + rest not in ("one", "used")
            ) or first + rest == "hour"
            assert (article.lower() == "an") == vowel, text


@pytest.mark.slow
def test_no_words_are_glued_together_where_two_parts_meet(ten_thousand):
    grammar = (shipped_folder() / "stories.grammar").read_text(encoding="utf-8")
    known = set(re.findall(r"[A-Za-z]+", re.sub(r"\{[^}]*\}", " ", grammar).lower())) | {"s"}
    for text, _ in ten_thousand:
        assert set(re.findall(r"[a-z]+", text.lower())) <= known, text


def test_common_words_are_common_and_rare_ones_rare(ten_thousand):
    counts: dict[str, int] = {}
    for text, _ in ten_thousand[:2_000]:
        for word in re.findall(r"[a-z]+", text.lower()):
            counts[word] = counts.get(word, 0) + 1
    most, total = sorted(counts.values(), reverse=True), sum(counts.values())
    assert 800 < len(counts) < 2_000
    assert sum(most[:20]) > total / 3 and most[len(most) // 2] < total / 3_000
