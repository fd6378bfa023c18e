"""The shapes of a run as boxes that fold without a script, in HTML that an untrusted page keeps."""

from html import escape

from viz.architecture.forward_pass import Part, Step
from viz.architecture.shape_names import Letters, count_text, fold, shape_text, split_of
from viz.canvas.labels import printable
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, PAPER, SANS, WHITE
from viz.canvas.picture import image_tag


def page_of(root: Part, letters: Letters, title: str) -> str:
    style = (
        f"background-color: {PAPER}; color: {INK}; font-family: {SANS}; font-size: 13px; "
        f"padding: 12px 16px; border-radius: 6px; overflow-x: auto"
    )
    head = f'<div style="font-size: 15px; font-weight: 600">{escape(printable(title))}</div>'
    hint = (
        f'<div style="color: {MUTED}; margin: 2px 0 8px">A box opens and closes when clicked.</div>'
    )
    muted = f'<div style="color: {MUTED}">'
    aside = "".join(
        f"{muted}{escape(name)}: {size:,} parameters, used without a call</div>"
        for name, size in root.aside.items()
    )
    return f'<div style="{style}">{head}{hint}{box_of(root, letters)}{aside}</div>'


def box_of(part: Part, letters: Letters, times: int = 1, depth: int = 0) -> str:
    """One module; as deep as modules are nested, which no model makes too deep."""
    text, numbers = shape_text(part.went[0] if part.went else (), letters)
    again = f' <b style="color: {ORANGE}">× {times}, one after the other</b>' if times > 1 else ""
    kind = f' <span style="color: {MUTED}">{escape(part.kind)}</span>' if part.name else ""
    line = (
        f"<b>{escape(part.name or part.kind)}</b>{kind}{again} → "
        f'<b style="color: {BLUE}">{text}</b> <span style="color: {MUTED}">{numbers}</span>'
        f'<span style="color: {MUTED}; float: right; padding-left: 16px">'
        f"{escape(count_text(part))}</span>"
    )
    style = (
        f"background-color: {WHITE}; color: {INK}; border: 1px solid {LINE}; border-radius: 4px; "
        f"padding: 4px 10px; margin: 3px 0"
    )
    if not part.within:
        return f'<div style="{style}; padding-left: 24px">{line}</div>'
    inside = "".join(group_of(items, again, letters, depth) for items, again in fold(part.within))
    if part.heads:
        scene = split_of(part)
        H, _, D = part.heads
        inside += image_tag(
            "svg+xml",
            scene.to_svg("").encode(),
            f"{H * D} numbers cut into {H} strips of {D}",
            scene.width,
        )
    opened = " open" if depth == 0 or part.splits() else ""
    return (
        f'<details{opened} style="{style}"><summary style="cursor: pointer">{line}</summary>'
        f'<div style="margin-left: 14px">{inside}</div></details>'
    )


def group_of(items: list[Part | Step], times: int, letters: Letters, depth: int) -> str:
    """Boxes and steps; a group that comes again and again says so behind its last line."""
    lines = []
    for k, item in enumerate(items):
        again = times if k == len(items) - 1 else 1
        if isinstance(item, Part):
            lines.append(box_of(item, letters, again, depth + 1))
            continue
        text, numbers = shape_text(item.shape, letters)
        lines_said = f"these {len(items)} lines " if len(items) > 1 else ""
        more = f" ({lines_said}× {times})" if again > 1 else ""
        lines.append(
            f'<div style="padding: 1px 10px; border-left: 3px solid {FAINT}">'
            f"{escape(item.name)} → <b>{text}</b> "
            f'<span style="color: {MUTED}">{numbers}{more}</span></div>'
        )
    return "".join(lines)
