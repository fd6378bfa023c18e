"""Questions of lesson 8: where do ten billion tokens come from?"""

import builtins
from contextlib import contextmanager
from random import Random

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_08 as solution
from course.solutions.lesson_08 import pieces

LESSON = "08_text_at_scale"
TEXTS = (
    ("the dog saw the cat and ran home", "the dog saw the cat and ran away to the sea"),
    ("a b c d e f g", "g f e d c b a"),
    ("one two three four five six seven eight nine", "one two three four five six"),
)
DOCUMENTS = [[1, 2, 3], [4, 5, 6, 7, 8], [9, 10, 11, 12], [13, 14], [15, 16, 17, 18]]


# What an exercise is judged by -------------------------------------------------------------------


def on_three_pairs(likeness) -> list[float]:
    """How alike the reader's function finds three pairs of texts."""
    return [done(likeness(one, other)) for one, other in TEXTS]


def ids_of(numbers) -> list[str]:
    """Ids as FineWeb has them."""
    rng = Random(8)
    drawn = [rng.getrandbits(128) for _ in range(max(numbers) + 1)]
    return [f"<urn:uuid:{drawn[i]:032x}>" for i in numbers]


def facts_about(set_aside) -> list[str]:
    """How the reader's slice behaves: its size, and what makes it change."""
    ids, more = ids_of(range(2000)), ids_of(range(2000, 3000))
    with another_start_of_python(1):
        chosen, again = (set(done(set_aside(list(ids)))) for _ in range(2))
        grown = set(done(set_aside(more + ids)))
    with another_start_of_python(2):
        next_day = set(set_aside(list(ids)))
    if not chosen <= set(ids):
        raise ValueError("give back a list of ids, some of those that came in")
    share = len(chosen) / len(ids)
    return [
        "a tenth" if 0.05 < share < 0.15 else f"{share:.0%} of the ids",
        "the same when asked again" if chosen == again else "others when asked again",
        "the same tomorrow" if chosen == next_day else "others tomorrow",
        "the same in a longer list" if chosen == grown & set(ids) else "others in a longer list",
        "neighbours" if is_one_stretch(chosen, ids) else "from everywhere",
    ]


def is_one_stretch(chosen: set[str], ids: list[str]) -> bool:
    places = sorted(map(ids.index, chosen))
    return bool(places) and places[-1] - places[0] == len(places) - 1


@contextmanager
def another_start_of_python(salt: int):
    """hash() answers as it would in another process, where strings get other numbers."""
    ours = builtins.hash
    builtins.hash = lambda thing: ours((salt, thing))
    try:
        yield
    finally:
        builtins.hash = ours


def rows_and_lengths(rows_of) -> list:
    """The reader's rows of T = 3 and end-of-text 0, each with its length before it."""
    rows = done(rows_of([list(document) for document in DOCUMENTS], 3, 0))
    return [part for row in rows for part in (f"row of {len(done(row))}", *row)]


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
    return solution.likeness(one.rpartition(" ")[0], other.rpartition(" ")[0])


def by_the_sum(one, other):
    return len(pieces(one) & pieces(other)) / (len(pieces(one)) + len(pieces(other)))


