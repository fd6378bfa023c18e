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
from viz.next_token.sampling_filters import shape, to_logits

MOST_BARS = 12
ROW, LEFT, WIDE, WIDTH = 22, 180, 330, 760
CELL, LINE_HEIGHT, MOST_LINES = 7.85, 26, 14
SURPRISE = 50  # a token with a share of 1 in so many is as dark as can be
TINT, LINE_END = "#f2a15f", "↵"

Written = Sequence[tuple[str, float]]


def draw_playground(
    logits,
    name_of: Callable[[int], str] | Sequence[str],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    prompt: str = "",
    written: Written = (),
    said: str = "",
    title: str = "",
    ax=None,
) -> Picture:
    """The likeliest next tokens after `prompt`, and the tokens that were `written` after it.

    `name_of` spells a token, a function or a list; `written` are pairs (token, the share that the
    model gave it); `said` stands under the text.
    Shapes:  logits (V,), for the token after the prompt.
    Raises:  ValueError for logits that are none, and for knobs out of their range.
    Example: draw_playground([0.0, 2.0, 1.0], "abc", temperature=0.5, prompt="b")
    """
    check_knobs(temperature, top_k, top_p)
    logits = to_logits(logits)
    spell = name_of if callable(name_of) else name_of.__getitem__
    own, now = softmax(logits), shape(logits, temperature, top_k, top_p)
    ranked = (-own).argsort(kind="stable")[:MOST_BARS].tolist()
    bars = [(spell(k), float(own[k]), float(now[k])) for k in ranked]
    kept = int((now > 0).sum())
    knobs = f"temperature {temperature:g}, top-k {top_k or 'all'}, top-p {top_p:g}"
    found = f"{knobs}: {kept:,} of {len(own):,} tokens can follow"
    scene = Scene(WIDTH, 0)
    scene.add(Text(16, 25, f"{title}: {found}" if title else found, 15, weight="600"))
    y = add_bars(scene, bars, len(own), 46)
    scene.height = add_text(scene, prompt, written, said, y + 14)
    text = prompt + "".join(piece for piece, _ in written)
    data = {"bars": bars, "kept": kept, "written": list(written), "text": text}
    likely = ", ".join(f"{visible_token(piece)} {share:.2f}" for piece, _, share in bars[:3])
    alt = f"{found}; the likeliest are {likely}. Written: {truncate(text, 120)}"
    picture = Picture(data, alt, scene)
    return picture.draw_on(ax) if ax is not None else picture


def check_knobs(temperature: float, top_k: int | None, top_p: float) -> None:
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature={temperature} must be 0 (always the likeliest) or above.")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} would leave no token. Use 1 or more, or None for all.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must be above 0 and at most 1 (1 keeps all tokens).")


def add_bars(scene: Scene, bars: list[tuple[str, float, float]], V: int, top: float) -> float:
    """The model's own shares in grey, those after the knobs over them; what is cut off is named."""
    most = max(max(own, now) for _, own, now in bars)
    scene.add(Text(LEFT - 10, top + 9, "next token", 11, MUTED, "end"))
    scene.add(Rect(LEFT, top, 14, 10, LINE), Text(LEFT + 20, top + 9, "the model's own", 11, MUTED))
    scene.add(
        Rect(LEFT + 130, top, 14, 10, BLUE), Text(LEFT + 150, top + 9, "in the draw", 11, MUTED)
    )
    top += 18
    for i, (piece, own, now) in enumerate(bars):
        y, cut = top + ROW * i, now == 0
        scene.add(
            Text(
                LEFT - 10, y + 15, visible_token(piece), 13, MUTED if cut else INK, "end", mono=True
            )
        )
        scene.add(Rect(LEFT, y + 3, WIDE * own / most, ROW - 6, LINE))
        scene.add(Rect(LEFT, y + 6, WIDE * now / most, ROW - 12, BLUE))
        share = "cut off" if cut else f"{100 * now:.1f}%"
        right = LEFT + WIDE + 10
        scene.add(Text(right, y + 15, share, 12, MUTED if cut else BLUE, weight="600"))
        scene.add(Text(right + 66, y + 15, f"was {100 * own:.1f}%", 12, MUTED))
        if cut and (i == 0 or bars[i - 1][2] > 0):
            scene.add(Line(((LEFT - 60, y + 1), (right + 120, y + 1)), ORANGE, 1.5, dash="4 4"))
    bottom = top + ROW * len(bars)
    if len(bars) < V:
        own = 1 - sum(own for _, own, _ in bars)
        now = 1 - sum(now for _, _, now in bars)
        rest = f"{V - len(bars):,} others together: {100 * max(now, 0):.1f}%, was {100 * own:.1f}%"
        scene.add(Text(LEFT, bottom + 14, rest, 12, MUTED))
        bottom += 20
    return bottom


def add_text(scene: Scene, prompt: str, written: Written, said: str, top: float) -> float:
    """The prompt, then token by token what was written; long texts show their end."""
    placed = place([(prompt, -1.0), *written])
    last = placed[-1][1]
    first = max(0, last - MOST_LINES + 1)
    scene.add(Line(((16, top), (WIDTH - 16, top)), FAINT))
    words = "each written token is the darker, the less the model expected it"
    scene.add(Text(16, top + 19, ("… " if first else "") + words, 11, MUTED))
    top += 30
    for x, line, piece, share in placed:
        if line < first:
            continue
        y, wide = top + LINE_HEIGHT * (line - first), CELL * display_width(piece)
        if share >= 0:
            surprise = min(1.0, -log(max(share, 1e-9)) / log(SURPRISE))
            scene.add(
                Rect(x, y, wide, LINE_HEIGHT - 6, blend(WHITE, TINT, surprise), PAPER, radius=3)
            )
        scene.add(Text(x, y + 15, piece, 13, MUTED if share < 0 else INK, mono=True))
    bottom = top + LINE_HEIGHT * (last - first + 1) + 8
    scene.add(Text(16, bottom + 8, said, 12, MUTED))
    return bottom + 22


def place(pieces: Written) -> list[tuple[float, int, str, float]]:
    """Where each piece stands: (x, line, letters, share). Lines end between words, and at ↵."""
    placed: list[tuple[float, int, str, float]] = []
    x, line = 16.0, 0
    for word in words_of(pieces):
        if x + CELL * sum(display_width(part) for part, _ in word) > WIDTH - 16 and x > 16:
            x, line = 16.0, line + 1
        for part, share in word:
            if x + CELL * display_width(part) > WIDTH - 16 and x > 16:  # a word longer than a line
                x, line = 16.0, line + 1
            placed.append((x, line, part, share))
            x += CELL * display_width(part)
            if part.endswith(LINE_END):
                x, line = 16.0, line + 1
    return placed or [(16.0, 0, "", -1.0)]


def words_of(pieces: Written) -> list[list[tuple[str, float]]]:
    """The pieces in groups that should stand on one line."""
    words: list[list[tuple[str, float]]] = [[]]
    for piece, share in pieces:
        for part in re.findall(r" *[^ \n]*\n?", piece)[:-1]:  # the last one found is nothing
            if words[-1] and (part[0] in " \n" or words[-1][-1][0][-1] in f" {LINE_END}"):
                words.append([])
            shown = "".join(c if c == " " else visible_token(c) for c in part)
            words[-1].append((truncate(shown, 80), share))
    return words
