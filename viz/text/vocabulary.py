"""What a larger vocabulary changes: fewer tokens for a text, more embedding parameters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.visible_text import Piece, count_bytes, count_characters
from viz.text.tokens import check_pieces, summary_text, tokens_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, MARGIN, LEFT, BAR_WIDTH = 760, 16.0, 176.0, 300.0


def draw_vocabulary(
    pieces: Sequence[Piece],
    vocab_size: int,
    *,
    max_vocab_size: int | None = None,
    n_embd: int = 384,
    other_parameters: int | None = None,
    title: str = "",
    max_tokens: int = 120,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a text in the tokens of a vocabulary, with bars for their number and the embedding.

    The first bar is full at one token per byte, the second at `max_vocab_size`.

    Args:
        pieces: Tokens of the text, each bytes or a string.
        vocab_size: Size of the vocabulary.
        max_vocab_size: Size at which the second bar is full. None takes `vocab_size`.
        n_embd: Numbers per row of the embedding.
        other_parameters: Parameters of the rest of the model, to show the embedding's fraction.
        title: Title of the picture, instead of a summary.
        max_tokens: How many tokens are drawn.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with counts in `.data`; or `ax`, if given.

    Raises:
        ValueError: If a size is below 1, or `vocab_size` is above `max_vocab_size`.
    """
    max_vocab_size = max_vocab_size or vocab_size
    if not 1 <= vocab_size <= max_vocab_size or n_embd < 1:
        raise ValueError(
            f"vocab_size={vocab_size}, max_vocab_size={max_vocab_size}, n_embd={n_embd}: "
            f"vocab_size must be at least 1 and at most `max_vocab_size`, and n_embd at least 1."
        )
    pieces = check_pieces({"": pieces})[""]
    embedding_parameters, n_bytes = vocab_size * n_embd, count_bytes(pieces)
    gauges = Scene(WIDTH, 96)
    sentence = f"A vocabulary of {vocab_size:,}: {summary_text(pieces)}"
    gauges.add(Text(MARGIN, 25, title or sentence, 15, weight="600"))
    caption = f"{len(pieces):,} for {n_bytes:,} bytes"
    add_gauge(gauges, 40, "tokens in the text", len(pieces) / max(1, n_bytes), BLUE, caption)
    caption = f"{embedding_parameters:,} = {vocab_size:,} × {n_embd:,}"
    if other_parameters is not None:
        fraction = 100 * embedding_parameters / (embedding_parameters + other_parameters)
        caption = f"{embedding_parameters:,}, {fraction:.1f} % of the model"
    add_gauge(gauges, 64, "numbers in the table", vocab_size / max_vocab_size, ORANGE, caption)
    scene = vstack(gauges, tokens_scene(pieces, None, WIDTH, max_tokens), gap=8)
    scene.height += 10
    data = {
        "pieces": pieces,
        "tokens": len(pieces),
        "bytes": n_bytes,
        "characters": count_characters(pieces),
        "vocab_size": vocab_size,
        "table": embedding_parameters,
    }
    alt = f"{sentence}; {embedding_parameters:,} numbers in its table."
    picture = Picture(data, alt, scene)
    return picture.draw_on(ax) if ax is not None else picture


def add_gauge(
    scene: Scene, y: float, name: str, fraction: float, colour: str, caption: str
) -> None:
    scene.add(Text(MARGIN, y + 13, truncate(name, 22), 13, INK))
    scene.add(Rect(LEFT, y, BAR_WIDTH, 17, FAINT, radius=3))
    scene.add(Rect(LEFT, y, max(1.0, BAR_WIDTH * min(1.0, fraction)), 17, colour, radius=3))
    scene.add(Text(LEFT + BAR_WIDTH + 10, y + 13, caption, 12, MUTED))
