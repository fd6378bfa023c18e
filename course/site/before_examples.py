"""The code before every example of a package. The page of the package shows it, and
tests/test_examples.py runs it before each example, in an empty folder.
"""

BEFORE = {
    "gptcore.scalar": """
from random import Random
from gptcore.scalar import *
""",
    "gptcore.tokenizers": """
from gptcore.tokenizers import *
""",
    "gptcore.corpus": """
from itertools import islice
from pathlib import Path
from random import Random
from gptcore.corpus import *
from gptcore.tokenizers import CharTokenizer

documents = [Document("1", "to be or not to be"), Document("2", "To be, or not to be!")]
for folder in ("web", "books"):
    Path(folder).mkdir()
    write_shard(Path(folder, "train_000000.bin"), [n % 9 for n in range(5000)], vocab_size=9)
""",
    "gptcore.model": """
import torch
from gptcore.model import *

sizes = GPTConfig(vocab_size=65, block_size=16, n_layer=2, n_head=2, n_embd=32)
""",
    "gptcore.sampling": """
from random import Random
import torch
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import *

sizes = GPTConfig(vocab_size=27, block_size=16, n_layer=2, n_head=2, n_embd=32)
model = GPT(sizes, torch.Generator().manual_seed(1))
""",
    "gptcore.training": """
from contextlib import nullcontext
from pathlib import Path
import torch
from gptcore.corpus import Batches
from gptcore.model import GPT, GPTConfig
from gptcore.training import *

sizes = GPTConfig(vocab_size=27, block_size=16, n_layer=1, n_head=2, n_embd=16)
model = GPT(sizes, torch.Generator().manual_seed(1))
config = TrainConfig(max_steps=3, warmup_steps=1, batch_size=4, device="cpu")
tokenizer = write_char_shards("names", "data")
batches = Batches("data", batch_size=4, block_size=16, seed=1)
""",
    "gptcore.tuning": """
import json
import torch
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig
from gptcore.tuning import *

letters = "0123456789+?abcdefghijklmnopqrstuvwxyz"
chat = ChatFormat(CharTokenizer(letters, special_tokens=CHAT_TOKENS.values()))
sizes = GPTConfig(vocab_size=39, block_size=16, n_layer=1, n_head=2, n_embd=16)
model = extend_vocab(GPT(sizes, torch.Generator().manual_seed(1)), chat.tokenizer.vocab_size)
config = TrainConfig(max_steps=3, warmup_steps=1, batch_size=4, device="cpu")
with open("chat.jsonl", "w") as file:
    for question, answer in (("1+1?", "2"), ("2+3?", "5")):
        messages = [("user", question), ("assistant", answer)]
        line = {"messages": [{"role": role, "content": text} for role, text in messages]}
        print(json.dumps(line), file=file)
""",
    "gptcore.quantization": """
import torch
from gptcore.model import GPT, GPTConfig
from gptcore.quantization import *

sizes = GPTConfig(vocab_size=27, block_size=32, n_layer=1, n_head=4, n_embd=32)
model = GPT(sizes, torch.Generator().manual_seed(1)).eval()
""",
    "gptcore.own_gpt": """
from pathlib import Path
from gptcore.corpus import load_documents
from gptcore.own_gpt import *
from gptcore.tokenizers import CharTokenizer

lines = load_documents("names")[:40]
Path("names.txt").write_text("\\n".join(lines))
recipe = plan(lines)
share = MemorizedShare(copied=0.02, coincidence=0.01, coincidence_error=0.01, held_out=0.001)
results = Results(
    source="names.txt", n_lines=40, n_letters=240, n_held_out=10, parameters=100_000, best_step=90,
    train_loss=2.1, held_out_loss=2.4, table=LetterTable(2.6, 1, 0.3), share=share,
    longest_copies=(3.0, 3.5), samples=("ogary", "evula"),
)
""",
    "gptcore.serving": """
from random import Random
import torch
from gptcore.model import GPT, GPTConfig
from gptcore.serving import *

sizes = GPTConfig(vocab_size=27, block_size=32, n_layer=1, n_head=4, n_embd=32)
model = GPT(sizes, torch.Generator().manual_seed(1))
""",
    "gptcore.evaluation": """
import torch
from gptcore.evaluation import *
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer

tokenizer = CharTokenizer("abcdefghijklmnopqrstuvwxyz ")
sizes = GPTConfig(vocab_size=28, block_size=16, n_layer=1, n_head=4, n_embd=32)
model = GPT(sizes, torch.Generator().manual_seed(1))
""",
    "gptcore.export": """
import torch
from gptcore.export import *
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer

tokenizer = CharTokenizer("abcdefghijklmnopqrstuvwxyz")
sizes = {"vocab_size": 27, "block_size": 32, "n_layer": 1, "n_head": 4, "n_embd": 32}
sizes = GPTConfig(**sizes, activation="gelu_tanh")
model = GPT(sizes, torch.Generator().manual_seed(1))
""",
    "gptcore.ladder": """
from gptcore.ladder import *
from gptcore.scalar import MicroGPT

gpt = MicroGPT(["emma", "anna"])
""",
    "viz": """
import numpy as np
from gptcore.scalar import MicroGPT, NgramTable, Value
from viz import *
""",
}
