"""A lesson in another language is the same lesson if its cells, tags and code are."""

import re

import pytest

from course.catalogue import QUESTIONS
from course.publishing.translation import differences, main
from course.syllabus.lesson_table import written_lessons

ONE = """# %% [markdown]
# How many?

# %% tags=["promise-guess"]
n = 3  # how many
print(f"there are {n} of {n + 1}")
guess("L grows by", ...)
"""
GERMAN = """# %% [markdown]
# Wie viele?

# %% tags=["promise-guess"]
n = 3  # wie viele
print(f"von {n + 1} sind {n} da")
guess("L grows by", ...)
"""


def test_prose_strings_and_comments_are_free():
    assert differences(ONE, GERMAN) == []


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("n = 3", "n = 4", "cell 2: the code differs"),
        ("L grows by", "L wächst um", "cell 2: the code differs"),
        ("{n + 1}", "{n + 2}", "cell 2: the code differs"),
        ("n = 3", "n = = 3", "cell 2: the code differs"),
        ("promise-guess", "promise-toy", "cell 2: the tags differ"),
        ("# %% [markdown]", "# %%", "cell 1: markdown has become code"),
        ("# %% tags", "# %%\n1\n# %% tags", "there are 2 cells, and 3 in the translation"),
    ],
)
def test_everything_else_is_not(old, new, difference):
    assert differences(ONE, GERMAN.replace(old, new)) == [difference]


def test_the_command_answers_with_its_exit_code(tmp_path, capsys):
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text(ONE)
    other.write_text(GERMAN)
    assert main([str(one), str(other)]) == 0
    other.write_text(GERMAN.replace("n = 3", "n = 4"))
    assert main([str(one), str(other)]) == 1
    assert capsys.readouterr().out.endswith("tags and code\ncell 2: the code differs\n")
    assert main([str(one), str(tmp_path / "none")]) == 1


def sentences(text: str) -> list[str]:
    text = re.sub(r"\s+", " ", text)
    return [s for s in re.split(r"(?<=[.!?:])\s+", text) if len(s.split()) >= 8]


def test_a_sentence_stands_in_one_place():
    """What is said twice would be translated twice; sources may be named by two lessons."""
    places: dict[str, set[str]] = {}
    for lesson in written_lessons():
        source = lesson.source.read_text(encoding="utf-8").split("## Sources and further")[0]
        for cell in re.split(r"^# %%", source, flags=re.MULTILINE):
            if cell.startswith(" [markdown]"):
                text = re.sub(r"^#+ ?#* ?", "", cell.partition("\n")[2], flags=re.MULTILINE)
                for sentence in sentences(text.replace("Four questions from before\n", "")):
                    places.setdefault(sentence, set()).add(lesson.name)
    for question in QUESTIONS.values():
        for wrong in question.wrong:
            for sentence in sentences(wrong.hint):
                places.setdefault(sentence, set()).add(f"catalogue of {question.lesson}")
    assert [pair for pair in places.items() if len(pair[1]) > 1] == []
