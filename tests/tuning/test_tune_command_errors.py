"""What `gptcore tune` refuses, and what it says: one message with the way out, no traceback."""

import json

import pytest
from command_runs import (
    FAST,
    LETTERS,
    conversation,
    write_base,
    write_examples,
    write_instruct,
    write_lines,
)

from gptcore.cli import main
from gptcore.cli.tuning import sums
from gptcore.corpus import write_shard
from gptcore.tokenizers import BPETokenizer, CharTokenizer

pytestmark = pytest.mark.slow

USER, OTHER = ({"role": "user", "content": text} for text in ("1+1?", "2+2?"))
ANSWER = {"role": "assistant", "content": "2"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = write_examples(tmp_path_factory.mktemp("world"))
    write_base(folder / "base")
    (folder / "exits.py").write_text("raise SystemExit(3)")
    return folder


@pytest.fixture
def refused(world, tmp_path, command, monkeypatch):
    """Runs the command, which must end with a code; what it wrote to standard error."""
    monkeypatch.chdir(world)

    def run(*arguments, code: int = 2) -> str:
        out = tmp_path / "run"
        found, output, errors = command("tune", *arguments, "--out_dir", out, *FAST)
        assert found == code, errors
        assert output == ""
        assert not [*out.glob("step_*")]
        return errors

    return run


SFT = ["sft", "--init_from", "base", "--max_steps", "2", "--data"]
RL = ["reinforce", "--init_from", "base", "--max_steps", "2", "--group_size", "2", "--questions"]
RL += ["questions.jsonl"]
SHORT = ["--max_new_tokens", "4"]
DPO = ["dpo", "--init_from", "base", "--max_steps", "2", "--pairs"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"messages": [USER]}, "The conversation ends without an answer"),
        ({"messages": [USER, OTHER, ANSWER]}, "Message 2 is of 'user'; after one of 'user'"),
        ({"messages": [ANSWER, USER]}, "Message 1 is of 'assistant'; at the start"),
        ({"messages": [USER, {"role": "bot", "content": ""}]}, "There is no role 'bot'"),
        (conversation("say <|end|>", "2"), "spells the special token '<|end|>'"),
        (conversation("1:1", "2"), "1 character(s) of the text are not in the vocabulary: ':'"),
        ('{"messages": [', "is not JSON"),
        ({"text": "1+1?"}, 'has no "messages"'),
        (conversation("1+1?", ""), None),
    ],
)
def test_a_broken_conversation_is_named(line, words, refused, tmp_path):
    file = write_lines(tmp_path / "chat.jsonl", conversation("1+1?", "2"), line)
    if words is None:  # an empty answer is one: its end
        assert "after step 2" in refused_ok(file)
        return
    printed = refused(*SFT, file)
    assert words in printed and f"{file}, line 2" in printed


def refused_ok(file) -> str:
    """Runs what is allowed."""
    from contextlib import redirect_stderr, redirect_stdout  # noqa: PLC0415
    from io import StringIO  # noqa: PLC0415

    err = StringIO()
    with redirect_stderr(err), redirect_stdout(StringIO()):
        assert main(["tune", *SFT, str(file), "--out_dir", str(file.parent / "run"), *FAST]) == 0
    return err.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--group_size", "1"], "group_size=1 with baseline='group_mean' learns nothing"),
        (["--temperature", "0"], "temperature=0.0 must be a number above 0; at 0 the likeliest"),
        (["--temperature", "nan"], "temperature=nan"),
        (["--baseline", "mean"], "There is no baseline 'mean'. Did you mean"),
        (["--max_new_tokens", "40"], "questions are longer than the 32 tokens of the context"),
        (["--reward", "exakt"], "There is no reward 'exakt'. Did you mean 'exact'?"),
        (["--reward", "nothing.py:reward"], "there is no file nothing.py"),
        (["--reward", "letters.py"], "--reward FILE.py:FUNCTION"),
        (["--reward", "letters:even"], "--reward FILE.py:FUNCTION"),
        (["--reward", "exits.py:reward"], "exits.py fails: SystemExit: 3"),
        (["--reward", "letters.py:odd"], "letters.py has no function 'odd'. Define it: def odd("),
        (["--reward", "letters.py:none"], "The reward none returned None for the answer"),
        (["--reward", "letters.py:nan"], "The reward nan returned nan for the answer"),
        (["--reward", "letters.py:true"], "The reward true returned True for the answer"),
        (["--reward", "letters.py:fails"], "The reward fails raised ZeroDivisionError"),
        (["--marker", "####"], "line 1 has no '####' in its answer"),
        ([], "needs a reward: --reward exact, text, contains, format, or FILE.py:FUNCTION"),
        (["--beta", "0.1"], "--beta is an option of dpo; the preset reinforce is of another kind"),
        (["--pairs", "pairs.jsonl"], "--pairs is an option of dpo"),
        (["--data", "chat.jsonl"], "--data is an option of sft"),
        (["--lora", "0"], "--lora=0 must be an integer, 1 or more"),
        (["--block_size", "33"], "is more than the base reads: 32 tokens"),
    ],
)
def test_a_run_of_reinforcement_that_cannot_be_is_refused(arguments, words, refused):
    has_reward = "--reward" in arguments or "needs a reward" in words
    more = [] if has_reward else ["--reward", "exact"]
    more += [] if "--max_new_tokens" in arguments else SHORT
    printed = refused(*RL, *more, *arguments)
    assert words in printed
    assert len(printed.splitlines()) < 9


