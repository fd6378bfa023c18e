"""Chat templates: programs in Jinja that turn a conversation into the text of a model.

A template comes with somebody's model, so it is not trusted. It runs in Jinja's sandbox, sees plain
data only, and its loops and its text are bounded. The settings are those of transformers, so that
the text is the same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

MAX_STEPS = 1_000_000  # turns of all loops of a template together
MAX_LENGTH = 10_000_000  # characters of its text, or of a text that it multiplies


class ChatTemplateError(ValueError):
    """The chat template is missing or damaged, was stopped, or refuses the conversation.

    Example:
        >>> template = "{{ raise_exception('no system message, please') }}"
        >>> render_chat(template, [{"role": "system", "content": "Hi"}])
        Traceback (most recent call last):
        gptcore...ChatTemplateError: The chat template refuses this conversation: no system...
    """


class TooLongError(Exception):
    """A loop or a text of a template has no end."""


class GenerationTag(Extension):
    """{% generation %}...{% endgeneration %}, which marks what a model learns to write."""

    tags = {"generation"}  # noqa: RUF012 - Jinja declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body of the tag as if the tag were not there.

        Args:
            parser: Stands at the tag.
        """
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class ChatEnvironment(ImmutableSandboxedEnvironment):
    """Jinja as transformers sets it up, with a limit for loops and texts."""

    intercepted_binops = frozenset(["*", "**"])

    def __init__(self) -> None:
        extensions = [GenerationTag, "jinja2.ext.loopcontrols"]
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=extensions)
        self.steps = 0
        self.filters |= {"tojson": to_json, "counted": self.counted}
        self.globals |= {"raise_exception": raise_exception, "strftime_now": strftime_now}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None)
        return tree

    def counted(self, items: Iterable[Any]) -> list[Any]:
        """The items of a loop; TooLongError if all loops together have had too many.

        Args:
            items: What the template loops over.
        """
        items = list(items)
        self.steps += len(items)
        if self.steps > MAX_STEPS:
            raise TooLongError
        return items

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply, unless the result would fill the memory.

        Args:
            context: Jinja's.
            operator: "*" or "**".
            left: First factor, or base.
            right: Second factor, or exponent.
        """
        sizes = [len(x) if isinstance(x, (str, list, tuple)) else abs(x) for x in (left, right)]
        if operator == "**" and sizes[1] > 100:
            raise TooLongError
        repeats = not all(isinstance(x, (int, float)) for x in (left, right))
        if repeats and sizes[0] * sizes[1] > MAX_LENGTH:
            raise TooLongError
        return super().call_binop(context, operator, left, right)


def raise_exception(message: object) -> None:
    """What a template calls to refuse a conversation."""
    raise jinja2.TemplateError(str(message))


def strftime_now(form: str) -> str:
    """Date and time of now, for a template that tells the model what day it is."""
    return datetime.now().strftime(form)


def to_json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    """A value as JSON. Jinja's own filter writes < and > as escapes, for web pages."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def plain(value: Any) -> Any:
    """The value made of Python's plain types only: no method of ours gets into a template.

    Args:
        value: Of a message.

    Raises:
        ChatTemplateError: For anything that JSON cannot write.
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise ChatTemplateError(
        f"A message has {value!r:.60} of type {type(value).__name__}. A message is a dict of "
        'texts, numbers, lists and dicts: {"role": "user", "content": "Hello"}.'
    )


def texts_in(value: Any) -> Iterator[str]:
    """All texts inside a value, keys included.

    Args:
        value: A value as `plain` returns it.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_in([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


@lru_cache(maxsize=8)
def compile_template(template: str) -> jinja2.Template:
    """The compiled template."""
    return ChatEnvironment().from_string(template)


def render_chat(template: str | None, messages: Sequence[Any], **variables: Any) -> str:
    """The text of a conversation.

    Args:
        template: A program in Jinja.
        messages: Dicts with role and content.
        **variables: What else the template sees, such as add_generation_prompt and bos_token.

    Raises:
        ChatTemplateError: If there is no template, if it refuses the conversation, tries what is
            not allowed, or does not end.

    Example:
        >>> template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        >>> render_chat(template, [{"role": "user", "content": "Hi"}])
        '<user>Hi'
    """
    if not template:
        raise ChatTemplateError(
            "This tokenizer has no chat template: it belongs to a model that completes text. "
            "Encode a text: tokenizer.encode(text); or take the -Instruct model of the family."
        )
    if not messages:
        raise ChatTemplateError(
            "The conversation has no messages. Give at least one: "
            '[{"role": "user", "content": "Hello"}].'
        )
    length = 0
    pieces = []
    try:
        compiled = compile_template(template)
        compiled.environment.steps = 0  # type: ignore[attr-defined]  # it is a ChatEnvironment
        for piece in compiled.generate(messages=messages, **variables):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_LENGTH:
                raise TooLongError
    except jinja2.TemplateSyntaxError as error:
        raise ChatTemplateError(
            f"The chat template cannot be read: {error.message} (line {error.lineno}). Take the "
            "template from the model's own folder."
        ) from None
    except SecurityError as error:
        raise ChatTemplateError(
            f"The chat template was stopped, because it tries to run code: {error}. Do not use "
            "it; write the text of the conversation yourself."
        ) from None
    except (TooLongError, OverflowError, MemoryError, RecursionError):
        raise ChatTemplateError(
            f"The chat template was stopped: its loops take more than {MAX_STEPS:,} steps, or its "
            f"text has more than {MAX_LENGTH:,} characters. Do not use it; write the text of the "
            "conversation yourself."
        ) from None
    except jinja2.UndefinedError as error:
        raise ChatTemplateError(
            f"The chat template asks for what the conversation does not have: {error}. Give each "
            "message a role and a content."
        ) from None
    except jinja2.TemplateError as error:
        raise ChatTemplateError(f"The chat template refuses this conversation: {error}") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ChatTemplateError(
            f"The chat template fails on this conversation ({type(error).__name__}: {error}). "
            "Give each message a role and a text as content."
        ) from None
    return "".join(pieces)
