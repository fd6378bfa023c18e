"""A conversation as tokens, coloured by what is graded: the loss counts only the answers.

A wrong mask causes no error, so look at it. Each turn begins a new line, with its role before it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene, wrapped
from viz.canvas.palette import BLUE, FAINT, GREEN, INK, MUTED, TINTS, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.ticks import format_digits
from viz.canvas.visible_text import Piece, split_characters
from viz.text.tokens import (
    BOX,
    GAP,
    MAX_TOKENS,
    Span,
    add_piece,
    add_split_character,
    break_lines,
    clipped_runs,
    piece_width,
)
from viz.tuning.masks import Masks, read_losses, read_masks, read_roles, read_tokens
from viz.tuning.turns import find_roles, split_turns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRADED, NOT_GRADED = TINTS[3], FAINT
# Of a loss of 0 and of the largest one; dark ink can be read on both.
LEAST_SHADE, MOST_SHADE = blend(WHITE, BLUE, 0.08), blend(WHITE, BLUE, 0.55)
MARGIN, ROLE_WIDTH, UNDERLINE = 16.0, 76.0, 3.0
LOSS_ROW, SPLIT_ROW = 15.0, 19.0


def draw_loss_mask(
    tokens: Any,
    is_graded: Masks | None = None,
    *,
    tokenizer: Any = None,
    roles: Sequence[str] | None = None,
    losses: Sequence[float | None] | None = None,
    title: str = "",
    width: int = 720,
    max_tokens: int = MAX_TOKENS,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one conversation, coloured by what is graded, under one mask or several.

    Args:
        tokens: T tokens, each bytes or a string; or ids, or a `ChatTokens` with ids and is_graded,
            which need a tokenizer.
        is_graded: T booleans, whether the loss counts a token; or several masks, name -> booleans.
            None takes those of the `ChatTokens`.
        tokenizer: What has `token_bytes(id)` or `decode([id])`.
        roles: Whose each token is, T names. None reads them from special tokens such as <|user|>.
        losses: The loss of each token in nats, T numbers, as shade and number; None or NaN where
            there is none.
        title: Title of the picture.
        width: Width in pixels at which lines break.
        max_tokens: How many tokens are drawn.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `tokens`, `is_graded`, `roles`, `graded` (how many), `fraction` and
        `mean_loss` in `.data`, for several masks under their names; or `ax`, if given.

    Raises:
        ValueError: If there are no tokens, or not as many booleans, roles or losses as tokens.

    Example:
        >>> tokens = ["<|user|>", "2", "+", "2", "?", "<|assistant|>", "4", "<|end|>"]
        >>> draw_loss_mask(tokens, [False] * 6 + [True, True])
        Picture: 2 of 8 tokens are graded (25 %): 4<|end|>.
    """
    pieces, own_mask = read_tokens(tokens, tokenizer)
    masks = read_masks(own_mask if is_graded is None else is_graded, len(pieces))
    who = find_roles(pieces) if roles is None else read_roles(roles, len(pieces))
    nats = None if losses is None else read_losses(losses, masks)
    counted = [loss for mask in masks.values() for loss, one in zip(nats or [], mask) if one]
    largest = max(counted, default=0.0)

    def draw(width: float) -> Scene:
        parts = [heading_scene(title, width) if title else Scene(width, 10)]
        for name, mask in masks.items():
            parts.append(summary_scene(name, mask, nats, width))
            colours = token_colours(mask, nats, largest)
            drawing = ConversationScene(pieces, mask, who, colours, nats, width, max_tokens)
            parts.append(drawing.scene)
        return vstack(*parts, legend_scene(largest if nats else None, width))

    data = {name: mask_data(pieces, mask, who, nats) for name, mask in masks.items()}
    is_named = isinstance(is_graded, Mapping)
    alt = alt_text(title, pieces, masks)
    picture = Picture(data if is_named else data[""], alt, draw(width), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def mask_data(
    pieces: list[Piece], mask: list[bool], roles: list[str], losses: list[float] | None
) -> dict[str, Any]:
    graded = sum(mask)
    counted = [loss for loss, one in zip(losses or [], mask) if one]
    return {
        "tokens": pieces,
        "is_graded": mask,
        "roles": roles,
        "graded": graded,
        "fraction": graded / len(mask),
        "mean_loss": sum(counted) / graded if counted else None,
    }


def count_words(mask: Sequence[bool]) -> str:
    """How many tokens are graded, in words."""
    if not any(mask):
        return f"none of the {len(mask)} tokens is graded: there is nothing to learn"
    share = f"{100 * sum(mask) / len(mask):.0f} %"
    verb = "is" if sum(mask) == 1 else "are"
    return f"{sum(mask):,} of {len(mask):,} tokens {verb} graded ({share})"


def summary_scene(name: str, mask: list[bool], losses: list[float] | None, width: float) -> Scene:
    """The name of a mask, and how many tokens it grades."""
    scene, x = Scene(width, 26), MARGIN
    if name:
        scene.add(Text(x, 18, truncate(name, 40), 13, INK, weight="600"))
        x += 7.8 * len(truncate(name, 40)) + 14
    words = count_words(mask)
    if losses and any(mask):
        mean = sum(loss for loss, one in zip(losses, mask) if one) / sum(mask)
        words += f", mean loss {format_digits(mean)} nats"
    if width <= NARROW:
        lines = wrapped(Text(MARGIN, 36 if name else 18, words, 12, MUTED), width - 2 * MARGIN)
        scene.height = lines[-1].y + 8
        scene.add(*lines)
    else:
        scene.add(Text(x, 18, words, 12, MUTED))
    return scene


class ConversationScene:
    """The drawing of one conversation under one mask: turns one below the other.

    Args:
        pieces: The tokens.
        mask: Which of them are graded.
        roles: The role of each token.
        colours: The paper of each token.
        losses: The loss of each token, as far as it has one.
        width: Width in pixels at which lines break.
        max_tokens: How many tokens are drawn.
    """

    def __init__(
        self,
        pieces: list[Piece],
        mask: list[bool],
        roles: list[str],
        colours: list[str],
        losses: list[float] | None,
        width: float,
        max_tokens: int,
    ):
        self.pieces, self.mask, self.colours, self.losses = pieces, mask, colours, losses
        self.is_narrow = width <= NARROW
        self.left = MARGIN + (ROLE_WIDTH if any(roles) and not self.is_narrow else 0)
        self.scene = Scene(width, 0)
        for role, places in split_turns(roles[:max_tokens]):
            self.add_turn(role, places)
        if len(pieces) > max_tokens:
            more = f"... and {len(pieces) - max_tokens:,} more tokens"
            self.scene.add(Text(MARGIN, self.scene.height + 14, more, 12, MUTED))
            self.scene.height += 20

    def add_turn(self, role: str, places: range) -> None:
        """Add the tokens of one turn in as many lines as they need, and its role before them.

        On a phone the role is above them.
        """
        turn = [self.pieces[i] for i in places]
        y = self.scene.height + (13 if self.is_narrow else 21)
        self.scene.add(Text(MARGIN, y, truncate(role, 10), 12, MUTED, weight="600"))
        self.scene.height += 16 if self.is_narrow and role else 0
        split = split_characters(turn)
        for line in break_lines(turn, None, self.scene.width - self.left - MARGIN, split):
            spanning = [one for one in split if one[0] in line and one[1] in line]
            self.scene.height += SPLIT_ROW if spanning else 3
            spans = self.add_line([places[i] for i in line])
            for first, last, character in spanning:
                ends = spans[places[first]], spans[places[last]]
                add_split_character(self.scene, character, *ends, self.scene.height)
            has_loss = self.losses and any(self.mask[places[i]] for i in line)
            self.scene.height += BOX + UNDERLINE + 2 + (LOSS_ROW if has_loss else 0)
        self.scene.height += 3

    def add_line(self, places: list[int]) -> dict[int, Span]:
        """Add one line of tokens; the left and right edge of each."""
        x, y, spans = self.left, self.scene.height, {}
        for place in places:
            piece, width = self.pieces[place], piece_width(self.pieces[place], None)
            add_piece(self.scene, clipped_runs(piece), x, y, width, self.colours[place])
            if self.mask[place]:
                self.scene.add(Rect(x, y + BOX, width, UNDERLINE, GREEN))
            if self.mask[place] and self.losses:
                shown = f"{self.losses[place]:.1f}"
                size = 10 if self.is_narrow else 9.5
                self.scene.add(Text(x + width / 2, y + BOX + 14, shown, size, MUTED, "middle"))
            spans[place] = (x, x + width)
            x += width + GAP
        return spans


def token_colours(mask: list[bool], losses: list[float] | None, largest: float) -> list[str]:
    """The papers: grey for what is not graded; otherwise green, or shaded by the loss."""
    if losses is None:
        return [GRADED if graded else NOT_GRADED for graded in mask]
    return [
        blend(LEAST_SHADE, MOST_SHADE, loss / (largest or 1)) if graded else NOT_GRADED
        for graded, loss in zip(mask, losses)
    ]


def legend_scene(largest: float | None, width: float) -> Scene:
    """What the colours mean."""
    scene = Scene(width, 34)
    scene.add(Rect(MARGIN, 9, 22, 12, GRADED if largest is None else LEAST_SHADE, radius=2))
    scene.add(Rect(MARGIN, 21, 22, UNDERLINE, GREEN))
    words = "graded: the loss counts it"
    scene.add(Text(MARGIN + 30, 20, words, 11.5, INK))
    x = MARGIN + 30 + 6.2 * len(words) + (6 if width <= NARROW else 24)
    scene.add(Rect(x, 9, 22, 12, NOT_GRADED, radius=2))
    rest = "not graded" if width <= NARROW else "not graded: only read"
    scene.add(Text(x + 30, 20, rest, 11.5, INK))
    if largest is not None:
        x, y = x + 30 + 6.2 * 21 + 24, 9.0
        if width <= NARROW:
            x, y, scene.height = MARGIN, 33.0, 56
        for i in range(8):
            scene.add(Rect(x + 10 * i, y, 10, 12, blend(LEAST_SHADE, MOST_SHADE, i / 7)))
        scene.add(Text(x + 88, y + 11, f"loss 0 to {format_digits(largest)} nats", 11.5, INK))
    return scene


def alt_text(title: str, pieces: list[Piece], masks: Mapping[str, list[bool]]) -> str:
    """One sentence: how much is graded under each mask, and the beginning of it."""
    parts = []
    for name, mask in masks.items():
        graded = [piece for piece, one in zip(pieces, mask) if one]
        shown = "".join(written for piece in graded[:12] for written, _ in clipped_runs(piece))
        start = f"{name}: " if name else ""
        dots = " ..." if len(graded) > 12 else ""
        parts.append(f"{start}{count_words(mask)}{f': {shown}{dots}' if graded else ''}")
    return f"{title + '. ' if title else ''}{'; '.join(parts)}."
