"""The language of the lessons: the field's terms, short sentences, answers that stay hidden."""

import re
import tomllib

import nbformat
import pytest

from course.catalogue import QUESTIONS
from course.publishing.build import cells_of
from course.syllabus.lesson_table import COURSE, written_lessons

LESSONS = written_lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)

TERMS = tomllib.loads((COURSE / "syllabus" / "terms.toml").read_text(encoding="utf-8"))
GLOSSARY = (COURSE / "pages" / "glossary.md").read_text(encoding="utf-8")
LONGEST_SENTENCE = 25
MOST_WORDS = 2_000
MOST_MINUTES = 60

# House words of the first edition with the field's words for them.
REPLACED = {
    r"surprises?": "loss, in nats",
    r"blames?": "gradient",
    r"to be worth": "gradient",
    r"local slopes?": "local gradient",
    r"slopes? of (?:the )?weights?": "gradient",
    r"dials?": "weight, parameter",
    r"torn letters?": "incomplete UTF-8 sequence",
    r"(?:listens?|listened|hears?|heard|deaf)": "attends to, attention weight",
    r"heads? silent|silent heads?": "ablated",
    r"the bets?": "prediction, probability",
    r"ledgers?": "logit attribution",
    r"brought to scale": "normalised",
    r"rungs?": "implementation",
    r"box of numbers": "tensor",
    r"(?:sheets?|strips?|glued?)": "matrix, head, concatenated",
    r"thinks? for (?:it|them)sel(?:f|ves)": "MLP block",
    r"throw of the dice": "sample",
    r"names to be asked about": "validation split",
}
# Words that make a sentence hard for a reader whose language is another one.
HARD = r"whoever|anew|upon|shall|whereupon|what was said|those that|comes to|is no more"
HARD += r"|just|simply|powerful|let's|let us"


def outside_details(markdown: str) -> str:
    """What is visible before anything is unfolded."""
    return re.sub(r"<details>.*?</details>", " ", markdown, flags=re.DOTALL)


