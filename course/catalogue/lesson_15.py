"""Questions of lesson 15: fast inference."""

from math import ceil, floor

from course.exercises.exercises import Exercise, case, like_any
from course.exercises.questions import Question, Wrong, letter_of
from course.solutions import lesson_15 as solution

LESSON = "15_fast_inference"
LETTER = 'Answer with "A", "B" or "C".'

# What an exercise is judged by -------------------------------------------------------------------

H200, LAPTOP = (4.8e12, 989e12), (50e9, 400e9)  # bytes and FLOPs per second
SPEED_CASES = (
    case("tokens_per_second", 8e9, 16, 1, *H200),
    case("tokens_per_second", 8e9, 16, 100, *H200),
    case("tokens_per_second", 8e9, 16, 1000, *H200),
    case("tokens_per_second", 8e9, 4, 1, *H200),
    case("tokens_per_second", 70e9, 16, 1, *LAPTOP),
    case("tokens_per_second", 70e9, 16, 1000, *LAPTOP),
    case("tokens_per_second", 124e6, 32, 1, *LAPTOP),
    case("tokens_per_second", 124e6, 32, 64, *LAPTOP),
    case("tokens_per_second", 1e9, 4, 1, 100e9, 50e9),
    case("tokens_per_second", 1000, 8, 2000, 1e9, 1e9),
)
FIRST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
BLOCK_CASES = (
    case("shared_blocks", FIRST, [1, 2, 3, 4, 5, 6, 7, 8, 20], 4),
    case("shared_blocks", FIRST, [1, 2, 3, 4, 5, 6, 20], 4),
    case("shared_blocks", FIRST, [20, 2, 3, 4, 5, 6, 7, 8], 4),
    case("shared_blocks", FIRST, [1, 2, 20, 4, 5, 6, 7, 8, 9, 10], 2),
    case("shared_blocks", [1, 2, 1, 2], [1, 2, 3, 3, 1, 2], 2),
    case("shared_blocks", [1, 2, 3], [1, 2, 3, 4, 5], 4),
    case("shared_blocks", [1, 2, 3, 4], [9, 9, 1, 2, 3, 4], 2),
    case("shared_blocks", [1, 2, 30, 4], [1, 2, 3, 4], 2),
    case("shared_blocks", FIRST, FIRST, 5),
    case("shared_blocks", [1, 2, 3], [1, 2, 3], 2),
)
RULE_CASES = (
    case("rule", [0.5, 0.3, 0.2], [0.25, 0.5, 0.25]),
    case("rule", [0.5, 0.5], [0.9, 0.1]),
    case("rule", [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]),
    case("rule", [1.0, 0.0], [0.5, 0.5]),
)
INT8_CASES = (
    case("to_int8", [0.5, -1.27, 0.017]),
    case("to_int8", [2.54, 0.1, -0.3, 1.0]),
    case("to_int8", [0.002, 0.001, -0.0003]),
    case("to_int8", [-3.0, 1.0, 0.9]),
    case("to_int8", [100.0, -381.0, 30.0]),
)

# Answers that readers give -----------------------------------------------------------------------


def speed(choose):
    """Tokens per second from (texts, seconds to read the weights, seconds to compute)."""

    def tokens_per_second(parameters, bits, texts, bandwidth, flops):
        read = parameters * bits / 8 / bandwidth
        return choose(texts, read, 2 * parameters * texts / flops)

    return tokens_per_second


def bits_as_bytes(parameters, bits, texts, bandwidth, flops):
    return texts / max(parameters * bits / bandwidth, 2 * parameters * texts / flops)


def always_16_bits(parameters, bits, texts, bandwidth, flops):
    return texts / max(parameters * 2 / bandwidth, 2 * parameters * texts / flops)


def one_flop(parameters, bits, texts, bandwidth, flops):
    return texts / max(parameters * bits / 8 / bandwidth, parameters * texts / flops)


def parts(text, size):
    return [tuple(text[i : i + size]) for i in range(0, len(text) - size + 1, size)]


def same_place(first, second, size):
    return sum(a == b for a, b in zip(parts(first, size), parts(second, size)))


