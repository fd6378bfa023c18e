"""One moment of a training on one sheet: the loss so far, what the model writes, where one head
looks, and what it expects next.

Left out on purpose: a model. A moment is plain data, recorded while the training ran.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viz.arrays import to_numbers
from viz.attention import draw_attention
from viz.labels import clip
from viz.loss import draw_loss
from viz.palette import INK, MUTED
from viz.picture import Picture
from viz.probabilities import draw_probabilities
from viz.scene import Scene, Words, below, beside

FIELDS = ("samples", "attention", "tokens", "probabilities")
MOST_SAMPLES, LONGEST = 12, 17


@dataclass(frozen=True)
class Moment:
    """What was recorded at one step, checked and drawn."""

    samples: list[str]
    head: Picture
    nexts: Picture


def draw_training(
    losses: Sequence[float], step: int, record: Mapping, *, title: str = "", ax=None
) -> Picture:
    """The state of a training after `step` steps.

    `losses` has one number for each step of the whole training. `record` has "samples", a list of
    texts; "attention", who (row) listens to whom (column); "tokens", their names;
    "probabilities", a mapping from each possible next token to its share.
    Shapes:  attention (T, T), tokens: T of them.
    Units:   losses in nats per token.
    Raises:  ValueError for a record that lacks something, or a step that was not trained.
    Example: draw_training([3.3, 2.9], 1, {"samples": ["qx"], "attention": [[1.0]],
        "tokens": ["^"], "probabilities": {"a": 0.5, "b": 0.5}})
    """
    values = to_numbers(losses, "losses", finite=False)
    picture = training_picture(values, step, moment_of(step, record, len(values)), title)
    return picture.draw_on(ax) if ax is not None else picture


def moment_of(step: int, record: Mapping, steps: int) -> Moment:
    """Raises: ValueError with what is wrong about the record of this step."""
    lacking = [name for name in FIELDS if name not in record]
    if lacking:
        raise ValueError(f"The record of step {step} lacks {', '.join(map(repr, lacking))}.")
    if not 0 <= step <= steps:
        raise ValueError(f"step={step}: the training had {steps} steps, with {steps} losses.")
    return Moment(
        samples=[str(text) for text in record["samples"]],
        head=draw_attention(record["attention"], record["tokens"], title="Where one head looks"),
        nexts=draw_probabilities(record["probabilities"], title="What it expects next"),
    )


def training_picture(losses: list[float], step: int, moment: Moment, title: str) -> Picture:
    """The loss beside the samples; under them the next token beside one head."""
    loss = draw_loss(curves(losses, step), title=f"After {step:,} steps", last_step=len(losses))
    assert loss.scene and moment.nexts.scene and moment.head.scene
    left = below(loss.scene, moment.nexts.scene)
    sheet = beside(left, below(samples_scene(moment.samples), moment.head.scene))
    if title:
        head = Scene(9.2 * len(title) + 32, 36, [Words(16, 25, title, 16, weight="700")])
        sheet = below(head, sheet)
    data = {
        "step": step,
        "losses": losses[:step],
        "samples": moment.samples,
        "attention": moment.head.data,
        "probabilities": moment.nexts.data,
    }
    return Picture(data, describe(losses, step, moment), sheet)


def curves(losses: list[float], step: int) -> dict[str, list[float]]:
    """The whole run, and on top of it what is over by now; the same frame at every step."""
    return {"whole run": losses} | ({"so far": losses[:step]} if step else {})


def samples_scene(samples: list[str]) -> Scene:
    """A column of texts."""
    scene = Scene(200, 300, [Words(16, 25, "What it writes", 15, weight="600")])
    for i, text in enumerate(samples[:MOST_SAMPLES]):
        shown = clip(text.replace("\n", "↵"), LONGEST) or "(nothing)"
        scene.add(Words(16, 52 + 20 * i, shown, 13, INK if text else MUTED, mono=True))
    return scene


def describe(losses: list[float], step: int, moment: Moment) -> str:
    """One sentence: the loss, the samples and the likeliest next token."""
    lately = losses[max(step - 100, 0) : step]
    loss = f"mean loss lately {sum(lately) / len(lately):.2g}" if lately else "no loss yet"
    writes = ", ".join(moment.samples[:3])
    return f"After {step:,} of {len(losses):,} steps: {loss}; it writes {writes}."
