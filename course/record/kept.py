"""What a reader has answered so far: one line for each check, in a file of the reader's own.

The file lies on this machine, in the user's folder of data or where GPTCORE_PROGRESS says, and
nothing is sent anywhere. `GPTCORE_PROGRESS=off` keeps nothing; so do the tests, and the build of
the notebooks, whose stored outputs must not tell of anybody. A line holds when, which question,
right or not, the belief behind a foreseen mistake, and a short answer as it was given. The code of
a function is not kept. `python -m course.record.progress` shows and erases it,
`course/record/answers.py` counts what many readers have handed in.
Left out on purpose: locks. A line is appended by one call of the system, so several kernels do not
cut into each other's. Where that is not one step, as on Windows, a line may be torn now and then;
it is passed over when the file is read.
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

SHORT = reprlib.Repr()  # a list of a million numbers is not written out to be cut off then
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
    """The file, whether it is there or not; None if nothing shall be kept."""
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() == OFF:
        return None
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("gptcore", appauthor=False)) / "answers.jsonl"


def keep(question: Question, answer, verdict: Verdict) -> None:
    """Note what was answered; where it cannot be written down, nothing happens."""
    # A full disk, somebody else's folder, an object that cannot show itself: none costs a lesson.
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
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)  # for its owner's eyes
    try:
        os.write(handle, content)
    finally:
        os.close(handle)


def answers_in(path: Path) -> list[Answer]:
    """All that a file holds, in the order in which it was answered; torn lines are left out.

    Raises: OSError if the file is not there or cannot be read.
    """
    answers = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):  # torn, or of another program
            answers.append(checked(Answer(**json.loads(line))))
    return answers


def checked(answer: Answer) -> Answer:
    """Raises: TypeError for a line that has the right names and something else behind them."""
    words = (answer.at, answer.question, answer.belief, answer.answer)
    if not isinstance(answer.right, bool) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"not an answer: {answer}")
    return answer


def answered() -> set[str]:
    """The names of the questions that this reader has ever answered rightly."""
    path = place()
    try:
        return {answer.question for answer in answers_in(path) if answer.right} if path else set()
    except OSError:
        return set()
