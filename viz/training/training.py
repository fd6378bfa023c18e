"""One step of a training run on one picture: loss, samples, attention of a head, next token."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viz.attention.attention import draw_attention
from viz.attention.attention_squares import draw_squares
from viz.attention.attention_weights import head_name
from viz.canvas.labels import title_width, truncate
from viz.canvas.pages import NARROW, heading_scene
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, hstack, vstack
from viz.curves.loss import loss_picture
from viz.curves.loss_scene import ChartOptions
from viz.curves.series import Series
from viz.training.snapshot import LossesLike, TrainingSnapshot, read_losses, read_snapshot
from viz.training.training_parts import (
    MAX_TOKENS,
    long_samples_scene,
    next_token_scene,
    short_samples_scene,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, LOSS_HEIGHT = 824, 210  # pixels
LEFT_COLUMN = 430  # pixels, of a run that writes prose
MIN_SQUARE, MAX_SQUARE, ATTENTION_WIDTH = 12, 28, 288  # pixels
RECENT_STEPS = 100  # the alternative text has the mean loss of these steps


def draw_training(
    losses: "LossesLike",
    step: int,
    record: Mapping[str, Any],
    *,
    layer: int = 0,
    head: int = 0,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a training run after `step` steps: loss, samples, attention of one head, next token.

    Args:
        losses: Losses of the whole run in nats per token: one for each step, shape (n,); or the
            rows of its log, with "step", "train_loss" and "val_loss"; or curves by name, the
            training loss first.
        step: Number of steps so far.
        record: What was recorded at this step. "samples": texts; "tokens": the T tokens of a text;
            "attention": attention weights on these tokens, shape (T, T) of one head, or
            (L, B, H, T, T) as `GPT.attention_weights` returns them; "probabilities": probability
            of each possible next token.
        layer: Index of the layer to draw.
        head: Index of the head to draw.
        title: Title of the picture.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The picture; `.data` has "step", "losses", "samples", "attention" and "probabilities".

    Raises:
        ValueError: If the record lacks something, or if there is no such step, layer or head.

    Example:
        >>> record = {"samples": ["qx"], "attention": [[1.0]], "tokens": ["^"]}
        >>> record["probabilities"] = {"a": 0.5, "b": 0.5}
        >>> draw_training([3.3, 2.9], 1, record).alt
        'After 1 of 2 steps: mean loss lately 3.3; it writes qx.'
    """
    curves = read_losses(losses)
    snapshot = read_snapshot(step, record, last_step(curves))
    picture = training_picture(curves, step, snapshot, (layer, head), snapshot.is_prose, title)
    return picture.draw_on(ax) if ax is not None else picture


def training_picture(
    curves: Mapping[str, Series],
    step: int,
    snapshot: TrainingSnapshot,
    head_index: tuple[int, int] = (0, 0),
    is_prose: bool = False,
    title: str = "",
) -> Picture:
    """Draw a snapshot. `head_index` is (layer, head); `is_prose` leaves space for long samples."""
    options = ChartOptions(
        title=f"After {step:,} steps",
        unit="loss (nats per token)",
        last_step=last_step(curves),
        width=LEFT_COLUMN if is_prose else WIDTH,
        height=LOSS_HEIGHT,
    )
    loss = loss_picture(truncated(curves, step), options, {})
    head = attention_picture(snapshot, head_index)
    next_token = next_token_scene(snapshot.next_token_picture.data, 6 if is_prose else 9)
    assert loss.scene and head.scene
    if is_prose:
        left = vstack(loss.scene, long_samples_scene(snapshot.samples, LEFT_COLUMN))
        scene = hstack(left, vstack(next_token, head.scene))
    else:
        lower = hstack(short_samples_scene(snapshot.samples), next_token, head.scene)
        scene = vstack(loss.scene, lower)
    if title:
        top = Scene(title_width(title), 36, [Text(16, 25, title, 16, weight="700")])
        scene = vstack(top, scene)
    # On a phone the squares have names on their left, so there is less room.
    squares = attention_picture(snapshot, head_index, ATTENTION_WIDTH - 30, heading=False)
    assert squares.scene and loss.narrow
    samples = (
        long_samples_scene(snapshot.samples, NARROW)
        if is_prose
        else short_samples_scene(snapshot.samples)
    )
    narrow = vstack(
        heading_scene(title, NARROW) if title else Scene(NARROW, 0),
        loss.narrow,
        samples,
        next_token_scene(snapshot.next_token_picture.data, 6),
        heading_scene(head_title(snapshot, head_index), NARROW),
        squares.scene,
    )
    data = {
        "step": step,
        "losses": train_losses_until(curves, step),
        "samples": snapshot.samples,
        "attention": head.data,
        "probabilities": snapshot.next_token_picture.data,
    }
    return Picture(data, alt_text(curves, step, snapshot), scene, narrow=narrow)


