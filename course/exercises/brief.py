"""Errors that a notebook shows in one line: the reader's cell is above it, and our source is not
what helps.
"""


class Brief:
    """Goes before the kind of error: IPython asks an error how it is to be shown."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__mro__[2].__name__}: {self}"]


class AnswerInterruptedError(Brief, KeyboardInterrupt):
    """The reader has stopped the kernel while an answer ran."""


class MismatchError(Brief, AssertionError):
    """Two results that should agree do not."""


class UnknownQuestionError(Brief, ValueError):
    """A question is asked by a name that none has."""
