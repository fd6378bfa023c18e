"""Programs like a given one, each with one small mistake, as people and typing errors make them.

    for mutant in mutants(source): ...     each has the changed source, and says what was changed

Swapped are operators, comparisons, operands, arguments and members of a tuple; changed by one are
numbers, slices and ranges; turned round are signs and conditions; left out are statements, calls
and whole conditions; and each name is replaced by every other one of its function.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
IN_ANY_ORDER = (ast.Add, ast.Mult)
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
MEMBERS = (ast.In, ast.NotIn)
LIKE = {"min": "max", "max": "min", "all": "any", "any": "all", "sum": "max"}


@dataclass(frozen=True)
class Mutant:
    """A changed program; `place` is the function or name that was changed in it."""

    place: str
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every program that is one change away from `source`, each once."""
    plain = without_docstrings(source)
    seen = {plain}
    for i, statement in enumerate(ast.parse(plain).body):
        for path, new in changes(statement) if place_of(statement) else ():
            if isinstance(statement, ast.Assign) and is_power(new):
                continue  # of numbers as they are: 4 ** 124_373_760 would never be there
            tree = ast.parse(plain)
            before = ast.unparse(reach(tree.body[i], path))
            put(tree.body[i], path, new)
            try:
                text = ast.unparse(tree)
                compile(text, "<mutant>", "exec")
            except SyntaxError:
                continue
            if text not in seen:
                seen.add(text)
                after = ast.unparse(new) if new else "(left out)"
                yield Mutant(place_of(statement), f"{before}  ->  {after}", text)


def is_power(node: ast.AST | None) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)


def without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in [tree, *(node for node in tree.body if isinstance(node, ast.FunctionDef))]:
        if ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.unparse(tree)


def place_of(statement: ast.stmt) -> str:
    """What a statement makes: a function, or a value with a name."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""


# The position of a node in a tree ----------------------------------------------------------------


def walk(node: ast.AST, path: tuple = ()) -> Iterator[tuple[tuple, ast.AST]]:
    """Every node with the way to it: fields, and places in lists. Types and parameters are none."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns") or isinstance(value, ast.arguments):
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                yield from walk(child, (*path, (field, i if isinstance(value, list) else None)))


def reach(node: ast.AST, path: tuple) -> ast.AST:
    for field, i in path:
        value = getattr(node, field)
        node = value if i is None else value[i]
    return node


def put(tree: ast.AST, path: tuple, new: ast.AST | None) -> None:
    """Set `new` at the place; None takes a statement, or a condition, away."""
    parent, (field, i) = reach(tree, path[:-1]), path[-1]
    if i is None:
        setattr(parent, field, new)
    elif new is not None:
        getattr(parent, field)[i] = new
    else:
        del getattr(parent, field)[i]
        if field == "body" and not parent.body:
            parent.body = [ast.Pass()]


# What may be there instead ------------------------------------------------------------------------


def changes(tree: ast.stmt) -> Iterator[tuple[tuple, ast.AST | None]]:
    """(place, what replaces it; None for nothing)."""
    names = names_in(tree)
    for path, node in walk(tree):
        if not path:
            continue
        for new in instead(node):
            yield path, new
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            for name in names - {node.id}:
                yield path, ast.Name(name, ast.Load())
        field = path[-1][0]
        if isinstance(node, ast.stmt) or field == "ifs":
            yield path, None
        if field == "test" or field == "ifs":
            yield path, ast.UnaryOp(ast.Not(), node)
        if isinstance(node, (ast.BinOp, ast.Call)):
            yield path, ast.UnaryOp(ast.USub(), node)


def names_in(tree: ast.AST) -> set[str]:
    """The names that a function gives to what it gets and makes."""
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return arguments | stored if isinstance(tree, ast.FunctionDef) else set()


def instead(node: ast.AST) -> Iterator[ast.AST]:
    """What a slip of the pen makes of a node."""
    if isinstance(node, ast.BinOp):
        yield from (ast.BinOp(node.left, op(), node.right) for op in ARITHMETIC)
        if not isinstance(node.op, IN_ANY_ORDER):
            yield ast.BinOp(node.right, node.op, node.left)
        yield from (node.left, node.right)
    elif isinstance(node, ast.Compare):
        others = MEMBERS if isinstance(node.ops[0], MEMBERS) else ORDERS
        yield from (ast.Compare(node.left, [op()], node.comparators) for op in others)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from (ast.Constant(n) for n in (node.value + 1, node.value - 1, -node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Call):
        yield from calls_instead(node)
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        yield from (type(node)(swapped, ast.Load()) for swapped in swaps(node.elts))
    elif isinstance(node, ast.Set) and len(node.elts) > 1:
        yield from (ast.Set([e for e in node.elts if e is not left]) for left in node.elts)
    elif isinstance(node, ast.Slice):
        yield from slices_instead(node)


def calls_instead(node: ast.Call) -> Iterator[ast.AST]:
    """A call left out, of something alike, with arguments swapped or, of a range, one further."""
    if node.args:
        yield node.args[0]
    if isinstance(node.func, ast.Attribute):
        yield node.func.value
    if isinstance(node.func, ast.Name) and node.func.id in LIKE:
        yield ast.Call(ast.Name(LIKE[node.func.id], ast.Load()), node.args, node.keywords)
    yield from (ast.Call(node.func, swapped, node.keywords) for swapped in swaps(node.args))
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        for i, argument in enumerate(node.args):
            for new in by_one(argument):
                yield ast.Call(node.func, [*node.args[:i], new, *node.args[i + 1 :]], [])


def slices_instead(node: ast.Slice) -> Iterator[ast.Slice]:
    """Each end of a slice left out, and one further."""
    ends = {"lower": node.lower, "upper": node.upper, "step": node.step}
    for which, end in ends.items():
        if end is not None:
            yield from (ast.Slice(**{**ends, which: new}) for new in (None, *by_one(end)))


def by_one(node: ast.expr) -> list[ast.expr]:
    return [ast.BinOp(node, op(), ast.Constant(1)) for op in (ast.Add, ast.Sub)]


def swaps(members: list) -> Iterator[list]:
    """The members, each two of them in turn changed about."""
    for i, j in combinations(range(len(members)), 2):
        swapped = deepcopy(members)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield swapped
