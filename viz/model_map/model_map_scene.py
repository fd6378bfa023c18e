"""The map of a model as shapes: the still, seen where scripts do not run."""

from viz.canvas.bitmap import to_png
from viz.canvas.labels import visible_token
from viz.canvas.palette import (
    FAINT,
    GREEN,
    GREEN_PAPER,
    INK,
    LINE,
    MUTED,
    PAPER,
    WHITE,
    blend,
    diverging_colour,
)
from viz.canvas.scene import Circle, Image, Line, Rect, Scene, Text
from viz.model_map.model_map_layout import (
    BOX,
    INSET,
    PANEL_LEFT,
    PANEL_RIGHT,
    STREAM,
    WIDTH,
    Arrow,
    Box,
    Layout,
)
from viz.model_map.model_stage import ModelNumbers, ModelStage, is_per_head, numbers_at

DIM = 0.68  # how far dim things are blended with the paper
STEPS = 20  # colours on each side of 0
HEAT = [diverging_colour(k / STEPS) for k in range(-STEPS, STEPS + 1)]
DIM_HEAT = [blend(colour, PAPER, DIM) for colour in HEAT]


def build_scene(
    layout: Layout,
    numbers: ModelNumbers,
    t: int,
    lit: set[str],
    title: str,
    repeat: int,
) -> Scene:
    """The map as shapes, at position t."""
    scene = Scene(WIDTH, layout.height)
    if title:
        scene.add(Text(10, 22, title, 14, weight="600"))
    draw_ground(scene, layout, lit, repeat)
    for arrow in layout.arrows:
        draw_arrow(scene, arrow, MUTED if lit & {arrow.source, arrow.target} else fade(MUTED))
    for added, y in layout.sums:
        colour = INK if added in lit else fade(INK)
        scene.add(Circle(STREAM, y, 8, WHITE, colour, 1.5))
        scene.add(Line(((STREAM - 4, y), (STREAM + 4, y)), colour, 1.5))
        scene.add(Line(((STREAM, y - 4), (STREAM, y + 4)), colour, 1.5))
    for name, box in layout.boxes.items():
        draw_box(scene, box, numbers, t, name in lit)
    return scene


def fade(colour: str) -> str:
    """The colour of something that is dim."""
    return blend(colour, PAPER, DIM)


def draw_ground(scene: Scene, layout: Layout, lit: set[str], repeat: int) -> None:
    """Panels, the frame of the repeated block, and the stream."""
    if layout.repeated:
        y, end = layout.repeated
        frame = ((3.0, y), (WIDTH - 2, y), (WIDTH - 2, end), (3.0, end), (3.0, y))
        scene.add(Line(frame, MUTED, 1.2, dash="4 3"))
        text = f"one block, × {repeat}"
        scene.add(Text(WIDTH - 10, y + 14, text, 12, INK, "end", weight="600"))
    for panel in layout.panels:
        is_lit = any(name in lit for name in panel.stages)
        width = PANEL_RIGHT - PANEL_LEFT
        fill, line = (GREEN_PAPER, GREEN) if is_lit else (PAPER, FAINT)
        scene.add(Rect(PANEL_LEFT, panel.y, width, panel.height, fill, line, 1, 5))
        colour = GREEN if is_lit else MUTED
        scene.add(
            Text(PANEL_LEFT + INSET, panel.y + 12.5, panel.caption, 11.5, colour, weight="600")
        )
    start, end = layout.stream
    colour = LINE if "residual" not in {b.stage.part for b in layout.boxes.values()} else MUTED
    scene.add(Line(((STREAM, start), (STREAM, end)), colour, 4))


def draw_arrow(scene: Scene, arrow: Arrow, colour: str) -> None:
    (x0, _), (x, y) = arrow.points[-2:]
    scene.add(Line(arrow.points, colour, 1.3))
    size = 3.2
    if x == x0:
        head = ((x - size, y - size - 0.6), (x, y - 0.6), (x + size, y - size - 0.6))
    else:
        side = size if x < x0 else -size
        head = ((x + side, y - size), (x, y), (x + side, y + size))
    scene.add(Line(head, colour, 1.3))


def draw_box(scene: Scene, box: Box, numbers: ModelNumbers, t: int, is_lit: bool) -> None:
    """One box with its name, and its numbers or its shape."""
    stage = box.stage
    ink, frame = (INK, MUTED) if is_lit else (MUTED, LINE)
    scene.add(Rect(box.x, box.y, box.width, box.height, WHITE if is_lit else PAPER, frame, 1, 3))
    scene.add(
        Text(box.x + 7, box.y + 14, stage.text, 11.5, ink, weight="600" if is_lit else "normal")
    )
    x, y, width, height = box.strip
    if stage.name not in numbers.values:
        text = fitting_shape(stage.shape, width)
        base = box.y + 14 if box.is_single else y + height - 1
        scene.add(Text(x, base, text, 10, MUTED, mono=True))
    elif stage.op == "ids":
        number = round(numbers.values[stage.name][t][0])
        token = f"{visible_token(str(stage.labels[t]), 8)}  " if stage.labels else ""
        scene.add(Text(x, box.y + 14, f"{token}id {number}, position {t}", 11, ink, mono=True))
    else:
        draw_strip(scene, box, numbers, t, is_lit)
    if stage.name in numbers.values and box.is_single and box.height > BOX:
        text = best_tokens(stage, numbers_at(stage, numbers, t))
        scene.add(Text(x, box.y + box.height - 6, text, 11, ink, mono=True))


def best_tokens(stage: ModelStage, probs: list[float]) -> str:
    """The three most probable tokens."""
    best = sorted(zip(probs, stage.labels), key=lambda pair: -pair[0])[:3]
    return "   ".join(f"{visible_token(str(token))} {prob:.2f}" for prob, token in best)


def fitting_shape(shape: str, width: float) -> str:
    """The shape with its sizes, or the letters only where the sizes do not fit."""
    return shape if len(shape) * 6.05 <= width else shape.split(" = ")[0]


def draw_strip(scene: Scene, box: Box, numbers: ModelNumbers, t: int, is_lit: bool) -> None:
    """One image for each head, one pixel for each number; keys and values have a row for each
    position up to t.
    """
    stage, values = box.stage, numbers.values[box.stage.name]
    x, y, width, height = box.strip
    gap = 0.0 if stage.op == "concatenate" else 5.0 if box.is_single else 2.0
    per_head = is_per_head(values)
    groups = len(values) if per_head else stage.heads
    rows = values[: t + 1] if box.keeps else [numbers_at(stage, numbers, t)]
    shown = len(rows[0]) // groups  # of each group
    full = len(values[0]) if per_head else shown  # with those that are masked
    each = (width - gap * (groups - 1)) / (groups * full)
    row_height = height / len(values) if box.keeps else min(height, 13.0)
    largest = max((abs(number) for row in rows for number in row), default=1.0) or 1.0
    for group in range(groups):
        left = x + group * (full * each + gap)
        pixels = [
            bytes(
                round(STEPS * n / largest) + STEPS for n in row[group * shown : (group + 1) * shown]
            )
            for row in rows
        ]
        png = to_png(pixels, HEAT if is_lit else DIM_HEAT)
        size = (shown * each, row_height * len(rows))
        scene.add(Image(left, y, *size, png))
        frame = MUTED if is_lit else LINE
        scene.add(Rect(left, y, *size, "none", frame, 0.5))
        if shown < full:
            rest = (full - shown) * each
            scene.add(Rect(left + size[0], y, rest, size[1], "none", LINE, 0.5))
