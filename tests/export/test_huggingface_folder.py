"""A folder for transformers has the logits, the ids and the answers of the model."""

import json

import pytest
import torch
from exported_models import FAST, SWITCHES, TEXT, small_model

from gptcore.export import export_huggingface
from gptcore.model import GPT
from gptcore.tokenizers import CharTokenizer, HFTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, add_lora, load_chat_model

pytestmark = pytest.mark.slow
MESSAGES = [
    {"role": "system", "content": "be kind."},
    {"role": "user", "content": "cat?"},
    {"role": "assistant", "content": "yes"},
    {"role": "user", "content": "and the hat?"},
]


@pytest.fixture(scope="module")
def transformers():
    library = pytest.importorskip("transformers")
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    return library


def logits_of(transformers, folder, ids):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0]


def our_logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids]))[0][0]


@pytest.mark.parametrize("kind", SWITCHES | FAST)
def test_transformers_computes_the_same_logits(kind, transformers, letters, tmp_path):
    model = small_model(letters, **(SWITCHES | FAST)[kind])
    folder = export_huggingface(model, letters, tmp_path / "hf")
    ids = [letters.BOS, *letters.encode("the cat sat on 🙂.")]
    theirs = logits_of(transformers, folder, ids)
    ours = our_logits(model, ids)[:, : letters.vocab_size]  # padding is left out
    assert theirs.shape == ours.shape
    assert ours.abs().max() > 1
    torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["letters", "byte_pairs"])
def test_transformers_gives_the_same_ids_and_stops_at_the_end_of_a_text(
    kind, transformers, request, tmp_path
):
    tokenizer = request.getfixturevalue(kind)
    text = "the cat sat on é🙂." if kind == "letters" else TEXT
    folder = export_huggingface(small_model(tokenizer), tokenizer, tmp_path / "hf")
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    assert theirs.encode(text) == tokenizer.encode(text)
    assert theirs.decode(tokenizer.encode(text)) == text
    assert theirs.eos_token_id == theirs.bos_token_id == tokenizer.end_of_text
    config = transformers.GenerationConfig.from_pretrained(folder)
    assert (config.bos_token_id, config.eos_token_id) == (tokenizer.end_of_text,) * 2


@pytest.mark.parametrize("kind", FAST)
def test_relu_squared_comes_back_without_the_gate_that_transformers_needs(kind, letters, tmp_path):
    model = small_model(letters, **FAST[kind])
    again = GPT.from_hf(export_huggingface(model, letters, tmp_path / "hf"))
    assert (again.config.activation, again.config.is_gated) == ("relu2", False)
    assert again.h[0].mlp.c_fc.weight.shape == model.h[0].mlp.c_fc.weight.shape
    ours = our_logits(model, [1, 2, 3])[:, : letters.vocab_size]
    torch.testing.assert_close(our_logits(again, [1, 2, 3]), ours, rtol=1e-4, atol=1e-4)


def test_a_relu_gate_that_differs_from_the_value_is_refused(transformers, letters, tmp_path):
    model = small_model(letters, **FAST["ReLU squared"])
    folder = export_huggingface(model, letters, tmp_path / "hf")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        theirs.model.layers[1].mlp.gate_proj.weight[0, 0] += 1
    theirs.save_pretrained(tmp_path / "changed")
    with pytest.raises(ValueError, match=r"layers\.1\.mlp\.gate_proj and .*up_proj differ"):
        GPT.from_hf(tmp_path / "changed")


def test_a_chat_format_becomes_a_template_with_the_same_ids(transformers, tmp_path):
    chat = ChatFormat(CharTokenizer("abcdehikntsuy ?.", special_tokens=CHAT_TOKENS.values()))
    model = small_model(chat.tokenizer)
    folder = export_huggingface(model, chat.tokenizer, tmp_path / "hf", chat=chat)
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    prompt = theirs.apply_chat_template(MESSAGES, add_generation_prompt=True, return_dict=False)
    assert prompt == chat.prompt_ids(MESSAGES)
    whole = theirs.apply_chat_template(MESSAGES[:3], return_dict=False)
    assert whole == chat.render(MESSAGES[:3]).ids
    stops = transformers.GenerationConfig.from_pretrained(folder).eos_token_id
    assert sorted(stops) == chat.stop_ids
    again = load_chat_model(folder)  # gptcore chat reads it, too
    assert again.chat.prompt_ids(MESSAGES) == chat.prompt_ids(MESSAGES)
    assert again.chat.stop_ids == chat.stop_ids


