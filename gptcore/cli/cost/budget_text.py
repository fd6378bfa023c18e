"""A budget as text: every figure with its unit and its source."""

from collections.abc import Callable
from dataclasses import replace

from gptcore.training.cost.budget import Budget
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.cost.proposals import optimal_config, propose
from gptcore.training.cost.scaling import parameter_count
from gptcore.training.hardware.gpus import GIB


def format_budget(plan: Budget) -> str:
    """Format a budget, with the unit and the source of every figure."""
    return "\n".join(
        [
            f"{plan.gpu.title}, {plan.gpu.memory_bytes / GIB:.1f} GiB, {plan.dtype}",
            *model_lines(plan),
            "",
            *memory_lines(plan),
            "",
            *time_lines(plan),
            "",
            *disk_lines(plan),
            *advice_lines(plan),
        ]
    )


def format_line(name: str, number: str, unit: str = "", remark: str = "") -> str:
    return f"  {name:14}{number:>18} {unit:10}{remark}".rstrip()


def model_lines(plan: Budget) -> list[str]:
    parts = ", ".join(
        f"{part.replace('_', ' ')} {count:,}"
        for part, count in plan.parameters_by_part.items()
        if count
    )
    convention = "6 for each weight of a matrix + 12 L H Q T; full attention, as nanoGPT counts"
    return [
        format_line("parameters", f"{plan.parameters:,}", "", parts),
        format_line("FLOPs", f"{plan.flops_per_token:,}", "a token", convention),
    ]


def memory_lines(plan: Budget) -> list[str]:
    memory, training, model = plan.memory, plan.training, plan.model
    other = estimate_memory(model, replace(training, compile=not training.compile), plan.dtype)
    other_mode = "not compiled" if training.compile else "compiled"
    chunks = f"{training.loss_chunk:,} tokens at a time; " if training.loss_chunk else ""
    saved = "only the inputs" if training.activation_checkpointing else "what"
    remarks = {
        "weights": "32 bits each",
        "gradients": "32 bits each",
        "optimizer": f"{training.optimizer}'s running means, 32 bits each",
        "activations": f"{saved} {model.n_layer} blocks save for the backward pass",
        "logits": f"{model.vocab_size:,} for each token, and their gradients; {chunks}{other_mode} "
        f"{' '.join(format_gib(other.logits))}",
    }
    verdict = "fits" if plan.fits else "DOES NOT FIT"
    usable = (
        f"{verdict} into {' '.join(format_gib(plan.gpu.usable_bytes))}, "
        f"{plan.gpu.usable_fraction:.0%} of the memory; "
        f"at most {plan.max_batch_size} row{'s' * (plan.max_batch_size != 1)} would"
    )
    return [
        f"memory, with a micro-batch of {training.batch_size} x {model.block_size:,} tokens",
        *(
            format_line(part, *format_gib(getattr(memory, part)), remark)
            for part, remark in remarks.items()
        ),
        format_line("in all", *format_gib(memory.total), usable),
        *saving_lines(plan),
    ]


def saving_lines(plan: Budget) -> list[str]:
    """Whether the run uses FlashAttention and activation checkpointing, and what each changes."""
    model, training, total = plan.model, plan.training, plan.memory.total
    plain = replace(model, use_sdpa=not model.use_sdpa)
    attention = estimate_memory(plain, training, plan.dtype).total - total
    swapped = replace(training, activation_checkpointing=not training.activation_checkpointing)
    checkpointed = " ".join(format_gib(estimate_memory(model, swapped, plan.dtype).total))
    kernel = "F.scaled_dot_product_attention"
    return [
        format_line(
            "FlashAttention",
            "used" if model.use_sdpa else "not used",
            "",
            f"{kernel}; T x T weights would take {' '.join(format_gib(attention))} more"
            if model.use_sdpa
            else f"{kernel} would save {' '.join(format_gib(-attention))}",
        ),
        format_line(
            "checkpointing",
            "used" if training.activation_checkpointing else "not used",
            "",
            f"activations are computed twice, a third more time; without, {checkpointed} in all"
            if training.activation_checkpointing
            else f"--activation_checkpointing True: {checkpointed} in all, a third more time",
        ),
    ]


def time_lines(plan: Budget) -> list[str]:
    training = plan.training
    batch = f"{training.batch_size} x {training.grad_accum} x {plan.model.block_size:,}"
    run = f"{training.max_steps:,} steps; {plan.flops:.3g} FLOPs"
    lines = [
        "time and power",
        format_line("a batch", f"{plan.tokens_per_step:,}", "tokens", batch),
        format_line("the run", f"{plan.tokens:,}", "tokens", run),
    ]
    if plan.tokens_per_second is None:
        return [*lines, format_line("throughput", "not known", "", plan.rate_source)]
    assert plan.hours_range and plan.kwh_range and plan.tokens_per_second_range
    short, long = plan.hours_range
    unit = format_hours(long)[1]
    scale = {"hours": 1, "minutes": 60, "seconds": 3600}[unit]
    extra = "evaluations and checkpoints come on top"
    if plan.is_assumed:
        extra = f"assumed, not measured; {extra}"
    return [
        *lines,
        format_line(
            "throughput",
            format_range(plan.tokens_per_second_range, lambda rate: f"{rate:,.0f}"),
            "tokens/s",
            plan.rate_source,
        ),
        format_line(
            "it takes",
            format_range((short * scale, long * scale), format_few_digits),
            unit,
            extra,
        ),
        format_line(
            "energy", format_range(plan.kwh_range, format_few_digits), "kWh", format_power(plan)
        ),
    ]


