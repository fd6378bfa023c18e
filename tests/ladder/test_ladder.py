"""The ladder: what each rung tells, and that all of them learn the same."""

from time import sleep

import pytest

from gptcore.ladder import (
    WITHOUT_TORCH,
    Implementation,
    NumpyGPT,
    climb,
    format_rung,
    format_summary,
)
from gptcore.ladder.ladder import first_difference
from gptcore.scalar import MicroGPT, UpdateRecord

pytestmark = pytest.mark.slow

NAMES = ["emma", "anna", "bob"]


def slow(seconds: float, losses=(1.0, 2.0)) -> Implementation:
    """An implementation that takes as long as is known beforehand."""

    def train(documents, steps):
        for s, loss in zip(range(steps), losses):
            sleep(seconds)
            yield UpdateRecord(s + 1, documents[0], loss)

    return Implementation(f"sleeps {seconds}", "It sleeps.", train)


def test_every_rung_learns_what_the_first_one_learns():
    rungs = list(climb(NAMES, steps=3))
    published = [step.loss for step in MicroGPT(NAMES).train(3)]
    assert [rung.name for rung in rungs] == [impl.name for impl in WITHOUT_TORCH]
    for rung in rungs:
        assert rung.losses == pytest.approx(published, abs=1e-12)
        assert (rung.steps, rung.diverges_at) == (3, None)


def test_arrays_are_far_faster_than_scalars_on_any_machine():
    first, fused_ops, arrays = climb(NAMES, steps=2)
    assert first.speedup == 1
    assert fused_ops.speedup > 3 and arrays.speedup > 100  # benchmarks/ holds the rest
    assert arrays.speedup == pytest.approx(first.microseconds / arrays.microseconds)


def test_a_time_is_that_of_one_document():
    first, second = climb(NAMES, steps=2, implementations=(slow(0.4), slow(0.02)))
    assert 400_000 <= first.microseconds < 2_000_000  # a busy machine wakes a sleeper late
    assert second.speedup == first.microseconds / second.microseconds > 1.5


def test_the_step_at_which_printed_losses_part_is_told():
    impls = (slow(0.06), slow(0.06, (1.00001, 2.0)), slow(0.06, (1.0, 2.0001)))
    assert [rung.diverges_at for rung in climb(NAMES, steps=2, implementations=impls)] == [
        None,
        None,
        2,
    ]
    assert first_difference([3.0, 1.0], [4.0, 1.0]) == 1


def test_rungs_come_one_by_one_and_nothing_is_measured_before_it_is_asked_for():
    def never(documents, steps):
        raise AssertionError("this rung was not asked for")

    climbing = climb(
        NAMES, steps=1, implementations=(slow(0.06), Implementation("never", "", never))
    )
    assert next(climbing).name == "sleeps 0.06"


def test_documents_are_left_as_they_were():
    documents = list(NAMES)
    list(climb(documents, steps=1, implementations=WITHOUT_TORCH[1:]))
    assert documents == NAMES


@pytest.mark.parametrize("steps", [0, -1, 2.5, True])
def test_steps_that_make_no_sense_are_refused_before_anything_is_measured(steps):
    with pytest.raises(ValueError, match="must be an integer, 1 or more; 10 takes"):
        climb(NAMES, steps)
    with pytest.raises(ValueError, match="must be a list with at least one text"):
        climb([], 1)


def test_the_table_has_a_bar_that_grows_by_six_blocks_for_ten_times_the_time():
    rungs = list(climb(NAMES, steps=1, implementations=(slow(0.2), slow(0.02))))
    bars = [format_rung(rung)[0].count("█") for rung in rungs]
    assert bars[0] - bars[1] in (5, 6, 7)  # 6, give or take how well this machine sleeps
    result = format_summary(rungs)
    assert result[0] == "Ten times the time is 6 blocks."
    assert result[1].startswith("The largest jump leads to sleeps 0.02: ")
    assert result[-1] == "sleeps 0.02: the losses of the first rung, to 4 decimals (compared: 1)."
    parted = list(climb(NAMES, steps=1, implementations=(slow(0.06), slow(0.06, (3.0,)))))
    assert "another loss than the first rung's from step 1 on" in format_summary(parted)[-1]


def test_a_run_of_arrays_prints_the_published_losses_of_the_scalar_one_for_long():
    gpt, run = MicroGPT(NAMES * 5), NumpyGPT(NAMES * 5)
    losses = [[f"{s.loss:.4f}" for s in model.train(150)] for model in (gpt, run)]
    assert losses[0] == losses[1]
