"""`prepare` is killed, starved of room, or run twice: what comes out in the end is the same.

Most kills here are an exception that nothing catches, thrown at one chosen moment after another;
what lies on the disk is then what a real kill leaves. A few are real, at moments chosen by chance.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple

import pytest
from small_corpora import LETTERS, files_in, some_texts, write_parquet

from gptcore.corpus import (
    DiskFullError,
    FolderInUseError,
    ShardSettings,
    make_shard,
    prepare,
)
from gptcore.corpus.preparation import shard_writer
from gptcore.corpus.preparation.workers import map_in_processes
from gptcore.tokenizers import CharTokenizer

pytestmark = pytest.mark.slow

# Two row groups and more a shard, so that a kill can fall between them.
SETTINGS = ShardSettings(val_share=0.2, shard_bytes=400)


class Killed(BaseException):
    """Nothing in our code catches it, just as nothing catches SIGKILL."""


@pytest.fixture
def source(tmp_path):
    return write_parquet(tmp_path / "a.parquet", some_texts(64), rows=2)


@pytest.fixture
def undisturbed(tmp_path, source):
    list(prepare(source, tmp_path / "undisturbed", LETTERS, settings=SETTINGS))
    return files_in(tmp_path / "undisturbed")


@pytest.fixture
def row_groups_read(monkeypatch):
    """Which row groups `make_shard` asks for."""
    arguments = []

    def recorded(path, group, reading):
        arguments.append(group)
        return read(path, group, reading)

    read = shard_writer.read_documents
    monkeypatch.setattr(shard_writer, "read_documents", recorded)
    return arguments


def at_call(number, function):
    """The function, but its call of that number, counted from 0, is the last thing that happens."""
    calls = iter(range(number + 1))

    def until(*given, **named):
        if next(calls, None) == number:
            raise Killed
        return function(*given, **named)

    return until


def kill(monkeypatch, home, name, number, arguments):
    """Prepare until that call; False if it never came."""
    with monkeypatch.context() as patched:
        patched.setattr(home, name, at_call(number, getattr(home, name)))
        try:
            list(prepare(*arguments, settings=SETTINGS))
            return False
        except Killed:
            return True


@pytest.mark.parametrize(
    ("home", "name"),
    [(os, "replace"), (os, "fsync"), (CharTokenizer, "encode_array"), (shard_writer, "sha256_of")],
    ids=["renaming", "making it last", "encoding", "checking"],
)
def test_killed_at_any_moment_and_run_again_it_gives_the_same_and_redoes_one_row_group(
    tmp_path, source, undisturbed, monkeypatch, row_groups_read, home, name
):
    number = 0
    while True:
        arguments = (source, tmp_path / f"{name}{number}", LETTERS)
        row_groups_read.clear()
        killed = kill(monkeypatch, home, name, number, arguments)
        list(prepare(*arguments, settings=SETTINGS))
        assert files_in(arguments[1]) == undisturbed, f"killed in call {number}"
        assert len(row_groups_read) <= 32 + killed
        if not killed:
            break
        number += 1 + number // 2  # all of the first ones, some of the later
    assert number > 5


def test_killed_again_and_again_it_gets_there(tmp_path, source, undisturbed, monkeypatch):
    arguments, kills = (source, tmp_path / "out", LETTERS), 0
    while kill(monkeypatch, CharTokenizer, "encode_array", 6, arguments):
        kills += 1
    assert kills > 5
    assert files_in(tmp_path / "out") == undisturbed


def test_a_shard_that_another_worker_still_writes_is_waited_for_and_taken_up(
    tmp_path, source, undisturbed
):
    """A worker outlives its killed run by a moment, and may even finish in it."""
    out = tmp_path / "out"
    out.mkdir()
    (span,) = json.loads(undisturbed["manifest.json"])["shards"][0]["row_groups"]
    spans = [shard_writer.RowGroupRange(source, *span[1:])]
    dying = shard_writer.ShardWriter(out / "train_000000.bin", LETTERS)
    dying.resume(**shard_writer.EMPTY_STATE)
    ours = threading.Thread(target=make_shard, args=(out, 0, spans, LETTERS, SETTINGS))
    ours.start()
    time.sleep(0.2)
    assert ours.is_alive() and not (out / "shard_000000.json").exists()
    dying.add(["something of its own"])
    dying.finish()
    ours.join(timeout=30)
    assert files_in(out)["train_000000.bin"] == undisturbed["train_000000.bin"]


def test_what_is_noted_as_done_has_left_the_process(tmp_path, source, monkeypatch):
    """A kill takes with it what is still in a buffer of Python's."""
    recorded = []

    def looked_at(journal, done, empty, *growing):
        note(journal, done, empty, *growing)
        content = json.loads(journal.read_text())
        for name, part in zip(("train", "val"), growing):
            size_bytes = part.part.stat().st_size
            recorded.append(size_bytes - (1024 + 2 * content[name]["tokens"]))

    note = shard_writer.write_journal
    monkeypatch.setattr(shard_writer, "write_journal", looked_at)
    list(prepare(source, tmp_path / "out", LETTERS, settings=SETTINGS))
    assert len(recorded) == 64 and not any(recorded)


