"""What lesson 5 measures of tokenizers, and the controls that it makes of them."""

from math import log

from gptcore.scalar import NgramTable
from gptcore.tokenizers import BPETokenizer, Tokenizer
from viz import MergeGame, VocabularyDial

# The first sentence of the Universal Declaration of Human Rights, United Nations, 1948.
DECLARATION = {
    "English": "All human beings are born free and equal in dignity and rights.",
    "French": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "Russian": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
}
SIZES = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 50_256]
ABOUT_TOKENIZERS = (
    "The tokenizer of a model is learned before the model is, from other text, and never again."
)


def tokens_of(tokenizer: Tokenizer, text: str) -> list[bytes]:
    """The tokens of a text, as bytes.

    Args:
        tokenizer: It encodes the text.
        text: Any text.

    Example:
        >>> tokens_of(BPETokenizer([(97, 110)]), "nan")
        [b'n', b'an']
    """
    return [tokenizer.token_bytes(id) for id in tokenizer.encode(text)]


def merge_game(stories: list[str], vocab_size: int) -> MergeGame:
    """The reader chooses merges, against the algorithm.

    Args:
        stories: The text of the game; no pair crosses the end of a word.
        vocab_size: 256, and the number of merges.
    """
    trained = BPETokenizer.train(stories, vocab_size=vocab_size)
    words = [word for story in stories for word in trained.pretokens(story)]
    name = trained.token_bytes
    return MergeGame(words, [(name(left), name(right)) for left, right in trained.merges])


def tokens_with(word: str, stories: list[str], pattern: str) -> list[str]:
    """The tokens of a vocabulary of 1,000 in which a word occurs.

    Args:
        word: What is looked for.
        stories: What the tokenizer is trained on.
        pattern: Its pre-tokenization, "gpt2" or "none".
    """
    t = BPETokenizer.train(stories, vocab_size=1000, pattern=pattern)
    tokens = [t.token_bytes(id).decode(errors="replace") for id in range(256, 1000)]
    return [token for token in tokens if word in token]


def vocabulary_dial(gpt2: BPETokenizer, n_embd: int, other_parameters: int) -> VocabularyDial:
    """A slider for how many of GPT-2's merges are used, and a text to type.

    Args:
        gpt2: GPT-2's tokenizer.
        n_embd: How many numbers the embedding table has for each token.
        other_parameters: Parameters of the model outside that table.
    """

    def first_merges(text: str, vocab_size: int) -> list[bytes]:
        merges = gpt2.merges[: vocab_size - 256]
        return tokens_of(BPETokenizer(merges, byte_order=gpt2.byte_order), text)

    return VocabularyDial(
        first_merges,
        ABOUT_TOKENIZERS,
        SIZES,
        initial=2048,
        n_embd=n_embd,
        other_parameters=other_parameters,
    )


def as_letters(tokenizer: BPETokenizer, texts: list[str]) -> list[str]:
    """Each text with one character for each id, which is what `NgramTable` can count.

    Args:
        tokenizer: It encodes the texts.
        texts: Any texts.

    Example:
        >>> as_letters(BPETokenizer([(97, 110)]), ["nan"])
        ['nĀ']
    """
    return ["".join(map(chr, tokenizer.encode(text))) for text in texts]


def loss_of_pairs(seen: list[str], unseen: list[str], vocab_size: int) -> tuple[float, float]:
    """The loss of a table of pairs of tokens, in two units.

    Args:
        seen: What tokenizer and table are trained on.
        unseen: What the loss is measured on.
        vocab_size: Size of the vocabulary.

    Returns:
        Nats per token, and bits per byte.
    """
    t = BPETokenizer.train(seen, vocab_size=vocab_size)
    table = NgramTable(map(chr, range(vocab_size)), context_size=1, smoothing=0.01)
    targets = as_letters(t, unseen)
    nats = table.fit(as_letters(t, seen)).mean_loss(targets)
    n_tokens = sum(len(ids) + 1 for ids in targets)  # + 1: the end
    n_bytes = sum(len(story.encode()) for story in unseen)
    return nats, nats * n_tokens / log(2) / n_bytes
