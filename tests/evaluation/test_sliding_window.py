"""The loss of a long text: as of transformers, every token once, whatever is in a batch."""

from math import exp, log

import pytest
import torch

from gptcore.evaluation import TextLoss, sliding_window_loss, text_loss
from gptcore.evaluation.text_loss import windows
from gptcore.model import GPT, GPTConfig

pytestmark = pytest.mark.slow


def ids_of(count: int, vocab_size: int = 280) -> list[int]:
    return torch.randint(vocab_size, (count,), generator=torch.Generator().manual_seed(5)).tolist()


def last_of(*arguments, **options) -> TextLoss:
    *_, last = sliding_window_loss(*arguments, **options)
    return last


def nats_of_transformers(model, ids, max_length, stride) -> tuple[float, int]:
    """The loop of the guide of transformers: labels of -100 are not scored."""
    nats, scored, end_before = 0.0, 0, 0
    for begin in range(0, len(ids), stride):
        end = min(begin + max_length, len(ids))
        inputs = torch.tensor([ids[begin:end]])
        labels = inputs.clone()
        labels[:, : -(end - end_before)] = -100
        count = (labels[:, 1:] != -100).sum().item()
        with torch.no_grad():
            nats += model(inputs, labels=labels).loss.double().item() * count
        scored, end_before = scored + count, end
        if end == len(ids):
            break
    return nats, scored


@pytest.mark.parametrize(("length", "stride"), [(192, 16), (187, 31), (37, 5), (20, 8), (32, 1)])
def test_it_is_the_loss_of_the_guide_of_transformers(length, stride, llama, theirs):
    ids = ids_of(length)
    # Their window of 32 tokens scores its last token after 31, so its context is one less. Their
    # last window may be shorter, ours is not; these lengths are whole numbers of strides.
    ours = last_of(llama, ids, stride=stride, context=31)
    nats, scored = nats_of_transformers(theirs[0], ids, 32, stride)
    assert ours.num_scored == ours.num_total == scored == length - 1
    assert ours.nats == pytest.approx(nats, abs=1e-4 * length / 10)
    assert ours.loss == pytest.approx(nats / scored, abs=1e-5)


def test_a_text_that_fits_is_the_sum_of_log_likelihoods_of_transformers(llama, theirs):
    ids = ids_of(33)
    with torch.no_grad():
        logits = theirs[0](torch.tensor([ids[:-1]])).logits[0].log_softmax(-1)
    nats = -logits.gather(1, torch.tensor(ids[1:])[:, None]).double().sum().item()
    assert last_of(llama, ids).nats == pytest.approx(nats, abs=1e-4)


@pytest.mark.parametrize("stride", [1, 3, 16, 31, 32])
@pytest.mark.parametrize("length", [2, 3, 32, 33, 34, 64, 65, 97])
def test_every_token_after_the_first_is_scored_once_with_enough_context(length, stride):
    scored = []
    for row in windows(range(length), stride, 32):
        assert len(row.ids) <= 33 and list(row.ids) == [*range(row.ids[0], row.ids[-1] + 1)]
        new = row.ids[-row.num_scored :]
        at_least = min(new[0], 32 - stride + 1)  # all that came before, or T - stride and one
        assert new[0] - row.ids[0] >= at_least
        scored += new
    assert scored == [*range(1, length)]


def test_a_window_without_overlap_scores_all_tokens_too(llama):
    assert last_of(llama, ids_of(100), stride=32).num_scored == 99


def test_the_default_stride_is_half_the_context(llama):
    ids = ids_of(90)
    assert last_of(llama, ids) == last_of(llama, ids, stride=16, context=32)
    assert last_of(llama, ids, context=10) == last_of(llama, ids, stride=5, context=10)


def test_several_texts_do_not_see_each_other(llama):
    texts = [ids_of(40), ids_of(3)[::-1], ids_of(70)[5:]]
    separate = sum(last_of(llama, ids).nats for ids in texts)
    together = last_of(llama, *texts)
    assert together.nats == pytest.approx(separate, rel=1e-6)
    assert together.num_scored == sum(len(ids) - 1 for ids in texts)


def test_the_size_of_a_batch_and_of_a_chunk_of_logits_change_nothing(llama, monkeypatch):
    ids = ids_of(150)
    before = last_of(llama, ids, stride=7)
    monkeypatch.setattr(text_loss, "BATCH_TOKENS", 1)
    monkeypatch.setattr("gptcore.evaluation.target_log_probs.LOGIT_ROWS", 3)
    steps = [*sliding_window_loss(llama, ids, stride=7)]
    assert steps[-1].nats == pytest.approx(before.nats, rel=1e-6)
    assert len(steps) == 1 + -(-(149 - 32) // 7)  # one window in each batch
    assert [s.num_scored for s in steps] == sorted({s.num_scored for s in steps})


def test_a_model_in_training_mode_is_scored_without_dropout_and_stays_in_it():
    config = GPTConfig(vocab_size=9, block_size=8, n_layer=1, n_head=2, n_embd=16, dropout=0.5)
    model = GPT(config, torch.Generator().manual_seed(1)).train()
    ids = [1, 2, 3, 4, 5, 6, 7, 8, 0]
    with torch.no_grad():
        logits = model.eval()(torch.tensor([ids[:-1]]))[0][0].log_softmax(-1)
    expected = -logits[range(8), ids[1:]].sum().item()
    assert last_of(model.train(), ids).nats == pytest.approx(expected, rel=1e-5)
    assert model.training


def test_perplexity_and_bits_per_byte_by_hand():
    found = TextLoss(num_scored=4, num_total=4, nats=4 * log(8))
    assert found.perplexity == pytest.approx(8) and exp(found.loss) == pytest.approx(8)
    assert found.bits_per_byte(6) == pytest.approx(2)  # 4 tokens of 3 bits in 6 bytes
    assert TextLoss(1, 1, 1e4).perplexity == float("inf")


@pytest.mark.parametrize(
    ("documents", "options", "message"),
    [
        ([[1, 2]], {"stride": 33}, r"stride=33 is more than the context of 32 tokens"),
        ([[1, 2]], {"stride": 5, "context": 4}, r"stride=5 is more .* Set it to 1 to 4; 2 is"),
        ([[1, 2]], {"stride": 0}, "stride=0 must be an integer, 1 or more"),
        ([[1, 2]], {"context": 33}, "context=33 is longer than the model's 32 tokens"),
        ([[1]], {}, r"A text has 1 token\(s\), and the first of a text is not scored"),
        ([[1, 2], []], {}, r"A text has 0 token\(s\)"),
        ([[1, 280]], {}, "A text has 280; the model has the tokens 0 to 279"),
        (["text"], {}, "A text is a list of token ids"),
    ],
    ids=["stride", "both", "zero", "context", "one", "none", "unknown id", "no ids"],
)
def test_what_cannot_be_scored_is_refused_at_the_call(documents, options, message, llama):
    with pytest.raises(ValueError, match=message):
        sliding_window_loss(llama, *documents, **options)


def test_a_model_that_diverged_is_named_as_the_cause(llama, byte_pairs):
    model = GPT(llama.config, torch.Generator().manual_seed(1))
    with torch.no_grad():
        model.wte.weight[3] = float("nan")
    with pytest.raises(ValueError, match="not finite, so there is no loss: its training diverged"):
        last_of(model, [3, 4, 5])
