"""The answers of a reader: a file with one line for each check.

The file is on this machine, in the user's data folder or at GPTCORE_PROGRESS, and nothing is sent
anywhere. `GPTCORE_PROGRESS=off` records nothing; tests and the build of the notebooks use it. A
line has the time, the question, whether the answer is right, the belief behind an expected mistake,
and the answer if it is short. The code of a function is not recorded. `course.record.progress`
shows and erases the file, `course/record/answers.py` counts several files.

There are no locks: one system call appends a line, so several kernels do not mix their lines. Where
that is not atomic, as on Windows, a line may be damaged; it is skipped when the file is read.
"""

import contextlib
import json
import os
import reprlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from course.exercises.questions import Question, Verdict

VARIABLE = "GPTCORE_PROGRESS"
OFF = "off"
LONGEST = 200  # letters of an answer

SHORT = reprlib.Repr()  # so that a list of a million numbers is not converted
SHORT.maxdict = SHORT.maxlist = SHORT.maxtuple = SHORT.maxset = 12
SHORT.maxstring = SHORT.maxother = LONGEST


@dataclass(frozen=True)
class Answer:
    """One line of the file. Units: `at` is UTC, to the minute."""

    at: str
    question: str
    right: bool
    belief: str = ""
    answer: str = ""


def place() -> Path | None:
    """The path of the file, which may not exist; None if nothing is recorded."""
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() == OFF:
        return None
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("gptcore", appauthor=False)) / "answers.jsonl"


def keep(question: Question, answer, verdict: Verdict) -> None:
    """Record an answer; an error while writing is ignored."""
    # A full disk or a failing repr must not stop a lesson.
    with contextlib.suppress(Exception):
        append(
            Answer(
                at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"),
                question=question.name,
                right=verdict.right,
                belief=verdict.mistake.belief if verdict.mistake else "",
                answer="" if callable(answer) else SHORT.repr(answer)[:LONGEST],
            )
        )


def append(line: Answer) -> None:
    """Raises: OSError if the file cannot be written."""
    path = place()
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content = (json.dumps(asdict(line)) + "\n").encode()
    # Only its owner can read it.
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, content)
    finally:
        os.close(handle)


def answers_in(path: Path) -> list[Answer]:
    """All answers of a file, in order; damaged lines are skipped.

    Raises: OSError if the file does not exist or cannot be read.
    """
    answers = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):  # damaged, or of another program
            answers.append(checked(Answer(**json.loads(line))))
    return answers


def checked(answer: Answer) -> Answer:
    """Raises: TypeError if a value has the wrong type."""
    words = (answer.at, answer.question, answer.belief, answer.answer)
    if not isinstance(answer.right, bool) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"not an answer: {answer}")
    return answer


def answered() -> set[str]:
    """The names of the questions that this reader has answered correctly."""
    path = place()
    try:
        return {answer.question for answer in answers_in(path) if answer.right} if path else set()
    except OSError:
        return set()
