"""Where the boxes and the arrows of the map of a model are.

Data goes from top to bottom. The residual stream is a thick line on the left; attention and MLP
read from it at their first box and add to it at their last one.
"""

from dataclasses import dataclass, field
from itertools import groupby

from viz.canvas.scene import Point
from viz.model_map.model_stage import ModelStage

WIDTH, STREAM = 384.0, 20.0  # of the map; x of the residual stream
PANEL_LEFT, PANEL_RIGHT, INSET = 40.0, 378.0, 8.0
STRIP_LEFT, STRIP_RIGHT = 176.0, 366.0
LANE = 20.0  # beside boxes that an arrow passes
BOX, GAP, CAPTION = 20.0, 5.0, 16.0
BEST = 16.0  # for the most probable tokens
MAX_ROWS_HEIGHT = 30.0  # of the rows of keys in a box
BRANCHES = ("attention", "mlp")  # parts that read from the residual stream and add to it
PART_NAMES = {"attention": "attention", "mlp": "MLP"}


@dataclass
class Box:
    """One stage on the map; the strip is where its numbers are."""

    stage: ModelStage
    x: float
    y: float
    width: float
    height: float
    strip: tuple[float, float, float, float]  # x, y, width, height
    keeps: bool = False  # whether it has a row for each position so far, as keys and values do

    @property
    def is_single(self) -> bool:
        """Whether the strip is beside the name, not below it."""
        return self.strip[0] - self.x > 100

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass
class Arrow:
    """Data goes from `source` to `target` along the points."""

    source: str
    target: str
    points: tuple[Point, ...]


@dataclass
class Panel:
    """The background of attention or of an MLP."""

    caption: str
    y: float
    height: float
    stages: list[str] = field(default_factory=list)


