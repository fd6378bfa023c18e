"""Questions of lesson 0: what will I build?"""

from math import log

from course.exercises.exercises import Exercise, case
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_00 as solution

LESSON = "00_start_here"
INVENTED = ["anna", "karia", "emma", "anna", "an", "zoe", "kim", "lou"]
KNOWN = ["emma", "anna", "joanna", "brianna"]
ONE_IN_ANOTHER = ["qo", "qoq", "xqo"]  # names that no list has but the one that comes in


QUESTIONS = [
    Question(
        "the first loss with 54 choices",
        LESSON,
        right=log(54),
        yes="ln 54 = 3.99. Twice the choices cost ln 2 = 0.69 more, whatever there was before.",
        wrong=(
            Wrong(
                2 * log(27),
                "surprise counts choices",
                "Twice as many choices, twice the surprise? Then one choice would already "
                "surprise you. Each doubling adds the same amount: ln 2 = 0.69.",
            ),
            Wrong(
                log(27),
                "it always begins at 3.3",
                "3.3 is no constant of nature: it is ln 27, what it costs to know nothing about "
                "27 choices. Here there are 54.",
            ),
            Wrong(
                54,
                "surprise is the number of choices",
                "54 is the number of choices. Surprise is its logarithm: ln 54.",
            ),
            Wrong(
                1,
                "a loss is a share from 0 to 1",
                "A share of wrong answers would end at 1. This is a surprise, -ln of the "
                "probability, and it has no upper end.",
            ),
            Wrong(
                0,
                "0 is where a model begins",
                "0 would mean that it knows every letter before it has seen one.",
            ),
        ),
        otherwise="With 27 choices it was ln 27 = 3.3. Take the logarithm of the new number of "
        "choices.",
    ),
    Question(
        "what is wrong with the second run",
        LESSON,
        right="B",
        yes="Its samples all begin alike. The loss could not tell: it was measured on the same "
        "neighbours.",
        wrong=(
            Wrong(
                "A",
                "a low loss means copying",
                "Look them up: `[name in names for name in second.sample(12)]`. What do its "
                "samples have in common instead?",
            ),
            Wrong(
                "C",
                "a wrong run has a wrong rate",
                "Steps that are too large make the loss rise or shake. This one falls. What do "
                "the samples have in common?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
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
        yes="Each of the two annas counts, and `an` does not: it only stands inside other names.",
        wrong=(
            Wrong(
                lambda invented, known: sum(name in " ".join(known) for name in invented),
                "a name inside a name is that name",
                "`an` was counted: it stands inside `anna`, but it is not in the list. Compare "
                "whole names.",
            ),
            Wrong(
                lambda invented, known: len(set(invented) & set(known)),
                "the same name twice is one name",
                "Right names, but each counted once. `anna` was invented twice; both times the "
                "model wrote it.",
            ),
            Wrong(
                lambda invented, known: sum(name not in known for name in invented),
                "new ones are meant",
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
        yes="Eleven stand in the file, and not one of them was ever shown to the model: it has "
        "never met `anna`, and writes it.",
        wrong=(
            Wrong(
                {"in the list": 0, "among the 1,000 shown": 0},
                "invented names do not exist",
                "`Invented` says how they were made, not whether anybody bears them. Look them "
                "up in the whole file.",
            ),
            Wrong(
                {"in the list": 11, "among the 1,000 shown": 11},
                "so it copied them",
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
        yes="Before the first step it knows nothing, whatever the seed: near ln 27. All the rest "
        "hangs on the shuffle and on the first weights.",
        wrong=(
            Wrong(
                {
                    "a first loss between 3 and 3.7": False,
                    "the last loss": False,
                    "the names": False,
                },
                "chance decides everything",
                "What does a model know before step 1, whatever the seed?",
            ),
            Wrong(
                {"a first loss between 3 and 3.7": True, "the last loss": True, "the names": True},
                "training leads to one result",
                "The list is shuffled by that seed and the weights are drawn by it. Try "
                "`MicroGPT(names, seed=7)`.",
            ),
            Wrong(
                {"a first loss between 3 and 3.7": True, "the last loss": True, "the names": False},
                "the loss of one name is the quality of the model",
                "The last loss is the surprise about ONE name, and another seed ends with "
                "another name.",
            ),
        ),
    ),
]
