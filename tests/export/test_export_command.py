"""`gptcore export`: what it writes from each kind of model, what it prints, and what it refuses."""

from functools import partial

import pytest
import torch
from exported_models import LLAMA, small_model

from gptcore import export
from gptcore.manifest import shipped_folder
from gptcore.model import GPT
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, load_chat_model

pytest.importorskip("gguf")
pytestmark = pytest.mark.slow
MESSAGES = [{"role": "user", "content": "a cat?"}]


@pytest.fixture
def exported(typed):
    return partial(typed, "export")


@pytest.fixture
def tuned(tmp_path_factory):
    """The folder of a model of the Llama family with a chat format of special tokens."""
    folder = tmp_path_factory.mktemp("tuned")
    chat = ChatFormat(CharTokenizer("abcdehiknstuy ?.", special_tokens=CHAT_TOKENS.values()))
    small_model(chat.tokenizer, **LLAMA).save(folder)
    chat.save(folder)
    return folder


def same_logits(first: GPT, second: GPT) -> bool:
    ids = torch.tensor([[1, 2, 3, 4]])
    with torch.no_grad():
        a, b = first(ids)[0], second(ids)[0]
    size = min(a.shape[-1], b.shape[-1])  # one may have rows of padding
    return torch.allclose(a[..., :size], b[..., :size], rtol=1e-4, atol=1e-4)


def test_a_model_goes_through_both_formats_and_comes_back_with_its_chat(exported, tuned):
    code, out, err = exported(tuned, "hf", "--to", "hf")
    assert (code, err) == (0, "") and "AutoModelForCausalLM.from_pretrained('hf')" in out
    code, out, err = exported("hf", "again.gguf", "--to", "gguf", "--dtype", "f32")
    assert (code, err) == (0, "") and "kB), for llama.cpp: llama-cli -m again.gguf" in out
    code, _, err = exported("again.gguf", "hf2", "--to", "hf")
    assert (code, err) == (0, "")
    first = load_chat_model(tuned)
    for source in ("hf", "again.gguf", "hf2"):
        loaded = load_chat_model(source)
        assert same_logits(loaded.model, first.model)
        assert loaded.chat.prompt_ids(MESSAGES) == first.chat.prompt_ids(MESSAGES)
        assert loaded.chat.stop_ids == first.chat.stop_ids


def test_a_shipped_model_is_exported_by_name_with_a_note_on_its_gelu(exported, tmp_path):
    code, out, err = exported("stories-gpt", "s.gguf", "--to", "gguf")
    assert code == 0 and out.startswith("s.gguf (1.3 MB)")
    assert err.startswith("note: llama.cpp has no exact GELU") and err.count("\n") == 1
    ours = GPT.load(shipped_folder() / "stories-gpt")
    assert torch.equal(GPT.from_gguf("s.gguf").wte.weight, ours.wte.weight.half().float())


def test_the_page_gets_the_model_a_title_and_a_dtype(exported, tuned, monkeypatch):
    given = {}

    def export_page(model, tokenizer, path, **options):
        given.update(options, vocab_size=tokenizer.vocab_size)
        path.write_text("page")
        return path

    monkeypatch.setattr(export, "export_page", export_page, raising=False)
    code, out, _ = exported(tuned, "page.html", "--to", "html")
    assert code == 0 and "for a browser: open the file" in out and "(4 bytes)" in out
    assert given == {"title": tuned.name, "dtype": "float16", "vocab_size": 21}
    code, _, _ = exported(tuned, "p.html", "--to", "html", "--title", "Cats", "--dtype", "f32")
    assert (code, given["title"], given["dtype"]) == (0, "Cats", "float32")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stories-gpt", "x", "--to", "hf", "--dtype", "q8_0"), "which has f32, f16, bf16"),
        (("stories-gpt", "x", "--to", "gguf", "--dtype", "bf16"), "which has f16, f32, q8_0"),
        (("stories-gpt", "x", "--to", "hf", "--title", "T"), "--title is of a page"),
        (("storis-gpt", "x", "--to", "hf"), "Did you mean 'stories-gpt'?"),
        (("rope-gpt", "x", "--to", "gguf"), "no model with norm='layernorm', activation='gelu'"),
        (("sums-gpt", "x", "--to", "gguf"), "qwen3 has no model with activation='relu2'"),
        (("stories-gpt", "", "--to", "hf"), "The path of the export is empty"),
        (("stories-gpt", ".", "--to", "gguf"), "nothing is overwritten"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_wrong_argument_is_one_line_that_names_it_and_nothing_is_written(
    arguments, message, exported, tmp_path
):
    (tmp_path / "mine").write_text("mine")
    code, out, err = exported(*arguments)
    assert (code, out) == (2, "") and message in err and err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_format_that_does_not_exist_is_refused_with_those_that_do(exported):
    code, _, err = exported("stories-gpt", "x", "--to", "onnx")
    assert code == 2 and all(f"'{known}'" in err for known in ("hf", "gguf", "html"))


def test_a_dash_is_no_standard_output(exported, tmp_path):
    code, _, err = exported("names-gpt", "-", "--to", "html")
    assert code == 2 and "is not written to standard output" in err
    assert not (tmp_path / "-").exists()
    assert exported("names-gpt", "./-", "--to", "html")[0] == 0  # as the message says


def test_the_command_that_loads_a_file_can_be_typed_as_it_is(exported, tuned):
    assert "llama-cli -m 'a b.gguf'" in exported(tuned, "a b.gguf", "--to", "gguf")[1]
