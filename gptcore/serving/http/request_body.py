"""The body of a request: every field is checked, and an error names the field and its rule."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from gptcore.checks import is_int
from gptcore.serving.http.api_error import APIError
from gptcore.serving.sampling_params import SamplingParams

MAX_N, MAX_STOPS, MAX_LOGPROBS, MAX_PROMPTS = 16, 4, 20, 16
DEFAULT_MAX_TOKENS = 16  # of OpenAI's completions; a chat answer is as long as fits
# What would change the answer and is not computed here, with the value that changes nothing.
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "echo": (False,),
    "suffix": ("",),
    "best_of": (1,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "tools": ([],),
    "functions": ([],),
    "response_format": ({"type": "text"},),
    "audio": (),
}


@dataclass(frozen=True)
class Body:
    """A checked request.

    Attributes:
        params: For the engine; its stop ids are added later.
        n: Texts for each prompt.
        stop: Stop strings.
        is_stream: Whether tokens are sent as they come.
        include_usage: Whether a stream ends with the usage.
    """

    params: SamplingParams
    n: int
    stop: list[str]
    is_stream: bool
    include_usage: bool


def read_body(fields: Mapping[str, Any], is_chat: bool, stop_ids: list[int]) -> Body:
    """Check the fields that completions and chat share.

    Args:
        fields: The JSON object.
        is_chat: Whether it is of /v1/chat/completions.
        stop_ids: Tokens that end a text.

    Raises:
        APIError: For the first field that is wrong.
    """
    for name, harmless in UNSUPPORTED.items():
        if fields.get(name) is not None and fields[name] not in harmless:
            raise APIError(400, f"{name} is not supported here. Leave it out.", name)
    names = ("max_completion_tokens", "max_tokens")
    named = next((name for name in names if fields.get(name) is not None), "max_tokens")
    max_tokens = integer(fields, named, None if is_chat else DEFAULT_MAX_TOKENS, 1)
    options = fields.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise APIError(400, "stream_options must be an object.", "stream_options")
    params = SamplingParams(
        max_new_tokens=max_tokens,
        temperature=number(fields, "temperature", 1.0, 0, 2),
        top_k=integer(fields, "top_k", None, 1),
        top_p=positive(fields, "top_p", 1.0),
        min_p=number(fields, "min_p", 0.0, 0, 1),
        seed=integer(fields, "seed", secrets.randbits(31), -(2**63), 2**63 - 1) or 0,
        stop_ids=stop_ids,
        logprobs=read_logprobs(fields, is_chat),
    )
    return Body(
        params,
        integer(fields, "n", 1, 1, MAX_N) or 1,
        read_stop(fields.get("stop")),
        boolean(fields, "stream"),
        boolean(options or {}, "include_usage"),
    )


def read_prompts(prompt: Any) -> list[str | list[int]]:
    """The prompts of /v1/completions: a text, token ids, or a list of either."""
    if isinstance(prompt, str) or is_ids(prompt):
        return [prompt]
    is_list = isinstance(prompt, list) and 0 < len(prompt) <= MAX_PROMPTS
    if is_list and all(isinstance(one, str) or is_ids(one) for one in prompt):
        return list(prompt)
    raise APIError(
        400,
        f"prompt must be a text, a list of token ids, or a list of at most {MAX_PROMPTS} of these.",
        "prompt",
    )


def is_ids(value: Any) -> bool:
    """Whether it is a list of integers, at least one."""
    return isinstance(value, list) and bool(value) and all(is_int(id) for id in value)


def read_messages(messages: Any) -> list[dict[str, str]]:
    """The messages of a chat; parts of text are joined, and a developer is the system."""
    if not isinstance(messages, list) or not messages:
        raise APIError(
            400,
            'messages must be a list such as [{"role": "user", "content": "Hello"}], not empty.',
            "messages",
        )
    checked = []
    for i, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise APIError(400, f"messages[{i}] must be an object with a role.", "messages")
        role = "system" if message["role"] == "developer" else message["role"]
        checked.append({"role": role, "content": text_of(message.get("content"), i)})
    return checked


def text_of(content: Any, i: int) -> str:
    """The text of a message."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    if not parts or len(texts) != len(parts) or not all(isinstance(t, str) for t in texts):
        raise APIError(
            400, f"messages[{i}].content must be a text; pictures are not read.", "messages"
        )
    return "".join(str(text) for text in texts)


def read_stop(stop: Any) -> list[str]:
    """The stop strings."""
    stops = [] if stop is None else [stop] if isinstance(stop, str) else stop
    is_list = isinstance(stops, list) and len(stops) <= MAX_STOPS
    if not is_list or not all(isinstance(text, str) and text for text in stops):
        raise APIError(400, f"stop must be a text or at most {MAX_STOPS}, none empty.", "stop")
    return list(stops)


def read_logprobs(fields: Mapping[str, Any], is_chat: bool) -> int | None:
    """How many likely tokens are reported; None for no log-probabilities."""
    if not is_chat:
        return integer(fields, "logprobs", None, 0, MAX_LOGPROBS)
    top = integer(fields, "top_logprobs", None, 0, MAX_LOGPROBS)
    if boolean(fields, "logprobs"):
        return top or 0
    if top:
        raise APIError(400, "top_logprobs needs logprobs: true.", "top_logprobs")
    return None


def number(fields: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number within limits, both included."""
    value = fields.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) <= high and isfinite(value) and low <= value <= high:
        return float(value)
    raise APIError(400, f"{name}={value!r:.60} must be a number from {low} to {high}.", name)


def positive(fields: Mapping[str, Any], name: str, default: float) -> float:
    """A number above 0, at most 1."""
    value = number(fields, name, default, 0, 1)
    if value == 0:
        raise APIError(400, f"{name}=0 must be above 0; 1 changes nothing.", name)
    return value


def integer(
    fields: Mapping[str, Any], name: str, default: int | None, low: int, high: int | None = None
) -> int | None:
    """An integer within limits, both included."""
    value = fields.get(name)
    if value is None:
        return default
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer and low <= value and (high is None or value <= high):
        return int(value)
    limits = f"from {low} to {high}" if high is not None else f", {low} or more"
    shown = str(value)[:60] if not is_integer or abs(value) < 10**18 else "a huge number"
    raise APIError(400, f"{name}={shown} must be an integer {limits}.".replace(" ,", ","), name)


def boolean(fields: Mapping[str, Any], name: str) -> bool:
    """True or False; None is False."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise APIError(400, f"{name}={value!r:.60} must be true or false.", name)
