"""How a token came to be: the tree of the merges that made it, from single bytes upwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from viz.canvas.labels import truncate
from viz.canvas.palette import INK, LINE, MUTED, TINTS
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, hstack, vstack
from viz.canvas.visible_text import display_width, to_runs

Parents = tuple[int, int] | None
MOST_LEAVES = 20
WIDTH, MARGIN = 940, 16.0
STEP, LEVEL, BOX, LEAF_BOX, CELL = 40.0, 62.0, 38.0, 24.0, 8.5
PLAIN, MADE, ASKED = TINTS[0], TINTS[1], TINTS[2]  # a byte, a merge, the token asked for


@dataclass
class Branch:
    """One token in the tree; the same token may stand there twice."""

    token: int
    piece: bytes
    start: int  # at which byte of the whole it begins
    children: list["Branch"] = field(default_factory=list)
    level: int = 0
    x: float = 0.0


def draw_merges(
    tokens: int | Sequence[int],
    parents: Callable[[int], Parents] | Mapping[int, tuple[int, int]],
    bytes_of: Callable[[int], bytes] | Mapping[int, bytes],
    *,
    first: int = 256,
    title: str = "",
    ax=None,
) -> Picture:
    """The tree above the bytes of each token; in every box the number of the merge that made it.

    `parents` tells of a token the two that were joined, of a single byte None or nothing;
    `bytes_of` tells its bytes. `first` is the id that the first merge made. In a long token small
    pieces are not taken apart, and the picture says so.
    Raises:  ValueError if two parents together are not the bytes of their token.
    Example: draw_merges(256, {256: (104, 105)}, {256: b"hi", 104: b"h", 105: b"i"})
    """
    asked = [int(tokens)] if not isinstance(tokens, Sequence) else [int(token) for token in tokens]
    if not asked:
        raise ValueError("There is no token to draw: give the id of one, or a list of ids.")
    look_up = parents if callable(parents) else parents.get
    spelled = bytes_of if callable(bytes_of) else bytes_of.__getitem__
    trees = [grow(token, look_up, spelled) for token in asked]
    sheets, whole = [], True
    for tree in trees:
        shown = pruned(tree)
        whole = whole and len(shown) == len(tree)
        sheets.append(lay_out(shown, first))
    heading = Scene(max(9.2 * len(title) + 2 * MARGIN, 120), 40 if title else 12)
    heading.add(Text(MARGIN, 25, title, 15, weight="600"))
    scene = vstack(heading, *in_rows(sheets))
    if not whole:
        foot = Scene(420, 24)
        foot.add(Text(MARGIN, 16, "Grey pieces of several bytes were merged, too.", 12, MUTED))
        scene = vstack(scene, foot)
    scene.height += 8
    data = [
        {"token": tree[0].token, "piece": tree[0].piece, "merges": merges_of(tree)}
        for tree in trees
    ]
    picture = Picture(data, describe(trees, title, first), scene)
    return picture.draw_on(ax) if ax is not None else picture


def grow(token: int, parents: Callable, bytes_of: Callable) -> list[Branch]:
    """All branches, parents before children; the first is the token itself."""
    branches = [Branch(token, bytes_of(token), 0)]
    for branch in branches:  # it grows while we walk
        pair = parents(branch.token)
        if pair is None:
            continue
        left, right = bytes_of(pair[0]), bytes_of(pair[1])
        if not left or not right or left + right != branch.piece:
            raise ValueError(
                f"Token {branch.token} is {branch.piece!r:.40}, but its parents {pair[0]} and "
                f"{pair[1]} are {left!r:.40} and {right!r:.40}: together they must be its bytes."
            )
        branch.children = [
            Branch(pair[0], left, branch.start),
            Branch(pair[1], right, branch.start + len(left)),
        ]
        branches += branch.children
    return branches


def pruned(branches: list[Branch]) -> list[Branch]:
    """The tree with at most MOST_LEAVES leaves: the smallest pieces stay in one."""
    smallest = 1
    while True:
        kept = [Branch(branches[0].token, branches[0].piece, 0)]
        origin = [branches[0]]
        for branch, old in zip(kept, origin):
            if len(old.piece) > smallest:
                branch.children = [Branch(c.token, c.piece, c.start) for c in old.children]
                kept += branch.children
                origin += old.children
        if sum(not branch.children for branch in kept) <= MOST_LEAVES:
            return kept
        smallest += 1


def lay_out(branches: list[Branch], first: int) -> Scene:
    leaves = sorted((b for b in branches if not b.children), key=lambda branch: branch.start)
    x = MARGIN
    for leaf in leaves:
        wide = max(STEP, width_of(leaf, first) + 6)
        leaf.x = x + wide / 2
        x += wide
    for branch in reversed(branches):
        if branch.children:
            branch.x = sum(child.x for child in branch.children) / 2
            branch.level = 1 + max(child.level for child in branch.children)
    root = branches[0]
    root.x = max(root.x, MARGIN + width_of(root, first) / 2)
    scene = Scene(
        max(x, root.x + width_of(root, first) / 2) + MARGIN, LEVEL * root.level + BOX + 10
    )
    tops = {id(branch): LEVEL * (root.level - branch.level) + 4 for branch in branches}
    for branch in branches:
        for child in branch.children:
            start, end = tops[id(branch)] + BOX, tops[id(child)]
            scene.add(Line(((branch.x, start), (child.x, end)), LINE, 1.5))
    for branch in branches:
        add_branch(scene, branch, tops[id(branch)], first, ASKED if branch is root else MADE)
    return scene


def label_of(branch: Branch) -> str:
    return truncate("".join(written for written, _ in to_runs(branch.piece)), 40)


def number_of(branch: Branch, first: int) -> str:
    return f"merge {branch.token - first + 1:,}" if branch.children else ""


def width_of(branch: Branch, first: int) -> float:
    return max(display_width(label_of(branch)) * CELL, 5.4 * len(number_of(branch, first))) + 10


def add_branch(scene: Scene, branch: Branch, y: float, first: int, colour: str) -> None:
    wide, made = width_of(branch, first), bool(branch.children)
    x, tall = branch.x - wide / 2, BOX if made else LEAF_BOX
    scene.add(Rect(x, y, wide, tall, colour if made else PLAIN, radius=4))
    scene.add(Text(branch.x, y + 17, label_of(branch), 14, INK, "middle", mono=True))
    scene.add(Text(branch.x, y + 31, number_of(branch, first), 10, MUTED, "middle"))


def in_rows(sheets: list[Scene]) -> list[Scene]:
    """Several trees next to each other, as many in a row as there is room for."""
    rows: list[list[Scene]] = [[]]
    for sheet in sheets:
        if rows[-1] and sum(s.width for s in rows[-1]) + sheet.width > WIDTH:
            rows.append([])
        rows[-1].append(sheet)
    return [hstack(*row) for row in rows]


def merges_of(branches: list[Branch]) -> list[tuple[int, int, int]]:
    """Each merge once, in the order in which they were learned: (it, left, right)."""
    made = {(b.token, b.children[0].token, b.children[1].token) for b in branches if b.children}
    return sorted(made)


def describe(trees: list[list[Branch]], title: str, first: int) -> str:
    told = []
    for branches in trees:
        steps = {
            b.token: " + ".join(label_of(child) for child in b.children)
            for b in branches
            if b.children
        }
        listed = ", ".join(f"{steps[t]} (merge {t - first + 1:,})" for t in sorted(steps)[:12])
        more = f" and {len(steps) - 12} more" if len(steps) > 12 else ""
        told.append(f"{label_of(branches[0])} was made by {listed or 'no merge'}{more}")
    return f"{title + ': ' if title else ''}{'; '.join(told)}."