def last_tenth(ids):
    return ids[-len(ids) // 10 :]


def drawn_anew(ids):
    return Random().sample(ids, len(ids) // 10)


def drawn_with_a_seed(ids):
    return Random(42).sample(ids, len(ids) // 10)


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
    return cut([token for document in documents for token in [end_of_text, *document]], T, T + 1)


def rows_of_T(documents, T, end_of_text):
    return [row[:-1] for row in solution.rows_of(documents, T, end_of_text)]


def short_row_at_the_end(documents, T, end_of_text):
    stream = [token for document in documents for token in [end_of_text, *document]]
    return [stream[start : start + T + 1] for start in range(0, len(stream) - 1, T)]


QUESTIONS = [
    Question(
        "tokens in a 2 GB file",
        LESSON,
        right=0.73e9,
        tolerance=0.3,
        yes="Some 3 billion letters, packed into 2; four and a half to a token.",
        wrong=(
            Wrong(
                10e9,
                "what is said so often will have been counted",
                "That would be some 45 GB of text at four and a half letters a token. Does that go "
                "into 2 GB?",
            ),
            Wrong(
                2e9,
                "a token is a byte",
                "2 billion bytes, and a letter of English takes one. But a token is several "
                "letters.",
            ),
            Wrong(
                0.45e9,
                "the file is the text",
                "2 billion bytes by four and a half: right, if the file were plain text. It is "
                "packed. English shrinks to between a half and two thirds.",
            ),
            Wrong(
                0.5e9,
                "the file is the text",
                "2 billion bytes by four: close, if the file were plain text. It is packed. "
                "English shrinks to between a half and two thirds.",
            ),
            Wrong(
                9e9,
                "there are several tokens to a letter",
                "You multiplied by four and a half. A token is several letters, so there are fewer "
                "tokens than letters.",
            ),
        ),
        otherwise="Write the whole number, as in 5e9 for five billion. Letters first: how much "
        "text may be packed into 2 GB? Then letters by letters per token.",
    ),
    Question(
        "passes over one file",
        LESSON,
        right=4.3,
        tolerance=0.2,
        yes="3.1 billion by about 0.7 billion.",
        wrong=(
            Wrong(
                0.31,
                "the file is 10 billion tokens",
                "That is 3.1 by 10. How many tokens did the column come to?",
            ),
            Wrong(
                1,
                "training reads a file once",
                "It reads until the steps are done, and begins again when the file ends.",
            ),
            Wrong(
                0.23,
                "the quotient is the other way round",
                "0.7 by 3.1 is the part of the run that one pass lasts. Turn it round.",
            ),
        ),
        otherwise="Tokens of all steps, divided by the tokens of the file.",
    ),
    Question(
        "likeness of two sentences",
        LESSON,
        right=0.5,
        yes="4 of 8. One word stands in up to five pieces, and here in two.",
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
                "4 of 12 counts the shared ones twice below the line. How many DIFFERENT pieces "
                "are there?",
            ),
        ),
        otherwise="Write the six pieces of each under one another, and count.",
    ),
    Question(
        "likeness",
        LESSON,
        right=solution.likeness,
        measure=on_three_pairs,
        measured="the likeness of three pairs of texts; the second pair is a text and its reverse",
        yes="Pieces in their order, divided by the union. It does not matter which comes first.",
        wrong=(
            Wrong(
                of_words,
                "texts are alike if their words are",
                "You compare sets of words. One pair in the test is a text and the same text "
                "backwards; yours calls them equal.",
            ),
            Wrong(
                by_the_first,
                "divide by the pieces of the first text",
                "You divide by the pieces of the first text: turn the arguments round and it is "
                "another number. Divide by the union.",
            ),
            Wrong(
                by_the_second,
                "divide by the pieces of the second text",
                "You divide by the pieces of the second text: turn the arguments round and it is "
                "another number. Divide by the union.",
            ),
            Wrong(
                by_the_smaller,
                "divide by the shorter text",
                "You divide by the shorter one, so a sentence and the book it stands in are "
                "equal. Divide by the union.",
            ),
            Wrong(
                by_the_sum,
                "all pieces are those of one plus those of the other",
                "The pieces that both have are counted twice below the line: a text and itself "
                "would come to 0.5.",
            ),
            Wrong(
                shared,
                "likeness is a count",
                "You count the shared pieces. Three of four are many, three of a thousand are few.",
            ),
            Wrong(
                without_the_last_piece,
                "a range ends one too early",
                "The last piece of each text is missing: n words have n - 4 pieces of five.",
            ),
        ),
    ),
    Question(
        "set_aside",
        LESSON,
        right=solution.set_aside,
        measure=facts_about,
        measured="the slice it makes of 2,000 ids",
        yes="The same ids today, tomorrow, and in any longer list.",
        wrong=(
            Wrong(
                last_tenth,
                "the end of the file is as good as any",
                "The end of a list is one site and one day: your slice is neighbours, not "
                "strangers. And when new pages come, there is another end.",
            ),
            Wrong(
                drawn_anew,
                "chance is fair",
                "Another slice at every run. Two losses on two slices cannot be compared, and "
                "what was put aside yesterday is trained on today.",
            ),
            Wrong(
                drawn_with_a_seed,
                "a seed makes it the same for ever",
                "The same for the same list. When new pages come, every place in it is "
                "another page's, and what was trained on is put aside. Look at the id itself.",
            ),
            Wrong(
                by_hash_of_python,
                "hash() is a hash",
                "The right idea, and a trap: Python's hash() of a string is another one each time "
                "Python starts. hashlib has some that stay.",
            ),
        ),
    ),
    Question(
        "rows_of",
        LESSON,
        right=solution.rows_of,
        measure=rows_and_lengths,
        measured="the rows of five short documents, for T = 3 and end-of-text 0",
        yes="Every token but the first is asked for once, across all borders.",
        wrong=(
            Wrong(
                each_document_alone,
                "a row belongs to one document",
                "You lose the tail of every document, half a row on average. Put all into one "
                "stream before you cut.",
            ),
            Wrong(
                nothing_between,
                "the model will see where one ends",
                "There is no end-of-text. A recipe runs into a law: what shall follow 'salt'?",
            ),
            Wrong(
                end_behind,
                "end-of-text comes at the end",
                "Yours stands behind each document. Then the first one begins without it, and a "
                "model that is to begin a text has never seen a first beginning.",
            ),
            Wrong(
                side_by_side,
                "rows stand side by side",
                "Nobody asks what follows the last token of a row: with T = 3 one prediction in "
                "four is lost. A row begins with the last token of the one before.",
            ),
            Wrong(
                rows_of_T,
                "T predictions need T tokens",
                "A row of T tokens has only T - 1 that something follows. T predictions need "
                "T + 1.",
            ),
            Wrong(
                short_row_at_the_end,
                "the remainder is a row, too",
                "Your last row is shorter than the others, and a batch is a rectangle. Drop it.",
            ),
        ),
    ),
    Question(
        "loss on a slice with copies",
        LESSON,
        right="B",
        yes="Too low: it is asked about pages it was trained on, and looks as if it knew.",
        wrong=(
            Wrong(
                "A",
                "copies are harder",
                "What has been seen before surprises less, not more. In lesson 1 the longest "
                "memory gained most from repeats.",
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
        yes="A tenth of 10 billion is 1 billion; by 25 million.",
        wrong=(
            Wrong(
                400,
                "the whole run is made of stories",
                "10 billion by 25 million; but only a tenth of the run is stories.",
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
        yes="It was midnight. One bit has made the token n, 110, into the token l, 108.",
        wrong=(
            Wrong(
                "mm",
                "what cannot be spoken is damage",
                "Millimetres of rain, in the weather report. Strange, but meant.",
            ),
            Wrong(
                "aft",
                "a word that one does not know is damage",
                "A sailor's word, toward the back of the ship. Rare is not wrong.",
            ),
            Wrong(
                "lee",
                "a short word that one does not know is damage",
                "A sailor's word, the side away from the wind. Rare is not wrong.",
            ),
            Wrong(
                "slick",
                "a strange neighbour of other words is damage",
                "Six sick chicks sit on six slick bricks: a tongue twister, and a good one.",
            ),
        ),
        otherwise="That may be a rare word, but it is one. Which of them is in no dictionary?",
    ),
]
