"""The shapes as boxes that fold without a script, in HTML that an untrusted notebook keeps."""

from html import escape

from viz.architecture.forward_pass import Call, ModuleCall
from viz.architecture.shape_names import (
    DimNames,
    fold_repeats,
    format_parameters,
    format_shape,
    head_split_of,
)
from viz.canvas.labels import printable
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, PAPER, SANS, WHITE
from viz.canvas.picture import ADAPTS, DARK_STYLE, picture_tag


def shapes_html(root: ModuleCall, dims: DimNames, title: str) -> str:
    style = (
        f"background-color: {PAPER}; color: {INK}; font-family: {SANS}; font-size: 13px; "
        f"padding: 12px 16px; border-radius: 6px; overflow-x: auto"
    )
    head = f'<div style="font-size: 15px; font-weight: 600">{escape(printable(title))}</div>'
    hint = (
        f'<div style="color: {MUTED}; margin: 2px 0 8px">A box opens and closes when clicked.</div>'
    )
    muted = f'<div style="color: {MUTED}">'
    direct_parameters = "".join(
        f"{muted}{escape(name)}: {size:,} parameters, used without a call</div>"
        for name, size in root.direct_parameters.items()
    )
    inside = f"{head}{hint}{module_html(root, dims)}{direct_parameters}"
    return f'<div class="{ADAPTS}" style="{style}">{inside}</div>{DARK_STYLE}'


def module_html(call: ModuleCall, dims: DimNames, repeats: int = 1, depth: int = 0) -> str:
    """One module and the calls within it. Recursion is as deep as modules are nested."""
    text, numbers = format_shape(call.outputs[0] if call.outputs else (), dims)
    repeat_text = (
        f' <b style="color: {ORANGE}">× {repeats}, one after the other</b>' if repeats > 1 else ""
    )
    kind = f' <span style="color: {MUTED}">{escape(call.kind)}</span>' if call.name else ""
    line = (
        f"<b>{escape(call.name or call.kind)}</b>{kind}{repeat_text} → "
        f'<b style="color: {BLUE}; white-space: nowrap">{text}</b> '
        f'<span style="color: {MUTED}; white-space: nowrap">{numbers}</span> '
        f'<span style="color: {MUTED}; float: right; padding-left: 16px">'
        f"{escape(format_parameters(call))}</span>"
    )
    style = (
        f"background-color: {WHITE}; color: {INK}; border: 1px solid {LINE}; border-radius: 4px; "
        f"padding: 4px 6px 4px 10px; margin: 3px 0"
    )
    if not call.calls:
        return f'<div style="{style}; padding-left: 24px; overflow: hidden">{line}</div>'
    inside = "".join(
        group_html(items, count, dims, depth) for items, count in fold_repeats(call.calls)
    )
    if call.heads:
        H, _, D = call.heads
        inside += picture_tag(head_split_of(call), f"{H * D} numbers split into {H} heads of {D}")
    open_attribute = " open" if depth == 0 or call.has_head_split() else ""
    return (
        f'<details{open_attribute} style="{style}">'
        f'<summary style="cursor: pointer; overflow: hidden">{line}</summary>'
        f'<div style="margin-left: 8px">{inside}</div></details>'
    )


def group_html(items: list[Call], repeats: int, dims: DimNames, depth: int) -> str:
    """The boxes of one group of calls. A repeated group says so after its last line."""
    lines = []
    for k, item in enumerate(items):
        item_repeats = repeats if k == len(items) - 1 else 1
        if isinstance(item, ModuleCall):
            lines.append(module_html(item, dims, item_repeats, depth + 1))
            continue
        text, numbers = format_shape(item.shape, dims)
        these_lines = f"these {len(items)} lines " if len(items) > 1 else ""
        more = f" ({these_lines}× {repeats})" if item_repeats > 1 else ""
        lines.append(
            f'<div style="padding: 1px 10px; border-left: 3px solid {FAINT}">'
            f'{escape(item.name)} → <b style="white-space: nowrap">{text}</b> '
            f'<span style="color: {MUTED}">{numbers}{more}</span></div>'
        )
    return "".join(lines)
