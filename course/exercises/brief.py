"""Errors that a notebook shows in one line, without a traceback through our code."""


class Brief:
    """A base class before the kind of error: IPython calls its method to show the error."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__mro__[2].__name__}: {self}"]


class AnswerInterruptedError(Brief, KeyboardInterrupt):
    """The reader interrupted the kernel while an answer ran."""


class MismatchError(Brief, AssertionError):
    """Two results that should agree do not."""


class UnknownQuestionError(Brief, ValueError):
    """No question has this name."""