@pytest.mark.parametrize("reward", ["exact", "text", "contains"])
@pytest.mark.parametrize("answer", ["1,234", "-5", "\u22125", "12.50"])
def test_answers_with_commas_and_minus_signs_are_keys(reward, answer, world, tmp_path, capsys):
    file = write_lines(tmp_path / "q.jsonl", {"question": "1+1?", "answer": answer})
    arguments = [*RL[:-1], file, "--reward", reward, "--out_dir", tmp_path / "run", *FAST]
    arguments[2] = world / "base"
    more = ["--max_new_tokens", "4"]
    assert main(["tune", *map(str, arguments), *more]) == 0, capsys.readouterr().err


def test_a_key_that_is_no_number_is_named(refused, tmp_path):
    file = write_lines(tmp_path / "q.jsonl", {"question": "1+1?", "answer": "two"})
    printed = refused(*RL[:-1], file, "--reward", "exact", "--max_new_tokens", "4")
    assert "The key 'two' of a question is not one number, such as '1,234'" in printed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"prompt": "1+1?", "chosen": "2"', "is not JSON"),
        ({"prompt": "1+1?", "chosen": "2"}, 'has no "rejected"'),
        ({"prompt": "1+1?", "chosen": "2", "rejected": "2"}, "the same answer '2' twice"),
        (
            {"prompt": "1+1?", "chosen": [ANSWER | {"content": None}], "rejected": "3"},
            "it must be a text, or a list of one message",
        ),
        ({"prompt": [USER, USER], "chosen": "2", "rejected": "3"}, "Message 2 is of 'user'"),
    ],
)
def test_a_broken_pair_is_named(line, words, refused, tmp_path):
    good = {"prompt": "1+1?", "chosen": "2", "rejected": "3"}
    file = write_lines(tmp_path / "pairs.jsonl", good, line)
    printed = refused(*DPO, file)
    assert words in printed and f"{file}, line 2" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["stf"], "There is no preset 'stf'. Did you mean 'sft'?"),
        (["sft"], "needs a model: --init_from a run, a Hugging Face folder"),
        (["sums-rl"], "needs a model: --init_from the folder of the run of gptcore tune sums-sft"),
        (["sft", "--init_from", "base"], "needs examples: --data FILE.jsonl"),
        (["sft", "--init_from", "base", "--data", "no.jsonl"], "--data no.jsonl does not exist"),
        (["sft", "--init_from", "storys-gpt", "--data", "chat.jsonl"], "mean 'stories-gpt'?"),
        (["dpo", "--init_from", "base"], "needs examples: --pairs FILE.jsonl"),
        (["dpo", "--init_from", "base", "--pairs", "pairs.jsonl", "--beta", "0"], "beta=0"),
        (["sft", "--init_from", "base", "--data", "chat.jsonl", "--group_size", "4"],
         "--group_size is an option of reinforce"),
        (["sft", "--init_from", "base", "--data", ""], "--data is empty"),
        (["sft", "--init_from", "base", "--data", "."], ". is a folder; name the file of JSON"),
        (["sft", "--init_from", "base/model.safetensors", "--data", "chat.jsonl"],
         "model.safetensors is a file. Name the folder of the model"),
        (["sft", "--init_from", "base", "--data", "chat.jsonl", "--mix_rows", "2"],
         "--mix_rows needs a text to mix in: --mix SHARDS"),
        (["sft", "--resume"], "has no run to resume"),
        (["sums-sft", "--data", "chat.jsonl"], "makes its own examples, and does not read --data"),
        (["sums-sft", "--mix", "shards"], "take the preset sft"),
        (["sums-rl", "--init_from", "base", "--questions", "questions.jsonl"],
         "does not read --questions. Remove it, or take the preset reinforce"),
        (["sums-dpo", "--init_from", "base", "--pairs", "pairs.jsonl"], "does not read --pairs"),
    ],
)  # fmt: skip
def test_a_command_that_lacks_something_says_what(arguments, words, refused):
    assert words in refused(*arguments)


