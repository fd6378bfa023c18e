"""What a larger vocabulary changes: fewer tokens for a text, more embedding parameters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene
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
    sentence = f"A vocabulary of {vocab_size:,}: {summary_text(pieces)}"
    in_text = f"{len(pieces):,} for {n_bytes:,} bytes"
    in_table = f"{embedding_parameters:,} = {vocab_size:,} × {n_embd:,}"
    if other_parameters is not None:
        fraction = 100 * embedding_parameters / (embedding_parameters + other_parameters)
        in_table = f"{embedding_parameters:,}, {fraction:.1f} % of the model"

    def draw(width: float) -> Scene:
        gauges = heading_scene(title or sentence, width, 40)
        tokens = len(pieces) / max(1, n_bytes)
        add_gauge(gauges, "tokens in the text", tokens, BLUE, in_text)
        table = vocab_size / max_vocab_size
        add_gauge(gauges, "numbers in the table", table, ORANGE, in_table)
        gauges.height += 8
        scene = vstack(gauges, tokens_scene(pieces, None, width, max_tokens), gap=8)
        scene.height += 10
        return scene

    data = {
        "pieces": pieces,
        "tokens": len(pieces),
        "bytes": n_bytes,
        "characters": count_characters(pieces),
        "vocab_size": vocab_size,
        "table": embedding_parameters,
    }
    alt = f"{sentence}; {embedding_parameters:,} numbers in its table."
    picture = Picture(data, alt, draw(WIDTH), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def add_gauge(scene: Scene, name: str, fraction: float, colour: str, caption: str) -> None:
    """Add a name, a bar and a caption at the lower end of the scene, which grows."""
    y = scene.height
    if scene.width <= NARROW:
        width = NARROW - 2 * MARGIN
        scene.add(Text(MARGIN, y + 13, name, 13, INK))
        scene.add(Rect(MARGIN, y + 19, width, 14, FAINT, radius=3))
        scene.add(Rect(MARGIN, y + 19, max(1.0, width * min(1.0, fraction)), 14, colour, radius=3))
        scene.add(Text(MARGIN, y + 47, caption, 12, MUTED))
        scene.height += 58
        return
    scene.height += 24
    scene.add(Text(MARGIN, y + 13, truncate(name, 22), 13, INK))
    scene.add(Rect(LEFT, y, BAR_WIDTH, 17, FAINT, radius=3))
    scene.add(Rect(LEFT, y, max(1.0, BAR_WIDTH * min(1.0, fraction)), 17, colour, radius=3))
    scene.add(Text(LEFT + BAR_WIDTH + 10, y + 13, caption, 12, MUTED))
