"""A probabilistic grammar from which small texts are sampled (`stories.py`).

Sampling draws one line (production) of a rule, and expands the braces in it. The i-th line of a
rule has weight 1/i, like the frequencies of words (Zipf's law), unless a number precedes it. In a
rule marked `evenly` each line has weight 1.

    story
        {hero:girl}{hero} lost {hero.his} {hero.toy}. {end}
        3: It rained on [Monday / Tuesday], so nothing happened.
    girl evenly
            his = her
        Ada / Mia
            toy = kite
        Zoe
            toy = [drum / red ball]
    end
        -
        {hero.His} cat slept.

`{end}` is a line of that rule, `-` is nothing, `[a / b]` is a rule without a name. `{hero:girl}`
writes nothing: it binds `hero` to a line of `girl` up to the end of its own line. Then `{hero}` are
the words drawn, `{hero.toy}` is one of the fields below them (fields before the first line belong
to all), `{Hero}` and `{hero.His}` begin with a capital. A row indented by 12 continues the one
above; a row that begins with # is a comment.
There is no recursion, and draws are independent, so the expectation of a line is the sum of the
expectations of its parts.
Source: Zipf 1935, "The Psycho-Biology of Language".
"""

import re
from dataclasses import dataclass

from gptcore.checks import did_you_mean

RULE, LINE, FIELD, CONTINUED = 0, 4, 8, 12  # spaces of indentation


@dataclass(frozen=True)
class Slot:
    """The content of a pair of braces."""

    name: str  # of a rule, or a name bound by {name:rule}
    field: str = ""
    drawn_from: str = ""  # the rule, in {name:rule}
    capital: bool = False


Parts = tuple[str | Slot, ...]
Row = tuple[int, str]  # spaces of indentation, words


@dataclass(frozen=True)
class Production:
    """One line of a rule: its probability, its words, and the fields below it."""

    prob: float
    parts: Parts
    fields: dict[str, Parts]

    def words(self, slot: Slot) -> Parts:
        """The words of this line for the slot."""
        return self.fields[slot.field] if slot.field else self.parts


# Name of a rule -> its lines; texts start with the first rule.
Grammar = dict[str, tuple[Production, ...]]


def parse_grammar(table: str) -> Grammar:
    """Parse and check the text of a grammar.

    Args:
        table: The text, in the format that this file describes.

    Returns:
        The name of each rule -> its productions; stories start with the first rule.

    Raises:
        ValueError: With the row or rule that is wrong, and what would be right.

    Example:
        >>> len(parse_grammar("story\\n    Once.\\n    Twice.")["story"])
        2
    """
    text, unnamed = extract_choices(re.sub(rf"\n {{{CONTINUED},}}", " ", table))
    rules = split_rules(text)
    if not rules:
        raise ValueError("The table has no rule. Write a name, and below it lines indented by 4.")
    grammar = {name: parse_rule(name, evenly, rows) for name, (evenly, rows) in rules.items()}
    for name, inside in unnamed.items():
        grammar[name] = parse_rule(f"[{inside}]", False, [(LINE, inside)])
    check(grammar, (Slot(next(iter(grammar))),), {}, ())
    return grammar


def extract_choices(text: str) -> tuple[str, dict[str, str]]:
    """The text with `{#1}` for `[a / b]`, and the content of the brackets by that name."""
    numbers: dict[str, str] = {}
    while match := re.search(r"\[([^\[\]\n]*)\]", text):  # those without brackets inside
        name = numbers.setdefault(match[1], f"#{len(numbers) + 1}")
        text = f"{text[: match.start()]}{{{name}}}{text[match.end() :]}"
    return text, {name: inside for inside, name in numbers.items()}


