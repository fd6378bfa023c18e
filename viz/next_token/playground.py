"""The next token's probabilities before and after filtering, and a generated text.

The still twin of `SamplingPlayground`. Grey bars are the model's probabilities, blue bars those
after filtering. In the text, a token is the darker, the less likely it was for the model.
"""

import re
from collections.abc import Callable, Sequence
from math import log
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from viz.canvas.arrays import to_text
from viz.canvas.labels import truncate, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, PAPER, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text
from viz.canvas.tensors import softmax
from viz.canvas.visible_text import Piece, decode_pieces, display_width
from viz.canvas.wrapping import wrap_text
from viz.next_token.sampling_filters import filter_probabilities, to_logits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS = 12
ROW, LEFT, BAR_WIDTH, WIDTH = 22, 180, 330, 760
PHONE_LEFT, PHONE_BAR, PHONE_LABEL = 116, 118, 12  # on a phone; letters of a label
CHARACTER_WIDTH, LINE_HEIGHT, MAX_LINES, MAX_CAPTION = 7.85, 26, 14, 4
MAX_SURPRISAL = log(50)  # of the darkest tokens, whose probability is 1 in 50 or less
TINT, LINE_END = "#f2a15f", "↵"

TokenProbs = Sequence[tuple[str, float]]
PieceProbs = Sequence[tuple[Piece, float]]