def last_step(curves: Mapping[str, Series]) -> int:
    """The number of steps of the run."""
    return int(max((steps[-1] for steps, _ in curves.values() if steps), default=0))


def head_title(snapshot: TrainingSnapshot, head_index: tuple[int, int]) -> str:
    """Which head is drawn, and whether tokens are left out."""
    one, T = snapshot.attention.select(*head_index), min(len(snapshot.tokens), MAX_TOKENS)
    omitted = f", first {T} tokens of {len(snapshot.tokens)}" if len(snapshot.tokens) > T else ""
    several = snapshot.attention.weights.shape[0] * snapshot.attention.weights.shape[1] > 1
    which = head_name(one.layers[0], one.heads[0]) if several else "one head"
    return f"Attention of {which}{omitted}"


def attention_picture(
    snapshot: TrainingSnapshot,
    head_index: tuple[int, int],
    width: float = ATTENTION_WIDTH,
    *,
    heading: bool = True,
) -> Picture:
    """The attention of one head, on the first tokens of a long text."""
    T = min(len(snapshot.tokens), MAX_TOKENS)
    one = snapshot.attention.select(*head_index).crop(0, T)
    weights, tokens = one.weights[0, 0], snapshot.tokens[:T]
    title = head_title(snapshot, head_index) if heading else ""
    side = max(MIN_SQUARE, min(MAX_SQUARE, width / T))
    picture = draw_attention(weights, tokens)
    picture.scene, _ = draw_squares({"": weights.tolist()}, tokens, title, True, "", side)
    return picture


def truncated(curves: Mapping[str, Series], step: int) -> dict[str, Series]:
    """The curves up to a step, on top of the whole run, so that the axes never change."""
    (_, whole_run), *others = curves.items()
    shown = {"whole run": whole_run, "so far": until_step(whole_run, step)}
    shown |= {name: until_step(curve, step) for name, curve in others}
    return {name: curve for name, curve in shown.items() if curve[0]}


def until_step(curve: Series, step: int) -> Series:
    """The points of a curve up to a step."""
    kept = [(at, loss) for at, loss in zip(*curve) if at <= step]
    return [at for at, _ in kept], [loss for _, loss in kept]


def train_losses_until(curves: Mapping[str, Series], step: int) -> list[float]:
    """The training losses up to a step."""
    return until_step(next(iter(curves.values())), step)[1]


def alt_text(curves: Mapping[str, Series], step: int, snapshot: TrainingSnapshot) -> str:
    """One sentence: the recent loss and the first samples."""
    recent = train_losses_until(curves, step)[-RECENT_STEPS:]
    loss = f"mean loss lately {sum(recent) / len(recent):.2g}" if recent else "no loss yet"
    writes = ", ".join(truncate(text, 60) for text in snapshot.samples[:3])
    return f"After {step:,} of {last_step(curves):,} steps: {loss}; it writes {writes}."
