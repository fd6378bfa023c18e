"""Questions of lesson 16: your own GPT."""

from difflib import SequenceMatcher

from course.exercises.exercises import Exercise, case, like_any
from course.exercises.questions import Question, Wrong, letter_of
from course.solutions import lesson_16 as solution

LESSON = "16_your_own_gpt"

STOPPING_CASES = (
    case("early_stopping", [2.8, 2.6, 2.5, 2.7, 2.9, 3.1], 2),
    case("early_stopping", [2.8, 2.6, 2.7, 2.65, 2.4, 2.3], 2),
    case("early_stopping", [2.8, 2.6, 2.7, 2.5, 2.6, 2.7, 2.8], 3),
    case("early_stopping", [2.8, 2.6, 2.6, 2.6, 2.1], 2),
    case("early_stopping", [2.5, 2.7, 2.6, 2.4, 2.9], 1),
    case("early_stopping", [2.8, 2.7, 2.6, 2.5], 3),
    case("early_stopping", [2.5, 2.7, 2.6, 2.65, 2.4], 2),
    case("early_stopping", [2.8, 2.9, 2.6, 2.7, 2.5, 2.6], 2),
    case("early_stopping", [2.4, 2.6, 2.5, 2.3, 2.5, 2.4, 2.2, 2.3, 2.3, 2.3, 2.1], 3),
    case("early_stopping", [2.6, 2.6, 2.7, 2.8], 2),
    case("early_stopping", [2.2, 2.5, 2.4, 2.1, 2.6, 2.3, 2.0], 4),
    case("early_stopping", [2.3, 2.2, 2.1, 2.6, 2.5, 2.4, 2.3, 2.0], 4),
    case("early_stopping", [3.0, 2.0, 2.5, 2.4, 1.9, 2.2], 3),
)
MEMORIZED_CASES = (
    case("memorized", 0.24, 0.01, 20_000, 2_000),
    case("memorized", 0.9, 0.0, 200, 2_000),
    case("memorized", 0.05, 0.02, 1_000, 4_000),
    case("memorized", 0.1, 0.02, 9_000, 1_000),
    case("memorized", 0.5, 0.2, 1_000, 1_000),
    case("memorized", 0.5, 0.2, 1, 2),
    case("memorized", 0.9, 0.5, 3_000, 1_000),
)
COPY_CASES = (
    case("longest_copy", "the crat sat", ["a cat sat down"]),
    case("longest_copy", "kamon", ["ramona", "kate"]),
    case("longest_copy", "one two", ["one", " two", "three"]),
    case("longest_copy", "one two", ["one", "two"]),
    case("longest_copy", "ab\ncd", ["xab", "cdx"]),
    case("longest_copy", "emma", ["emma", "olivia"]),
    case("longest_copy", "abcd", ["dcba", "xbcx"]),
    case("longest_copy", "xyz", ["emma"]),
    case("longest_copy", "abc", ["cxa"]),
    case("longest_copy", "banana", ["bandana"]),
    case("longest_copy", "ab", ["cabd"]),
    case("longest_copy", "", ["emma"]),
)


# Answers that readers give -----------------------------------------------------------------------


def lowest_of_all(losses, patience):
    return losses.index(min(losses))


def where_it_stops(losses, patience):
    """The place of the measurement after which nobody waits any longer."""
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        elif place - best >= patience:
            return place
    return len(losses) - 1


def first_rise(losses, patience):
    for place in range(1, len(losses)):
        if losses[place] >= losses[place - 1]:
            return place - 1
    return len(losses) - 1


def waits(extra):
    """Waits some measurements longer, or fewer."""

    def early_stopping(losses, patience):
        return solution.early_stopping(losses, patience + extra)

    return early_stopping


def counts_rises(losses, patience):
    """Patience for measurements that are higher than the one before."""
    best, rises = 0, 0
    for place in range(1, len(losses)):
        if losses[place] < losses[best]:
            best = place
        rises = rises + 1 if losses[place] > losses[place - 1] else 0
        if rises >= patience:
            break
    return best


def compared_with_the_last(losses, patience):
    """Each loss is compared with the one before it, not with the lowest so far."""
    best = count = 0
    for place in range(1, len(losses)):
        if losses[place] < losses[place - 1]:
            best, count = place, 0
        else:
            count += 1
            if count >= patience:
                break
    return best


