"""One moment of a training on one sheet: the loss so far, what the model writes, where one head
looks, and what it expects next.

Left out on purpose: a model. A moment is plain data, recorded while the training ran.
"""

from collections.abc import Iterable, Mapping

from viz.attention.attention import draw_attention
from viz.attention.attention_weights import head_name
from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, hstack, vstack
from viz.curves.loss import draw_loss
from viz.curves.series import Series
from viz.training.snapshot import TrainingSnapshot, read_losses, read_snapshot
from viz.training.training_parts import (
    MAX_TOKENS,
    long_samples_scene,
    next_token_scene,
    short_samples_scene,
)

RECENT_STEPS = 100  # steps whose mean loss the sentence tells


def draw_training(
    losses: Iterable,
    step: int,
    record: Mapping,
    *,
    layer: int = 0,
    head: int = 0,
    title: str = "",
    ax=None,
) -> Picture:
    """The state of a training after `step` steps.

    `losses` has one number for each step of the whole training; or the rows of its log, with
    `step`, `train_loss` and `val_loss`. `record` has "samples", a list of texts; "attention", who
    (row) listens to whom (column), of one head or of all; "tokens", their names; "probabilities",
    a mapping from each possible next token to its share. `layer` and `head` say which is drawn.
    Shapes:  attention (T, T), or (L, B, H, T, T) as `GPT.attention_weights` answers; T tokens.
    Units:   losses in nats per token.
    Raises:  ValueError for a record that lacks something, or a step that was not trained.
    Example: draw_training([3.3, 2.9], 1, {"samples": ["qx"], "attention": [[1.0]],
        "tokens": ["^"], "probabilities": {"a": 0.5, "b": 0.5}})
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
    """The sheet of one moment; `prose` makes room for longer texts, `place` is (layer, head)."""
    loss = draw_loss(
        truncated(curves, step), title=f"After {step:,} steps", last_step=last_step(curves)
    )
    head = attention_picture(snapshot, head_index)
    assert loss.scene and snapshot.next_token_picture.scene and head.scene
    if is_prose:
        upper = hstack(loss.scene, next_token_scene(snapshot.next_token_picture.data))
        sheet = vstack(upper, hstack(long_samples_scene(snapshot.samples), head.scene))
    else:
        left = vstack(loss.scene, snapshot.next_token_picture.scene)
        sheet = hstack(left, vstack(short_samples_scene(snapshot.samples), head.scene))
    if title:
        top = Scene(9.2 * len(title) + 32, 36, [Text(16, 25, title, 16, weight="700")])
        sheet = vstack(top, sheet)
    data = {
        "step": step,
        "losses": train_losses_until(curves, step),
        "samples": snapshot.samples,
        "attention": head.data,
        "probabilities": snapshot.next_token_picture.data,
    }
    return Picture(data, alt_text(curves, step, snapshot), sheet)


def last_step(curves: Mapping[str, Series]) -> int:
    return int(max((steps[-1] for steps, _ in curves.values() if steps), default=0))


def attention_picture(snapshot: TrainingSnapshot, head_index: tuple[int, int]) -> Picture:
    """Where one head looks; of a long text, the beginning."""
    one = snapshot.attention.select(*head_index)
    T = min(len(snapshot.tokens), MAX_TOKENS)
    omitted = f", first {T} tokens of {len(snapshot.tokens)}" if len(snapshot.tokens) > T else ""
    several = snapshot.attention.weights.shape[0] * snapshot.attention.weights.shape[1] > 1
    which = head_name(one.layers[0], one.heads[0]) if several else "one head"
    weights = one.crop(0, T).weights[0, 0]
    return draw_attention(weights, snapshot.tokens[:T], title=f"Where {which} looks{omitted}")


def truncated(curves: Mapping[str, Series], step: int) -> dict[str, Series]:
    """The whole run, and on top of it what is over by now; the same frame at every step."""
    (_, whole_run), *others = curves.items()
    shown = {"whole run": whole_run, "so far": until_step(whole_run, step)}
    shown |= {name: until_step(curve, step) for name, curve in others}
    return {name: curve for name, curve in shown.items() if curve[0]}


def until_step(curve: Series, step: int) -> Series:
    kept = [(at, loss) for at, loss in zip(*curve) if at <= step]
    return [at for at, _ in kept], [loss for _, loss in kept]


def train_losses_until(curves: Mapping[str, Series], step: int) -> list[float]:
    """The losses of what it learned from, up to this step."""
    return until_step(next(iter(curves.values())), step)[1]


def alt_text(curves: Mapping[str, Series], step: int, snapshot: TrainingSnapshot) -> str:
    """One sentence: the loss, the samples and the likeliest next token."""
    recent = train_losses_until(curves, step)[-RECENT_STEPS:]
    loss = f"mean loss lately {sum(recent) / len(recent):.2g}" if recent else "no loss yet"
    writes = ", ".join(truncate(text, 60) for text in snapshot.samples[:3])
    return f"After {step:,} of {last_step(curves):,} steps: {loss}; it writes {writes}."