@dataclass
class Layout:
    """All boxes, arrows and panels, and where the stream begins, ends, and is added to."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    sums: list[tuple[str, float]] = field(default_factory=list)  # the added stage, and y
    stream: tuple[float, float] = (0.0, 0.0)
    repeated: tuple[float, float] | None = None  # y from, y to
    height: float = 0.0


def rows_of(stages: list[ModelStage]) -> list[list[ModelStage]]:
    """Stages that follow each other and have the same part and inputs are one row.

    So are those that do the same to stages of one row, as RoPE does to queries and keys.
    """
    groups = groupby(stages, key=lambda s: (s.layer, s.part, tuple(s.inputs)))
    rows: list[list[ModelStage]] = []
    for _, group in groups:
        row = list(group)
        if len(rows) > 1 and len(row) == 1 and is_parallel(row[0], rows[-1], rows[-2]):
            rows[-1] += row
        else:
            rows.append(row)
    return rows


def is_parallel(stage: ModelStage, row: list[ModelStage], above: list[ModelStage]) -> bool:
    """Whether a stage does to one stage of the row above what this row does to another one."""
    names = {other.name for other in above}
    same = {(s.layer, s.part, s.op, s.label) for s in (*row, stage)}
    inputs = [tuple(s.inputs) for s in (*row, stage)]
    return len(same) == 1 and all(len(i) == 1 and i[0] in names for i in inputs)


def build_layout(stages: list[ModelStage], T: int, top: float, repeat: int) -> Layout:
    layout = Layout()
    rows = rows_of(stages)
    layers = max(stage.layer for stage in stages) + 1
    y, part, first_repeated = top, "", None
    passed, kept = passed_rows(rows), kept_stages(stages)
    for k, row in enumerate(rows):
        branch, key = row[0].part in BRANCHES, f"{row[0].layer} {row[0].part}"
        if key != part and layout.panels and part.split(" ")[1] in BRANCHES:
            y += close_panel(layout, y)
        if branch and key != part:
            if repeat > 1 and first_repeated is None:
                y += 18
                first_repeated = y - 20
            name = PART_NAMES[row[0].part] + (f", block {row[0].layer}" if layers > 1 else "")
            layout.panels.append(Panel(name, y, 0))
            y += CAPTION
        part = key
        height = place_row(layout, row, y, T, kept, lane=k in passed)
        if branch:
            layout.panels[-1].stages += [stage.name for stage in row]
        y += height + GAP
        if repeat > 1 and row[0].part == "residual":
            layout.repeated = (first_repeated or top, y - 1)
    if layout.panels:
        y += close_panel(layout, y)
    if repeat > 1 and layout.repeated:
        shift_below(layout, layout.repeated[1], 6)
        y += 6
    layout.height = y + 3
    add_arrows(layout, rows)
    return layout


def close_panel(layout: Layout, y: float) -> float:
    """End the last panel at y; how much further down the next row is."""
    panel = layout.panels[-1]
    if not panel.height:
        panel.height = y - GAP + INSET - panel.y
        return INSET
    return 0.0


def shift_below(layout: Layout, y: float, by: float) -> None:
    """Move the boxes below y down, to make room for the frame of the repeated block."""
    for box in layout.boxes.values():
        if box.y > y:
            x, top, width, height = box.strip
            box.y, box.strip = box.y + by, (x, top + by, width, height)


def passed_rows(rows: list[list[ModelStage]]) -> set[int]:
    """Rows that an arrow passes on its way from a row above to a row below."""
    row_of = {stage.name: k for k, row in enumerate(rows) for stage in row}
    passed: set[int] = set()
    for k, row in enumerate(rows):
        for source in (name for stage in row for name in stage.inputs):
            first = rows[row_of[source]][0]
            if row[0].part in BRANCHES and is_same_part(first, row[0]):
                passed |= set(range(row_of[source] + 1, k))
    return passed


def is_same_part(one: ModelStage, other: ModelStage) -> bool:
    """Whether both belong to the same attention, or to the same MLP."""
    return (one.part, one.layer) == (other.part, other.layer)


def kept_stages(stages: list[ModelStage]) -> set[str]:
    """Keys and values: what attention reads at all positions so far."""
    return {s.inputs[1] for s in stages if s.op in ("scores", "weighted sum")}


def place_row(
    layout: Layout, row: list[ModelStage], y: float, T: int, kept: set[str], lane: bool
) -> float:
    """Place the boxes of one row; its height."""
    branch = row[0].part in BRANCHES
    left = PANEL_LEFT + INSET if branch else 6.0
    right = PANEL_RIGHT - (INSET if branch else 0.0)
    if len(row) == 1:
        narrow = LANE if lane else 0.0
        strip = (STRIP_LEFT, y + 4, STRIP_RIGHT - STRIP_LEFT - narrow, BOX - 8)
        has_best = T > 0 and row[0].part == "output" and row[0].op == "softmax" and row[0].labels
        height = BOX + BEST if has_best else BOX
        layout.boxes[row[0].name] = Box(row[0], left, y, right - left - narrow, height, strip)
        return height
    width = (right - left - 7 * (len(row) - 1)) / len(row)
    keeps_rows = T > 0 and any(stage.name in kept for stage in row)
    inside = max(12.0, min(6.0, MAX_ROWS_HEIGHT / max(T, 1)) * T) if keeps_rows else 12.0
    is_parallel_row = len({tuple(stage.inputs) for stage in row}) > 1
    below = [layout.boxes[stage.inputs[0]] for stage in row] if is_parallel_row else []
    for k, stage in enumerate(row):
        x = left + (width + 7) * k
        if below:  # each under the box that it changes
            x, width = below[k].x, below[k].width
        strip = (x + 6, y + 19, width - 12, inside)
        layout.boxes[stage.name] = Box(stage, x, y, width, 24 + inside, strip, stage.name in kept)
    return 24 + inside


def add_arrows(layout: Layout, rows: list[list[ModelStage]]) -> None:
    """Arrows from inputs to boxes, from the stream into a part, and from a part to the stream."""
    boxes, row_of = layout.boxes, {stage.name: k for k, row in enumerate(rows) for stage in row}
    on_stream: list[Box] = []
    for k, row in enumerate(rows):
        for stage in row:
            target = boxes[stage.name]
            for source in (boxes[name] for name in stage.inputs):
                same_part = is_same_part(source.stage, stage)
                if stage.part == "residual":
                    if source.stage.part in BRANCHES:  # the other input comes along the stream
                        points: tuple[Point, ...] = (
                            (source.x, source.middle),
                            (STREAM + 8, source.middle),
                        )
                        layout.arrows.append(Arrow(source.stage.name, stage.name, points))
                        layout.sums.append((source.stage.name, source.middle))
                elif stage.part in BRANCHES and not same_part:
                    points = ((STREAM, target.middle), (target.x, target.middle))
                    layout.arrows.append(Arrow(source.stage.name, stage.name, points))
                elif same_part or stage.part == "embedding":
                    points = path_between(source, target, k - row_of[source.stage.name])
                    layout.arrows.append(Arrow(source.stage.name, stage.name, points))
        if row[0].part in ("residual", "output") or row[-1].part == "embedding":
            on_stream.append(boxes[row[0].name])
    starts = [box for box in on_stream if box.stage.part == "embedding"]
    ends = [box for box in on_stream if box.stage.part == "output"]
    first = starts[-1] if starts else on_stream[0] if on_stream else None
    last = ends[0] if ends else on_stream[-1] if on_stream else None
    if first and last:
        layout.stream = (first.y + first.height, last.y)


def path_between(source: Box, target: Box, rows: int) -> tuple[Point, ...]:
    """From the lower edge of a box to the upper edge of another, around the rows between them."""
    bottom, top = source.y + source.height, target.y
    if rows > 1:  # down the lane beside the boxes between them
        x = source.x + source.width - LANE / 2
        return ((x, bottom), (x, top))
    x = source.x + source.width / 2
    if target.width < source.width:
        x = target.x + target.width / 2
    if source.width < target.width and not target.x + 8 < x < target.x + target.width - 8:
        x = target.x + target.width - 16
    return ((x, bottom), (x, top))
