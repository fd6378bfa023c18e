"""datatrove's tasks make what `gptcore prepare` makes, bit for bit, whatever happens to them."""

import json
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install pyarrow")
pytest.importorskip("datatrove", reason="datatrove is not installed: pip install datatrove")

from datatrove.executor.local import LocalPipelineExecutor

from gptcore.corpus.filters.filters import Document
from gptcore.corpus.filters.table import write_table
from gptcore.corpus.preparation.cluster import FinishShards, MakeShards, write_plan
from gptcore.corpus.preparation.on_cluster import main
from gptcore.corpus.preparation.plan import ShardSettings
from gptcore.corpus.preparation.prepare import prepare
from gptcore.corpus.reading.documents import SourceDamagedError
from gptcore.tokenizers import BPETokenizer

pytestmark = pytest.mark.slow

SETTINGS = ShardSettings(document="line", val_share=0.1)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two tables and a list of lines, a tokenizer, and what `prepare` makes of them."""
    folder, rng = tmp_path_factory.mktemp("cluster"), random.Random(0)
    text = folder / "text"
    text.mkdir()
    words = ["the", "cat", "sat", "on", "a", "mat", "\u00e9t\u00e9", "\U0001f431"]
    all_texts = [" ".join(rng.choices(words, k=20)) for _ in range(6000)]
    for number, start in enumerate((0, 2500)):
        documents = (Document(str(i), all_texts[i]) for i in range(start, start + 2500))
        write_table(documents, text / f"{number}.parquet")
    (text / "lines.txt").write_text("\n".join(all_texts[5000:]), encoding="utf-8")
    tokenizer = BPETokenizer.train(all_texts[:50], vocab_size=270, special_tokens=["<|endoftext|>"])
    tokenizer.save(folder / "tokenizer.json")
    for _ in prepare(text, folder / "prepared", folder / "tokenizer.json", settings=SETTINGS):
        pass
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def begun(world: Path, out: Path) -> int:
    return write_plan(world / "text", out, world / "tokenizer.json", SETTINGS)


def work_through(step, tasks: int, ranks=None) -> None:
    for rank in ranks if ranks is not None else range(tasks):
        assert list(step.run(None, rank, tasks)) == []


def test_datatroves_local_executor_makes_what_prepare_makes(world, tmp_path):
    shards = begun(world, tmp_path / "out")
    assert shards > 3
    make = LocalPipelineExecutor(
        [MakeShards(tmp_path / "out")], tasks=3, workers=2, logging_dir=str(tmp_path / "make")
    )
    finish = LocalPipelineExecutor(
        [FinishShards(tmp_path / "out")],
        tasks=1,
        workers=1,
        logging_dir=str(tmp_path / "finish"),
        depends=make,
    )
    finish.run()
    assert contents(tmp_path / "out") == contents(world / "prepared")
    stats = json.loads((tmp_path / "make" / "stats.json").read_text(encoding="utf-8"))
    manifest = json.loads((world / "prepared" / "manifest.json").read_text(encoding="utf-8"))
    token_stats = stats[0]["stats"]["tokens"]
    assert token_stats["total"] == manifest["train"]["tokens"] + manifest["val"]["tokens"]
    assert token_stats["n"] == shards


@pytest.mark.parametrize("tasks", [1, 2, 50])
def test_the_shards_do_not_depend_on_the_number_of_tasks_or_their_order(world, tmp_path, tasks):
    begun(world, tmp_path)
    order = random.Random(tasks).sample(range(tasks), tasks)
    work_through(MakeShards(tmp_path), tasks, order)
    work_through(FinishShards(tmp_path), 1)
    assert contents(tmp_path) == contents(world / "prepared")


def test_tasks_that_never_ran_are_made_up_for_at_the_end(world, tmp_path):
    begun(world, tmp_path)
    work_through(MakeShards(tmp_path), 4, ranks=[2])
    work_through(FinishShards(tmp_path), 1)
    assert contents(tmp_path) == contents(world / "prepared")


def test_a_task_that_runs_again_makes_only_what_is_not_whole(world, tmp_path):
    begun(world, tmp_path)
    make = MakeShards(tmp_path)
    work_through(make, 2, ranks=[0])
    first, other = sorted(tmp_path.glob("train_*.bin"))[:2]
    before = other.stat().st_mtime_ns
    damaged = bytearray(first.read_bytes())
    damaged[-1] ^= 1
    first.write_bytes(damaged)
    work_through(make, 2)
    assert other.stat().st_mtime_ns == before
    work_through(FinishShards(tmp_path), 1)
    assert contents(tmp_path) == contents(world / "prepared")


def test_a_finished_folder_is_left_as_it_is(world, tmp_path):
    begun(world, tmp_path)
    for _ in range(2):
        work_through(MakeShards(tmp_path), 2)
        work_through(FinishShards(tmp_path), 1)
        assert begun(world, tmp_path) > 3
    assert contents(tmp_path) == contents(world / "prepared")


def test_prepare_may_finish_what_a_cluster_has_begun(world, tmp_path):
    begun(world, tmp_path)
    work_through(MakeShards(tmp_path), 2, ranks=[1])
    for _ in prepare(world / "text", tmp_path, world / "tokenizer.json", settings=SETTINGS):
        pass
    shards = {name: file for name, file in contents(tmp_path).items() if "source_" not in name}
    assert shards == contents(world / "prepared")


def test_a_file_that_changed_after_a_task_checked_it_stops_the_rest(world, tmp_path):
    begun(world, tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    plan["sources"][1]["sha256"] = "0" * 64  # as if the hub had told another hash
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(SourceDamagedError, match="expected sha256 0000"):
        work_through(MakeShards(tmp_path), 2)
    with pytest.raises(SourceDamagedError, match="expected sha256 0000"):
        work_through(FinishShards(tmp_path), 1)
    assert not (tmp_path / "manifest.json").exists()


def test_another_tokenizer_or_other_sources_are_refused_at_the_beginning(world, tmp_path):
    begun(world, tmp_path / "out")
    with pytest.raises(ValueError, match="was prepared, or begun, with other settings"):
        write_plan(world / "text", tmp_path / "out", world / "tokenizer.json", ShardSettings())
    with pytest.raises(ValueError, match="There is no tokenizer 'gpt-2'"):
        write_plan(world / "text", tmp_path / "new", "gpt-2")
    with pytest.raises(ValueError, match="There is no"):
        write_plan(world / "nothing", tmp_path / "new", world / "tokenizer.json")


def test_a_machine_that_sees_other_files_is_refused(world, tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "lines.txt").write_text("one\ntwo\n", encoding="utf-8")
    write_plan(tmp_path / "text", tmp_path / "out", world / "tokenizer.json")
    (tmp_path / "text" / "more.txt").write_text("three\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"source: more\.txt with 6 bytes is new"):
        work_through(MakeShards(tmp_path / "out"), 1)


def test_documents_from_a_step_before_are_handed_on(world, tmp_path):
    begun(world, tmp_path)
    assert list(MakeShards(tmp_path).run(iter(["one"]), 0, 50)) == ["one"]


def script(world: Path, out: Path, *options: str) -> list[str]:
    words = [str(world / "text"), "--out", str(out), "--tokenizer", str(world / "tokenizer.json")]
    return [*words, "--val_share", "0.1", "--document", "line", *options]


def test_the_script_runs_here_in_one_line(world, tmp_path):
    assert main(script(world, tmp_path / "out", "--tasks", "2")) == 0
    assert contents(tmp_path / "out") == contents(world / "prepared")
    assert main(script(world, tmp_path / "out", "--tasks", "2")) == 0
    shutil.rmtree(tmp_path / "out")  # the logs, which say that all is done, stay
    assert main(script(world, tmp_path / "out", "--tasks", "2")) == 0
    assert contents(tmp_path / "out") == contents(world / "prepared")


def test_the_script_says_what_is_wrong_without_a_traceback(world, tmp_path, capsys):
    assert main(script(world / "no", tmp_path / "out")) == 2
    assert capsys.readouterr().err.startswith("on_cluster: There is no ")


def test_slurm_that_is_not_there_is_named(world, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(script(world, tmp_path / "out", "--on", "slurm")) == 2
    assert "--on slurm needs the command sbatch" in capsys.readouterr().err


def test_ray_that_is_not_installed_is_named(world, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(script(world, tmp_path / "out", "--on", "ray")) == 1
    assert "--on ray needs ray, which is not installed" in capsys.readouterr().err


def test_datatroves_executor_for_ray_takes_what_the_script_gives_it(world, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", type(sys)("ray"))
    from gptcore.corpus.preparation.on_cluster import OnCluster  # noqa: PLC0415

    job = OnCluster((str(world),), tmp_path / "out", on="ray", workers=5)
    executor = job.executor(MakeShards(tmp_path), "make", tasks=7)
    assert (executor.tasks, executor.workers, executor.world_size) == (7, 5, 7)


STAND_IN_FOR_SBATCH = """#!/bin/bash
for word in "$@"; do script="$word"; done
echo "$@" >> "$(dirname "$0")/submitted"
if grep -q launch_pickled_pipeline "$script"; then
    cp "$script" "$(dirname "$0")/job.$(date +%s%N)"
    last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$script")
    for i in $(seq 0 "$last"); do
        SLURM_ARRAY_TASK_ID=$i SLURM_NODELIST=localhost bash "$script" >&2 || exit 1
    done
