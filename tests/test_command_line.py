"""The command `gptcore`: what it prints, and how it refuses wrong arguments."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gptcore import cli, corpus, ladder
from gptcore.scalar import MicroGPT

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[1]
TINY = ("--n_embd", "4", "--n_head", "2", "--block_size", "16")


@pytest.fixture
def names(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("emma\n\n  anna \nbob\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def command(capsys, monkeypatch):
    """Runs the command in this process; answers (exit code, standard output, standard error)."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as left:  # how the parser of options leaves
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


def process(*arguments, **options):
    """Runs the command as a shell would."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(
        [sys.executable, "-m", "gptcore.cli", *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


# What it prints


def test_microgpt_prints_counts_steps_and_samples_to_the_letter(command, names):
    code, out, err = command(
        "microgpt",
        "--names",
        names,
        "--steps",
        1000,
        "--samples",
        12,
        "--n_embd",
        1,
        "--n_head",
        1,
        "--block_size",
        2,
    )
    lines = out.splitlines()
    # emabno + BOS = 7 tokens; wte 7 + wpe 2 + lm_head 7 + four matrices 1 + fc1 4 + fc2 4
    assert lines[:3] == ["num docs: 3", "vocab size: 7", "num params: 28"]
    for number, line in enumerate(lines[3:1003], start=1):
        assert re.fullmatch(rf"step {number:4d} / 1000 \| loss \d\.\d{{4}}", line)
    for number, line in enumerate(lines[1003:], start=1):
        assert re.fullmatch(rf"sample {number:2d}: [abemno]{{0,2}}", line)
    assert lines[3].startswith("step    1 / 1000 | loss ")
    assert (code, len(lines), out[-1]) == (0, 3 + 1000 + 12, "\n")
    assert "note: 3 of 3 names are longer than block_size=2" in err


def test_microgpt_on_makemores_names_begins_with_the_published_losses(command):
    if not corpus.is_downloaded("names-ssa"):
        pytest.skip("names-ssa is not on this machine; bring it with: gptcore fetch names-ssa")
    file = corpus.text_path(corpus.find_text("names-ssa"))
    code, out, err = command("microgpt", "--names", file, "--steps", 2, "--samples", 0)
    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == ["num docs: 32033", "vocab size: 27", "num params: 4192"]
    assert [line[-11:] for line in out.splitlines()[3:]] == ["loss 3.3660", "loss 3.4243"]


def test_without_a_file_it_takes_the_names_that_come_with_gptcore(command):
    code, out, _ = command("microgpt", "--steps", 1, "--samples", 0, *TINY)
    assert code == 0
    assert out.startswith(f"num docs: {len(corpus.load_documents('names'))}\n")


def test_plain_prints_what_fused_prints(command, names):
    arguments = ("microgpt", "--names", names, "--steps", 5, "--samples", 3, *TINY)
    assert command(*arguments) == command(*arguments, "--plain")


def test_the_same_seed_prints_the_same_and_another_does_not(command, names):
    arguments = ("microgpt", "--names", names, "--steps", 3, *TINY)
    assert (
        command(*arguments)
        == command(*arguments, "--seed", 42)
        != command(*arguments, "--seed", 43)
    )


def test_no_samples_are_allowed(command, names):
    code, out, _ = command("microgpt", "--names", names, "--steps", 1, "--samples", 0, *TINY)
    assert code == 0 and "sample" not in out


def test_temperature_zero_is_allowed_and_samples_the_same_name_every_time(command, names):
    code, out, _ = command(
        "microgpt", "--names", names, "--steps", 1, "--samples", 3, "--temperature", 0, *TINY
    )
    assert code == 0
    assert len({line.split(":")[1] for line in out.splitlines()[-3:]}) == 1


def test_options_may_be_written_with_either_kind_of_dash(command, names):
    arguments = ("microgpt", "--names", names, "--steps", 1, "--samples", 1)
    assert command(*arguments, "--n_embd", 4, "--n_head", 2) == command(
        *arguments, "--n-embd", 4, "--n-head", 2
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("microgpt", "--help")])
def test_help_is_printed_on_standard_output(command, arguments):
    code, out, err = command(*arguments)
    assert (code, err) == (0, "")
    assert "microgpt" in out and "usage" in out


@pytest.mark.slow
def test_a_name_longer_than_the_context_is_noted_beside_the_results(command, tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("emma\nmaximilianalexander\n", encoding="utf-8")
    code, out, err = command("microgpt", "--names", file, "--steps", 1, "--samples", 0)
    assert code == 0 and "note" not in out
    assert err == (
        "note: 1 of 2 names are longer than block_size=16 ('maximilianalexander' has 19 letters); "
        "only their first 16 letters are used. --block_size 19 would use all letters.\n"
    )
    arguments = ("microgpt", "--names", file, "--steps", 1, "--samples", 0)
    code, _, err = command(*arguments, "--block_size", 19)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("written", ["emma\n", "a\n", "a", "emma\nemma\n"])
def test_one_name_and_one_letter_are_allowed_with_a_note(command, tmp_path, written):
    file = tmp_path / "names.txt"
    file.write_text(written, encoding="utf-8")
    code, out, err = command("microgpt", "--names", file, "--steps", 2, "--samples", 1, *TINY)
    assert code == 0 and len(out.splitlines()) == 6
    assert err == (
        f"note: there is only one name, {written.split()[0]!r}; "
        "the model can only learn to repeat it.\n"
    )


@pytest.mark.parametrize(
    "written",
    ["\ufeffemma\nbob\n".encode(), b"emma\r\nbob\r\n", b"emma\rbob", "ämmë\nböb\n".encode()],
    ids=["byte order mark", "Windows", "old Macintosh", "umlauts"],
)
def test_files_of_other_systems_and_other_letters_are_read(command, tmp_path, written):
    file = tmp_path / "names.txt"
    file.write_bytes(written)
    code, out, err = command("microgpt", "--names", file, "--steps", 1, "--samples", 0, *TINY)
    assert (code, err) == (0, "")
    assert out.startswith("num docs: 2\nvocab size: 6\n")


def test_a_file_has_the_documents_that_the_corpus_finds_in_it(command, tmp_path, monkeypatch):
    """A document may hold a line separator of Unicode; only a line feed ends it."""
    written = "bo\u2028b\nan\x0cna\nemma\n"
    file = tmp_path / "names.txt"
    file.write_text(written, encoding="utf-8")
    monkeypatch.setattr("gptcore.corpus.downloads.text.load", lambda name: written)
    assert cli.read_names(file) == corpus.load_documents("any") == written.strip().split("\n")


@pytest.fixture
def up_to_arrays(monkeypatch):
    """Leaves out the rungs with PyTorch, which tests/ladder/ climbs: compiling takes long."""
    monkeypatch.setattr(ladder, "IMPLEMENTATIONS", ladder.WITHOUT_TORCH)


@pytest.mark.usefixtures("up_to_arrays")
@pytest.mark.slow
def test_the_ladder_prints_a_row_with_a_bar_for_each_rung_and_then_what_they_show(command, names):
    code, out, err = command("ladder", "--names", names, "--steps", 2)
    assert (code, err) == (0, "")  # no terminal, so nothing is said meanwhile
    lines = out.splitlines()
    assert lines[0].split() == ["one", "name", "times", "as", "fast"]
    rows = [re.fullmatch(r"(.{24}) *([\d,]+) µs +([\d,.]+)  (█+)", line) for line in lines[1:7:2]]
    assert [row[1].strip() for row in rows] == [impl.name for impl in ladder.IMPLEMENTATIONS]
    assert [line.strip() for line in lines[2:8:2]] == [
        impl.changed for impl in ladder.IMPLEMENTATIONS
    ]
    assert rows[0][3] == "1" and len(rows[0][4]) > len(rows[1][4]) > len(rows[2][4])
    published = " ".join(f"{step.loss:.4f}" for step in MicroGPT(["emma", "anna", "bob"]).train(2))
    assert f"First losses: {published}" in lines
    assert "The largest jump leads to " in out and out.count("(compared: 2).") == 2


@pytest.mark.usefixtures("up_to_arrays")
@pytest.mark.slow
def test_the_ladder_as_json_has_the_same_rungs(command, names):
    code, out, err = command("ladder", "--names", names, "--steps", 1, "--json")
    rungs = json.loads(out)
    assert (code, err) == (0, "")
    assert [rung["name"] for rung in rungs] == [impl.name for impl in ladder.IMPLEMENTATIONS]
    assert all(rung["microseconds"] > 0 and rung["diverges_at"] is None for rung in rungs)
    assert rungs[0]["speedup"] == 1 and rungs[0]["losses"] == pytest.approx(rungs[2]["losses"])


@pytest.mark.usefixtures("up_to_arrays")
@pytest.mark.slow
def test_on_a_terminal_the_ladder_shows_what_it_is_measuring(command, names, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = command("ladder", "--names", names, "--steps", 1)
    assert "measuring" not in out
    for impl in ladder.IMPLEMENTATIONS:
        assert f"\r\x1b[Kmeasuring {impl.name} ..." in err
    assert err.endswith("\r\x1b[K")  # and takes it away


def test_without_numpy_the_ladder_says_what_to_install(names):
    """In a process of its own, in which nothing has been imported yet."""
    code = (
        "import sys; sys.modules['numpy'] = None; from gptcore import cli; "
        "sys.exit(cli.main(['ladder', '--names', sys.argv[1]]))"
    )
    ran = subprocess.run([sys.executable, "-c", code, names], capture_output=True, text=True)
    assert_refused(
        (ran.returncode, ran.stdout, ran.stderr),
        "gptcore: gptcore ladder needs numpy, which is not installed: pip install numpy",
        code=1,
    )


# What it refuses


def assert_refused(answer, *words, code=2):
    """Exit code, nothing on standard output, and a few lines without a traceback."""
    found, out, err = answer
    assert (found, out) == (code, "")
    assert "Traceback" not in err and 1 <= len(err.splitlines()) <= 15
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("--steps", 0, "steps=0 must be an integer, 1 or more"),
        ("--steps", -5, "steps=-5 must be an integer, 1 or more"),
        ("--samples", -1, "--samples=-1 must be an integer, 0 or more."),
        ("--temperature", -1, "--temperature=-1.0 must be a number, 0 or more; 0.5 is careful."),
        ("--temperature", "nan", "--temperature=nan must be a number, 0 or more; 0.5 is careful."),
        ("--n_layer", 0, "n_layer=0 must be an integer, 1 or more."),
        ("--block_size", 0, "block_size=0 must be an integer, 1 or more."),
        ("--n_head", 0, "n_head=0 must be an integer, 1 or more."),
        ("--n_embd", -16, "n_embd=-16 must be an integer, 1 or more."),
    ],
)
def test_invalid_numbers_are_refused_before_anything_is_printed(
    command, names, option, value, words
):
    assert_refused(command("microgpt", "--names", names, option, value), words)


def test_a_ladder_without_steps_or_names_is_refused(command, names, tmp_path):
    assert_refused(command("ladder", "--names", names, "--steps", 0), "steps=0 must be an integer")
    assert_refused(command("ladder", "--names", tmp_path), "is a folder. Name a text file in it")


@pytest.mark.parametrize("option", ["--steps", "--temperature", "--seed"])
def test_text_in_place_of_a_number_is_refused_with_the_name_of_the_option(command, names, option):
    assert_refused(command("microgpt", "--names", names, option, "many"), option, "many")


def test_heads_that_do_not_divide_are_refused_and_the_advice_works(command, names):
    arguments = ("microgpt", "--names", names, "--steps", 1, "--samples", 0)
    assert_refused(
        command(*arguments, "--n_embd", 16, "--n_head", 3),
        "gptcore: n_embd=16 is not divisible by n_head=3. "
        "Keep n_embd and set n_head to 2 or 4; or keep n_head and set n_embd to 24 "
        "(15 and 18 divide too, but GPUs like head sizes that are multiples of 8).",
    )
    for n_embd, n_head in ((16, 2), (16, 4), (24, 3), (15, 3), (18, 3)):
        assert command(*arguments, "--n_embd", n_embd, "--n_head", n_head)[0] == 0


def test_a_misspelt_command_is_refused_with_the_nearest_one(command):
    assert_refused(
        command("micropgt"),
        "gptcore: There is no command 'micropgt'. Did you mean 'microgpt'? "
        "The commands are: microgpt, ladder, doctor, fetch, budget, prepare, train, new, tune, ",
    )
    assert_refused(command("xyz"), "There is no command 'xyz'. The commands are: microgpt, ladder,")


def test_a_misspelt_option_is_refused_with_the_nearest_one(command, names):
    answer = command("microgpt", "--names", names, "--step", 3)
    assert_refused(answer, "--step", "--steps")


def test_an_unknown_text_is_refused_with_the_nearest_one(command):
    assert_refused(command("fetch", "namess"), "Did you mean 'names'?")
    assert_refused(command("fetch"), "Name the texts to fetch, or give --all. There are: names,")


@pytest.mark.parametrize(
    "written, words",
    [
        (b"", " has no names: all its lines are empty."),
        (b"\n  \n\t\n", " has no names: all its lines are empty."),
        (
            b"em\xffma\n",
            " is not text: byte 0xff at position 2 is not UTF-8. "
            "Give a text file with one name per line.",
        ),
        (b"\xff\xfee\x00m\x00", " is not text: byte 0xff at position 0 is not UTF-8."),
        (b"\x89PNG\r\n\x1a\n\x00", " is not text: byte 0x89 at position 0 is not UTF-8."),
        (
            b"emma\x00bob\n",
            " is not text: it has a zero byte at position 4. "
            "Give a text file with one name per line.",
        ),
    ],
    ids=["empty", "blank", "not UTF-8", "UTF-16", "a picture", "zero bytes"],
)
def test_a_file_without_names_is_refused_with_the_reason(command, tmp_path, written, words):
    file = tmp_path / "names.bin"
    file.write_bytes(written)
    assert_refused(command("microgpt", "--names", file), f"gptcore: --names {file}{words}")


def test_a_missing_file_is_refused_with_the_nearest_file(command, names, tmp_path):
    missing = tmp_path / "name.txt"
    assert_refused(
        command("microgpt", "--names", missing),
        f"gptcore: --names {missing}: the file does not exist. Did you mean {names}?",
    )
    for missing in (tmp_path / "quite-another", tmp_path / "no" / "folder" / "names.txt"):
        assert_refused(
            command("microgpt", "--names", missing),
            f"gptcore: --names {missing}: the file does not exist. Leave --names out to use the "
            "names that come with gptcore.",
        )


def test_a_folder_is_refused_with_what_to_name_instead(command, tmp_path):
    assert_refused(
        command("microgpt", "--names", tmp_path),
        f"gptcore: --names {tmp_path} is a folder. Name a text file in it, with one name per line.",
    )


def test_a_path_through_a_file_is_refused_with_that_path(command, names):
    code, out, err = command("microgpt", "--names", f"{names}/more.txt")
    assert code in (1, 2) and out == "" and "Traceback" not in err
    assert f"{names}/more.txt" in err


# What goes wrong on the way


def test_ctrl_c_ends_with_one_line_and_the_code_of_an_interrupt(command, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.Microgpt, "run", interrupted)
    code, out, err = command("microgpt")
    assert (code, out) == (130, "")  # 128 + 2, as shells report it
    assert err.strip().startswith("stopped") and "Traceback" not in err


@pytest.mark.parametrize(
    "error, code, words",
    [
        (OSError("the disk is full"), 1, "gptcore: the disk is full\n"),
        (
            RuntimeError("boom"),
            1,
            "gptcore: RuntimeError, which should not happen (--debug shows where): boom\n",
        ),
        (ValueError("five is too many"), 2, "gptcore: five is too many\n"),
        (
            PermissionError(13, "Permission denied", "out/.a.html.0123abcd.part"),
            1,
            f"gptcore: {Path('out/a.html')} cannot be read or written: Permission denied. Name "
            "another file or folder, or change the permissions of this one.\n",
        ),
    ],
)
def test_a_failure_prints_one_line_and_sets_the_exit_code(command, monkeypatch, error, code, words):
    def fails(self):
        raise error

    monkeypatch.setattr(cli.Microgpt, "run", fails)
    assert command("microgpt") == (code, "", words)
    with pytest.raises(type(error), match=re.escape(str(error))):
        command("microgpt", "--debug")


@pytest.mark.slow
def test_as_a_process_it_prints_on_one_stream_and_notes_on_the_other(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("emma\n", encoding="utf-8")
    running = process("microgpt", "--names", file, "--steps", 2, "--samples", 1, *TINY)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert [line.split(" ")[0] for line in out.splitlines()] == (
        ["num", "vocab", "num", "step", "step", "sample"]
    )
    assert err.startswith("note: there is only one name")


@pytest.mark.slow
def test_as_a_process_debug_shows_the_traceback_and_otherwise_none_is_seen(names):
    arguments = ("microgpt", "--names", names, "--steps", 0)
    quiet, telling = process(*arguments), process(*arguments, "--debug")
    out, err = quiet.communicate(timeout=60)
    assert (quiet.returncode, out) == (2, "")
    assert err == (
        "gptcore: steps=0 must be an integer, 1 or more; 1000 takes about ten seconds.\n"
    )
    out, err = telling.communicate(timeout=60)
    assert telling.returncode == 1 and out == ""
    assert err.startswith("Traceback") and "ValueError: steps=0 must be" in err


@pytest.mark.slow
def test_a_closed_pipe_ends_the_command_silently(names):
    """`gptcore microgpt | head -1`: the pipe is closed while there is more to say."""
    running = process("microgpt", "--names", names, "--steps", 100_000, *TINY)
    with running:
        assert running.stdout.readline() == "num docs: 3\n"
        running.stdout.close()
        err = running.stderr.read()
        code = running.wait(timeout=60)
    assert (code, err) == (0, "")
