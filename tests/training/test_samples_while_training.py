"""Samples during training: they change nothing, and a resumed run writes the same ones."""

import json
from dataclasses import replace

import pytest
import torch
from small_runs import SHORT, log_of, run, sha256_of_all

from gptcore.cli import main
from gptcore.training import read_log
from gptcore.training.saving.log import Log, Step

TINY = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--batch_size", "4", "--device", "cpu"]
TINY += ["--eval_tokens", "99", "--checkpoint_every", "4"]


STEPS = replace(SHORT, max_steps=14, checkpoint_every=7)


def greedy_and_noisy(model, step):
    """A text that needs the model in eval mode, and takes random numbers of PyTorch."""
    assert not model.training and not torch.is_grad_enabled()
    noise = torch.randn(3).sum()
    return f"{step} {int(model.next_logits([1, 2]).argmax())} {noise > 100}"


def test_the_run_is_bit_for_bit_the_same_with_and_without_samples(text, tmp_path):
    states = []
    for name, options in (("without", {}), ("with", {"sample": greedy_and_noisy})):
        torch.manual_seed(5)
        run(text, tmp_path / name, STEPS, sample_every=3, **options)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)
    logged = log_of(tmp_path / "with")
    sampled = [line.pop("sample", None) for line in logged]
    assert logged == log_of(tmp_path / "without")
    assert sha256_of_all(tmp_path / "with" / "latest") == sha256_of_all(
        tmp_path / "without" / "latest"
    )
    at = [step for step, sample in enumerate(sampled, 1) if sample is not None]
    assert at == [3, 6, 9, 12, 14]
    assert [step.sample for step in read_log(tmp_path / "with")] == sampled


def test_a_resumed_run_writes_the_same_samples(text, tmp_path):
    options = {"sample": greedy_and_noisy, "sample_every": 4}
    run(text, tmp_path / "whole", STEPS, **options)
    calls = []
    stop = {"stop": lambda: calls.append(1) or len(calls) == 9}
    run(text, tmp_path / "parts", STEPS, **stop, **options)
    assert len(log_of(tmp_path / "parts")) == 9
    run(text, tmp_path / "parts", STEPS, resume=True, **options)
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")


def test_a_failed_sample_leaves_a_run_that_continues(text, tmp_path):
    def fails(model, step):
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        run(text, tmp_path / "out", STEPS, sample=fails, sample_every=7)
    run(text, tmp_path / "out", STEPS, resume=True)
    run(text, tmp_path / "other", STEPS)
    assert log_of(tmp_path / "out") == log_of(tmp_path / "other")


def test_a_line_without_a_sample_has_the_keys_of_before(tmp_path):
    step = Step(1, 2, 3.0, None, None, 1e-3, 5.0, None)
    log = Log(tmp_path, 0)
    log.add(step)
    log.add(replace(step, step=2, sample=""))
    log.close()
    first, second = (json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines())
    assert [*second] == [*first, "sample"] and second["sample"] == ""


def test_a_negative_number_of_steps_is_refused(text):
    with pytest.raises(ValueError, match="sample_every=-1 must be an integer, 0 or more"):
        run(text, None, SHORT, sample=greedy_and_noisy, sample_every=-1)


@pytest.mark.slow
def test_the_command_shows_what_gptcore_sample_writes_with_the_same_seed(tmp_path, capsys):
    out = ["--out_dir", str(tmp_path / "out")]
    more = ["--sample_every", "5", "--sample_prompt", "em"]
    assert main(["train", "names", *out, *TINY, "--max_steps", "8", *more]) == 0
    printed = capsys.readouterr().err
    samples = {
        line["step"]: line["sample"] for line in log_of(tmp_path / "out") if "sample" in line
    }
    assert [*samples] == [5, 8] and f"\n  sample: {samples[8]!r}" in printed
    # The settings are remembered.
    assert main(["train", *out, "--resume", "--max_steps", "10"]) == 0
    capsys.readouterr()
    last = log_of(tmp_path / "out")[-1]
    one = ["--num_samples", "1", "--prompt", "em", "--max_new_tokens", "64", "--device", "cpu"]
    assert main(["sample", *out, *one, "--seed", str(1337 + 10)]) == 0
    assert capsys.readouterr().out.rstrip("\n") == last["sample"].rstrip("\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words, message",
    [
        (["--sample_every", "2", "--sample_prompt", "7"], "sample_prompt='7' cannot be encoded: "),
        (["--sample_every=-2"], "sample_every=-2 must be an integer, 0 or more"),
    ],
)
def test_samples_that_cannot_be_made_are_refused_before_the_first_step(
    words, message, tmp_path, capsys
):
    assert main(["train", "names", "--out_dir", str(tmp_path / "out"), *TINY, *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out" / "log.jsonl").exists()
