"""Questions of lesson 10: text at scale."""

import builtins
from collections import Counter
from contextlib import contextmanager
from hashlib import sha256
from random import Random

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_10 as solution
from course.solutions.lesson_10 import pieces

LESSON = "10_text_at_scale"
TEXTS = (
    ("a b c d e f g h", "a b c d e f g x y z"),
    ("a b c d e f g", "g f e d c b a"),
    ("a b c d e f g h i", "a b c d e f"),
    ("a a a a a a b", "a a a a a c"),
    ("x b c d e f", "a b c d e f"),
)
DOCUMENTS = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]  # with the ends of text 12 tokens: two are left over
THAT_FIT = [[1, 2, 3], [4, 5], [6, 7, 8, 9, 10]]  # one more, and the fourth row is full


# What an exercise is judged by -------------------------------------------------------------------


def ids_of(numbers) -> list[str]:
    """Ids as FineWeb has them."""
    rng = Random(8)
    drawn = [rng.getrandbits(128) for _ in range(max(numbers) + 1)]
    return [f"<urn:uuid:{drawn[i]:032x}>" for i in numbers]


def among(ids: list[str], more: list[str]) -> list[str]:
    """The ids in their order, with others between them, anywhere."""
    rng, longer = Random(9), list(ids)
    for new in more:
        longer.insert(rng.randrange(len(longer) + 1), new)
    return longer


def slice_of(validation_ids, ids: list[str]) -> list[str]:
    chosen = done(validation_ids(list(ids)))
    if not isinstance(chosen, (list, tuple, set)) or not set(chosen) <= set(ids):
        raise InvalidAnswerError("return a list of ids, some of those that came in")
    if len(chosen) != len(set(chosen)):
        raise InvalidAnswerError("an id came back more than once")
    return list(chosen)


IDS, MORE = ids_of(range(2000)), ids_of(range(2000, 2997))
LONGER = among(IDS, MORE)


def share_of(validation_ids) -> float:
    return len(slice_of(validation_ids, IDS)) / len(IDS)


def again(validation_ids) -> str:
    one, other = (set(slice_of(validation_ids, IDS)) for _ in range(2))
    return "the same" if one == other else "others"


def tomorrow(validation_ids) -> str:
    with another_start_of_python(1):
        one = set(slice_of(validation_ids, IDS))
    with another_start_of_python(2):
        return "the same" if set(slice_of(validation_ids, IDS)) == one else "others"


def in_a_longer_list(validation_ids) -> str:
    one, grown = set(slice_of(validation_ids, IDS)), set(slice_of(validation_ids, LONGER))
    return "the same" if one == grown & set(IDS) else "others"


def from_where(validation_ids) -> str:
    places = sorted(map(IDS.index, slice_of(validation_ids, IDS)))
    neighbours = places and places[-1] - places[0] == len(places) - 1
    return "the end of the list" if neighbours and places[-1] == len(IDS) - 1 else "elsewhere"


def wants_a_tenth(share) -> str:
    return "" if 0.08 < share < 0.12 else "from 0.08 to 0.12 of the ids"


def wants_the_same(which) -> str:
    return "" if which == "the same" else "the same"


SLICES = (
    Case("validation_ids(2,000 ids), the share of them", share_of, wants_a_tenth),
    Case("validation_ids(the same 2,000 ids) once more", again, wants_the_same),
    Case("validation_ids(the same ids), after a restart of Python", tomorrow, wants_the_same),
    Case(
        "validation_ids(those ids with 997 new ones between them)", in_a_longer_list, wants_the_same
    ),
    Case("where in the list of ids they are", from_where, lambda place: ""),
)


def behaves(again="the same", tomorrow="the same", longer="the same", place="", share=None):
    """Whether a slice is like that; `share` is its least and its largest size."""

    def fits(outcomes: list) -> bool:
        if not isinstance(outcomes[0], float):
            return False
        if share and not share[0] < outcomes[0] < share[1]:
            return False
        wanted = (again, tomorrow, longer, place)
        return all(want in ("", got) for want, got in zip(wanted, outcomes[1:]))

    return fits


@contextmanager
def another_start_of_python(salt: int):
    """hash() answers as it would in another process, where strings get other numbers."""
    ours = builtins.hash
    builtins.hash = lambda thing: ours((salt, thing))
    try:
        yield
    finally:
        builtins.hash = ours


