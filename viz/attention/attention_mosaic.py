"""Attention of all heads of all layers as one image of small images.

Its alt text says what tokens attend to on average, and which head attends most to the token
before, to the first one, or to the token itself.
"""

from collections.abc import Mapping
from math import ceil, isqrt

import numpy as np

from viz.attention.attention_page import FINE, to_pixels
from viz.attention.attention_weights import AttentionWeights, head_name
from viz.canvas.labels import title_width, visible_token
from viz.canvas.palette import FAINT, INK, LINE, MASKED, MUTED, PAPER, WHITE, blend
from viz.canvas.scene import Image, Line, Rect, Scene, Text, hstack, vstack

MAX_TOKENS = 192
MAX_WEIGHTS = 1_400_000  # over all heads: 12 x 12 x 139 tokens, or 30 x 9 x 101, under 1.5 MB
MAX_WIDTH, MAX_HEIGHT = 824, 750  # pixels of all heads; 30 layers as wide would be three screens
MAX_SIDE, MIN_SIDE = 440, 14  # pixels of one head
LEGEND = (0, 0.01, 0.05, 0.2, 0.5, 1)
MAX_NAME, NAME_WIDTH, NAME_HEIGHT = 10, 6.1, 10  # letters of a token, pixels of a letter and a line


def max_tokens(models: Mapping[str, AttentionWeights], causal: bool) -> int:
    """How many tokens can be shown with so many heads."""
    heads = sum(model.weights.shape[0] * model.weights.shape[1] for model in models.values())
    squares = MAX_WEIGHTS // heads * (2 if causal else 1)  # half of a causal square is empty
    return max(1, min(MAX_TOKENS, isqrt(squares)))


