"""A real chat model, SmolLM2-135M, beside transformers, which reads the same file by itself."""

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.tokenizers import HFTokenizer

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")  # transformers needs it to read GGUF

TEXT = (
    "The capital of France is Paris. Water boils at 100 degrees Celsius at sea level, and lower on "
    "a mountain. When Mary and John went to the store, John gave a drink to Mary."
)


@pytest.fixture(scope="module")
def pair(smollm2):
    """The model here and there, and its tokenizer."""
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        smollm2.parent, gguf_file=smollm2.name, dtype=torch.float32, attn_implementation="eager"
    )
    ours = GPT.from_gguf(smollm2, block_size=512)
    return ours, theirs.eval(), HFTokenizer.from_gguf(smollm2)


def test_logits_are_those_of_transformers(pair):
    ours, theirs, tokenizer = pair
    ids = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        logits, expected = ours(ids)[0], theirs(ids).logits
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-3)
    assert torch.equal(logits.argmax(-1), expected.argmax(-1))
    assert ours.config == GPTConfig.preset("smollm2-135m").__class__(
        **{**vars(GPTConfig.preset("smollm2-135m")), "block_size": 512}
    )


def test_attention_weights_are_those_of_transformers(pair):
    ours, theirs, tokenizer = pair
    ids = torch.tensor([tokenizer.encode(TEXT)[:24]])
    with torch.no_grad():
        expected = torch.stack(theirs(ids, output_attentions=True).attentions)
    torch.testing.assert_close(ours.attention_weights(ids), expected, rtol=0, atol=1e-4)


def test_greedy_tokens_with_a_cache_are_those_of_transformers(pair):
    ours, theirs, tokenizer = pair
    prompt = tokenizer.encode("The capital of France is")
    expected = theirs.generate(torch.tensor([prompt]), max_new_tokens=20, do_sample=False)
    mine = list(generate_cached(ours, prompt, 20, temperature=0))
    assert mine == expected[0, len(prompt) :].tolist()


def test_it_completes_a_sentence_and_answers_a_question(pair):
    ours, _, tokenizer = pair
    probs = ours.next_logits(tokenizer.encode("The capital of France is")).softmax(0)
    assert tokenizer.decode([int(probs.argmax())]) == " Paris"
    assert float(probs.max()) == pytest.approx(0.773, abs=0.002)
    chat = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.encode_chat(chat)
    answer = list(generate_cached(ours, prompt, 12, temperature=0, stop=2))
    assert tokenizer.decode(answer) == "The capital of France is Paris."


def test_it_has_the_induction_heads_that_were_measured(pair):
    ours, _, _ = pair
    first = torch.randint(100, 49_000, (40,), generator=torch.Generator().manual_seed(0))
    ids = torch.cat([first, first])[None]
    weights = ours.attention_weights(ids)[:, 0]  # (L, H, 80, 80)
    queries = torch.arange(40, 79)
    score = weights[:, :, queries, queries - 39].mean(-1)  # to the token after the first occurrence
    layer, head = divmod(int(score.argmax()), ours.config.n_head)
    assert (layer, head) == (18, 6) and float(score.max()) > 0.8
    before = weights[:, :, torch.arange(1, 80), torch.arange(79)].mean(-1)
    assert divmod(int(before.argmax()), ours.config.n_head) == (16, 0)


def test_its_folder_is_loaded_by_transformers_with_the_tokenizer(pair, tmp_path):
    ours, theirs, tokenizer = pair
    ours.to_hf(tmp_path, tokenizer)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    its_tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert its_tokenizer.encode(TEXT) == tokenizer.encode(TEXT)
    prompt = tokenizer.encode_chat([{"role": "user", "content": "What is the capital of France?"}])
    answer = again.generate(torch.tensor([prompt]), max_new_tokens=20, do_sample=False)
    assert its_tokenizer.decode(answer[0, len(prompt) :]) == (
        "The capital of France is Paris.<|im_end|>"  # and there it stops
    )
    ids = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        torch.testing.assert_close(again(ids).logits, theirs(ids).logits, rtol=0, atol=1e-3)
