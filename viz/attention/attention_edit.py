"""One query of one head, and what follows when it is changed: scores, weights, context, prediction.

Left the triangle of the head; right the value of each token and its weight; below the prediction
of the next token, with the unchanged model's beside it. The other heads work as before.
`AttentionEditor` shows the same with knobs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz.attention.attention_squares import draw_head, names_height
from viz.attention.attention_weights import to_attention_weights
from viz.canvas.arrays import to_nested_list, to_numbers
from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, NEGATIVE, ORANGE, POSITIVE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

MAX_TOKENS = 16
MAX_NUMBERS = 8  # of a value that are drawn
MAX_PREDICTIONS = 30
ROW = 26
SIDE = 26  # of a square, in pixels
MINUS_INFINITY = "−∞"
KEYS = ("scores", "weights", "values", "context", "probs")


@dataclass(frozen=True)
class HeadState:
    """What one head computes for one query, and what the whole model then predicts.

    Attributes:
        scores: Shape (T,), before anything is added.
        weights: Shape (T, T).
        values: Shape (T, D).
        context: Shape (D,): the weighted sum of the values.
        probs: Token -> its probability of coming next.
    """

    scores: list[float]
    weights: list[list[float]]
    values: list[list[float]]
    context: list[float]
    probs: dict[str, float]


def to_head_state(given: object, tokens: Sequence[str]) -> HeadState:
    """Check what a `run_model` function returned; raises ValueError if it does not fit."""
    if not isinstance(given, Mapping) or set(KEYS) - set(given):
        raise ValueError(
            f"run_model returned {given!r:.60}, but must return a dictionary that has "
            f"{', '.join(KEYS)}."
        )
    weights = to_attention_weights(given["weights"], tokens).weights[0, 0].tolist()
    values = to_nested_list(given["values"], "values", "T D")
    scores = to_numbers(given["scores"], "scores", finite=False)
    context = to_numbers(given["context"], "context")
    if {len(values), len(scores)} != {len(tokens)} or len(values[0]) != len(context):
        raise ValueError(
            f"{len(tokens)} tokens need {len(tokens)} scores and {len(tokens)} values, and context "
            f"must be as long as one value; run_model gave {len(scores)} scores, {len(values)} "
            f"values of {len(values[0])} numbers, and a context of {len(context)}."
        )
    if not isinstance(given["probs"], Mapping) or not given["probs"]:
        raise ValueError("probs must be a dictionary: token -> how likely it is to come next.")
    return HeadState(scores, weights, values, context, dict(given["probs"]))


def draw_attention_edit(
    state: Mapping[str, Any],
    tokens: Sequence[str],
    *,
    query: int,
    head: int = 0,
    baseline: Mapping[str, Any] | None = None,
    score_delta: Sequence[float] = (),
    ablated: bool = False,
    caption: str = "",
) -> Picture:
    """Draw what the token at `query` attends to in one head, and what the model then predicts.

    Args:
        state: A dictionary with scores (T,), weights (T, T), values (T, D), context (D,) and probs
            (token -> probability). The scores are the model's own, without `score_delta`.
        tokens: The T tokens, 16 at most.
        query: Position of the token that attends.
        head: Index of the head.
        baseline: The same dictionary for the unchanged model.
        score_delta: What was added to each of the scores, shape (T,).
        ablated: Whether the head is switched off.
        caption: A line below the title, for instance the loss.

    Returns:
        The picture.

    Raises:
        ValueError: If the shapes do not fit the tokens, or a row does not sum to 1.
    """
    labels = [str(token) for token in tokens]
    if not 1 <= len(labels) <= MAX_TOKENS:
        raise ValueError(f"{len(labels)} tokens: from 1 to {MAX_TOKENS} can be edited at a time.")
    if not 0 <= query < len(labels):
        raise ValueError(f"query={query} must be a position from 0 to {len(labels) - 1}.")
    now = to_head_state(state, labels)
    before = now if baseline is None else to_head_state(baseline, labels)
    delta = list(score_delta) or [0.0] * len(labels)
    names = [visible_token(label, 6) for label in labels]
    left = 14 + 60 + SIDE * len(labels) + 40
    shown = min(MAX_NUMBERS, len(now.context))
    top = names_height(names, SIDE) + (62 if caption else 44)
    scene = Scene(max(left + 330 + 22 * shown, 760), 0)
    title = f"Query {names[query]} (position {query}) in head {head}"
    title += ", which is ablated" if ablated else ""
    scene.add(Text(16, 23, title, 15, weight="600"), Text(16, 43, caption, 13, weight="600"))
    draw_head(scene, now.weights, names, 74, top, SIDE, causal=True)
    frame = Rect(74, top + SIDE * query, SIDE * (query + 1), SIDE, "none", ORANGE, 2.5)
    scene.add(frame)
    bottom = draw_source_rows(scene, now, before, names, query, delta, (left, top))
    bottom = max(bottom, top + SIDE * len(labels))
    scene.height = draw_predictions(scene, now.probs, before.probs, bottom + 20) + 8
    data = {
        "query": query,
        "head": head,
        "weights": now.weights[query],
        "context": now.context,
        "probs": now.probs,
    }
    return Picture(data, alt_text(now, labels, query, head, ablated, caption), scene)


def alt_text(
    now: HeadState, labels: list[str], query: int, head: int, ablated: bool, caption: str
) -> str:
    """One sentence: the largest weight, the most likely next tokens, the caption."""
    row = now.weights[query]
    j = row.index(max(row))
    likely = sorted(now.probs.items(), key=lambda pair: -pair[1])[:3]
    predictions = ", ".join(f"{visible_token(str(token))} {prob:.2f}" for token, prob in likely)
    return (
        f"In head {head}{' (ablated)' if ablated else ''} {visible_token(labels[query])} at "
        f"position {query} gives {row[j]:.2f} to {visible_token(labels[j])} at position {j}; "
        f"next come {predictions}{'; ' + caption if caption else ''}."
    )


def draw_source_rows(
    scene: Scene,
    now: HeadState,
    before: HeadState,
    names: list[str],
    query: int,
    delta: Sequence[float],
    place: tuple[float, float],
) -> float:
    """One line for each token: its score, weight and value; below them the context.

    `place` is the upper left corner. Returns where it ends.
    """
    x, top = place
    values_x = x + 250
    scale = max((abs(n) for row in now.values for n in row), default=1) or 1
    headings = ((x + 22, "key"), (x + 60, "score"), (x + 148, "weight"), (values_x, "value"))
    for left, text in headings:
        scene.add(Text(left, top - 8, text, 11, MUTED))
    for j, name in enumerate(names):
        y, attended = top + ROW * j, j <= query
        colour = INK if attended else MUTED
        scene.add(Text(x + 44, y + 17, name, 13, colour, "end", mono=True))
        score = f"{now.scores[j]:.1f}".replace("-", "−") if attended else MINUS_INFINITY
        scene.add(Text(x + 88, y + 17, score, 12, colour, "end"))
        if delta[j]:
            scene.add(Text(x + 92, y + 17, f"{delta[j]:+.1f}".replace("-", "−"), 12, ORANGE))
        if attended:
            weight, old = now.weights[query][j], before.weights[query][j]
            scene.add(
                Rect(x + 148, y + 6, 60, 14, FAINT),
                Rect(x + 148, y + 6, 60 * weight, 14, BLUE),
                Rect(x + 147 + 60 * old, y + 3, 2, 20, INK),
                Text(x + 213, y + 17, f"{weight:.2f}", 12),
            )
        draw_numbers(scene, now.values[j], values_x, y, scale, faint=not attended)
    y = top + ROW * len(names) + 4
    scene.add(Line(((x + 14, y), (values_x + 22 * min(MAX_NUMBERS, len(now.context)), y))))
    contexts = ("context: sum of weight × value", now), ("of the unchanged model", before)
    for label, state in contexts:
        scene.add(Text(values_x - 10, y + 17, label, 12, INK if state is now else MUTED, "end"))
        faint = state is before is not now
        draw_numbers(scene, state.context, values_x, y, scale, faint=faint)
        y += ROW
    return y


def draw_numbers(
    scene: Scene, numbers: list[float], x: float, y: float, scale: float, faint: bool
) -> None:
    """Signed numbers as small bars: up and blue above 0, down and orange below."""
    shown = numbers[:MAX_NUMBERS]
    middle, half = y + ROW / 2, ROW / 2 - 1
    for k, number in enumerate(shown):
        height = half * min(abs(number) / scale, 1)
        top = middle - height if number > 0 else middle
        colour = LINE if faint else POSITIVE if number > 0 else NEGATIVE
        scene.add(Rect(x + 22 * k + 3, top, 16, height, colour))
    scene.add(Rect(x, middle - 0.5, 22 * len(shown), 1, MUTED))
    if len(numbers) > len(shown):
        more = f"… {len(numbers) - len(shown)} more"
        scene.add(Text(x + 22 * len(shown) + 4, middle + 4, more, 10, MUTED))


def draw_predictions(
    scene: Scene, now: dict[str, float], before: dict[str, float], y: float
) -> float:
    """Bars of the next token's probabilities; dark marks are the unchanged model's."""
    pairs = list(now.items())
    if len(pairs) > MAX_PREDICTIONS:
        pairs = sorted(pairs, key=lambda pair: -pair[1])[:MAX_PREDICTIONS]
    heading = "probability of the next token, in percent (marks: unchanged model)"
    scene.add(Text(16, y, heading, 11, MUTED))
    step, max_height = min(40, max(24, (scene.width - 32) / len(pairs))), 64
    base = y + 16 + max_height
    most = max(*now.values(), *before.values(), 0.01)
    for k, (token, prob) in enumerate(pairs):
        x, height = 16 + step * k, max_height * prob / most
        scene.add(Rect(x + 3, base - height, step - 6, height, BLUE))
        if now is not before:
            mark = base - max_height * before.get(token, 0.0) / most
            scene.add(Rect(x + 1, mark - 1, step - 2, 2, INK))
        label = visible_token(str(token), 4)
        scene.add(Text(x + step / 2, base + 16, label, 11 if len(label) < 3 else 9, INK, "middle"))
        if prob >= 0.02:
            percent = f"{100 * prob:.0f}"
            scene.add(Text(x + step / 2, base - height - 5, percent, 10, MUTED, "middle"))
    scene.add(Rect(16, base, step * len(pairs), 1, MUTED))
    return base + 16
