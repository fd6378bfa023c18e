"""The reader's own text in; a model, a page and a card out."""

from pathlib import Path
from typing import Any

from course.experiments.own_gpt.page_in_lesson import FramedPage, show_page
from gptcore.manifest import shipped_folder
from gptcore.own_gpt import LineTraining, evaluate, plan, read_lines, train_lines
from gptcore.own_gpt.results import Results
from gptcore.own_gpt.run_folder import write_model_folder

FOLDER = Path("my_gpt")
SHOWN = 16  # samples


def make_my_gpt(my_text: Any, folder: Path = FOLDER) -> FramedPage | None:
    """Train a GPT of a list or file, show what it writes, and write a page and a card.

    Args:
        my_text: creatures, cities, poems, or the path of a text file; `...` does nothing.
        folder: Where model, page and card are written; what is there is replaced.

    Returns:
        The page, to be shown; None if there is nothing to learn from.
    """
    if my_text is ... or not str(my_text).strip():
        print("my_text: not chosen yet")
        return None
    try:
        training = trained(str(my_text))
    except (ValueError, OSError) as error:  # an unknown list, too few lines, a file that is no text
        print(error)
        return None
    name = Path(str(my_text)).stem
    results = evaluate(training, source=f"{name}.txt")
    write_model_folder(training, results, folder, name=name)
    print(*report(training, results), sep="\n")
    print(f"The page below: {folder / 'page.html'}. The model card: {folder / 'README.md'}.")
    known = () if results.is_running_text else training.train
    return show_page(training.model, training.tokenizer, title=name, lines=known)


def list_path(my_text: str) -> Path:
    """The file of a list.

    Args:
        my_text: creatures, cities, poems, or the path of a text file.

    Raises:
        ValueError: If there is no such list and no such file.
    """
    folder = shipped_folder() / "lists"
    for path in (folder / f"{my_text}.txt", Path(my_text).expanduser()):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.txt")))
    raise ValueError(f"There is no list and no file {my_text!r}. The lists are {known}.")


def trained(my_text: str) -> LineTraining:
    """Train as `plan` proposes, and print the held-out loss on the way.

    Args:
        my_text: creatures, cities, poems, or the path of a text file.
    """
    text = read_lines(list_path(my_text))
    recipe = plan(text)
    training = train_lines(text, recipe)
    print(*recipe.warnings, sep="\n", end="\n" if recipe.warnings else "")
    for step in training:
        if step.val_loss is not None:
            words = f"step {step.step} of {recipe.max_steps}, held-out loss {step.val_loss:.3f}"
            print(f"\r{words} nats per token", end="", flush=True)
    print()
    return training


def report(training: LineTraining, results: Results) -> list[str]:
    """What it writes, and how good and how new that is.

    Args:
        training: After its last step.
        results: What was measured.
    """
    known = set(training.train)
    lines = [f"{'*' if line in known else ' '} {line}" for line in results.samples[:SHOWN]]
    lines += ["(* in the training list)", ""]
    lines.append(f"kept: step {results.best_step}, {results.held_out_loss:.2f} nats per token")
    lines.append(f"best letter table (lesson 1): {results.table.loss:.2f}")
    written, unread = results.longest_copies
    lines.append(f"longest copy: {written:.1f} letters on average; of held-out lines {unread:.1f}")
    return lines if results.share is None else [*lines, results.share.verdict]
