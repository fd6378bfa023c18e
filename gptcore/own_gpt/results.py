"""What a training has reached: losses, what they are compared with, copies, samples."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from gptcore.own_gpt.letter_table import LetterTable, best_letter_table
from gptcore.own_gpt.line_batches import LineBatches, TextBatches
from gptcore.own_gpt.memorization import MemorizedShare, longest_copy, memorized_share
from gptcore.own_gpt.samples import sample_lines
from gptcore.own_gpt.training import LineTraining
from gptcore.training.loss import LossSum, rows_loss

MEASURED = 2_000  # lines of the training part on which the loss is measured
COMPARED = 200  # samples, and held-out lines, whose copied parts are measured
TEXT_PIECE = 200  # letters of a piece of held-out running text


@dataclass(frozen=True)
class Results:
    """What a training has reached.

    Attributes:
        source: Name of the file of text.
        n_lines: Different lines of it; 1 for a running text.
        n_letters: Letters of it.
        n_held_out: Lines that were held out; letters of a running text.
        parameters: Numbers of the model.
        best_step: The step whose weights are kept.
        train_loss: Loss of that model on what it learned from, in nats per letter.
        held_out_loss: Loss on what was held out, in nats per letter.
        table: The best letter table on the same lines.
        share: How much is memorized; None for a running text.
        longest_copies: Mean letters of the longest copied part: of samples, and of held-out lines.
        samples: What it writes.

    Example:
        >>> results.held_out_loss < results.table.loss
        True
    """

    source: str
    n_lines: int
    n_letters: int
    n_held_out: int
    parameters: int
    best_step: int
    train_loss: float
    held_out_loss: float
    table: LetterTable
    share: MemorizedShare | None
    longest_copies: tuple[float, float]
    samples: tuple[str, ...]

    @property
    def is_running_text(self) -> bool:
        """Whether it is no list."""
        return self.share is None


def evaluate(training: LineTraining, *, source: str, n_samples: int = 500) -> Results:
    """Measure the best model of a training.

    Args:
        training: After its last step.
        source: Name of the file of text.
        n_samples: Samples to write.

    Returns:
        The results.

    Example:
        >>> training = train_lines(lines, plan(lines, max_steps=3, eval_every=3))
        >>> steps = list(training)
        >>> evaluate(training, source="names.txt", n_samples=5).n_lines == len(lines)
        True
    """
    text, model, tokenizer = training.text, training.model, training.tokenizer
    train, held_out = training.train, training.held_out
    samples = sample_lines(model, tokenizer, n_samples, seed=training.recipe.seed)
    share = None
    if not text.is_running_text:
        share = memorized_share(model, tokenizer, train, held_out)
    return Results(
        source=source,
        n_lines=len(text.lines),
        n_letters=text.n_letters,
        n_held_out=len(held_out[0]) if text.is_running_text else len(held_out),
        parameters=sum(model.parameters_by_part().values()),
        best_step=training.best_step,
        train_loss=loss_per_letter(training, training.batches, train),
        held_out_loss=loss_per_letter(training, training.val, held_out),
        table=best_letter_table(train, held_out),
        share=share,
        longest_copies=mean_copies(samples, train, held_out),
        samples=tuple(samples),
    )


def loss_per_letter(
    training: LineTraining, rows: LineBatches | TextBatches, lines: Sequence[str]
) -> float:
    """The loss of the model in nats per letter; with BPE a token is several letters.

    Args:
        training: Whose model.
        rows: What is measured; of many lines the first ones.
        lines: The same, as text.
    """
    if isinstance(rows, LineBatches) and len(rows.rows) > MEASURED:
        rows = rows.first(MEASURED)
    per_token = rows_loss(LossSum(training.model), rows, 64, nullcontext())
    if training.tokenizer.kind == "characters":
        return per_token
    text = "\n".join(lines)[:1_000_000]
    return per_token * len(training.tokenizer.encode_ordinary(text)) / len(text)


def mean_copies(
    samples: Sequence[str], train: Sequence[str], held_out: Sequence[str]
) -> tuple[float, float]:
    """Mean letters of the longest copied part: of samples, and of held-out lines.

    Args:
        samples: What the model writes.
        train: What it has read.
        held_out: What it has not.
    """
    source = "\n".join(train)
    if len(held_out) == 1:
        piece, text = TEXT_PIECE, held_out[0]
        held_out = [text[i : i + piece] for i in range(0, len(text), piece)]
    found = []
    for texts in (samples[:COMPARED], held_out[:COMPARED]):
        lengths = [len(longest_copy(text, source)) for text in texts]
        found.append(sum(lengths) / max(1, len(lengths)))
    return found[0], found[1]
