"""Code that the lessons share: guesses, checks, solutions, comparisons."""

from course.checks import check, guess
from course.same import same

__all__ = ["check", "guess", "same"]
