"""Questions of lesson 5: tokenizers."""

from collections import Counter
from math import log

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_05 as solution

LESSON = "05_tokenizers"
LISTS: tuple[tuple[list[int], tuple[int, int]], ...] = (
    ([1, 2, 1, 2, 3], (1, 2)),
    ([7, 7, 7], (7, 7)),
    ([7, 7, 7, 7, 5], (7, 7)),
    ([2, 1], (1, 2)),
    ([4, 1, 2], (1, 2)),
    ([11, 2], (1, 2)),
    ([1, 300, 2], (1, 2)),
    ([1, 2, 5, 6], (1, 2)),
    ([], (1, 2)),
)
NEW = 300
BANANA = [(97, 110), (98, 256), (256, 97)]  # an, ban, ana: the merges of "banana bandana"
BRANCHES = [(98, 99), (97, 256), (97, 98), (99, 100)]  # bc, abc, ab, cd
WORDS = (
    ("anana", BANANA),
    ("anon", BANANA),
    ("a banana ban", BANANA),
    ("abcd abd", BRANCHES),
    ("ë", BANANA),
)
WHOLE_BYTES = [bytes([byte]) for byte in range(256)]
TORN = [*WHOLE_BYTES, b" \xf0\x9f", b"\x8d\x93", b"na", "नम".encode()]
TEXTS = (  # ids that come from the text beside them
    ([66, 97, 258, 258], "Banana"),
    ([122, 111, 195, 171, 256, 257], "zoë 🍓"),
    ([259, 224, 164, 184], "नमस"),
    ([32, 258, 10], " na\n"),
)


def kept_by(ids: list[int], pair: tuple[int, int]) -> Case:
    """Whether the list that comes in is as it was, and what kind of thing comes out."""

    def call(join):
        given = list(ids)
        joined = done(join(given, pair, NEW))
        return {"gives a": type(joined).__name__, "ids afterwards": given}

    return Case(f"join(ids, {pair}, {NEW}), where ids is {ids}", call)


def a_text_of(ids: list[int]) -> Case:
    """The text of some ids, whose tokens begin and end wherever they like."""
    return Case(
        f"decode({ids}, token_bytes), where the tokens are {[TORN[id] for id in ids]}",
        lambda decode: decode(list(ids), list(TORN)),
    )


def overlapping(ids, pair, new_id):
    """Takes `aaa` for two pairs and joins both."""
    marks = [tuple(two) == tuple(pair) for two in zip(ids, ids[1:])]
    used = {i + 1 for i, mark in enumerate(marks) if mark}
    out = []
    for i, id in enumerate(ids):
        if i < len(marks) and marks[i]:
            out.append(new_id)
        elif i not in used:
            out.append(id)
    return out


def from_the_right(ids, pair, new_id):
    turned = solution.join(list(reversed(ids)), (pair[1], pair[0]), new_id)
    return list(reversed(turned))


def without_the_last(ids, pair, new_id):
    """A loop over pairs, which never comes to the last id unless it is joined."""
    out, i = [], 0
    while i < len(ids) - 1:
        joins = tuple(ids[i : i + 2]) == tuple(pair)
        out.append(new_id if joins else ids[i])
        i += 2 if joins else 1
    return out


def only_the_first(ids, pair, new_id):
    for i in range(len(ids) - 1):
        if tuple(ids[i : i + 2]) == tuple(pair):
            return [*ids[:i], new_id, *ids[i + 2 :]]
    return list(ids)


def keeps_the_second(ids, pair, new_id):
    """Writes the new id and then walks on by one, so that the second of the two stays."""
    pairs = [*zip(ids, ids[1:]), None]
    return [new_id if two == tuple(pair) else id for id, two in zip(ids, pairs)]


def keeps_the_second_and_drops_the_last(ids, pair, new_id):
    """Both at once: a loop over pairs that walks on by one."""
    return [new_id if two == tuple(pair) else two[0] for two in zip(ids, ids[1:])]


def as_digits(ids, pair, new_id):
    """Replaces in a text of digits, where `11,2` has `1,2` in it."""
    text, two = ",".join(map(str, ids)), ",".join(map(str, pair))
    return [int(part) for part in text.replace(two, str(new_id)).split(",") if part]


def in_place(ids, pair, new_id):
    ids[:] = solution.join(ids, pair, new_id)
    return ids


def the_first_step(ids, pair, new_id):
    """A `return` inside the loop."""
    return solution.join(ids, pair, new_id)[:1] or None


