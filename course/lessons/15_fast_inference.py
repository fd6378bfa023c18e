# %% [markdown]
# A reader sends the beginning of a text. The model writes one token after the other, each in one forward pass, which we call a *step*. Now 16 readers ask at the same time. Their texts can be one batch: then a step gives each text a token.
#
# How long does a step for 16 texts take, compared with a step for one? **A** 16 times as long · **B** 2 to 3 times as long · **C** as long

# %% tags=["promise-guess"]
from course import check, guess, same

guess("a step for 16 texts", ...)

# %% tags=["answer"]
import torch

torch.set_num_threads(1)

from course.experiments.serving.steps import step_milliseconds

ratio = step_milliseconds(16) / step_milliseconds(1)  # print it
print("Here it is", "A." if ratio > 8 else "B, or near B." if ratio > 1.4 else "C.")

# %% [markdown]
# <details><summary>What happened</summary>
#
# This GPT has 13.9 million parameters. On one core of ours each reader waits 2.2 times as long for a token, but the server writes seven times as many tokens.
#
# </details>
#
# ## Prefill and decode: a step waits for the weights
#
# A request has two phases. **Prefill**: one step computes the keys and values of the whole prompt (the KV cache of lesson 6), and the first new token. *Decode*: each further step computes one token. (Lesson 5 uses this word for something else.)
#
# Readers notice **latency**: how long they wait. One part is the time to the first token, another the time for each further token. The owner of the server looks at throughput (lesson 10), the tokens per second of all readers.
#
# In a step, all weights travel from memory to the processor. **Memory bandwidth** is how many bytes per second can travel. Then each weight needs 2 FLOPs for each text (lesson 11). Take a model with 8 billion parameters in 16 bits, on one H200: 4.8 TB and 989 TFLOP per second.

# %% tags=["promise-by-hand"]
parameters, bandwidth, flops = 8e9, 4.8e12, 989e12
for texts in (1, 16, 100, 256):
    read = parameters * 2 / bandwidth
    compute = 2 * parameters * texts / flops
    print(f"{texts:3} texts: {1000 * read:.2f} ms to read the weights, {1000 * compute:.2f} ms to compute")

# %% [markdown]
# Both go on at the same time, so a step takes the larger of the two. With one text the GPU computes for 0.02 ms and waits for 3.3 ms: decode is memory-bound (lesson 11). Up to 200 texts a batch costs hardly more than one text. For the same reason a prefill of 100 tokens takes hardly longer than a step for one token on this GPU.
#
# **Exercise 1.** How many tokens per second does a server write? (Reading the KV cache takes time, too. We leave it out.)

# %% tags=["promise-exercise"]
def tokens_per_second(parameters, bits, texts, bandwidth, flops):
    """`bits` of each weight; `texts` in the batch; bytes and FLOPs per second."""
    return ...


check("tokens_per_second", tokens_per_second)

# %% [markdown]
# ## Static batching: texts begin together and end together
#
# **Static batching**: texts begin together, and the next batch begins when all have ended. 32 requests wait. Most of them want 8 to 32 tokens, three want 128.
#
# To get the same picture on every machine, we compute the time. A step takes 7.5 ms, and 1 ms more for each text. That is close to the GPT above.
#
# Compared with one by one, how many tokens per second do batches of 8 write? **A** 8 times as many · **B** 4 times as many · **C** as many

# %%
guess("tokens per second in batches of 8", ...)

# %% [markdown]
# A batch has 8 *slots*, the rows of the picture. Each bar is a request. Its prefill is dark: 0.5 ms for each token of the prompt. A hatched slot is idle.

# %% tags=["answer"]
from course.experiments.serving.clock import timelines
from viz import draw_batch_timeline

