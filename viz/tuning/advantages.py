"""Groups of answers, each answer pushed up or down by its advantage; groups that agree are grey.

Source: Shao et al. 2024 (GRPO), arXiv 2402.03300, for advantages within a group.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene, wrapped
from viz.canvas.palette import FAINT, INK, LINE, MUTED, NEGATIVE, POSITIVE, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, vstack
from viz.canvas.ticks import format_digits
from viz.canvas.wrapping import wrap_text
from viz.tuning.groups import BASELINES, Group, read_groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, MARGIN, GAP = 720.0, 16.0, 6.0
PER_ROW = 8  # answers beside each other
LONGEST, SHORTEST = 46.0, 12.0  # of an arrow
HEAD = 5.0  # of an arrow, in pixels to each side
MAX_LINES, LETTER, LINE_HEIGHT = 3, 7.3, 15.0  # of an answer
MAX_GROUPS = 8


def draw_advantages(
    groups: "Sequence[Mapping[str, Any] | tuple[Any, ...]]",
    *,
    baseline: str = "group_mean",
    title: str = "",
    max_groups: int = MAX_GROUPS,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw groups of answers with their rewards, and an arrow for each advantage.

    Args:
        groups: For each question a mapping with "question", "answers" (G texts; None did not end),
            "rewards" (G numbers) and perhaps "advantages" (G numbers), or a tuple in this order.
        baseline: How advantages are computed where they are not given: "none", "group_mean", or
            "normalized", which also divides by the standard deviation of the group.
        title: Title of the picture; by default it counts the groups that push.
        max_groups: How many groups are drawn.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with a list of `question`, `answers`, `rewards`, `advantages` and `is_pushed`
        in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there is no group, a reward is not a finite number, or a group has other
            numbers of answers and rewards.

    Example:
        >>> group = {"question": "7+5?", "answers": ["12", "2"], "rewards": [1, 0]}
        >>> draw_advantages([group]).data[0]["advantages"]
        [0.5, -0.5]

    Source: Shao et al. 2024 (GRPO), arXiv 2402.03300.
    """
    picture = advantages_picture(read_groups(groups, baseline), title, max_groups)
    return picture.draw_on(ax) if ax is not None else picture


def advantages_picture(
    groups: Sequence[Group],
    title: str = "",
    max_groups: int = MAX_GROUPS,
    *,
    keeps_height: bool = False,
) -> Picture:
    """Draw groups that have been checked.

    Args:
        groups: The groups.
        title: Title of the picture; "" counts the groups that push.
        max_groups: How many groups are drawn.
        keeps_height: Whether there is room for the longest arrows, also where there are none.
    """
    heading = title or title_sentence(groups)
    largest = max(abs(value) for group in groups for value in group.advantages) or 1.0
    room = LONGEST if keeps_height else 0.0

    def draw(width: float) -> Scene:
        top = heading_scene(heading, width, 34)
        caption = Text(MARGIN, top.height + 12, caption_sentence(groups), 12, MUTED)
        lines = wrapped(caption, width - 2 * MARGIN)
        top.add(*lines)
        top.height = lines[-1].y + 10
        shown = (group_scene(group, largest, room, width) for group in groups[:max_groups])
        scene = vstack(top, *shown)
        if len(groups) > max_groups:
            more = f"... and {len(groups) - max_groups:,} more groups"
            scene.add(Text(MARGIN, scene.height + 14, more, 12, MUTED))
            scene.height += 22
        return scene

    data = [{**vars(group), "is_pushed": group.is_pushed} for group in groups]
    return Picture(data, alt_text(groups, heading), draw(WIDTH), narrow=draw(NARROW))


def caption_sentence(groups: Sequence[Group]) -> str:
    """What an arrow is."""
    baselines = {group.baseline for group in groups}
    one = baselines.pop() if len(baselines) == 1 else ""
    return f"An arrow is the advantage of an answer{': ' + BASELINES[one] if one else ''}"


def title_sentence(groups: Sequence[Group]) -> str:
    """How many groups push their answers."""
    still = sum(not group.is_pushed for group in groups)
    if len(groups) == 1:
        return "Nothing is pushed" if still else "Each answer is pushed by its advantage"
    if not still:
        return "Both groups push" if len(groups) == 2 else f"All {len(groups)} groups push"
    verb = "pushes" if len(groups) - still == 1 else "push"
    return (
        f"{len(groups) - still} of {len(groups)} groups {verb} their answers; the grey ones agree"
    )


