"""The model in NumPy: held against the scalar one, and against PyTorch, which knows neither."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import gptcore.ladder
from gptcore.ladder import NumpyGPT, forward, loss_and_grads, loss_of, weights_of
from gptcore.scalar import Adam, MicroConfig, MicroGPT

NAMES = ["emma", "anna", "bob", "maximilianalexander", "o", "ava"]
SIZES = [  # all sizes differ, or a swapped axis passes unseen
    MicroConfig(),
    MicroConfig(n_embd=6, n_head=2, n_layer=2, block_size=5),
    MicroConfig(n_embd=15, n_head=5, n_layer=3, block_size=24),
]
sizes = pytest.mark.parametrize("config", SIZES, ids=lambda c: f"{c.n_layer} layers")


def ids_of(gpt: MicroGPT, name: str) -> list[int]:
    return [gpt.BOS, *gpt.encode(name), gpt.BOS]


def lively(config: MicroConfig) -> tuple[MicroGPT, dict[str, np.ndarray]]:
    """Weights so large that heads and units differ, which the first ones hardly do."""
    gpt = MicroGPT(NAMES, config)
    for weight in gpt.parameters:
        weight.data *= 6
    return gpt, weights_of(gpt)


# Against the scalar model


@sizes
@pytest.mark.slow
def test_loss_and_gradients_are_those_of_the_scalar_model(config):
    gpt, weights = lively(config)
    for name in NAMES:
        Adam(gpt.parameters).zero_grad()
        loss = gpt.loss(name)
        loss.backward()
        found, grads = loss_and_grads(ids_of(gpt, name), weights, config.n_head)
        assert found == pytest.approx(loss.data, abs=1e-12)
        assert loss_of(ids_of(gpt, name), weights, config.n_head) == pytest.approx(found, abs=1e-12)
        assert list(grads) == list(gpt.weights)
        for key, matrix in gpt.weights.items():
            expected = np.array([[value.grad for value in row] for row in matrix])
            np.testing.assert_allclose(grads[key], expected, rtol=0, atol=1e-12)


@sizes
@pytest.mark.slow
def test_training_prints_the_losses_of_the_scalar_model_and_ends_at_its_weights(config):
    gpt, run = MicroGPT(NAMES, config, seed=7), NumpyGPT(NAMES, config, seed=7)
    pairs = list(zip(gpt.train(40), run.train(40), strict=True))
    for one, other in pairs:
        assert (one.step, one.document) == (other.step, other.document)
        assert f"{one.loss:.4f}" == f"{other.loss:.4f}"
    for name, matrix in weights_of(gpt).items():
        np.testing.assert_allclose(run.weights[name], matrix, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_what_was_learned_goes_back_to_the_scalar_model_which_then_invents_the_same():
    gpt, run = MicroGPT(NAMES), NumpyGPT(NAMES)
    list(gpt.train(20)), list(run.train(20))
    assert run.scalar().sample(5) == gpt.sample(5)


def test_a_run_can_begin_with_the_weights_of_a_trained_model():
    gpt = MicroGPT(NAMES)
    list(gpt.train(10))
    ids = ids_of(gpt, "emma")
    assert loss_of(ids, NumpyGPT(gpt).weights, 4) == pytest.approx(gpt.loss("emma").data, abs=1e-12)


def test_the_weights_are_copies_and_the_run_owns_its_own():
    gpt = MicroGPT(NAMES)
    weights = weights_of(gpt)
    before = weights["wte"].copy()
    list(NumpyGPT(gpt).train(3))
    assert gpt.weights["wte"][0][0].data == before[0, 0] and (weights["wte"] == before).all()


def test_gradients_agree_with_a_tiny_step_to_both_sides():
    gpt, weights = lively(SIZES[1])
    ids, rng = ids_of(gpt, "emma"), np.random.default_rng(1)
    _, grads = loss_and_grads(ids, weights, 2)
    for name, matrix in weights.items():
        for _ in range(4):
            index = tuple(rng.integers(size) for size in matrix.shape)
            up, down = matrix.copy(), matrix.copy()
            up[index] += 1e-6
            down[index] -= 1e-6
            rise = loss_of(ids, weights | {name: up}, 2) - loss_of(ids, weights | {name: down}, 2)
            assert grads[name][index] == pytest.approx(rise / 2e-6, abs=1e-7)


# Against PyTorch


def in_torch(ids, weights, n_head: int, ablated_heads=(), use_positions=True, tampered=None):
    """The published model as one would write it in PyTorch; `tampered` are scores to be used."""
    w = {name: torch.from_numpy(matrix) for name, matrix in weights.items()}
    T, C = len(ids), w["wte"].shape[1]
    x = w["wte"][list(ids)] + (w["wpe"][:T] if use_positions else 0)
    x = F.rms_norm(x, (C,), eps=1e-5)
    attention_weights, layer = [], 0
    while f"{layer}.wq" in w:
        n = F.rms_norm(x, (C,), eps=1e-5)
        q, k, v = (
            F.linear(n, w[f"{layer}.{m}"]).view(T, n_head, C // n_head).transpose(0, 1)
            for m in ("wq", "wk", "wv")
        )
        mixed = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
        scores = q @ k.mT / (C // n_head) ** 0.5
        if tampered is not None:
            scores = torch.stack([torch.from_numpy(tampered(layer, h, s.numpy().copy()))
                                  for h, s in enumerate(scores)])  # fmt: skip
        hidden = torch.ones(T, T).triu(1).bool()
        attention_weights.append(scores.masked_fill(hidden, -torch.inf).softmax(-1))
        mixed = mixed if tampered is None else attention_weights[-1] @ v
        for h in (h for where, h in ablated_heads if where == layer):
            mixed[h] = 0
        x = x + F.linear(mixed.transpose(0, 1).reshape(T, C), w[f"{layer}.wo"])
        n = F.rms_norm(x, (C,), eps=1e-5)
        x = x + F.linear(F.linear(n, w[f"{layer}.fc1"]).relu(), w[f"{layer}.fc2"])
        layer += 1
    return F.linear(x, w["lm_head"]), torch.stack(attention_weights)


def sharper(layer, head, scores):
    return scores * (3.0 + layer) - head * np.arange(scores.shape[1])


@sizes
@pytest.mark.parametrize(
    "interventions",
    [{}, {"use_positions": False}, {"ablated_heads": {(0, 1)}}, {"score_hook": sharper}],
    ids=["as it is", "no positions", "an ablated head", "scores changed"],
)
def test_logits_and_weights_are_those_of_pytorch(config, interventions):
    gpt, weights = lively(config)
    ids = ids_of(gpt, "emma")[: config.block_size]
    inside = forward(ids, weights, config.n_head, **interventions)
    for_torch = {("tampered" if k == "score_hook" else k): v for k, v in interventions.items()}
    logits, attention_weights = in_torch(ids, weights, config.n_head, **for_torch)
    np.testing.assert_allclose(inside.logits, logits, rtol=0, atol=1e-12)
    np.testing.assert_allclose(inside.weights, attention_weights, rtol=0, atol=1e-12)
    targets = torch.tensor(ids[1:])
    expected = F.cross_entropy(logits[:-1], targets).item()
    assert loss_of(ids, weights, config.n_head, **interventions) == pytest.approx(
        expected, abs=1e-12
    )


# What is inside


@sizes
def test_shapes_are_as_promised_and_the_stream_adds_up_to_the_vector_behind_the_logits(config):
    gpt, weights = lively(config)
    L, H, C = config.n_layer, config.n_head, config.n_embd
    inside = forward(ids_of(gpt, "ava")[:-1], weights, H)
    assert inside.weights.shape == inside.scores.shape == (L, H, 4, 4)
    assert inside.context.shape == inside.values.shape == (L, H, 4, C // H)
    np.testing.assert_allclose(inside.context, inside.weights @ inside.values, atol=1e-12)
    parts = [f"{layer} {part}" for layer in range(L) for part in ("attention", "mlp")]
    assert list(inside.residual_terms) == ["embedding", *parts]
    final = sum(inside.residual_terms.values())
    np.testing.assert_allclose(inside.logits, final @ weights["lm_head"].T, atol=1e-12)


@sizes
def test_each_row_of_weights_sums_to_1_and_no_position_attends_to_later_ones(config):
    gpt, weights = lively(config)
    attention_weights = forward(ids_of(gpt, "ava"), weights, config.n_head).weights
    np.testing.assert_allclose(attention_weights.sum(-1), 1, atol=1e-12)
    assert (np.triu(attention_weights, 1) == 0).all() and (attention_weights[..., 0, 0] == 1).all()


def test_a_later_letter_changes_nothing_before_it_unless_nothing_is_hidden():
    gpt, weights = lively(MicroConfig())
    one, other = ids_of(gpt, "anna")[:-1], ids_of(gpt, "anno")[:-1]

    def differ(**interventions) -> list[bool]:
        a, b = (forward(ids, weights, 4, **interventions).logits for ids in (one, other))
        return [bool((row != also).any()) for row, also in zip(a, b)]

    assert differ() == [False] * 4 + [True]
    assert differ(causal=False) == [True] * 5


def test_ablating_all_heads_leaves_attention_nothing_to_add():
    gpt, weights = lively(MicroConfig(n_layer=2))
    inside = forward(ids_of(gpt, "ava"), weights, 4, ablated_heads={(1, h) for h in range(4)})
    assert (inside.residual_terms["1 attention"] == 0).all() and (inside.context[1] == 0).all()
    assert (inside.residual_terms["0 attention"] != 0).all()


def test_without_positions_and_mask_the_order_of_the_letters_does_not_matter():
    """Attention alone looks at a set; position is an input, or it has no effect."""
    gpt, weights = lively(MicroConfig())
    one, other = [gpt.encode(name) for name in ("bemma", "mabme")]
    logits = [
        forward(ids, weights, 4, use_positions=False, causal=False).logits for ids in (one, other)
    ]
    np.testing.assert_allclose(logits[0][one.index(0)], logits[1][other.index(0)], atol=1e-12)


# What it refuses


@pytest.mark.parametrize(
    "ids, words",
    [
        ([], "ids is empty"),
        ([[1, 2]], "ids is a list of token ids.* This is a batch"),
        ([0.5, 1.0], "ids is a list of token ids.* got 0.5 in it"),
        ([0, 99], "ids has 99; the model has the tokens 0 to 12"),
        ([0, -1], "ids has -1"),
        ([0] * 17, r"takes at most block_size=16. Take ids\[:16\]"),
    ],
)
def test_ids_that_do_not_fit_are_refused(ids, words):
    weights = weights_of(MicroGPT(NAMES))
    with pytest.raises(ValueError, match=words):
        forward(ids, weights, 4)


def test_other_things_that_do_not_fit_are_refused_with_the_reason():
    weights = weights_of(MicroGPT(NAMES))
    with pytest.raises(ValueError, match="it needs two tokens or more"):
        loss_of([3], weights, 4)
    with pytest.raises(ValueError, match="set n_head to 2 or 4"):
        loss_and_grads([3, 4], weights, 3)
    with pytest.raises(ValueError, match=r"\(1, 0\); there are layers 0 to 0 and heads 0 to 3"):
        forward([3, 4], weights, 4, ablated_heads={(1, 0)})
    with pytest.raises(ValueError, match=r"returned nothing; it must return .* \(2, 2\)"):
        forward([3, 4], weights, 4, score_hook=lambda layer, head, scores: None)
    with pytest.raises(ValueError, match="must be a list with at least one text"):
        NumpyGPT([])
    with pytest.raises(ValueError, match="steps=0 must be an integer"):
        NumpyGPT(NAMES).train(0)


def test_importing_loads_nothing_large_and_the_stub_names_what_there_is():
    code = "import sys, gptcore.ladder; print({'numpy', 'torch'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
    code = "import sys, gptcore.ladder as l; l.climb, l.forward; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
    with pytest.raises(AttributeError, match=r"has no 'nothing'; it has .*climb"):
        gptcore.ladder.nothing  # noqa: B018


def test_a_probability_too_small_for_64_bits_costs_much_and_neither_warns_nor_is_infinite():
    weights = weights_of(MicroGPT(["emma", "anna"], seed=1))
    weights["lm_head"] *= 1e6  # logits so far apart that e to the power of most of them is 0
    with np.errstate(divide="raise"):
        loss, _ = loss_and_grads([4, 0, 1], weights, n_head=4)
    assert 300 < loss <= -math.log(sys.float_info.min)
