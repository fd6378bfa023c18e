"""Options of `gptcore eval`."""

from dataclasses import dataclass
from typing import Literal

from gptcore.cli.paths import ModelSource


@dataclass
class EvalOptions:
    """The words after `gptcore eval`."""

    model: ModelSource
    text: str | None = None
    """a text in UTF-8; - reads standard input"""
    task: str | None = None
    """JSON lines with ctx, endings and label, as HellaSwag has; or query, choices and gold"""
    lines: bool = False
    """each line of the text is a text of its own, which ends with the token between texts"""
    stride: int | None = None
    """by how many tokens the window moves; default: half the context; smaller is slower, and gives
    each token more context"""
    context: int | None = None
    """the most tokens that a token is scored after; default: what the model can"""
    bos: Literal["auto", "yes", "no"] = "auto"
    """whether BOS begins each text; auto: as the model was trained"""
    limit: int | None = None
    """only the first items of the task"""
    json: bool = False
    """print one JSON object"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest of this machine"""
