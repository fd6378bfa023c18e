"""All questions of the course, lesson by lesson: guesses, exercises, wrong answers, hints."""

from course.catalogue import lesson_00, lesson_03
from course.questions import Question

QUESTIONS: dict[str, Question] = {}
for lesson in (lesson_00, lesson_03):
    for question in lesson.QUESTIONS:
        if question.name in QUESTIONS:
            raise AssertionError(f"two questions are called {question.name!r}")
        QUESTIONS[question.name] = question