def draw_playground(
    logits: ArrayLike,
    name_of: Callable[[int], Piece] | Sequence[Piece],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    prompt: str = "",
    generated: PieceProbs = (),
    caption: str = "",
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the most likely next tokens after a prompt, and the text that was generated after it.

    Args:
        logits: Logits of the token after the prompt, shape (V,).
        name_of: Text or bytes of a token id, as a function or a list.
        temperature: Divides the logits. 0 takes the largest.
        top_k: How many tokens stay. None keeps all.
        top_p: Cumulative probability of the tokens that stay. 1 keeps all.
        prompt: The text before the generated tokens.
        generated: Pairs (token, probability that the model gave it). A character of several tokens
            of bytes is written with the last of them.
        caption: Text below the generated text.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `bars` (token, probability before, after), `kept`, `generated` and `text`
        in `.data`; or `ax`, if given.

    Raises:
        ValueError: If `logits` is not one row with a finite number, or an option is out of range.

    Example:
        >>> picture = draw_playground([0.0, 2.0, 1.0], "abc", top_k=2, prompt="b")
        >>> picture.data["kept"]
        2

    Source: Holtzman et al. 2020, arXiv 1904.09751, for top-p.
    """
    check_sampling_options(temperature, top_k, top_p)
    row = to_logits(logits)
    token_name = name_of if callable(name_of) else name_of.__getitem__
    model_probs, kept_probs = softmax(row), filter_probabilities(row, temperature, top_k, top_p)
    ranked = (-model_probs).argsort(kind="stable")[:MAX_BARS].tolist()
    bars = [(to_text(token_name(k)), float(model_probs[k]), float(kept_probs[k])) for k in ranked]
    texts = decode_pieces([piece for piece, _ in generated])
    written = list(zip(texts, (prob for _, prob in generated)))
    kept = int((kept_probs > 0).sum())
    knobs = f"temperature {temperature:g}, top-k {top_k or 'all'}, top-p {top_p:g}"
    summary = f"{knobs}: {kept:,} of {len(model_probs):,} tokens can follow"
    scene, heading = Scene(WIDTH, 46), f"{title}: {summary}" if title else summary
    scene.add(Text(16, 25, heading, 15, weight="600"))
    narrow = phone_title_scene(heading)
    narrow.height += 6
    for sheet in (scene, narrow):
        y = add_bars(sheet, bars, len(model_probs), sheet.height)
        sheet.height = add_text(sheet, prompt, written, caption, y + 14)
    text = prompt + "".join(texts)
    data = {"bars": bars, "kept": kept, "generated": written, "text": text}
    best = ", ".join(f"{visible_token(piece)} {prob:.2f}" for piece, _, prob in bars[:3])
    alt = f"{summary}; the likeliest are {best}. Written: {truncate(text, 120)}"
    picture = Picture(data, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def check_sampling_options(temperature: float, top_k: int | None, top_p: float) -> None:
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature={temperature} must be 0 (the most likely token) or above.")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} would leave no token. Use 1 or more, or None for all.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must be above 0 and at most 1 (1 keeps all tokens).")


def add_bars(scene: Scene, bars: list[tuple[str, float, float]], V: int, top: float) -> float:
    """Draw the model's probabilities in grey, the filtered ones over them; return the lower end."""
    is_narrow = scene.width <= NARROW
    left, bar_width = (PHONE_LEFT, PHONE_BAR) if is_narrow else (LEFT, BAR_WIDTH)
    right = left + bar_width + (6 if is_narrow else 10)
    was = right + (50 if is_narrow else 66)  # x of the model's own probability
    largest = max(max(model_prob, kept_prob) for _, model_prob, kept_prob in bars)
    scene.add(Text(left - 10, top + 9, "next token", 11, MUTED, "end"))
    scene.add(Rect(left, top, 14, 10, LINE), Text(left + 20, top + 9, "the model's own", 11, MUTED))
    x, y = (left, top + 16) if is_narrow else (left + 130, top)
    scene.add(Rect(x, y, 14, 10, BLUE))
    scene.add(Text(x + 20, y + 9, "after temperature, top-k, top-p", 11, MUTED))
    top = y + 18
    for i, (piece, model_prob, kept_prob) in enumerate(bars):
        y, cut = top + ROW * i, kept_prob == 0
        ink = MUTED if cut else INK
        name = visible_token(piece, PHONE_LABEL) if is_narrow else visible_token(piece)
        scene.add(Text(left - 10, y + 15, name, 13, ink, "end", mono=True))
        scene.add(Rect(left, y + 3, bar_width * model_prob / largest, ROW - 6, LINE))
        scene.add(Rect(left, y + 6, bar_width * kept_prob / largest, ROW - 12, BLUE))
        percent = "cut off" if cut else f"{100 * kept_prob:.1f}%"
        scene.add(Text(right, y + 15, percent, 12, MUTED if cut else BLUE, weight="600"))
        scene.add(Text(was, y + 15, f"was {100 * model_prob:.1f}%", 12, MUTED))
        if cut and (i == 0 or bars[i - 1][2] > 0):
            scene.add(Line(((left - 60, y + 1), (was + 60, y + 1)), ORANGE, 1.5, dash="4 4"))
    bottom = top + ROW * len(bars)
    if len(bars) < V:
        before = 1 - sum(model_prob for _, model_prob, _ in bars)
        after = max(1 - sum(kept_prob for _, _, kept_prob in bars), 0)
        others = f"{V - len(bars):,} others together: {100 * after:.1f}%, was {100 * before:.1f}%"
        scene.add(Text(MARGIN if is_narrow else left, bottom + 14, others, 12, MUTED))
        bottom += 20
    return bottom


def add_text(scene: Scene, prompt: str, generated: TokenProbs, caption: str, top: float) -> float:
    """Draw the prompt and the last lines of the generated text; return the lower end."""
    laid_out = layout_text([(prompt, -1.0), *generated], scene.width)
    last = laid_out[-1][1]
    first = max(0, last - MAX_LINES + 1)
    scene.add(Line(((16, top), (scene.width - 16, top)), FAINT))
    legend = "the stronger the colour of a written token, the larger its loss"
    top = add_lines(scene, ("… " if first else "") + legend, 11, top + 19)
    for x, line, piece, prob in laid_out:
        if line < first:
            continue
        y, width = top + LINE_HEIGHT * (line - first), CHARACTER_WIDTH * display_width(piece)
        if prob >= 0:
            darkness = min(1.0, -log(max(prob, 1e-9)) / MAX_SURPRISAL)
            fill = blend(WHITE, TINT, darkness)
            scene.add(Rect(x, y, width, LINE_HEIGHT - 6, fill, PAPER, radius=3))
        scene.add(Text(x, y + 15, piece, 13, MUTED if prob < 0 else INK, mono=True))
    bottom = top + LINE_HEIGHT * (last - first + 1) + 8
    return add_lines(scene, caption, 12, bottom + 8) + 3


def add_lines(scene: Scene, words: str, size: float, y: float) -> float:
    """Small print in as many lines as it needs, the first on `y`; the lower end."""
    columns = int((scene.width - 2 * MARGIN) / (0.53 * size))
    lines = wrap_text(words, columns, MAX_CAPTION)
    for i, line in enumerate(lines):
        scene.add(Text(MARGIN, y + 16 * i, line, size, MUTED))
    return y + 16 * (len(lines) - 1) + 11


def layout_text(pieces: TokenProbs, room: float) -> list[tuple[float, int, str, float]]:
    """(x, line, text, probability) for each segment. Lines break between words, and after ↵."""
    laid_out: list[tuple[float, int, str, float]] = []
    x, line = 16.0, 0
    for word in split_words(pieces):
        width = CHARACTER_WIDTH * sum(display_width(segment) for segment, _ in word)
        if x + width > room - 16 and x > 16:
            x, line = 16.0, line + 1
        for segment, prob in word:
            width = CHARACTER_WIDTH * display_width(segment)
            if x + width > room - 16 and x > 16:  # the word is longer than a line
                x, line = 16.0, line + 1
            laid_out.append((x, line, segment, prob))
            x += width
            if segment.endswith(LINE_END):
                x, line = 16.0, line + 1
    return laid_out or [(16.0, 0, "", -1.0)]


def split_words(pieces: TokenProbs) -> list[list[tuple[str, float]]]:
    """The tokens cut at spaces and line ends, grouped into words that stay on one line."""
    words: list[list[tuple[str, float]]] = [[]]
    for piece, prob in pieces:
        for segment in re.findall(r" *[^ \n]*\n?", piece)[:-1]:  # the last match is empty
            if words[-1] and (segment[0] in " \n" or words[-1][-1][0][-1] in f" {LINE_END}"):
                words.append([])
            shown = "".join(c if c == " " else visible_token(c) for c in segment)
            words[-1].append((truncate(shown, 80), prob))
    return words
