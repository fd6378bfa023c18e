"""What is exported: a merged model with one row for each token, and Hugging Face's tokenizer."""

from typing import Any

from gptcore.model import GPT
from gptcore.quantization.quantized_model import quantized_layers
from gptcore.tokenizers import HFTokenizer, Tokenizer
from gptcore.training import crop_vocab
from gptcore.tuning import ChatFormat, has_lora, merge_lora
from gptcore.tuning.chat_format import END
from gptcore.tuning.chat_model import ChatModel, check_tokenizer


def ready_model(model: GPT, tokenizer: Tokenizer) -> GPT:
    """The model that is exported.

    Args:
        model: Any; LoRA adapters are merged, and rows that no token has are left out.
        tokenizer: Its tokenizer.

    Returns:
        A model in eval mode; `model` itself is not changed.

    Raises:
        ValueError: If the tokenizer has more tokens than the model, or the model is quantized.
    """
    if quantized_layers(model):
        raise ValueError(
            "An export holds weights of one dtype, and this model is quantized. Export the model "
            "from which it was made."
        )
    check_tokenizer(ChatModel(model, tokenizer, None))
    merged = merge_lora(model) if has_lora(model) else model
    return crop_vocab(merged, tokenizer.vocab_size)


def as_hf_tokenizer(tokenizer: Tokenizer, chat: ChatFormat | None = None) -> HFTokenizer:
    """The tokenizer as Hugging Face describes it, with equal ids.

    Args:
        tokenizer: Any of ours.
        chat: Its chat format. Special tokens of our own become a chat template, and the end of an
            answer becomes EOS.

    Returns:
        One that names BOS and EOS, and the chat template if there is one.

    Raises:
        ValueError: If a `tokenizer.json` cannot describe it.
    """
    if isinstance(tokenizer, HFTokenizer):
        spec, config = tokenizer.spec, dict(tokenizer.config)
    else:
        spec, config = tokenizer.tokenizer_json(), {}
        spellings = {id: spelling for spelling, id in tokenizer.special_tokens.items()}
        if tokenizer.end_of_text is not None:
            end = spellings[tokenizer.end_of_text]
            config = {"bos_token": end, "eos_token": end}
    if chat is not None and chat.tokens is not None:
        config |= chat_config(chat)
    return HFTokenizer(spec, config)


def chat_config(chat: ChatFormat) -> dict[str, Any]:
    """EOS and the chat template of a format with special tokens of its own.

    Args:
        chat: The format.
    """
    assert chat.tokens is not None
    spellings, end = dict(chat.tokens), chat.tokens[END]
    begin = chat.tokenizer.end_of_text
    start = "" if begin is None else chat.tokenizer.decode([begin])
    parts = (
        f"{{%- set tokens = {spellings!r} -%}}{{{{- {start!r} -}}}}",
        "{%- for message in messages -%}",
        "{{- tokens[message['role']] + message['content'] -}}",
        "{%- if message['role'] == 'assistant' -%}{{- tokens['end'] -}}{%- endif -%}",
        "{%- endfor -%}",
        "{%- if add_generation_prompt -%}{{- tokens['assistant'] -}}{%- endif -%}",
    )
    return {"eos_token": end, "chat_template": "".join(parts)}
