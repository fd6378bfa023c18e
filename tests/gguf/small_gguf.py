"""Small models as GGUF files, written by the package gguf as llama.cpp converts them."""

import gguf
import numpy as np
import torch
import transformers

SIZES = {
    "vocab_size": 64,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}
ARCHITECTURES = {
    "llama": lambda **more: transformers.LlamaConfig(**SIZES, head_dim=16, **more),
    "qwen2": lambda **more: transformers.Qwen2Config(**SIZES, **more),
    # 128 as in every Qwen3, for transformers takes that for granted
    "qwen3": lambda **more: transformers.Qwen3Config(**SIZES, head_dim=128, **more),
    "mixtral": lambda **more: transformers.MixtralConfig(**SIZES, num_local_experts=4, **more),
    # the sizes of GPT-2's tables, for transformers takes those for granted
    "gpt2": lambda **more: transformers.GPT2Config(n_embd=64, n_layer=2, n_head=4, **more),
}
QUANTIZATIONS = ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")


def random_model(kind, **more):
    """A model of transformers whose weights, biases and norms are all random."""
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(ARCHITECTURES[kind](**more))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(mean=0.5 if parameter.dim() == 1 else 0.0)
    return model.eval()


def permuted(weights, heads):
    """What convert_hf_to_gguf.py does with q and k of a Llama."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def checkpoint_of(model):
    """The tensors under the names of a checkpoint; transformers 5 keeps experts in one tensor."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name.endswith("mlp.experts.gate_up_proj"):
            gates, ups = tensor.chunk(2, dim=1)
            for i, (gate, up) in enumerate(zip(gates, ups)):
                place = name.replace("mlp.experts.gate_up_proj", f"block_sparse_moe.experts.{i}")
                tensors |= {f"{place}.w1.weight": gate, f"{place}.w3.weight": up}
        elif name.endswith("mlp.experts.down_proj"):
            for i, down in enumerate(tensor):
                place = name.replace("mlp.experts.down_proj", f"block_sparse_moe.experts.{i}")
                tensors[f"{place}.w2.weight"] = down
        else:
            tensors[name.replace("mlp.gate.weight", "block_sparse_moe.gate.weight")] = tensor
    return {name: tensor.clone() for name, tensor in tensors.items()}


def tensors_for_gguf(model):
    """llama.cpp's name -> array, by the table of names of the package gguf."""
    config, kind = model.config, model.config.model_type
    architecture = {"mixtral": "llama"}.get(kind, kind)
    number = next(one for one, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(number, 2)
    found = {}
    for name, tensor in checkpoint_of(model).items():
        weights, (stem, _, suffix) = tensor.numpy(), name.rpartition(".")
        if ".experts." in name:  # stacked: 0, 1, 2, ... arrive in this order
            part = stem.split(".")[-1]
            layer = stem.split(".")[2]
            short = {"w1": "gate", "w2": "down", "w3": "up"}[part]
            found.setdefault(f"blk.{layer}.ffn_{short}_exps.weight", []).append(weights)
            continue
        if architecture == "llama" and (".q_proj." in name or ".k_proj." in name):
            is_q = ".q_proj." in name
            heads = config.num_attention_heads if is_q else config.num_key_value_heads
            weights = permuted(weights, heads)
        if kind == "gpt2" and suffix == "weight" and weights.ndim == 2 and ".h." in name:
            weights = weights.T
        place = "output" if stem == "lm_head" else names.get_name(stem)
        found[f"{place}.{suffix}"] = weights
    return {name: np.ascontiguousarray(np.array(array)) for name, array in found.items()}


def write_gguf(path, model, quantization="F32", fields=(), leave_out=(), tensors=(), order="<"):
    """Write the model.

    `fields` are more fields, as (name, type of value, value); None as value leaves one out.
    """
    config, kind = model.config, model.config.model_type
    architecture = {"mixtral": "llama"}.get(kind, kind)
    endianess = gguf.GGUFEndian.LITTLE if order == "<" else gguf.GGUFEndian.BIG
    writer = gguf.GGUFWriter(path, architecture, endianess=endianess)
    values = {
        "block_count": 2,
        "embedding_length": 64,
        "context_length": config.max_position_embeddings,
        "attention.head_count": 4,
        "vocab_size": config.vocab_size,
    }
    if kind == "gpt2":
        writer.add_float32("gpt2.attention.layer_norm_epsilon", 1e-5)
    else:
        values |= {"feed_forward_length": 96, "attention.head_count_kv": 2}
        writer.add_float32(f"{architecture}.attention.layer_norm_rms_epsilon", 1e-5)
        theta = config.rope_parameters["rope_theta"]
        writer.add_float32(f"{architecture}.rope.freq_base", theta)
    if kind == "llama":
        values["rope.dimension_count"] = 16
    if kind == "qwen3":
        values |= {"attention.key_length": 128, "attention.value_length": 128}
    if kind == "mixtral":
        values |= {"expert_count": 4, "expert_used_count": config.num_experts_per_tok}
    changed = {name for name, _, _ in fields}
    for name, value in values.items():
        if name not in changed:
            writer.add_uint32(f"{architecture}.{name}", value)
    for name, add, value in fields:
        if value is not None:
            key = name if name.split(".")[0] in ("general", "tokenizer", "split") else None
            getattr(writer, f"add_{add}")(key or f"{architecture}.{name}", value)
    for name, array in {**tensors_for_gguf(model), **dict(tensors)}.items():
        if name in leave_out:
            continue
        kind_of_numbers = gguf.GGMLQuantizationType[quantization if array.ndim > 1 else "F32"]
        stored = gguf.quants.quantize(array.astype(np.float32), kind_of_numbers)
        writer.add_tensor(name, stored, raw_dtype=kind_of_numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