def test_a_part_that_a_power_cut_has_spoilt_is_not_used(tmp_path, source, undisturbed, monkeypatch):
    arguments = (source, tmp_path / "out", LETTERS)
    assert kill(monkeypatch, CharTokenizer, "encode_array", 4, arguments)
    (part,) = (tmp_path / "out").glob("train_*.part")
    assert part.stat().st_size > 1024
    part.write_bytes(bytes(part.stat().st_size))  # what a file system may leave: zeros
    list(prepare(*arguments, settings=SETTINGS))
    assert files_in(tmp_path / "out") == undisturbed


def test_what_was_begun_is_not_continued_with_something_else(tmp_path, source, monkeypatch):
    arguments = (source, tmp_path / "out", LETTERS)
    assert kill(monkeypatch, CharTokenizer, "encode_array", 20, arguments)
    other = CharTokenizer(LETTERS.characters + "!")
    with pytest.raises(ValueError, match="<CharTokenizer> with another vocabulary"):
        list(prepare(source, tmp_path / "out", other, settings=SETTINGS))


PROGRAM = """
import sys
from gptcore.corpus import ShardSettings, prepare
from gptcore.corpus.preparation import prepare as preparing
preparing.MIN_BYTES_PER_WORKER = 1
if __name__ == "__main__":
    source, out, tokenizer = sys.argv[1:]
    settings = ShardSettings(val_share=0.2, shard_bytes=400)
    for step in prepare(source, out, tokenizer, 2, settings):
        pass
"""


@pytest.fixture
def run(tmp_path, source):
    """Begin a preparation with two workers, in another process."""
    LETTERS.save(tmp_path / "letters.json")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    arguments = (source, tmp_path / "out", tmp_path / "letters.json")
    return lambda: subprocess.Popen([sys.executable, program, *arguments], stderr=subprocess.PIPE)


def test_real_kills_at_moments_of_chance_leave_no_lock_and_no_other_result(
    tmp_path, run, undisturbed
):
    rng, kills = random.Random(4), 0
    for _ in range(3):
        process = run()
        deadline = time.monotonic() + 30
        while not (tmp_path / "out" / "plan.json").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.6))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = run()
    assert process.communicate()[1] == b"" and process.returncode == 0
    assert kills >= 1
    shards = {name: content for name, content in undisturbed.items() if name.endswith("bin")}
    found = files_in(tmp_path / "out")
    assert found.pop("manifest.json") and found == shards


