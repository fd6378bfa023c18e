"""A budget, and the table of GPUs, for a reader: every figure with its unit and its source."""

from dataclasses import replace

from gptcore.training.cost.budget import Budget
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.cost.proposals import optimal_config, propose
from gptcore.training.cost.scaling import parameter_count
from gptcore.training.hardware.gpus import GIB, GPUS


def in_words(plan: Budget) -> str:
    """The budget for a reader, every figure with its unit and where it is from."""
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


def line(name: str, number: str, unit: str = "", why: str = "") -> str:
    return f"  {name:14}{number:>15} {unit:10}{why}".rstrip()


def model_lines(plan: Budget) -> list[str]:
    parts = ", ".join(
        f"{part.replace('_', ' ')} {count:,}"
        for part, count in plan.parameters_by_part.items()
        if count
    )
    return [
        line("parameters", f"{plan.parameters:,}", "", parts),
        line(
            "operations",
            f"{plan.flops_per_token:,}",
            "a token",
            "6 for each number that multiplies + 12 L H Q T; attention in full, as nanoGPT counts",
        ),
    ]


def memory_lines(plan: Budget) -> list[str]:
    memory, training, model = plan.memory, plan.training, plan.model
    other = estimate_memory(model, replace(training, compile=not training.compile), plan.dtype)
    otherwise = (
        f"{'not compiled' if training.compile else 'compiled'} {' '.join(binary(other.logits))}"
    )
    in_pieces = f"{training.loss_chunk:,} tokens at a time; " if training.loss_chunk else ""
    kept = "inputs, all that" if training.activation_checkpointing else "what"
    why = {
        "weights": "32 bits each",
        "gradients": "32 bits each",
        "optimizer": f"{training.optimizer}'s running means, 32 bits each",
        "activations": f"{kept} {model.n_layer} blocks keep for the way back",
        "logits": f"{model.vocab_size:,} for each token, and their slopes; {in_pieces}{otherwise}",
    }
    verdict = "fits" if plan.fits else "DOES NOT FIT"
    room = " ".join(binary(plan.gpu.usable_bytes))
    usable = (
        f"{verdict} into {room}, {plan.gpu.usable_fraction:.0%} of the memory; "
        f"at most {plan.max_batch_size} row{'s' * (plan.max_batch_size != 1)} would"
    )
    return [
        f"memory, with a micro-batch of {training.batch_size} x {model.block_size:,} tokens",
        *(line(part, *binary(getattr(memory, part)), why[part]) for part in why),
        line("in all", *binary(memory.total), usable),
    ]


def time_lines(plan: Budget) -> list[str]:
    training = plan.training
    batch = f"{training.batch_size} x {training.grad_accum} x {plan.model.block_size:,}"
    run = f"{training.max_steps:,} steps; {plan.flops:.3g} operations"
    lines = [
        "time and power",
        line("a batch", f"{plan.tokens_per_step:,}", "tokens", batch),
        line("the run", f"{plan.tokens:,}", "tokens", run),
    ]
    if plan.tokens_per_second is None:
        return [*lines, line("rate", "not known", "", plan.rate_source)]
    assert plan.hours is not None and plan.kwh is not None
    watts = f"as if it drew its {plan.gpu.watts:g} W all the time; without the rest of the computer"
    return [
        *lines,
        line("rate", f"{plan.tokens_per_second:,.0f}", "tokens/s", plan.rate_source),
        line("it takes", *duration(plan.hours), "evaluations and checkpoints come on top"),
        line("energy", f"{plan.kwh:.3g}", "kWh", watts),
    ]


def duration(hours: float) -> tuple[str, str]:
    """Hours, minutes or seconds, whichever is read most easily."""
    if hours >= 1:
        return f"{hours:,.1f}", "hours"
    return (
        (f"{hours * 60:.1f}", "minutes") if hours * 60 >= 1 else (f"{hours * 3600:.1f}", "seconds")
    )


def disk_lines(plan: Budget) -> list[str]:
    kept = plan.training.keep_checkpoints + 2
    why = f"{kept} of them: the newest, the best, the next; weights and optimizer"
    lines = ["disk", line("checkpoints", *decimal(plan.checkpoint_bytes), why)]
    if plan.from_fineweb:
        lines += [
            line(
                "download", *decimal(plan.download_bytes), "FineWeb's files, each token seen once"
            ),
            line("shards", *decimal(plan.shard_bytes), "the same tokens as gptcore prepare writes"),
        ]
    return lines


def advice_lines(plan: Budget) -> list[str]:
    """What could be done otherwise, and where the GPU's figures are from."""
    told = [str(proposal) for proposal in propose(plan)]
    if plan.from_fineweb and plan.gpu.name == "cpu":
        told.append("this is for the processor; --gpu rtx4070 plans for a GPU")
    if plan.from_fineweb:
        told.append(optimum_in_words(plan))
    return [
        *(["", "to consider"] if told else []),
        *(f"  {text}" for text in told),
        "",
        f"memory and power of the GPU: {plan.gpu.specs_source}",
        f"its peak: {plan.gpu.peak_source}",
    ]


def optimum_in_words(plan: Budget) -> str:
    """What Chinchilla's rule would do with the operations of this run."""
    best, shape = plan.compute_optimal, optimal_config(plan)
    return (
        f"this run sees {plan.tokens / plan.parameters:,.3g} tokens a parameter; for the same "
        f"operations Chinchilla's rule of 20 takes {best.parameters / 1e6:,.3g}M parameters and "
        f"{best.tokens / 1e9:,.3g}B tokens, such as --n_layer {shape.n_layer} --n_head "
        f"{shape.n_head} --n_embd {shape.n_embd} ({parameter_count(shape) / 1e6:,.3g}M)"
    )


def gpu_table() -> str:
    """All GPUs; then the sources."""
    rows = [
        f"{'':15}{'GiB':>5}{'TFLOP/s':>9} {'format':9}{'W':>5}{'share':>7}  share of the peak from"
    ]
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


def binary(number: int) -> tuple[str, str]:
    """Memory as it is sold, in units of 1024."""
    return (
        (f"{number / GIB:.2f}", "GiB") if number >= GIB / 10 else (f"{number / 2**20:.2f}", "MiB")
    )


def decimal(number: int) -> tuple[str, str]:
    """Disks as they are sold, in units of 1000."""
    return (f"{number / 1e9:.2f}", "GB") if number >= 1e8 else (f"{number / 1e6:.2f}", "MB")