def never_forgets(losses, patience):
    """Patience for all measurements together, not for those in a row."""
    best, worse = 0, 0
    for place in range(1, len(losses)):
        if losses[place] < losses[best]:
            best = place
        else:
            worse += 1
            if worse >= patience:
                break
    return best


def equal_is_better(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss <= losses[best]:
            best = place
        elif place - best >= patience:
            break
    return best


def lowest_loss(losses, patience):
    return losses[solution.early_stopping(losses, patience)]


def whole_lines(text, lines):
    return len(text) if text in lines else 0


def prefix(text, lines):
    """The longest common beginning."""

    def common(line):
        count = 0
        for one, other in zip(text, line):
            if one != other:
                break
            count += 1
        return count

    return max(map(common, lines))


def with_gaps(text, lines):
    """The longest common subsequence."""

    def common(line):
        row = [0] * (len(line) + 1)
        for letter in text:
            before = row[:]
            for i, other in enumerate(line, 1):
                row[i] = before[i - 1] + 1 if letter == other else max(before[i], row[i - 1])
        return row[-1]

    return max(map(common, lines))


def joined_by(between):
    """Looks into one long text."""

    def longest_copy(text, lines):
        joined = between.join(lines)
        match = SequenceMatcher(None, text, joined, autojunk=False)
        return match.find_longest_match(0, len(text), 0, len(joined)).size

    return longest_copy


def common_letters(text, lines):
    return max(sum(letter in line for letter in text) for line in lines)


def same_places(text, lines):
    """The most letters at the same places, in a row or not."""
    return max(sum(one == other for one, other in zip(text, line)) for line in lines)


def whole_text_inside(text, lines):
    return len(text) if any(text in line for line in lines) else 0


def the_copy_itself(text, lines):
    length = solution.longest_copy(text, lines)
    parts = [text[i : i + length] for i in range(len(text) - length + 1)]
    return next(part for part in parts if any(part in line for line in lines))


QUESTIONS = [
    Question(
        "what it writes after 200 names",
        LESSON,
        right="B",
        measure=letter_of,
        yes="500 numbers for each name are enough to learn all of them by heart.",
        wrong=(
            Wrong(
                "A",
                "a GPT generalizes because it is a GPT",
                "It has 500 parameters for each name, and sees each name 96 times. What is the "
                "easiest way to a low training loss?",
            ),
            Wrong(
                "C",
                "200 names are too few to learn anything",
                "Too few to learn what a name is. But what else can be learned from 200 names that "
                "come again and again?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "early_stopping",
        LESSON,
        right=solution.early_stopping,
        cases=STOPPING_CASES,
        tolerance=0,
        yes="It may stop too early: a lower loss can come after the patience has run out.",
        wrong=(
            Wrong(
                lowest_of_all,
                "the whole curve is known",
                "That is the lowest loss of the whole list. But training has stopped before some "
                "of these losses are measured: nobody knows them.",
            ),
            Wrong(
                where_it_stops,
                "the last weights are the ones to keep",
                "That is the place where training stops. The weights to keep are older: those with "
                "the lowest loss so far.",
            ),
            Wrong(
                first_rise,
                "the first rise is the end",
                "You stop at the first loss that is not lower than the one before. Held-out losses "
                "jump a little. The patience says how many measurements to wait.",
            ),
            Wrong(
                waits(1),
                "patience is counted after the first bad one",
                "You wait one measurement too long. With patience 2, training ends at the second "
                "measurement in a row that is not lower than the lowest.",
            ),
            Wrong(
                waits(-1),
                "the best measurement counts as one of those without a lower loss",
                "You stop one measurement too early. With patience 2 there must be two "
                "measurements after the best one.",
            ),
            Wrong(
                counts_rises,
                "a bad measurement is one that is higher than the one before",
                "You compare with the measurement before. A loss can fall for a while and still "
                "be above the lowest: 2.6, 2.7, 2.65. Compare with the lowest so far.",
            ),
            Wrong(
                compared_with_the_last,
                "the loss before is the one to beat",
                "You compare each loss with the one before it. After 2.6, 2.7 the loss 2.65 is "
                "lower than the one before, and still no new lowest: 2.6 is kept.",
            ),
            Wrong(
                never_forgets,
                "bad measurements are counted all together",
                "You count all measurements that bring nothing better. Each new lowest loss must "
                "set the count back to 0.",
            ),
            Wrong(
                equal_is_better,
                "an equal loss is a better one",
                "An equal loss is not lower. If it counts as better, a flat curve never stops, and "
                "the weights that are kept are later ones.",
            ),
            Wrong(
                lowest_loss,
                "the loss is asked for",
                "That is the loss itself. Return its place in the list: 0 for the first.",
            ),
        ),
        otherwise="Go through the losses. Remember the place of the lowest. Stop when it is "
        "`patience` places ago.",
    ),
    Question(
        "who has memorized",
        LESSON,
        right="B",
        measure=letter_of,
        yes="Held-out names tell: 27,494 names are met by coincidence, 2,000 names hardly.",
        wrong=(
            Wrong(
                "A",
                "what is in the list was copied",
                "Both write held-out names, too, and nobody can have copied those. The list of "
                "27,494 names is 14 times as long as the held-out list. How often would a model "
                "meet it without having memorized it?",
            ),
            Wrong(
                "C",
                "more lines, more to memorize",
                "It has read each name once or twice, the other model each name 19 times. And how "
                "often would each model meet its list by coincidence?",
            ),
            Wrong(
                "D",
                "one in six is little enough to be coincidence",
                "Coincidence meets the 2,000 held-out names in less than 1 of 100 samples. The "
                "list of 2,000 training names is as long. What is left of the 18 %?",
            ),
        ),
        otherwise='Answer with "A", "B", "C" or "D".',
    ),
    Exercise(
        "memorized",
        LESSON,
        right=solution.memorized,
        cases=MEMORIZED_CASES,
        tolerance=1e-6,
        yes="Held-out lines are the control: nobody can have memorized them.",
        wrong=(
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: copied,
                "what is in the list was copied",
                "That is the share of copies. Some of them are coincidence: subtract it.",
            ),
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: max(0, copied - in_held_out),
                "both lists are equally long",
                "You subtract the share of held-out lines as it is. A list that is ten times as "
                "long is met ten times as often by coincidence.",
            ),
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: max(
                    0, copied - in_held_out * n_held_out / n_train
                ),
                "the ratio is held-out to training",
                "The ratio is upside down: the longer the training list is, the MORE of it is met "
                "by coincidence.",
            ),
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: (
                    copied - in_held_out * n_train / n_held_out
                ),
                "a share may be negative",
                "Right, until coincidence explains more than all copies. A memorized share below 0 "
                "means nothing: return 0 then.",
            ),
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: in_held_out * n_train / n_held_out,
                "what coincidence explains is memorized",
                "That is what coincidence explains. Memorized is the rest of the copies.",
            ),
            Wrong(
                lambda copied, in_held_out, n_train, n_held_out: (
                    copied / (in_held_out * n_train / n_held_out)
                ),
                "copies are measured in times of coincidence",
                "That says how many times as often as by coincidence, and divides by 0 if no "
                "held-out line was met. Asked is a share: copies minus coincidence.",
            ),
        ),
        otherwise="By coincidence: in_held_out times n_train / n_held_out. Subtract it from "
        "copied; at least 0.",
    ),
    Exercise(
        "longest_copy",
        LESSON,
        right=solution.longest_copy,
        cases=COPY_CASES,
        tolerance=0,
        yes="One letter more or less in a line hides nothing from this measure.",
        wrong=(
            Wrong(
                whole_lines,
                "one letter makes it new",
                "You look for the whole text as a line. With one letter changed you find nothing, "
                "though all the rest is copied.",
            ),
            Wrong(
                whole_text_inside,
                "a copy is a whole text inside a line",
                "You look for the whole text inside a line. Parts of it can be copies, too.",
            ),
            Wrong(
                prefix,
                "a copy begins at the beginning",
                "You compare from the first letter on. A copy may begin anywhere, in the text and "
                "in the line.",
            ),
            Wrong(
                with_gaps,
                "a copy may have gaps",
                "You skip letters in between. Letters in a row are asked for: without a gap.",
            ),
            Wrong(
                joined_by(""),
                "the list is one long text",
                "You find a copy that begins in one line and ends in the next one. No line has it.",
                fits=like_any(COPY_CASES, joined_by(""), joined_by(" "), joined_by("\n")),
            ),
            Wrong(
                common_letters,
                "the same letters are a copy",
                "You count letters that occur in a line. Their order matters, too.",
            ),
            Wrong(
                same_places,
                "a copy is at the same place",
                "You compare letters at equal places. After one letter that is left out, nothing "
                "agrees any more, though all the rest is copied.",
            ),
            Wrong(
                the_copy_itself,
                "the letters are asked for",
                "That is the copied part. Return how many letters it has.",
            ),
        ),
        otherwise="Try each part of the text, the longest first: is it in one of the lines?",
    ),
    Question(
        "where names-gpt helps most",
        LESSON,
        right="A",
        measure=letter_of,
        yes="The fewer lines there are, the more a start is worth that knows something.",
        wrong=(
            Wrong(
                "B",
                "the more lines, the more can be added to what is known",
                "170 creatures teach a good deal by themselves. What can a model learn from 30, if "
                "it knows nothing?",
            ),
            Wrong(
                "C",
                "pretraining helps most where there is most to learn",
                "420 cities teach more by themselves than 30 creatures. And names of people are "
                "less like names of cities.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the card that is wrong",
        LESSON,
        right="Bo",
        measure=lambda answer: (
            answer.strip().lower().replace("'s", "").capitalize()
            if isinstance(answer, str)
            else answer
        ),
        yes="Bo's model writes lines of the list: these are the weights of the last step.",
        wrong=(
            Wrong(
                "Ada",
                "the model with the better samples is the better one",
                "Bo's samples are better creatures, yes. Are they new? Both cards name an early "
                "step. What does a model of that step write, and what one of step 400?",
            ),
        ),
        otherwise='Answer with "Ada" or "Bo".',
    ),
    Question(
        "the better card",
        LESSON,
        right="second",
        measure=lambda answer: (
            answer.strip().lower().removeprefix("the ").removesuffix(" card")
            if isinstance(answer, str)
            else answer
        ),
        yes="5.20 / 3.1 = 1.68 nats per letter. A loss without its unit cannot be compared.",
        wrong=(
            Wrong(
                "first",
                "the lower number is the better loss",
                "One number is for a letter, the other one for 3.1 letters. Divide first.",
            ),
        ),
        otherwise='Answer with "first" or "second".',
    ),
    Question(
        "sums of three digits",
        LESSON,
        right="C",
        measure=letter_of,
        yes="No document has three digits before the +.",
        wrong=(
            Wrong(
                "A",
                "who adds two digits can add three",
                "A person who adds column by column can. Did the model have to learn columns, if "
                "all its sums had one or two?",
            ),
            Wrong(
                "B",
                "it gets worse little by little",
                "Has the model ever read a third digit before a + or a "
                "number of three digits that begins with more than 1?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "more probable after SFT",
        LESSON,
        right="B",
        measure=letter_of,
        yes="What most of its writers wrote is probable, and most of them were wrong.",
        wrong=(
            Wrong(
                "A",
                "a probability says how true a text is",
                "A probability says how likely a text is in the training data. In these data six "
                "of ten writers forget the carry.",
            ),
            Wrong(
                "C",
                "a model cannot tell its answers apart",
                "There is a difference. Six of ten writers agree on the same mistake, and four on "
                "the right number. Which of the two answers is then more likely?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "loss on shuffled names",
        LESSON,
        right="B",
        measure=letter_of,
        yes="Part of what it had learned is left, without any order.",
        wrong=(
            Wrong(
                "A",
                "a model learns which letters there are",
                "After q, u was likely. What comes after q now?",
            ),
            Wrong(
                "C",
                "without order there is nothing to learn",
                "A name still ends after some letters, and a name with a k in it still has other "
                "letters than one with a q. Is that nothing?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "what gives better names",
        LESSON,
        right="A",
        measure=letter_of,
        yes="0.16 nats against 0.07.",
        wrong=(
            Wrong(
                "B",
                "larger is better",
                "It is better, but what should the new parameters learn from? The same names, "
                "each of which was read once or twice.",
            ),
            Wrong(
                "C",
                "data and parameters are worth the same",
                "On this list they are not. Run the next cell, and subtract.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
]
