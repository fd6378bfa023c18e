"""The statements of lesson 16, compared with the recorded runs and with other ways to compute."""

import json
from collections import Counter
from itertools import pairwise
from math import log
from pathlib import Path
from random import Random

import pytest

from benchmarks.own_gpt_runs import TABLES, all_jobs
from course.experiments.own_gpt import my_gpt
from course.experiments.own_gpt.page_in_lesson import show_page
from course.experiments.own_gpt.recorded import average, runs
from course.experiments.own_gpt.reports import (
    SIZES,
    best_place,
    certainty_report,
    dial_runs,
    of_size,
)
from course.experiments.own_gpt.sums import (
    three_digit_sums,
    two_digit_sums,
    understanding_report,
    unread_both_ways,
)
from course.failures.lesson_16 import cards, measured_again, samples_of
from course.solutions import lesson_16 as solution
from gptcore.corpus import load_documents, tiny_internet
from gptcore.own_gpt import longest_copy, names_gpt, split_lines

# Exercises


def test_the_longest_copy_is_that_of_the_library():
    rng = Random(3)
    lines = load_documents("poems")[:20]
    for _ in range(40):
        text = rng.choice(lines)[rng.randint(0, 9) : rng.randint(12, 30)] + rng.choice(lines)[:9]
        assert solution.longest_copy(text, lines) == len(longest_copy(text, "\n".join(lines)))


# Recorded runs


def test_every_run_is_recorded_once():
    recorded = [(run["table"], run["variant"], run["seed"]) for table, *_ in TABLES
                for run in runs(table)]  # fmt: skip
    assert Counter(recorded).keys() >= {tuple(job.values()) for job in all_jobs()}
    with pytest.raises(KeyError, match="nothing"):
        runs("nothing")


def test_the_held_out_loss_turns_later_the_more_lines_there_are():
    steps = of_size("200")[0]["step"]
    turns = [[steps[best_place([run])] for run in of_size(size)] for size in SIZES]
    assert set(turns[0]) == {50} and set(turns[1]) <= {150, 200} and set(turns[2]) == {600}
    assert round(average(of_size("2000"), "held_out", steps.index(200)), 2) == 2.26


def test_a_small_list_is_learned_by_heart_down_to_its_floor():
    for run in of_size("200"):
        assert run["copied"][-1] > 0.9 and run["held_out"][-1] > log(27) + 0.9
        assert run["train"][-1] < 0.8


def test_alike_shares_of_copies_are_memory_in_one_model_and_coincidence_in_the_other():
    found = dial_runs()
    copied, chance = (
        {lines: average(found[lines], name, -1) for lines in (2000, 27494)}
        for name in ("copied", "coincidence")
    )
    assert all(0.14 < share < 0.19 for share in copied.values())  # about one in six
    assert chance[2000] < 0.1 * copied[2000]
    assert chance[27494] > 0.6 * copied[27494]
    assert max(run["in_held_out"][-1] for run in found[2000]) < 0.02


def test_a_start_that_knows_something_helps_most_where_there_is_least_to_learn_from():
    def gain(name: str, lines: int) -> float:
        nothing, names = (
            average(runs("starts", list=name, lines=lines, start=start), "held_out")
            for start in ("nothing", "names-gpt")
        )
        return nothing - names

    gains = gain("creatures", 30), gain("creatures", 170), gain("cities", 420)
    assert all(more > less for more, less in pairwise(gains)) and gains[0] > 0.2


def test_order_is_most_of_what_is_learned_about_names():
    names = average(of_size("27494"), "held_out", -1)
    shuffled, counted = (
        average(runs("letters"), "held_out", -1),
        average(runs("letters"), "frequencies"),
    )
    assert (shuffled - names) / (counted - names) == pytest.approx(2 / 3, abs=0.04)


def test_more_lines_help_more_than_more_parameters():
    losses = [average(of_size(size), "held_out", best_place(of_size(size))) for size in SIZES]
    small, large = (average(runs("shapes", variant=v), "held_out", -1) for v in ("2x32", "4x128"))
    assert losses[0] - losses[1] > 0.2 and losses[1] - losses[2] > 0.1
    assert small - losses[2] < losses[1] - losses[2] and 0.05 < losses[2] - large < 0.08