def group_scene(group: Group, largest: float, room: float, width: float) -> Scene:
    """The question, and the answers below it in rows."""
    scene = Scene(width, 26)
    verdict = group_words(group)
    letters = int((width - 2 * MARGIN - 6.4 * len(verdict)) / 7.6) - 2
    scene.add(Text(MARGIN, 18, truncate(group.question, letters), 13, INK, weight="600"))
    scene.add(Text(width - MARGIN, 18, verdict, 12, MUTED, "end"))
    columns = min(len(group.answers), PER_ROW if width > NARROW else PER_ROW // 2)
    rows = range(0, len(group.answers), columns)
    parts = [slice(first, first + columns) for first in rows]
    shown = (row_scene(group, part, columns, largest, room, width) for part in parts)
    return vstack(scene, *shown)


def group_words(group: Group) -> str:
    """The mean reward, or that the answers agree."""
    if group.is_pushed:
        return f"mean reward {format_digits(group.mean)}"
    count, first = len(group.rewards), format_digits(group.rewards[0])
    if max(group.rewards) == min(group.rewards):
        return f"all {count} got reward {first}: no push"
    return f"mean reward {format_digits(group.mean)}: no push"


def row_scene(
    group: Group, part: slice, columns: int, largest: float, room: float, scene_width: float
) -> Scene:
    """Answers side by side, those that are pushed up with an arrow above, the others below."""
    answers, rewards = group.answers[part], group.rewards[part]
    advantages = group.advantages[part]
    column = (scene_width - 2 * MARGIN + GAP) / columns
    letters = int((min(column, 240) - GAP - 12) / LETTER)
    texts = [wrap_text(answer, letters, MAX_LINES) or [""] for answer in answers]
    above = room_for([value for value in advantages if value > 0], largest, room)
    below = room_for([value for value in advantages if value < 0], largest, room)
    box_height = 26 + LINE_HEIGHT * max(map(len, texts))
    scene = Scene(scene_width, above + box_height + below + 10)
    for i, (lines, reward, advantage) in enumerate(zip(texts, rewards, advantages)):
        x, width = MARGIN + column * i, min(column, 240) - GAP
        colour = POSITIVE if advantage > 0 else NEGATIVE
        edge = colour if advantage else LINE
        fill = WHITE if advantage else FAINT
        scene.add(Rect(x, above, width, box_height, fill, edge, radius=5))
        for n, line in enumerate(lines):
            shown, y = line or "(nothing)", above + 18 + LINE_HEIGHT * n
            scene.add(
                Text(x + width / 2, y, shown, 12, INK if line else MUTED, "middle", mono=True)
            )
        words = f"reward {format_digits(reward)}".replace("-", "−")
        scene.add(Text(x + width / 2, above + box_height - 7, words, 10.5, MUTED, "middle"))
        if advantage:
            start = above - 3 if advantage > 0 else above + box_height + 3
            add_arrow(scene, x + width / 2 - 20, start, advantage, largest, colour)
    return scene


def room_for(advantages: Sequence[float], largest: float, room: float) -> float:
    """The height of the longest arrow, at least `room`."""
    return max(room, *(arrow_length(value, largest) for value in advantages), 0.0) + 8


def arrow_length(advantage: float, largest: float) -> float:
    """Proportional to the advantage, but never shorter than its head."""
    return max(SHORTEST, LONGEST * abs(advantage) / largest)


def add_arrow(
    scene: Scene, x: float, start: float, advantage: float, largest: float, colour: str
) -> None:
    """Add an arrow and its number, to the right of it."""
    down = -1 if advantage > 0 else 1
    tip = start + down * arrow_length(advantage, largest)
    scene.add(Line(((x, start), (x, tip - down * 1.5)), colour, 4))
    head = tip - down * HEAD * 1.4
    scene.add(Line(((x - HEAD, head), (x, tip), (x + HEAD, head)), colour, 3))
    words = f"{'+' if advantage > 0 else '−'}{format_digits(abs(advantage))}"
    scene.add(Text(x + 10, (start + tip) / 2 + 4, words, 11.5, colour, weight="600"))


def alt_text(groups: Sequence[Group], title: str) -> str:
    """One sentence: each group with its mean reward, and how many answers go up and down."""
    parts = []
    for group in groups[:MAX_GROUPS]:
        up, down = (sum(sign * value > 0 for value in group.advantages) for sign in (1, -1))
        pushes = f", {up} up and {down} down" if group.is_pushed else ""
        parts.append(f"{truncate(group.question, 40)} {group_words(group)}{pushes}")
    return f"{title}. {'; '.join(parts)}."
