"""microgpt held against its published numbers and against the same model once more in PyTorch.

The published numbers need makemore's names.txt; the PyTorch model was written from the
description in words alone and works on all positions at once, with a mask.
"""

import gc
import math
from itertools import islice
from random import Random

import pytest
import torch

from gptcore import corpus
from gptcore.scalar import MicroConfig, MicroGPT, UpdateRecord, ops_fused, ops_reference

pytestmark = pytest.mark.slow

PUBLISHED_LOSSES = [3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.9452, 3.2894]
PUBLISHED_LOSSES += [3.3245, 2.8990, 3.2229, 2.7964, 2.9345, 3.0544]
PUBLISHED_SAMPLES = """
    kamon ann karai jaire vialan karia yeran anna areli kaina
    konna keylen liole alerin earan lenne kana lara alela anton
"""

NAMES = ["emma", "olivia", "ava", "bob", "isabella", "sophia", "mia", "leo", "maximilianalexander"]
SMALL = MicroConfig(n_embd=8, n_head=2, n_layer=1, block_size=8)
CONFIGS = pytest.mark.parametrize(
    "config",
    [
        MicroConfig(),
        MicroConfig(n_embd=8, n_head=2, n_layer=2, block_size=8),
        MicroConfig(n_embd=6, n_head=1, n_layer=3, block_size=20),
    ],
    ids=str,
)


@pytest.fixture
def published_documents():
    if not corpus.is_downloaded("names-ssa"):
        pytest.skip("names-ssa is not on this machine; bring it with: gptcore fetch names-ssa")
    return corpus.load_documents("names-ssa")


def shown(losses) -> list[str]:
    return [f"{loss:.4f}" for loss in losses]


# What was published


@pytest.mark.parametrize("ops", [ops_fused, ops_reference], ids=["fused", "reference"])
@pytest.mark.slow
def test_the_first_13_losses_are_the_published_ones(published_documents, ops):
    gpt = MicroGPT(published_documents, ops=ops)
    assert shown(step.loss for step in islice(gpt.train(1000), 13)) == shown(PUBLISHED_LOSSES)


@pytest.mark.slow
def test_1000_steps_end_with_the_published_losses_and_invent_the_published_names(
    published_documents,
):
    gpt = MicroGPT(published_documents)
    losses = [step.loss for step in gpt.train(1000)]
    assert shown(losses[:13]) == shown(PUBLISHED_LOSSES)
    assert shown([sum(losses[-500:]) / 500, losses[-1]]) == ["2.3675", "2.6497"]
    assert gpt.sample(20) == PUBLISHED_SAMPLES.split()


def test_the_published_model_has_4192_numbers_27_of_everything_that_exists():
    letters = [chr(ord("a") + i) for i in range(26)]
    gpt = MicroGPT(letters)
    assert (gpt.vocab_size, gpt.BOS, len(gpt.parameters)) == (27, 26, 4192)
    assert "".join(gpt.characters) == "abcdefghijklmnopqrstuvwxyz"


@CONFIGS
def test_documents_and_weights_are_drawn_in_the_published_order(config):
    C, T, V = config.n_embd, config.block_size, 1 + len(set("".join(NAMES)))
    rng, documents = Random(42), list(NAMES)
    rng.shuffle(documents)
    blocks = {"wq": C, "wk": C, "wv": C, "wo": C, "fc1": 4 * C, "fc2": C}
    shapes = [("wte", V, C), ("wpe", T, C), ("lm_head", V, C)]
    for layer in range(config.n_layer):
        shapes += [
            (f"{layer}.{name}", rows, 4 * C if name == "fc2" else C)
            for name, rows in blocks.items()
        ]
    gpt = MicroGPT(NAMES, config, seed=42)
    assert gpt.documents == documents
    for name, rows, columns in shapes:
        wanted = [[rng.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)]
        assert [[w.data for w in row] for row in gpt.weights[name]] == wanted, name
    assert len(gpt.parameters) == sum(rows * columns for _, rows, columns in shapes)


# The same model in PyTorch


