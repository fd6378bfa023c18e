"""The folder of a finished model: weights, tokenizer, samples, card, page.

    OUT/model.safetensors, config.json   the weights of the best step
    OUT/tokenizer.json                   its tokenizer
    OUT/README.md                        the model card
    OUT/samples.txt                      what it writes at temperature 1, a line each
    OUT/page.html                        the model in a browser, without a server
    OUT/results.json                     the numbers of the card; written last

Log and checkpoints of the training are beside them, as of every run.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gptcore.export import export_page
from gptcore.files import write_json, write_text
from gptcore.own_gpt.card import model_card
from gptcore.own_gpt.recipe import Recipe
from gptcore.own_gpt.results import Results
from gptcore.own_gpt.training import LineTraining

CARD, SAMPLES, PAGE, RESULTS = "README.md", "samples.txt", "page.html", "results.json"


def write_model_folder(
    training: LineTraining,
    results: Results,
    out_dir: str | Path,
    *,
    name: str,
) -> list[Path]:
    """Write the files of a finished model.

    Args:
        training: After its last step.
        results: From `evaluate`.
        out_dir: The folder.
        name: Of the model, for the card and the page.

    Returns:
        The files, in the order in which they were written.

    Example:
        >>> training = train_lines(lines, plan(lines, max_steps=3, eval_every=3))
        >>> steps = list(training)
        >>> results = evaluate(training, source="names.txt", n_samples=5)
        >>> write_model_folder(training, results, "out", name="my-names")[-1].name
        'results.json'
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    training.tokenizer.save(out / "tokenizer.json")
    training.model.save(out)
    lines = "\n".join(line.replace("\n", "\\n") for line in results.samples)
    if results.is_running_text:
        lines = "\n---\n".join(results.samples)
    write_text(out / SAMPLES, f"{lines}\n")
    write_text(out / CARD, model_card(results, training.recipe, name=name))
    export_page(
        *(training.model, training.tokenizer, out / PAGE),
        lines=() if results.is_running_text else training.train,
        title=name,
        val_loss=training.best_loss,
    )
    write_json(out / RESULTS, results_as_json(results, training.recipe, name))
    written = ("tokenizer.json", "model.safetensors", SAMPLES, CARD, PAGE, RESULTS)
    return [out / file for file in written]


def results_as_json(results: Results, recipe: Recipe, name: str) -> dict[str, Any]:
    """The numbers of the card, and the recipe.

    Args:
        results: What was reached.
        recipe: How.
        name: Of the model.
    """
    content = asdict(results)
    if results.share is not None:
        content["share"] |= {
            "memorized": results.share.memorized,
            "verdict": results.share.verdict,
        }
    return {"name": name, **content, "recipe": asdict(recipe)}
