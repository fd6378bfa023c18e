"""Attention of all heads of all layers as one image of small images: the still of the live view.

Below it stands what is found in the weights: who gets most on average, and in which head tokens
look at the one before, at the first one, at themselves.
"""

from collections.abc import Mapping
from math import isqrt

import numpy as np

from viz.attention.attention_page import MANY, to_pixels
from viz.attention.attention_stack import Stack, name_of
from viz.canvas.labels import visible_token
from viz.canvas.palette import FAINT, INK, LINE, MUTED, PAPER, WHITE, blend
from viz.canvas.scene import Image, Line, Rect, Scene, Text, hstack, vstack

MOST_TOKENS = 192
MOST_WEIGHTS = 1_250_000  # over all heads: GPT-2's 12 x 12, with 128 tokens, are one megabyte
WIDEST = 860
LARGEST, SMALLEST = 440, 14  # pixels of one head
TICKS = (0, 0.01, 0.05, 0.2, 0.5, 1)


def how_many(stacks: Mapping[str, Stack], causal: bool) -> int:
    """How many tokens can be shown with so many heads."""
    heads = sum(stack.weights.shape[0] * stack.weights.shape[1] for stack in stacks.values())
    squares = MOST_WEIGHTS // heads * (2 if causal else 1)  # half of a causal square is empty
    return max(1, min(MOST_TOKENS, isqrt(squares)))


def draw_mosaic(stacks: Mapping[str, Stack], labels: list[str], title: str, note: str) -> Scene:
    columns = sum(stack.weights.shape[1] for stack in stacks.values())
    side = min(LARGEST, max(SMALLEST, (WIDEST - 80 * len(stacks)) // columns))
    blocks = [block(name, stack, labels, side) for name, stack in stacks.items()]
    heading = Scene(9.2 * len(title) + 32, 36 if title else 8)
    if title:
        heading.add(Text(16, 25, title, 15, weight="600"))
    foot = Scene(0, 34)
    foot.add(Text(16, 17, "weight", 11, MUTED))
    for k, tick in enumerate(TICKS):
        colour = blend(WHITE, INK, tick**0.5)
        foot.add(
            Rect(60 + 58 * k, 6, 14, 14, colour, FAINT), Text(79 + 58 * k, 17, f"{tick:g}", 11)
        )
    words = f"each row sums to 1{'; ' + note if note else ''}"
    foot.add(Text(60 + 58 * len(TICKS), 17, words, 11, MUTED))
    foot.width = 60 + 58 * len(TICKS) + 6 * len(words) + 16
    return vstack(heading, hstack(*blocks, gap=8), foot)


def block(name: str, stack: Stack, labels: list[str], side: float) -> Scene:
    """All heads of one model: its layers from top to bottom, its heads from left to right."""
    L, H, T, _ = stack.weights.shape
    alone = L == H == 1
    left, top = (90.0, 64.0) if alone else (66.0 if stack.layers != [""] else 16.0, 40.0)
    top += 20 if name else 0
    scene = Scene(left + side * H + 16, top + side * L + 8)
    if name:
        scene.add(Text(16, 16, name, 13, weight="600"))
    if alone:
        add_names(scene, labels, left, top, side / T)
    else:
        scene.add(Text(left, top - 24, "head →", 11, MUTED))
        for h, head in enumerate(stack.heads):
            scene.add(Text(left + side * (h + 0.5), top - 7, head, 11, MUTED, "middle"))
        for layer, words in enumerate(stack.layers):
            y = top + side * (layer + 0.5) + 4
            scene.add(Text(left - 8, y, f"layer {words}" if words else "", 11, MUTED, "end"))
    scene.add(Image(left, top, side * H, side * L, to_pixels(stack.weights, MANY)))
    right, bottom = left + side * H, top + side * L
    scene.add(
        *(Line(((left + side * h, top), (left + side * h, bottom)), PAPER, 4) for h in range(1, H))
    )
    scene.add(
        *(Line(((left, top + side * k), (right, top + side * k)), PAPER, 4) for k in range(1, L))
    )
    if alone:
        scene.add(Rect(left, top, side, side, "none", LINE))
    return scene


def add_names(scene: Scene, labels: list[str], left: float, top: float, side: float) -> None:
    """The tokens beside one large head, as many as can be read."""
    scene.add(Text(left - 8, top - 8, "asks ↓", 11, MUTED, "end"))
    scene.add(Text(left, top - 30, "is asked →", 11, MUTED))
    every = max(1, round(13 / side + 0.49))
    for k in range(0, len(labels), every):
        words = visible_token(labels[k], 10)
        scene.add(Text(left - 8, top + side * (k + 0.5) + 4, words, 11, INK, "end", mono=True))
    room = max(1, round(48 / side))
    for k in range(0, len(labels), room):
        words = visible_token(labels[k], 6)
        scene.add(Text(left + side * (k + 0.5), top - 8, words, 11, INK, "middle", mono=True))


def describe_many(stacks: Mapping[str, Stack], title: str, note: str) -> str:
    """One sentence: to whom tokens listen on average, and the head that does it most."""
    told = [describe_one(name, stack) for name, stack in stacks.items()]
    sentence = f"{title + ': ' if title else ''}{'; '.join(told)}"
    return f"{sentence}; {note}." if note else f"{sentence}."


def describe_one(name: str, stack: Stack) -> str:
    L, H, T, _ = stack.weights.shape
    size = f"{L} layer{'s' * (L > 1)} x {H} head{'s' * (H > 1)} x {T} tokens"
    size = f"{name}, {size}" if name else size
    if T < 2:
        return f"who listens to whom in {size}"
    later = stack.weights[:, :, 1:]  # the first token of a causal head has only itself
    kinds = {
        "the first token": later[..., 0],
        "the token before": np.diagonal(stack.weights, -1, 2, 3),
        "itself": np.diagonal(stack.weights, 0, 2, 3)[..., 1:],
    }
    parts = []
    for whom, given in kinds.items():
        means = given.mean(-1)  # (L, H)
        layer, head = np.unravel_index(means.argmax(), means.shape)
        best = name_of(stack.layers[layer], stack.heads[head])
        most = f", in {best} {means.max():.2f}" if L * H > 1 else ""
        parts.append(f"{means.mean():.2f} to {whom}{most}")
    return f"who listens to whom in {size}: on average a token gives {', '.join(parts)}"