runs = timelines(slots=8)
both = {name: runs[name] for name in ("one by one", "static batches")}
draw_batch_timeline(both, title="32 requests, one by one and in batches of 8")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A full batch of 8 is 4.4 times as fast as one text. But most of its texts end early, and their slots stay idle until the longest one ends. Computed: 108 tokens per second against 107. Measured: 107 against 114, so the batches were slower than none.
#
# </details>
#
# ## Continuous batching: texts join and leave between two steps
#
# **Continuous batching** decides before each step who is in the batch. A text that has ended leaves, and the next one joins:

# %% tags=["promise-toy"]
def count_steps(lengths, slots):
    """Steps until all texts have their tokens."""
    waiting, running, steps = list(lengths), [], 0
    while waiting or running:
        while waiting and len(running) < slots:
            running.append(waiting.pop(0))  # joins
        running = [left - 1 for left in running if left > 1]  # leaves after its last token
        steps += 1
    return steps

# %% [markdown]
# The engine of `gptcore` does the same with a real model:

# %%
from course.experiments.serving.stories import stories_gpt
from gptcore.serving import Engine, EngineConfig, SamplingParams

model, tokenizer = stories_gpt()
lengths = [32, 8, 8, 8, 32, 100, 16, 16, 8, 16, 100, 8]
engine = Engine(model, EngineConfig(max_num_seqs=4))
engine.generate([[tokenizer.BOS]] * 12, [SamplingParams(max_new_tokens=n) for n in lengths])
same(count_steps(lengths, slots=4), engine.totals.steps, within=0)

# %% [markdown]
# Here are the same 32 requests, served in three ways. Compare the hatched slots, and the times at which the last request ends:

# %% tags=["promise-ah"]
draw_batch_timeline(runs)

# %% [markdown]
# Nothing is faster in a single step. Only the slots are used, and the requests are done in little more than a third of the time.
#
# In reality requests come at any time. Raise the requests per second. Waiting is the time from the request to the last token. At which number of requests per second does it exceed two seconds?

# %% tags=["promise-control"]
from course.experiments.serving.clock import dial_runs
from viz import BatchingDial

BatchingDial(dial_runs(), rate=2, slots=8)

# %% [markdown]
# <details><summary>What happened</summary>
#
# One by one and in static batches at 4 requests per second, in continuous batching with 8 slots at 16. More slots help until the processor has no time left.
#
# </details>
#
# ## A paged KV cache: memory in blocks
#
# Every token of every text needs memory for its keys and values. How long a text becomes is not known. Reserving the full context for each text wastes most of the memory. A **paged KV cache** divides the memory into *blocks* of, say, 16 tokens. A text gets another block when it needs one. Its **block table** lists its blocks, in the order of the text; they may be anywhere in memory.
#
# A prompt has 30 tokens, and 3 tokens are generated. How many blocks of 16 does the request need?

# %%
guess("blocks of a request", ...)

# %% tags=["answer"]
from course.experiments.serving.stories import stories

story = stories(held_out=True)[0]
engine = Engine(model, EngineConfig(kv_block_size=16))
engine.add(story[:30], SamplingParams(max_new_tokens=3))
print(max(record.blocks_in_use for record in engine.run()), "blocks")

# %% [markdown]
# Three requests in the engine. The prompts of Ada and Bo begin with the same 40 tokens. How many blocks do they share?

# %% tags=["promise-picture", "answer"]
from course.experiments.serving.blocks import three_requests
from viz import draw_kv_blocks

draw_kv_blocks(**three_requests())

# %% [markdown]
# **Prefix caching**: texts that begin alike share the blocks of their beginning, and it is computed only once. A chat server sends the same system message to everybody, so this saves much. In our benchmark 24 requests shared 160 of 168 tokens: 11 times fewer prompt tokens were computed.
#
# **Exercise 2.** How many blocks can two texts share? A block that is not full cannot be shared: each text writes its own next tokens into it.

# %% tags=["promise-exercise"]
def shared_blocks(first, second, size):
    """`first` and `second` are lists of token ids, `size` is the tokens of a block."""
    return ...


check("shared_blocks", shared_blocks)

# %% [markdown]
# Small blocks waste little: only the last block of a text is not full. Why not blocks of one token? Each block costs bookkeeping, and a GPU reads long pieces faster. What do large blocks cost?

