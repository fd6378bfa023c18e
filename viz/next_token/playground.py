"""How a model goes on: the shares of the next token before and after the knobs, and what it wrote.

The still twin of `SamplingPlayground`. Grey is what the model itself expects, blue what
temperature, top-k and top-p make of it; below, each written token is the darker, the less the model
expected it.
"""

import re
from collections.abc import Callable, Sequence
from math import log

from viz.canvas.labels import truncate, visible_token
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, PAPER, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text
from viz.canvas.tensors import softmax
from viz.canvas.visible_text import display_width
from viz.next_token.sampling_filters import filter_probabilities, to_logits

MAX_BARS = 12
ROW, LEFT, BAR_WIDTH, WIDTH = 22, 180, 330, 760
CHARACTER_WIDTH, LINE_HEIGHT, MAX_LINES = 7.85, 26, 14
DARKEST_ODDS = 50  # a token with a share of 1 in so many is as dark as can be
TINT, LINE_END = "#f2a15f", "↵"

TokenProbs = Sequence[tuple[str, float]]


def draw_playground(
    logits,
    name_of: Callable[[int], str] | Sequence[str],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    prompt: str = "",
    generated: TokenProbs = (),
    caption: str = "",
    title: str = "",
    ax=None,
) -> Picture:
    """The likeliest next tokens after `prompt`, and the tokens that were `generated` after it.

    `name_of` spells a token, a function or a list; `generated` are pairs (token, the share that the
    model gave it); `caption` stands under the text.
    Shapes:  logits (V,), for the token after the prompt.
    Raises:  ValueError for logits that are none, and for knobs out of their range.
    Example: draw_playground([0.0, 2.0, 1.0], "abc", temperature=0.5, prompt="b")
    """
    check_sampling_options(temperature, top_k, top_p)
    logits = to_logits(logits)
    token_name = name_of if callable(name_of) else name_of.__getitem__
    model_probs, kept_probs = (
        softmax(logits),
        filter_probabilities(logits, temperature, top_k, top_p),
    )
    ranked = (-model_probs).argsort(kind="stable")[:MAX_BARS].tolist()
    bars = [(token_name(k), float(model_probs[k]), float(kept_probs[k])) for k in ranked]
    kept = int((kept_probs > 0).sum())
    knobs = f"temperature {temperature:g}, top-k {top_k or 'all'}, top-p {top_p:g}"
    summary = f"{knobs}: {kept:,} of {len(model_probs):,} tokens can follow"
    scene = Scene(WIDTH, 0)
    scene.add(Text(16, 25, f"{title}: {summary}" if title else summary, 15, weight="600"))
    y = add_bars(scene, bars, len(model_probs), 46)
    scene.height = add_text(scene, prompt, generated, caption, y + 14)
    text = prompt + "".join(piece for piece, _ in generated)
    data = {"bars": bars, "kept": kept, "generated": list(generated), "text": text}
    best = ", ".join(f"{visible_token(piece)} {prob:.2f}" for piece, _, prob in bars[:3])
    alt = f"{summary}; the likeliest are {best}. Written: {truncate(text, 120)}"
    picture = Picture(data, alt, scene)
    return picture.draw_on(ax) if ax is not None else picture


def check_sampling_options(temperature: float, top_k: int | None, top_p: float) -> None:
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature={temperature} must be 0 (always the likeliest) or above.")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} would leave no token. Use 1 or more, or None for all.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must be above 0 and at most 1 (1 keeps all tokens).")


