"""OpenAI's published vocabularies, from the files that `data/manifest.toml` names.

tiktoken's own folder of downloads is not used: tiktoken deletes a file there that it does not
expect, and then goes to the network. Here a file is checked by its hash and left as it is.
"""

import base64

from gptcore.manifest import TextUnavailableError, find_text, read_verified, text_exists, text_path
from gptcore.tokenizers.merges import Pair


def read_vocabulary(name: str) -> bytes:
    """The content of a vocabulary's file.

    Args:
        name: In the manifest.

    Raises:
        TextUnavailableError: If it is not on this machine, with the command that downloads it.
        TextDamagedError: If its hash is wrong.
    """
    text = find_text(name)
    if not text_exists(text):
        raise TextUnavailableError(
            f"The vocabulary {name!r} is not on this machine: there is no {text_path(text)}.\n"
            f"Download it: gptcore fetch {name}"
        )
    return read_verified(text)


def gpt2_merges() -> tuple[list[int], list[Pair]]:
    """The bytes of GPT-2's tokens 0 to 255, and its 50,000 merges.

    GPT-2 numbers the visible bytes first. Its file writes each of the others as a letter from
    U+0100 on, so that no line has a blank or a control character: Ġ is the space.

    Raises:
        TextUnavailableError: If the vocabulary is not on this machine.
    """
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    visible += range(ord("®"), ord("ÿ") + 1)
    rest = [byte for byte in range(256) if byte not in visible]
    letters = [*map(chr, visible), *(chr(256 + i) for i in range(len(rest)))]
    id_of = {letter: id for id, letter in enumerate(letters)}
    merges: list[Pair] = []
    for line in read_vocabulary("gpt2-vocabulary").decode().splitlines()[1:]:
        left, right = line.split(" ")
        merges.append((id_of[left], id_of[right]))
        id_of[left + right] = len(id_of)
    return visible + rest, merges


def read_tiktoken_vocab(name: str) -> dict[bytes, int]:
    """The bytes of each token -> its id, from a file in tiktoken's format: base64 and number.

    Args:
        name: In the manifest.

    Raises:
        TextUnavailableError: If the vocabulary is not on this machine.
    """
    lines = map(bytes.split, read_vocabulary(name).splitlines())
    return {base64.b64decode(token): int(id) for token, id in lines}
