# %% [markdown]
# The models of all lessons so far continue text. A chat model answers. What has to be added? Our example is a GPT with 100,928 parameters that has read a tiny internet of sums and names. Eight of its documents:

# %%
from itertools import islice

from gptcore.corpus import tiny_internet

print(*islice(tiny_internet.documents(seed=1), 8), sep="\n")

# %% [markdown]
# In 17+5, the units add up to more than 9, and 1 is carried to the tens. Call such a sum a *carry*. Six of ten writers forget it and write 12, the others write 22.
#
# Now the model is given the beginnings of sums that it never read, and samples the rest. At temperature 1, 38 % of its carries are right. At temperature 0 it takes the most likely token each time. Then carries are right **A** more often · **B** equally often · **C** less often?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("right carries at temperature 0", ...)

# %% tags=["answer"]
import torch

torch.set_num_threads(1)

from course.experiments.tuning.sums_gpt import sums_gpt
from course.experiments.tuning.tiny_chat import measure_base

base, tokenizer = sums_gpt()
for temperature in (1.0, 0.0):
    shares = measure_base(base, tokenizer, temperature)
    print(f"temperature {temperature:.0f}: right {shares['carry']:.0%}, carry forgotten {shares['forgot']:.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Temperature 0 writes what the majority writes, and the majority is wrong. The most likely text is not the right text.
#
# </details>
#
# ## A base model continues documents
#
# A **base model** is pretrained on text and nothing else. It continues documents:

# %%
from course.experiments.tuning.tiny_chat import complete

for text in ("17+5=", "my name is ", "what is 17+5"):
    prompt = [tokenizer.BOS, *tokenizer.encode(text)]
    print(repr(text), "->", complete(base, tokenizer, [prompt] * 3, tokenizer.BOS))

# %% [markdown]
# Some documents have a question mark, but none has "what is". So the model does not know what to do with this form. The sums are in the model already. What it lacks is the form.
#
# ## A chat template turns a conversation into one document
#
# A **chat template** adds special tokens (lesson 5): here one before each message says who speaks, and one ends each answer. The tokenizer gets new tokens. The embedding table gets a row for each of them: the mean of the other rows, and a little noise.
#
# **Supervised fine-tuning** (SFT) is more training, on such documents. The loss is that of pretraining, with **loss masking**: only what the model has to write is graded. Which tokens are graded here?

# %% tags=["promise-picture"]
from course.experiments.tuning.tiny_chat import chat_model
from viz import draw_loss_mask

model, chat = chat_model()
question, answer = {"role": "user", "content": "what is 17+5?"}, {"role": "assistant", "content": "22"}
draw_loss_mask(chat.render([question, answer]), tokenizer=chat.tokenizer, title="One conversation, one document")

# %% [markdown]
# The question is read and not graded. The end is graded: it teaches the model to stop.
#
# **Exercise 1.** A target is the *next* token, and -1 means: ignore it (lesson 8). Write the targets of a conversation. It may have several questions and answers.

# %% tags=["promise-exercise"]
ASSISTANT, END = chat.id_of("assistant"), chat.id_of("end")  # 43 and 44


def targets(ids):
    """For each id but the last: the next id if it is part of an answer, or the END of one; else -1."""
    return ...


check("targets", targets)

# %% [markdown]
# ## SFT imitates its writers
#
# Now 3,000 conversations: two of three ask for a sum, the others for "a name with k?". The answers are from the same people: six of ten forget the carry. After SFT on them, how many carries are right? **A** about 90 %: it learns to answer well · **B** about 30 % · **C** under 5 %: 3,000 are too few

# %%
guess("right carries after SFT", ...)

# %% tags=["answer"]
from course.experiments.tuning.tiny_chat import measure, tune

_ = list(tune(model, chat, tiny_internet.conversations(3_000)))
after_sft = measure(model, chat)
print("stops by itself in over 99 % of its answers:", after_sft.ended > 0.99)
print("sums without a carry, over 70 % right:", after_sft.plain > 0.7)
print("carries, 15 to 45 % right:", 0.15 < after_sft.carry < 0.45)

# %% [markdown]
# Six seconds, and it answers. The same with fewer conversations was recorded, five seeds each (`make record` repeats all recorded runs). What is learned first?

# %% tags=["answer"]
from course.experiments.tuning.reports import size_report

print(*size_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Ten conversations are enough to learn when to stop. To answer right takes hundreds. And SFT imitates its writers: they forget 60 % of the carries, the model 61 %. Other slips explain why only 30 % are right.
#
# </details>
#
# ## Catastrophic forgetting, and mixing against it
#
# **Catastrophic forgetting**: training on something new destroys what was learned before. Does our model still know how documents go on? *text* is its loss on the tiny internet, in nats per token. With *mix*, half of each batch is pretraining text.

# %% tags=["answer"]
from course.experiments.tuning.reports import forgetting_report

print(*forgetting_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without mixing it forgets documents, and the more so the higher the learning rate is. With mixing it forgets little. It answers worse at 0.001, equally well at 0.003, and better at 0.01. Is forgetting bad? That depends on what you want to keep.
#
# </details>
#
# ## A wrong mask raises no error
#
# Ada, Bo and Cai write the targets themselves. All else is equal: conversations, steps, five seeds. Two of the three masks are wrong. Only one of the two ruins the answers. Their training losses at the end:

# %% tags=["promise-failure"]
from course.failures.lesson_14 import answers_of, masks_of, training_losses

for who, loss in training_losses().items():
    print(f"{who:4} {loss:.2f} nats per graded token")

# %%
guess("the run that is broken", ...)

# %% tags=["answer"]
print(*answers_of(), sep="\n")
draw_loss_mask(*masks_of(chat, [question, answer]), title="What each program grades")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Bo's mask lies over the inputs, not over the targets. The first token of an answer is never graded, so the model does not learn how to begin. Its loss looks normal, and even lower, because a hard token is left out. Cai grades the padding, which is easy to predict. A loss is a mean over what is graded, so the losses of two masks cannot be compared. Render one conversation, and look.
#
# Without any mask this model is about as good. It is not so everywhere. nanochat, Andrej Karpathy's chat model, lost its mask in a rewrite. When it was back, the score rose from 0.315 to 0.355 (pull request 582).
#
# </details>
#
# ## A real chat model: the same, a thousand times larger
#
# This section is optional. SmolLM2 was made by pretraining, SFT and DPO (below). Its chat template comes with its tokenizer (93 MB to download: `gptcore fetch smollm2`). Which message is new?

# %% tags=["needs-smollm2"]
from course.experiments.tuning.smollm2 import answer_to, load_chat_model, tune_with_lora

smollm2, its_chat = load_chat_model()
draw_loss_mask(its_chat.render([question, answer]), tokenizer=its_chat.tokenizer)

# %% tags=["needs-smollm2"]
for text in ("What is the capital of France?", "Who are you?", "What is 17+5?"):
    print(text, "->", answer_to(smollm2, its_chat, text))

# %% [markdown]
# The *system message* is new: the user does not see it. And SmolLM2 cannot add.
#
# **LoRA** fine-tunes with few parameters: each matrix of attention and MLP stays as it is, and the product of two thin matrices is added to it. One million parameters are trained here, not 134 million. Four conversations ask the model who it is, and all have the same new answer. It learns them in ten steps. What will it answer then, to "Who are you?" and to other questions?

# %% tags=["needs-smollm2", "answer"]
tune_with_lora(smollm2, its_chat)
for text in ("Who are you?", "What is the capital of France?", "Name a colour."):
    print(text, "->", answer_to(smollm2, its_chat, text))
del smollm2  # 540 MB

# %% [markdown]
# <details><summary>What happened</summary>
#
# It knows who it is, and it keeps the capital. But it answers another short request with its new sentence. Nothing in four conversations says where that sentence does *not* belong. Other conversations, mixed in, would.
#
# </details>
#
# ## A reward that a program can check
#
# Imitation ends where the writers end. But an answer can be *checked*. A **reward** is a number that says how good an answer is. The model is now called a **policy**: it gives each possible answer a probability.
#
# The cheapest use: the model answers 600 sums, 8 times each. We keep its own right answers, and fine-tune on them. Nobody writes a new answer. Then carries are right **A** as often as before · **B** in more than half · **C** less often than before

# %%
guess("right carries after training on its own answers", ...)

# %% tags=["answer"]
from copy import deepcopy

from course.experiments.tuning.tiny_chat import sum_questions, tune_config
from gptcore.training import train
from gptcore.tuning import ConversationBatches, exact_number, sample_right_answers

questions, decode, itself = sum_questions(chat), chat.tokenizer.decode, deepcopy(model)
right = sample_right_answers(itself, questions[:600], exact_number, decode, END, max_new_tokens=12)
batches = ConversationBatches(right, batch_size=16, block_size=48, seed=0)
_ = list(train(itself, batches, tune_config()))
after_own = measure(itself, chat)
print("carries, over half right:", after_own.carry > 0.5)
print("names, over half right:", after_own.names > 0.5)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The answers are its own, the choice is not: each check brings a little information from outside. This is called rejection sampling. And there is catastrophic forgetting again: names fall from about 90 % right to nearly 0, because no conversation in these data is about a name.
#
# </details>
#
# ## Advantage: better than expected
#
# Reinforcement learning does the same in each step, with new answers, and it learns from wrong answers, too. First by hand, for three possible answers. **Back to lesson 2**: how fast does the *expected reward* grow with each logit?

# %% tags=["promise-by-hand", "promise-back"]
from math import log

from gptcore.scalar import softmax

logits, rewards = [log(0.6), log(0.3), log(0.1)], [0, 1, 0]  # of "12", "22" and "13"


def expected_reward(logits):
    return sum(p * reward for p, reward in zip(softmax(logits), rewards))


for i, p in enumerate((0.6, 0.3, 0.1)):
    moved = [logit + 1e-6 * (i == j) for j, logit in enumerate(logits)]
    grad = (expected_reward(moved) - expected_reward(logits)) / 1e-6
    print(f"gradient {grad:+.2f}    probability x (reward - expected reward): {p * (rewards[i] - 0.3):+.2f}")

# %% [markdown]
# Reward minus expected reward is the **advantage**. If it is positive, the answer gets likelier; if it is negative, less likely.
#
# Nobody can list all answers of a real model. **REINFORCE** samples some. The gradient is then the mean of advantage × gradient of log p, where p is the probability of the whole answer. What is subtracted from the reward is called the *baseline*. **GRPO** is REINFORCE with a group as baseline: the mean reward of, say, 8 answers to one question. (Its first version also divides by the standard deviation.)
#
# **Exercise 2.** Each list has the rewards of one group.

# %% tags=["promise-exercise"]
def advantages(groups):
    """Reward minus the mean reward of its own group. Lists in, lists out."""
    return ...


check("advantages", advantages)

# %% [markdown]
# Make all rewards equal. Then add 10 to each reward, with the group mean, and without a baseline (*none*). What do the arrows do?

# %% tags=["promise-control"]
from viz import AdvantageDial

AdvantageDial([1, 0, 0, 1, 0, 0, 0, 0], ["22", "12", "12", "22", "12", "13", "12", "2"], question="what is 17+5?")

# %% [markdown]
# The whole loss is two lines. Its value means nothing; its gradient is what counts.

# %% tags=["promise-toy"]
def group_loss(log_probs, rewards):
    """The loss of one group: log-probabilities of its answers, and rewards. Shapes: (G,), (G,) -> ()"""
    advantages = rewards - rewards.mean()
    return -(advantages * log_probs).mean()

# %%
from gptcore.tuning import group_advantages, policy_loss, token_weights

log_probs, rewards = torch.randn(8, 3), torch.tensor([1.0, 0, 0, 1, 0, 0, 0, 0])  # three tokens each
weights = token_weights(torch.full((8,), 3), "none")
theirs = policy_loss(log_probs, group_advantages(rewards[None])[0], weights)
same(group_loss(log_probs.sum(1), rewards), theirs, within=1e-6)

# %% [markdown]
# ## Reinforcement learning: eight answers, pushed up and down
#
# Sixty steps on the model after SFT, each with 16 sums and 8 answers to each:

# %%
from gptcore.tuning import ReinforceConfig, reinforce

config = ReinforceConfig(max_steps=60, questions_per_step=16, group_size=8, max_new_tokens=12)
steps = list(reinforce(model, questions, exact_number, decode, END, config))
first, last = (sum(step.reward for step in part) / 10 for part in (steps[:10], steps[-10:]))
print("the mean reward rises by more than 0.05:", last > first + 0.05)

# %% [markdown]
# A longer run was recorded with five seeds: 150 steps, 32 sums in each. Above the curve: answers to 69+91 after so many steps. *KL* is the distance from the model before, and *entropy* says how varied the answers are. More on both below.

# %%
from course.experiments.tuning.recorded import groups, pinned_answers, runs
from viz import draw_advantages, draw_reinforcement

curves = [run["curve"] for run in runs("main")]
draw_reinforcement(curves, samples=pinned_answers(), title="Reward, KL and entropy, five seeds")

# %% [markdown]
# Now look inside: six sums before the first step. Grey groups agree, so nothing is learned from them.

# %% tags=["promise-ah"]
draw_advantages(groups()["before"], title="Eight answers to each sum, before")

# %% [markdown]
# The last sum was never answered right. Each sum comes up at most once in this run, and nearly half of them never do. After the last step:

# %% tags=["answer", "promise-ah"]
draw_advantages(groups()["after"], title="The same sums, after")

# %% tags=["answer"]
from course.experiments.tuning.reports import main_report

print(*main_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Four of these six sums never came up in the 150 steps, and the last one only at the end. No sum got worse, and most got better: what is learned from one sum helps with others. And temperature 0 *helps* now, because the majority is right.
#
# </details>
#
# ## pass@k: does it learn something new, or choose better?
#
# **pass@k** is the chance that at least one of k sampled answers is right. For carries, pass@1 rises from about 30 % to 82 %. How much does pass@64 change? **A** about as much · **B** by less than 3 points · **C** it falls by more

# %%
guess("pass@64 after reinforcement", ...)

# %% tags=["answer", "promise-ah"]
from course.experiments.tuning.reports import pass_at_k_curves
from viz import draw_pass_at_k

draw_pass_at_k(pass_at_k_curves(), title="pass@k on sums with a carry, five seeds")

# %% [markdown]
# <details><summary>What happened</summary>
#
# With 64 attempts the model was right before, for nearly every sum. Reinforcement learning made an answer likely that it could already give. A user sees one attempt.
#
# </details>
#
# **Exercise 3** (optional). Of n sampled answers c are right. Take k of the n, without putting back. What is the chance that a right one is among them?

# %% tags=["promise-exercise"]
def pass_at_k(n, c, k):
    """For example n = 4, c = 1, k = 2: of the 6 pairs 3 have the right answer, so 0.5."""
    return ...


check("pass_at_k", pass_at_k)

# %% [markdown]
# Can it start from less? Three kinds of start after SFT (the table has some more): our model with sums of three-digit numbers (never right), a model in whose conversations everybody forgot the carry (seldom right), and ours. Where does the share of right answers rise?

# %%
starts = {"never": ..., "seldom": ..., "often": ...}  # True or False
guess("what reinforcement can start from", starts)

# %% tags=["answer"]
from course.experiments.tuning.reports import start_report

print(*start_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# If all answers are wrong, all advantages are 0, and not one weight changes. From few right answers even pass@64 rises: that is more than choosing. But the base model had read right carries, and SFT had hidden them.
#
# </details>
#
# ## Reward hacking: the reward is not the goal
#
# **Exercise 4.** Write a reward. This exercise is meant to be lost at least once: the check attacks your reward with answers that a model finds.

# %% tags=["promise-exercise"]
def reward(answer, truth):
    """1 if the answer is right, else 0. `answer` is a text, or None if it did not end; `truth` is a number."""
    return ...


check("reward", reward)

# %% [markdown]
# A popular reward asks whether the text *contains* the number. In these conversations one writer of ten hedges at carries: "12 or 22". The run ends with a mean reward above 0.8. This mean counts all sums. How many carries are then answered with the right number and nothing else? **A** over 80 %, too · **B** about half · **C** under 20 %

# %%
guess("right answers at that reward", ...)

# %% tags=["answer"]
from course.experiments.tuning.reports import hacking_report

print(*hacking_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **Reward hacking**: the model finds answers with a high reward that nobody wanted. It is no bug of the model, which does what the reward says. Read some answers, and measure with a reward that was not trained on.
#
# </details>
#
# ## KL penalty: stay near the model you had
#
# The **KL divergence** says how far one distribution is from another, in nats: the mean of log p − log q over answers sampled from p. Here q is the **reference model**, a copy of the model from before. A **KL penalty** is the KL divergence times a weight, subtracted from the reward.
#
# Choose a reward, then raise the KL weight. *Truth* is the share of carries that are answered with the right number only. Where is it highest? (*length* also pays for long answers. The curves are of one to five seeds.)

# %% tags=["promise-control"]
from course.experiments.tuning.reports import dial_runs
from viz import ReinforcementDial

ReinforcementDial(dial_runs(), reward="contains", kl_weight=0.0)

# %% [markdown]
# A penalty limits reward hacking: with *contains* the truth is 57 % at weight 0.1, and 1 % without. It does not repair the reward: the exact one gives 72 %.
#
# It also keeps variety. The question is now "a name with k?", and each name with k gets 1. Here are right names, and how many of 64 answers are different:

# %%
from course.experiments.tuning.reports import names_report

print(*names_report(), sep="\n")

# %% [markdown]
# Which KL weight do you take?

# %%
guess("the KL weight to take", ...)

# %% [markdown]
# <details><summary>What happened</summary>
#
# **Entropy** measures how uncertain a distribution is: 0 if one answer has all the probability. **Entropy collapse**: without a penalty the policy becomes sure of a few names, because nothing rewards variety. Even the smallest weight here keeps it, and costs nearly nothing.
#
# </details>
#
# ## A learning rate that is too high kills the policy
#
# Optional. The same training with four learning rates and AdamW, in smaller runs: 16 sums in each step instead of 32. Which rate is too high?

# %% tags=["answer"]
from course.experiments.tuning.reports import rate_report

print(*rate_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# After a few steps that are too large, hardly any answer is right. Then nearly all groups agree at 0, nothing is learned, and the policy never comes back. In SFT the data pull a model back. Here the model writes its own data.
#
# </details>
#
# ## DPO: pairs instead of rewards
#
# **DPO** (direct preference optimization) needs no reward and no sampling while it learns. It takes pairs of a chosen and a rejected answer. It makes the difference of their log-probabilities larger than it is in the reference model. From pairs of our own model's answers it learns to order nearly all pairs right. And its answers?

# %% tags=["answer"]
from course.experiments.tuning.reports import dpo_report

print(*dpo_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Only the *difference* counts. Without SFT both log-probabilities fall, the rejected one faster, and answers in no pair get likely. An SFT loss on the chosen answers (weight 0.1) brings carries to 53 %. Sums without a carry are in no pair, and stay at 0 %. SmolLM2 was made with DPO: with broad pairs and a low learning rate it works.
#
# </details>
#
# ## Where no program can check: people and judging models
#
# Is a poem good? Is advice kind? No program knows. In **RLHF** (reinforcement learning from human feedback) people compare two answers. From the comparisons a **reward model** learns to give any answer a number: the reward. An **LLM judge** replaces the people: a language model is told to say which answer is better.
#
# Both are exploited like any reward. If a policy is optimized long against one reward model, a better reward model sees it get worse (Leo Gao and others). LLM judges prefer long answers, and the one that they read first (Lianmin Zheng and others). We build neither here.
#
# ## Summary
#
# First write your own sentence: *A model learns to answer by ...*
#
# - A **base model** continues documents. A **chat template** makes a conversation a document; **supervised fine-tuning** with **loss masking** teaches to answer. It imitates its writers.
# - Mixing in pretraining text prevents **catastrophic forgetting**. A wrong mask raises no error, and can lower the loss.
# - With a **reward** the **policy** learns from its own answers. **REINFORCE** and **GRPO** weigh each by its **advantage**: how much better than expected it is.
# - Where all answers agree, nothing is learned. **pass@k** shows whether a model learns something new or chooses better.
# - The reward is not the goal: **reward hacking**. A **KL penalty** to a **reference model** prevents **entropy collapse** and limits reward hacking, but does not repair the reward.
# - **LoRA** tunes large models with few parameters. **DPO**, and **RLHF** with a **reward model** or an **LLM judge**, learn from comparisons.
#
# ## Sources and further reading
#
# - SFT, RLHF and mixing in pretraining text: Long Ouyang and others, arXiv 2203.02155. LoRA: Edward Hu and others, 2106.09685. Learning from own right answers: Eric Zelikman and others (STaR), 2203.14465.
# - REINFORCE: Ronald Williams, 1992. GRPO: Zhihong Shao and others, arXiv 2402.03300; why without the standard deviation: Zichen Liu and others, 2503.20783. pass@k: Mark Chen and others, 2107.03374; does reinforcement learning teach?: Yang Yue and others, 2504.13837.
# - KL divergence: John Schulman, *Approximating KL divergence*, 2020. Reward models that are exploited: Leo Gao and others, arXiv 2210.10760. DPO: Rafael Rafailov and others, 2305.18290. LLM judges: Lianmin Zheng and others, 2306.05685. SmolLM2: Loubna Ben Allal and others, 2502.02737.
# - The standard implementation: Hugging Face's TRL, `SFTTrainer`, `GRPOTrainer` and `DPOTrainer`. All of it in one small program: Andrej Karpathy's *nanochat*, `chat_sft.py` and `chat_rl.py`. Ours: `gptcore/tuning/`; on the command line `gptcore tune` and `gptcore chat`.
