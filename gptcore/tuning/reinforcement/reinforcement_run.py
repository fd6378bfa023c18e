"""The state of a run of reinforcement, and one of its steps."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.model import GPT
from gptcore.training.schedule import learning_rate
from gptcore.tuning.log_probs import answer_batch, token_log_probs
from gptcore.tuning.reinforcement.advantages import group_advantages, groups_agree
from gptcore.tuning.reinforcement.kl import kl_estimate
from gptcore.tuning.reinforcement.policy_loss import policy_loss, token_weights
from gptcore.tuning.reinforcement.questions import Question, check_questions
from gptcore.tuning.reinforcement.reinforce_config import ReinforceConfig, ReinforceStep
from gptcore.tuning.reinforcement.rewards import Reward, check_reward
from gptcore.tuning.reinforcement.rollouts import Rollout, sample_groups
from gptcore.tuning.runs.example_order import examples_of_step
from gptcore.tuning.runs.tuning_run import TuningRun

Decode = Callable[[list[int]], str]

NOTHING_TO_LEARN = (
    "Nothing to learn: all answers to each question got the same reward. The update was skipped. "
    "Ask questions that are answered right sometimes, or raise group_size or temperature."
)
NO_REWARD = "Nothing to learn: all rewards are 0, and there is no baseline. The update was skipped."


class Reinforcement(TuningRun[ReinforceConfig, ReinforceStep]):
    """The state of a run: the model, its reference, the optimizers, and the step.

    Args:
        model: The model; it is changed in place.
        questions: The questions.
        reward: The reward of an answer.
        decode: Turns the ids of an answer into its text.
        end_id: The token that ends an answer.
        config: Settings.
        reference: The model that KL is measured against; None is a copy of `model`.
    """

    examples_name = "questions"

    def __init__(
        self,
        model: GPT,
        questions: Sequence[Question],
        reward: Reward,
        decode: Decode,
        end_id: int,
        config: ReinforceConfig,
        reference: GPT | None,
    ) -> None:
        super().__init__(model, config, reference)
        self.questions = check_questions(questions, model, config.max_new_tokens)
        self.end_id = as_ids([as_int(end_id, "end_id")], "end_id", model.config.vocab_size)[0]
        self.reward, self.decode = reward, decode

    def examples(self) -> Any:
        """The questions, and the token that ends an answer."""
        return self.questions, self.end_id

    def make_step(self) -> ReinforceStep:
        """Sample answers, reward them, and make one update."""
        config, step = self.config, self.step + 1
        questions = examples_of_step(self.questions, step, config.questions_per_step, config.seed)
        rollouts = self.sample(questions, step)
        rewards = self.rewards(questions, rollouts)  # (Q, G)
        ids, targets = answer_batch([r.prompt for r in rollouts], [r.answer for r in rollouts])
        lengths = torch.tensor([len(r.answer) for r in rollouts])  # (B,)
        ref = self.reference_log_probs(ids, targets, config.temperature)  # (B, T)
        advantages = self.advantages(rewards, rollouts, ref)  # (B,)
        lr = learning_rate(self.train_config, step)
        kl, entropy = self.backward(ids, targets, ref, advantages, lengths)
        has_something = bool(advantages.any()) or config.kl_weight > 0
        grad_norm = self.update(step, lr, has_something)
        return ReinforceStep(
            step=step,
            reward=float(rewards.mean()),
            pass_rate=float((rewards.amax(1) >= config.passing_reward).double().mean()),
            agreement=float(groups_agree(rewards).double().mean()),
            kl=kl,
            entropy=entropy,
            length=float(lengths.double().mean()),
            ended=sum(rollout.is_ended for rollout in rollouts) / len(rollouts),
            grad_norm=grad_norm,
            learning_rate=lr,
            message="" if has_something else self.why_nothing(),
        )

    def why_nothing(self) -> str:
        """Why a step had nothing to learn."""
        return NO_REWARD if self.config.baseline == "none" else NOTHING_TO_LEARN

    def sample(self, questions: list[Question], step: int) -> list[Rollout]:
        """Sample the groups of a step, one after the other in one list."""
        groups = sample_groups(
            self.model,
            [question.prompt for question in questions],
            self.config.group_size,
            self.config.max_new_tokens,
            self.end_id,
            temperature=self.config.temperature,
            seed=Random(f"{self.config.seed} step {step}").getrandbits(60),
        )
        return [rollout for group in groups for rollout in group]

    def rewards(self, questions: list[Question], rollouts: list[Rollout]) -> Tensor:
        """The reward of each answer, shape (Q, G)."""
        G = self.config.group_size
        found = [
            check_reward(
                self.reward,
                self.decode(rollout.text_ids) if rollout.is_ended else None,
                questions[place // G].key,
            )
            for place, rollout in enumerate(rollouts)
        ]
        return torch.tensor(found, dtype=torch.float64).view(-1, G)

    def advantages(self, rewards: Tensor, rollouts: list[Rollout], ref: Tensor) -> Tensor:
        """The advantage of each answer, shape (B,); with k1 subtracted from its reward."""
        if self.config.kl_weight and self.config.kl_place == "reward":
            log_probs = torch.tensor([sum(rollout.log_probs) for rollout in rollouts])  # (B,)
            k1 = kl_estimate(log_probs.double(), ref.sum(-1).double().cpu(), "k1")
            rewards = rewards - self.config.kl_weight * k1.view_as(rewards)
        return group_advantages(rewards, self.config.baseline).flatten().to(self.model.device)

    def backward(
        self, ids: Tensor, targets: Tensor, ref: Tensor, advantages: Tensor, lengths: Tensor
    ) -> tuple[float, float]:
        """Add up the gradients of all answers; the mean KL and entropy of their tokens."""
        config, kl, entropy = self.config, 0.0, 0.0
        weights = token_weights(lengths.to(ref.device), config.normalize)  # (B,)
        for rows in self.batches(len(ids)):
            batch = ids[rows].to(ref.device), targets[rows].to(ref.device)
            log_probs, entropies = token_log_probs(self.model, *batch, config.temperature)
            loss = policy_loss(log_probs, advantages[rows], weights[rows])
            if config.kl_weight and config.kl_place == "loss":
                k2 = kl_estimate(log_probs, ref[rows], "k2").sum(-1)  # (B,)
                loss = loss + config.kl_weight * (weights[rows] * k2).sum()
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's has no types
            kl += float(kl_estimate(log_probs.detach(), ref[rows], "k3").sum())
            entropy += float(entropies.sum())
        return kl / int(lengths.sum()), entropy / int(lengths.sum())
