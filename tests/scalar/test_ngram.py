"""Tables of counts: held against ten lines with a Counter, and against pencil and paper."""

from collections import Counter
from math import inf, log, prod
from random import Random

import pytest

from gptcore.scalar import NgramTable

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = ["emma", "anna", "ada", "mia", "emil", "amelia", "lea", "a", "quinn"]
CONTEXTS = range(8)


def counted(names: list[str], context_size: int) -> dict[str, Counter]:
    """The same table by cutting marked strings: context_size marks, the name, one mark."""
    table: dict[str, Counter] = {}
    for name in names:
        text = "^" * context_size + name + "$"
        for i in range(context_size, len(text)):
            context = text[i - context_size : i].replace("^", "")
            table.setdefault(context, Counter())[text[i].replace("$", "end")] += 1
    return table


@pytest.mark.parametrize("context_size", CONTEXTS)
def test_the_counts_are_those_of_a_counter(context_size):
    assert NgramTable(LETTERS, context_size).fit(NAMES).counts == counted(NAMES, context_size)


@pytest.mark.parametrize("context_size", CONTEXTS)
@pytest.mark.parametrize("smoothing", [0.1, 1])
def test_losses_and_probabilities_follow_from_the_counts(context_size, smoothing):
    table, counts = (
        NgramTable(LETTERS, context_size, smoothing).fit(NAMES),
        counted(NAMES, context_size),
    )
    for name in [*NAMES, "zoe", "em", ""]:
        expected = []
        for i, target in enumerate([*name, "end"]):
            row = counts.get(name[:i][-context_size:] if context_size else "", Counter())
            expected.append((row[target] + smoothing) / (row.total() + 27 * smoothing))
            probs = table.next_probabilities(name[:i])
            assert probs[target] == pytest.approx(expected[-1], rel=1e-12)
            assert sum(probs.values()) == pytest.approx(1)
            assert list(probs) == [*LETTERS, "end"]
        wanted = -log(prod(expected)) / (len(name) + 1)
        assert table.loss(name) == pytest.approx(wanted, rel=1e-12)


def test_emma_by_pencil_and_paper():
    table = NgramTable("aem", context_size=1, smoothing=0).fit(["emma", "emma", "ama"])
    # begins with e 2 of 3; m after e 2 of 2; after m: m 2, a 3; after a: end 3, m 1
    wanted = [2 / 3, 1, 2 / 5, 3 / 5, 3 / 4]
    assert table.token_losses("emma") == pytest.approx([-log(p) for p in wanted])


def test_who_knows_nothing_pays_the_logarithm_of_the_choices():
    for context_size in CONTEXTS:
        assert NgramTable(LETTERS, context_size).loss("emma") == pytest.approx(log(27))


def test_a_mean_over_documents_weighs_each_letter_alike():
    table = NgramTable(LETTERS).fit(NAMES)
    ten, two = table.loss("amelia") * 7, table.loss("a") * 2
    assert table.mean_loss(["amelia", "a"]) == pytest.approx((ten + two) / 9)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_temperature_raises_each_share_to_a_power_and_rescales(temperature):
    table = NgramTable(LETTERS).fit(NAMES)
    powers = {k: p ** (1 / temperature) for k, p in table.next_probabilities("m").items()}
    result = table.next_probabilities("m", temperature)
    for target, power in powers.items():
        assert result[target] == pytest.approx(power / sum(powers.values()), rel=1e-9)


def test_temperature_zero_takes_the_likeliest():
    table = NgramTable(LETTERS).fit(NAMES)
    assert table.next_probabilities("q", 0)["u"] == 1
    assert set(table.sample(5, 0, rng=Random(1))) == set(table.sample(1, 0, rng=Random(2)))