def what_helps_with_tokens(answer) -> str:
    """What to say of a guess at the tokens in a file that nobody has foreseen."""
    if isinstance(answer, (int, float)) and 0 < answer < 1000:
        return "Write the whole number, as in 5e9 for five billion."
    if isinstance(answer, (int, float)) and 3.9e8 <= answer <= 5.11e8:
        return PACKED
    return "Characters first: how much text is compressed into 2 GB? Then divide by 4 to 5."


def what_helps_with_passes(answer) -> str:
    """The same for the passes over a file."""
    if isinstance(answer, (int, float)) and 0.2 <= answer <= 0.29:
        return UPSIDE_DOWN
    return "Divide the tokens of all steps by the tokens of the file."


def what_helps_with_similarity(answer) -> str:
    """The same for the similarity of two sentences."""
    if isinstance(answer, (int, float)) and answer > 1:
        return "A fraction is at most 1: shared pieces divided by all different pieces."
    return "Write the six pieces of each under one another, and count."


PACKED = (
    "That is 2 billion bytes divided by four to five: right for plain text. The file is "
    "compressed to about two thirds, so it holds more than 2 GB of text."
)
UPSIDE_DOWN = "0.7 / 3.1 is the fraction of the run that one pass takes. Invert it."


# Answers that readers give -----------------------------------------------------------------------


def of_words(one, other):
    a, b = set(one.split()), set(other.split())
    return len(a & b) / len(a | b)


def by_the_first(one, other):
    return len(pieces(one) & pieces(other)) / len(pieces(one))


def by_the_second(one, other):
    return by_the_first(other, one)


def by_the_smaller(one, other):
    return len(pieces(one) & pieces(other)) / min(len(pieces(one)), len(pieces(other)))


def shared(one, other):
    return len(pieces(one) & pieces(other))


def without_the_last_piece(one, other):
    return solution.similarity(one.rpartition(" ")[0], other.rpartition(" ")[0])


def by_the_sum(one, other):
    return len(pieces(one) & pieces(other)) / (len(pieces(one)) + len(pieces(other)))


def over_the_other_side(one, other):
    return 2 * by_the_sum(one, other)


def in_percent(one, other):
    return 100 * solution.similarity(one, other)


def of_all_not_of_different(one, other):
    a, b = (Counter(every_five(text.split())) for text in (one, other))
    return (a & b).total() / (a | b).total()


def every_five(things) -> list[tuple]:
    return [tuple(things[start : start + 5]) for start in range(len(things) - 4)]


def of_four_words(one, other):
    a, b = (set(zip(w, w[1:], w[2:], w[3:])) for w in (one.split(), other.split()))
    return len(a & b) / len(a | b)


def of_characters(one, other):
    a, b = set(every_five(one)), set(every_five(other))
    return len(a & b) / len(a | b)


def side_by_side_pieces(one, other):
    a, b = (
        {tuple(words[start : start + 5]) for start in range(0, len(words) - 4, 5)}
        for words in (one.split(), other.split())
    )
    return len(a & b) / len(a | b)


def with_short_tails(one, other):
    a, b = (
        {tuple(words[start : start + 5]) for start in range(len(words))}
        for words in (one.split(), other.split())
    )
    return len(a & b) / len(a | b)


