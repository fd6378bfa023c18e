"""Three programs that recycle blocks of the KV cache. Read this after you have guessed.

Dee gives blocks back from the beginning of a text, so prefixes leave the cache first. Eli recycles
the block that was freed last, not first. Both find fewer prefixes, and every text is right. Fay
does not remove the hash of a block that is recycled. Another request finds the old hash, shares the
block, and reads the keys and values of somebody else's text.
"""

from collections.abc import Iterator, Sequence
from inspect import getsource
from random import Random
from textwrap import dedent

from course.experiments.serving.stories import reference_output, stories, stories_gpt
from gptcore.serving import BlockPool, Engine, EngineConfig, Request, SamplingParams

NUM_BLOCKS, BLOCK_SIZE, TEXTS, REQUESTS, NEW = 40, 8, 8, 40, 20
MANY = 4  # wrong texts; how many there are exactly depends on the processor
SIZES = EngineConfig(num_blocks=NUM_BLOCKS, kv_block_size=BLOCK_SIZE, max_num_seqs=4)


class Dee(BlockPool):
    def release(self, blocks):
        for block in blocks:  # from the beginning of the text
            self.ref_counts[block] -= 1
            if self.ref_counts[block] == 0:
                self.free[block] = None


class Eli(BlockPool):
    def allocate(self):
        block, _ = self.free.popitem(last=True)  # freed last
        self.forget(block)
        self.ref_counts[block] = 1
        return block


class Fay(BlockPool):
    def allocate(self):
        block, _ = self.free.popitem(last=False)  # freed first
        self.ref_counts[block] = 1
        return block


POOLS = (Dee, Eli, Fay)


def show_programs() -> None:
    """Print what each of them wrote."""
    for pool in POOLS:
        print(dedent(getsource(pool)))


def engine_with(pool: BlockPool) -> Engine:
    """An engine of the stories GPT whose blocks are managed by another pool."""
    engine = Engine(stories_gpt()[0], SIZES)
    engine.pool = engine.manager.pool = pool
    return engine


def prompts(seed: int = 0) -> list[list[int]]:
    """Beginnings of a few stories, of different lengths."""
    rng = Random(seed)
    texts = rng.sample(stories(held_out=True), TEXTS)
    return [rng.choice(texts)[: rng.randrange(20, 40)] for _ in range(REQUESTS)]


def served(name: str, seed: int = 0) -> tuple[Engine, list[Request]]:
    """The engine of one person after all requests, and the requests.

    Args:
        name: Dee, Eli or Fay; any other has the unchanged pool.
        seed: Of the prompts.
    """
    pools = {pool.__name__: pool for pool in POOLS}
    engine = engine_with(pools.get(name, BlockPool)(NUM_BLOCKS))
    params = SamplingParams(max_new_tokens=NEW, temperature=0)
    requests = [engine.add(prompt, params) for prompt in prompts(seed)]
    for _ in engine.run():
        pass
    return engine, requests


def wrong(requests: Sequence[Request]) -> list[Request]:
    """Those whose text is not what the model writes alone."""
    return [one for one in requests if one.output != reference_output(one.prompt, one.params)]


Served = dict[str, tuple[Engine, list[Request]]]


def serve_all() -> Served:
    """What the unchanged engine and those of the three have done with the same 40 requests."""
    return {name: served(name) for name in ("unchanged", *(pool.__name__ for pool in POOLS))}


def totals(served_by: Served) -> Iterator[str]:
    """What each engine says of itself."""
    for who, (engine, requests) in served_by.items():
        found, prompts = engine.totals.cached_tokens, engine.totals.prompt_tokens
        yield (
            f"{who:10}{engine.totals.finished['length']} of {len(requests)} ended, "
            f"{engine.pool.num_free} of {NUM_BLOCKS} blocks free, "
            f"{found} of {prompts:,} prompt tokens from the cache"
        )


def compare(served_by: Served) -> Iterator[str]:
    """The texts of each engine, compared with those of the model alone; and a wrong one."""
    decode = stories_gpt()[1].decode
    for who, (_, requests) in served_by.items():
        different = wrong(requests)
        many = len(different) > MANY
        yield f"{who:10}{'many wrong texts' if many else f'{len(different)} wrong texts'}"
    one = different[1]
    yield f"prompt:   {decode(one.prompt[1:])}"
    yield f"output:   {decode(one.output)}"
    yield f"alone:    {decode(reference_output(one.prompt, one.params))}"
