"""Direct preference optimization: a model learns from pairs of answers, without a reward.

    for step in optimize_preferences(model, "pairs.jsonl", chat):
        print(step.step, step.loss, step.accuracy)

Trap: a pair is learned when the rejected answer falls more than the chosen one, so both may fall,
and what rises is neither of them. `DPOStep.chosen` shows it; `sft_weight` works against it.
Source: Rafailov et al. 2023, arXiv 2305.18290; the loss of fine-tuning beside it: Pang et al. 2024,
    Iterative Reasoning Preference Optimization, arXiv 2404.19733.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gptcore.checks import as_path
from gptcore.model import GPT
from gptcore.tuning.chat_format import FILE, ChatFormat
from gptcore.tuning.fine_tuning import check_vocab
from gptcore.tuning.preferences.dpo_config import DPOConfig, DPOStep
from gptcore.tuning.preferences.dpo_run import PreferenceOptimization
from gptcore.tuning.preferences.pairs import PreferencePair, encode_pairs, read_pairs
from gptcore.tuning.runs.tuning_run import open_folder, run_steps


def optimize_preferences(
    model: GPT,
    pairs: str | Path | Sequence[PreferencePair],
    chat: ChatFormat,
    config: DPOConfig | None = None,
    *,
    reference: GPT | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
) -> Iterator[DPOStep]:
    """Make chosen answers likelier than rejected ones, and yield a record after each update.

    If the loop ends in any way, the last complete step is saved.

    Args:
        model: The model; it is changed in place.
        pairs: A file of JSON lines, or pairs; each is used once before any is used again.
        chat: How they become ids; it is stored in `out_dir`.
        config: Settings; the defaults of `DPOConfig` if None.
        reference: The model that log-probabilities are compared with; None is `model` as it is
            given. On a resume, give the model as it was given first.
        out_dir: Folder for log, checkpoints and chat format; without one, nothing is written.
        resume: Continue from the newest intact checkpoint in `out_dir`; start if there is none.

    Returns:
        An iterator of records.

    Raises:
        ValueError: If something does not fit together.
        NonFiniteError: If a gradient is infinite or NaN; the weights are those before the step.

    Example:
        >>> pair = PreferencePair([{"role": "user", "content": "1+1?"}], "2", "3")
        >>> config = DPOConfig(max_steps=2, warmup_steps=0)
        >>> [step.step for step in optimize_preferences(model, [pair], chat, config)]
        [1, 2]
    """
    config = config or DPOConfig()
    check_vocab(model, chat)
    folder_path = None if out_dir is None else as_path(out_dir, "--out_dir")
    if folder_path is not None and resume and (folder_path / FILE).exists():
        chat.check_same(ChatFormat.load(folder_path), folder_path)
    if isinstance(pairs, (str, Path)):
        pairs = read_pairs(pairs)
    tokens = encode_pairs(pairs, chat, model.config.block_size)
    run = PreferenceOptimization(model, tokens, config, reference)
    folder = open_folder(run, folder_path, resume)
    if folder_path is not None:
        chat.save(folder_path)
    return run_steps(run, folder)