def last_tenth(ids):
    return ids[-len(ids) // 10 :]


def drawn_anew(ids):
    return Random().sample(ids, len(ids) // 10)


def drawn_with_a_seed(ids):
    return Random(42).sample(ids, len(ids) // 10)


def none_at_all(ids):
    return [i for i in ids if i.endswith("7")]


def every_twentieth_by_itself(ids):
    return [i for i in ids if int.from_bytes(sha256(i.encode()).digest()[:8]) % 20 == 0]


def every_fifth_by_itself(ids):
    return [i for i in ids if int.from_bytes(sha256(i.encode()).digest()[:8]) % 5 == 0]


def by_hash_of_python(ids):
    return [i for i in ids if hash(i) % 10 == 0]


def cut(stream, T, step):
    return [stream[start : start + T + 1] for start in range(0, len(stream) - T, step)]


def each_document_alone(documents, T, end_of_text):
    return [row for document in documents for row in cut([end_of_text, *document], T, T)]


def nothing_between(documents, T, end_of_text):
    return cut([token for document in documents for token in document], T, T)


def end_behind(documents, T, end_of_text):
    return cut([token for document in documents for token in [*document, end_of_text]], T, T)


def side_by_side(documents, T, end_of_text):
    return cut(stream_of(documents, end_of_text), T, T + 1)


def rows_of_T(documents, T, end_of_text):
    return [row[:-1] for row in solution.rows_of(documents, T, end_of_text)]


def short_row_at_the_end(documents, T, end_of_text):
    stream = stream_of(documents, end_of_text)
    return [stream[start : start + T + 1] for start in range(0, len(stream) - 1, T)]


def stream_of(documents, end_of_text) -> list[int]:
    return [token for document in documents for token in [end_of_text, *document]]


def short_rows_at_the_end(documents, T, end_of_text):
    s = stream_of(documents, end_of_text)
    return [s[start : start + T + 1] for start in range(0, len(s), T)]


def without_a_row_that_fits(documents, T, end_of_text):
    s = stream_of(documents, end_of_text)
    return [s[start : start + T + 1] for start in range(0, len(s) - T - 1, T)]


def moved_by_one(documents, T, end_of_text):
    return cut(stream_of(documents, end_of_text), T, 1)


def filled_up(documents, T, end_of_text):
    rows = short_row_at_the_end(documents, T, end_of_text)
    return [row + [end_of_text] * (T + 1 - len(row)) for row in rows]


def in_pairs(documents, T, end_of_text):
    return [(row[:-1], row[1:]) for row in solution.rows_of(documents, T, end_of_text)]


QUESTIONS = [
    Question(
        "tokens in a 2 GB file",
        LESSON,
        right=0.73e9,
        tolerance=0.3,
        yes="About 3 billion characters, compressed to 2 GB; four and a half for each token.",
        wrong=(
            Wrong(
                10e9,
                "the advice was counted",
                "That would be 45 GB of text, at four and a half characters per token. It does not "
                "fit into 2 GB.",
            ),
            Wrong(
                2e9,
                "a token is a byte",
                "2 billion bytes, and an English character takes one. But a token has several "
                "characters.",
            ),
            Wrong(
                0.45e9,
                "the file is the text",
                PACKED,
            ),
            Wrong(
                0.3e9,
                "compressed means less text",
                "You made the 2 GB smaller. They are the compressed size: the text is larger than "
                "its file.",
            ),
            Wrong(
                9e9,
                "there are several tokens to a letter",
                "You multiplied by four and a half. A token is several characters, so there are "
                "fewer tokens than characters.",
            ),
        ),
        otherwise=what_helps_with_tokens,
    ),
    Question(
        "passes over one file",
        LESSON,
        right=4.3,
        tolerance=0.2,
        yes="3.1 billion divided by about 0.7 billion.",
        wrong=(
            Wrong(
                0.31,
                "the file is 10 billion tokens",
                "That is 3.1 / 10. How many tokens does the file really have?",
            ),
            Wrong(
                1,
                "training reads a file once",
                "It reads until the steps are done, and starts again when the file ends.",
            ),
            Wrong(
                0.23,
                "the quotient is the other way round",
                UPSIDE_DOWN,
            ),
        ),
        otherwise=what_helps_with_passes,
    ),
    Question(
        "similarity of two sentences",
        LESSON,
        right=0.5,
        yes="4 of 8. One word is in up to five pieces, and here in two.",
        wrong=(
            Wrong(
                0.9,
                "one word in ten is a tenth",
                "That counts words. How many of the six PIECES of a sentence have the odd word in "
                "them?",
            ),
            Wrong(
                4 / 6,
                "divide by the pieces of one text",
                "4 of the 6 pieces of one sentence. But the other has two of its own: how many "
                "different pieces are there in all?",
            ),
            Wrong(
                0.8,
                "neighbouring pieces do not share words",
                "Pieces overlap: they begin at the first word, the second, the third. Count six "
                "for each sentence.",
            ),
            Wrong(
                1 / 3,
                "divide by all pieces, the shared ones twice",
                "4 of 12 counts the shared ones twice in the denominator. How many DIFFERENT "
                "pieces are there?",
            ),
        ),
        otherwise=what_helps_with_similarity,
    ),
    Exercise(
        "similarity",
        LESSON,
        right=solution.similarity,
        cases=tuple(case("similarity", one, other) for one, other in TEXTS),
        tolerance=1e-6,
        yes="The intersection divided by the union. The order of the arguments does not matter.",
        wrong=(
            Wrong(
                of_words,
                "texts are alike if their words are",
                "Pieces of one word? 'a b c d e f g' and 'g f e d c b a' have all words in common, "
                "and no five in a row.",
            ),
            Wrong(
                by_the_first,
                "divide by the pieces of the first text",
                "You divide by the pieces of the first text: swap the arguments and the "
                "result changes. Divide by the union.",
            ),
            Wrong(
                by_the_second,
                "divide by the pieces of the second text",
                "You divide by the pieces of the second text: swap the arguments and the "
                "result changes. Divide by the union.",
            ),
            Wrong(
                by_the_smaller,
                "divide by the shorter text",
                "You divide by the shorter one, so a sentence equals the book it is from. Divide "
                "by the union.",
            ),
            Wrong(
                by_the_sum,
                "all pieces are those of one plus those of the other",
                "The shared pieces are counted twice in the denominator: a text and itself would "
                "have 0.5.",
            ),
            Wrong(
                shared,
                "similarity is a count",
                "You count the shared pieces. Three of four are many, three of a thousand are few.",
            ),
            Wrong(
                without_the_last_piece,
                "a range ends one too early",
                "The last piece of each text is missing: n words have n - 4 pieces of five.",
            ),
            Wrong(
                with_short_tails,
                "a piece begins at every word",
                "At the end of a text are fewer than five words, and yours makes pieces of them: "
                "n words have n - 4 pieces of five.",
            ),
            Wrong(
                side_by_side_pieces,
                "pieces do not overlap",
                "Your pieces lie side by side. A piece begins at every word, so pieces overlap.",
            ),
            Wrong(
                of_four_words,
                "start : start + 4 is five words",
                "Pieces of four words? A slice from start to start + 5 has five.",
            ),
            Wrong(
                of_characters,
                "a text is made of characters",
                "Pieces of five characters? The pieces are made of words: split() first.",
            ),
            Wrong(
                of_all_not_of_different,
                "a piece that comes twice counts twice",
                "In 'a a a a a a b' the piece 'a a a a a' occurs twice. Only DIFFERENT pieces "
                "count: a set knows each once.",
            ),
            Wrong(
                over_the_other_side,
                "what is shared counts on both sides",
                "You count the shared pieces twice, above and below. That is the Dice coefficient, "
                "another measure.",
            ),
            Wrong(
                in_percent,
                "a fraction is written in percent",
                "Leave out the factor of 100: two equal texts have a similarity of 1.",
            ),
        ),
    ),
    Exercise(
        "validation_ids",
        LESSON,
        right=solution.validation_ids,
        cases=SLICES,
        yes="The same ids today, tomorrow, and in any longer list.",
        wrong=(
            Wrong(
                last_tenth,
                "the end of the file is as good as any",
                "The end of a list is one site and one day, so your split is not random. And when "
                "new pages come, the end is another one.",
                fits=behaves(longer="others", place="the end of the list"),
            ),
            Wrong(
                drawn_anew,
                "chance is fair",
                "Another split in every run. Two losses on two splits cannot be compared, and "
                "yesterday's validation page is trained on today.",
                fits=behaves(again="others", tomorrow="", longer=""),
            ),
            Wrong(
                drawn_with_a_seed,
                "a seed makes it the same always",
                "The same for the same list. When new pages come in between, each index belongs to "
                "another page. Decide by the id itself.",
                fits=behaves(longer="others", share=(0.08, 0.12)),
            ),
            Wrong(
                none_at_all,
                "an id ends with a digit",
                "No id goes out. All begin with '<urn:uuid:' and end with '>'; look at one.",
                fits=behaves(share=(-1, 0.001)),
            ),
            Wrong(
                every_twentieth_by_itself,
                "one in twenty is about a tenth",
                "The id decides, and always in the same way: that is right. But far fewer than a "
                "tenth of the ids go out.",
                fits=behaves(share=(0, 0.08)),
            ),
            Wrong(
                every_fifth_by_itself,
                "one in five is about a tenth",
                "The id decides, and always in the same way: that is right. But far more than a "
                "tenth of the ids go out.",
                fits=behaves(share=(0.12, 0.5)),
            ),
            Wrong(
                by_hash_of_python,
                "hash() is a hash",
                "The right idea, and a trap: Python's hash() of a string is another one each time "
                "Python starts. hashlib has some that stay.",
                fits=behaves(tomorrow="others", share=(0.08, 0.12)),
            ),
        ),
    ),
    Exercise(
        "rows_of",
        LESSON,
        right=solution.rows_of,
        cases=(
            case("rows_of", DOCUMENTS, 3, 0),
            case("rows_of", THAT_FIT, 3, 0),
            case("rows_of", THAT_FIT, 4, 50),
            case("rows_of", DOCUMENTS, 5, 0),
            case("rows_of", [[7, 7]], 3, 0),
        ),
        tolerance=0,
        yes="Every token except the first is a target once, across all boundaries.",
        wrong=(
            Wrong(
                each_document_alone,
                "a row belongs to one document",
                "You lose the tail of every document, half a row on average. Join all documents "
                "before you cut.",
            ),
            Wrong(
                nothing_between,
                "the model will see where one ends",
                "There is no end-of-text, so a recipe runs into a law.",
            ),
            Wrong(
                end_behind,
                "end-of-text comes at the end",
                "Yours comes after each document. Then the first document begins without it, and "
                "the model never sees a beginning there.",
            ),
            Wrong(
                side_by_side,
                "rows share no token",
                "The first token of each row is never a target: with T = 3 one prediction in four "
                "is lost. A row begins with the last token of the one before.",
            ),
            Wrong(
                rows_of_T,
                "T predictions need T tokens",
                "A row of T tokens has only T - 1 targets. T predictions need T + 1 tokens.",
            ),
            Wrong(
                short_row_at_the_end,
                "the remainder is a row, too",
                "Your last row is shorter than the others, and a batch is a rectangle. Drop it.",
            ),
            Wrong(
                short_rows_at_the_end,
                "a slice stops at the end",
                "A slice beyond the end is shorter, without an error. A batch is a rectangle: stop "
                "where a whole row no longer fits.",
            ),
            Wrong(
                filled_up,
                "a short row is filled up with end-of-text",
                "Your last row ends with an end-of-text that belongs to no document. Do not pad a "
                "row; drop it.",
            ),
            Wrong(
                without_a_row_that_fits,
                "a range ends one earlier",
                "Where the stream fills the last row exactly, yours leaves it out. The last start "
                "is len(stream) - T - 1, and a range stops before its end.",
            ),
            Wrong(
                moved_by_one,
                "a row begins at every token",
                "Your rows begin at every token, so nearly each token is a target T times. The "
                "next row begins T tokens later.",
            ),
            Wrong(
                in_pairs,
                "a row is a question and its answers",
                "You have already split x and y. A row is one list of T + 1 ids; the reader takes "
                "row[:-1] and row[1:].",
            ),
        ),
    ),
    Question(
        "loss on a contaminated split",
        LESSON,
        right="B",
        yes="Too low: the model was trained on some of these pages.",
        wrong=(
            Wrong(
                "A",
                "copies are harder",
                "A page from the training split has a lower loss, not a higher one. In lesson 1 "
                "the longest context gained most from repeats.",
            ),
            Wrong(
                "C",
                "a copy under another id is another page",
                "The id is another one, but the model reads the text.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "times each story is read",
        LESSON,
        right=40,
        yes="A tenth of 10 billion is 1 billion; divided by 25 million.",
        wrong=(
            Wrong(
                400,
                "the whole run is made of stories",
                "10 billion / 25 million; but only a tenth of the run is stories.",
            ),
            Wrong(
                1,
                "one run is one pass",
                "A weight says how much of each batch is stories, whether there are enough or not.",
            ),
            Wrong(
                4,
                "a tenth of the run is a tenth of 1 billion",
                "A tenth of 10 billion is 1 billion. You have lost a factor of ten.",
            ),
            Wrong(
                0.75,
                "the question is about the web",
                "That is how often each web page is read. And the stories?",
            ),
        ),
        otherwise="How many tokens of stories does the run read, and how many are there?",
    ),
    Question(
        "the word with the flipped bit",
        LESSON,
        right="midlight",
        yes="It was midnight. One bit changed the token n, 110, into the token l, 108.",
        wrong=(
            Wrong(
                "mm",
                "what cannot be pronounced is damage",
                "Millimetres of rain, in the weather report. Strange, but meant.",
            ),
            Wrong(
                "aft",
                "an unknown word is damage",
                "A sailor's word, toward the back of the ship. Rare is not wrong.",
            ),
            Wrong(
                "lee",
                "a short unknown word is damage",
                "A sailor's word, the side away from the wind. Rare is not wrong.",
            ),
            Wrong(
                "slick",
                "a strange neighbour of other words is damage",
                "Six sick chicks sit on six slick bricks: a tongue twister, and a good one.",
            ),
        ),
        otherwise="That is a rare word, but a word. Which of them is in no dictionary?",
    ),
]
