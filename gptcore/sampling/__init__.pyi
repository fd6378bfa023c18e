from gptcore.next_token import next_probabilities as next_probabilities
from gptcore.next_token import next_token as next_token
from gptcore.sampling.batch_sampling import next_tokens as next_tokens
from gptcore.sampling.cached_generation import generate_cached as generate_cached
from gptcore.sampling.cached_generation import window_start as window_start
from gptcore.sampling.cached_logits import CachedLogits as CachedLogits
from gptcore.sampling.generation import generate as generate
from gptcore.sampling.kv_cache import KVCache as KVCache
