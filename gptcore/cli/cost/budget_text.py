"""A budget, and the table of GPUs, as text: every figure with its unit and its source."""

from dataclasses import replace

from gptcore.training.cost.budget import Budget
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.cost.proposals import optimal_config, propose
from gptcore.training.cost.scaling import parameter_count
from gptcore.training.hardware.gpus import GIB, GPUS


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
    return f"  {name:14}{number:>15} {unit:10}{remark}".rstrip()


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
    assert plan.hours is not None and plan.kwh is not None
    watts = f"if it draws {plan.gpu.watts:g} W all the time; without the rest of the computer"
    extra = "evaluations and checkpoints come on top"
    return [
        *lines,
        format_line("throughput", f"{plan.tokens_per_second:,.0f}", "tokens/s", plan.rate_source),
        format_line("it takes", *format_hours(plan.hours), extra),
        format_line("energy", format_few_digits(plan.kwh), "kWh", watts),
    ]


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
    return [
        *(["", "to consider"] if advice else []),
        *(f"  {text}" for text in advice),
        "",
        f"memory and power of the GPU: {plan.gpu.specs_source}",
        f"its peak: {plan.gpu.peak_source}",
    ]


def format_compute_optimal(plan: Budget) -> str:
    """What Chinchilla's rule would do with the FLOPs of this run."""
    best, config = plan.compute_optimal, optimal_config(plan)
    return (
        f"this run sees {plan.tokens / plan.parameters:,.3g} tokens a parameter; for the same "
        f"FLOPs Chinchilla's rule of 20 takes {best.parameters / 1e6:,.3g}M parameters and "
        f"{best.tokens / 1e9:,.3g}B tokens, such as --n_layer {config.n_layer} --n_head "
        f"{config.n_head} --n_embd {config.n_embd} ({parameter_count(config) / 1e6:,.3g}M)"
    )


def format_gpu_table() -> str:
    """Format all GPUs, then the sources of their figures."""
    header = f"{'':15}{'GiB':>5}{'TFLOP/s':>9} {'format':9}{'W':>5}{'MFU':>7}  source of the MFU"
    rows = [header]
    rows += [
        f"{gpu.name:15}{gpu.memory_bytes / GIB:5.0f}{gpu.flops_per_second / 1e12:9.1f} "
        f"{gpu.dtype:9}{gpu.watts:5.0f}{gpu.mfu:7.0%}  {gpu.mfu_source}"
        for gpu in GPUS.values()
    ]
    sources: dict[tuple[str, str], list[str]] = {}
    for gpu in GPUS.values():
        sources.setdefault((gpu.specs_source, gpu.peak_source), []).append(gpu.name)
    rows.append("")
    for (specs, peak), names in sources.items():
        rows.append(f"{', '.join(names)}:\n  memory and power: {specs}\n  peak: {peak}")
    return "\n".join(rows)


def format_gib(number: int) -> tuple[str, str]:
    """Format bytes of memory, in units of 1024: number and unit."""
    if number >= GIB / 10:
        return f"{number / GIB:.2f}", "GiB"
    return f"{number / 2**20:.2f}", "MiB"


def format_gb(number: int) -> tuple[str, str]:
    """Format bytes on a disk, in units of 1000: number and unit."""
    return (f"{number / 1e9:.2f}", "GB") if number >= 1e8 else (f"{number / 1e6:.2f}", "MB")