def draw_mosaic(
    models: Mapping[str, AttentionWeights], labels: list[str], title: str, note: str, causal: bool
) -> Scene:
    """All models side by side, with a title and a legend."""
    columns = sum(model.weights.shape[1] for model in models.values())
    rows = max(model.weights.shape[0] for model in models.values())
    side = min((MAX_WIDTH - 80 * len(models)) // columns, MAX_HEIGHT // rows)
    side = min(MAX_SIDE, max(MIN_SIDE, side))
    panels = [draw_model(name, model, labels, side, causal) for name, model in models.items()]
    heading = Scene(title_width(title), 36 if title else 8)
    if title:
        heading.add(Text(16, 25, title, 15, weight="600"))
    footer = Scene(0, 34)
    footer.add(Text(16, 17, "weight", 11, MUTED))
    for k, weight in enumerate(LEGEND):
        x, colour = 60 + 58 * k, blend(WHITE, INK, weight**0.5)
        footer.add(Rect(x, 6, 14, 14, colour, FAINT), Text(x + 19, 17, f"{weight:g}", 11))
    text, x = f"each row sums to 1{'; ' + note if note else ''}", 60 + 58 * len(LEGEND)
    if causal:
        footer.add(Rect(x, 6, 14, 14, MASKED, FAINT))
        text, x = f"masked; {text}", x + 19
    footer.add(Text(x, 17, text, 11, MUTED))
    footer.width = x + 6 * len(text) + 16
    return vstack(heading, hstack(*panels, gap=8), footer)


def draw_model(
    name: str, model: AttentionWeights, labels: list[str], side: float, causal: bool
) -> Scene:
    """All heads of one model: its layers from top to bottom, its heads from left to right."""
    L, H, T, _ = model.weights.shape
    single = L == H == 1
    left, top = 66.0 if model.layers != [""] else 16.0, 40.0
    if single:
        left, top = names_room(labels, side / T)
    top += 20 if name else 0
    scene = Scene(left + side * H + 16, top + side * L + 8)
    if name:
        scene.add(Text(16, 16, name, 13, weight="600"))
    if single:
        add_token_names(scene, labels, left, top, side / T)
    else:
        scene.add(Text(left, top - 24, "head →", 11, MUTED))
        for h, head in enumerate(model.heads):
            scene.add(Text(left + side * (h + 0.5), top - 7, head, 11, MUTED, "middle"))
        for k, layer in enumerate(model.layers):
            y = top + side * (k + 0.5) + 4
            scene.add(Text(left - 8, y, f"layer {layer}" if layer else "", 11, MUTED, "end"))
    scene.add(Image(left, top, side * H, side * L, to_pixels(model.weights, FINE, causal)))
    add_head_borders(scene, left, top, side, (L, H), 4 if side > 30 else 2)
    if single:
        scene.add(Rect(left, top, side, side, "none", LINE))
    return scene


def add_head_borders(
    scene: Scene, left: float, top: float, side: float, shape: tuple[int, int], width: float
) -> None:
    """Lines between L x H images of heads."""
    L, H = shape
    right, bottom = left + side * H, top + side * L
    for h in range(1, H):
        scene.add(Line(((left + side * h, top), (left + side * h, bottom)), PAPER, width))
    for k in range(1, L):
        scene.add(Line(((left, top + side * k), (right, top + side * k)), PAPER, width))


def names_room(labels: list[str], side: float) -> tuple[float, float]:
    """Pixels on the left of one large head and above it, for the names of its tokens."""
    longest = max(len(visible_token(label, MAX_NAME)) for label in labels)
    names = (NAME_WIDTH * longest + 8) * ceil(NAME_HEIGHT / side)
    return max(names + 24, 62.0), max(names, 12.0) + 26


def add_token_names(scene: Scene, labels: list[str], left: float, top: float, side: float) -> None:
    """All tokens beside one large head and above it; where they are dense, in several ranks."""
    names = [visible_token(label, MAX_NAME) for label in labels]
    ranks, rank_width = ceil(NAME_HEIGHT / side), NAME_WIDTH * max(map(len, names)) + 8
    scene.add(Text(left - 8, top - 8, "query ↓", 11, MUTED, "end"))
    scene.add(Text(left, top - max(rank_width * ranks, 12) - 8, "key →", 11, MUTED))
    for k, name in enumerate(names):
        away, middle = 6 + rank_width * (k % ranks), side * (k + 0.5)
        if k % ranks:  # from the name to its row and column
            scene.add(Line(((left - away + 2, top + middle), (left, top + middle)), LINE, 0.7))
            scene.add(Line(((left + middle, top - away + 2), (left + middle, top)), LINE, 0.7))
        scene.add(Text(left - away, top + middle + 3.5, name, 10.2, INK, "end", mono=True))
        scene.add(Text(left + middle + 3.5, top - away, name, 10.2, mono=True, upright=True))


def mosaic_alt_text(models: Mapping[str, AttentionWeights], title: str, note: str) -> str:
    """One sentence: what tokens attend to on average, and the head that does it most."""
    parts = [model_alt_text(name, model) for name, model in models.items()]
    sentence = f"{title + ': ' if title else ''}{'; '.join(parts)}"
    return f"{sentence}; {note}." if note else f"{sentence}."


def model_alt_text(name: str, model: AttentionWeights) -> str:
    """The part of the sentence about one model."""
    L, H, T, _ = model.weights.shape
    size = f"{L} layer{'s' * (L > 1)} x {H} head{'s' * (H > 1)} x {T} tokens"
    size = f"{name}, {size}" if name else size
    if T < 2:
        return f"attention in {size}"
    kinds = {  # without the first token, which attends to itself only if the head is causal
        "the first token": model.weights[:, :, 1:, 0],
        "the token before": np.diagonal(model.weights, -1, 2, 3),
        "itself": np.diagonal(model.weights, 0, 2, 3)[..., 1:],
    }
    parts = []
    for key, weights in kinds.items():
        means = weights.mean(-1)  # (L, H)
        layer, head = np.unravel_index(means.argmax(), means.shape)
        best = head_name(model.layers[layer], model.heads[head])
        most = f", in {best} {means.max():.2f}" if L * H > 1 else ""
        parts.append(f"{means.mean():.2f} to {key}{most}")
    return f"attention in {size}: on average a token gives {', '.join(parts)}"
