"""The recorder of lesson 14's runs: every run once, in order, and resumed where it was stopped."""

import json
from collections import Counter

import pytest

from benchmarks import record_tuning, tuning_runs
from benchmarks.recording import JobRecording
from benchmarks.tuning_runs import FEWER_SEEDS, FUNCTIONS, HACKING, SEEDS, all_jobs
from course.experiments.tuning import recorded


def test_every_run_is_listed_once_with_five_seeds_or_three():
    jobs = all_jobs()
    keys = [tuple(job.values()) for job in jobs]
    assert len(set(keys)) == len(keys)
    counts = Counter(key[:2] for key in keys)
    assert {table for (table, _), count in counts.items() if count != SEEDS} == {
        *("dial", "baselines", "rates")
    }
    assert set(counts.values()) == {SEEDS, FEWER_SEEDS}
    assert all(counts["dial", one] == SEEDS for one in HACKING)


def test_a_stopped_recording_continues(tmp_path):
    made = []

    def fake(variant: str, seed: int) -> dict:
        made.append((variant, seed))
        return {"kept": len(made)}

    path = tmp_path / "runs.json"

    def record():
        return JobRecording(path, all_jobs(), {"names": fake}).record(["names"])

    begun = record()
    for _ in range(3):
        next(begun)
    begun.close()
    lines = list(record())
    wanted = [(job["variant"], job["seed"]) for job in all_jobs() if job["table"] == "names"]
    assert made == wanted and len(lines) == len(wanted) - 3
    content = json.loads(path.read_text())
    assert [(run["variant"], run["seed"]) for run in content["runs"]] == wanted
    assert content["processor"] and content["date"] and "seconds" in content["runs"][0]
    assert not list(record())


def test_runs_are_stored_in_the_order_of_the_list(tmp_path):
    recording = JobRecording(tmp_path / "runs.json", all_jobs(), FUNCTIONS)
    for job in reversed(all_jobs()[:30]):
        recording.add(dict(job))
    assert recording.runs == all_jobs()[:30]


def test_unknown_tables_are_named(capsys):
    with pytest.raises(SystemExit):
        record_tuning.main(["nothing"])
    assert "nothing" in capsys.readouterr().err


def test_what_lesson_14_shows_is_recorded():
    """Each table has all its variants; those with a verdict have five seeds."""
    for table, _, variants, seeds in tuning_runs.TABLES:
        runs = recorded.runs(table)
        assert {run["variant"] for run in runs} >= set(variants)
        assert all(run["seconds"] > 0 for run in runs)
        counts = Counter(run["variant"] for run in runs)
        assert seeds < SEEDS or all(counts[variant] == SEEDS for variant in variants)
    kinds = {(run["reward"], run["kl_weight"]) for run in recorded.runs("hacking")}
    assert kinds == {("contains", 0.0), ("contains", 0.1), ("exact", 0.0)}
    groups = recorded.groups()
    for when in ("before", "after"):
        assert [len(group["rewards"]) for group in groups[when]] == [8] * 6
        for group in groups[when]:
            a, b = map(int, group["question"][8:-1].split("+"))
            assert group["rewards"] == [float(text == str(a + b)) for text in group["answers"]]
    assert list(recorded.pinned_answers()) == [0, 10, 30, 70, 150]
    with pytest.raises(KeyError, match="nothing"):
        recorded.runs("nothing")