def same_anywhere(first, second, size):
    return len(set(parts(first, size)) & set(parts(second, size)))


def common_tokens(first, second, size):
    common = 0
    for a, b in zip(first, second):
        if a != b:
            break
        common += 1
    return common


def rounded_up(first, second, size):
    return ceil(common_tokens(first, second, size) / size)


def equal_slices(first, second, size):
    count = 0
    for start in range(0, min(len(first), len(second)), size):
        if first[start : start + size] != second[start : start + size]:
            break
        count += 1
    return count


def rule_of(accept, instead):
    """A rule from what is done for each pair (p, q), and from both lists."""
    return lambda p, q: ([accept(a, b) for a, b in zip(p, q)], instead(p, q))


def minimum(p, q):
    return min(1, p / q)


def right_instead(p, q):
    return solution.rule(p, q)[1]


def not_normalized(p, q):
    return [max(0, a - b) for a, b in zip(p, q)]


def distances(p, q):
    return [abs(a - b) for a, b in zip(p, q)]


def normalized(values):
    return [value / sum(values) for value in values]


def likeliest_only(p, q):
    return [float(value == max(p)) for value in p]


def largest(row):
    return max(map(abs, row))


def int8_by(divide, rounding=round, scale_of=largest):
    """Integers and scale, with another divisor, rounding or largest number."""

    def to_int8(row):
        scale = scale_of(row) / divide
        return [rounding(x / scale) for x in row], scale

    return to_int8


def rounded_first(row):
    scale = max(abs(x) for x in row) / 127
    return [round(x) for x in row], scale


def multiplied(row):
    scale = max(abs(x) for x in row) / 127
    return [round(x / scale) for x in row], 1 / scale