def format_power(plan: Budget) -> str:
    """The power with which the energy is computed, and what a limit does to the time."""
    gpu = plan.gpu
    watts = f"if it draws {gpu.planned_watts:g} W all the time; without the rest of the computer"
    if gpu.power_limit:
        watts += f"; your limit, of {gpu.watts:g} W; the time is that without a limit"
    elif gpu.min_watts:
        watts += f"; laptops allow {gpu.min_watts:g} to {gpu.watts:g} W"
    return watts


def format_range(numbers: tuple[float, float], form: Callable[[float], str]) -> str:
    """Format the lowest and the highest number, or one number where they are the same."""
    low, high = map(form, numbers)
    return low if low == high else f"{low} to {high}"


def format_few_digits(number: float) -> str:
    """Format a number for people: 11,691 and 12.5 and 0.361, never 2e+03."""
    return f"{number:,.{0 if number >= 100 else 1 if number >= 1 else 3}f}"


def format_hours(hours: float) -> tuple[str, str]:
    """Format a duration in hours, minutes or seconds: number and unit."""
    if hours >= 1:
        return format_few_digits(hours), "hours"
    if hours * 60 >= 1:
        return f"{hours * 60:.1f}", "minutes"
    return f"{hours * 3600:.1f}", "seconds"


def disk_lines(plan: Budget) -> list[str]:
    count = plan.training.keep_checkpoints + 2
    checkpoints = f"{count} of them: the newest, the best, the next; weights and optimizer"
    lines = ["disk", format_line("checkpoints", *format_gb(plan.checkpoint_bytes), checkpoints)]
    if plan.from_fineweb:
        files = "FineWeb's files, each token seen once"
        shards = "the same tokens as gptcore prepare writes"
        lines += [
            format_line("download", *format_gb(plan.download_bytes), files),
            format_line("shards", *format_gb(plan.shard_bytes), shards),
        ]
    return lines


def advice_lines(plan: Budget) -> list[str]:
    """Proposals, and the sources of the GPU's figures."""
    advice = [str(proposal) for proposal in propose(plan)]
    if plan.from_fineweb and plan.gpu.name == "cpu":
        advice.append("this is for the CPU; --gpu rtx4070 plans for a GPU")
    if plan.from_fineweb:
        advice.append(format_compute_optimal(plan))
    if plan.gpu.dtype != "float32" and not plan.gpu.min_watts and not plan.gpu.power_limit:
        advice.append(format_power_limit(plan))
    return [
        *(["", "to consider"] if advice else []),
        *(f"  {text}" for text in advice),
        "",
        f"memory and power of the GPU: {plan.gpu.specs_source}",
        f"its peak: {plan.gpu.peak_source}",
    ]


def format_power_limit(plan: Budget) -> str:
    """What a power limit costs, by the one measurement that we know."""
    watts = round(0.8 * plan.gpu.watts)
    return (
        f"sudo nvidia-smi -pl {watts}: four fifths of the power; an RTX 3090 kept over 95 % of its "
        f"speed so (Puget Systems, 2020). --power_limit {watts} computes the energy"
    )


def format_compute_optimal(plan: Budget) -> str:
    """What Chinchilla's rule would do with the FLOPs of this run."""
    best, config = plan.compute_optimal, optimal_config(plan)
    return (
        f"this run sees {plan.tokens / plan.parameters:,.3g} tokens a parameter; for the same "
        f"FLOPs Chinchilla's rule of 20 takes {best.parameters / 1e6:,.3g}M parameters and "
        f"{best.tokens / 1e9:,.3g}B tokens, such as --n_layer {config.n_layer} --n_head "
        f"{config.n_head} --n_embd {config.n_embd} ({parameter_count(config) / 1e6:,.3g}M)"
    )


def format_gib(number: int) -> tuple[str, str]:
    """Format bytes of memory, in units of 1024: number and unit."""
    if number >= GIB / 10:
        return f"{number / GIB:.2f}", "GiB"
    return f"{number / 2**20:.2f}", "MiB"


def format_gb(number: int) -> tuple[str, str]:
    """Format bytes on a disk, in units of 1000: number and unit."""
    return (f"{number / 1e9:.2f}", "GB") if number >= 1e8 else (f"{number / 1e6:.2f}", "MB")
