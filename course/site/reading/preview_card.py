"""The picture that a link to the site shows in a chat or a post: 1200 x 630 pixels, as PNG.

Its names are written by the shipped GPT of names, with a fixed seed. Each letter is darker the less
the model expected it.
"""

from math import exp
from pathlib import Path

from course.syllabus.lesson_table import written_lessons
from gptcore.evaluation.target_log_probs import Row, target_log_probs
from gptcore.own_gpt import names_gpt, sample_lines
from gptcore.own_gpt.line_batches import bos_of
from viz.canvas.bitmap import png_size
from viz.canvas.palette import BLUE, INK, LINE, MUTED, ORANGE, PAPER, WHITE, blend
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.scene_on_axes import to_png

FILE = "card.png"  # in the folder of the site
SIZE = (1200, 630)
WIDTH, HEIGHT = 800, 420  # of the scene; `to_png` makes 1.5 pixels of each unit
EDGE, TOP = 48, 196
LETTER, TILE, GAP = 19.5, 46, 12
ROWS, SEED = 3, 3
TITLE, PROMISE = "From one number to a GPT", "A course in {} notebooks. You build it, line by line."
NOTE = (
    "Names that a small GPT of the course invents. The darker a letter, the less it was expected."
)

Scored = list[tuple[str, float]]  # letters, each with its probability


def write_preview_card(site: Path) -> Path:
    """Write the picture into the folder of the site.

    Args:
        site: The folder.
    """
    picture = to_png(card_scene(scored_names(40), len(written_lessons())))
    assert png_size(picture) == SIZE
    file = site / FILE
    file.write_bytes(picture)
    return file


def scored_names(count: int) -> list[Scored]:
    """Names that the GPT invents, with the probability of each letter."""
    model, tokenizer = names_gpt()
    names = dict.fromkeys(sample_lines(model, tokenizer, count, temperature=0.8, seed=SEED))
    shown = [name for name in names if 3 < len(name) < 10]
    return [list(zip(name, letter_probabilities(model, tokenizer, name))) for name in shown]


def letter_probabilities(model, tokenizer, name: str) -> list[float]:
    """The probability of each letter after those before it."""
    ids = [bos_of(tokenizer), *tokenizer.encode_ordinary(name)]
    return [exp(number) for number in target_log_probs(model, [Row(ids, len(name))])[0].tolist()]


def card_scene(names: list[Scored], lessons: int) -> Scene:
    """The title, the promise and as many names as fit into three lines."""
    scene = Scene(WIDTH, HEIGHT)
    scene.add(Rect(0, 0, WIDTH, HEIGHT, PAPER), Rect(0, 0, WIDTH, 10, BLUE))
    scene.add(Text(EDGE, 92, TITLE, 46, INK, weight="600"))
    scene.add(Text(EDGE, 138, PROMISE.format(lessons), 22, MUTED))
    x, row = float(EDGE), 0
    for name in names:
        width = LETTER * len(name) + 2 * GAP
        if x + width > WIDTH - EDGE:
            x, row = float(EDGE), row + 1
        if row == ROWS:
            break
        add_tile(scene, name, x, TOP + row * (TILE + GAP), width)
        x += width + GAP
    scene.add(Text(EDGE, HEIGHT - 28, NOTE, 15, MUTED))
    return scene


def add_tile(scene: Scene, name: Scored, x: float, y: float, width: float) -> None:
    """One name, its letters on papers as dark as the model was surprised."""
    scene.add(Rect(x, y, width, TILE, WHITE, LINE, radius=6))
    for n, (letter, probability) in enumerate(name):
        left = x + GAP + n * LETTER
        scene.add(
            Rect(left, y + 6, LETTER, TILE - 12, blend(WHITE, ORANGE, 0.6 * (1 - probability)))
        )
        scene.add(Text(left + LETTER / 2, y + 32, letter, 26, INK, "middle", mono=True))
