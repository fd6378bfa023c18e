"""One moment of a training on one sheet: the loss so far, what the model writes, where one head
looks, and what it expects next.

Left out on purpose: a model. A moment is plain data, recorded while the training ran.
"""

from collections.abc import Iterable, Mapping

from viz.attention.attention import draw_attention
from viz.attention.attention_stack import name_of
from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, hstack, vstack
from viz.curves.loss import draw_loss
from viz.curves.series import Series
from viz.training.snapshot import Moment, losses_of, moment_of
from viz.training.training_parts import MOST_TOKENS, bars_scene, prose_scene, words_scene

LATELY = 100  # steps whose mean loss the sentence tells


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
    curves = losses_of(losses)
    moment = moment_of(step, record, last_step(curves))
    picture = training_picture(curves, step, moment, (layer, head), moment.is_prose, title)
    return picture.draw_on(ax) if ax is not None else picture


def training_picture(
    curves: Mapping[str, Series],
    step: int,
    moment: Moment,
    place: tuple[int, int] = (0, 0),
    prose: bool = False,
    title: str = "",
) -> Picture:
    """The sheet of one moment; `prose` makes room for longer texts, `place` is (layer, head)."""
    loss = draw_loss(
        so_far(curves, step), title=f"After {step:,} steps", last_step=last_step(curves)
    )
    head = head_picture(moment, place)
    assert loss.scene and moment.nexts.scene and head.scene
    if prose:
        upper = hstack(loss.scene, bars_scene(moment.nexts.data))
        sheet = vstack(upper, hstack(prose_scene(moment.samples), head.scene))
    else:
        left = vstack(loss.scene, moment.nexts.scene)
        sheet = hstack(left, vstack(words_scene(moment.samples), head.scene))
    if title:
        top = Scene(9.2 * len(title) + 32, 36, [Text(16, 25, title, 16, weight="700")])
        sheet = vstack(top, sheet)
    data = {
        "step": step,
        "losses": past(curves, step),
        "samples": moment.samples,
        "attention": head.data,
        "probabilities": moment.nexts.data,
    }
    return Picture(data, describe(curves, step, moment), sheet)


def last_step(curves: Mapping[str, Series]) -> int:
    return int(max((steps[-1] for steps, _ in curves.values() if steps), default=0))


def head_picture(moment: Moment, place: tuple[int, int]) -> Picture:
    """Where one head looks; of a long text, the beginning."""
    one = moment.stack.pick(*place)
    T = min(len(moment.tokens), MOST_TOKENS)
    left_out = f", first {T} tokens of {len(moment.tokens)}" if len(moment.tokens) > T else ""
    several = moment.stack.weights.shape[0] * moment.stack.weights.shape[1] > 1
    which = name_of(one.layers[0], one.heads[0]) if several else "one head"
    weights = one.part(0, T).weights[0, 0]
    return draw_attention(weights, moment.tokens[:T], title=f"Where {which} looks{left_out}")


def so_far(curves: Mapping[str, Series], step: int) -> dict[str, Series]:
    """The whole run, and on top of it what is over by now; the same frame at every step."""
    (_, whole), *others = curves.items()
    shown = {"whole run": whole, "so far": before(whole, step)}
    shown |= {name: before(curve, step) for name, curve in others}
    return {name: curve for name, curve in shown.items() if curve[0]}


def before(curve: Series, step: int) -> Series:
    kept = [(at, loss) for at, loss in zip(*curve) if at <= step]
    return [at for at, _ in kept], [loss for _, loss in kept]


def past(curves: Mapping[str, Series], step: int) -> list[float]:
    """The losses of what it learned from, up to this step."""
    return before(next(iter(curves.values())), step)[1]


def describe(curves: Mapping[str, Series], step: int, moment: Moment) -> str:
    """One sentence: the loss, the samples and the likeliest next token."""
    lately = past(curves, step)[-LATELY:]
    loss = f"mean loss lately {sum(lately) / len(lately):.2g}" if lately else "no loss yet"
    writes = ", ".join(truncate(text, 60) for text in moment.samples[:3])
    return f"After {step:,} of {last_step(curves):,} steps: {loss}; it writes {writes}."
