"""Training on lines or on a running text; the step with the best held-out loss is kept.

    training = train_lines(lines, plan(lines))
    for step in training:
        print(step.step, step.val_loss)
    training.model

It is `gptcore.training` on other batches, so steps, log, checkpoints and resume are the same.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gptcore.checks import as_path
from gptcore.own_gpt.line_batches import LineBatches, TextBatches, bos_of, encode_lines
from gptcore.own_gpt.proposal import plan
from gptcore.own_gpt.recipe import Recipe
from gptcore.own_gpt.split import split_lines, split_text
from gptcore.own_gpt.start import new_model
from gptcore.own_gpt.text_lines import TextLines
from gptcore.tokenizers import BPETokenizer, CharTokenizer, Tokenizer
from gptcore.tokenizers.special_tokens import END_OF_TEXT
from gptcore.training import Checkpoints, Step, read_log, train
from gptcore.training.saving.checkpoint_contents import read_weights


class LineTraining(Iterator[Step]):
    """The steps of a training, each made when it is asked for; then the best model.

    Args:
        text: What is learned.
        recipe: How.
        out_dir: Folder of the run, or None.
        resume: Whether the run in the folder is continued.
        stop: Called after each step; training ends if it returns True.
        device: Where it runs.

    Example:
        >>> training = train_lines(lines, plan(lines, max_steps=3, eval_every=3))
        >>> [step.step for step in training]
        [1, 2, 3]
    """

    def __init__(
        self,
        text: TextLines,
        recipe: Recipe,
        *,
        out_dir: Path | None = None,
        resume: bool = False,
        stop: Callable[[], bool] = lambda: False,
        device: str = "cpu",
    ) -> None:
        self.text, self.recipe = text, recipe
        self.train, self.held_out = split(text, recipe.seed)
        self.tokenizer = make_tokenizer(text, recipe, self.train)
        self.model = new_model(recipe, self.tokenizer)
        options = {"batch_size": recipe.batch_size, "block_size": recipe.block_size}
        self.batches, self.val = (
            make_batches(part, self.tokenizer, text.is_running_text, seed=recipe.seed, **options)
            for part in (self.train, self.held_out)
        )
        self.best_loss, self.best_step = float("inf"), 0
        self.best_weights: dict[str, Tensor] = {}
        self.user_stop = stop
        self.trainer = train(
            self.model,
            self.batches,
            recipe.train_config(device),
            val=self.val,
            out_dir=out_dir,
            resume=resume,
            stop=self.should_stop,
        )
        if self.trainer.run.step and out_dir is not None:
            self.load_best(out_dir)

    def __iter__(self) -> Iterator[Step]:
        """Yield the steps; then, or if the loop ends early, the best model is loaded."""
        try:
            while (step := next(self, None)) is not None:
                yield step
        finally:
            self.close()

    def __next__(self) -> Step:
        if self.has_converged:
            self.close()
            raise StopIteration
        return next(self.trainer)

    @property
    def has_converged(self) -> bool:
        """Whether the best held-out loss is `patience` steps ago."""
        return self.trainer.run.step - self.best_step >= self.recipe.patience > 0

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.trainer.is_finished or self.has_converged

    def should_stop(self) -> bool:
        """Note the held-out loss of the step, and whether the training ends with it."""
        last = self.trainer.run.last_val
        if last is not None and last[1] == self.trainer.run.step and last[0] < self.best_loss:
            self.best_loss, self.best_step = last
            self.best_weights = copy.deepcopy(self.model.unique_state_dict())
        return self.user_stop() or self.has_converged

    def load_best(self, out_dir: Path) -> None:
        """What an earlier part of the run has found best.

        Args:
            out_dir: Its folder.
        """
        done = self.trainer.run.step
        measured = [
            (s.val_loss, s.step)
            for s in read_log(out_dir)
            if s.val_loss is not None and s.step <= done
        ]
        folder = Checkpoints(out_dir).best_folder()
        if measured and folder is not None:
            self.best_loss, self.best_step = min(measured)
            self.best_weights = read_weights(folder).float().unique_state_dict()

    def close(self) -> None:
        """Save the last step, and load the weights of the best one into the model."""
        self.trainer.close()
        if self.best_weights:
            with torch.no_grad():
                for name, tensor in self.model.unique_state_dict().items():
                    tensor.copy_(self.best_weights[name])
        self.model.eval()


def train_lines(
    text: TextLines | Sequence[str],
    recipe: Recipe | None = None,
    *,
    out_dir: str | Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> LineTraining:
    """Train a model on lines, or on a running text, and yield a `Step` after each update.

    A tenth is held out. After the loop `training.model` has the weights of the step with the best
    held-out loss, in evaluation mode.

    Args:
        text: From `read_lines`, or lines.
        recipe: How; None is what `plan` proposes.
        out_dir: Folder for log and checkpoints; without one, nothing is written.
        resume: Continue from the newest intact checkpoint in `out_dir`; start if there is none.
        stop: Called after each step; training ends if it returns True.
        device: cpu, cuda, mps.

    Returns:
        An iterator of steps, with the attributes model, tokenizer, train, held_out, best_loss and
        best_step.

    Raises:
        ValueError: If there are too few lines, or the run in `out_dir` does not fit to them.

    Example:
        >>> training = train_lines(lines, plan(lines, max_steps=3, eval_every=3))
        >>> [step.step for step in training]
        [1, 2, 3]
        >>> training.best_step
        3
    """
    if not isinstance(text, TextLines):
        text = TextLines(tuple(dict.fromkeys(text)))
    folder = None if out_dir is None else as_path(out_dir, "--out_dir")
    return LineTraining(
        text, recipe or plan(text), out_dir=folder, resume=resume, stop=stop, device=device
    )


def split(text: TextLines, seed: int) -> tuple[list[str], list[str]]:
    """What is learned from, and what is held out; of a running text one long string each.

    Args:
        text: Lines or a running text.
        seed: Seed of the order of lines.
    """
    if not text.is_running_text:
        return split_lines(text.lines, seed=seed)
    train, held_out = split_text(text.lines[0])
    return [train], [held_out]


def make_tokenizer(text: TextLines, recipe: Recipe, train: list[str]) -> Tokenizer:
    """The tokenizer: of all letters, or of pieces of words that the training part has.

    Args:
        text: All of it.
        recipe: Which kind.
        train: What is learned from.
    """
    if recipe.tokenizer == "characters":
        return CharTokenizer.train(text.lines)
    return BPETokenizer.train(train, vocab_size=recipe.vocab_size, special_tokens=[END_OF_TEXT])


def make_batches(
    part: list[str], tokenizer: Tokenizer, is_text: bool, **options: int
) -> LineBatches | TextBatches:
    """Rows of lines, or of a running text.

    Args:
        part: Lines; or one text.
        tokenizer: Its tokenizer.
        is_text: Whether it is a running text.
        **options: batch_size, block_size and seed.
    """
    if is_text:
        ids = tokenizer.encode_ordinary(part[0])
        return TextBatches(ids, bos=bos_of(tokenizer), **options)
    rows = encode_lines(part, tokenizer)
    longest = max(map(len, rows)) - 1
    return LineBatches(rows, **{**options, "block_size": longest})
