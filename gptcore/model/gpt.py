"""GPT: token ids in, for every position a score for each token that could follow.

    ids (B, T) -> token + position (B, T, C) -> L blocks -> norm -> logits (B, T, V)

Names of parts and weights are those of GPT-2 and nanoGPT. What goes in is checked in `ids.py`;
files are read and written in `weights.py`, `huggingface.py` and `nanogpt.py`.
Left out on purpose: generating text (`gptcore.sampling`) and learning (`gptcore.training`).
Source: GPT-2 (Radford et al. 2019), in the form that nanoGPT gave it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn

from gptcore.checks import as_ids, as_path
from gptcore.json_text import parse_json
from gptcore.model.block import Block
from gptcore.model.config import GPTConfig
from gptcore.model.huggingface import read_hf, write_hf
from gptcore.model.ids import (
    Heads,
    check_ids,
    check_silenced,
    check_targets,
    mean_cross_entropy,
)
from gptcore.model.nanogpt import read_nanogpt
from gptcore.model.norm import norm
from gptcore.model.rope import Turn, turn_at
from gptcore.model.state_dict import (
    EMBEDDING,
    HEAD,
    are_equal,
    drop_masks,
    strip_wrappers,
    tie_or_untie,
)
from gptcore.model.weights import TENSORS, check_tensors, read_tensors, write_model

INIT_STD = 0.02  # GPT-2's; larger ones make the first loss exceed log(V)


class GPT(nn.Module):
    """A GPT. `model(ids, targets)` answers with logits and loss; the rest lets you look inside.

    Example: GPT(GPTConfig(n_layer=2, n_head=2, n_embd=32))(torch.tensor([[1, 2, 3]]))
    """

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None):
        super().__init__()
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = None if config.rope else nn.Embedding(config.block_size, config.n_embd)
        self.ln_e = norm(config) if config.norm_embeddings else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        self.h: Iterable[Block] = nn.ModuleList(  # type: ignore[assignment]
            Block(config) for _ in range(config.n_layer)
        )
        self.ln_f = norm(config) if config.final_norm else nn.Identity()
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_weights:
            self.lm_head.weight = self.wte.weight
        self.draw_weights(generator)

    def draw_weights(self, generator: torch.Generator | None = None) -> None:
        """Every weight anew, from `generator` or PyTorch's own chance.

        What is added to the residual stream 2L times starts out smaller, so that the sum does not
        grow with the number of layers; or with `zero_init_proj` as nothing at all.
        """
        added = 0.0 if self.config.zero_init_proj else INIT_STD / sqrt(2 * self.config.n_layer)
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif weight.dim() == 2:  # LayerNorm's gains stay 1
                std = added if name.endswith("c_proj.weight") else INIT_STD
                nn.init.normal_(weight, std=std, generator=generator)

    def forward(
        self,
        ids: Tensor,
        targets: Tensor | None = None,
        *,
        silenced: Heads = (),
        use_positions: bool = True,
    ) -> tuple[Tensor, Tensor | None]:
        """Logits for every position, and how surprised the model is at `targets` on average.

        `silenced` heads, as (layer, head), have nothing to say. Without `use_positions` the
        model is not told where a token stands. A target of -1 or -100 is ignored; if all are,
        the loss is 0.
        Shapes: ids, targets (B, T) -> logits (B, T, V), loss ().
        Units:  loss in nats per token.
        Raises: ValueError for too many ids, and for ids that do not exist; for these a GPU in
            training mode is not asked, see `ids.py`.
        """
        logits = self.logits(self.read(ids, silenced=silenced, use_positions=use_positions))
        if targets is None:
            return logits, None
        check_targets(targets, ids, self.config.vocab_size, self.can_look_at(targets))
        flat = logits.flatten(0, 1), targets.flatten()  # (B * T, V), (B * T,)
        return logits, mean_cross_entropy(*flat)

    def read(
        self, ids: Tensor, *, silenced: Heads = (), use_positions: bool = True, memory=None
    ) -> Tensor:
        """What the last block leaves of each token. Shapes: (B, T) -> (B, T, C).

        `memory` holds what was read before; then `ids` are the tokens that follow it.
        """
        check_silenced(silenced, self.config.n_layer, self.config.n_head)
        x, turn = self.embed(ids, use_positions, memory), self.turn(ids, use_positions, memory)
        for layer, block in enumerate(self.h):
            x = block(x, heads_in(layer, silenced), None if memory is None else memory[layer], turn)
        return x

    def embed(self, ids: Tensor, use_positions: bool = True, memory=None) -> Tensor:
        """Token and position as one vector. Shapes: (B, T) -> (B, T, C)."""
        config = self.config
        check_ids(ids, config.vocab_size, config.block_size, self.can_look_at(ids))
        x = self.wte(ids)  # (B, T) -> (B, T, C)
        if use_positions and self.wpe is not None:
            places = self.wpe.weight[: ids.shape[1]] if memory is None else self.wpe(memory.places)
            x = x + places  # (B, T, C) + (T, C), or with a memory (B, T, C)
        return self.dropout(self.ln_e(x))

    def turn(self, ids: Tensor, use_positions: bool = True, memory=None) -> Turn | None:
        """With `rope`, by how much queries and keys are turned; the same in all blocks.

        Shapes: ids (B, T).
        """
        if not (self.config.rope and use_positions):
            return None
        places = torch.arange(ids.shape[1], device=ids.device) if memory is None else memory.places
        return turn_at(places, self.config.head_dim)

    def logits(self, x: Tensor) -> Tensor:
        """What a vector of the residual stream would predict. Shapes: (.., C) -> (.., V)."""
        return self.lm_head(self.ln_f(x))

    # Looking inside

    def attention_weights(
        self, ids: Tensor, *, silenced: Heads = (), use_positions: bool = True
    ) -> Tensor:
        """Who (row) listens to whom (column), in every head of every layer; each row sums to 1.

        A silenced head still listens, and is not heard. Shapes: (B, T) -> (L, B, H, T, T).
        """
        check_silenced(silenced, self.config.n_layer, self.config.n_head)
        with asked(self):
            weights, x, turn = [], self.embed(ids, use_positions), self.turn(ids, use_positions)
            for layer, block in enumerate(self.h):
                weights.append(block.attn.weights(block.ln_1(x), turn))
                x = block(x, heads_in(layer, silenced), turn=turn)
            return torch.stack(weights)

    def residual_stream(
        self, ids: Tensor, *, silenced: Heads = (), use_positions: bool = True
    ) -> Tensor:
        """Each token after the embedding, then after each half of each block: talk, think.

        Shapes: (B, T) -> (2L + 1, B, T, C); [::2] has the embedding and the ends of the blocks.
        """
        check_silenced(silenced, self.config.n_layer, self.config.n_head)
        with asked(self):
            stream, turn = [self.embed(ids, use_positions)], self.turn(ids, use_positions)
            for layer, block in enumerate(self.h):
                stream.append(block.talk(stream[-1], heads_in(layer, silenced), turn=turn))
                stream.append(block.think(stream[-1]))
            return torch.stack(stream)

    def lens(self, ids: Tensor) -> Tensor:
        """Logits, had the model ended after 0, 1, .. blocks. Shapes: (B, T) -> (L + 1, B, T, V)."""
        with asked(self):
            return self.logits(self.residual_stream(ids)[::2])

    def next_logits(self, ids: list[int]) -> Tensor:
        """The logits for what follows the last `block_size` of these tokens. Shapes: (V,)."""
        with asked(self):
            last = as_ids(ids)[-self.config.block_size :]
            window = torch.tensor([last], dtype=torch.int64, device=self.device)
            return self.logits(self.read(window)[0, -1])

    def parameters_by_part(self) -> dict[str, int]:
        """How many numbers each part has; they add up to all. A tied head has none of its own."""
        parts: dict[str, list[nn.Module]] = {
            "token_embedding": [self.wte],
            "position_embedding": [] if self.wpe is None else [self.wpe],
            "attention": [block.attn for block in self.h],
            "mlp": [block.mlp for block in self.h],
            "norms": [self.ln_e, self.ln_f, *(n for b in self.h for n in (b.ln_1, b.ln_2))],
            "head": [] if self.is_tied else [self.lm_head],
        }
        return {
            part: sum(weight.numel() for module in modules for weight in module.parameters())
            for part, modules in parts.items()
        }

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.wte.weight.device

    def can_look_at(self, ids: Tensor) -> bool:
        """Whether ids can be looked at without making a step wait; `ids.py` says more.

        Shapes: ids (B, T).
        """
        if torch.compiler.is_compiling() or (isinstance(ids, Tensor) and ids.is_meta):
            return False
        return not (self.training and isinstance(ids, Tensor) and ids.is_cuda)

    # Weights from files, and into files

    @classmethod
    def from_hf(cls, folder_or_name: str | Path) -> "GPT":
        """A GPT-2 from a Hugging Face folder or hub name, safetensors only, ready to be asked.

        What it dropped in training is not taken over: dropout is 0.
        Example: GPT(sizes).to_hf("out"); GPT.from_hf("out").config.n_embd -> 32
        """
        config, tensors = read_hf(folder_or_name)
        return cls.of(config, tensors, str(folder_or_name))

    def to_hf(self, folder: str | Path) -> None:
        """Write a folder that transformers' GPT2LMHeadModel loads, and agrees with."""
        write_hf(as_path(folder, "The folder"), self.own_config(), self.own_tensors())

    @classmethod
    def from_nanogpt(cls, file: str | Path) -> "GPT":
        """The model in a checkpoint of nanoGPT (out/ckpt.pt), ready to be asked."""
        config, tensors = read_nanogpt(as_path(file, "The checkpoint"))
        return cls.of(config, tensors, str(file))

    def save(self, folder: str | Path) -> None:
        """Write `model.safetensors`, which has everything, and `config.json`, to be read by you."""
        sizes = asdict(self.own_config())
        notes = {"config": json.dumps(sizes)}
        write_model(as_path(folder, "The folder"), self.own_tensors(), sizes, notes)

    @classmethod
    def load(cls, folder: str | Path) -> "GPT":
        """What `save` wrote, in the number format it had, ready to be asked."""
        file = as_path(folder, "The folder") / TENSORS
        tensors, notes = read_tensors(file)
        if "config" not in notes:
            raise ValueError(
                f"{file} does not say its sizes, so GPT.save did not write it. "
                f"A folder of Hugging Face is read by GPT.from_hf."
            )
        try:
            config = GPTConfig(**parse_json(notes["config"]))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{folder} was saved by another version of gptcore: {error}."
            ) from None
        return cls.of(config, tensors, str(folder))

    @classmethod
    def of(cls, config: GPTConfig, tensors: dict[str, Tensor], origin: str) -> "GPT":
        """A GPT of these sizes and these tensors, which it then owns.

        Raises: ValueError that names what is missing, what is not read, what has another shape.
        """
        tensors = drop_masks(strip_wrappers(tensors, origin), config, origin)
        config, tensors = tie_or_untie(config, tensors)
        with torch.device("meta"):  # no first weights are drawn only to be thrown away
            model = cls(config)
        check_tensors(model.own_tensors(), tensors, origin)
        model.load_state_dict(tensors, strict=False, assign=True)
        if config.tie_weights:
            model.lm_head.weight = model.wte.weight
        return model.eval()

    def own_tensors(self) -> dict[str, Tensor]:
        """Every tensor once: a tied head is the token embedding."""
        tied = {HEAD} if self.is_tied else set()
        return {name: t for name, t in self.state_dict().items() if name not in tied}

    def own_config(self) -> GPTConfig:
        """The config of these weights: a model that was given a head of its own is untied."""
        return replace(self.config, tie_weights=self.is_tied)

    @property
    def is_tied(self) -> bool:
        """Whether the head is the token embedding now, whatever `config.tie_weights` says."""
        head, embedding = self.lm_head.weight, self.wte.weight
        return head is embedding or (self.config.tie_weights and are_equal(head, embedding))

    def _load_from_state_dict(self, state_dict, prefix, *rest):
        """Refuse what PyTorch does in silence: load both matrices of a tied model into one."""
        head, embedding = state_dict.get(prefix + HEAD), state_dict.get(prefix + EMBEDDING)
        both = head is not None and embedding is not None
        if self.config.tie_weights and both and not are_equal(head, embedding):
            raise ValueError(
                f"{prefix}{HEAD} and {prefix}{EMBEDDING} differ, and this model has one matrix "
                f"for both (tie_weights=True). Make it with GPTConfig(..., tie_weights=False)."
            )
        super()._load_from_state_dict(state_dict, prefix, *rest)


def heads_in(layer: int, silenced: Heads) -> list[int]:
    return [head for where, head in silenced if where == layer]


@contextmanager
def asked(model: nn.Module) -> Iterator[None]:
    """Nothing is dropped and no slopes are kept; afterwards the model is as it was."""
    was_training = model.training
    if was_training:
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        if was_training:
            model.train()
