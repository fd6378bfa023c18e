"""What a larger vocabulary gives and takes: fewer tokens for a text, more numbers in the table."""

from collections.abc import Sequence

from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.visible_text import Piece, bytes_in, characters_in
from viz.text.tokens import check, counted, lay_out

WIDTH, MARGIN, LEFT, WIDE = 760, 16.0, 176.0, 300.0


def draw_vocabulary(
    pieces: Sequence[Piece],
    vocab_size: int,
    *,
    largest: int | None = None,
    n_embd: int = 384,
    other_numbers: int | None = None,
    title: str = "",
    most: int = 120,
    ax=None,
) -> Picture:
    """A text cut with a vocabulary of this size, and two bars: its tokens, and the table's numbers.

    The first bar is full when every byte is a token, the second at the `largest` vocabulary.
    `other_numbers` is how many the rest of the model has; then the table's share is told.
    Raises:  ValueError for a size below 1.
    Example: draw_vocabulary(["so", " it"], 300, n_embd=64, largest=1024)
    """
    largest = largest or vocab_size
    if not 1 <= vocab_size <= largest or n_embd < 1:
        raise ValueError(
            f"vocab_size={vocab_size}, largest={largest}, n_embd={n_embd}: vocab_size must be at "
            f"least 1 and at most `largest`, and n_embd at least 1."
        )
    pieces = check({"": pieces})[""]
    table, n_bytes = vocab_size * n_embd, bytes_in(pieces)
    gauges = Scene(WIDTH, 96)
    gauges.add(
        Text(
            MARGIN,
            25,
            title or f"A vocabulary of {vocab_size:,}: {counted(pieces)}",
            15,
            weight="600",
        )
    )
    told = f"{len(pieces):,} for {n_bytes:,} bytes"
    add_gauge(gauges, 40, "tokens in the text", len(pieces) / max(1, n_bytes), BLUE, told)
    told = f"{table:,} = {vocab_size:,} × {n_embd:,}"
    if other_numbers is not None:
        share = 100 * table / (table + other_numbers)
        told = f"{table:,}, {share:.1f} % of the model"
    add_gauge(gauges, 64, "numbers in the table", vocab_size / largest, ORANGE, told)
    scene = vstack(gauges, lay_out(pieces, None, WIDTH, most), gap=8)
    scene.height += 10
    data = {
        "pieces": pieces,
        "tokens": len(pieces),
        "bytes": n_bytes,
        "characters": characters_in(pieces),
        "vocab_size": vocab_size,
        "table": table,
    }
    alt = f"A vocabulary of {vocab_size:,}: {counted(pieces)}; {table:,} numbers in its table."
    picture = Picture(data, alt, scene)
    return picture.draw_on(ax) if ax is not None else picture


def add_gauge(scene: Scene, y: float, name: str, share: float, colour: str, told: str) -> None:
    scene.add(Text(MARGIN, y + 13, truncate(name, 22), 13, INK))
    scene.add(Rect(LEFT, y, WIDE, 17, FAINT, radius=3))
    scene.add(Rect(LEFT, y, max(1.0, WIDE * min(1.0, share)), 17, colour, radius=3))
    scene.add(Text(LEFT + WIDE + 10, y + 13, told, 12, MUTED))
