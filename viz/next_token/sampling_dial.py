"""Sliders for sampling options, and the texts that are sampled with them.

The caller seeds its sampling, so that texts differ only by the options.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any

from ipywidgets import FloatSlider, IntSlider, Layout, SelectionSlider

from viz.canvas.arrays import significant
from viz.canvas.control import Control
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, phone_title_scene
from viz.canvas.palette import GOLD, INK, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Scene, Text
from viz.next_token.probabilities import check_probabilities, phone_bars, vertical_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TEXTS = 40
PER_ROW, PHONE_PER_ROW, COLUMN_WIDTH, ROW = 4, 2, 180, 22
MAX_CHARS = 18
MAX_SETTINGS = 500  # whose texts a page stores
SliderRange = tuple[float, float, float]


def draw_sampling(
    texts: Sequence[str],
    known: Collection[str] = (),
    *,
    bars: Mapping[str, float] | None = None,
    title: str = "",
    known_label: str = "is in the list",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw texts in rows, the known ones with a dot, below bars for the next token.

    Args:
        texts: Sampled texts. At most 40 are drawn.
        known: Texts that get a dot, such as those of the training data.
        bars: Mapping token -> probability of the next token.
        title: Title of the picture.
        known_label: What it means to be known, for the caption.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with all texts in `.data`; or `ax`, if given.

    Raises:
        ValueError: If `texts` is not a list of texts, or `bars` are not probabilities.

    Example:
        >>> draw_sampling(["mari", "anna"], {"anna"}, bars={"a": 0.75, "end": 0.25})
        Picture: Samples: mari, anna ... (1 of 2: is in the list)
    """
    shown = check_texts(texts)[:MAX_TEXTS]
    scene, narrow = Scene(0, 40 if title else 14), phone_title_scene(title)
    if bars is not None:
        labels, probs = list(bars), list(bars.values())
        check_probabilities(probs, labels)
        scene, narrow = vertical_bars(labels, probs, title), phone_bars(labels, probs, title)
    else:
        scene.add(Text(16, 25, title, 15, weight="600"))
    scene.width = max(scene.width, PER_ROW * COLUMN_WIDTH + 32)
    n_known = sum(text in known for text in texts)
    caption = f"{n_known} of {len(texts)}: {known_label}" if known else ""
    add_texts(scene, shown, known, caption, PER_ROW, COLUMN_WIDTH)
    add_texts(narrow, shown, known, caption, PHONE_PER_ROW, (NARROW - 28) / PHONE_PER_ROW)
    alt = f"{title or 'Samples'}: {', '.join(shown[:4])} ..." + f" ({caption})" * bool(caption)
    picture = Picture(list(texts), alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def add_texts(
    scene: Scene,
    texts: list[str],
    known: Collection[str],
    caption: str,
    per_row: int,
    column_width: float,
) -> None:
    """The texts in rows below what is drawn, and the caption below them."""
    top = scene.height + 6
    for i, text in enumerate(texts):
        x, y = 28.0 + column_width * (i % per_row), top + 14 + ROW * (i // per_row)
        is_known, shown_text = text in known, truncate(text.replace("\n", "↵"), MAX_CHARS)
        if is_known:
            scene.add(Circle(x - 8, y - 4.5, 3.2, GOLD))
        colour = GOLD if is_known else INK if text else MUTED
        weight = "600" if is_known else "normal"
        scene.add(Text(x, y, shown_text or "(nothing)", 13, colour, weight=weight, mono=True))
    bottom = top + ROW * -(-len(texts) // per_row) + 20
    if caption:
        scene.add(Circle(20, bottom - 4.5, 3.2, GOLD), Text(30, bottom, caption, 12, MUTED))
    scene.height = bottom + 16


def check_texts(texts: object) -> list[str]:
    if isinstance(texts, str) or not isinstance(texts, Sequence) or not len(texts):
        raise ValueError(f"texts must be a list with at least one text, not {texts!r:.60}.")
    return [str(text) for text in texts]


class SamplingDial(Control):
    """One slider for each sampling option, and the texts sampled with their values.

    Args:
        sample: Called with the options by name. It returns texts, or a `Picture` of its own.
        known: Texts that get a dot, such as those of the training data.
        bars: Called with the options by name. It returns the probabilities of the next token.
        known_label: What it means to be known, for the caption.
        title: Comes before the values of the options in the title.
        page: What the script of a page needs to sample by itself: `documents` with a space
            between, `letters`, `smoothing`, `prefix`, `how_many`, `longest` and `seed` of a table
            of n-grams. By default it gets the texts of every setting.
        count_option: Name of the option that is only the number of texts, if there is one: the
            first texts are the same for each number.
        **dials: An option as (lowest, highest, first value), or as a list of choices, the first one
            first. A range of integers moves in integers, another one in steps of 0.1.

    Raises:
        ValueError: If there is no option, or a first value is outside its range.

    Example:
        >>> dial = SamplingDial(lambda temperature: ["anna"], temperature=(0.1, 2.0, 0.5))
        >>> dial.still
        Picture: temperature 0.5: anna ...
    """

    def __init__(
        self,
        sample: Callable[..., Any],
        *,
        known: Collection[str] = (),
        bars: Callable[..., Mapping[str, float]] | None = None,
        known_label: str = "is in the list",
        title: str = "",
        page: Mapping[str, Any] | None = None,
        count_option: str = "",
        **dials: SliderRange | list[Any],
    ) -> None:
        if not dials:
            raise ValueError("There is no option: give one, such as temperature=(0.1, 2.0, 0.5).")
        self.sample, self.bars, self.known, self.known_label = sample, bars, set(known), known_label
        self.title, self.page, self.count_option = title, page, count_option
        self.dials = {name: slider(name, given) for name, given in dials.items()}
        self.first = {name: dial.value for name, dial in self.dials.items()}
        super().__init__(list(self.dials.values()), self.picture())
        for dial in self.dials.values():
            dial.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The texts for the values of the sliders, or the error message for them."""
        values = {name: dial.value for name, dial in self.dials.items()}
        try:
            sampled = self.sample(**values)
            bars = self.bars(**values) if self.bars else None
        except (ValueError, ArithmeticError) as error:
            return Picture(None, str(error), html=f"<p>{escape(str(error))}</p>")
        if isinstance(sampled, Picture):
            return sampled
        settings = ", ".join(
            f"{name.replace('_', ' ')} {value:g}" for name, value in values.items()
        )
        title = f"{self.title}: {settings}" if self.title else settings
        return draw_sampling(
            sampled, self.known, bars=bars, title=title, known_label=self.known_label
        )

    def page_dial(self) -> dict[str, Any] | None:
        """What `sampling_dial.js` needs: `page`, or the texts of each setting.

        None for more than 500 settings, or for a `sample` that draws a picture of its own.
        """
        ranges = {name: values_of(dial) for name, dial in self.dials.items()}
        options = [
            [name, name.replace("_", " "), ranges[name], self.first[name]] for name in ranges
        ]
        known_label = self.known_label if self.known else ""
        shared = {"title": self.title, "options": options, "known_label": known_label}
        stored = self.page or self.stored_texts(ranges)
        return {"dial": "sampling", **shared, **stored} if stored else None

    def stored_texts(self, ranges: Mapping[str, list[Any]]) -> dict[str, Any] | None:
        """The texts of each setting, which of them are known, and the probabilities.

        Args:
            ranges: Name of an option -> its values.
        """
        count = self.count_option
        grid = {name: ranges[name][-1:] if name == count else ranges[name] for name in ranges}
        settings = [dict(zip(grid, values)) for values in product(*grid.values())]
        if len(settings) > MAX_SETTINGS:
            return None
        texts = [self.texts_of(setting) for setting in settings]
        if None in texts:
            return None
        given = {text for listed in texts if isinstance(listed, list) for text in listed}
        known = sorted(given & self.known)
        return {"count": count, "texts": texts, "known": known, **self.stored_bars(grid)}

    def texts_of(self, setting: dict[str, Any]) -> list[str] | str | None:
        """The texts for a setting, or the error message for it; None for a picture.

        Args:
            setting: The options by name.
        """
        try:
            sampled = self.sample(**setting)
        except (ValueError, ArithmeticError) as error:
            return str(error)
        return None if isinstance(sampled, Picture) else check_texts(sampled)

    def stored_bars(self, grid: Mapping[str, list[Any]]) -> dict[str, Any]:
        """The tokens, and their probabilities at temperature 1 for each setting of the rest.

        Args:
            grid: Name of an option -> its values.
        """
        if self.bars is None:
            return {"tokens": [], "trained": {"probs": []}}
        at_one = {name: [1.0] if name == "temperature" else grid[name] for name in grid}
        found = [self.bars(**dict(zip(grid, values))) for values in product(*at_one.values())]
        probs = [[significant(prob) for prob in bars.values()] for bars in found]
        return {
            "tokens": list(found[0]),
            "trained": {"probs": probs},
        }


def values_of(dial: IntSlider | FloatSlider | SelectionSlider) -> list[Any]:
    """The values that a slider can have, from left to right."""
    if isinstance(dial, SelectionSlider):
        return list(dial.options)
    steps = round((dial.max - dial.min) / dial.step)
    if isinstance(dial, IntSlider):
        return [dial.min + dial.step * k for k in range(steps + 1)]
    return [round(dial.min + dial.step * k, 10) for k in range(steps + 1)]


def slider(name: str, given: SliderRange | list[Any]) -> IntSlider | FloatSlider | SelectionSlider:
    """A slider for (lowest, highest, first value), or for a list of choices."""
    options: dict[str, Any] = {
        "description": name.replace("_", " "),
        "layout": Layout(width="460px"),
        "style": {"description_width": "90px"},
    }
    if isinstance(given, list) and len(given) > 1:
        return SelectionSlider(options=given, **options)
    limits = given if isinstance(given, tuple) else ()
    if len(limits) != 3 or not limits[0] <= limits[2] <= limits[1]:
        raise ValueError(
            f"{name}={given!r} must be (lowest, highest, first), such as (0.1, 2.0, 0.5), or a "
            f"list of choices, such as [1, 4, 16]."
        )
    options |= dict(zip(("min", "max", "value"), limits))
    if all(isinstance(value, int) for value in limits):
        return IntSlider(**options)
    return FloatSlider(step=0.1, readout_format=".1f", **options)
