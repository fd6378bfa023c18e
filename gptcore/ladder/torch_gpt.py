"""microgpt in PyTorch: the same 4,192 weights in the `GPT` that also loads GPT-2.

PyTorch computes the gradients. One name at a time it is slower than NumPy: each of some two hundred
calls in a step costs more than its arithmetic. Many names at a time share those calls.
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
from gptcore.model.ids import IGNORE_INDEX
from gptcore.scalar import MicroGPT, UpdateRecord
from gptcore.scalar.microgpt import LEARNING_RATE

MATRICES = {"attn.c_proj": "wo", "mlp.c_fc": "fc1", "mlp.c_proj": "fc2"}  # nanoGPT's -> microgpt's


def to_torch(gpt: MicroGPT) -> GPT:
    """A scalar model as a `GPT` in float64: the same logits for the same ids.

    Args:
        gpt: Trained or not; its weights are copied.

    Returns:
        A model in evaluation mode.

    Example:
        >>> to_torch(gpt).config.n_embd
        16
    """
    scalars = {name: torch.from_numpy(matrix) for name, matrix in weights_of(gpt).items()}
    tensors = {f"{name}.weight": scalars[name] for name in ("wte", "wpe", "lm_head")}
    for layer in range(gpt.config.n_layer):
        qkv = [scalars[f"{layer}.{name}"] for name in ("wq", "wk", "wv")]
        tensors[f"h.{layer}.attn.c_attn.weight"] = torch.cat(qkv)  # three (C, C) -> (3C, C)
        for ours, name in MATRICES.items():
            tensors[f"h.{layer}.{ours}.weight"] = scalars[f"{layer}.{name}"]
    sizes = {name: getattr(gpt.config, name) for name in vars(gpt.config)}
    config = replace(GPTConfig.preset("microgpt"), vocab_size=gpt.vocab_size, **sizes)
    return GPT.from_state_dict(config, tensors, "the scalar model")


def padded_documents(gpt: MicroGPT) -> Tensor:
    """Every document as BOS, letters, BOS, cut to block_size + 1 and padded with -1: (N, longest).

    Args:
        gpt: Its documents are encoded.
    """
    max_length = gpt.config.block_size + 1
    rows = [[gpt.BOS, *gpt.encode(document), gpt.BOS][:max_length] for document in gpt.documents]
    longest = max(map(len, rows))
    return torch.tensor([row + [IGNORE_INDEX] * (longest - len(row)) for row in rows])


def mean_document_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of the losses of the documents: a long one counts no more than a short one.

    Args:
        logits: Shape (B, T, V).
        targets: Shape (B, T), padded with -1.

    Returns:
        A scalar, in nats.
    """
    flat = logits.flatten(0, 1), targets.flatten()  # (B * T, V), (B * T,)
    losses = F.cross_entropy(*flat, ignore_index=IGNORE_INDEX, reduction="none").view_as(targets)
    return (losses.sum(1) / (targets != IGNORE_INDEX).sum(1)).mean()


def train(
    documents: list[str],
    steps: int,
    *,
    batch_size: int = 1,
    dtype: torch.dtype = torch.float64,
    compiled: bool = False,
    device: str = "cpu",
) -> Iterator[UpdateRecord]:
    """Train with Adam and a learning rate that falls linearly to 0.

    Args:
        documents: Texts to learn from.
        steps: Updates.
        batch_size: Documents in each step.
        dtype: Of weights and activations.
        compiled: Whether model and loss go through `torch.compile`.
        device: Where the model is trained, "cpu" or "cuda".

    Yields:
        A record after each update; its document is the first one of the batch.
    """
    gpt = MicroGPT(documents)
    model, table = to_torch(gpt).to(device, dtype).train(), padded_documents(gpt).to(device)

    def loss_of(rows: Tensor) -> Tensor:
        ids, targets = rows[:, :-1].clamp(min=0), rows[:, 1:]  # padding may be any token
        return mean_document_loss(model(ids)[0], targets)

    compute_loss = torch.compile(loss_of) if compiled else loss_of
    if compiled:
        first = compute_loss(table[torch.zeros(batch_size, dtype=torch.int64)])
        first.backward()  # type: ignore[no-untyped-call]  # it compiles now
        model.zero_grad()

    def updates() -> Iterator[UpdateRecord]:
        optimizer = torch.optim.Adam(model.parameters(), betas=(0.85, 0.99), eps=1e-8, fused=True)
        for s in range(steps):
            which = torch.arange(s * batch_size, (s + 1) * batch_size) % len(table)  # (B,)
            rows = table[which.to(device)]  # (B, T + 1)
            if batch_size == 1:
                rows = rows[:, rows[0] != IGNORE_INDEX]
            optimizer.zero_grad()
            loss = compute_loss(rows)
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch gives it no types
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - s / steps)
            optimizer.step()
            yield UpdateRecord(s + 1, gpt.documents[int(which[0])], loss.item())

    return on_one_core(updates()) if batch_size == 1 else updates()


def on_one_core(steps: Iterator[UpdateRecord]) -> Iterator[UpdateRecord]:
    """The same steps on one core: for one name several would only wait for each other."""
    cores = torch.get_num_threads()
    try:
        while True:
            torch.set_num_threads(1)
            step = next(steps, None)
            torch.set_num_threads(cores)  # the caller computes with as many cores as before
            if step is None:
                return
            yield step
    finally:
        torch.set_num_threads(cores)
