"""A model's page inside a notebook: the whole file in a frame, so it works where no file is."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from gptcore.export.page import page_html
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer

HEIGHT = 900  # pixels


@dataclass(frozen=True, repr=False)
class FramedPage:
    """A page in a frame of a notebook.

    Attributes:
        page: Its HTML.
        title: What a screen reader says of the frame.
    """

    page: str
    title: str

    def __repr__(self) -> str:
        return f"Page: {self.title}"

    def _repr_html_(self) -> str:
        style = f"width: 100%; height: {HEIGHT}px; border: 1px solid #c8c4b8; border-radius: 6px"
        source = escape(self.page)
        return f'<iframe title="{escape(self.title)}" style="{style}" srcdoc="{source}"></iframe>'


def show_page(
    model: GPT, tokenizer: Tokenizer, *, title: str, lines: Iterable[str] = ()
) -> FramedPage:
    """The page that `export_page` writes, in a frame.

    Args:
        model: A small model.
        tokenizer: Its tokenizer.
        title: Of the page.
        lines: The training lines; samples that are among them are marked.
    """
    words = f"{title} in the browser: a beginning to type, temperature, probabilities, attention"
    return FramedPage(page_html(model, tokenizer, lines=lines, title=title), words)
