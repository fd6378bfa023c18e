"""The program that checks a GPU, run on a CPU with tiny models."""

import json

import pytest

from benchmarks import on_gpu
from benchmarks.gpu import generation, memory

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path, capsys):
    """Run it on the CPU; its exit code, its records and what it printed."""

    def command(*words: str):
        code = on_gpu.main(["--device", "cpu", "--tiny", "--out", str(tmp_path), *words])
        (log,) = tmp_path.glob("*.jsonl")
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return code, lines, capsys.readouterr().out

    return command


def test_records_say_what_was_checked_and_what_was_found(run):
    only = ("KV cache", "DDP", "bf16 against fp32: names", "to_hf")
    code, lines, printed = run("--parts", "correctness", "--only", *only)
    assert code == 0 and lines[0]["part"] == "machine" and lines[0]["tiny"] is True
    assert all(line["ok"] for line in lines[1:])
    for text in only:
        assert any(text in line["check"] for line in lines[1:]) and f"ok   {text}" in printed


def test_speed_and_generation_give_tokens_per_second(run):
    _, lines, _ = run("--parts", "speed", "generation", "--only", "peak", "speed of 40M", "float32")
    rates = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line]
    assert len(rates) == 3 and min(rates) > 0


def test_a_check_that_fails_is_recorded_and_the_next_one_begins(run, monkeypatch):
    def broken(*_, **__):
        raise OSError("no room")

    monkeypatch.setattr(memory, "measure", broken)
    monkeypatch.setattr(generation, "BATCH_SIZES", (1,))
    code, lines, _ = run("--parts", "memory", "generation", "--only", "memory of 40M", "float32")
    failed = [line for line in lines if "error" in line]
    assert code == 1 and len(failed) == 3 and "no room" in failed[0]["error"]
    assert lines[-1]["part"] == "generation" and lines[-1]["tokens_per_second"] > 0


def test_checks_after_the_time_limit_are_recorded_as_skipped(run):
    _, lines, _ = run("--parts", "memory", "--minutes", "0")
    assert all(line["skipped"] == "the time of this part is over" for line in lines[1:])
    assert len(lines) == 7


def test_a_check_that_hangs_is_stopped():
    with pytest.raises(on_gpu.OutOfTimeError, match="stopped after 1 seconds"), on_gpu.TimeLimit(0):
        while True:
            pass
