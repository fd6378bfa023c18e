"""A tokenizer from Hugging Face's `tokenizer.json`, or from a GGUF file.

The file describes steps (`formats/`); what encodes is our own BPE. A tokenizer of the SentencePiece
kind (Llama 2) writes a sign in place of each space and one before the text, so its tokens begin
with a space. Padding and truncation are for batches and are not read.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any, Self

import regex

from gptcore.checks import as_path
from gptcore.optional import require_packages
from gptcore.tokenizers.formats.gguf_metadata import read_gguf_tokenizer
from gptcore.tokenizers.formats.model_folder import (
    ROLES,
    is_hf_path,
    is_tokenizer_json,
    read_config,
    read_object,
    write_pretrained,
)
from gptcore.tokenizers.formats.parts import UnsupportedTokenizerError, fields
from gptcore.tokenizers.formats.steps import read_normalizer, read_pre_tokenizer
from gptcore.tokenizers.formats.tokenizer_json import (
    read_added_tokens,
    read_decoder,
    read_model,
    read_post_processor,
)
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.ranked_merges import RankedCache
from gptcore.tokenizers.serialization import fingerprint
from gptcore.tokenizers.special_tokens import (
    END_OF_TEXT,
    SpecialTokenInTextError,
    resolve_allowed,
    split_at_specials,
)
from gptcore.tokenizers.tokenizer import Tokenizer

FIELDS = (
    *("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer"),
    *("post_processor", "decoder", "model"),
)


class HFTokenizer(Tokenizer):
    """The tokenizer of a model on the Hugging Face Hub.

    Args:
        tokenizer_json: The content of a `tokenizer.json`.
        config: bos_token, eos_token, unk_token, pad_token and chat_template, as far as known.

    Raises:
        UnsupportedTokenizerError: For a step that is not known here; it is named.
        ValueError: If the content contradicts itself.

    Example:
        >>> tokenizer = HFTokenizer(BPETokenizer([(104, 105)]).tokenizer_json())
        >>> tokenizer.encode("hi!")
        [256, 33]
    """

    kind = "huggingface"

    def __init__(self, tokenizer_json: Mapping[str, Any], config: Mapping[str, Any] | None = None):
        self.spec = spec = dict(tokenizer_json)
        self.config = dict(config or {})
        fields(spec, "file", **dict.fromkeys(FIELDS))
        self.model = read_model(spec["model"])
        self.normalizer = read_normalizer(spec.get("normalizer"))
        self.pre_tokenizer, byte_level = read_pre_tokenizer(spec.get("pre_tokenizer"))
        decoder = read_decoder(spec.get("decoder"))
        if decoder.byte_level != byte_level:
            raise UnsupportedTokenizerError(
                "The pre-tokenizer and the decoder of the file do not belong together: only one of "
                "them is ByteLevel."
            )
        self.drops_first_space = decoder.drops_first_space
        self.special_tokens, self.added_tokens = read_added_tokens(spec, self.model)
        self.bos_ids, self.eos_ids = read_post_processor(spec.get("post_processor"))
        self.bytes_of = {id: decoder.token_bytes(t) for t, id in self.model.vocab.items()}
        added = self.special_tokens | self.added_tokens
        self.bytes_of |= {id: text.encode() for text, id in added.items()}
        self.cache = RankedCache(self.model, byte_level)
        if (sign := self.word_sign) is not None:
            self.pre_tokenizer.append(partial(split_before, sign))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """The tokenizer of a model's folder.

        Args:
            path: A `tokenizer.json`, or the folder that holds it. `tokenizer_config.json`,
                `special_tokens_map.json` and `chat_template.jinja` beside it are read, too.

        Raises:
            ValueError: If the file is missing, damaged, or has a step that is not known here.
        """
        path = as_path(path)
        file = path / "tokenizer.json" if path.is_dir() else path
        spec = read_object(file)
        if not is_tokenizer_json(spec):
            raise ValueError(
                f"The file {file} is JSON, but not a tokenizer.json of Hugging Face. Name the "
                "folder of the model, or read a tokenizer of gptcore with load_tokenizer(path)."
            )
        try:
            config = read_config(file.parent)
            listed = {entry["content"] for entry in spec["added_tokens"]}
            more = [e for e in config.pop("added_tokens", []) if e["content"] not in listed]
            spec["added_tokens"] = [*spec["added_tokens"], *more]
        except (KeyError, TypeError, AttributeError) as error:
            raise damaged_error(file.parent, error) from None
        return cls.from_parts(spec, config, file)

    @classmethod
    def from_gguf(cls, path: str | Path) -> Self:
        """The tokenizer that a GGUF file carries.

        Args:
            path: Of the file.

        Raises:
            ValueError: If it is not a GGUF, or its tokenizer is not known here.
            OSError: If it is missing, cut or damaged.
        """
        path = as_path(path)
        try:
            spec, config = read_gguf_tokenizer(path)
        except UnsupportedTokenizerError as error:
            raise UnsupportedTokenizerError(f"{path}: {error}") from None
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise damaged_error(path, error) from None
        return cls.from_parts(spec, config, path)

    @classmethod
    def from_parts(cls, spec: Mapping[str, Any], config: Mapping[str, Any], path: Path) -> Self:
        """The tokenizer, with errors that name its file.

        Args:
            spec: As the file says.
            config: As the files beside it say.
            path: Of the file.
        """
        try:
            return cls(spec, config)
        except UnsupportedTokenizerError as error:
            raise UnsupportedTokenizerError(f"{path}: {error}") from None
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise damaged_error(path, error) from None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The tokenizer that `save` wrote; or one that `from_file` or `from_gguf` reads.

        Args:
            path: Of a file or a folder.

        Raises:
            ValueError: If the file is missing, damaged, or something else.
        """
        path = as_path(path)
        if path.suffix == ".gguf":
            return cls.from_gguf(path)
        return cls.from_file(path) if is_hf_path(path) else super().load(path)

    @property
    def bos_id(self) -> int | None:
        """The id that begins a text, if the model has one."""
        return self.id_of_role("bos_token")

    @property
    def eos_id(self) -> int | None:
        """The id that ends a text or an answer, if the model has one."""
        return self.id_of_role("eos_token")

    def id_of_role(self, role: str) -> int | None:
        """The id of the token with a role; None if there is none.

        Args:
            role: bos_token, eos_token, unk_token or pad_token.
        """
        spelling = self.config.get(role, "")
        id = self.special_tokens.get(spelling)
        return self.model.vocab.get(spelling) if id is None else id

    @property
    def end_of_text(self) -> int | None:
        """The id that separates two texts: <|endoftext|>, else BOS, else EOS."""
        known = (self.special_tokens.get(END_OF_TEXT), self.bos_id, self.eos_id)
        return next((id for id in known if id is not None), None)

    @property
    def stop_ids(self) -> list[int]:
        """The ids after which nothing more is generated: end of text, and EOS."""
        return sorted({id for id in (self.end_of_text, self.eos_id) if id is not None})

    @cached_property
    def word_sign(self) -> str | None:
        """The sign before a word, if no merge joins it to what is before it.

        Then a text without pretokens may be split there: ids stay, and words are found in the
        cache.
        """
        if self.pre_tokenizer_splits or self.model.whole_first or self.model.whole_only:
            return None
        token_of = {id: token for token, id in self.model.vocab.items()}
        sign = "▁"
        crossing = (
            token_of[right].startswith(sign) and not token_of[left].endswith(sign)
            for left, right in self.model.merges
        )
        return None if any(crossing) else sign

    @property
    def pre_tokenizer_splits(self) -> bool:
        """Whether the file itself splits a text into pretokens."""
        spec = self.spec.get("pre_tokenizer")
        return spec is not None and not (
            spec["type"] == "Metaspace" and not spec.get("split", True)
        )

    def encode(
        self, text: str, allowed_special: Iterable[str] = (), add_special_tokens: bool = False
    ) -> list[int]:
        """The ids of a text.

        Args:
            text: Any.
            allowed_special: Spellings of special tokens that become special tokens; "all" allows
                all of them.
            add_special_tokens: Whether the tokens that the model wants around a text are added,
                such as BOS; transformers does so unless told otherwise.

        Raises:
            SpecialTokenInTextError: At the first special token that is not allowed.
            UnknownCharacterError: For a character without a token. transformers drops it, or puts
                the token for unknown text.
        """
        check_text(text)
        allowed = resolve_allowed(self.special_tokens, allowed_special)
        ids = self.encode_sections(text, self.special_tokens | self.added_tokens, allowed)
        return [*self.bos_ids, *ids, *self.eos_ids] if add_special_tokens else ids

    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        return self.encode_sections(text, self.added_tokens, set())

    def encode_sections(self, text: str, whole: Mapping[str, int], allowed: set[str]) -> list[int]:
        """The ids of a text in which some texts are tokens, whatever is around them.

        Args:
            text: Any.
            whole: Their spelling -> id.
            allowed: Special tokens that may be among them.
        """
        ids: list[int] = []
        may_be = allowed | set(self.added_tokens)
        for start, ordinary, token in split_at_specials(text, whole, may_be):
            ids += self.encode_section(ordinary, start)
            if token is not None:
                ids.append(token)
        return ids

    def encode_section(self, text: str, start: int) -> list[int]:
        """The ids of a text between two special tokens.

        Args:
            text: Without special tokens.
            start: Its position in the whole text.
        """
        if not text:
            return []
        for normalize in self.normalizer:
            text = normalize(text)
        pieces = [text]
        for split in self.pre_tokenizer:
            pieces = [
                part
                for i, piece in enumerate(pieces)
                for part in split(piece, start == 0 and i == 0)
            ]
        return list(chain.from_iterable(map(self.cache.__getitem__, pieces)))

    def apply_chat_template(
        self,
        messages: Sequence[Mapping[str, Any]],
        add_generation_prompt: bool = True,
        *,
        allowed_special: Iterable[str] = (),
        **variables: Any,
    ) -> str:
        """The text of a conversation, as the model was trained to read it.

        Args:
            messages: Dicts with role ("system", "user", "assistant") and content.
            add_generation_prompt: Whether the text ends where the model's answer begins.
            allowed_special: Special tokens that messages may spell; "all" allows all of them, as
                transformers does. Otherwise a message could end itself and go on as another role.
            **variables: What else the template knows, such as tools or enable_thinking.

        Raises:
            ChatTemplateError: If there is no template, or it fails; see `render_chat`.
            SpecialTokenInTextError: If a message spells a special token.
        """
        require_packages("A chat template", "jinja2")
        from gptcore.tokenizers.formats.chat_template import (  # noqa: PLC0415 - loads Jinja
            plain,
            render_chat,
            texts_in,
        )

        allowed = resolve_allowed(self.special_tokens, allowed_special)
        messages, variables = plain(list(messages)), plain(variables)
        for text in texts_in([messages, variables]):
            check_text(text, "A message")
            refused = [t for t in self.special_tokens if t in text and t not in allowed]
            if refused:
                first = min(refused, key=text.find)
                raise SpecialTokenInTextError(
                    f"A message spells the special token {first!r}: {text!r:.60}. It could "
                    "end itself and speak as somebody else. Remove the spelling, or allow it: "
                    'apply_chat_template(messages, allowed_special="all").'
                )
        roles = {role: self.config[role] for role in ROLES if self.config.get(role)}
        given = {"tools": None, "documents": None, **roles, **variables}
        return render_chat(
            self.config.get("chat_template"),
            messages,
            add_generation_prompt=add_generation_prompt,
            **given,
        )

    def encode_chat(self, messages: Sequence[Mapping[str, Any]], **options: Any) -> list[int]:
        """The ids of a conversation.

        Args:
            messages: Dicts with role and content.
            **options: Passed on to `apply_chat_template`.
        """
        return self.encode(self.apply_chat_template(messages, **options), allowed_special="all")

    def tokenizer_json(self) -> dict[str, Any]:
        """The content of the file, as it was read."""
        return self.spec

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the files from which transformers' AutoTokenizer makes the same tokenizer.

        Args:
            folder: It is made if it is not there.

        Raises:
            OSError: If the files cannot be written.
        """
        write_pretrained(as_path(folder, "The folder"), self.spec, self.config)

    @cached_property
    def sha256(self) -> str:
        names = ("model", "normalizer", "pre_tokenizer", "decoder")
        return fingerprint(
            special_tokens=self.special_tokens,
            added_tokens=self.added_tokens,
            **{name: self.spec.get(name) for name in names},
        )

    def to_dict(self) -> dict[str, Any]:
        return {"tokenizer_json": self.spec, "config": self.config}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["tokenizer_json"], content["config"])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.spec, self.config)


def split_before(sign: str, text: str, is_first: bool) -> list[str]:
    """Split a text before each run of a sign.

    Args:
        sign: One character.
        text: Any.
        is_first: Not used; every step has it.
    """
    pieces: list[str] = regex.findall(f"{sign}*[^{sign}]+|{sign}+", text)
    return pieces


def damaged_error(path: Path, error: Exception) -> ValueError:
    """The error for a file with a part that is missing, or of another type.

    Args:
        path: Of the file.
        error: What reading it raised.
    """
    return ValueError(f"{path} is damaged ({type(error).__name__}: {error}). Download it again.")
