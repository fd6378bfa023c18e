"""The cells above an exercise that its code needs.

A cell is needed if it is the last one above that binds a name which the code reads, or if it
changes that object later: by an attribute, an index, or a call of its method as a statement.
So an exercise of a lesson that trains for a minute does not train if its code does not use the
result.
"""

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BUILTINS = frozenset(dir(builtins))
GIVEN = frozenset({"check", "guess", "same"})  # a session begins with them


@dataclass(frozen=True)
class Names:
    """The names of one cell that other cells could bind (`read`), that it binds, and changes."""

    read: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


def cells_needed(cells: Sequence[str], place: int) -> list[int]:
    """The places of the cells to run before the one at `place`, in order.

    Args:
        cells: The code of all cells of the lesson.
        place: Of the cell to run.

    Example:
        >>> cells_needed(["a = 1", "b = a", "c = a", "print(b)"], 3)
        [0, 1]
    """
    names = [names_of(code) for code in cells[: place + 1]]
    found: set[int] = set()
    waiting = [place]
    while waiting:
        here = waiting.pop()
        for name in names[here].read:
            new = set(cells_with(name, names[:here])) - found
            found |= new
            waiting += new
    return sorted(found)


def cells_with(name: str, above: Sequence[Names]) -> Iterator[int]:
    """The last cell that binds a name, and those after it that change the object."""
    places = [place for place, one in enumerate(above) if name in one.bound]
    if places:
        yield places[-1]
        yield from (
            place for place in range(places[-1] + 1, len(above)) if name in above[place].changed
        )


def names_of(code: str) -> Names:
    """The names of a cell; none if it is not plain Python."""
    read: set[str] = set()
    bound: set[str] = set()
    try:
        of_statements = [names_of_statement(ast.unparse(one)) for one in ast.parse(code).body]
    except SyntaxError:
        return Names()
    for reads, binds in of_statements:
        read |= reads - bound
        bound |= binds
    changed = {name for one in ast.walk(ast.parse(code)) for name in changed_by(one)}
    # What is changed must be there: `Value.tanh = tanh` needs the cell of `Value`.
    return Names(frozenset(read - BUILTINS - GIVEN), frozenset(bound), frozenset(changed - bound))


def names_of_statement(code: str) -> tuple[set[str], set[str]]:
    """The global names that a statement reads, and those that it binds."""
    top = symtable.symtable(code, "cell", "exec")
    read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    bound = {
        symbol.get_name()
        for symbol in top.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    waiting = list(top.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        read |= {
            symbol.get_name()
            for symbol in inner.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    first = ast.parse(code).body[0]
    if isinstance(first, ast.AugAssign) and isinstance(first.target, ast.Name):
        read.add(first.target.id)
    if isinstance(first, (ast.FunctionDef, ast.ClassDef)):
        read.discard(first.name)  # it calls itself
    return read, bound


def changed_by(node: ast.AST) -> Iterator[str]:
    """The names whose object a node changes: `a.b = 1`, `a[0] += 1`, `a.add(1)` as a statement."""
    changed: list[ast.expr] = []
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        changed = [node]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        changed = [node.value.func]
    for one in changed:
        inner = one
        while isinstance(inner, (ast.Attribute, ast.Subscript)):
            inner = inner.value
        if isinstance(inner, ast.Name) and inner is not one:
            yield inner.id