def test_two_runs_in_one_folder_at_once_are_refused(tmp_path, source):
    out = tmp_path / "out"
    first = prepare(source, out, LETTERS, settings=SETTINGS)
    next(first)
    with pytest.raises(FolderInUseError) as caught:
        next(prepare(source, out, LETTERS, settings=SETTINGS))
    assert str(caught.value) == (
        f"Another run is preparing shards in {out}. Let it finish, or stop it; "
        "or give --out another folder."
    )
    first.close()  # as Ctrl-C would
    assert list(prepare(source, out, LETTERS, settings=SETTINGS))


# No room


def test_too_little_disk_space_is_reported_before_the_first_shard(tmp_path, source, monkeypatch):
    write_parquet(source, some_texts(200), rows=100)
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 2000, 2000)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(DiskFullError) as caught:
            list(prepare(source, tmp_path / "out", LETTERS, settings=SETTINGS))
    message = re.fullmatch(
        rf"The disk of {tmp_path / 'out'} is too full: about ([\d,]+) bytes are needed, 2,000 are "
        "free. No shard is incomplete. Free some space and run the same command again: it "
        "continues where it stopped. Or give --out a folder on a larger disk.",
        str(caught.value),
    )
    list(prepare(source, tmp_path / "out", LETTERS, settings=SETTINGS))
    size_bytes = sum(path.stat().st_size - 1024 for path in (tmp_path / "out").glob("*.bin"))
    assert 0.5 < int(message[1].replace(",", "")) / size_bytes < 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("limit", [0, 512, 1100, 1500])
def test_a_disk_that_fills_up_on_the_way_leaves_nothing_under_a_final_name(tmp_path, source, limit):
    import resource  # noqa: PLC0415  not on Windows

    write_parquet(source, some_texts(400), rows=200)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    (tmp_path / "out").mkdir()
    whole = ShardSettings(val_share=0.2)
    try:
        plan_room = prepare(source, tmp_path / "out", LETTERS, settings=whole)
        next(plan_room)  # the sources are checked; now the plan is to be written
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        with pytest.raises(
            DiskFullError, match=r"is too full: about [\d,]+ bytes are needed, [\d,]+ "
        ):
            list(plan_room)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not list((tmp_path / "out").glob("*.bin"))
    list(prepare(source, tmp_path / "out", LETTERS, settings=whole))
    list(prepare(source, tmp_path / "other", LETTERS, settings=whole))
    assert files_in(tmp_path / "out") == files_in(tmp_path / "other")


# Workers


def end_at_seven(number):
    if number == 7:
        os._exit(1)  # as the system ends the largest process when memory runs out
    return number


def test_a_killed_worker_is_reported_and_not_waited_for():
    with pytest.raises(OSError, match="A worker process was killed, most often because memory ran"):
        list(map_in_processes(end_at_seven, range(20), 2))


def sleep_but_first(number):
    time.sleep(60 if number else 0)


def test_workers_end_at_once_when_nobody_wants_their_work_any_more():
    results = map_in_processes(sleep_but_first, range(4), 2)
    start = time.monotonic()
    assert next(results) == (0, None)
    results.close()
    assert time.monotonic() - start < 30


def asks_for_workers(number):
    return list(map_in_processes(end_at_seven, [number], 2))


def test_workers_inside_of_workers_are_refused_with_what_to_do():
    with pytest.raises(ValueError, match="Use workers=1; or, in a script, put its code"):
        list(map_in_processes(asks_for_workers, [1], 2))


def test_one_shard_can_be_made_alone_and_is_what_prepare_makes(tmp_path, source, undisturbed):
    (tmp_path / "one").mkdir()
    (span,) = json.loads(undisturbed["manifest.json"])["shards"][0]["row_groups"]
    spans = [shard_writer.RowGroupRange(source, *span[1:])]
    shard = make_shard(tmp_path / "one", 0, spans, LETTERS, SETTINGS)
    files = files_in(tmp_path / "one")
    assert files["train_000000.bin"] == undisturbed["train_000000.bin"]
    assert shard.train.file == "train_000000.bin"
    assert sorted(files) == ["shard_000000.json", "train_000000.bin", "val_000000.bin"]
