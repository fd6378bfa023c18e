"""Bets on the next letter, and the surprisal of each.

Source: Shannon 1951, "Prediction and Entropy of Printed English"; Cover and King 1978, "A
convergent gambling estimate of the entropy of English", for points in place of guesses.
"""

import re
from collections.abc import Mapping, Sequence
from math import inf, log
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 100
MIN_POINTS = 1  # kept for all that is not named, or its surprisal would be infinite
NAME_WIDTH, COLUMN_WIDTH, ROW, BAR_WIDTH, TOP = 150, 250, 26, 110, 80
PHONE_NAME = 112.0
MAX_NATS = 6.0  # at which a bar has its full width
BET = re.compile(r"\s*,?\s*([^\d\s,.:=]+)\s*[:=]?\s*(\d+(?:\.\d+)?)\s*,?")
Distribution = Mapping[str, float]
Players = Mapping[str, Sequence[Distribution]]


def parse_bet(text: str, candidates: Sequence[str]) -> dict[str, float]:
    """The probabilities that typed points such as "e 40, a 30" mean.

    Candidates that are not named share the rest equally; at least one point is kept for them.

    Args:
        text: Candidates with their points, at most 100 together.
        candidates: All letters that can come.

    Raises:
        ValueError: If the text cannot be read, a candidate is unknown, named twice or has 0 points,
            or there are more than 100 points.
    """
    pieces = BET.findall(text)
    left = BET.sub("", text).strip(" ,;")
    if left:
        raise ValueError(f"{truncate(left, 30)!r} cannot be read; write for example: e 40 a 30")
    points = {name.lower(): float(number) for name, number in pieces}
    if len(points) < len(pieces):
        raise ValueError("A candidate is named twice. Name each one once.")
    unknown = [name for name in points if name not in candidates]
    if unknown:
        name = truncate(unknown[0], 20)
        raise ValueError(f"{name!r} is not a candidate; choose from {' '.join(candidates)}")
    if 0 in points.values():
        raise ValueError("0 points make the loss of a letter infinite. Give it a little.")
    total = sum(points.values())
    if total > POINTS:
        raise ValueError(f"These are {total:g} points together; at most {POINTS} are allowed.")
    others = [name for name in candidates if name not in points]
    if not others:
        return {name: points[name] / total for name in candidates}
    if total > POINTS - MIN_POINTS:
        points = {name: p * (POINTS - MIN_POINTS) / total for name, p in points.items()}
    rest = (POINTS - sum(points.values())) / len(others) / POINTS
    return {name: points[name] / POINTS if name in points else rest for name in candidates}


def surprisal(bet: Distribution, target: str) -> float:
    """-log of the probability of `target`, in nats; infinite if the bet gave it nothing."""
    prob = bet.get(target, 0.0)
    return -log(prob) + 0.0 if prob > 0 else inf


def draw_shannon(
    word: str, players: Players, *, title: str = "", ax: "Axes | None" = None
) -> Picture:
    """Draw a game letter by letter: what each player gave the target, and its surprisal.

    Args:
        word: The hidden word.
        players: Mapping name -> bets, one for each letter and one for "end". With fewer bets the
            game is not over, and the next letter stays hidden.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the letters played and the surprisal of each player in `.data`; or `ax`.

    Raises:
        ValueError: If players have different numbers of bets, or more than there are letters.
    """
    targets = [*word, "end"]
    numbers = {len(bets) for bets in players.values()}
    if len(numbers) != 1 or max(numbers) > len(targets):
        raise ValueError(
            f"Each player must have the same number of bets, at most {len(targets)} for {word!r}; "
            f"got {', '.join(f'{len(bets)} of {name}' for name, bets in players.items())}."
        )
    played = numbers.pop()
    costs = {
        name: [surprisal(bet, target) for bet, target in zip(bets, targets)]
        for name, bets in players.items()
    }
    parts = (word, targets[:played], players, costs, title)
    alt = alt_text(word, played, costs, title)
    data = {"word": word[:played], "nats": costs}
    picture = Picture(data, alt, build_scene(*parts), narrow=phone_scene(*parts))
    return picture.draw_on(ax) if ax is not None else picture


