"""Tables of choices: read as written, and refused where nothing could be told from them."""

import itertools
from math import log

import pytest

from gptcore.corpus.stories.grammar import Slot, parse_grammar
from gptcore.corpus.stories.stories import derivations, generate_stories, story_entropy

SMALL = """
story
    {hero:girl}{hero} lost {hero.his} {hero.toy}. {end}
    3: It rained on [Monday / 2: Tuesday], so [- / almost ]nothing happened.
girl evenly
        his = her
    Ada / Mia
        toy = kite
    Zoe
        toy = [drum / red
            ball]
# a remark
end
    -
    {hero.His} {cat} slept.
    "{Cat}!" said {hero}.
cat
    cat / dog / goat
"""
GIRLS = {"Ada": {"kite": 1}, "Mia": {"kite": 1}, "Zoe": {"drum": 2 / 3, "red ball": 1 / 3}}
CATS = {"cat": 6 / 11, "dog": 3 / 11, "goat": 2 / 11}


def all_of_small() -> dict[str, float]:
    """Every text of the table above with its chance, written out with pen and paper."""
    chances = {}
    for girl, toys in GIRLS.items():
        for toy, of_toy in toys.items():
            start, prob = f"{girl} lost her {toy}. ", 1 / 4 * 1 / 3 * of_toy
            chances[start] = prob * 6 / 11
            for cat, of_cat in CATS.items():
                chances[f"{start}Her {cat} slept."] = prob * 3 / 11 * of_cat
                chances[f'{start}"{cat.title()}!" said {girl}.'] = prob * 2 / 11 * of_cat
    days, words = {"Monday": 1 / 3, "Tuesday": 2 / 3}, {"": 2 / 3, "almost ": 1 / 3}
    for day, word in itertools.product(days, words):
        text = f"It rained on {day}, so {word}nothing happened."
        chances[text] = 3 / 4 * days[day] * words[word]
    return chances


def test_a_small_table_tells_exactly_the_texts_that_pen_and_paper_find():
    chances = all_of_small()
    assert sum(chances.values()) == pytest.approx(1, abs=1e-12)
    grammar = parse_grammar(SMALL)
    nats_of_text = dict(itertools.islice(generate_stories(1, grammar), 5_000))
    assert set(nats_of_text) == set(chances)
    for text, prob in chances.items():
        assert nats_of_text[text] == pytest.approx(-log(prob), abs=1e-12)
        assert list(derivations(text, grammar)) == [pytest.approx(-log(prob), abs=1e-12)]


def test_what_is_expected_of_a_small_table_is_the_sum_over_all_its_texts():
    chances = all_of_small()
    expected = story_entropy(parse_grammar(SMALL))
    assert expected.nats == pytest.approx(-sum(p * log(p) for p in chances.values()), abs=1e-12)
    assert expected.letters == pytest.approx(sum(p * len(t) for t, p in chances.items()), abs=1e-12)
    blanks = sum(p * t.count(" ") for t, p in chances.items())
    assert expected.words == pytest.approx(blanks + 1, abs=1e-12)
    assert expected.nats_per_letter == expected.nats / (expected.letters + 1)


def test_a_field_may_name_the_others_of_its_line_and_then_it_is_that_line():
    # The average of nats differs where the two fields were drawn from different lines.
    table = "story\n    {x:x}{x}{x.a}\nx evenly\n    p\n        a = {x.b}\n        b = [q / r]\n"
    table += "    s\n        a = {x.b}{x.b}\n        b = [q / r / t]\n"
    expected = story_entropy(parse_grammar(table))
    two, three = [2 / 3, 1 / 3], [6 / 11, 3 / 11, 2 / 11]
    nats = [-sum(p * log(p) for p in chances) for chances in (two, three)]
    assert expected.nats == pytest.approx(log(2) + nats[0] / 2 + 2 * nats[1] / 2, abs=1e-12)
    assert expected.letters == pytest.approx(2.5, abs=1e-12)


def test_chances_follow_zipf_unless_the_rule_is_even_or_a_number_says_otherwise():
    grammar = parse_grammar("a\n    {b}{c}\nb\n    p / q / 0.5: r\nc evenly\n    s / t\n")
    assert [line.prob for line in grammar["b"]] == pytest.approx([1 / 2, 1 / 4, 1 / 4])
    assert [line.prob for line in grammar["c"]] == [1 / 2, 1 / 2]


def test_a_slot_is_read_with_its_capital_and_its_field():
    parts = parse_grammar("a\n    {x:b}{x} {X} {x.c} {x.C}!\nb\n    y\n        c = z\n")["a"][
        0
    ].parts
    assert [part for part in parts if part != " "] == [
        Slot("x", drawn_from="b"),
        Slot("x"),
        Slot("x", capital=True),
        Slot("x", "c"),
        Slot("x", "c", capital=True),
        "!",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "The table has no rule. Write a name, and below it lines indented by 4."),
        (
            "story\n    {hreo} slept.\nhero\n    Ada",
            "'hreo' is neither a rule nor a name bound by {name:rule}. Did you mean 'hero'?",
        ),
        ("a\n    {b}\nb\n    {a}", "The rule 'a' contains itself: a -> b -> a"),
        ("a\n    x\n    x", "The rule 'a' has a line twice; write it once, with more weight."),
        ("a\n    0: x", "The rule 'a' has no line, or one of weight 0 (leave it out)."),
        ("a\n    {b}\nb", "The rule 'b' has no line, or one of weight 0 (leave it out)."),
        (
            "a\n  x",
            "The row 'x' is indented by 2. Indent a rule's name by 0, a line by 4, a field by 8, "
            "a continued row by 12 or more.",
        ),
        (
            "The Story\n    x",
            "'The Story' is not the name of a rule: write a unique name in small letters, alone or "
            "followed by evenly.",
        ),
        (
            "a\n    {x:b}{x.c}\nb\n    y\n        d = z",
            "{x.c} needs this field in each line of 'b'; one has d.",
        ),
        ("a\n    x\n        y", "The field 'y' of 'a' is not written as: name = words"),
        ("a\n    {b c}", "{b c} is not written as: rule, name:rule, name or name.field"),
    ],
)
def test_an_invalid_grammar_is_refused_with_the_reason(table, message):
    with pytest.raises(ValueError) as caught:
        parse_grammar(table)
    assert str(caught.value) == message


def test_a_binding_ends_with_its_line():
    with pytest.raises(ValueError, match="'x' is neither a rule nor a name bound"):
        parse_grammar("a\n    {b} {x}\nb\n    {x:c}{x}\nc\n    y")
