"""microgpt in PyTorch: the same 4,192 numbers in the GPT that also loads GPT-2's.

No slopes are written out any more, PyTorch finds them. One name at a time that is slower than
NumPy: each of its some two hundred steps is a call that costs more than the arithmetic in it. Many
names at a time share those calls.
Left out on purpose: everything about larger models (`gptcore.training`).
Source: Andrej Karpathy, microgpt, 12 February 2026.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from gptcore.ladder.weights import weights_of
from gptcore.model.config import GPTConfig
from gptcore.model.gpt import GPT
from gptcore.model.ids import UNASKED
from gptcore.scalar import MicroGPT, UpdateRecord
from gptcore.scalar.microgpt import LEARNING_RATE

PARTS = {"attn.c_proj": "wo", "mlp.c_fc": "fc1", "mlp.c_proj": "fc2"}  # nanoGPT's names, microgpt's


def poured(gpt: MicroGPT) -> GPT:
    """The numbers of a scalar model as tensors, in float64: the same logits for the same ids.

    Example: poured(gpt).config.n_embd -> 16
    """
    scalars = {name: torch.from_numpy(matrix) for name, matrix in weights_of(gpt).items()}
    tensors = {f"{name}.weight": scalars[name] for name in ("wte", "wpe", "lm_head")}
    for layer in range(gpt.config.n_layer):
        qkv = [scalars[f"{layer}.{name}"] for name in ("wq", "wk", "wv")]
        tensors[f"h.{layer}.attn.c_attn.weight"] = torch.cat(qkv)  # three (C, C) -> (3C, C)
        for ours, name in PARTS.items():
            tensors[f"h.{layer}.{ours}.weight"] = scalars[f"{layer}.{name}"]
    sizes = {name: getattr(gpt.config, name) for name in vars(gpt.config)}
    config = replace(GPTConfig.preset("microgpt"), vocab_size=gpt.vocab_size, **sizes)
    return GPT.of(config, tensors, "the scalar model")


def table_of(gpt: MicroGPT) -> Tensor:
    """Every document as BOS, letters, BOS, cut to what fits, filled up with -1 (N, longest)."""
    most = gpt.config.block_size + 1
    rows = [[gpt.BOS, *gpt.encode(document), gpt.BOS][:most] for document in gpt.documents]
    longest = max(map(len, rows))
    return torch.tensor([row + [UNASKED] * (longest - len(row)) for row in rows])


def mean_of_names(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of what each name alone would lose; a long one counts no more than a short one.

    Shapes: (B, T, V), (B, T) -> ().
    """
    flat = logits.flatten(0, 1), targets.flatten()  # (B * T, V), (B * T,)
    each = F.cross_entropy(*flat, ignore_index=UNASKED, reduction="none").view_as(targets)
    return (each.sum(1) / (targets != UNASKED).sum(1)).mean()


def train(
    documents: list[str],
    steps: int,
    *,
    batch: int = 1,
    dtype: torch.dtype = torch.float64,
    compiled: bool = False,
    device: str = "cpu",
) -> Iterator[UpdateRecord]:
    """Yield a `UpdateRecord` after each update from `batch` documents, with Adam and a rate that
    falls.
    """
    gpt = MicroGPT(documents)
    model, table = poured(gpt).to(device, dtype).train(), table_of(gpt).to(device)

    def loss_of(rows: Tensor) -> Tensor:
        ids, targets = rows[:, :-1].clamp(min=0), rows[:, 1:]  # what fills up may be any token
        return mean_of_names(model(ids)[0], targets)

    measure = torch.compile(loss_of) if compiled else loss_of
    if compiled:
        measure(table[torch.zeros(batch, dtype=torch.int64)]).backward()  # it compiles only now
        model.zero_grad()

    def updates() -> Iterator[UpdateRecord]:
        optimizer = torch.optim.Adam(model.parameters(), betas=(0.85, 0.99), eps=1e-8, fused=True)
        for s in range(steps):
            which = torch.arange(s * batch, (s + 1) * batch) % len(table)  # (B,)
            rows = table[which.to(device)]  # (B, T + 1)
            if batch == 1:
                rows = rows[:, rows[0] != UNASKED]
            optimizer.zero_grad()
            loss = measure(rows)
            loss.backward()
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - s / steps)
            optimizer.step()
            yield UpdateRecord(s + 1, gpt.documents[int(which[0])], loss.item())

    return on_one_core(updates()) if batch == 1 else updates()


def on_one_core(steps: Iterator[UpdateRecord]) -> Iterator[UpdateRecord]:
    """The same steps. One name is too little to share: cores would wait for each other."""
    cores = torch.get_num_threads()
    try:
        while True:
            torch.set_num_threads(1)
            step = next(steps, None)
            torch.set_num_threads(cores)  # whoever asked for the step computes as before
            if step is None:
                return
            yield step
    finally:
        torch.set_num_threads(cores)
