"""Questions of lesson 4: what does a model read?"""

from collections import Counter
from math import log

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_04 as solution

LESSON = "04_tokenizers"
LISTS: tuple[tuple[list[int], tuple[int, int]], ...] = (
    ([1, 2, 1, 2, 3], (1, 2)),
    ([7, 7, 7], (7, 7)),
    ([7, 7, 7, 7, 5], (7, 7)),
    ([2, 1], (1, 2)),
    ([4, 1, 2], (1, 2)),
    ([], (1, 2)),
)
NEW = 300
BANANA = [(97, 110), (98, 256), (256, 97)]  # an, ban, ana: the merges of "banana bandana"
BRANCHES = [(98, 99), (97, 256), (97, 98), (99, 100)]  # bc, abc, ab, cd
WORDS = (("anana", BANANA), ("a banana ban", BANANA), ("abcd abd", BRANCHES), ("ë", BANANA))
WHOLE_BYTES = [bytes([byte]) for byte in range(256)]
TORN = [*WHOLE_BYTES, b" \xf0\x9f", b"\x8d\x93", b"na", "नम".encode()]
TEXTS = (  # ids that come from the text beside them
    ([66, 97, 258, 258], "Banana"),
    ([122, 111, 195, 171, 256, 257], "zoë 🍓"),
    ([259, 224, 164, 184], "नमस"),
)


def on_lists(join):
    """What the reader makes of six lists; the length of each stands before its numbers."""
    answers = [done(join(list(ids), pair, NEW)) for ids, pair in LISTS]
    return [[len(ids), list(ids)] for ids in answers]


def on_words(encode):
    """The ids of four texts, the length of each before them."""
    answers = [done(encode(text, list(merges))) for text, merges in WORDS]
    return [[len(ids), list(ids)] for ids in answers]


def on_texts(decode):
    """For each text: right, what it lacks, or what it is instead."""
    found = []
    for ids, text in TEXTS:
        try:
            given = done(decode(list(ids), list(TORN)))
        except UnicodeDecodeError:
            found.append("an error")
            continue
        kinds = {
            text: "right",
            text.encode(): "bytes",
            text.encode().decode("latin-1"): "byte by byte",
        }
        if not isinstance(given, (str, bytes)):
            raise ValueError(f"{given!r:.60} (a {type(given).__name__}) is no text.")
        damage = "signs of damage" if "�" in str(given) else "something missing"
        quoted = isinstance(given, str) and given.startswith("b'")
        found.append("quotation marks" if quoted else kinds.get(given, damage))
    return found


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