def test_a_folder_without_a_tokenizer_says_where_to_put_one(refused, world, tmp_path):
    folder = write_base(tmp_path / "bare")
    (folder / "tokenizer.json").unlink()
    printed = refused("sft", "--init_from", folder, "--data", "chat.jsonl")
    assert f"{folder} has no tokenizer.json" in printed


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(refused, tmp_path):
    folder = write_base(tmp_path / "base")
    CharTokenizer(LETTERS + "ABC").save(folder / "tokenizer.json")
    printed = refused("sft", "--init_from", folder, "--data", "chat.jsonl")
    assert "The tokenizer has 46 tokens and the model 43, so it is not the tokenizer" in printed


def test_a_tokenizer_with_fewer_tokens_is_noted(tmp_path, world, capsys):
    folder = write_base(tmp_path / "base")
    CharTokenizer(LETTERS[:-1]).save(folder / "tokenizer.json")
    out = ["--out_dir", tmp_path / "run", "--max_steps", "1", *FAST]
    arguments = ["sft", "--init_from", folder, "--data", world / "chat.jsonl", *out]
    assert main(["tune", *map(str, arguments)]) == 0
    assert "note: The tokenizer has 42 tokens and the model 43. If it is" in capsys.readouterr().err


def test_a_model_that_gives_no_pairs_leaves_no_empty_file(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(sums, "pair_lines", lambda model, chat: [])
    write_instruct(tmp_path / "instruct")
    printed = refused("sums-dpo", "--init_from", tmp_path / "instruct")
    assert "The model gave no right and wrong answer" in printed
    assert not [*(tmp_path / "run").rglob("pairs.jsonl")]


def test_text_of_another_tokenizer_is_not_mixed_in(refused, tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    BPETokenizer([(97, 98)]).save(shards / "tokenizer.json")
    for split in ("train", "val"):
        write_shard(shards / f"{split}.bin", list(range(99)), 257)
    printed = refused(*SFT, "chat.jsonl", "--mix", shards)
    assert "were made with another tokenizer than that of the model" in printed
    assert "gptcore prepare SOURCE" in printed


def test_a_run_of_another_preset_or_of_train_is_not_resumed(world, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(world)
    out = tmp_path / "run"
    begun = [*SFT, "chat.jsonl", "--out_dir", str(out), *FAST]
    assert main(["tune", *begun]) == 0
    capsys.readouterr()
    assert main(["tune", "dpo", "--out_dir", str(out), "--resume"]) == 2
    assert "has a run of the preset sft, not of dpo. To resume it: gptcore tune sft" in (
        capsys.readouterr().err
    )
    assert main(["tune", *begun]) == 2
    assert "contains another run. Continue it: --resume" in capsys.readouterr().err
    (out / "command.json").write_text('{"tune": 1}')
    assert main(["tune", "sft", "--out_dir", str(out), "--resume"]) == 1
    assert "command.json is damaged: it names no preset. Begin a new" in capsys.readouterr().err
    (out / "command.json").write_text(json.dumps({"preset": "names", "data": None}))
    assert main(["tune", "sft", "--out_dir", str(out), "--resume"]) == 2
    assert "has a run of gptcore train. Tune it into another folder" in capsys.readouterr().err


def test_settings_of_a_run_of_reinforcement_stay(world, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(world)
    out = ["--out_dir", str(tmp_path / "run"), *FAST, "--max_new_tokens", "4"]
    assert main(["tune", *RL, "--reward", "letters.py:even", *out]) == 0
    capsys.readouterr()
    more = ["--resume", "--max_steps", "4", "--group_size", "3"]
    assert main(["tune", "reinforce", *out, *more]) == 2
    assert "group_size 2 -> 3" in capsys.readouterr().err