# %%
from course.experiments.serving.blocks import text_lengths
from viz import BlockSizeDial

BlockSizeDial(text_lengths(), reserved=256)

# %% [markdown]
# <details><summary>What happened</summary>
#
# With blocks of 128 tokens 45 % of the memory is empty. Large blocks are also seldom full, so fewer beginnings are shared. vLLM's default is 16.
#
# </details>
#
# ## Wrong texts without an error
#
# The engine finds a shared block by its *hash*: a number that is computed from the tokens of the block and all tokens before it. A block without users is recycled later. Dee, Eli and Fay each changed one function of the block pool. One of the three programs gives wrong texts.

# %% tags=["promise-failure"]
from course.failures.lesson_15 import show_programs

show_programs()

# %% [markdown]
# (`free` has all blocks without users. `forget` removes the hash of a block.) All three answer 40 requests, and none raises an error:

# %%
from course.failures.lesson_15 import serve_all, totals

served_by = serve_all()
print(*totals(served_by), sep="\n")

# %%
guess("the engine that is wrong", ...)

# %% tags=["answer"]
from course.failures.lesson_15 import compare

print(*compare(served_by), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 13 of Fay's 40 texts are wrong. A block is recycled for another text, and the cache still finds it by its old hash. The next reader gets the keys and values of somebody else's text. It is still text, so nobody notices: compare with the model alone. In a public server this is a leak. In vLLM another path left stale hashes (issue 49449). Pull request 12621 makes it harder to provoke two beginnings with the same hash.
#
# </details>
#
# ## When blocks run out: preemption
#
# This section is optional. Four texts, and too few blocks for all. **Preemption**: the request that came last gives back its blocks, waits, and is computed again. Are the texts still right? And what if one request is larger than the whole cache?

# %% tags=["answer"]
from course.experiments.serving.stories import reference_output

engine, params = Engine(model, EngineConfig(num_blocks=10)), SamplingParams(max_new_tokens=50)
requests = [engine.add(story[:20], params) for story in stories(held_out=True)[:4]]
preempted = sum(len(record.preempted) for record in engine.run())
print(preempted, "preemptions, right texts:", sum(r.output == reference_output(r.prompt, params) for r in requests))
try:
    Engine(model, EngineConfig(num_blocks=4)).add(story[:60], params)
except ValueError as error:
    print(error)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nothing is lost, and the random numbers of a request are its own, so the texts are the same. The oversized request is refused at once. If it had to wait for blocks, it would wait forever, and so would all after it. vLLM has a report of this bug (issue 39734).
#
# </details>
#
# ## Speculative decoding: five tokens for one step
#
# With one reader the GPU waits for the weights, so a step for five tokens costs little more than a step for one. But the second token depends on the first. **Speculative decoding**: a cheap **draft model** guesses the next four tokens. The large model computes all four in one step, and accepts them up to the first wrong one. It then adds one token of its own.
#
# **Back to lesson 1**: our draft is a table of counts, of the last six letters. Each piece is one step of the GPT:

# %% tags=["promise-back"]
from course.experiments.serving.stories import table_of_counts
from gptcore.serving import generate_speculative

steps = list(generate_speculative(model, table_of_counts(6), story[:24], 80, temperature=0))
print("|".join(tokenizer.decode(step.tokens) for step in steps))
print(len(steps), "steps for 80 letters")
params = SamplingParams(max_new_tokens=80, temperature=0)
same([id for step in steps for id in step.tokens], reference_output(story[:24], params), within=0)

# %% [markdown]
# At temperature 0 the text is the same as without a draft: that is what the last line compares. At temperature 1 tokens are *sampled*, and the distribution must stay the same. An example: the draft gives token a the probability 0.6, and the model 0.3. So a is proposed in 60 of 100 cases, which is too often. Token b is proposed in 10 of 100 cases, and the model wants it in 50.
#
# **Exercise 3.** With which probability is each token accepted, so that none comes up too often? After a rejection another token is sampled: from which probabilities, so that none comes up too seldom? (No q is 0, and p differs from q.)

# %% tags=["promise-exercise"]
def rule(p, q):
    """Lists of the model (p) and of the draft (q) in; two lists out: accepted with, sampled from."""
    return ..., ...


check("rule", rule)

# %% [markdown]
# Here is a rule that looks right: after a rejection, sample from p. **Chi-squared** measures how far counts are from what a distribution expects: the sum of (count − expected)² / expected. Above 24, chance alone is very unlikely here (once in 1,000 times). How many draws does it take to see the mistake?

# %% tags=["answer"]
from course.experiments.serving.rules import RULES, chi_squared

for name, one_rule in RULES.items():
    print(f"{name:22}", *(f"{n:6,} draws: {chi_squared(one_rule, n):5.1f}" for n in (1_000, 10_000)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# With 1,000 draws the wrong rule passes, with 10,000 it fails. Nobody sees such a mistake by reading texts.
#
# </details>
#
# Now a draft that is nearly always wrong. Compared with no draft, what does it change? **A** the texts get worse · **B** the texts are as good, and come more slowly · **C** nothing

# %%
guess("what a bad draft does", ...)

# %% [markdown]
# Tokens after the first rejection are not tested. The share of tested tokens that are accepted is the **acceptance rate**. Three tables, with contexts of 1, 3 and 6 letters, propose 1 to 8 letters (recorded). In the picture a *call* is a step of the GPT, and *k* is the number of proposed letters.

# %% tags=["answer"]
from course.experiments.serving.reports import acceptance_rows
from viz import draw_acceptance

draw_acceptance(acceptance_rows())

# %% [markdown]
# <details><summary>What happened</summary>
#
# The table of one letter is accepted in one of five cases, and the text comes 10 to 20 % more slowly. With six letters, eight of ten are accepted. With 8 proposals that is 4.3 letters for a step, 2.5 times as fast. A step for nine letters is slower than one for one letter on our CPU.
#
# </details>
#
# ## Quantization: fewer bits for each weight
#
# Fewer bytes are read sooner. **Quantization** stores weights as small integers. **int8**: one scale for each row of a matrix, and weight = integer × scale, with integers from -127 to 127. **int4**: integers from 0 to 15, and weight = (integer − 8) × scale + middle. Sixteen values are few for a whole row, so each group of 32 weights has a scale and a middle of its own. 32 is the **group size**: smaller groups are more exact, and need more bytes.
#
# **Exercise 4** (optional). Quantize one row to 8 bits.

# %% tags=["promise-exercise"]
def to_int8(row):
    """A list of weights, not all 0, in; a list of integers and the scale out."""
    return ..., ...


check("to_int8", to_int8)

# %% [markdown]
# For one text, the matrices of GPT-2 (124M) are 4.5 times as fast in int4 as in float32, on our CPU. And for 256 texts at once? **A** also 4.5 times as fast · **B** even faster · **C** not faster

# %%
guess("4 bits with 256 texts", ...)

# %% [markdown]
# (A *row* of the picture is a text in the batch. Loss and bytes are those of the small GPT of this lesson.)

# %% tags=["answer"]
from course.experiments.serving.reports import quantization_rows
from viz import draw_quantization

draw_quantization(quantization_rows())

# %% [markdown]
# <details><summary>What happened</summary>
#
# With many texts a step waits for the products. The int4 kernel multiplies in 16 bits, so nothing is gained. The int8 kernel multiplies integers, which saves computing, too. What quantization always saves is memory.
#
# </details>
#
# ## A server: 32 readers at once
#
# `gptcore serve` puts the engine behind HTTP, in the format of OpenAI's API. Here it runs in this notebook. 32 readers ask at the same moment, each with a seed. Does anybody get a text that the model would not write for this reader alone?

# %% tags=["needs-server", "answer"]
from course.experiments.serving.live_server import ask_all, expected, running_server

beginnings = ["Once there was a girl", "Tom was a", "The old cat ", "In the evening "] * 8
with running_server(max_num_seqs=16) as address:
    answers = ask_all(address, beginnings)
print(sum(a == b for a, b in zip(answers, expected(beginnings))), "of 32 texts are right")

# %% [markdown]
# <details><summary>What happened</summary>
#
# All are right, in 32 bits. In 16 bits a text can change with the texts beside it, even at temperature 0. PyTorch adds numbers in another order for another batch size, and each sum is rounded. Where two tokens are nearly equally likely, the other one wins. With float16 2 of 40 texts of this GPT were different, with bfloat16 up to 9.
#
# </details>
#
# ## Several GPUs: tensor parallelism
#
# This section is optional. A model that is too large for one GPU is divided. **Tensor parallelism** gives each GPU a part of every matrix: some heads of each attention, some neurons of each MLP. The results of the parts are added up by an all-reduce (lesson 12), twice in each block. Here two processes play two GPUs:

# %%
from copy import deepcopy

from course.experiments.serving.two_processes import run_on_processes

ids, whole = torch.tensor([story[:32]]), deepcopy(model).double()
report, _ = run_on_processes(whole, ids)
print("the logits are equal:", torch.allclose(report.logits, whole(ids)[0], atol=1e-9))
print(f"parameters of one process: {report.num_parameters:,} of 614,528")
print("all-reduces for 3 blocks:", report.all_reduces)

# %% [markdown]
# Each GPU reads half of the matrices (embeddings and norms are in both), so a step could take half the time. But all wait for each all-reduce. Measured by the authors of *gpt-fast*: a model with 7 billion parameters wrote 105 tokens per second on one GPU, and 328 on eight.
#
# ## A million readers: 84 GPUs
#
# A million readers read 5 tokens per second each. One H200 writes 60,000 (exercise 1, 200 texts, without the KV cache): 84 GPUs are enough. One by one it writes 300, and 17,000 GPUs are needed.
#
# ## Summary
#
# First write your own sentence: *Serving a million readers is cheap if ...*
#
# - **Prefill** computes a prompt in one step. Decode computes one token in a step, and waits for **memory bandwidth**: the weights are read once for all texts.
# - **Static batching** waits for the longest text. **Continuous batching** fills each slot between two steps: better **latency** and throughput.
# - A **paged KV cache** gives memory in blocks; a **block table** lists those of a text. **Prefix caching** shares equal beginnings. A stale hash gives wrong texts without an error. **Preemption** loses nothing.
# - **Speculative decoding** checks the guesses of a **draft model** in one step. The right rule keeps the distribution. The **acceptance rate** decides the speed.
# - **Quantization** to **int8** or **int4** saves bytes. It makes one text faster, and changes the text a little. With many texts the gain of int4 shrinks to nothing.
# - **Tensor parallelism** divides each matrix among GPUs, and pays with all-reduces.
#
# ## Sources and further reading
#
# - Continuous batching: Gyeong-In Yu and others, *Orca*, OSDI 2022. Prefill in chunks between decodes: Amey Agrawal and others, arXiv 2403.02310.
# - Paged KV cache: Woosuk Kwon and others, 2309.06180 (vLLM). Prefill and decode on large machines: Reiner Pope and others, 2211.05102.
# - Speculative decoding: Yaniv Leviathan and others, 2211.17192; Charlie Chen and others, 2302.01318.
# - Quantization: Tim Dettmers and others, 2208.07339 (int8); Elias Frantar and others, 2210.17323 (int4 in groups). Tensor parallelism: Mohammad Shoeybi and others, 1909.08053.
# - The standard implementation: vLLM, `vllm/v1/core/kv_cache_manager.py` and `vllm/v1/core/sched/scheduler.py`; in a few hundred lines: PyTorch Labs' *gpt-fast*. Ours: `gptcore/serving/`, `gptcore/quantization/`; on the command line `gptcore serve`.