def test_a_chat_template_of_somebody_else_is_kept(letters, tmp_path):
    template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    tokenizer = HFTokenizer(letters.tokenizer_json(), {"chat_template": template})
    folder = export_huggingface(small_model(tokenizer), tokenizer, tmp_path / "hf")
    assert (folder / "chat_template.jinja").read_text(encoding="utf-8") == template


def test_lora_adapters_are_merged_and_the_model_keeps_its_own(transformers, letters, tmp_path):
    model = small_model(letters, **SWITCHES["llama"])
    add_lora(model, 2, generator=torch.Generator().manual_seed(3))
    before = our_logits(model, [1, 2, 3])
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora" in name:
                weight.add_(0.1)
    adapted = our_logits(model, [1, 2, 3])
    assert not torch.allclose(before, adapted, atol=0.01)
    folder = export_huggingface(model, letters, tmp_path / "hf")
    theirs = logits_of(transformers, folder, [1, 2, 3])
    ours = adapted[:, : letters.vocab_size]
    torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(our_logits(model, [1, 2, 3]), adapted)


@pytest.mark.parametrize("dtype", ["f16", "bf16"])
def test_weights_are_stored_in_the_dtype_and_the_model_stays_as_it_was(dtype, letters, tmp_path):
    model = small_model(letters)
    folder = export_huggingface(model, letters, tmp_path / "hf", dtype=dtype)
    stored = {"f16": torch.float16, "bf16": torch.bfloat16}[dtype]
    again = GPT.from_hf(folder)
    assert again.wte.weight.dtype == stored and model.wte.weight.dtype == torch.float32
    rows = model.wte.weight[: letters.vocab_size].to(stored)
    assert torch.equal(again.wte.weight, rows)
    assert json.loads((folder / "config.json").read_text())["dtype"] == str(stored)[6:]


# What is refused


@pytest.mark.parametrize(
    ("switches", "named"),
    [
        ({"rope": True}, "norm='layernorm', activation='gelu_tanh'"),
        ({"norm": "rmsnorm"}, "norm='rmsnorm'"),
        ({"norm_embeddings": True, "logit_softcap": 30.0}, "norm_embeddings=True, logit_softcap="),
        ({**SWITCHES["llama"], "final_norm": False}, "final_norm=False"),
    ],
)
def test_a_switch_that_transformers_lacks_is_named_and_nothing_is_written(
    switches, named, letters, tmp_path
):
    with pytest.raises(ValueError, match="has no model with") as refused:
        export_huggingface(small_model(letters, **switches), letters, tmp_path / "new" / "hf")
    assert named in str(refused.value)
    assert not [*tmp_path.rglob("*.safetensors")] and not (tmp_path / "new" / "hf").exists()


def test_nothing_is_overwritten_and_an_empty_folder_is_filled(letters, tmp_path):
    model = small_model(letters)
    (tmp_path / "empty").mkdir()
    export_huggingface(model, letters, tmp_path / "empty")
    files = {file: file.read_bytes() for file in (tmp_path / "empty").iterdir()}
    assert len(files) == 5
    (tmp_path / "file").write_text("mine")
    for taken in ("empty", "file"):
        with pytest.raises(ValueError, match=r"nothing is overwritten\. Name another path"):
            export_huggingface(model, letters, tmp_path / taken)
    assert files == {file: file.read_bytes() for file in (tmp_path / "empty").iterdir()}
    with pytest.raises(ValueError, match="is a file, so nothing can be written into it"):
        export_huggingface(model, letters, tmp_path / "file" / "hf")


def test_an_export_that_fails_half_way_leaves_nothing(letters, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(HFTokenizer, "save_pretrained", full)
    with pytest.raises(OSError, match="No space"):
        export_huggingface(small_model(letters), letters, tmp_path / "hf")
    assert [*tmp_path.iterdir()] == []


def test_the_tokenizer_of_another_model_is_refused(letters, tmp_path):
    other = CharTokenizer([chr(200 + i) for i in range(80)])
    with pytest.raises(ValueError, match="81 tokens and the model 64"):
        export_huggingface(small_model(letters), other, tmp_path / "hf")
