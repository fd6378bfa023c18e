from gptcore.model.attention import CausalSelfAttention as CausalSelfAttention
from gptcore.model.attention import attend as attend
from gptcore.model.block import Block as Block
from gptcore.model.config import GPTConfig as GPTConfig
from gptcore.model.gpt import GPT as GPT
from gptcore.model.ids import check_ids as check_ids
from gptcore.model.mlp import MLP as MLP
from gptcore.model.rope_scaling import RopeScaling as RopeScaling
