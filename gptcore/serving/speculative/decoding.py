"""Speculative decoding of one text: the draft proposes, the model computes all proposals at once.

Reading the weights takes longer than computing with them, so a pass over five tokens costs little
more than a pass over one. The texts have the distribution of plain sampling, and greedy texts are
the same token for token; a seed gives another text than `generate_cached`, because more random
numbers are used.
Source: Leviathan, Kalman, Matias 2023, arXiv 2211.17192.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.model.gpt import GPT
from gptcore.next_token import check_sampling_options
from gptcore.sampling.batch_sampling import check_finite, filtered_probs
from gptcore.sampling.generation import check_count, check_prompt, check_stop
from gptcore.sampling.kv_cache import KVCache
from gptcore.serving.limits import ContextLengthError
from gptcore.serving.speculative.acceptance import verify
from gptcore.serving.speculative.proposal import Draft, Proposal

NOTHING = Proposal([])


@dataclass(frozen=True)
class SpeculativeStep:
    """One pass of the model over a proposal.

    Attributes:
        tokens: New tokens of the text, without a stop token.
        proposed: Tokens that the draft proposed.
        num_accepted: How many of them were accepted, counted from the first.

    Example:
        >>> SpeculativeStep(tokens=[1, 2, 9], proposed=[1, 2, 3, 4], num_accepted=2).num_tested
        3
    """

    tokens: list[int]
    proposed: list[int]
    num_accepted: int

    @property
    def num_tested(self) -> int:
        """Proposed tokens that the rule looked at: those accepted, and the first rejected one."""
        return min(self.num_accepted + 1, len(self.proposed))


def generate_speculative(
    model: GPT,
    draft: Draft,
    prompt: Sequence[int],
    n: int,
    *,
    num_speculative_tokens: int = 4,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    seed: int = 42,
    stop: int | Collection[int] | None = (),
) -> Iterator[SpeculativeStep]:
    """Continue a text by up to `n` tokens, several in each pass of the model.

    Args:
        model: A GPT on any device.
        draft: Proposes tokens: `GPTDraft`, `NgramDraft`, `PromptLookupDraft` or your own.
        prompt: Token ids, at least one.
        n: The most tokens to generate.
        num_speculative_tokens: The most tokens that are proposed for one pass.
        temperature: Divides the logits; 0 takes the largest.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.
        seed: Of the random numbers.
        stop: Token ids that end the text; they are not yielded.

    Yields:
        What each pass added. The tokens of all passes are the text.

    Raises:
        ContextLengthError: If prompt and `n` tokens do not fit into the context.
        ValueError: If the prompt is empty or has unknown ids, an option is out of range, or the
            draft has another vocabulary.

    Example:
        >>> draft = PromptLookupDraft(min_ngram=1)
        >>> steps = list(generate_speculative(model, draft, [1, 2, 1, 2], 10))
        >>> sum(len(step.tokens) for step in steps)
        10
    """
    ids = as_ids(check_prompt(prompt), "A prompt", model.config.vocab_size)
    check_sampling_options(temperature, top_k, top_p, min_p)
    n, k = check_count(n), as_int(num_speculative_tokens, "num_speculative_tokens", 0)
    rng, stop_ids = Random(as_int(seed, "seed")), check_stop(stop)
    if len(ids) + n - 1 > model.config.block_size:
        raise ContextLengthError(len(ids), n, model.config.block_size)
    check_vocab(model, draft)

    def probabilities(logits: Tensor) -> Tensor:
        check_finite(logits)
        probs = filtered_probs(logits, temperature, top_k, top_p, min_p)
        return probs / probs.sum(-1, keepdim=True)

    def steps() -> Iterator[SpeculativeStep]:
        cache = KVCache(model, batch_size=1, max_seq_len=len(ids) + max(n - 1, 0))
        end = len(ids) + n
        while len(ids) < end:
            most = min(k, end - len(ids) - 1)  # the pass itself adds one
            proposed = draft.propose(list(ids), most, temperature, rng) if most else NOTHING
            logits = cache.all_logits([ids[cache.cur_len :] + proposed.tokens])[0]  # (T, V)
            p = probabilities(logits[-len(proposed.tokens) - 1 :])  # (k + 1, V)
            new, num_accepted = verify(p, proposed, rng)
            stops = [i for i, token in enumerate(new) if token in stop_ids]
            kept = new[: stops[0]] if stops else new
            ids.extend(kept)
            yield SpeculativeStep(kept, proposed.tokens, num_accepted)
            if stops:
                return
            cache.truncate(len(ids) - 1)  # forgets the keys and values of rejected tokens

    return steps()


def check_vocab(model: GPT, draft: Draft) -> None:
    """Raise ValueError if the draft says that it has another vocabulary than the model."""
    vocab_size = getattr(draft, "vocab_size", model.config.vocab_size)
    if vocab_size != model.config.vocab_size:
        raise ValueError(
            f"The draft has a vocabulary of {vocab_size} tokens and the model one of "
            f"{model.config.vocab_size}; both must use the same tokenizer."
        )
