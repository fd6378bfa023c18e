"""One query of one head, and what follows when it is changed: scores, weights, context, prediction.

Left the triangle of the head; right the value of each token and its weight; below the prediction
of the next token, with the unchanged model's beside it. The other heads work as before.
`AttentionEditor` shows the same with knobs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz.attention.attention_squares import MIN_PHONE_NAME, draw_head, names_height
from viz.attention.attention_weights import to_attention_weights
from viz.canvas.arrays import to_nested_list, to_numbers
from viz.canvas.labels import visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene, words_scene
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, NEGATIVE, ORANGE, POSITIVE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, vstack

MAX_TOKENS = 16
MAX_NUMBERS = 8  # of a value that are drawn
MAX_PREDICTIONS, PHONE_BARS = 30, 14  # in one row, on a phone
ROW = 26
SIDE = 26  # of a square, in pixels
MINUS_INFINITY = "−∞"
KEYS = ("scores", "weights", "values", "context", "probs")


@dataclass(frozen=True)
class Columns:
    """Where the columns of the sources are, in pixels.

    Attributes:
        score: Right end of a score.
        weight: Left end of a weight's bar.
        bar: Length of a weight of 1.
        values: Left end of the numbers of a value.
        number: From one number of a value to the next.
    """

    score: float
    weight: float
    bar: float
    values: float
    number: float


WIDE, PHONE = Columns(88, 148, 60, 250, 22), Columns(84, 120, 44, 202, 17)


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
    narrow = phone_scene(title, caption, now, before, names, query, delta)
    alt = alt_text(now, labels, query, head, ablated, caption)
    return Picture(data, alt, scene, narrow=narrow)


def phone_scene(
    title: str,
    caption: str,
    now: HeadState,
    before: HeadState,
    names: list[str],
    query: int,
    delta: Sequence[float],
) -> Scene:
    """The head, below it the sources, below them the predictions."""
    scene = phone_title_scene(title)
    if caption:
        scene = vstack(scene, words_scene(caption, NARROW, INK))
    side = min(SIDE, (NARROW - 74 - 12) / len(names))
    top = scene.height + names_height(names, side, MIN_PHONE_NAME) + 18
    draw_head(scene, now.weights, names, 74, top, side, True, MIN_PHONE_NAME)
    frame = Rect(74, top + side * query, side * (query + 1), side, "none", ORANGE, 2.5)
    scene.add(frame)
    top += side * len(names) + 34
    bottom = draw_source_rows(scene, now, before, names, query, delta, (4, top), PHONE)
    scene.height = draw_predictions(scene, now.probs, before.probs, bottom + 20) + 12
    return scene


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
    columns: Columns = WIDE,
) -> float:
    """One line for each token: its score, weight and value; below them the context.

    `place` is the upper left corner. Returns where it ends.
    """
    x, top = place
    values_x, weight_x, pitch = x + columns.values, x + columns.weight, columns.number
    scale = max((abs(n) for row in now.values for n in row), default=1) or 1
    score_x, bar = x + columns.score, columns.bar
    headings = ((x + 22, "key"), (score_x - 28, "score"), (weight_x, "weight"), (values_x, "value"))
    for left, text in headings:
        scene.add(Text(left, top - 8, text, 11, MUTED))
    for j, name in enumerate(names):
        y, attended = top + ROW * j, j <= query
        colour = INK if attended else MUTED
        scene.add(Text(x + 44, y + 17, name, 13, colour, "end", mono=True))
        score = f"{now.scores[j]:.1f}".replace("-", "−") if attended else MINUS_INFINITY
        scene.add(Text(score_x, y + 17, score, 12, colour, "end"))
        if delta[j]:
            added = f"{delta[j]:+.1f}".replace("-", "−")
            scene.add(Text(score_x + 4, y + 17, added, 12, ORANGE))
        if attended:
            weight, old = now.weights[query][j], before.weights[query][j]
            scene.add(
                Rect(weight_x, y + 6, bar, 14, FAINT),
                Rect(weight_x, y + 6, bar * weight, 14, BLUE),
                Rect(weight_x - 1 + bar * old, y + 3, 2, 20, INK),
                Text(weight_x + bar + 5, y + 17, f"{weight:.2f}", 12),
            )
        draw_numbers(scene, now.values[j], values_x, y, scale, pitch, faint=not attended)
    y = top + ROW * len(names) + 4
    scene.add(Line(((x + 14, y), (values_x + pitch * min(MAX_NUMBERS, len(now.context)), y))))
    contexts = ("context: sum of weight × value", now), ("of the unchanged model", before)
    for label, state in contexts:
        scene.add(Text(values_x - 10, y + 17, label, 12, INK if state is now else MUTED, "end"))
        faint = state is before is not now
        draw_numbers(scene, state.context, values_x, y, scale, pitch, faint=faint)
        y += ROW
    return y


def draw_numbers(
    scene: Scene,
    numbers: list[float],
    x: float,
    y: float,
    scale: float,
    pitch: float,
    faint: bool,
) -> None:
    """Signed numbers as small bars: up and blue above 0, down and orange below."""
    shown = numbers[:MAX_NUMBERS]
    middle, half = y + ROW / 2, ROW / 2 - 1
    for k, number in enumerate(shown):
        height = half * min(abs(number) / scale, 1)
        top = middle - height if number > 0 else middle
        colour = LINE if faint else POSITIVE if number > 0 else NEGATIVE
        scene.add(Rect(x + pitch * k + 3, top, pitch - 6, height, colour))
    scene.add(Rect(x, middle - 0.5, pitch * len(shown), 1, MUTED))
    if len(numbers) > len(shown):
        more, right = f"… {len(numbers) - len(shown)} more", x + pitch * len(shown) + 4
        if right + 50 > scene.width > 0:
            more = "…"
        scene.add(Text(right, middle + 4, more, 10.2, MUTED))


def draw_predictions(
    scene: Scene, now: dict[str, float], before: dict[str, float], y: float
) -> float:
    """Bars of the next token's probabilities; dark marks are the unchanged model's."""
    pairs = list(now.items())
    if len(pairs) > MAX_PREDICTIONS:
        pairs = sorted(pairs, key=lambda pair: -pair[1])[:MAX_PREDICTIONS]
    heading = "probability of the next token, in percent (marks: unchanged model)"
    most, is_narrow = max(*now.values(), *before.values(), 0.01), scene.width <= NARROW
    if is_narrow:
        for line in ("probability of the next token, in percent", "(marks: unchanged model)"):
            scene.add(Text(MARGIN, y, line, 11, MUTED))
            y += 15
        y -= 15
    else:
        scene.add(Text(MARGIN, y, heading, 11, MUTED))
    per_row = -(-len(pairs) // -(-len(pairs) // PHONE_BARS)) if is_narrow else len(pairs)
    step = min(40, max(23 if is_narrow else 24, (scene.width - 32) / per_row))
    for start in range(0, len(pairs), per_row):
        y = add_prediction_row(scene, pairs[start : start + per_row], now, before, y, step, most)
        y += 14
    return y - 14


def add_prediction_row(
    scene: Scene,
    pairs: list[tuple[str, float]],
    now: dict[str, float],
    before: dict[str, float],
    y: float,
    step: float,
    most: float,
) -> float:
    """One row of bars; the lower end of its labels."""
    max_height = 64
    base = y + 16 + max_height
    for k, (token, prob) in enumerate(pairs):
        x, height = 16 + step * k, max_height * prob / most
        scene.add(Rect(x + 3, base - height, step - 6, height, BLUE))
        if now is not before:
            mark = base - max_height * before.get(token, 0.0) / most
            scene.add(Rect(x + 1, mark - 1, step - 2, 2, INK))
        label = visible_token(str(token), 4)
        size = 11 if len(label) < 3 else 10.2
        scene.add(Text(x + step / 2, base + 16, label, size, INK, "middle"))
        if prob >= 0.02:
            percent = f"{100 * prob:.0f}"
            scene.add(Text(x + step / 2, base - height - 5, percent, 10.2, MUTED, "middle"))
    scene.add(Rect(16, base, step * len(pairs), 1, MUTED))
    return base + 16