def prose(markdown: str) -> str:
    """The words that a reader reads; a piece of code or a formula counts as one."""
    text = re.sub(r"```.*?```", " ", markdown, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`", " x ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"</?[a-z][^>]*>", " ", text)


def own_cells(lesson):
    """Without the header, the launch cell and the links at the end."""
    return cells_of(lesson).cells[2:-1]


def markdown_of(lesson) -> str:
    return "\n\n".join(c.source for c in own_cells(lesson) if c.cell_type == "markdown")


def main_text(lesson) -> str:
    """The prose without what is folded away and without the list of sources."""
    text = markdown_of(lesson).split("## Sources and further reading")[0]
    return prose(outside_details(text))


def sentences(text: str) -> list[str]:
    """Running text only: tables, headings and lists are no sentences of their own."""
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#>]|\d+\.) ?)", text):
        if not paragraph.lstrip().startswith(("|", "#")):
            found += re.split(r"(?<=[.!?:;])[\"”)*_]*\s+", paragraph.strip())
    return [" ".join(sentence.split()) for sentence in found if sentence.strip()]


@each_lesson
def test_sentences_are_short(lesson):
    long = [s for s in sentences(main_text(lesson)) if len(s.split()) > LONGEST_SENTENCE]
    assert not long, f"{len(long)} sentences, the first: {long[0]}"


@each_lesson
def test_a_lesson_fits_into_an_hour(lesson):
    words = len(re.findall(r"[A-Za-z][\w’'-]*", main_text(lesson)))
    assert words <= MOST_WORDS
    assert lesson.minutes <= MOST_MINUTES


@each_lesson
def test_it_uses_the_words_of_the_field(lesson):
    everything = prose(markdown_of(lesson))
    for replaced, instead in REPLACED.items():
        found = re.search(rf"(?i)(?<![\w-])(?:{replaced})(?![\w-])", everything)
        assert not found, f"{found[0]!r}: the field says {instead}"


@each_lesson
def test_no_word_stops_a_reader_from_another_country(lesson):
    found = re.findall(rf"(?i)[^.]*\b(?:{HARD})\b[^.]*", prose(markdown_of(lesson)))
    assert not found


@each_lesson
def test_each_term_is_explained_in_bold_and_stands_in_the_glossary(lesson):
    bold = {term.lower() for term in re.findall(r"\*\*([^*]+)\*\*", markdown_of(lesson))}
    for term in TERMS.get(lesson.name, ()):
        forms = {term.lower(), f"{term.lower()}s", f"{term.lower()}es"}
        forms |= {f"`{form}`" for form in forms}
        assert forms & bold, f"{term} is not explained (in bold)"
        entry = rf"(?im)^- \*\*{re.escape(term)}\*\* · \[lesson {lesson.number}\]"
        assert re.search(entry, GLOSSARY), f"{term} is not in the glossary under this lesson"


@each_lesson
def test_it_has_the_frame_of_a_lesson(lesson):
    headings = re.findall(r"(?m)^## (.+)$", markdown_of(lesson))
    assert headings[-2:] == ["Summary", "Sources and further reading"]
    assert len(headings) >= 5
    assert lesson.build and lesson.able and "?" in lesson.title
    summary = markdown_of(lesson).split("## Summary")[1].split("## Sources")[0]
    assert len(re.findall(r"(?m)^- ", outside_details(summary))) in range(4, 8)


# Between a guess and its answer


def guesses(cells):
    """Each guess of a lesson, with the cells up to its answer or to the next guess or section."""
    for place, cell in enumerate(cells):
        name = re.search(r"(?m)^guess\(\"(.+?)\"", cell.source)
        if cell.cell_type == "code" and name:
            between = []
            for later in cells[place + 1 :]:
                ends = "answer" in later.metadata.get("tags", []) or "\nguess(" in later.source
                if ends or later.source.startswith("## "):
                    break
                between.append(later)
            yield name[1], between


def printed_pattern(answer) -> str | None:
    """How an answer would be printed, as a pattern; None where it is a choice between letters."""
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        return None
    if isinstance(answer, str):
        return rf"(?i)\*\*{answer}\*\* (?:is right|wins)" if len(answer) == 1 else None
    digits = f"{answer:,}" if isinstance(answer, int) else f"{answer:.3g}"
    return rf"(?<![\d.,]){re.escape(digits)}(?![\d]|[.,]\d)"


@each_lesson
def test_no_answer_is_visible_before_it_is_asked_for(lesson):
    stored = nbformat.read(lesson.notebook, as_version=4).cells[2:-1]
    assert any("answer" in cell.metadata.get("tags", []) for cell in stored)
    for name, between in guesses(stored):
        pattern = printed_pattern(QUESTIONS[name].right)
        for cell in between if pattern else ():
            text = outside_details(cell.source) if cell.cell_type == "markdown" else ""
            for output in cell.get("outputs", ()):
                text += str(output.get("text", output.get("data", "")))
            assert not re.search(pattern, text), f"{name!r} is answered too early"


@each_lesson
def test_the_output_of_an_answer_is_folded(lesson):
    for cell in nbformat.read(lesson.notebook, as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        hidden = cell.metadata.get("jupyter", {}).get("outputs_hidden", False)
        assert hidden == ("answer" in tags)
        if hidden and cell.outputs:  # JupyterLab shows the first line of the first output
            assert cell.outputs[0].output_type == "display_data" and not cell.outputs[0].data


@each_lesson
def test_replies_use_the_words_of_the_field_too(lesson):
    for question in QUESTIONS.values():
        if question.lesson != lesson.name:
            continue
        words = [w.hint for w in question.wrong] + [w.belief for w in question.wrong]
        words += [text for text in (question.yes, question.otherwise) if isinstance(text, str)]
        for replaced, instead in REPLACED.items():
            found = re.search(rf"(?i)(?<![\w-])(?:{replaced})(?![\w-])", " ".join(words))
            assert not found, f"{question.name!r} says {found[0]!r}: the field says {instead}"
