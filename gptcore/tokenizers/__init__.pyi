from gptcore.tokenizers.byte_pair import BPETokenizer as BPETokenizer
from gptcore.tokenizers.characters import CharTokenizer as CharTokenizer
from gptcore.tokenizers.characters import UnknownCharacterError as UnknownCharacterError
from gptcore.tokenizers.formats.chat_template import ChatTemplateError as ChatTemplateError
from gptcore.tokenizers.formats.chat_template import render_chat as render_chat
from gptcore.tokenizers.formats.parts import (
    UnsupportedTokenizerError as UnsupportedTokenizerError,
)
from gptcore.tokenizers.huggingface import HFTokenizer as HFTokenizer
from gptcore.tokenizers.merges import count_pairs as count_pairs
from gptcore.tokenizers.merges import merge as merge
from gptcore.tokenizers.merges import train_counted as train_counted
from gptcore.tokenizers.merges import train_incremental as train_incremental
from gptcore.tokenizers.merges import train_naive as train_naive
from gptcore.tokenizers.openai import GPT2Tokenizer as GPT2Tokenizer
from gptcore.tokenizers.openai import TiktokenTokenizer as TiktokenTokenizer
from gptcore.tokenizers.pretokenization import PATTERNS as PATTERNS
from gptcore.tokenizers.pretokenization import pretokenize as pretokenize
from gptcore.tokenizers.registry import load_tokenizer as load_tokenizer
from gptcore.tokenizers.special_tokens import SpecialTokenInTextError as SpecialTokenInTextError
from gptcore.tokenizers.tokenizer import Tokenizer as Tokenizer
