"""Characters of a text as ids, for the models that know only some characters."""

from collections.abc import Collection, Sequence


def check_characters(text: str, known: Collection[str], model: str) -> None:
    """Raise a ValueError that names the first unknown character and the known ones.

    Args:
        text: Any.
        known: Characters of the vocabulary.
        model: How the message calls the model.
    """
    unknown = sorted(set(text).difference(known))
    if unknown:
        raise ValueError(
            f"{text!r} has {unknown[0]!r}, which {model} does not know. "
            f"Known: {''.join(known)!r:.80}."
        )


def encode_characters(text: str, characters: Sequence[str], model: str) -> list[int]:
    """The index of each character of the text in `characters`.

    Args:
        text: Known characters only.
        characters: Of the vocabulary.
        model: How an error calls the model.

    Raises:
        ValueError: For an unknown character.
    """
    check_characters(text, characters, model)
    return [characters.index(character) for character in text]