def test_the_surer_answers_are_the_wrong_ones_until_a_reward_is_checked():
    _, before, after, _ = certainty_report()
    sure, wrong = map(float, before.split()[-2:])
    assert sure < wrong - 0.05
    sure, wrong = map(float, after.split()[-2:])
    assert sure > wrong + 0.05


def test_it_reads_names_faster_than_microgpt():
    for run in runs("letters"):
        assert 15 < run["seconds"] < 25  # for 600 steps of 64 names
        assert run["parameters"] / 4_192 == pytest.approx(24, abs=0.2)


# The failure


def test_the_cards_are_equal_and_one_model_is_not_that_of_its_card():
    ada, bo = (line.partition(":")[2] for line in cards())
    assert ada == bo
    assert len(list(samples_of())) == 2
    for run in runs("kept"):
        assert run["last"]["held_out"] > run["kept"]["held_out"] + 0.3
        assert run["kept"]["copied"] < 0.05 < 0.6 < run["last"]["copied"]
        assert run["kept"]["step"] <= 160
    ada, bo = measured_again()
    assert "0 of 10" in ada and sum(runs("kept")[0]["last"]["known"]) >= 7


def test_known_samples_are_lines_of_the_training_split():
    for run in runs("kept"):
        train, _ = split_lines(load_documents("creatures"), seed=run["seed"])
        for part in ("kept", "last"):
            assert run[part]["known"] == [line in train for line in run[part]["written"]]


# Sums


def test_no_column_of_a_sum_is_carried_and_none_was_read():
    read = set(tiny_internet.train_sums())
    two, three = two_digit_sums(), three_digit_sums()
    assert (len(two), len(three)) == (185, 300) and (24, 50) in two and (162, 127) in three
    for pairs, digits in ((two, 2), (three, 3)):
        for a, b in pairs:
            assert len(f"{a}") == len(f"{b}") == digits and (a, b) not in read
            assert all(int(x) + int(y) < 10 for x, y in zip(f"{a}", f"{b}"))
    assert len(unread_both_ways(two)) == 13


@pytest.mark.slow
def test_what_sums_gpt_has_understood():
    two, new, three, *_ = understanding_report()
    assert two.startswith("185 sums") and new.startswith(" 13 of them")
    assert "100% right" in two and "100% right" in new and " 0% right" in three


# The reader's own text


def test_a_text_that_is_not_chosen_or_not_there_gets_one_line(capsys, tmp_path):
    my_gpt.make_my_gpt(...)
    my_gpt.make_my_gpt("creaturs")
    few = tmp_path / "few.txt"
    few.write_text("one\ntwo\n", encoding="utf-8")
    my_gpt.make_my_gpt(few, tmp_path / "out")
    first, second, third = capsys.readouterr().out.strip().splitlines()
    assert first == "my_text: not chosen yet"
    assert "'creaturs'" in second and "cities, creatures, poems" in second
    assert "2 different lines" in third and not (tmp_path / "out").exists()


@pytest.mark.slow  # trains for two seconds
def test_a_chosen_list_becomes_a_page_and_a_card(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(my_gpt, "plan", lambda text: plan_of(text, max_steps=4, eval_every=2))
    from gptcore.own_gpt import plan as plan_of  # noqa: PLC0415 - the one that is replaced

    page = my_gpt.make_my_gpt("creatures", tmp_path)
    shown = capsys.readouterr().out
    assert "held-out loss" in shown and "best letter table" in shown
    results = json.loads(Path(tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (
        results["samples"][0] in shown
        and split_lines(load_documents("creatures"))[0][0] in page.page
    )
    assert all((tmp_path / name).is_file() for name in ("page.html", "README.md"))


def test_the_page_in_a_frame_is_escaped_whole():
    shown = show_page(*names_gpt(), title='a "title" <b>')
    html = shown._repr_html_()
    assert html.count('"') == 6 and html.count("<") == 2  # the frame's own attributes and tags
    assert html == shown._repr_html_()
