"""The model card: README.md of a model, as Hugging Face's Hub reads it.

The lines between `---` are for programs; the rest is for people: from what the model was made, how
good it is by which measure, and what of it is copied.
Source: Mitchell et al. 2019, "Model Cards for Model Reporting", arXiv 1810.03993.
"""

import json
import re
from collections.abc import Sequence
from math import exp

from gptcore.own_gpt.recipe import NOTHING, Recipe
from gptcore.own_gpt.results import Results

SHOWN = 12  # samples in the card


def model_card(results: Results, recipe: Recipe, *, name: str) -> str:
    """Write the card.

    Args:
        results: What was reached.
        recipe: How.
        name: Of the model.

    Returns:
        Markdown with a YAML header.

    Example:
        >>> model_card(results, recipe, name="my-names").splitlines()[1]
        'library_name: gptcore'
    """
    parts = [
        yaml_header(results, name),
        f"# {plain(name)}\n\nA GPT of {results.parameters:,} parameters that writes "
        f"{'text' if results.is_running_text else 'lines'} like those of "
        f"`{plain(results.source)}`. It was made by `gptcore new`.",
        f"## Data\n\n{data_text(results)}",
        f"## Model\n\n{table(('setting', 'value', 'why'), recipe.rows() or [('-', '-', '-')])}",
        f"## Losses\n\n{loss_text(results)}",
        f"## Is it copied?\n\n{copied_text(results)}",
        f"## Samples\n\nAt temperature 1, not chosen:\n\n{fenced(results.samples[:SHOWN])}",
        f"## How to load it\n\n{LOADING}",
        f"## Limits\n\n{limits(results, recipe)}",
    ]
    return "\n\n".join(parts) + "\n"


LOADING = """```
gptcore sample --out_dir FOLDER
```

```python
from gptcore.model import GPT
from gptcore.tokenizers import load_tokenizer
from gptcore.own_gpt import sample_lines

model, tokenizer = GPT.load("FOLDER"), load_tokenizer("FOLDER/tokenizer.json")
sample_lines(model, tokenizer, 10)
```

FOLDER is the folder of this file. `page.html` runs the model in a browser, without a server."""


def yaml_header(results: Results, name: str) -> str:
    """What the Hub reads: tags, and the losses in the form of `model-index`."""
    metrics = [
        ("loss", "nats per letter on held-out text", results.held_out_loss),
        ("perplexity", "letters on held-out text", exp(results.held_out_loss)),
    ]
    lines = [
        "library_name: gptcore",
        "pipeline_tag: text-generation",
        "tags: [gptcore, gpt, from-scratch]",
        "model-index:",
        f"- name: {json.dumps(name)}",
        "  results:",
        "  - task: {type: text-generation}",
        f"    dataset: {{name: {json.dumps(results.source)}, type: text}}",
        "    metrics:",
    ]
    for kind, about, value in metrics:
        lines.append(f"    - {{type: {kind}, name: {json.dumps(about)}, value: {value:.4f}}}")
    return "\n".join(["---", *lines, "---"])


def data_text(results: Results) -> str:
    """From what it was made."""
    if results.is_running_text:
        return (
            f"`{plain(results.source)}`: a running text of {results.n_letters:,} letters. Its last "
            f"{results.n_held_out:,} letters were held out."
        )
    return (
        f"`{plain(results.source)}`: {results.n_lines:,} different lines with "
        f"{results.n_letters:,} letters. {results.n_held_out:,} lines, drawn at random, "
        "were held out: the model has never learned from them."
    )


def loss_text(results: Results) -> str:
    """The losses, and what they are compared with."""
    rows = [
        ("text that it learned from", f"{results.train_loss:.3f}"),
        ("held-out text", f"**{results.held_out_loss:.3f}**"),
        (
            f"best letter table on the held-out text ({results.table.context_size} letters back)",
            f"{results.table.loss:.3f}",
        ),
    ]
    unit = "a letter" if results.is_running_text else "a letter or the end of a line"
    gain = results.table.loss - results.held_out_loss
    verdict = (
        f"It is {gain:.3f} nats better than counting letters."
        if gain > 0
        else "It is not better than counting letters: more lines are needed."
    )
    return (
        f"Nats per token; a token is {unit}. The weights are those of step {results.best_step:,}, "
        f"the one with the lowest held-out loss.\n\n{table(('on', 'loss'), rows)}\n\n{verdict}"
    )


def copied_text(results: Results) -> str:
    """What share is copied, and how much of it coincidence explains."""
    ours, held_out = results.longest_copies
    runs = (
        f"The longest part of a sample that is in the training text, letter for letter, has "
        f"{ours:.1f} letters on average; of a held-out piece it has {held_out:.1f}."
    )
    if results.share is None:
        return runs
    rows = [
        ("lines of the training list", f"{results.share.copied:.2%}"),
        (
            "explained by coincidence, from the held-out lines",
            f"{results.share.coincidence:.2%} ± {results.share.coincidence_error:.2%}",
        ),
        ("memorized", f"{results.share.memorized:.2%}"),
    ]
    return (
        f"Of what it writes at temperature 1:\n\n{table(('share', ''), rows)}\n\nThat is "
        f"{results.share.verdict}. {runs}"
    )


def limits(results: Results, recipe: Recipe) -> str:
    """What the reader of the card must know."""
    sentences = [
        "It knows nothing but letters in a row: a line that it writes may be a real name, or mean "
        "something in a language, by coincidence.",
        "Letters that are not in the data cannot be read.",
        "The held-out loss was used to choose the step, so it is a little too low.",
        *recipe.warnings,
    ]
    if recipe.start != NOTHING:
        sentences.append(f"It started from the weights of {recipe.start}, made of given names.")
    return " ".join(sentences)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(plain(cell) for cell in line)} |" for line in lines)


def plain(text: str) -> str:
    """A text that cannot end a cell of a table, or a line."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


def fenced(lines: Sequence[str]) -> str:
    """Lines as they are, in a fence that is longer than any in them."""
    text = "\n".join(lines)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
