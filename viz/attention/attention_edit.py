"""One letter asks, and what it hears can be changed: scores, weights, the mixed vector, the bet.

The still twin of `AttentionEditor`: left the triangle of one head, right what each letter has to
say and how much of it is taken, below the bet on the next token, with the untouched model's beside
it. Left out on purpose: the other heads; they keep working, and their part is in the bet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viz.attention.attention_squares import draw_head
from viz.attention.attention_stack import read_stack
from viz.canvas.arrays import to_nested_list, to_numbers
from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

MOST_TOKENS = 16
MOST_NUMBERS = 8  # of a value that are drawn
MOST_BETS = 30
ROW, TOP = 34, 86
MINUS_INFINITY = "−∞"


@dataclass(frozen=True)
class Moment:
    """What one head does for one asking token, and what the whole model then expects.

    Shapes: scores (T,), before anything is added; weights (T, T); values (T, D); mixed (D,).
    """

    scores: list[float]
    weights: list[list[float]]
    values: list[list[float]]
    mixed: list[float]
    probs: dict[str, float]


def moment(given, tokens: Sequence[str]) -> Moment:
    """What a `look` function answered with, looked over. Raises ValueError if it does not fit."""
    wanted = ("scores", "weights", "values", "mixed", "probs")
    if not isinstance(given, Mapping) or set(wanted) - set(given):
        raise ValueError(
            f"look answered with {given!r:.60}, but must answer with a dictionary that has "
            f"{', '.join(wanted)}."
        )
    stack = read_stack(given["weights"], [str(token) for token in tokens])
    weights = stack.weights[0, 0].tolist()
    values = to_nested_list(given["values"], "values", "T D")
    scores, mixed = to_numbers(given["scores"], "scores", finite=False), given["mixed"]
    mixed = to_numbers(mixed, "mixed")
    if {len(values), len(scores)} != {len(tokens)} or len(values[0]) != len(mixed):
        raise ValueError(
            f"{len(tokens)} tokens need {len(tokens)} scores and {len(tokens)} values, and mixed "
            f"must be as long as one value; look gave {len(scores)} scores, {len(values)} values "
            f"of {len(values[0])} numbers, and {len(mixed)} mixed."
        )
    if not isinstance(given["probs"], Mapping) or not given["probs"]:
        raise ValueError("probs must be a dictionary: token -> how likely it is to come next.")
    return Moment(scores, weights, values, mixed, dict(given["probs"]))


def draw_attention_edit(
    now,
    tokens: Sequence[str],
    *,
    query: int,
    head: int = 0,
    untouched=None,
    added: Sequence[float] = (),
    silenced: bool = False,
    said: str = "",
) -> Picture:
    """What the token at `query` hears in one head, and what it makes the model expect.

    `now` and `untouched` are dictionaries with scores (T,), weights (T, T), values (T, D), mixed
    (D,) and probs (token -> probability). `scores` are the model's own, `added` is what was added
    to each of them; `said` is a line below, for instance the loss.
    Raises:  ValueError if their shapes do not fit the tokens, or if a row does not sum to 1.
    """
    labels = [str(token) for token in tokens]
    if not 1 <= len(labels) <= MOST_TOKENS:
        raise ValueError(f"{len(labels)} tokens: from 1 to {MOST_TOKENS} can be edited at a time.")
    if not 0 <= query < len(labels):
        raise ValueError(f"query={query} must be a position from 0 to {len(labels) - 1}.")
    here = moment(now, labels)
    before = moment(untouched, labels) if untouched is not None else here
    added = list(added) or [0.0] * len(labels)
    marks = [visible_token(label, 6) for label in labels]
    wide = 14 + 60 + 30 * len(labels) + 40
    across = min(MOST_NUMBERS, len(here.mixed))
    scene = Scene(max(wide + 330 + 22 * across, 760), TOP + ROW * (len(labels) + 2) + 220)
    scene.add(Text(16, 25, heading(marks, query, head, silenced), 15, weight="600"))
    draw_head(scene, here.weights, marks, 74, TOP, 30, causal=True)
    scene.add(Rect(74, TOP + 30 * query, 30 * (query + 1), 30, "none", ORANGE, 2.5))
    draw_voices(scene, here, before, marks, query, added, wide)
    y = draw_bets(scene, here.probs, before.probs, TOP + ROW * (len(labels) + 2) + 30)
    scene.add(Text(16, y + 38, said, 13, INK))
    data = {
        "query": query,
        "head": head,
        "weights": here.weights[query],
        "mixed": here.mixed,
        "probs": here.probs,
    }
    return Picture(data, describe(here, labels, query, head, silenced, said), scene)


def heading(marks: list[str], query: int, head: int, silenced: bool) -> str:
    return f"{marks[query]} (position {query}) asks in head {head}" + (
        ", which is silenced" if silenced else ""
    )


def describe(here: Moment, labels, query: int, head: int, silenced: bool, said: str) -> str:
    row = here.weights[query]
    j = row.index(max(row))
    likely = sorted(here.probs.items(), key=lambda pair: -pair[1])[:3]
    bets = ", ".join(f"{visible_token(str(token))} {share:.2f}" for token, share in likely)
    return (
        f"In head {head}{' (silenced)' if silenced else ''} {visible_token(labels[query])} at "
        f"position {query} gives {row[j]:.2f} to {visible_token(labels[j])} at position {j}; "
        f"next come {bets}"
        f"{'; ' + said if said else ''}."
    )


def draw_voices(scene: Scene, here: Moment, before: Moment, marks, query: int, added, x) -> None:
    """One line for each letter: its score, its weight, its value; below them what is mixed."""
    strip = x + 250
    scale = max((abs(n) for row in here.values for n in row), default=1) or 1
    headings = ((x + 14, "letter"), (x + 60, "score"), (x + 148, "weight"), (strip, "its value"))
    for left, text in headings:
        scene.add(Text(left, TOP - 16, text, 11, MUTED))
    for j, mark in enumerate(marks):
        y, heard = TOP + ROW * j, j <= query
        colour = INK if heard else MUTED
        scene.add(Text(x + 44, y + 20, mark, 13, colour, "end", mono=True))
        own = f"{here.scores[j]:.1f}".replace("-", "−") if heard else MINUS_INFINITY
        scene.add(Text(x + 88, y + 20, own, 12, colour, "end"))
        if added[j]:
            scene.add(Text(x + 92, y + 20, f"{added[j]:+.1f}".replace("-", "−"), 12, ORANGE))
        if heard:
            share, was = here.weights[query][j], before.weights[query][j]
            scene.add(
                Rect(x + 148, y + 8, 60, 16, FAINT), Rect(x + 148, y + 8, 60 * share, 16, BLUE)
            )
            scene.add(Rect(x + 147 + 60 * was, y + 5, 2, 22, INK))
            scene.add(Text(x + 213, y + 20, f"{share:.2f}", 12))
        draw_numbers(scene, here.values[j], strip, y, scale, faint=not heard)
    y = TOP + ROW * len(marks) + 6
    scene.add(Line(((x + 14, y), (strip + 22 * min(MOST_NUMBERS, len(here.mixed)), y))))
    for name, mixed in (("mixed: weight × value, added up", here), ("mixed, untouched", before)):
        scene.add(Text(strip - 10, y + 22, name, 12, INK if mixed is here else MUTED, "end"))
        draw_numbers(scene, mixed.mixed, strip, y + 2, scale, faint=mixed is before is not here)
        y += ROW


def draw_numbers(scene: Scene, numbers: list[float], x, y, scale: float, faint: bool) -> None:
    """Signed numbers as small bars: up and blue above 0, down and orange below."""
    shown = numbers[:MOST_NUMBERS]
    middle, half = y + ROW / 2, ROW / 2 - 1
    for k, number in enumerate(shown):
        tall = half * min(abs(number) / scale, 1)
        top = middle - tall if number > 0 else middle
        colour = LINE if faint else BLUE if number > 0 else ORANGE
        scene.add(Rect(x + 22 * k + 3, top, 16, tall, colour))
    scene.add(Rect(x, middle - 0.5, 22 * len(shown), 1, MUTED))
    if len(numbers) > len(shown):
        more = f"+{len(numbers) - len(shown)}"
        scene.add(Text(x + 22 * len(shown) + 4, middle + 4, more, 10, MUTED))


def draw_bets(scene: Scene, now: dict, before: dict, y: float) -> float:
    """How likely each token is to come next; a dark mark is the untouched model's bet."""
    pairs = list(now.items())
    if len(pairs) > MOST_BETS:
        pairs = sorted(pairs, key=lambda pair: -pair[1])[:MOST_BETS]
    scene.add(Text(16, y, "what comes next (dark marks: untouched)", 11, MUTED))
    step, tall = min(40, max(24, (scene.width - 32) / len(pairs))), 90
    base = y + 16 + tall
    most = max(*now.values(), *before.values(), 0.01)
    for k, (token, share) in enumerate(pairs):
        x, high = 16 + step * k, tall * share / most
        scene.add(Rect(x + 3, base - high, step - 6, high, BLUE))
        if now is not before:
            mark = base - tall * before.get(token, 0.0) / most
            scene.add(Rect(x + 1, mark - 1, step - 2, 2, INK))
        label = visible_token(str(token), 4)
        scene.add(Text(x + step / 2, base + 16, label, 11 if len(label) < 3 else 9, INK, "middle"))
        if share >= 0.02:
            number = f"{100 * share:.0f}"
            scene.add(Text(x + step / 2, base - high - 5, number, 10, MUTED, "middle"))
    scene.add(Rect(16, base, step * len(pairs), 1, MUTED))
    return base + 16