class Twin:
    """microgpt in float64 tensors, all positions at once, from the description in words."""

    def __init__(self, gpt: MicroGPT):
        self.config = gpt.config
        self.weights = {
            name: torch.tensor(
                [[w.data for w in row] for row in matrix], dtype=torch.float64, requires_grad=True
            )
            for name, matrix in gpt.weights.items()
        }

    def logits(self, ids: list[int]) -> torch.Tensor:
        """Shapes: T ids -> (T, V)."""
        w, T, H = self.weights, len(ids), self.config.n_head
        D = self.config.n_embd // H
        x = norm(w["wte"][ids] + w["wpe"][:T])  # (T, C)
        later = torch.ones(T, T).triu(1).bool()
        for layer in range(self.config.n_layer):
            entered = norm(x)
            q, k, v = (
                (entered @ w[f"{layer}.{name}"].T).view(T, H, D).transpose(0, 1)  # (H, T, D)
                for name in ("wq", "wk", "wv")
            )
            scores = (q @ k.transpose(1, 2) / math.sqrt(D)).masked_fill(later, -math.inf)
            mixed = (scores.softmax(-1) @ v).transpose(0, 1).reshape(T, H * D)  # (T, C)
            x = mixed @ w[f"{layer}.wo"].T + x
            hidden = torch.relu(norm(x) @ w[f"{layer}.fc1"].T)  # (T, 4C)
            x = hidden @ w[f"{layer}.fc2"].T + x
        return x @ w["lm_head"].T

    def loss(self, ids: list[int]) -> torch.Tensor:
        ids = ids[: self.config.block_size + 1]
        return torch.nn.functional.cross_entropy(self.logits(ids[:-1]), torch.tensor(ids[1:]))


def norm(x):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)


def ids_of(gpt: MicroGPT, document: str) -> list[int]:
    """BOS + characters + BOS, with the ids that sorting gives."""
    letters = sorted(set("".join(NAMES)))
    return [len(letters), *map(letters.index, document), len(letters)]


@CONFIGS
@pytest.mark.parametrize("document", ["emma", "o", "maximilianalexander"])
@pytest.mark.slow
def test_loss_and_the_gradient_of_every_weight_are_those_of_torch(config, document):
    gpt = MicroGPT(NAMES, config, seed=5)
    twin = Twin(gpt)
    loss, wanted = gpt.loss(document), twin.loss(ids_of(gpt, document))
    loss.backward()
    wanted.backward()
    assert loss.data == pytest.approx(wanted.item(), abs=1e-10, rel=0)
    for name, matrix in gpt.weights.items():
        ours = torch.tensor([[w.grad for w in row] for row in matrix], dtype=torch.float64)
        assert torch.allclose(ours, twin.weights[name].grad, rtol=0, atol=1e-10), name