def add_bars(scene: Scene, bars: list[tuple[str, float, float]], V: int, top: float) -> float:
    """The model's own shares in grey, those after the knobs over them; what is cut off is named."""
    largest = max(max(model_prob, kept_prob) for _, model_prob, kept_prob in bars)
    scene.add(Text(LEFT - 10, top + 9, "next token", 11, MUTED, "end"))
    scene.add(Rect(LEFT, top, 14, 10, LINE), Text(LEFT + 20, top + 9, "the model's own", 11, MUTED))
    scene.add(
        Rect(LEFT + 130, top, 14, 10, BLUE), Text(LEFT + 150, top + 9, "in the draw", 11, MUTED)
    )
    top += 18
    for i, (piece, model_prob, kept_prob) in enumerate(bars):
        y, cut = top + ROW * i, kept_prob == 0
        scene.add(
            Text(
                LEFT - 10, y + 15, visible_token(piece), 13, MUTED if cut else INK, "end", mono=True
            )
        )
        scene.add(Rect(LEFT, y + 3, BAR_WIDTH * model_prob / largest, ROW - 6, LINE))
        scene.add(Rect(LEFT, y + 6, BAR_WIDTH * kept_prob / largest, ROW - 12, BLUE))
        prob = "cut off" if cut else f"{100 * kept_prob:.1f}%"
        right = LEFT + BAR_WIDTH + 10
        scene.add(Text(right, y + 15, prob, 12, MUTED if cut else BLUE, weight="600"))
        scene.add(Text(right + 66, y + 15, f"was {100 * model_prob:.1f}%", 12, MUTED))
        if cut and (i == 0 or bars[i - 1][2] > 0):
            scene.add(Line(((LEFT - 60, y + 1), (right + 120, y + 1)), ORANGE, 1.5, dash="4 4"))
    bottom = top + ROW * len(bars)
    if len(bars) < V:
        before = 1 - sum(model_prob for _, model_prob, _ in bars)
        after = max(1 - sum(kept_prob for _, _, kept_prob in bars), 0)
        others = f"{V - len(bars):,} others together: {100 * after:.1f}%, was {100 * before:.1f}%"
        scene.add(Text(LEFT, bottom + 14, others, 12, MUTED))
        bottom += 20
    return bottom


def add_text(scene: Scene, prompt: str, generated: TokenProbs, caption: str, top: float) -> float:
    """The prompt, then token by token what was written; long texts show their end."""
    laid_out = layout_text([(prompt, -1.0), *generated])
    last = laid_out[-1][1]
    first = max(0, last - MAX_LINES + 1)
    scene.add(Line(((16, top), (WIDTH - 16, top)), FAINT))
    words = "each written token is the darker, the less the model expected it"
    scene.add(Text(16, top + 19, ("… " if first else "") + words, 11, MUTED))
    top += 30
    for x, line, piece, prob in laid_out:
        if line < first:
            continue
        y, width = top + LINE_HEIGHT * (line - first), CHARACTER_WIDTH * display_width(piece)
        if prob >= 0:
            surprisal = min(1.0, -log(max(prob, 1e-9)) / log(DARKEST_ODDS))
            scene.add(
                Rect(x, y, width, LINE_HEIGHT - 6, blend(WHITE, TINT, surprisal), PAPER, radius=3)
            )
        scene.add(Text(x, y + 15, piece, 13, MUTED if prob < 0 else INK, mono=True))
    bottom = top + LINE_HEIGHT * (last - first + 1) + 8
    scene.add(Text(16, bottom + 8, caption, 12, MUTED))
    return bottom + 22


def layout_text(pieces: TokenProbs) -> list[tuple[float, int, str, float]]:
    """Where each piece stands: (x, line, letters, share). Lines end between words, and at ↵."""
    laid_out: list[tuple[float, int, str, float]] = []
    x, line = 16.0, 0
    for word in split_words(pieces):
        if (
            x + CHARACTER_WIDTH * sum(display_width(segment) for segment, _ in word) > WIDTH - 16
            and x > 16
        ):
            x, line = 16.0, line + 1
        for segment, prob in word:
            if (
                x + CHARACTER_WIDTH * display_width(segment) > WIDTH - 16 and x > 16
            ):  # a word longer than a line
                x, line = 16.0, line + 1
            laid_out.append((x, line, segment, prob))
            x += CHARACTER_WIDTH * display_width(segment)
            if segment.endswith(LINE_END):
                x, line = 16.0, line + 1
    return laid_out or [(16.0, 0, "", -1.0)]


def split_words(pieces: TokenProbs) -> list[list[tuple[str, float]]]:
    """The pieces in groups that should stand on one line."""
    words: list[list[tuple[str, float]]] = [[]]
    for piece, prob in pieces:
        for segment in re.findall(r" *[^ \n]*\n?", piece)[:-1]:  # the last one found is nothing
            if words[-1] and (segment[0] in " \n" or words[-1][-1][0][-1] in f" {LINE_END}"):
                words.append([])
            shown = "".join(c if c == " " else visible_token(c) for c in segment)
            words[-1].append((truncate(shown, 80), prob))
    return words
