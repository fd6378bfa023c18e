"""The state of a run of direct preference optimization, and one of its steps."""

from typing import Any

import torch
from torch import Tensor

from gptcore.model import GPT
from gptcore.training.schedule import learning_rate
from gptcore.tuning.log_probs import answer_batch, token_log_probs
from gptcore.tuning.preferences.dpo_config import DPOConfig, DPOStep
from gptcore.tuning.preferences.dpo_loss import dpo_loss
from gptcore.tuning.preferences.pairs import PairTokens
from gptcore.tuning.runs.example_order import examples_of_step
from gptcore.tuning.runs.tuning_run import TuningRun


class PreferenceOptimization(TuningRun[DPOConfig, DPOStep]):
    """The state of a run: the model, its reference, the optimizers, and the step.

    Args:
        model: The model; it is changed in place.
        pairs: The pairs.
        config: Settings.
        reference: The model that log-probabilities are compared with; None is a copy of `model`.
    """

    examples_name = "pairs"

    def __init__(
        self, model: GPT, pairs: list[PairTokens], config: DPOConfig, reference: GPT | None
    ) -> None:
        super().__init__(model, config, reference)
        self.pairs = pairs

    def examples(self) -> Any:
        """The pairs."""
        return self.pairs

    def make_step(self) -> DPOStep:
        """Compare the pairs of a step, and make one update."""
        config, step = self.config, self.step + 1
        pairs = examples_of_step(self.pairs, step, config.pairs_per_step, config.seed)
        lr = learning_rate(self.train_config, step)
        parts = [self.backward(pairs[rows], len(pairs)) for rows in self.batches(len(pairs))]
        loss, accuracy, chosen, rejected, sft_loss = torch.stack(parts).sum(0).tolist()
        return DPOStep(
            step=step,
            loss=loss,
            accuracy=accuracy,
            chosen=chosen,
            rejected=rejected,
            margin=config.beta * (chosen - rejected),
            sft_loss=sft_loss,
            grad_norm=self.update(step, lr),
            learning_rate=lr,
        )

    def backward(self, pairs: list[PairTokens], count: int) -> Tensor:
        """Add the gradients of some pairs to those of the others.

        Args:
            pairs: P of them.
            count: Pairs of the whole step.

        Returns:
            Their part of the means of the step: loss, accuracy, changes of the chosen and of the
            rejected answers, loss of fine-tuning; shape (5,).
        """
        P = len(pairs)
        answers = [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
        ids, targets = answer_batch([pair.prompt for pair in pairs] * 2, answers)  # (2P, T)
        device = self.model.device
        with torch.no_grad():
            batch = ids.to(device), targets.to(device)
            before = token_log_probs(self.reference, *batch)[0].sum(-1)  # (2P,)
        log_probs = token_log_probs(self.model, *batch)[0].sum(-1)  # (2P,)
        loss, chosen_rewards, rejected_rewards = dpo_loss(
            log_probs[:P], log_probs[P:], before[:P], before[P:], self.config.beta
        )
        lengths = torch.tensor([len(pair.chosen) for pair in pairs], device=device)  # (P,)
        sft_loss = -(log_probs[:P] / lengths).mean()
        total = loss + self.config.sft_weight * sft_loss
        (total * P / count).backward()  # type: ignore[no-untyped-call]  # PyTorch's has no types
        change = (log_probs - before).detach()  # (2P,)
        means = [
            loss.detach(),
            (chosen_rewards > rejected_rewards).to(loss.dtype).mean(),
            change[:P].mean(),
            change[P:].mean(),
            sft_loss.detach(),
        ]
        return torch.stack(means).double().cpu() * P / count
