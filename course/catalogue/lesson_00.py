"""Questions of lesson 0: what will I build?"""

from math import exp, log, log2, log10

from course.exercises.exercises import Exercise, case
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_00 as solution

LESSON = "00_start_here"
INVENTED = ["anna", "karia", "emma", "anna", "an", "zoe", "kim", "lou"]
KNOWN = ["emma", "anna", "joanna", "brianna"]
ONE_IN_ANOTHER = ["qo", "qoq", "xqo"]  # names that no list has but the one that comes in


def numbers_in(given: list, low: float, high: float) -> bool:
    """Whether the answer is one number between two others."""
    return len(given) == 1 and isinstance(given[0], (int, float)) and low <= given[0] <= high


QUESTIONS = [
    Question(
        "the first loss with 54 choices",
        LESSON,
        right=log(54),
        yes="ln 54 = 3.99. Twice as many tokens add ln 2 = 0.69, whatever the number was before.",
        wrong=(
            Wrong(
                2 * log(27),
                "the loss is proportional to the number of tokens",
                "You doubled the loss. But the loss is a logarithm: twice as many tokens always "
                "add the same amount, ln 2 = 0.69.",
            ),
            Wrong(
                log(27),
                "training always begins at 3.3",
                "3.3 is ln 27: the loss of a model that knows nothing about 27 tokens. Here there "
                "are 54.",
            ),
            Wrong(
                54,
                "the loss is the number of choices",
                "54 is the number of tokens. The loss is its logarithm, ln 54.",
            ),
            Wrong(
                1,
                "the loss is a share of errors, from 0 to 1",
                "A share of errors would end at 1. The loss is -ln of a probability, and it has no "
                "upper end.",
            ),
            Wrong(
                0,
                "a model begins with a loss of 0",
                "0 would mean that the model is certain of every letter, and right, before it has "
                "seen one.",
            ),
            Wrong(
                log10(54),
                "any logarithm will do",
                "That is the logarithm to base 10. The loss uses ln: with 27 tokens it was 3.296.",
            ),
            Wrong(
                log2(54),
                "any logarithm will do",
                "That is the logarithm to base 2. The loss uses ln: with 27 tokens it was 3.296.",
            ),
            Wrong(
                -log(54),
                "the logarithm of a probability is the loss",
                "The size is right. But the loss is MINUS ln p, so it is not below 0.",
            ),
        ),
        otherwise="With 27 tokens it was ln 27 = 3.3. Take ln of the new number.",
    ),
    Question(
        "copies among 20 samples",
        LESSON,
        right=20,
        tolerance=0.1,
        yes="20 in this run. About 4,000 parameters have room for 20 names, and 500 steps show "
        "each name 25 times.",
        wrong=(
            Wrong(
                0,
                "a model that samples at random never repeats",
                "It samples at random, but from its probabilities. What are they after it has seen "
                "the same 20 names 25 times each?",
                fits=lambda given: numbers_in(given, 0, 3),
            ),
            Wrong(
                10,
                "half are copies, half are new",
                "Fewer are new. After the first two letters, how many of 20 names still fit?",
                fits=lambda given: numbers_in(given, 4, 17),
            ),
        ),
        otherwise="A number from 0 to 20.",
    ),
    Question(
        "what is wrong with the second run",
        LESSON,
        right="B",
        yes="Its samples all begin alike. The loss did not show it: each name was measured right "
        "after its neighbours in the alphabet.",
        wrong=(
            Wrong(
                "A",
                "a low loss means copying",
                "Look them up: `[name in names for name in second.sample(12)]`. What else do its "
                "samples have in common?",
            ),
            Wrong(
                "C",
                "a wrong run has a wrong learning rate",
                "The first run has steps of the same size at the start, and it works. What do the "
                "samples have in common?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the probability behind a loss of 2",
        LESSON,
        right=exp(-2),
        tolerance=0.04,  # 0.13 and 0.14 are rounded, not wrong
        yes="e to the power -2 is 0.135: about one in seven.",
        wrong=(
            Wrong(
                0.5,
                "a loss of 2 is one in two",
                "One in two has the loss ln 2 = 0.69. Which p has -ln p = 2?",
            ),
            Wrong(
                exp(2),
                "the sign does not matter",
                "7.39 is above 1, so it is no probability. It is one in 7.39. Mind the minus in "
                "-ln p.",
            ),
            Wrong(
                0.25,
                "the logarithm has base 2",
                "One quarter is 2 to the power -2. The loss uses ln, so the base is e = 2.718.",
            ),
            Wrong(
                0.01,
                "the logarithm has base 10",
                "One hundredth is 10 to the power -2. The loss uses ln, so the base is e = 2.718.",
            ),
            Wrong(
                100 * exp(-2),
                "a probability is a percentage",
                "That is the percentage. A probability is a number from 0 to 1.",
                fits=lambda given: numbers_in(given, 13, 14),
            ),
            Wrong(
                -log(2),
                "the probability is minus the logarithm of the loss",
                "You took -ln of the loss. The loss is itself a logarithm: undo it with exp.",
            ),
            Wrong(
                log(2),
                "the probability is the logarithm of the loss",
                "You took ln of the loss. The loss is itself a logarithm: undo it with exp.",
            ),
        ),
        otherwise="The loss is -ln p. So p = exp(-loss).",
    ),
    Exercise(
        "count_known",
        LESSON,
        right=solution.count_known,
        cases=(
            case("count_known", INVENTED, KNOWN),
            case("count_known", [], KNOWN),
            case("count_known", ["emma"], KNOWN),
            case("count_known", ["qo", "qo", "zoe"], ONE_IN_ANOTHER),
            case("count_known", ["o", "qo"], []),
        ),
        tolerance=0,
        otherwise="Compare the names that come in as `invented` with those that come in as "
        "`known`, and with no other list.",
        yes="Each of the two annas counts. `an` does not: it is only a part of other names.",
        wrong=(
            Wrong(
                lambda invented, known: sum(name in " ".join(known) for name in invented),
                "a name inside a name is that name",
                "`an` was counted: it is a part of `anna`, but it is not in the list. Compare "
                "whole names.",
            ),
            Wrong(
                lambda invented, known: len(set(invented) & set(known)),
                "the same name twice is one name",
                "Right names, but each is counted once. The model wrote `anna` twice; both count.",
            ),
            Wrong(
                lambda invented, known: sum(name not in known for name in invented),
                "the question asks for the new ones",
                "You counted the names that are NOT in the list.",
            ),
        ),
    ),
    Question(
        "remembered",
        LESSON,
        right=solution.remembered_of,
        tolerance=0,
        otherwise="`count_known` does it: once with the whole file, once with the names shown.",
        yes="Eleven are in the file, and training showed the model none of them: it has never seen "
        "`anna`, and writes it. That is generalisation.",
        wrong=(
            Wrong(
                {"in the list": 0, "among the 1,000 shown": 0},
                "invented names do not exist",
                "`Invented` says how the model made them. Real people can have such a name. Look "
                "them up in the whole file.",
            ),
            Wrong(
                {"in the list": 11, "among the 1,000 shown": 11},
                "a name in the file was copied from it",
                "11 are in the file of 32,033. But the model was shown 1,000 of those: how many "
                "of the 11 were among them?",
            ),
        ),
    ),
    Question(
        "another seed",
        LESSON,
        right=solution.stays,
        otherwise="Answer each with True or False; `MicroGPT(names, seed=7)` is another run.",
        yes="Before the first step the model knows nothing, whatever the seed: near ln 27. The "
        "rest depends on the order of the names and on the first parameters.",
        wrong=(
            Wrong(
                {
                    "a first loss between 2.5 and 4": False,
                    "the last loss": False,
                    "the invented names": False,
                },
                "the seed decides everything",
                "What does a model know before step 1, whatever the seed?",
            ),
            Wrong(
                {
                    "a first loss between 2.5 and 4": True,
                    "the last loss": True,
                    "the invented names": True,
                },
                "training leads to one result",
                "The seed shuffles the list and draws the first parameters. Try "
                "`MicroGPT(names, seed=7)`.",
            ),
            Wrong(
                {
                    "a first loss between 2.5 and 4": True,
                    "the last loss": True,
                    "the invented names": False,
                },
                "the loss of one name is the quality of the model",
                "The last loss is the loss of ONE name, and another seed ends with another name.",
            ),
            Wrong(
                {
                    "a first loss between 2.5 and 4": True,
                    "the last loss": False,
                    "the invented names": True,
                },
                "the same training data gives the same samples",
                "The list is the same, but another seed shows 1,000 other names in another order, "
                "and draws other letters.",
            ),
        ),
    ),
]
