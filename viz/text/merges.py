"""The tree of merges that made a token, from single bytes upwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int
from viz.canvas.labels import title_width, truncate
from viz.canvas.pages import NARROW, heading_scene
from viz.canvas.palette import INK, LINE, MUTED, TINTS
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, hstack, vstack
from viz.canvas.visible_text import display_width, to_runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Parents = tuple[int, int] | None
MAX_LEAVES = 20
WIDTH, MARGIN = 940, 16.0
STEP, LEVEL, BOX, LEAF_BOX, CELL = 40.0, 62.0, 38.0, 24.0, 8.5
SINGLE_BYTE, MERGED, ROOT = TINTS[0], TINTS[1], TINTS[2]  # colours


@dataclass
class MergeNode:
    """One token in the tree; the same token may occur twice.

    Attributes:
        token: Its id.
        piece: Its bytes.
        start: Its first byte within the root.
        children: The two nodes that were merged; empty for a single byte.
        level: 0 for leaves, else 1 above the highest child.
        x: Centre in pixels.
    """

    token: int
    piece: bytes
    start: int
    children: list["MergeNode"] = field(default_factory=list)
    level: int = 0
    x: float = 0.0


def draw_merges(
    tokens: int | Sequence[int],
    parents: Callable[[int], Parents] | Mapping[int, tuple[int, int]],
    bytes_of: Callable[[int], bytes] | Mapping[int, bytes],
    *,
    first_merge_id: int = 256,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the tree of merges above the bytes of each token, each box with the number of its merge.

    In a long token the smallest pieces are not divided; a note says so.

    Args:
        tokens: A token id, or several.
        parents: The two token ids that were merged into a token, as a function or a mapping; None
            or missing for a single byte.
        bytes_of: The bytes of a token id, as a function or a mapping.
        first_merge_id: Token id that the first merge made.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `token`, `piece` and `merges` (token, left, right) of each tree in
        `.data`; or `ax`, if given.

    Raises:
        ValueError: If there is no token, or the bytes of two parents are not those of the token.

    Example:
        >>> draw_merges(256, {256: (104, 105)}, {256: b"hi", 104: b"h", 105: b"i"})
        Picture: hi was made by h + i (merge 1).
    """
    given = tokens if isinstance(tokens, Sequence) else [tokens]
    ids = [to_int(token, "a token", 0) for token in given]
    if not ids:
        raise ValueError("There is no token to draw: give the id of one, or a list of ids.")
    parents_of = parents if callable(parents) else parents.get
    bytes_of_id = bytes_of if callable(bytes_of) else bytes_of.__getitem__
    trees = [build_tree(token, parents_of, bytes_of_id) for token in ids]
    scenes, outlines, is_complete = [], [], True
    for tree in trees:
        shown = pruned_tree(tree)
        is_complete = is_complete and len(shown) == len(tree)
        scenes.append(tree_scene(shown, first_merge_id))
        outlines.append(outline_scene(shown, first_merge_id))
    heading = Scene(max(title_width(title), 120), 40 if title else 12)
    heading.add(Text(MARGIN, 25, title, 15, weight="600"))
    scene = vstack(heading, *arrange_in_rows(scenes))
    narrow = vstack(heading_scene(title, NARROW), *outlines, gap=8)
    if not is_complete:
        note = Scene(420, 24)
        note.add(Text(MARGIN, 16, "Grey pieces of several bytes were merged, too.", 12, MUTED))
        scene, narrow = vstack(scene, note), vstack(narrow, replace(note, width=NARROW))
    scene.height += 8
    narrow.height += 8
    data = [
        {"token": tree[0].token, "piece": tree[0].piece, "merges": merges_of(tree)}
        for tree in trees
    ]
    picture = Picture(data, alt_text(trees, title, first_merge_id), scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def build_tree(
    token: int, parents: Callable[[int], Parents], bytes_of: Callable[[int], bytes]
) -> list[MergeNode]:
    """All nodes, each before its children; the first is the token itself."""
    nodes = [MergeNode(token, bytes_of(token), 0)]
    for node in nodes:  # which grows during the loop
        pair = parents(node.token)
        if pair is None:
            continue
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise ValueError(
                f"The parents of token {node.token} are {pair!r:.40}; give two token ids, or None."
            )
        pair = to_int(pair[0], "a parent", 0), to_int(pair[1], "a parent", 0)
        left, right = bytes_of(pair[0]), bytes_of(pair[1])
        if not left or not right or left + right != node.piece:
            raise ValueError(
                f"Token {node.token} is {node.piece!r:.40}, but its parents {pair[0]} and "
                f"{pair[1]} are {left!r:.40} and {right!r:.40}: together they must be its bytes."
            )
        node.children = [
            MergeNode(pair[0], left, node.start),
            MergeNode(pair[1], right, node.start + len(left)),
        ]
        nodes += node.children
    return nodes


def pruned_tree(nodes: list[MergeNode]) -> list[MergeNode]:
    """The tree with at most `MAX_LEAVES` leaves: the smallest pieces are not divided."""
    smallest = 1
    while True:
        kept = [MergeNode(nodes[0].token, nodes[0].piece, 0)]
        origin = [nodes[0]]
        for node, source in zip(kept, origin):
            if len(source.piece) > smallest:
                node.children = [MergeNode(c.token, c.piece, c.start) for c in source.children]
                kept += node.children
                origin += source.children
        if sum(not node.children for node in kept) <= MAX_LEAVES:
            return kept
        smallest += 1


def tree_scene(nodes: list[MergeNode], first_merge_id: int) -> Scene:
    leaves = sorted((node for node in nodes if not node.children), key=lambda node: node.start)
    x = MARGIN
    for leaf in leaves:
        width = max(STEP, node_width(leaf, first_merge_id) + 6)
        leaf.x = x + width / 2
        x += width
    for node in reversed(nodes):
        if node.children:
            node.x = sum(child.x for child in node.children) / 2
            node.level = 1 + max(child.level for child in node.children)
    root = nodes[0]
    half = node_width(root, first_merge_id) / 2
    root.x = max(root.x, MARGIN + half)
    scene = Scene(max(x, root.x + half) + MARGIN, LEVEL * root.level + BOX + 10)
    tops = {id(node): LEVEL * (root.level - node.level) + 4 for node in nodes}
    for node in nodes:
        for child in node.children:
            start, end = tops[id(node)] + BOX, tops[id(child)]
            scene.add(Line(((node.x, start), (child.x, end)), LINE, 1.5))
    for node in nodes:
        add_node(scene, node, tops[id(node)], first_merge_id, ROOT if node is root else MERGED)
    return scene


def outline_scene(nodes: list[MergeNode], first_merge_id: int) -> Scene:
    """The tree for a phone: a line for each token, its two parts below it and farther right."""
    scene = Scene(NARROW, 2)

    def add(node: MergeNode, x: float) -> None:
        y, width = scene.height, min(display_width(node_label(node)) * CELL + 10, NARROW - 32)
        colour = ROOT if node is nodes[0] else MERGED if node.children else SINGLE_BYTE
        scene.add(Rect(x, y, width, LEAF_BOX, colour, radius=4))
        scene.add(Text(x + 5, y + 17, node_label(node), 14, INK, mono=True))
        scene.add(Text(x + width + 8, y + 16, merge_label(node, first_merge_id), 11, MUTED))
        scene.height += LEAF_BOX + 4
        for child in node.children:
            top = scene.height + LEAF_BOX / 2
            scene.add(Line(((x + 7, y + LEAF_BOX), (x + 7, top), (x + 20, top)), LINE, 1.5))
            add(child, x + 20)

    add(nodes[0], MARGIN)
    return scene


def node_label(node: MergeNode) -> str:
    return truncate("".join(written for written, _ in to_runs(node.piece)), 40)


def merge_label(node: MergeNode, first_merge_id: int) -> str:
    return f"merge {node.token - first_merge_id + 1:,}" if node.children else ""


def node_width(node: MergeNode, first_merge_id: int) -> float:
    label, below = node_label(node), merge_label(node, first_merge_id)
    return max(display_width(label) * CELL, 5.4 * len(below)) + 10


def add_node(scene: Scene, node: MergeNode, y: float, first_merge_id: int, colour: str) -> None:
    width, merged = node_width(node, first_merge_id), bool(node.children)
    x, height = node.x - width / 2, BOX if merged else LEAF_BOX
    scene.add(Rect(x, y, width, height, colour if merged else SINGLE_BYTE, radius=4))
    scene.add(Text(node.x, y + 17, node_label(node), 14, INK, "middle", mono=True))
    scene.add(Text(node.x, y + 31, merge_label(node, first_merge_id), 10, MUTED, "middle"))


def arrange_in_rows(scenes: list[Scene]) -> list[Scene]:
    """Trees side by side, as many in a row as fit."""
    rows: list[list[Scene]] = [[]]
    for scene in scenes:
        if rows[-1] and sum(one.width for one in rows[-1]) + scene.width > WIDTH:
            rows.append([])
        rows[-1].append(scene)
    return [hstack(*row) for row in rows]


def merges_of(nodes: list[MergeNode]) -> list[tuple[int, int, int]]:
    """Each merge once, as (token, left, right), in the order in which they were learned."""
    merged = set()
    for node in nodes:
        if node.children:
            left, right = node.children
            merged.add((node.token, left.token, right.token))
    return sorted(merged)


def alt_text(trees: list[list[MergeNode]], title: str, first_merge_id: int) -> str:
    sentences = []
    for nodes in trees:
        steps = {
            node.token: " + ".join(map(node_label, node.children))
            for node in nodes
            if node.children
        }
        listed = ", ".join(
            f"{steps[t]} (merge {t - first_merge_id + 1:,})" for t in sorted(steps)[:12]
        )
        more = f" and {len(steps) - 12} more" if len(steps) > 12 else ""
        sentences.append(f"{node_label(nodes[0])} was made by {listed or 'no merge'}{more}")
    return f"{title + ': ' if title else ''}{'; '.join(sentences)}."