QUESTIONS = [
    Question(
        "a step for 16 texts",
        LESSON,
        right="B",
        measure=letter_of,
        yes="16 tokens for the time of 2 or 3. The next section says why.",
        wrong=(
            Wrong(
                "A",
                "computing is what takes the time",
                "16 times as much is computed. But a step also has to read all weights from "
                "memory, and how often does it do that for 16 texts?",
            ),
            Wrong(
                "C",
                "a batch is free",
                "On a large GPU this is nearly right. Our CPU computes more slowly, so the "
                "products for 16 texts are noticed.",
            ),
        ),
        otherwise=LETTER,
    ),
    Exercise(
        "tokens_per_second",
        LESSON,
        right=solution.tokens_per_second,
        cases=SPEED_CASES,
        tolerance=1e-6,
        yes="Until reading and computing take equally long, more texts cost nothing.",
        wrong=(
            Wrong(
                speed(lambda texts, read, compute: texts / compute),
                "FLOPs decide the speed",
                "That counts FLOPs only. With one text the H200 would write 62,000 tokens per "
                "second. But each step also reads all weights: count those bytes, too.",
            ),
            Wrong(
                speed(lambda texts, read, compute: texts / read),
                "bytes decide the speed",
                "That counts bytes only. With 1,000 texts computing takes longer than reading. "
                "Both happen at the same time: which of the two does a step wait for?",
            ),
            Wrong(
                speed(lambda texts, read, compute: texts / max(texts * read, compute)),
                "each text reads the weights for itself",
                "That reads the weights once for each text. One step reads them once for ALL "
                "texts, and that is why a batch pays.",
            ),
            Wrong(
                speed(lambda texts, read, compute: 1 / max(read, compute)),
                "a step makes one token",
                "That is the speed of ONE text. A step makes a token for each of them.",
            ),
            Wrong(
                speed(lambda texts, read, compute: texts / (read + compute)),
                "first it reads, then it computes",
                "That adds both times. The next weights are read while the last ones are used, so "
                "a step takes as long as the slower of the two.",
            ),
            Wrong(
                speed(lambda texts, read, compute: texts / min(read, compute)),
                "a step takes as long as the faster part",
                "That takes the smaller time. A step has ended when BOTH have ended.",
            ),
            Wrong(
                speed(lambda texts, read, compute: texts / max(read, compute / texts)),
                "a batch is computed in the time of one text",
                "Your seconds to compute are those of ONE text. Each text needs 2 FLOPs for each "
                "weight.",
            ),
            Wrong(
                always_16_bits,
                "a weight has 2 bytes",
                "That is right for 16 bits. A weight of 4 bits has half a byte: bits / 8.",
            ),
            Wrong(
                bits_as_bytes,
                "bits are bytes",
                "Bandwidth is in bytes per second, and a byte has 8 bits.",
            ),
            Wrong(
                one_flop,
                "one FLOP for each weight",
                "Each weight is multiplied AND added: 2 FLOPs for each text.",
            ),
            Wrong(
                speed(lambda texts, read, compute: max(read, compute)),
                "seconds of a step are tokens per second",
                "Those are the seconds of a step. How many tokens does it make, and how many per "
                "second is that?",
            ),
        ),
        otherwise="Seconds to read all weights: bytes / bandwidth. Seconds to compute: 2 FLOPs for "
        "each weight and text / flops. A step takes the larger of the two, and makes one token "
        "for each text.",
    ),
    Question(
        "tokens per second in batches of 8",
        LESSON,
        right="C",
        measure=letter_of,
        yes="What a batch wins, it loses by waiting for its longest text.",
        wrong=(
            Wrong(
                "A",
                "a batch of 8 is 8 times as fast",
                "A step for 8 texts takes about 1.8 times as long here, so a FULL batch is 4 to 5 "
                "times as fast. How long is this one full? One of its texts has 128 tokens.",
            ),
            Wrong(
                "B",
                "all slots of a batch are used",
                "That would be right if all texts were equally long. Most end after 8 or 16 "
                "tokens, and their slots stay in the batch until token 128.",
            ),
        ),
        otherwise=LETTER,
    ),
    Question(
        "blocks of a request",
        LESSON,
        right=2,
        tolerance=0,
        yes="30 + 3 - 1 = 32 tokens are in the cache, and 2 blocks hold them.",
        wrong=(
            Wrong(
                3,
                "every token is in the cache",
                "30 + 3 = 33 would need 3 blocks. But keys and values are for tokens that come "
                "LATER. Which token has none after it?",
            ),
            Wrong(
                1,
                "a block that is not full does not count",
                "One block holds 16 tokens, and the prompt alone has 30.",
            ),
            Wrong(
                32,
                "blocks are tokens",
                "That is the number of tokens in the cache. 16 of them are in one block.",
            ),
            Wrong(
                33,
                "blocks are tokens",
                "Those are tokens. 16 of them are in one block. And the last one needs no place.",
            ),
        ),
        otherwise="Count the tokens whose keys and values are needed later. Then divide by 16, and "
        "round up.",
    ),
    Exercise(
        "shared_blocks",
        LESSON,
        right=solution.shared_blocks,
        cases=BLOCK_CASES,
        tolerance=0,
        yes="Keys and values depend on all tokens before, so only equal beginnings are shared.",
        wrong=(
            Wrong(
                same_place,
                "a block is what its own tokens are",
                "You compare each block alone. But keys and values of a token depend on ALL tokens "
                "before it (lesson 6). After a first difference no block can be shared.",
            ),
            Wrong(
                same_anywhere,
                "a block is what its own tokens are",
                "You look for equal blocks anywhere. But keys and values depend on the position "
                "and on ALL tokens before. Only a common beginning can be shared.",
                fits=like_any(
                    BLOCK_CASES,
                    same_anywhere,
                    lambda first, second, size: sum(
                        part in parts(second, size) for part in parts(first, size)
                    ),
                ),
            ),
            Wrong(
                common_tokens,
                "tokens are shared",
                "Those are the tokens of the common beginning. How many FULL blocks do they fill?",
            ),
            Wrong(
                rounded_up,
                "a half-full block can be shared",
                "The last block is not full. It cannot be shared, because both texts go on in it, "
                "each with other tokens.",
                fits=like_any(BLOCK_CASES, rounded_up, equal_slices),
            ),
        ),
        otherwise="Count the tokens from the beginning until the first difference. How many full "
        "blocks is that?",
    ),
    Question(
        "the engine that is wrong",
        LESSON,
        right="Fay",
        measure=lambda answer: (
            answer.strip().lower().replace("'s", "").capitalize()
            if isinstance(answer, str)
            else answer
        ),
        yes="The block is recycled, and the prefix cache still finds it by its old hash.",
        wrong=(
            Wrong(
                "Dee",
                "the order in which blocks are freed changes the text",
                "Dee's cache loses the beginnings of texts first. So it finds 439 prompt tokens, "
                "and the unchanged pool 551. What is not found is computed again. What is found is "
                "what its hash says. Is it so in all three?",
            ),
            Wrong(
                "Eli",
                "which block is recycled changes the text",
                "Eli takes another free block. Any free block will do, as long as nobody finds it "
                "by what it held BEFORE. Who prevents that?",
            ),
        ),
        otherwise='Answer with "Dee", "Eli" or "Fay".',
    ),
    Question(
        "what a bad draft does",
        LESSON,
        right="B",
        measure=letter_of,
        yes="Hardly a proposal is accepted, and the distribution of the text is the same.",
        wrong=(
            Wrong(
                "A",
                "the draft writes the text",
                "The draft only proposes. Your rule gives each token the probability that the "
                "model gives it, whatever q is.",
            ),
            Wrong(
                "C",
                "proposals cost nothing",
                "The text stays the same. But the proposals have to be made, and the model "
                "computes five tokens to use one.",
            ),
        ),
        otherwise=LETTER,
    ),
    Exercise(
        "rule",
        LESSON,
        right=solution.rule,
        cases=RULE_CASES,
        tolerance=1e-6,
        yes="q × min(1, p/q) from accepted tokens, and the missing rest from rejected ones: "
        "together p.",
        wrong=(
            Wrong(
                rule_of(minimum, lambda p, q: p),
                "after a rejection, the model is asked again",
                "You sample again from p. Add up the first token of p = [0.5, 0.3, 0.2], q = "
                "[0.25, 0.5, 0.25]: 0.25 accepted, and 0.25 × 0.5 after a rejection: 0.375, not "
                "0.5. Sample from what is MISSING.",
            ),
            Wrong(
                rule_of(minimum, not_normalized),
                "what is missing is a distribution",
                "The differences are right, and they do not add up to 1. Divide by their sum.",
            ),
            Wrong(
                rule_of(minimum, lambda p, q: normalized(distances(p, q))),
                "too much and too little are alike",
                "Where q is larger than p, the draft has already given too much. Only positive "
                "differences p - q are missing.",
                fits=like_any(
                    RULE_CASES,
                    rule_of(minimum, lambda p, q: normalized(distances(p, q))),
                    rule_of(minimum, lambda p, q: distances(p, q)),
                ),
            ),
            Wrong(
                rule_of(minimum, lambda p, q: normalized(not_normalized(q, p))),
                "what is missing is q - p",
                "Where q is larger than p, the draft has given too much. What is missing is p - q, "
                "where it is positive.",
            ),
            Wrong(
                lambda p, q: (likeliest_only(p, q), right_instead(p, q)),
                "only the likeliest token is right",
                "You accept the model's likeliest token and no other. At temperature 1 the others "
                "have a right to be sampled, too: accept x with probability min(1, p/q).",
                fits=like_any(
                    RULE_CASES,
                    lambda p, q: (likeliest_only(p, q), right_instead(p, q)),
                    lambda p, q: (likeliest_only(p, q), p),
                ),
            ),
            Wrong(
                rule_of(lambda p, q: p / q, right_instead),
                "a probability can be larger than 1",
                "p/q can be larger than 1. Then the token is accepted in any case: min(1, p/q).",
            ),
            Wrong(
                rule_of(lambda p, q: min(1, q / p) if p else 1, right_instead),
                "what the draft likes is accepted",
                "You accept with q/p. Where the draft proposes a token too often, q is larger than "
                "p, and you always accept. Turn the fraction over.",
            ),
            Wrong(
                rule_of(min, right_instead),
                "accepted means proposed and accepted",
                "That is how often a token is proposed AND accepted. Divide by q.",
            ),
            Wrong(
                rule_of(lambda p, q: p, right_instead),
                "a proposal is accepted with probability p",
                "The draft proposes x with probability q, and you accept with p: together q × p. "
                "It should be p, where q is large enough. What do you accept with?",
                fits=like_any(
                    RULE_CASES,
                    rule_of(lambda p, q: p, right_instead),
                    rule_of(lambda p, q: p, lambda p, q: p),
                ),
            ),
            Wrong(
                rule_of(lambda p, q: float(p >= q), right_instead),
                "a proposal is right or wrong",
                "You reject each token of which q has too much. Keep a part of it, p/q: then "
                "exactly p of it is left.",
            ),
            Wrong(
                lambda p, q: solution.rule(p, q)[0],
                "acceptance alone is the rule",
                "The first list is right. The rule returns two: also the probabilities from which "
                "a token is sampled after a rejection.",
            ),
        ),
        otherwise="Two lists: min(1, p/q) for each token; and the positive differences p - q, "
        "divided by their sum.",
    ),
    Question(
        "4 bits with 256 texts",
        LESSON,
        right="C",
        measure=letter_of,
        yes="With many texts a step waits for the products, and 4 bits save none.",
        wrong=(
            Wrong(
                "A",
                "fewer bits are faster by themselves",
                "4 bits save reading. With 256 texts, is reading what a step waits for? Think of "
                "exercise 1.",
            ),
            Wrong(
                "B",
                "the gain grows with the batch",
                "The weights are read once, for 1 text and for 256. What grows with the batch is "
                "the computing, and it is not done in 4 bits.",
            ),
        ),
        otherwise=LETTER,
    ),
    Exercise(
        "to_int8",
        LESSON,
        right=solution.to_int8,
        cases=INT8_CASES,
        tolerance=1e-6,
        yes="Each weight is wrong by at most half a scale.",
        wrong=(
            Wrong(
                int8_by(128),
                "8 bits reach from -128 to 128",
                "The largest weight becomes 128, and int8 ends at 127: it would wrap to -128. "
                "Divide by 127.",
            ),
            Wrong(
                int8_by(1),
                "the scale is the largest weight",
                "Then all integers are -1, 0 or 1. The largest weight becomes 127.",
            ),
            Wrong(
                int8_by(255),
                "all 256 integers are on one side",
                "The largest weight becomes 255, and int8 reaches from -128 to 127. Weights have "
                "two signs.",
            ),
            Wrong(
                int8_by(127, int),
                "int() rounds",
                "int() cuts off: 99.9 becomes 99. With round() the error is half as large.",
            ),
            Wrong(
                int8_by(127, floor),
                "floor division rounds",
                "// rounds down: 99.9 becomes 99. With round() the error is half as large.",
            ),
            Wrong(
                int8_by(255, scale_of=lambda row: max(row) - min(row)),
                "the scale spreads the row over all 256 integers",
                "That is how int4 does it, which has a middle, too. Here weight = integer × scale, "
                "and the largest absolute value becomes 127.",
            ),
            Wrong(
                int8_by(127, lambda x: x),
                "a number divided by a scale is an integer",
                "The scale is right. Your numbers are no integers: round them.",
            ),
            Wrong(
                int8_by(127, scale_of=max),
                "the largest weight is the positive one",
                "In [-3, 1, 0.9] the largest is -3. Take the largest absolute value.",
            ),
            Wrong(
                rounded_first,
                "first round, then scale",
                "You round the weights before they are divided: 0.5 and 0.017 become 0. Divide by "
                "the scale, then round.",
            ),
            Wrong(
                multiplied,
                "the scale is what one multiplies by to get integers",
                "The integers are right. The scale is what gives the weights back: "
                "weight = integer × scale. Yours is its inverse.",
            ),
            Wrong(
                lambda row: solution.to_int8(row)[0],
                "integers are enough",
                "The integers are right. Return the scale, too: without it nobody knows the "
                "weights.",
            ),
        ),
        otherwise="The scale makes the largest absolute value 127. Divide each weight by it, and "
        "round.",
    ),
]