def build_scene(
    word: str,
    targets: list[str],
    players: Players,
    costs: Mapping[str, list[float]],
    title: str,
) -> Scene:
    """One column for each player, beside the letters."""
    scene = Scene(max(NAME_WIDTH + COLUMN_WIDTH * len(players) + 24, 8.6 * len(title) + 32), TOP)
    scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    for n, name in enumerate(players):
        add_player(scene, NAME_WIDTH + COLUMN_WIDTH * n, n, name, players[name], costs[name], word)
    add_letters(scene, word, targets, 12)
    return scene


def phone_scene(
    word: str,
    targets: list[str],
    players: Players,
    costs: Mapping[str, list[float]],
    title: str,
) -> Scene:
    """One player below another, each beside the letters."""
    scenes = []
    for n, name in enumerate(players):
        scene = Scene(NARROW, TOP - 24)
        add_player(scene, PHONE_NAME, n, name, players[name], costs[name], word)
        add_letters(scene, word, targets, 7)
        scenes.append(scene)
    return vstack(phone_title_scene(title), *scenes)


def add_player(
    scene: Scene,
    x: float,
    n: int,
    name: str,
    bets: Sequence[Distribution],
    nats_of: list[float],
    word: str,
) -> None:
    """What a player gave each target, and its surprisal, below what is drawn."""
    top, colour = scene.height, CATEGORIES[n % len(CATEGORIES)]
    scene.add(Text(x, top - 30, truncate(name, 28), 13, colour, weight="600"))
    scene.add(Text(x, top - 12, "gave", 11, MUTED), Text(x + 52, top - 12, "nats", 11, MUTED))
    for i, (bet, target, nats) in enumerate(zip(bets, [*word, "end"], nats_of)):
        y = top + ROW * i
        scene.add(Text(x, y + 15, f"{100 * bet.get(target, 0.0):.3g}%", 12, INK))
        length = BAR_WIDTH * min(nats, MAX_NATS) / MAX_NATS
        scene.add(Rect(x + 52, y + 4, BAR_WIDTH, 14, FAINT))
        scene.add(Rect(x + 52, y + 4, length, 14, colour))
        scene.add(Text(x + 58 + BAR_WIDTH, y + 15, format_nats(nats), 12, INK))
    if nats_of:
        y = top + ROW * rows_of(word, len(nats_of)) + 20
        scene.add(Text(x, y, f"mean {format_nats(mean(nats_of))}", 13, colour, weight="600"))


def add_letters(scene: Scene, word: str, targets: list[str], letters: int) -> None:
    """The targets, each after at most so many letters before it, below what is drawn."""
    top, rows = scene.height, rows_of(word, len(targets))
    for i in range(rows):
        prefix = clip_start(word[:i], letters)
        target = visible_token(targets[i]) if i < len(targets) else "?"
        y = top + ROW * i + 15
        # One letter of this font is 7.9 pixels wide at size 13.
        scene.add(Text(20, y, prefix, 13, MUTED, mono=True))
        scene.add(Text(20 + 7.9 * len(prefix), y, target, 13, INK, weight="600", mono=True))
    if targets:
        scene.add(Text(20, top + ROW * rows + 20, "nats per token", 12, MUTED))
    scene.height = top + ROW * rows + 38


def rows_of(word: str, played: int) -> int:
    """One row for each letter played, and one for the next, if there is one."""
    return played + (played <= len(word))


def clip_start(text: str, letters: int) -> str:
    return text if len(text) <= letters else "…" + text[1 - letters :]


def mean(nats: Sequence[float]) -> float:
    return sum(nats) / len(nats)


def format_nats(nats: float) -> str:
    return f"{nats:.2f}" if nats < inf else "∞"


def alt_text(word: str, played: int, costs: Mapping[str, list[float]], title: str) -> str:
    """How far the game is, and the mean surprisal of each player."""
    if not played:
        return f"{title or 'A game'}: nothing is bet yet; which letter comes first?"
    means = ", ".join(f"{name} {format_nats(mean(nats))}" for name, nats in costs.items())
    progress = f"all of {word!r}" if played > len(word) else f"the first {played} letters"
    return f"{title or 'A game'}: {progress}, mean loss in nats per token: {means}."