def tokens_of(merges):
    tokens = list(WHOLE_BYTES)
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def longest_first(text, merges):
    tokens, rest, ids = tokens_of(merges), text.encode(), []
    while rest:
        best = max((t for t in tokens if rest.startswith(t)), key=len)
        ids.append(tokens.index(best))
        rest = rest[len(best) :]
    return ids


def learned_again(text, merges):
    """Counts the pairs of the new text, and joins the commonest as long as one occurs twice."""
    ids = list(text.encode())
    for new_id in range(256, 256 + len(merges)):
        counts = Counter(zip(ids, ids[1:]))
        if not counts or max(counts.values()) < 2:
            break
        ids = solution.join(ids, min(counts, key=lambda p: (-counts[p], p)), new_id)
    return ids


def learned_to_the_end(text, merges):
    """The same, also where every pair occurs once."""
    ids = list(text.encode())
    for new_id in range(256, 256 + len(merges)):
        counts = Counter(zip(ids, ids[1:]))
        if counts:
            ids = solution.join(ids, min(counts, key=lambda p: (-counts[p], p)), new_id)
    return ids


def leftmost_first(text, merges):
    """Joins whatever can be joined furthest to the left, again and again."""
    ids = list(text.encode())
    while places := [i for i, two in enumerate(zip(ids, ids[1:])) if two in merges]:
        i = places[0]
        ids[i : i + 2] = [256 + merges.index((ids[i], ids[i + 1]))]
    return ids


def each_merge_once(text, merges):
    ids = list(text.encode())
    for new_id, pair in enumerate(merges, start=256):
        ids = only_the_first(ids, pair, new_id)
    return ids


def last_merge_first(text, merges):
    ids = list(text.encode())
    for new_id, pair in reversed(list(enumerate(merges, start=256))):
        ids = solution.join(ids, pair, new_id)
    return ids


def numbered_from_the_end(text, merges):
    return with_join(solution.join, list(text.encode()), reversed(merges))


def characters_instead(text, merges):
    return with_join(solution.join, [ord(character) for character in text], merges)


def with_join(join, ids, merges, first=256):
    """Right, if `join` is, and if the first new id is 256."""
    for new_id, pair in enumerate(merges, start=first):
        ids = join(ids, pair, new_id)
    return ids


def numbered_from(first):
    return lambda text, merges: with_join(solution.join, list(text.encode()), merges, first)


def on_top_of(join):
    return lambda text, merges: with_join(join, list(text.encode()), merges)


def token_by_token(errors):
    def decode(ids, token_bytes):
        return "".join(token_bytes[id].decode(errors=errors) for id in ids)

    return decode