def split_rules(text: str) -> dict[str, tuple[bool, list[Row]]]:
    """Name of each rule -> whether its lines have equal weights, and the rows below it."""
    rules: dict[str, tuple[bool, list[Row]]] = {}
    rows: list[Row] = []
    for row in text.split("\n"):
        words = row.strip()
        indent = len(row) - len(row.lstrip())
        if not words or words.startswith("#"):
            continue
        if indent == RULE:
            match = re.fullmatch(r"([a-z]\w*)( evenly)?", words)
            if not match or match[1] in rules:
                raise ValueError(
                    f"{words!r} is not the name of a rule: write a unique name in small letters, "
                    "alone or followed by evenly."
                )
            rows = []
            rules[match[1]] = bool(match[2]), rows
        elif indent in (LINE, FIELD) and rules:
            rows.append((indent, words))
        else:
            raise ValueError(
                f"The row {words!r} is indented by {indent}. Indent a rule's name by 0, a line by "
                f"{LINE}, a field by {FIELD}, a continued row by {CONTINUED} or more."
            )
    return rules


def parse_rule(name: str, evenly: bool, rows: list[Row]) -> tuple[Production, ...]:
    """The lines of one rule, with probabilities that sum to 1."""
    found: list[tuple[float, Parts, dict[str, Parts]]] = []
    shared: dict[str, Parts] = {}
    fields = shared  # of all lines at first, then of those of one row
    for indent, row in rows:
        if indent == FIELD:
            key, equals, words = row.partition(" = ")
            if not equals:
                raise ValueError(f"The field {row!r} of {name!r} is not written as: name = words")
            fields[key] = parse_parts(words)
            continue
        fields = dict(shared)
        for option in row.split(" / "):
            number = re.match(r"(\d+(?:\.\d+)?): ", option)
            words = option[number.end() :] if number else option
            weight = float(number[1]) if number else 1 if evenly else 1 / (len(found) + 1)
            found.append((weight, parse_parts(words), fields))
    if not found or any(weight == 0 for weight, _, _ in found):
        raise ValueError(f"The rule {name!r} has no line, or one of weight 0 (leave it out).")
    if any(line[1:] == other[1:] for i, line in enumerate(found) for other in found[:i]):
        raise ValueError(f"The rule {name!r} has a line twice; write it once, with more weight.")
    total = sum(weight for weight, _, _ in found)
    return tuple(Production(weight / total, parts, fields) for weight, parts, fields in found)


def parse_parts(words: str) -> Parts:
    """The texts and the slots of a line, in order."""
    pieces = re.split(r"\{([^{}]*)\}", "" if words == "-" else words)
    slots = [parse_slot(piece) if i % 2 else piece for i, piece in enumerate(pieces)]
    return tuple(slot for slot in slots if slot)


def parse_slot(inside: str) -> Slot:
    """`hero:girl`, `hero.his`, `Hero.His`, `end` or `#1`."""
    match = re.fullmatch(r"(#?\w+)(?:([:.])(\w+))?", inside)
    if not match:
        raise ValueError(f"{{{inside}}} is not written as: rule, name:rule, name or name.field")
    name, sign, after = match[1], match[2], match[3] or ""
    if sign == ":":
        return Slot(name, drawn_from=after)
    last = after or name
    small = last[0].lower() + last[1:]
    return Slot(name.lower() if after else small, small if after else "", "", small != last)


def check(grammar: Grammar, parts: Parts, bindings: dict[str, str], path: tuple[str, ...]) -> None:
    """Check that every slot has a rule, and that no rule contains itself.

    `bindings` maps each bound name to its rule; `path` is the list of slots that led here.

    Raises:
        ValueError: If a rule or a field does not exist, or a rule contains itself.
    """
    for part in parts:
        if isinstance(part, str):
            continue
        rule = part.drawn_from or bindings.get(part.name, part.name)
        if rule not in grammar:
            raise ValueError(
                f"{rule!r} is neither a rule nor a name bound by {{name:rule}}."
                + did_you_mean(rule, [*grammar, *bindings])
            )
        if part.drawn_from:
            bindings = {**bindings, part.name: rule}
            continue
        step = f"{rule}.{part.field}" if part.field else rule
        if step in path:
            raise ValueError(f"The rule {rule!r} contains itself: {' -> '.join([*path, step])}")
        for line in grammar[rule]:
            if part.field and part.field not in line.fields:
                raise ValueError(
                    f"{{{part.name}.{part.field}}} needs this field in each line of {rule!r}; "
                    f"one has {', '.join(line.fields) or 'no fields'}."
                )
            check(grammar, line.words(part), bindings, (*path, step))
