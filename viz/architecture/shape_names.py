"""What the shapes of a run are called, and which boxes of it are the same again."""

from viz.architecture.forward_pass import Part, Shape, Step
from viz.architecture.head_split import draw_head_split
from viz.canvas.scene import Scene

Letters = dict[int, str]
Folded = list[tuple[list[Part | Step], int]]  # what stands there, and how often one after the other


def found_letters(root: Part) -> dict[str, int]:
    """B, T, C, H, D and V, as far as the run shows them."""
    found: dict[str, int] = {}
    cut = first_cut(root)
    sheets = [shape for part in parts_of(root)[1:] for shape in part.went if len(shape) == 3]
    if not sheets or not root.came or len(root.came[0]) < 2:
        return found
    found |= {"B": root.came[0][0], "T": root.came[0][1], "C": sheets[0][-1]}
    if cut and cut.heads:
        found |= {"H": cut.heads[0], "D": cut.heads[2]}
    if root.went and len(root.went[0]) == 3 and root.went[0][-1] != found["C"]:
        found["V"] = root.went[0][-1]
    return found


def parts_of(root: Part) -> list[Part]:
    """All parts, in the order in which they were called."""
    ordered, stack = [], [root]
    while stack:
        part = stack.pop()
        ordered.append(part)
        stack += [one for one in reversed(part.within) if isinstance(one, Part)]
    return ordered


def first_cut(root: Part) -> Part | None:
    return next((part for part in parts_of(root) if part.heads), None)


def fold(items: list[Part | Step], longest: int = 3) -> Folded:
    """Neighbours that look the same, alone or in small groups, once and how often."""
    looks = [item.looks() for item in items]
    folded: Folded = []
    k = 0
    while k < len(items):
        for n in range(1, longest + 1):
            times = 1
            while looks[k : k + n] == looks[k + n * times : k + n * (times + 1)]:
                times += 1
            if times > 1:
                break
        else:
            n, times = 1, 1
        folded.append((items[k : k + n], times))
        k += n * times
    return folded


def shape_text(shape: Shape, letters: Letters) -> tuple[str, str]:
    """(2, 8, 96) -> ("(B, T, 3C)", "2 × 8 × 96"); without letters the numbers alone."""
    width = next((size for size, letter in letters.items() if letter == "C"), 0)
    words = []
    for size in shape:
        if letters.get(size):
            words.append(letters[size])
        elif width and size % width == 0 and 1 < size // width <= 4:
            words.append(f"{size // width}C")
        else:
            words.append(str(size))
    numbers = " × ".join(map(str, shape)) or "one number"
    text = f"({', '.join(words)})"
    return (text, numbers) if any(word[-1].isalpha() for word in words) else (numbers, "")


def count_text(part: Part) -> str:
    if not part.parameters:
        return ""
    noun = "parameter" if part.parameters == 1 else "parameters"
    return f"{part.parameters:,} {noun}" + (f", those of {part.shared}" if part.shared else "")


def split_of(part: Part) -> Scene:
    """The sheet that this part cuts into strips."""
    assert part.heads is not None, "asked only where heads were found"
    H, T, D = part.heads
    scene = draw_head_split(H * D, H, tokens=T).scene
    assert scene is not None, "a split is made of shapes"
    return scene
