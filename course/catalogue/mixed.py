"""The mixed pages: after lessons 3, 7 and 12, four questions from lessons before, out of order.

`ABOUT` says which lesson each is about; the page does not.
"""

from math import exp, log

from course.exercises.questions import Question, Wrong

AFTER_3, AFTER_6, AFTER_10 = "03_scalar_autograd", "07_microgpt", "12_training_on_a_gpu"

ABOUT = {
    "slope for the logit that was right": 2,
    "loss of the name ed": 0,
    "cells of a table that looks two letters back": 1,
    "share at temperature 0.5": 1,
    "the rate above which 2 y squared flies off": 2,
    "squares that one head fills": 5,
    "letters it hesitates among": 0,
    "x.grad after two walks": 3,
    "rows of a stream of 13 tokens": 8,
    "bits per byte of the second model": 4,
    "bytes that training keeps for one weight": 9,
    "tokens that one head hears": 7,
}

QUESTIONS = [
    Question(
        "slope for the logit that was right",
        AFTER_3,
        right=-0.8,
        yes="What was said, 0.2, minus what was, 1.",
        wrong=(
            Wrong(0.8, "the sign does not matter", "Right size. A larger logit, less surprise."),
            Wrong(0.2, "the right letter is not subtracted", "0.2 was said. And what was?"),
            Wrong(
                -5, "the slope for the probability", "-1/p is the slope for p, not for the logit."
            ),
        ),
        otherwise="What was said minus what was.",
    ),
    Question(
        "loss of the name ed",
        AFTER_3,
        right=2 * log(2),
        yes="ln 2, ln 4 and ln 8, in the mean 2 ln 2.",
        wrong=(
            Wrong(6 * log(2), "a loss is a sum", "That is the sum of three surprises. The mean?"),
            Wrong(
                -log((1 / 2 + 1 / 4 + 1 / 8) / 3),
                "surprise of the mean",
                "You took the mean of the probabilities. First the surprises, then their mean.",
            ),
            Wrong(2.0, "the unit is the bit", "2 bits; a nat uses the natural logarithm."),
        ),
        otherwise="Three surprises, -ln of each probability; then their mean.",
    ),
    Question(
        "cells of a table that looks two letters back",
        AFTER_3,
        right=27**3,
        tolerance=0,
        yes="27 x 27 beginnings, and 27 that may follow each: 19,683.",
        wrong=(
            Wrong(729, "the next letter is not counted", "729 is the number of its rows."),
            Wrong(81, "choices are added up", "Each further letter multiplies the cells by 27."),
            Wrong(26**3, "nothing is no choice", "The end, or beginning, is the 27th choice."),
        ),
        otherwise="How many rows, and how many cells in each?",
    ),
    Question(
        "share at temperature 0.5",
        AFTER_3,
        right=0.64 / 0.68,
        yes="0.8 and 0.2 squared are 0.64 and 0.04; rescaled 0.94 and 0.06.",
        wrong=(
            Wrong(0.64, "powers are shares", "0.64 and 0.04 do not sum to 1: rescale them."),
            Wrong(
                2 / 3,
                "p to the power T",
                "That is temperature 2, which flattens. The power is 1/T.",
            ),
            Wrong(0.4, "temperature multiplies", "0.8 x 0.5? It is a power: 1/T, then rescale."),
        ),
        otherwise="Each share to the power 1/T, then rescaled so that they sum to 1.",
    ),
    Question(
        "the rate above which 2 y squared flies off",
        AFTER_6,
        right=0.5,
        yes="Each step multiplies y by 1 - 4 x rate; above 0.5 that is below -1.",
        wrong=(
            Wrong(0.25, "the best rate is the last", "At 0.25 it arrives in ONE step. Go on."),
            Wrong(1, "the slope is 2 y", "The slope of 2 y squared is 4 y. Try 1: 1 becomes -3."),
        ),
        otherwise="The slope is 4 y. What does one step make of y = 1?",
    ),
    Question(
        "squares that one head fills",
        AFTER_6,
        right=15,
        tolerance=0,
        yes="1 + 2 + 3 + 4 + 5: nobody looks ahead.",
        wrong=(
            Wrong(25, "everybody sees everybody", "25 with those that are hidden: the future."),
            Wrong(10, "nobody looks at itself", "Each letter may look at itself, too."),
            Wrong(
                20, "a head sees four letters", "4 is how many NUMBERS of each letter it works on."
            ),
        ),
        otherwise="The first token looks at 1, the second at 2 ...",
    ),
    Question(
        "letters it hesitates among",
        AFTER_6,
        right=exp(2.37),
        tolerance=0.04,
        yes="e to the 2.37, about 10.7.",
        wrong=(
            Wrong(2.37, "a loss counts letters", "A loss is the LOGARITHM of such a number."),
            Wrong(27, "it still considers all", "Among 27 it hesitates when the loss is 3.30."),
            Wrong(2**2.37, "the unit is the bit", "2 to the 2.37; a nat belongs to e."),
        ),
        otherwise="ln 27 = 3.30 is hesitating among 27. Whose logarithm is 2.37?",
    ),
    Question(
        "x.grad after two walks",
        AFTER_6,
        right=24,
        tolerance=0,
        yes="12 from each: nobody set it back to 0.",
        wrong=(
            Wrong(12, "each walk begins anew", "One walk gives 12. What was there is added to."),
            Wrong(144, "walks multiply", "Along a path multiply. Blame that arrives is added."),
            Wrong(8, "the value is the slope", "8 is x * x * x itself; its slope is 3 x * x."),
        ),
        otherwise="The slope of x * x * x is 3 x * x. And there were two walks.",
    ),
    Question(
        "rows of a stream of 13 tokens",
        AFTER_10,
        right=3,
        tolerance=0,
        yes="Each row begins with the last token of the one before: 1 + 3 x 4 tokens.",
        wrong=(
            Wrong(2, "rows share no token", "13 / 5? The last token of a row begins the next one."),
            Wrong(4, "a short row is a row", "A fourth row would lack tokens. It is dropped."),
            Wrong(9, "a row begins at every token", "Then most tokens would be asked for 4 times."),
            Wrong(12, "a row is a token", "12 tokens can be asked for, 4 in each row."),
        ),
        otherwise="Each row asks for 4 new tokens. How many can be asked for?",
    ),
    Question(
        "bits per byte of the second model",
        AFTER_10,
        right=2.8 / 4 / log(2),
        yes="2.8 / 4 / 0.693, about 1.01, where the first has 1.15: the second is better.",
        wrong=(
            Wrong(0.7, "a nat is a bit", "That is nats per byte. A bit is 0.693 nats."),
            Wrong(0.7 * log(2), "bits are smaller numbers", "Divide by ln 2: there are MORE bits."),
            Wrong(2.8 / log(2), "a token is a byte", "Bits per token. A token has 4 bytes here."),
            Wrong(2.4 / 3 / log(2), "either may be meant", "That is the first one."),
            Wrong(2.8, "what is printed can be compared", "Per token, in nats. Per byte, in bits?"),
        ),
        otherwise="Nats of a token, shared out among its bytes, in bits of 0.693 nats.",
    ),
    Question(
        "bytes that training keeps for one weight",
        AFTER_10,
        right=16,
        tolerance=0,
        yes="Four numbers of four bytes: the weight, its slope, and two that Adam remembers.",
        wrong=(
            Wrong(4, "only the weights are there", "And its slope? And what Adam remembers?"),
            Wrong(8, "a weight and its slope", "Adam remembers something of each weight, too."),
            Wrong(12, "Adam remembers one mean", "Two: the mean of slopes, and of their squares."),
            Wrong(128, "a byte is a bit", "That is in bits. A byte has 8 of them."),
        ),
        otherwise="Which numbers are there for each weight, and how many bytes has each?",
    ),
    Question(
        "tokens that one head hears",
        AFTER_10,
        right=512,
        tolerance=0,
        yes="All of them, through 64 of the 512 numbers of each.",
        wrong=(
            Wrong(64, "heads share out the tokens", "They share out the NUMBERS of each token."),
            Wrong(8, "as many as there are heads", "8 is how many heads there are."),
            Wrong(511, "nobody hears itself", "Each token may listen to itself, too."),
        ),
        otherwise="What is shared out among the heads: tokens, or the numbers of a token?",
    ),
]