fi
echo "Submitted batch job 17"
"""
STAND_IN_FOR_SRUN = """#!/bin/bash
while [ "$1" != launch_pickled_pipeline ]; do shift; done
shift
exec {python} -m datatrove.tools.launch_pickled_pipeline "$@"
"""
STAND_IN_FOR_SCONTROL = """#!/bin/bash
echo localhost
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm's jobs are scripts of a Unix shell")
def test_what_the_script_submits_to_slurm_makes_the_same_shards(world, tmp_path):
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in {
        "sbatch": STAND_IN_FOR_SBATCH,
        "srun": STAND_IN_FOR_SRUN.replace("{python}", sys.executable),
        "scontrol": STAND_IN_FOR_SCONTROL,
    }.items():
        (commands / name).write_text(text)
        (commands / name).chmod(stat.S_IRWXU)
    options = ["--on", "slurm", "--tasks", "1", "--partition", "night", "--activate", "export A=1"]
    words = script(world, tmp_path / "out", *options)
    ran = subprocess.run(
        [sys.executable, "-m", "gptcore.corpus.preparation.on_cluster", *words],
        env={**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert contents(tmp_path / "out") == contents(world / "prepared")
    jobs = [path.read_text() for path in sorted(commands.glob("job.*"))]
    assert len(jobs) == 2 and all("#SBATCH --partition=night\n" in job for job in jobs)
    assert all("export A=1\n" in job for job in jobs)
    assert "--dependency=afterok:17" in (commands / "submitted").read_text()