QUESTIONS = [
    Question(
        "tokens of strawberry",
        LESSON,
        right={" strawberry": 1, "strawberry": 3, "Strawberry": 3},
        tolerance=0,
        yes="The space makes the difference. The reason comes later.",
        wrong=(
            Wrong(
                {" strawberry": 1, "strawberry": 1, "Strawberry": 1},
                "a token is a word",
                "A space and a capital are bytes like others. These are three different texts, "
                "and not each of them has an id of its own.",
            ),
            Wrong(
                {" strawberry": 11, "strawberry": 10, "Strawberry": 10},
                "a token is a letter",
                "With 50,257 ids one can do better than letter by letter.",
            ),
            Wrong(
                {" strawberry": 10, "strawberry": 10, "Strawberry": 10},
                "a token is a letter, and a space is nothing",
                "Ten letters each, but the space is a character, too. With 50,257 ids one can do "
                "better than letter by letter.",
            ),
            Wrong(
                {" strawberry": 1, "strawberry": 2, "Strawberry": 2},
                "without its space a word falls apart, into its parts",
                "The first is right, and the other two do fall apart. But the program does not "
                "know that straw and berry are words.",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 1, "Strawberry": 1},
                "the space is a token of its own",
                "Then half of a page would be tokens for spaces. The space belongs to the word "
                "after it.",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 1, "Strawberry": 2},
                "space and capital are marks before the word",
                "The program does not know that a capital is a mark. Which of the three is most "
                "frequent in print?",
            ),
            Wrong(
                {" strawberry": 3, "strawberry": 3, "Strawberry": 3},
                "the space makes no difference",
                "Two are right. But one of the three texts is far more frequent in print.",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 2, "Strawberry": 2},
                "a token is a part with a meaning",
                "Straw and berry: people would split it so. The program knows no meanings.",
            ),
            Wrong(
                {" strawberry": 1, "strawberry": 1, "Strawberry": 3},
                "a word is one token, with or without a space",
                "Two of the three are right. In print, what comes before nearly every word?",
            ),
        ),
        otherwise="Frequent text has few tokens, rare text more. Which of the three is the most "
        "frequent in print? (Three numbers; leave the rest of the cell.)",
    ),
    Question(
        "the most frequent pair in banana bandana",
        LESSON,
        right=4,
        tolerance=0,
        yes="`a` `n`, four times: twice in banana, twice in bandana.",
        wrong=(
            Wrong(3, "pairs do not cross a d", "Look at ban-dana: it has two pairs of `a` `n`."),
            Wrong(2, "each word counts once", "A pair may occur twice in one word."),
            Wrong(
                6, "letters are counted", "There are six letters `a`. Count pairs of neighbours."
            ),
        ),
        otherwise="Walk through the fourteen bytes, and count `a` followed by `n`.",
    ),
    Question(
        "tokens with said",
        LESSON,
        right=11,
        tolerance=0.3,
        yes="Eleven: `said` with a comma, with the next word, with whole phrases.",
        wrong=(
            Wrong(1, "a word is one token", "Nothing stops a merge from crossing a space now."),
            Wrong(
                2,
                "with and without a space",
                'And `said, "`? And ` said Tom`? Merges may cross all borders now.',
                lambda given: given and isinstance(given[0], float) and 1 < given[0] < 8,
            ),
            Wrong(
                100,
                "most tokens have a frequent word in them",
                "Fewer: 744 merges are shared by all words of the stories.",
                lambda given: given and isinstance(given[0], float) and given[0] > 14,
            ),
        ),
        otherwise="Write 2, 10 or 100.",
    ),
    Question(
        "share of the table in percent",
        LESSON,
        right=100 * 50_304 * 384 / 40_953_216,
        tolerance=0.07,
        yes="50,304 rows of 384 numbers are 19,316,736 of the 40,953,216.",
        wrong=(
            Wrong(
                200 * 50_304 * 384 / 40_953_216,
                "input and output have a table each",
                "That counts it twice. Here one table serves input and output.",
            ),
            Wrong(
                0.4717,
                "a fraction is a percentage",
                "That is a fraction. In percent it is a hundred times that.",
            ),
            Wrong(
                100 * 50_304 / 40_953_216,
                "a token costs one number",
                "Each of the 50,304 tokens has a whole row of 384 numbers.",
            ),
            Wrong(
                53,
                "the rest is the table",
                "That is the percentage of everything else.",
            ),
            Wrong(
                100 * 50_304 * 384 / (40_953_216 - 50_304 * 384),
                "the table is compared with the rest",
                "That is the table compared with the rest of the model. Compare it with the whole.",
            ),
        ),
        otherwise="First the table alone: how many rows does it have, and how long is a row?",
    ),
    Question(
        "what is wrong with the model handed over",
        LESSON,
        right="C",
        yes="It is confident and wrong: its ids mean other tokens than yours.",
        wrong=(
            Wrong(
                "A",
                "nonsense means too little training",
                "The same table had a loss of 2.67 on the same stories, says the note. It has not "
                "forgotten anything since.",
            ),
            Wrong(
                "B",
                "nonsense means too high a temperature",
                "Temperature changes what is sampled. The loss was measured without sampling.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "which of the two models is better",
        LESSON,
        right="first",
        yes="1.08 bits per byte against 1.20: more loss per token, but fewer tokens.",
        wrong=(
            Wrong(
                "second",
                "the smaller loss is the better one",
                "2.5 nats for 3 bytes, 3.0 nats for 4. How many nats for one byte?",
            ),
            Wrong(
                "equal",
                "other tokenizers cannot be compared at all",
                "Both read the same bytes. How many nats for one byte?",
            ),
        ),
        otherwise='Answer with "first" or "second".',
    ),
    Exercise(
        "join",
        LESSON,
        right=solution.join,
        cases=(
            *(case("join", ids, pair, NEW) for ids, pair in LISTS),
            *(kept_by(ids, pair) for ids, pair in LISTS[:2]),
        ),
        tolerance=0,
        yes="Left to right, no id used twice, and the list that came in is as it was.",
        wrong=(
            Wrong(
                overlapping,
                "three equal ids are two pairs",
                "With the pair (7, 7), [7, 7, 7] has become two new ids. The pairs overlap: after "
                "joining the first two, one 7 is left.",
            ),
            Wrong(
                from_the_right,
                "the direction does not matter",
                "[7, 7, 7] must become the new id and then a 7; yours is the other way round. "
                "Walk from left to right.",
            ),
            Wrong(
                without_the_last,
                "every id begins a pair",
                "The last id begins no pair, and yours has lost it where it was not joined.",
            ),
            Wrong(
                only_the_first,
                "a pair occurs once",
                "Only the first occurrence was joined: [1, 2, 1, 2, 3] has two.",
            ),
            Wrong(
                lambda ids, pair, new_id: ids,
                "a list and a tuple with the same numbers are equal",
                "Nothing was joined. In Python [1, 2] == (1, 2) is False: a list is no tuple. "
                "tuple(ids[i : i + 2]) is one.",
            ),
            Wrong(
                keeps_the_second,
                "one id is replaced by one id",
                "Two ids become one. In yours the second of the pair is still there.",
            ),
            Wrong(
                keeps_the_second_and_drops_the_last,
                "one id is replaced by one id, and every id begins a pair",
                "Two ids become one, but yours keeps the second of the pair. It also loses the "
                "last id.",
            ),
            Wrong(
                as_digits,
                "ids may be compared as text",
                "As text `11,2` has `1,2` in it, and [11, 2] became [1300]. Compare numbers, not "
                "digits.",
            ),
            Wrong(
                in_place,
                "the list is mine",
                "The ids are right, but you changed the list that was given. The caller may need "
                "it again: begin with an empty list, and append.",
            ),
            Wrong(
                lambda ids, pair, new_id: tuple(solution.join(ids, pair, new_id)),
                "a tuple is as good as a list",
                "The ids are right, but in a tuple. The next merge wants a list again.",
            ),
            Wrong(
                the_first_step,
                "the function continues after return",
                "Only the first step was done, and nothing for an empty list. Is the `return` "
                "inside the loop?",
            ),
        ),
        otherwise="Walk with an index: on by 1 after a single id, by 2 after a joined pair. Append "
        "to a new list.",
    ),
    Exercise(
        "encode",
        LESSON,
        right=solution.encode,
        cases=tuple(case("encode", text, merges) for text, merges in WORDS),
        tolerance=0,
        yes="Bytes, and then every merge in order. Nothing was counted.",
        wrong=(
            Wrong(
                longest_first,
                "the longest token fits first",
                "That is another algorithm. It makes `ana` `n` `a` of anana; the merges, in the "
                "order in which they were learned, make `an` `ana`.",
            ),
            Wrong(
                learned_again,
                "encoding counts pairs",
                "You counted the pairs of the NEW text. Encoding learns nothing; it applies the "
                "given merges.",
            ),
            Wrong(
                learned_to_the_end,
                "encoding counts pairs, as often as there are merges",
                "You counted the pairs of the NEW text, once for each merge. Count nothing; apply "
                "the given merges in their order.",
            ),
            Wrong(
                leftmost_first,
                "the leftmost pair is joined first",
                "You join the leftmost pair. The merge that was learned first comes first, "
                "wherever in the text it is.",
            ),
            Wrong(
                each_merge_once,
                "each merge happens once",
                "Each merge goes over the whole text: all its occurrences are joined.",
            ),
            Wrong(
                last_merge_first,
                "the last merges make the longest tokens, so they go first",
                "A late merge joins what earlier ones have made. Begin with the first.",
            ),
            Wrong(
                numbered_from_the_end,
                "the last merge makes token 256",
                "A late merge joins what earlier ones have made. Begin with the first, and number "
                "it 256.",
            ),
            Wrong(
                lambda text, merges: list(text.encode()),
                "the bytes are the ids",
                "These are the bytes only. Now apply the merges, the first one first.",
            ),
            Wrong(
                characters_instead,
                "a letter is a byte",
                "Right for plain English. But `ë` is two bytes, and you gave it one id: "
                "text.encode() gives the bytes.",
            ),
            Wrong(
                lambda text, merges: list(text),
                "a list of a text is its bytes",
                "list(text) are letters, and no pair of numbers occurs in them: 'anana' came out "
                "as ['a', 'n', 'a', 'n', 'a']. list(text.encode()) are numbers.",
            ),
            Wrong(
                numbered_from(0),
                "the first merge makes token 0",
                "0 to 255 are the bytes. Your merges are numbered from 0; the first makes 256.",
            ),
            Wrong(
                numbered_from(1),
                "the first merge makes token 1",
                "Your merges are numbered from 1, but 1 is a byte. The first makes 256.",
            ),
            Wrong(
                numbered_from(257),
                "256 is the last byte",
                "Your merges are numbered from 257. The last byte is 255, so the first makes 256.",
            ),
            Wrong(
                lambda text, merges: solution.join(list(text.encode()), merges[0], 256),
                "the function continues after return",
                "Only the first merge was done. Is the `return` inside the loop?",
            ),
            Wrong(
                on_top_of(without_the_last),
                "my join is right (it loses the last id)",
                'The end of the text is lost. Is your `join` right? Ask check("join", join).',
            ),
            Wrong(
                on_top_of(keeps_the_second),
                "my join is right (it keeps the second id)",
                "The second id of the pair is still there. Is your `join` right? Ask "
                'check("join", join).',
            ),
        ),
        otherwise="Begin with the bytes of the text. If you call your `join`: is it right?",
    ),
    Exercise(
        "decode",
        LESSON,
        right=solution.decode,
        cases=tuple(a_text_of(ids) for ids, _ in TEXTS),
        tolerance=0,
        yes="All bytes first, then characters.",
        wrong=(
            Wrong(
                token_by_token("replace"),
                "every token is whole characters",
                "Half of an emoji is not a character, so you got a replacement character. Join all "
                "bytes first, then decode them once.",
            ),
            Wrong(
                token_by_token("ignore"),
                "what cannot be read may be left out",
                "Something got lost. No byte is unknown; some characters are split over two "
                "tokens. Join all bytes first.",
            ),
            Wrong(
                token_by_token("strict"),
                "every token is whole letters",
                "A token may begin or end in the middle of a character, and then decode() raises "
                "an error. Join all bytes first, then decode them once.",
            ),
            Wrong(
                lambda ids, token_bytes: "".join(chr(b) for i in ids for b in token_bytes[i]),
                "a byte is a letter",
                "Each byte became a letter of its own; `ë` is two bytes. bytes have a method "
                "decode().",
            ),
            Wrong(
                lambda ids, token_bytes: "".join(str(token_bytes[i]) for i in ids),
                "str() makes a text of bytes",
                "str(b'ban') is what Python prints, with a b and quotation marks. Bytes have a "
                "method decode().",
            ),
            Wrong(
                lambda ids, token_bytes: str(b"".join(token_bytes[i] for i in ids)),
                "str() decodes bytes",
                "str() of bytes is what Python prints, with a b and quotation marks. Bytes have a "
                "method decode().",
            ),
            Wrong(
                lambda ids, token_bytes: b"".join(token_bytes[i] for i in ids),
                "bytes are a text",
                "All bytes are there, in order, but they are still bytes. .decode() makes a text "
                "of them.",
            ),
            Wrong(
                lambda ids, token_bytes: "".join(map(chr, ids)),
                "an id is a character",
                "An id is not a character; look it up in token_bytes.",
            ),
            Wrong(
                lambda ids, token_bytes: b" ".join(token_bytes[i] for i in ids).decode(),
                "a token is a word",
                "There are new spaces between your tokens. Tokens have their own: join them with "
                'b"".',
            ),
            Wrong(
                lambda ids, token_bytes: solution.decode(ids, token_bytes).strip(),
                "blanks at the ends do not belong to a text",
                "The space before na and the line end after it belong to the text. Do not "
                "remove them.",
            ),
            Wrong(
                lambda ids, token_bytes: token_bytes[ids[0]].decode(errors="replace"),
                "the function continues after return",
                "Only the first token came back. Is the `return` inside the loop?",
            ),
        ),
    ),
    Question(
        "first loss with 50,304 tokens",
        LESSON,
        right=log(50_304),
        tolerance=0.02,
        yes="ln 50,304. A run that begins far above that has a bug in its initialisation.",
        wrong=(
            Wrong(
                log(27),
                "the first loss is always 3.30",
                "That is for 27 choices. Here there are 50,304.",
            ),
            Wrong(
                1 / 50_304,
                "a loss is a probability",
                "That is the probability of each token. The loss is its negative logarithm.",
            ),
            Wrong(
                log(50_304, 2),
                "the unit is the bit",
                "In bits. A nat uses the natural logarithm.",
            ),
            Wrong(
                50_304,
                "a loss counts choices",
                "That is the number of choices; the loss is the logarithm of it.",
            ),
            Wrong(
                0,
                "an untrained model has no loss",
                "0 would mean probability 1 for every right token.",
            ),
        ),
        otherwise="Lesson 0: ln 27 = 3.30. Do the same with 50,304.",
    ),
]
