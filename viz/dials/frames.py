"""A control with few states as pictures made beforehand: on a page, its knobs choose one of them.

What many pictures share is stored once. A shape is a string of SVG, and a picture is a list of
numbers of shapes. Squares of a heat map are a run: all pictures share their places, and each has
its colours. `frames_dial.js` reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import groupby, product
from math import prod
from typing import TYPE_CHECKING, Any

from viz.canvas.palette import MONO, PAPER, SANS
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Shape, Text, attributes, format_coordinate, shape_to_svg

if TYPE_CHECKING:
    from viz.canvas.control import Control

Pools = dict[str, dict[str, int]]  # strings that are stored once, each with its number

MOST_STATES = 600
SHORTEST_RUN = 12  # squares; a shorter run is written square by square
# What most shapes repeat, and the letter behind "~" that stands for it.
LONG = {
    "m": " " + attributes(font_family=MONO),
    "b": ' font-weight="600"',
    "c": ' text-anchor="middle"',
    "e": ' text-anchor="end"',
    "p": ' xml:space="preserve"',
    "l": ' stroke-linecap="round" stroke-linejoin="round"',
    "f": ' fill="none"',
    "k": ' font-size="',
    "i": ' stroke-width="',
    "h": ' height="',
}


def page_frames(control: "Control", *, note: str = "", **knobs: Any) -> dict[str, Any] | None:
    """Make the pictures of a control for all values of its knobs.

    Args:
        control: The control; afterwards its knobs are as they were.
        note: What a page says below the picture.
        **knobs: Its knobs by name: sliders, lists and boxes to tick.

    Returns:
        What `page_dial` returns; None if there are more than 600 states.
    """
    written = {name: page_knob(name, knob) for name, knob in knobs.items()}
    values = [values_of(knob) for knob in knobs.values()]
    if prod(map(len, values)) > MOST_STATES:
        return None
    pictures = []
    with as_they_were(control, list(knobs.values())):
        for chosen in product(*values):
            for knob, value in zip(knobs.values(), chosen):
                knob.value = value
            pictures.append(picture_or_error(control))
    found = {"dial": "frames", "knobs": list(written.values()), **write_pictures(pictures)}
    return {**found, "note": note} if note else found


def picture_or_error(control: "Control") -> Picture:
    """The picture for the present knobs, or a sentence that says why there is none."""
    try:
        return control.picture()
    except ValueError as error:
        return Picture(None, str(error), html=str(error))


def values_of(knob: Any) -> list[Any]:
    """All values of a knob."""
    if hasattr(knob, "options"):
        return [option[1] if isinstance(option, tuple) else option for option in knob.options]
    if hasattr(knob, "max"):
        return list(range(knob.min, knob.max + 1, knob.step))
    return [False, True]


def page_knob(name: str, knob: Any) -> dict[str, Any]:
    """A knob as the page makes it."""
    label = knob.description or name
    if not (hasattr(knob, "options") or hasattr(knob, "max")):
        kind = "text" if isinstance(knob.value, str) else "check"
        return {"name": name, "label": label, "kind": kind, "value": knob.value}
    kind = "choice" if hasattr(knob, "options") and not is_slider(knob) else "slider"
    values = values_of(knob)
    words = [
        option[0] if isinstance(option, tuple) else str(option)
        for option in getattr(knob, "options", values)
    ]
    written = {"name": name, "label": label, "kind": kind, "options": values, "value": knob.value}
    return written if words == list(map(str, values)) else {**written, "texts": words}


def is_slider(knob: Any) -> bool:
    return type(knob).__name__.endswith("Slider")


@contextmanager
def as_they_were(control: "Control", knobs: Sequence[Any]) -> Iterator[None]:
    """Let knobs be turned without drawing; afterwards they are as before."""
    values = [knob.value for knob in knobs]
    with ExitStack() as stack:
        for knob in knobs:
            stack.enter_context(knob.hold_sync())
            knob.unobserve(control.redraw, names="value")
        yield
        for knob, value in zip(knobs, values):
            knob.value = value
            knob.observe(control.redraw, names="value")
        control.picture()  # some controls keep their last picture


def write_pictures(pictures: Sequence[Picture]) -> dict[str, Any]:
    """Pictures as strings, of which each is stored once.

    Returns:
        "texts", the sentence of each picture; "desk" and, if there is one, "phone", its width,
        height and shapes, or "" where a sentence says why there is none; "shapes", "places",
        "colours", "fills" and "long", which those refer to.
    """
    pools: Pools = {"shapes": {}, "places": {}, "colours": {}, "fills": {}}
    desk = [write_scene(picture.scene, pools) for picture in pictures]
    phone = [write_scene(picture.narrow, pools) for picture in pictures]
    return {
        "texts": [picture.alt for picture in pictures],
        "desk": desk,
        **({"phone": phone} if any(phone) else {}),
        **{name: list(pool) for name, pool in pools.items() if pool},
        "long": LONG,
        "paper": PAPER,
        "font": SANS,
    }


def write_scene(scene: Scene | None, pools: Pools) -> str:
    """Width, height and shapes: "400 300 0-7 9 r2:5:1" is shapes 0 to 7, 9, and a run.

    The run r2:5:1 has the shape 2 at the places 5 in the colours 1.
    """
    if scene is None:
        return ""
    size = [format_coordinate(scene.width), format_coordinate(scene.height)]
    return " ".join([*size, *number_ranges(numbers_of(scene.shapes, pools))])


def numbers_of(shapes: Sequence[Shape], pools: Pools) -> Iterator[int | str]:
    """The number of each shape, or what a run is made of."""
    for shared, group in groupby(shapes, key=shared_in_run):
        members = list(group)
        squares = [shape for shape in members if isinstance(shape, Rect)]
        if shared and len(squares) >= SHORTEST_RUN:
            yield write_run(shared, squares, pools)
            continue
        for shape in members:
            if not (isinstance(shape, Text) and not shape.text):
                yield number_of(shorten(shape_to_svg(shape)), pools["shapes"])


def number_of(text: str, pool: dict[str, int]) -> int:
    """The number of a string in its pool, to which a new one is added."""
    return pool.setdefault(text, len(pool))


def shared_in_run(shape: Shape) -> Rect | None:
    """What squares of one run share; None for other shapes."""
    if not isinstance(shape, Rect) or not shape.fill.startswith("#"):
        return None
    return replace(shape, x=0, y=0, fill="@")


def write_run(shared: Rect, squares: Sequence[Rect], pools: Pools) -> str:
    """Squares of one size as numbers of their shape, their places and their colours."""
    shape = number_of(shorten(shape_to_svg(shared)), pools["shapes"])
    corners = " ".join(format_coordinate(z) for square in squares for z in (square.x, square.y))
    places = number_of(corners, pools["places"])
    colours = [number_of(square.fill, pools["colours"]) for square in squares]
    lengths = [(colour, len(list(same))) for colour, same in groupby(colours)]
    fills = " ".join(f"{colour}*{n}" if n > 1 else f"{colour}" for colour, n in lengths)
    return f"r{shape}:{places}:{number_of(fills, pools['fills'])}"


def shorten(svg: str) -> str:
    """The shape with letters in place of what most shapes repeat."""
    svg = svg.replace("~", "~~")
    for letter, long in LONG.items():
        svg = svg.replace(long, f"~{letter}")
    return svg


def number_ranges(numbers: Iterable[int | str]) -> Iterator[str]:
    """3 4 5 9 as "3-5" and "9"; strings stay."""
    first = last = -1
    for number in [*numbers, ""]:
        if isinstance(number, int) and first >= 0 and number == last + 1:
            last = number
            continue
        if first >= 0:
            yield f"{first}-{last}" if last > first else f"{first}"
        first = last = number if isinstance(number, int) else -1
        if isinstance(number, str) and number:
            yield number