def characters_instead(text, merges):
    ids = [ord(character) for character in text]
    for new_id, pair in enumerate(merges, start=256):
        ids = solution.join(ids, pair, new_id)
    return ids


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
        yes="The space, which one hardly sees, makes the difference. Why it does comes later.",
        wrong=(
            Wrong(
                {" strawberry": 1, "strawberry": 1, "Strawberry": 1},
                "a token is a word",
                "A space and a capital are bytes like others: these are three different texts, "
                "and not each of them has a number of its own.",
            ),
            Wrong(
                {" strawberry": 11, "strawberry": 10, "Strawberry": 10},
                "a token is a letter",
                "With 50,257 numbers one can do better than letter by letter.",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 1, "Strawberry": 1},
                "the space is a token of its own",
                "Then half of a page would be tokens for spaces. The space goes along with the "
                "word behind it.",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 1, "Strawberry": 2},
                "space and capital are marks before the word",
                "Nobody taught it that a capital is a mark. Which of the three is commonest in "
                "print?",
            ),
            Wrong(
                {" strawberry": 2, "strawberry": 2, "Strawberry": 2},
                "a token is a part with a meaning",
                "Straw and berry: that is how people would cut it. The program knows no meanings.",
            ),
            Wrong(
                {" strawberry": 1, "strawberry": 1, "Strawberry": 3},
                "a word is one token, with or without a space",
                "Two of the three are right. In print, what stands before nearly every word?",
            ),
        ),
        otherwise="Leave the cell as it is, and put a number in place of each of the dots.",
    ),
    Question(
        "share of the table in percent",
        LESSON,
        right=100 * 50_304 * 384 / 40_953_216,
        tolerance=0.03,
        yes="50,304 rows of 384 numbers are 19,316,736 of the 40,953,216.",
        wrong=(
            Wrong(
                200 * 50_304 * 384 / 40_953_216,
                "there is a table for the way in and one for the way out",
                "That counts it twice. One table serves for both ways here.",
            ),
            Wrong(
                0.4717,
                "a share is a percentage",
                "As a share. In percent it is a hundred times that.",
            ),
            Wrong(
                100 * 50_304 / 40_953_216,
                "a token costs one number",
                "Each of the 50,304 tokens has a whole row of 384 numbers.",
            ),
            Wrong(
                53,
                "the rest is the table",
                "That is the share of everything else.",
            ),
        ),
        otherwise="50,304 tokens with 384 numbers each, out of 40,953,216, times 100.",
    ),
    Question(
        "what is wrong with the model handed over",
        LESSON,
        right="C",
        yes="It is certain, and wrong: its numbers mean other pieces than yours.",
        wrong=(
            Wrong(
                "A",
                "rubbish means too little training",
                "Who has read too little comes near to knowing nothing. How can a loss be worse "
                "than that?",
            ),
            Wrong(
                "B",
                "rubbish means too high a temperature",
                "A temperature changes what is drawn. The loss was measured without drawing.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "which of the two models is better",
        LESSON,
        right="first",
        yes="1.08 bits for each byte against 1.20: it is surprised more at a time, but less often.",
        wrong=(
            Wrong(
                "second",
                "the smaller loss is the better one",
                "2.5 nats for 3 bytes, 3.0 nats for 4. What does one byte cost?",
            ),
            Wrong(
                "equal",
                "other tokenizers cannot be compared at all",
                "Both read the same bytes. What does one byte cost each of them?",
            ),
        ),
        otherwise='Answer with "first" or "second".',
    ),
    Question(
        "join",
        LESSON,
        right=solution.join,
        measure=on_lists,
        tolerance=0,
        yes="Left to right, and no id is used twice.",
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
                "Encoder and decoder must walk alike: from left to right.",
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
        ),
        otherwise="Try [1, 2, 1, 2, 3] with the pair (1, 2) and the new id 300: [300, 300, 3].",
    ),
    Question(
        "encode",
        LESSON,
        right=solution.encode,
        measure=on_words,
        tolerance=0,
        yes="Bytes, and then every merge in its turn. Nothing was counted.",
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
                "You counted the pairs of the NEW text. Encoding learns nothing; it repeats the "
                "merges that are there.",
            ),
            Wrong(
                leftmost_first,
                "what stands first is joined first",
                "You join what stands furthest to the left. The merge that was learned first goes "
                "first, wherever in the text it is.",
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
                lambda text, merges: list(text.encode()),
                "the bytes are the ids",
                "These are bare bytes. Now do the merges, the first one first.",
            ),
            Wrong(
                characters_instead,
                "a letter is a byte",
                "Right for plain English. But `ë` is two bytes, and you gave it one id: "
                "text.encode() gives the bytes.",
            ),
        ),
        otherwise="Try anana with the merges of banana bandana: [256, 258].",
    ),
    Question(
        "decode",
        LESSON,
        right=solution.decode,
        measure=on_texts,
        measured="how three texts come back",
        yes="All bytes first, then letters.",
        wrong=(
            Wrong(
                token_by_token("replace"),
                "every token is some letters",
                "Half of a strawberry is no character, and yours became a sign of damage. Join "
                "all bytes first, then decode them once.",
            ),
            Wrong(
                token_by_token("ignore"),
                "what cannot be read may be left out",
                "Something got lost. 256 bytes: there is nothing unknown, only characters cut in "
                "two. Join all bytes first.",
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
                lambda ids, token_bytes: b"".join(token_bytes[i] for i in ids),
                "bytes are a text",
                "All bytes are there, in order. They are bytes still: .decode() makes a text of "
                "them.",
            ),
        ),
        otherwise="Join the bytes of all tokens, then decode once.",
    ),
    Question(
        "first loss with 50,304 tokens",
        LESSON,
        right=log(50_304),
        yes="ln 50,304. A training run that begins far above that has a mistake in its beginning.",
        wrong=(
            Wrong(
                log(27),
                "knowing nothing costs the same everywhere",
                "That is knowing nothing about 27. Here it has 50,304 choices.",
            ),
            Wrong(
                1 / 50_304,
                "a loss is a probability",
                "That is the share of each token. And how surprised is one by it?",
            ),
            Wrong(
                log(50_304, 2),
                "the unit is the bit",
                "In bits. A nat uses the natural logarithm.",
            ),
            Wrong(
                50_304,
                "a loss counts choices",
                "So many choices; a surprise is the logarithm of such a number.",
            ),
            Wrong(
                0,
                "nothing learned is nothing lost",
                "0 would mean that it knows every token beforehand.",
            ),
        ),
        otherwise="Lesson 0: ln 27 = 3.30. And now with 50,304?",
    ),
]
