"""The mixed pages: after lessons 3, 7 and 12, four questions from lessons before, out of order.

`ABOUT` says which lesson each is about; the page does not.
"""

from math import exp, log

from course.exercises.questions import Question, Wrong

AFTER_3, AFTER_7, AFTER_12 = "03_scalar_autograd", "07_microgpt", "12_training_on_a_gpu"

ABOUT = {
    "gradient of the right logit": 2,
    "loss of the name ed": 0,
    "cells of a table with two letters of context": 1,
    "probability at temperature 0.5": 1,
    "learning rate above which 2 y squared diverges": 2,
    "attention weights of one head": 6,
    "perplexity of a loss of 2.37": 0,
    "x.grad after two backward passes": 3,
    "rows of a stream of 13 tokens": 10,
    "bits per byte of the second model": 5,
    "bytes that training keeps for one weight": 11,
    "tokens that one head attends to": 9,
}

QUESTIONS = [
    Question(
        "gradient of the right logit",
        AFTER_3,
        right=-0.8,
        yes="Its probability, 0.2, minus 1.",
        wrong=(
            Wrong(
                0.8, "the sign does not matter", "Right size. A larger logit gives a smaller loss."
            ),
            Wrong(
                0.2, "the one-hot target is not subtracted", "Subtract the target, which is 1 here."
            ),
            Wrong(-5, "the gradient for p", "-1/p is the derivative for p, not for the logit."),
        ),
        otherwise="Probability minus target, and the target of the right letter is 1.",
    ),
    Question(
        "loss of the name ed",
        AFTER_3,
        right=2 * log(2),
        yes="The mean of ln 2, ln 4 and ln 8 is 2 ln 2.",
        wrong=(
            Wrong(6 * log(2), "a loss is a sum", "That is the sum of three losses. Take the mean."),
            Wrong(
                -log((1 / 2 + 1 / 4 + 1 / 8) / 3),
                "loss of the mean probability",
                "You averaged the probabilities. Average the three values of -ln p.",
            ),
            Wrong(2.0, "the unit is the bit", "2 bits; a nat uses the natural logarithm."),
        ),
        otherwise="Compute -ln of each probability, then the mean.",
    ),
    Question(
        "cells of a table with two letters of context",
        AFTER_3,
        right=27**3,
        tolerance=0,
        yes="27 x 27 contexts, and 27 next letters for each: 19,683.",
        wrong=(
            Wrong(729, "the next letter is not counted", "729 is the number of its rows."),
            Wrong(81, "choices are added up", "Each further letter multiplies the cells by 27."),
            Wrong(26**3, "BOS is not counted", "BOS is the 27th token."),
        ),
        otherwise="How many rows, and how many cells in each?",
    ),
    Question(
        "probability at temperature 0.5",
        AFTER_3,
        right=0.64 / 0.68,
        yes="0.8 and 0.2 squared are 0.64 and 0.04; rescaled 0.94 and 0.06.",
        wrong=(
            Wrong(0.64, "powers are probabilities", "0.64 and 0.04 do not sum to 1: rescale them."),
            Wrong(
                2 / 3,
                "p to the power T",
                "That is temperature 2, which flattens. The power is 1/T.",
            ),
            Wrong(0.4, "temperature multiplies", "0.8 x 0.5? It is a power: 1/T, then rescale."),
        ),
        otherwise="Raise each probability to the power 1/T, then rescale so that they sum to 1.",
    ),
    Question(
        "learning rate above which 2 y squared diverges",
        AFTER_7,
        right=0.5,
        yes="Each step multiplies y by 1 - 4 x rate; above 0.5 that is below -1.",
        wrong=(
            Wrong(
                0.25,
                "the best rate is the largest",
                "At 0.25 one step reaches the minimum. Try larger ones.",
            ),
            Wrong(
                1,
                "the derivative is 2 y",
                "The derivative of 2 y squared is 4 y. Try 1: 1 becomes -3.",
            ),
        ),
        otherwise="The derivative is 4 y. Start at y = 1 and make one step.",
    ),
    Question(
        "attention weights of one head",
        AFTER_7,
        right=15,
        tolerance=0,
        yes="1 + 2 + 3 + 4 + 5: the causal mask hides the future.",
        wrong=(
            Wrong(25, "there is no mask", "25 includes the future, which the causal mask hides."),
            Wrong(10, "a token does not see itself", "Each token also attends to itself."),
            Wrong(
                20, "a head sees four tokens", "4 is the head dimension. A head sees every token."
            ),
        ),
        otherwise="The first token attends to 1 token, the second to 2 ...",
    ),
    Question(
        "perplexity of a loss of 2.37",
        AFTER_7,
        right=exp(2.37),
        tolerance=0.04,
        yes="e to the 2.37, about 10.7.",
        wrong=(
            Wrong(2.37, "perplexity is the loss", "The loss is the LOGARITHM of the perplexity."),
            Wrong(
                27, "perplexity is the vocabulary size", "27 is the perplexity at a loss of 3.30."
            ),
            Wrong(2**2.37, "the unit is the bit", "2 to the 2.37; a nat belongs to e."),
        ),
        otherwise="A loss of ln 27 = 3.30 has perplexity 27. What has the logarithm 2.37?",
    ),
    Question(
        "x.grad after two backward passes",
        AFTER_7,
        right=12,
        tolerance=0,
        yes="6 from each pass: gradients accumulate until they are set to 0.",
        wrong=(
            Wrong(6, "each pass starts from 0", "One pass gives 6. The second one adds to it."),
            Wrong(36, "passes multiply", "Multiply along a path. Gradients that arrive are added."),
            Wrong(9, "the value is the gradient", "9 is x * x itself; its derivative is 2 x."),
        ),
        otherwise="The derivative of x * x is 2 x. There were two passes.",
    ),
    Question(
        "rows of a stream of 13 tokens",
        AFTER_12,
        right=3,
        tolerance=0,
        yes="Each row begins with the last token of the one before: 1 + 3 x 4 tokens.",
        wrong=(
            Wrong(2, "rows share no token", "13 / 5? The last token of a row begins the next one."),
            Wrong(4, "a short row is a row", "A fourth row would lack tokens. It is dropped."),
            Wrong(9, "a row begins at every token", "Then most tokens would be targets 4 times."),
            Wrong(12, "a row is a token", "12 tokens can be targets, 4 in each row."),
        ),
        otherwise="Each row has 4 targets. How many tokens can be targets?",
    ),
    Question(
        "bits per byte of the second model",
        AFTER_12,
        right=2.8 / 4 / log(2),
        yes="2.8 / 4 / 0.693, about 1.01, where the first has 1.15: the second is better.",
        wrong=(
            Wrong(0.7, "a nat is a bit", "That is nats per byte. A bit is 0.693 nats."),
            Wrong(0.7 * log(2), "bits are smaller numbers", "Divide by ln 2: there are MORE bits."),
            Wrong(2.8 / log(2), "a token is a byte", "Bits per token. A token has 4 bytes here."),
            Wrong(2.4 / 3 / log(2), "the models are confused", "That is the first model."),
            Wrong(
                2.8,
                "losses per token can be compared",
                "That is nats per token. Convert it to bits per byte.",
            ),
        ),
        otherwise="Divide the nats per token by its bytes, then by 0.693 nats per bit.",
    ),
    Question(
        "bytes that training keeps for one weight",
        AFTER_12,
        right=16,
        tolerance=0,
        yes="Four numbers of four bytes: weight, gradient, and Adam's two moments.",
        wrong=(
            Wrong(4, "only weights are kept", "Add the gradient and the optimizer state."),
            Wrong(8, "weight and gradient", "Add the optimizer state."),
            Wrong(12, "Adam keeps one moment", "It keeps two moments for each weight."),
            Wrong(128, "a byte is a bit", "That is in bits. A byte has 8 of them."),
        ),
        otherwise="Which numbers are there for each weight, and how many bytes has each?",
    ),
    Question(
        "tokens that one head attends to",
        AFTER_12,
        right=512,
        tolerance=0,
        yes="All of them. It projects all 512 numbers of each token to 64.",
        wrong=(
            Wrong(
                64,
                "tokens are split among heads",
                "The projected numbers are split among heads. Each head sees every token.",
            ),
            Wrong(8, "as many as there are heads", "8 is how many heads there are."),
            Wrong(511, "a token does not see itself", "Each token also attends to itself."),
        ),
        otherwise="What is split among the heads: tokens, or the numbers of a projected token?",
    ),
]