@CONFIGS
def test_logits_after_each_token_are_those_of_torch_with_a_mask(config):
    gpt = MicroGPT(NAMES, config, seed=6)
    ids = ids_of(gpt, "olivia")
    wanted = Twin(gpt).logits(ids)
    ours = [[v.data for v in row] for row in gpt.logits_after(ids)]
    assert torch.allclose(torch.tensor(ours, dtype=torch.float64), wanted, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_training_takes_the_steps_of_torchs_adam_with_a_rate_that_falls_to_zero():
    gpt = MicroGPT(NAMES, SMALL, seed=8)
    twin = Twin(gpt)
    adam = torch.optim.Adam(twin.weights.values(), lr=0.01, betas=(0.85, 0.99), eps=1e-8)
    falling = torch.optim.lr_scheduler.LambdaLR(adam, lambda s: 1 - s / 25)
    wanted = []
    for s in range(25):  # more than there are documents: they start again
        adam.zero_grad()
        loss = twin.loss(ids_of(gpt, gpt.documents[s % len(NAMES)]))
        loss.backward()
        adam.step()
        falling.step()
        wanted.append(loss.item())
    steps = list(gpt.train(25))
    assert [step.loss for step in steps] == pytest.approx(wanted, abs=1e-8, rel=0)
    assert [step.step for step in steps] == list(range(1, 26))
    assert [step.document for step in steps] == (gpt.documents * 3)[:25]
    for name, matrix in gpt.weights.items():
        ours = torch.tensor([[w.data for w in row] for row in matrix], dtype=torch.float64)
        assert torch.allclose(ours, twin.weights[name], rtol=0, atol=1e-7), name


def test_next_probabilities_are_the_softmax_of_torchs_last_row():
    gpt = MicroGPT(NAMES, SMALL, seed=9)
    with torch.no_grad():
        last = Twin(gpt).logits(ids_of(gpt, "oli")[:-1])[-1]
    result = gpt.next_probabilities("oli", temperature=0.7)
    assert list(result) == [*sorted(set("".join(NAMES))), "end"]
    assert list(result.values()) == pytest.approx(torch.softmax(last / 0.7, 0).tolist(), abs=1e-12)
    assert sum(gpt.next_probabilities().values()) == pytest.approx(1.0)


# What depends on what


def test_attention_looks_only_back():
    """What comes later changes nothing before it; what came before changes what follows."""
    gpt = MicroGPT(NAMES, MicroConfig(n_embd=8, n_head=2, n_layer=2, block_size=8), seed=10)
    rows = [[v.data for v in row] for row in gpt.logits_after([0, 1, 2, 3])]
    changed = [[v.data for v in row] for row in gpt.logits_after([0, 1, 4, 3])]
    assert changed[:2] == rows[:2]
    assert changed[2] != rows[2] and changed[3] != rows[3]


def test_blame_for_one_prediction_reaches_all_earlier_positions_and_no_later_one():
    gpt = MicroGPT(NAMES, SMALL, seed=11)
    rows = list(gpt.logits_after([0, 1, 2, 3, 4]))
    ops_fused.cross_entropy(rows[2], 1).backward()
    touched = [any(w.grad for w in row) for row in gpt.weights["wpe"]]
    assert touched == [True, True, True, False, False, False, False, False]


def test_the_order_of_the_letters_matters():
    gpt = MicroGPT(NAMES, SMALL, seed=12)
    assert gpt.next_probabilities("ma") != gpt.next_probabilities("am")


def test_a_document_is_cut_where_the_model_cannot_look_further():
    gpt = MicroGPT(NAMES, SMALL, seed=13)
    assert gpt.loss("maximilianalexander").data == gpt.loss("maximili").data
    assert gpt.loss("maximil").data != gpt.loss("maximili").data


# Chance


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.slow
def test_samples_are_drawn_exactly_as_random_choices_draws(temperature):
    gpt = MicroGPT(NAMES, SMALL, seed=14)
    list(gpt.train(20))
    rng = Random()
    rng.setstate(gpt.rng.getstate())
    twin, wanted = Twin(gpt), []
    for _ in range(10):
        ids = [gpt.BOS]
        while len(ids) <= SMALL.block_size:
            with torch.no_grad():
                probs = torch.softmax(twin.logits(ids)[-1] / temperature, 0).tolist()
            (token,) = rng.choices(range(gpt.vocab_size), weights=probs)
            if token == gpt.BOS:
                break
            ids.append(token)
        wanted.append("".join(gpt.characters[token] for token in ids[1:]))
    assert gpt.sample(10, temperature) == wanted
    assert gpt.rng.getstate() == rng.getstate()
    assert any(wanted)


def test_a_generator_of_your_own_leaves_the_runs_own_chance_alone():
    gpt = MicroGPT(NAMES, SMALL)
    before = gpt.rng.getstate()
    assert gpt.sample(3, rng=Random(1)) == gpt.sample(3, rng=Random(1))
    assert gpt.rng.getstate() == before
    assert gpt.sample(0) == []


def test_samples_at_temperature_zero_are_all_the_same_and_draw_nothing():
    gpt = MicroGPT(NAMES, SMALL)
    before = gpt.rng.getstate()
    assert len(set(gpt.sample(4, temperature=0))) == 1
    assert gpt.rng.getstate() == before


@pytest.mark.slow
def test_the_same_seed_gives_the_same_losses_and_samples_to_the_last_digit():
    runs = []
    for seed in (1, 1, 2):
        gpt = MicroGPT(NAMES, SMALL, seed=seed)
        runs.append(([step.loss for step in gpt.train(10)], gpt.sample(3)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_without_a_shuffle_the_documents_stay_in_their_order_and_are_not_changed():
    given = list(NAMES)
    assert MicroGPT(given, SMALL, shuffle=False).documents == NAMES
    assert MicroGPT(given, SMALL).documents != NAMES  # nine names: one chance in 362,880
    assert given == NAMES


def test_documents_that_can_be_walked_only_once_are_all_kept():
    gpt = MicroGPT((name for name in NAMES), SMALL)
    assert sorted(gpt.documents) == sorted(NAMES)


def test_empty_documents_are_left_out():
    assert MicroGPT(["", "emma", ""], SMALL).documents == ["emma"]


# Training as a stream


def test_stopping_early_leaves_the_weights_of_that_step():
    stopped, counted = (MicroGPT(NAMES, SMALL, seed=15) for _ in range(2))
    for step in stopped.train(50):
        assert isinstance(step, UpdateRecord) and math.isfinite(step.loss)
        if step.step == 7:
            break
    taken = list(islice(counted.train(50), 7))
    assert taken[-1] == step
    assert [w.data for w in stopped.parameters] == [w.data for w in counted.parameters]
    assert stopped.sample(2) == counted.sample(2)
    assert gc.isenabled()


@pytest.mark.slow
def test_training_again_goes_on_from_the_weights_that_are_there():
    gpt = MicroGPT(NAMES, SMALL, seed=16)
    first = list(gpt.train(30))
    twin = Twin(gpt)
    wanted = twin.loss(ids_of(gpt, gpt.documents[0])).item()
    second = list(gpt.train(30))
    assert second[0].loss == pytest.approx(wanted, abs=1e-10)
    assert [step.step for step in second] == list(range(1, 31))
    assert sum(step.loss for step in second) < sum(step.loss for step in first)


def test_a_backward_call_before_training_does_not_count():
    looked_at, left_alone = (MicroGPT(NAMES, SMALL, seed=17) for _ in range(2))
    looked_at.loss("emma").backward()
    assert list(looked_at.train(3)) == list(left_alone.train(3))


def test_a_backward_call_between_two_steps_does_not_count():
    looked_at, left_alone = (MicroGPT(NAMES, SMALL, seed=17) for _ in range(2))
    losses = []
    for step in looked_at.train(5):
        losses.append(step.loss)
        looked_at.loss("emma").backward()  # to draw the gradients, say
    assert losses == [step.loss for step in left_alone.train(5)]


def test_a_step_that_fails_leaves_the_cycle_collector_on(monkeypatch):
    gpt = MicroGPT(NAMES, SMALL)
    monkeypatch.setattr(gpt, "loss", lambda document: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        next(gpt.train(5))
    assert gc.isenabled()


@pytest.mark.slow
def test_training_learns_a_list_of_one_name_by_heart():
    gpt = MicroGPT(["emma"], SMALL)
    losses = [step.loss for step in gpt.train(150)]
    assert losses[0] == pytest.approx(math.log(4), abs=0.3)  # four tokens, no idea which
    assert losses[-1] < 0.1
    assert gpt.sample(5, temperature=0.1) == ["emma"] * 5


# Bad input


@pytest.mark.parametrize("documents", [[], [""], "emma"])
def test_documents_with_nothing_to_learn_from_are_refused(documents):
    with pytest.raises(ValueError) as caught:
        MicroGPT(documents)
    assert str(caught.value) == (
        f"documents={documents!r} must be a list with at least one text, such as ['emma', 'anna']."
    )
    assert MicroGPT(["emma", "anna"], SMALL).documents


@pytest.mark.parametrize("documents", [None, 5, [1, 2], ["emma", None]])
def test_documents_that_are_no_texts_are_refused(documents):
    with pytest.raises(ValueError, match=r"at least one text|all of them must be texts"):
        MicroGPT(documents)


@pytest.mark.parametrize("steps", [0, -1, 1.5, "10", True])
def test_a_number_of_steps_that_is_none_is_refused_before_the_first_step(steps):
    gpt = MicroGPT(NAMES, SMALL)
    with pytest.raises(ValueError) as caught:
        gpt.train(steps)
    assert str(caught.value) == (
        f"steps={steps!r} must be an integer, 1 or more; 1000 takes about ten seconds."
    )


def test_a_negative_number_of_samples_is_refused():
    with pytest.raises(ValueError, match=r"^n=-1 must be an integer, 0 or more; it is"):
        MicroGPT(NAMES, SMALL).sample(-1)


def test_a_letter_that_the_documents_do_not_have_is_named():
    gpt = MicroGPT(["emma"], SMALL)
    wanted = r"^'mob' has 'b', which this model does not know\. Known: 'aem'\.$"
    for ask in (gpt.encode, gpt.loss, gpt.next_probabilities):
        with pytest.raises(ValueError, match=wanted):
            ask("mob")


def test_far_too_large_a_learning_rate_is_told_with_what_it_means():
    gpt = MicroGPT(["emma"], SMALL)
    with pytest.raises(ValueError, match="usually means logits too far apart"):
        list(gpt.train(50, learning_rate=1e5))


@pytest.mark.parametrize("name", ["n_layer", "block_size"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"^{name}=0 must be an integer, 1 or more"):
        MicroConfig(**{name: 0})


@pytest.mark.parametrize("name", ["n_embd", "n_head", "n_layer", "block_size"])
@pytest.mark.parametrize("size", [1.5, "2", None])
def test_sizes_that_are_not_whole_numbers_are_refused(name, size):
    with pytest.raises(ValueError, match=f"^{name}="):
        MicroConfig(**{name: size})


def test_a_width_that_does_not_divide_is_refused_with_widths_that_do():
    with pytest.raises(ValueError, match=r"set n_head to 2 or 4; .* set n_embd to 24 "):
        MicroConfig(n_embd=16, n_head=3)
    for n_embd, n_head in ((16, 2), (16, 4), (24, 3), (15, 3), (18, 3)):
        assert MicroGPT(["emma"], MicroConfig(n_embd, n_head)).sample(1)