@pytest.mark.parametrize("context_size", [0, 1, 2])
@pytest.mark.slow
def test_drawn_first_letters_are_as_likely_as_they_are_told(context_size):
    table = NgramTable(LETTERS, context_size).fit(NAMES)
    drawn = Counter(
        (text or ["end"])[0] for text in table.sample(10_000, temperature=1, rng=Random(3))
    )
    result = table.next_probabilities()
    chi2 = sum((drawn[k] - 10_000 * p) ** 2 / (10_000 * p) for k, p in result.items())
    assert chi2 < 54  # 26 degrees of freedom: passed by chance once in a thousand times


def test_the_same_dice_write_the_same_names():
    table = NgramTable(LETTERS, 2).fit(NAMES)
    assert table.sample(9, rng=Random(5)) == table.sample(9, rng=Random(5))
    assert table.sample(9, rng=Random(5)) != table.sample(9, rng=Random(6))
    assert table.sample(0, rng=Random(5)) == []


def test_a_table_without_an_end_stops_all_the_same():
    table = NgramTable("ab", smoothing=0)
    table.counts = {"": Counter(a=1), "a": Counter(b=1), "b": Counter(a=1)}
    table.totals = Counter({"": 1, "a": 1, "b": 1})
    assert table.sample(1, rng=Random(1)) == ["ab" * 50]


def test_a_context_longer_than_every_name_remembers_them_and_raises_nothing():
    table = NgramTable(LETTERS, context_size=50, smoothing=0).fit(["emma", "ava"])
    assert set(table.sample(40, temperature=1, rng=Random(1))) == {"emma", "ava"}
    assert table.loss("emma") == pytest.approx(log(2) / 5)
    assert table.n_counts == 27**51


@pytest.mark.parametrize(
    ("context_size", "n_counts"), [(0, 27), (1, 729), (2, 19_683), (3, 531_441)]
)
def test_each_letter_of_context_makes_the_table_27_times_larger(context_size, n_counts):
    assert NgramTable(LETTERS, context_size).n_counts == n_counts


def test_without_anything_added_what_never_came_costs_infinity():
    table = NgramTable(LETTERS, smoothing=0).fit(NAMES)
    assert table.loss("jack") == inf
    assert table.next_probabilities("q")["x"] == 0
    message = (
        "^Nothing was counted after 'z', and smoothing=0.* Use smoothing=0.1, or a context_size"
    )
    with pytest.raises(ValueError, match=message):
        table.next_probabilities("z")
    assert NgramTable(LETTERS, smoothing=0.1).fit(NAMES).next_probabilities("z")["a"] > 0


@pytest.mark.parametrize("method", ["fit_document", "loss", "next_probabilities"])
def test_a_letter_that_the_table_does_not_know_is_named(method):
    table = NgramTable("aem").fit(["emma"])
    with pytest.raises(ValueError) as caught:
        getattr(table, method)("mob")
    assert str(caught.value) == ("'mob' has 'b', which this table does not know. Known: 'aem'.")
    assert table.counts == NgramTable("aem").fit(["emma"]).counts, "nothing was learned"


@pytest.mark.parametrize("context_size", [-1, 1.0, "2", True, None])
def test_a_context_that_is_no_number_of_letters_is_refused(context_size):
    with pytest.raises(ValueError, match="must be an integer, 0 or more"):
        NgramTable(LETTERS, context_size)


@pytest.mark.parametrize("smoothing", [-0.1, inf, float("nan")])
def test_an_amount_that_cannot_be_added_is_refused(smoothing):
    with pytest.raises(ValueError, match=r"must be 0 or more; 0\.1 does well"):
        NgramTable(LETTERS, smoothing=smoothing)


def test_other_bad_input_is_refused():
    table = NgramTable(LETTERS)
    with pytest.raises(ValueError, match="n=-1"):
        table.sample(-1, rng=Random(1))
    with pytest.raises(ValueError, match="temperature=-1"):
        table.next_probabilities("a", -1)
    with pytest.raises(ValueError, match="documents is empty"):
        table.mean_loss([])
    for characters in ("", ["ab"]):
        with pytest.raises(ValueError, match="characters must be letters, one by one"):
            NgramTable(characters)
