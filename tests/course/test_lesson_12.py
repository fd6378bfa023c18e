"""The statements of lesson 12, compared with the runs that they are about."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from stored_outputs import printed

from course.catalogue import QUESTIONS, mixed
from course.experiments.hardware.gpu_night import train_on_fineweb
from course.experiments.hardware.processes import start, wait_for
from course.experiments.training.story_runs import PLAN, continued_runs
from course.failures.lesson_12 import rows_of
from course.recorded import recorded_runs
from course.sample import fineweb_shards
from course.solutions import lesson_12 as solution
from course.syllabus.lesson_table import written_lessons
from gptcore.cli import COMMANDS
from gptcore.cli.training.loop import EXIT_RESUMABLE
from gptcore.corpus import (
    Batches,
    ShardSettings,
    TextUnavailableError,
    prepare,
    read_table,
    write_shard,
    write_story_table,
)
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import BPETokenizer
from gptcore.training import (
    PRESETS,
    LossSum,
    Preset,
    TrainConfig,
    learning_rate,
    read_log,
    train,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 12)
TEXT = LESSON.source.read_text(encoding="utf-8")


@pytest.fixture
def rows(tmp_path) -> Batches:
    ids = np.random.default_rng(10).integers(0, 40, 4000)
    write_shard(tmp_path / "train.bin", ids, 40)
    return Batches(tmp_path, batch_size=4, block_size=8, seed=1)


def test_a_batch_loss_is_the_loss_of_all_its_tokens():
    losses = torch.rand(100, generator=torch.Generator().manual_seed(10))
    micro_batches = [(part.mean().item(), len(part)) for part in losses.split([50, 30, 20])]
    assert solution.batch_loss(micro_batches) == pytest.approx(losses.mean().item())


def test_the_schedule_of_exercise_2_is_the_one_that_is_imported():
    for max_steps in (200, 400):
        settings = TrainConfig(
            max_steps=max_steps, learning_rate=1, min_learning_rate=0, warmup_steps=10,
            schedule="wsd",
        )  # fmt: skip
        for step in range(1, max_steps + 1):
            ours = solution.rate(step, max_steps)
            assert ours == pytest.approx(learning_rate(settings, step), abs=1e-12)


def test_the_codes_of_exercise_3_are_those_of_the_command():
    assert f"says {EXIT_RESUMABLE}: *resume me*" in TEXT
    codes = iter([EXIT_RESUMABLE, EXIT_RESUMABLE, 0])
    assert solution.keep_going(lambda: next(codes)) == 0
    assert not list(codes)
    codes = iter([EXIT_RESUMABLE, 1, 0])
    assert solution.keep_going(lambda: next(codes)) == 1


def loop_for_the_terminal() -> str:
    found = re.search(r"^#     (trap .*)\n#     (while .*done)$", TEXT, re.MULTILINE)
    return f"{found[1]}\n{found[2]}\n"


def test_the_shell_loop_starts_again_after_exit_code_75_only(tmp_path):
    for codes, starts in (("75 75 0", 3), ("0 0", 1), ("75 1 0", 2)):
        answers = tmp_path / "codes"
        answers.write_text("\n".join(codes.split()))
        script = f"""
            gptcore() {{
                code=$(sed -n 1p {answers}); sed -i 1d {answers}; echo started; return $code
            }}
            {loop_for_the_terminal()}
        """
        ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=20)
        assert ran.stdout.count("started") == starts


@pytest.mark.parametrize(("with_trap", "starts"), [(True, 1), (False, 2)])
def test_ctrl_c_ends_the_loop_because_of_its_first_line(tmp_path, with_trap, starts):
    """A stand-in finishes what it does at SIGINT and says 75, as the command does."""
    command = tmp_path / "gptcore"
    command.write_text(
        "#!/bin/sh\ntrap 'exit 75' INT\n"
        'echo started\n[ -e "$0.again" ] && exit 0\ntouch "$0.again"\n'
        "while :; do sleep 0.05; done\n"
    )
    command.chmod(0o755)
    lines = loop_for_the_terminal().splitlines()
    script = tmp_path / "keep_going.sh"
    script.write_text("\n".join(lines if with_trap else lines[1:]))
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    loop = subprocess.Popen(
        ["bash", str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PATH": path},
        # A process in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert loop.stdout.readline() == "started\n"
        while not command.with_name("gptcore.again").exists():
            time.sleep(0.01)
        os.killpg(loop.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        rest, _ = loop.communicate(timeout=20)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(loop.pid, signal.SIGKILL)
    assert 1 + rest.count("started") == starts


def test_a_run_that_ends_too_early_says_what_it_wrote(tmp_path):
    code = "import sys; sys.exit('no such file')"
    process = start([sys.executable, "-c", code, "--out_dir", tmp_path / "run"])
    with pytest.raises(RuntimeError, match="exit code 1: no such file"):
        wait_for(process, 5)


def test_a_start_without_resume_ends_the_run_before_and_empties_its_folder(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()
    command = [sys.executable, "-c", "import time; time.sleep(60)", "--out_dir", tmp_path / "run"]
    first = start([*command, "--resume"])
    assert (tmp_path / "run" / "old").exists()
    second = start(command)
    assert first.poll() is not None and not (tmp_path / "run").exists()
    second.kill()
    second.wait()


def test_the_numbers_of_the_large_run_are_those_of_its_preset():
    preset = PRESETS["fineweb-40m"]
    config = preset.train
    assert (config.batch_size, config.grad_accum) == (16, 32)
    assert "max_steps=6000, warmup=700, high=5e-4, low=5e-5" in TEXT
    assert (config.max_steps, config.warmup_steps) == (6000, 700)
    assert (config.learning_rate, config.min_learning_rate) == (5e-4, 5e-5)
    assert "A run needs 512 rows of text for one step" in TEXT
    assert 16 * 32 * preset.config().block_size == pytest.approx(5e5, rel=0.05)


def test_four_times_the_rows_have_half_the_noise():
    noise = [
        float(number) for number in re.findall(r"rows: (\S+)", printed(LESSON, "for n in (1, 4,"))
    ]
    for more, fewer in zip(noise[1:], noise):
        assert more == pytest.approx(fewer / 2, rel=0.06)
    assert noise[0] > 5


def test_gradients_that_are_32_times_too_large_make_the_same_step_with_adamw():
    torch.manual_seed(10)
    grads = [torch.randn(50) for _ in range(20)]
    weights = []
    for times in (1, 32):
        weight = torch.ones(50, requires_grad=True)
        optimizer = torch.optim.AdamW([weight], lr=0.01, weight_decay=0.1)
        for grad in grads:
            weight.grad = grad * times
            optimizer.step()
        weights.append(weight.detach())
    assert torch.allclose(*weights, atol=1e-6)


def test_a_resume_repeats_rows_in_bos_program_and_not_in_adas(rows):
    def first_rows(whose: str) -> list:
        batches = rows_of(whose, rows)
        return [batches.batch(step)[0] for step in range(5)]

    assert np.array_equal(first_rows("Bo's"), first_rows("Bo's"))
    restarted = rows_of("Bo's", rows)
    assert np.array_equal(restarted.batch(5)[0], first_rows("Bo's")[0])
    assert np.array_equal(rows_of("Ada's", rows).batch(5)[0], rows.batch(5)[0])


@pytest.mark.slow
def test_losses_after_a_resume_equal_those_without_interruption_except_in_bos_program(
    rows, tmp_path
):
    config = TrainConfig(max_steps=8, batch_size=4, warmup_steps=2, device="cpu")

    def losses(whose: str, out: str, resume: bool, n: int) -> list[float]:
        model = GPT(GPTConfig(8, 64, n_layer=1, n_head=2, n_embd=16),
                    torch.Generator().manual_seed(1))  # fmt: skip
        run = train(model, rows_of(whose, rows), config, out_dir=tmp_path / out, resume=resume)
        found = [step.train_loss for step in islice(run, n)]
        run.close()
        return found

    for whose, agrees in (("Ada's", True), ("Bo's", False)):
        uninterrupted = losses(whose, f"{whose} whole", False, 8)
        begun = losses(whose, f"{whose} stopped", False, 4)
        assert begun == uninterrupted[:4]
        assert (losses(whose, f"{whose} stopped", True, 1) == uninterrupted[4:5]) == agrees


def test_bos_model_gets_no_better_on_other_rows():
    lines = printed(LESSON, "validation loss:").splitlines()
    ada, bo = ([float(n) for n in re.findall(r"\d\.\d\d", line)] for line in lines)
    assert min(bo[5:]) > bo[4] - 0.05 and max(bo[4:]) < bo[3]
    assert ada == sorted(ada, reverse=True) and ada[-1] < bo[-1] - 0.3


def test_a_cosine_that_is_continued_ends_above_one_that_was_planned():
    runs = continued_runs()
    cosine, wsd = runs["cosine, continued"], runs["wsd, continued"]
    assert all([step.step for step in run] == list(range(1, 401)) for run in runs.values())
    assert cosine[199].learning_rate == pytest.approx(PLAN.min_learning_rate, rel=0.01)
    assert cosine[200].learning_rate > 8 * cosine[199].learning_rate
    assert wsd[160].learning_rate == wsd[159].learning_rate == PLAN.learning_rate
    losses = {name: [s.val_loss for s in run if s.val_loss] for name, run in runs.items()}
    ends = {name: values[-1] for name, values in losses.items()}
    assert max(ends, key=ends.get) == "cosine, continued"
    assert 0.03 < ends["cosine, continued"] - ends["cosine for 400"] < 0.12
    assert max(losses["cosine, continued"][20:24]) > losses["cosine, continued"][19]


@pytest.mark.slow
def test_the_live_run_of_the_gpu_cell_also_runs_on_a_cpu(tmp_path, monkeypatch):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    write_story_table(tmp_path / "stories.parquet", rows=100, seed=1)
    texts = [page.text for page in read_table(tmp_path / "stories.parquet")]
    tokenizer = BPETokenizer.train(texts, vocab_size=300, special_tokens=["<|endoftext|>"])
    tokenizer.save(tmp_path / "tokenizer.json")
    shards = tmp_path / "fineweb-shards"
    list(prepare(tmp_path / "stories.parquet", shards, tmp_path / "tokenizer.json",
                 settings=ShardSettings(val_share=0.2)))  # fmt: skip
    tiny = TrainConfig(
        max_steps=2, warmup_steps=0, batch_size=2, eval_every=1, eval_tokens=64, device="cpu"
    )
    sizes = {"block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 16}
    monkeypatch.setitem(PRESETS, "tiny", Preset("for a test", tiny, sizes))
    train_on_fineweb(max_minutes=0, preset="tiny", device="cpu")
    assert len(read_log(tmp_path / "tiny")) == 2


def test_the_answers_of_the_mixed_page_follow_from_what_it_says():
    right = {q.name: q.right for q in mixed.QUESTIONS if q.lesson == mixed.AFTER_12}
    assert "stream of 13 tokens is cut into rows for T = 4" in TEXT
    assert right["rows of a stream of 13 tokens"] == len(range(0, 13 - 4, 4))
    assert "loss of 2.4 nats per token, and its tokens have three bytes on average" in TEXT
    bits = [nats / size / np.log(2) for nats, size in ((2.4, 3), (2.8, 4))]
    assert right["bits per byte of the second model"] == pytest.approx(bits[1])
    assert bits == pytest.approx([1.15, 1.01], abs=0.005)
    weight = torch.ones(1000, requires_grad=True)
    optimizer = torch.optim.Adam([weight])
    weight.grad = torch.ones(1000)
    optimizer.step()
    kept = [weight, weight.grad, *(t for t in optimizer.state[weight].values() if t.dim())]
    bytes_kept = sum(tensor.nbytes for tensor in kept)
    assert right["bytes that training keeps for one weight"] == bytes_kept / 1000
    model = GPT(GPTConfig(512, 64, n_layer=1, n_head=8, n_embd=512))
    weights = model.attention_weights(torch.zeros(1, 512, dtype=torch.long))[0, 0, 0, -1]
    assert right["tokens that one head attends to"] == int((weights > 0).sum())


def test_only_recorded_runs_with_gpu_and_date_are_shown(tmp_path):
    assert recorded_runs(tmp_path) == []
    folder = tmp_path / "fineweb-40m"
    folder.mkdir()
    row = {"step": 1, "tokens": 2, "train_loss": 10.9, "val_loss": None, "grad_norm": 1.0}
    row |= {"learning_rate": 1e-6, "tokens_per_second": 3.0, "mfu": None}
    (folder / "log.jsonl").write_text(json.dumps(row) + "\n")
    assert recorded_runs(tmp_path) == []
    (folder / "about.json").write_text(json.dumps({"gpu": "a GPU", "date": "a day"}))
    (run,) = recorded_runs(tmp_path)
    assert (run.name, run.gpu, run.date) == ("fineweb-40m", "a GPU", "a day")
    assert run.losses == {"train": ([1], [10.9]), "val": ([], [])}


def test_the_measurements_of_the_gpu_are_those_of_its_log():
    logs = ROOT / "benchmarks" / "gpu"
    log = (logs / "2026-11-27-nvidia-h200-first-run.txt").read_text(encoding="utf-8")
    predicted, measured = 26_053_695_488, 26_065_019_904
    assert f"{predicted / 2**30:.2f} GiB predicted, {measured / 2**30:.2f} measured" in TEXT
    assert f"peak_bytes {measured}, predicted_bytes {predicted}," in log
    assert "1,352,000 tokens per second predicted, 1,033,000 measured" in TEXT
    assert "predicted_tokens_per_second 1.352e+06, measured_tokens_per_second 1.033e+06" in log


def test_without_shards_the_cell_for_a_gpu_says_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    with pytest.raises(
        TextUnavailableError, match="To make them: gptcore prepare fineweb:CC-MAIN"
    ) as raised:
        fineweb_shards()
    assert str(tmp_path) not in str(raised.value)
    (tmp_path / "fineweb-shards").mkdir()
    (tmp_path / "fineweb-shards" / "manifest.json").touch()
    assert fineweb_shards() == tmp_path / "fineweb-shards"


@pytest.mark.slow
def test_the_commands_of_the_lesson_are_commands():
    commands = re.findall(r"^# gptcore (\S+)", TEXT, re.M)
    assert {"fetch", "prepare", "train", "sample"} <= set(commands) <= COMMANDS.keys()
    assert '[sys.executable, "-m", "gptcore.cli", "train", "names"' in TEXT
    ran = subprocess.run(
        [sys.executable, "-m", "gptcore.cli", "train", "--help"], capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    for flag in ("--out_dir", "--max_steps", "--checkpoint_every", "--device", "--fsdp"):
        assert flag in ran.stdout.replace("-", "_").replace("__", "--")


def test_every_exercise_has_a_solution():
    for name in ("batch_loss", "rate", "keep_going"):
        assert QUESTIONS[name].right is getattr(solution, name)


def test_a_model_of_64_bits_has_a_loss_of_64_bits_or_the_outputs_would_differ_elsewhere():
    model = GPT(GPTConfig(8, 64, n_layer=1, n_head=2, n_embd=16)).double()
    ids = torch.arange(9)[None]
    loss = LossSum(model)(ids[:, :-1], ids[:, 1:])
    shares = model(ids[:, :-1])[0].softmax(dim=-1)[0, torch.arange(8), ids[0, 1:]]
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(-shares.log().sum().item(), rel=1e-14)


def test_the_rows_that_overflow_in_float16_are_named():
    message = " ".join(printed(LESSON, "NonFiniteError").split())
    assert "Step 2: the loss is not finite. It comes from 4 row(s)" in message


def test_a_guess_may_name_the_run_or_the_person():
    large, owner = QUESTIONS["16 x 32 or 8 x 64"], QUESTIONS["the program to trust"]
    assert large.reply("16 x 32") == large.reply("A") and large.reply("8 × 64") == large.reply("B")
    assert owner.reply("Bo") == owner.reply("Bo's") and owner.judge("Ada").right
    assert large.judge("C neither").right and large.judge("c").right
    assert QUESTIONS["the weight that is drawn to 0"].judge("small").right
    assert QUESTIONS["just continue to 12,000"].judge("It rises first").right
    assert QUESTIONS["digits in which both runs agree"].judge("all of them").right
