"""Switches of lesson 13: equal sizes, runs that learn, lengths beyond the training."""

from dataclasses import replace

import pytest
import torch

from benchmarks.record_modern_switches import MAIN, Job, SwitchRecording, all_jobs, record_run
from course.experiments.modern.lengths import (
    CURES,
    TABLES,
    length_table,
    longer_rope,
    loss_by_position,
    save_length_gpt,
)
from course.experiments.modern.switches import (
    SWITCHES,
    letters,
    measure,
    small,
    tiny,
    train_switch,
    with_switch,
)
from gptcore.model import GPT
from gptcore.training.cost.parameters import parameters_by_part

V = 58
EXTRA = {"learned positions", "no positions", "untied head", "4 experts", "4 experts + balancing"}


@pytest.mark.parametrize("size", [tiny, small])
@pytest.mark.parametrize("name", sorted(set(SWITCHES) - EXTRA))
def test_a_switch_changes_the_number_of_parameters_by_less_than_a_percent(name, size):
    own = with_switch(size(V), SWITCHES[name]).config
    total = sum(parameters_by_part(own).values())
    assert total == pytest.approx(sum(parameters_by_part(size(V).config).values()), rel=0.01)


def test_fields_go_to_the_config_or_to_the_run():
    changed = with_switch(small(V), {"rope": False, "optimizer": "muon"})
    assert not changed.config.rope and changed.optimizer == "muon"
    assert changed.config.n_embd == small(V).config.n_embd


def test_every_run_is_listed_once():
    keys = [(job.table, job.switch, job.seed) for job in all_jobs()]
    assert len(keys) == len(set(keys))
    assert {seed for table, switch, seed in keys if switch == "rope" and table == MAIN} == {
        *range(5)
    }


def test_a_tenth_of_the_stories_is_for_validation():
    text = letters("stories")
    fraction = len(text.val) / (len(text.val) + len(text.train))
    assert fraction == pytest.approx(0.1, abs=0.01)
    assert text.val[0] == text.tokenizer.BOS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rope", "no positions", "4 experts + balancing", "muon"])
def test_a_short_run_learns_and_repeats(name):
    text = letters("stories")
    fields = {"steps": 40, **SWITCHES[name]}
    setup = with_switch(tiny(text.tokenizer.vocab_size), fields)
    first, second = (train_switch(setup, text, 1, eval_letters=2048) for _ in range(2))
    assert first.loss == second.loss < first.curve[0]
    assert len(first.load) == (2 if "experts" in name else 0)
    assert all(sum(layer) == pytest.approx(1) for layer in first.load)


def test_what_is_measured_is_the_cross_entropy_without_the_balancing_loss():
    config = replace(tiny(V).config, n_experts=4, experts_per_token=1, router_aux_loss_coef=100.0)
    model, ids = GPT(config, torch.Generator().manual_seed(1)), torch.randint(V, (65,))
    assert measure(model, ids)[0] < 6


def test_a_window_sees_in_a_long_row_what_the_training_showed():
    model = GPT(tiny(V).config, torch.Generator().manual_seed(1)).eval()
    ids = torch.randint(V, (1, 96), generator=torch.Generator().manual_seed(1))
    T = model.config.block_size
    for cure in CURES:
        longer = longer_rope(model, 96, cure)
        same = torch.allclose(longer(ids)[0][:, :T], model(ids[:, :T])[0], atol=1e-5)
        assert same == (cure in ("as it is", "window")), cure


def test_tables_of_positions_keep_the_learned_rows_where_they_can():
    table = torch.randn(8, 4)
    for name, rows in TABLES.items():
        longer = rows(table, 16)
        assert longer.shape == (16, 4)
        assert torch.equal(longer[:8], table) == (name != "table stretched")
    assert torch.allclose(TABLES["table stretched"](table, 16)[[0, -1]], table[[0, -1]])


@pytest.mark.slow
def test_the_table_of_lengths_has_each_variant_and_the_saved_model_is_the_measured_one(tmp_path):
    text = letters("stories")
    config = replace(small(V).config, n_layer=1)
    learned, rope = (GPT(replace(config, rope=on)).eval() for on in (False, True))
    save_length_gpt(rope, text.tokenizer, tmp_path)
    rows = list(length_table(learned, rope, text.val[:2000]))
    assert len(rows) == 2 + 2 * (len(TABLES) + len(CURES))
    saved = GPT.load(tmp_path).float()
    assert torch.equal(
        loss_by_position(saved, text.val[:2000]), loss_by_position(rope, text.val[:2000])
    )


@pytest.mark.slow
def test_a_recording_is_taken_up_again(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.record_modern_switches.tiny", lambda V: replace(tiny(V), steps=2)
    )
    file, text = tmp_path / "runs.json", letters("stories")
    recording, job = SwitchRecording(file), Job(MAIN, "rope", 0, {})
    assert not recording.has(vars(job))
    recording.add(record_run(job, text, 0))
    recording.add(
        {**recording.runs[0], "switch": "muon", "seconds": 2 * recording.runs[0]["seconds"]}
    )
    again = SwitchRecording(file)
    assert again.has(vars(job)) and again.runs == recording.runs
    if again.runs[0]["seconds"]:
        assert again.steps_of_muon(100) == 200
