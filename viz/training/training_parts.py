"""Parts of the picture of a training run: samples, and the most probable next tokens."""

from collections.abc import Mapping, Sequence

from viz.canvas.labels import truncate, visible_token
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.wrapping import wrap_text
from viz.training.snapshot import MAX_SAMPLE_LETTERS

MAX_SHORT_SAMPLES, MAX_LONG_SAMPLES, MAX_LINES = 12, 3, 5
MAX_TOKENS = 24  # of a head; with more the picture would be too wide
LETTER_WIDTH = 7.3


def short_samples_scene(samples: Sequence[str]) -> Scene:
    """A column of short samples, one line each."""
    scene = Scene(200, 300, [Text(16, 25, "What it writes", 15, weight="600")])
    for i, text in enumerate(samples[:MAX_SHORT_SAMPLES]):
        shown = truncate(text.replace("\n", "↵"), MAX_SAMPLE_LETTERS) or "(nothing)"
        scene.add(Text(16, 52 + 20 * i, shown, 13, INK if text else MUTED, mono=True))
    return scene


def long_samples_scene(samples: Sequence[str], width: float) -> Scene:
    """A few long samples, each in several lines with a bar in front."""
    scene = Scene(width, 0, [Text(16, 25, "What it writes", 15, weight="600")])
    y = 48.0
    for text in samples[:MAX_LONG_SAMPLES]:
        columns = int((width - 40) / LETTER_WIDTH)
        lines = wrap_text(text, columns, MAX_LINES) if text else []
        scene.add(Rect(16, y - 12, 3, 17 * max(len(lines), 1), FAINT))
        for line in lines or ["(nothing)"]:
            scene.add(Text(28, y, line, 12, INK if lines else MUTED, mono=True))
            y += 17
        y += 10
    if len(samples) > MAX_LONG_SAMPLES:
        scene.add(Text(16, y, f"{len(samples) - MAX_LONG_SAMPLES} more are not shown", 11, MUTED))
    scene.height = y + 16
    return scene


def next_token_scene(
    probabilities: Mapping[str, float] | Sequence[tuple[str, float]], max_bars: int
) -> Scene:
    """Bars of the most probable next tokens, narrow enough to be beside something else."""
    pairs = probabilities.items() if isinstance(probabilities, Mapping) else probabilities
    ranked = sorted(pairs, key=lambda pair: -pair[1])
    scene = Scene(284, 44 + 24 * (max_bars + 1), [Text(16, 25, "Next token", 15, weight="600")])
    for i, (token, probability) in enumerate(ranked[:max_bars]):
        y = 44 + 24 * i
        scene.add(Text(100, y + 14, visible_token(token, 11), 12, INK, "end", mono=True))
        scene.add(Rect(110, y + 3, 110, 14, FAINT))
        scene.add(Rect(110, y + 3, 110 * probability / ranked[0][1], 14, BLUE if i else ORANGE))
        scene.add(Text(228, y + 14, f"{100 * probability:.1f}%", 12, MUTED))
    if len(ranked) > max_bars:
        rest = sum(probability for _, probability in ranked[max_bars:])
        text = f"{len(ranked) - max_bars:,} others together: {100 * rest:.1f}%"
        scene.add(Text(16, 44 + 24 * max_bars + 14, text, 12, MUTED))
    return scene
