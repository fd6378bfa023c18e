"""Training of models with GQA, gates and experts: loss, optimizers, resume, two processes."""

import pytest
import torch
from small_runs import log_of, sha256_of_all
from torch.optim import Muon
from two_processes import run_together

from gptcore.cli import main
from gptcore.model import GPT, GPTConfig
from gptcore.training import LossSum, TrainConfig, make_optimizers

LLAMA = {
    **{"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "activation": "swiglu"},
    **{"n_kv_head": 2, "init_by_width": True, "sliding_window": 8},
}
EXPERTS = {**LLAMA, "n_experts": 3, "router_aux_loss_coef": 0.5}
SIZES = {"n_layer": 2, "n_head": 4, "n_embd": 32, "block_size": 16, "vocab_size": 29}


def ids_of(seed: int) -> torch.Tensor:
    return torch.randint(29, (2, 16), generator=torch.Generator().manual_seed(seed))


def gradients(**options) -> tuple[float, list[torch.Tensor]]:
    model = GPT(GPTConfig(**SIZES, **EXPERTS), torch.Generator().manual_seed(1))
    loss = LossSum(model, **options)(ids_of(1), ids_of(2))
    loss.backward()
    return loss.item(), [weight.grad for weight in model.parameters()]


def test_chunks_and_checkpointing_change_neither_loss_nor_gradients():
    loss, grads = gradients()
    for options in ({"chunk": 8}, {"activation_checkpointing": True, "chunk": 8}):
        again, again_grads = gradients(**options)
        assert again == pytest.approx(loss, rel=1e-6)
        for one, other in zip(grads, again_grads, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_balancing_loss_counts_for_each_target_and_only_in_training():
    model = GPT(GPTConfig(**SIZES, **EXPERTS), torch.Generator().manual_seed(1))
    ids, targets = ids_of(1), ids_of(2)
    targets[0, :5] = -1
    trained = LossSum(model)(ids, targets)
    added = sum(block.mlp.balancing_loss for block in model.h) * 0.5 * 27
    evaluated = LossSum(model.eval())(ids, targets)
    assert (trained - evaluated).item() == pytest.approx(added.item(), rel=1e-4)
    router = model.h[0].mlp.router.weight
    assert torch.autograd.grad(trained, router)[0].abs().max() > 0


def test_muon_takes_matrices_and_leaves_experts_and_router_to_adamw():
    model = GPT(GPTConfig(**SIZES, **EXPERTS))
    adamw, muon = make_optimizers(model, TrainConfig(optimizer="muon"))
    assert isinstance(muon, Muon)
    names = {weight: name for name, weight in model.named_parameters()}
    with_muon = {names[w] for group in muon.param_groups for w in group["params"]}
    assert with_muon == {f"h.{n}.attn.{m}.weight" for n in (0, 1) for m in ("c_attn", "c_proj")}
    rest = {names[w] for group in adamw.param_groups for w in group["params"]}
    assert rest | with_muon == set(names.values()) and not rest & with_muon


def words_of(switches: dict) -> list[str]:
    return [word for name, value in switches.items() for word in (f"--{name}", str(value))]


RUN = ["train", "names", "--eval_every", "4", "--checkpoint_every", "2", "--device", "cpu"]
RUN += ["--n_layer", "1", "--batch_size", "4", "--eval_tokens", "999", "--warmup_steps", "1"]


@pytest.mark.slow
def test_a_run_with_experts_and_muon_resumes_exactly(tmp_path):
    words = [*RUN, *words_of(EXPERTS), "--optimizer", "muon", "--max_steps", "6", "--out_dir"]
    assert main([*words, str(tmp_path / "whole")]) == 0
    parts = [*words, str(tmp_path / "parts"), "--resume", "--max_minutes"]
    for _ in range(3):
        with pytest.raises(SystemExit, match="75"):  # it ends after one step
            main([*parts, "1e-9"])
    assert main([*parts, "0"]) == 0
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")
    whole, again = (sha256_of_all(tmp_path / name / "latest") for name in ("whole", "parts"))
    weights = [name for name in whole if name.endswith(".safetensors")]
    assert weights and all(whole[name] == again[name] for name in weights)


@pytest.mark.slow
def test_fsdp_with_two_processes_computes_what_one_computes(tmp_path, processes):
    words = [*RUN, *words_of(LLAMA), "--dropout", "0", "--max_steps", "4", "--out_dir"]
    assert main([*words, str(tmp_path / "one"), "--grad_accum", "2"]) == 0
    fsdp = [*words, str(tmp_path / "two"), "--fsdp", "True"]
    run_together(processes, tmp_path / "both", [(fsdp, 0)])
    for a, b in zip(log_of(tmp_path / "one"), log_of(tmp_path / "two"), strict=True):
        for key in ("train_loss", "val_loss", "grad_norm"):
            assert a[key] == (None if b[key] is None else pytest.approx(b[key], abs=1e-5))
