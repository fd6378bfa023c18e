"""The parts of a training's sheet that no other picture has: samples, and a few next tokens."""

from collections.abc import Mapping, Sequence

from viz.canvas.labels import truncate, visible_token
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.wrapping import wrap_text
from viz.training.snapshot import LONGEST

MOST_WORDS, MOST_TEXTS, MOST_LINES, MOST_BARS = 12, 4, 6, 9
MOST_TOKENS = 24  # of a head; more would make the sheet too wide to read
PROSE_WIDE, LETTER = 470, 7.3


def words_scene(samples: Sequence[str]) -> Scene:
    """A column of short texts."""
    scene = Scene(200, 300, [Text(16, 25, "What it writes", 15, weight="600")])
    for i, text in enumerate(samples[:MOST_WORDS]):
        shown = truncate(text.replace("\n", "↵"), LONGEST) or "(nothing)"
        scene.add(Text(16, 52 + 20 * i, shown, 13, INK if text else MUTED, mono=True))
    return scene


def prose_scene(samples: Sequence[str]) -> Scene:
    """A few longer texts, each in some lines, with a bar before it."""
    scene = Scene(PROSE_WIDE, 0, [Text(16, 25, "What it writes", 15, weight="600")])
    y = 48.0
    for text in samples[:MOST_TEXTS]:
        lines = wrap_text(text, int((PROSE_WIDE - 40) / LETTER), MOST_LINES) if text else []
        scene.add(Rect(16, y - 12, 3, 17 * max(len(lines), 1), FAINT))
        for line in lines or ["(nothing)"]:
            scene.add(Text(28, y, line, 12, INK if lines else MUTED, mono=True))
            y += 17
        y += 10
    if len(samples) > MOST_TEXTS:
        scene.add(Text(16, y, f"{len(samples) - MOST_TEXTS} more are not shown", 11, MUTED))
    scene.height = y + 16
    return scene


def bars_scene(shares: Mapping[str, float] | Sequence[tuple[str, float]]) -> Scene:
    """The likeliest next tokens, narrow enough to stand beside the loss."""
    pairs = list(shares.items()) if isinstance(shares, Mapping) else list(shares)
    ranked = sorted(pairs, key=lambda pair: -pair[1])
    scene = Scene(280, 300, [Text(16, 25, "What it expects next", 15, weight="600")])
    for i, (token, share) in enumerate(ranked[:MOST_BARS]):
        y = 44 + 24 * i
        scene.add(Text(100, y + 14, visible_token(token, 11), 12, INK, "end", mono=True))
        scene.add(Rect(110, y + 3, 110, 14, FAINT))
        scene.add(Rect(110, y + 3, 110 * share / ranked[0][1], 14, BLUE if i else ORANGE))
        scene.add(Text(228, y + 14, f"{100 * share:.1f}%", 12, MUTED))
    if len(ranked) > MOST_BARS:
        rest = sum(share for _, share in ranked[MOST_BARS:])
        told = f"{len(ranked) - MOST_BARS:,} others together: {100 * rest:.1f}%"
        scene.add(Text(16, 44 + 24 * MOST_BARS + 14, told, 12, MUTED))
    return scene
