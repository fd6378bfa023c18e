"""The runs of lesson 7: recorded as they happened, and measured as the text says."""

import numpy as np
import pytest

from course.experiments.training.microgpt_runs import (
    PUBLISHED,
    attribution,
    best_table,
    logits_after,
    loss_of_run,
    recorded_run,
    sizes_dial,
)
from course.solutions.lesson_07 import contest
from gptcore.scalar import MicroGPT, NgramTable

NAMES = ["emma", "olivia", "ava", "isabella", "mia", "zoe", "anna", "lou"]


def test_the_recorded_run_is_the_published_program():
    gpt, losses, records = recorded_run(NAMES)
    slow = MicroGPT(NAMES, seed=42).train(1000)
    assert losses[:3] == pytest.approx([next(slow).loss for _ in range(3)], abs=1e-9)
    assert len(losses) == 1000
    assert list(records) == [0, 10, 30, 100, 300, 1000]
    assert records[0]["samples"] != records[1000]["samples"]
    assert records[1000]["probabilities"] == gpt.next_probabilities("emm")
    assert records[300]["attention"].shape == (5, 5)


def test_the_parts_add_up_to_the_logits():
    gpt = MicroGPT(NAMES, seed=1)
    rows = attribution(gpt, "em")
    assert list(rows) == ["embedding", "+ attention", "+ MLP"]
    assert sum(rows.values()) == pytest.approx(logits_after(gpt, "em"))
    heads = {(0, head) for head in range(4)}
    without = [logits_after(gpt, name, ablated_heads=heads) for name in ("emma", "amma")]
    assert np.array_equal(*without)


def test_the_best_table_has_the_lowest_loss_of_four():
    found = best_table(contest, NAMES * 4, 1)
    letters = sorted(set("".join(NAMES)))
    assert found == min(
        contest(NgramTable(letters, 1, added), NAMES * 4) for added in (1, 0.3, 0.1, 0.03)
    )


def test_the_loss_of_a_run_is_the_mean_of_its_last_500_steps():
    assert loss_of_run([9.0] * 500 + [1.0, 3.0] * 250) == 2.0
    assert loss_of_run([1.0, 3.0]) == 2.0
    assert len(PUBLISHED) == 13


@pytest.mark.slow
def test_the_dial_samples_from_the_model_of_the_chosen_size():
    losses, dial = sizes_dial(NAMES)
    assert set(losses) == {f"{layers} x {heads}" for layers in (1, 2) for heads in (1, 4, 16)}
    before = dial.picture().alt
    dial.dials["heads"].value = 16
    assert dial.picture().alt != before
