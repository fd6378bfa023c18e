"""What the lessons share: guesses, checks, their solutions, and the comparison of two results."""

from course.checks import check, guess
from course.same import same

__all__ = ["check", "guess", "same"]
