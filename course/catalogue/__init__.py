"""All questions of the course, lesson by lesson: guesses, exercises, wrong answers, hints."""

from importlib import import_module
from pkgutil import iter_modules

from course.exercises.questions import Question

QUESTIONS: dict[str, Question] = {}
for module in sorted(module.name for module in iter_modules(__path__)):
    for question in import_module(f"course.catalogue.{module}").QUESTIONS:
        if question.name in QUESTIONS:
            raise AssertionError(f"two questions are called {question.name!r}")
        QUESTIONS[question.name] = question
