"""Each word of the glossary is in the lesson that it names, and no lesson before explains it."""

import re

import pytest

from course.syllabus.lesson_table import COURSE, written_lessons

PAGE = (COURSE / "pages" / "glossary.md").read_text(encoding="utf-8")
LINE = re.compile(r"- \*\*(.+?)\*\* · \[lesson (\d+)\]\(\.\./\.\./notebooks/(.+?)\.ipynb\) · (.+)")
ENTRIES = [LINE.fullmatch(line).groups() for line in PAGE.splitlines() if line.startswith("- ")]
each_entry = pytest.mark.parametrize(("word", "number", "name", "meaning"), ENTRIES)
NO_TERMS = {  # bold for another reason
    "what was said minus what was",
    "fused nodes",
    "arrays",
    "axes",
    "all",
    "in training all positions of a row are computed in parallel",
    "a function without state",
    "no picture of fineweb",
}
TEXT = {
    lesson.number: re.sub(r"\s+", " ", re.sub(r"^# ?", "", source, flags=re.MULTILINE)).lower()
    for lesson in written_lessons()
    for source in [lesson.source.read_text(encoding="utf-8")]
}


def uses(text: str, word: str) -> bool:
    """Whether the text has the word, as it is or with an s."""
    return bool(re.search(rf"(?<![\w-]){re.escape(word.lower())}s?(?![\w-])", text))


@each_entry
def test_the_lesson_that_is_named_uses_the_word(word, number, name, meaning):
    assert name.startswith(f"{int(number):02}_")
    assert uses(TEXT[int(number)], word)


@each_entry
def test_no_lesson_before_it_explains_the_word(word, number, name, meaning):
    """What a lesson explains it prints in bold."""
    for earlier in (one for one in TEXT if one < int(number)):
        bold = re.findall(r"\*\*([^*]+)\*\*", TEXT[earlier])
        assert word.lower() not in bold and f"{word.lower()}s" not in bold, earlier


def test_every_word_that_a_lesson_explains_is_there():
    explained = {word.lower() for word, *_ in ENTRIES}
    for number, text in TEXT.items():
        prose = " ".join(re.findall(r"%% \[markdown\](.*?)(?=%%|\Z)", text))
        for bold in re.findall(r"\*\*([a-z][a-z -]+)\*\*", prose):
            assert {bold, bold.removesuffix("s")} & (explained | NO_TERMS), (number, bold)


def test_words_stand_in_order_once_and_are_told_in_one_to_three_sentences():
    words = [word.lower() for word, *_ in ENTRIES]
    assert words == sorted(set(words))
    for _, _, _, meaning in ENTRIES:
        sentences = re.findall(r"[.!?](?= |$)", meaning)
        assert 1 <= len(sentences) <= 3, meaning
