"""Questions of lesson 14: after pretraining."""

import re
from math import comb
from statistics import pstdev, stdev

from course.exercises.exercises import Case, Exercise, case, like_any
from course.exercises.numbers import done
from course.exercises.questions import Question, Wrong, letter_of
from course.solutions import lesson_14 as solution

LESSON = "14_after_pretraining"
USER, ASSISTANT, END = 42, solution.ASSISTANT, solution.END
ONE_TURN = [40, USER, 7, 8, ASSISTANT, 1, 2, END]
TWO_TURNS = [40, USER, 5, ASSISTANT, 6, END, USER, 9, 3, ASSISTANT, 4, 0, END]


def name_of(answer: object) -> object:
    """Of a person: "ada's" is Ada."""
    if not isinstance(answer, str):
        return answer
    return answer.strip().lower().replace("'s", "").capitalize()


# What an exercise is judged by -------------------------------------------------------------------


def rewarded(answer: str | None, truth: int) -> Case:
    """The reader's reward of an answer, as a number."""
    return Case(f"reward({answer!r}, {truth})", lambda reward: float(done(reward(answer, truth))))


# Answers that readers give -----------------------------------------------------------------------


def in_answers(ids):
    """Whether each token is part of an answer or its end."""
    found, inside = [], False
    for id in ids:
        found.append(inside)
        inside = id == ASSISTANT or (inside and id != END)
    return found


def chosen(choose):
    """Targets that are chosen from (token, next token, is it graded, is the next one graded)."""

    def targets(ids):
        graded = in_answers(ids)
        return [choose(*four) for four in zip(ids, ids[1:], graded, graded[1:])]

    return targets


def last_answer_only(ids):
    start = max(place for place, id in enumerate(ids) if id == ASSISTANT)
    right = solution.targets(ids)
    return [-1] * start + right[start:]


def after_the_first_question(ids):
    start = ids.index(ASSISTANT)
    return [-1] * start + ids[start + 1 :]


def with_every_token(ids):
    """As many targets as tokens: the last one has none."""
    return [*solution.targets(ids), -1]


def of_groups(change):
    """Each group alone, changed."""
    return lambda groups: [change(group) for group in groups]


def mean_of(group):
    return sum(group) / len(group)


def minus_batch_mean(groups):
    everything = [reward for group in groups for reward in group]
    return [[reward - mean_of(everything) for reward in group] for group in groups]


def minus_others(group):
    total = sum(group)
    return [reward - (total - reward) / (len(group) - 1) for reward in group]


def normalized(spread, extra):
    return of_groups(
        lambda group: [(reward - mean_of(group)) / (spread(group) + extra) for reward in group]
    )


def agreeing_are_zero(spread):
    def change(group):
        deviation = spread(group)
        return [(reward - mean_of(group)) / deviation if deviation else 0.0 for reward in group]

    return of_groups(change)


def numbers_of(answer):
    return [int(number) for number in re.findall(r"\d+", answer or "")]


def read_as_number(answer, truth):
    return float(int(answer) == truth)


def contains(answer, truth):
    return float(answer is not None and str(truth) in answer)


def contained(answer, truth):
    return float(answer is not None and answer in str(truth))


def either_way(answer, truth):
    return float(answer is not None and (str(truth) in answer or answer in str(truth)))


TARGET_CASES = (
    case("targets", ONE_TURN),
    case("targets", TWO_TURNS),
    case("targets", [40, USER, ASSISTANT, END, USER, 1, ASSISTANT, 2, END]),
)
PASS_CASES = (
    case("pass_at_k", 4, 1, 2),
    case("pass_at_k", 10, 3, 1),
    case("pass_at_k", 8, 2, 4),
    case("pass_at_k", 8, 6, 3),
    case("pass_at_k", 64, 0, 8),
    case("pass_at_k", 5, 5, 5),
)
REWARD_CASES = (
    rewarded("22", 22),
    rewarded("12", 22),
    rewarded("12 or 22", 22),
    rewarded("22 or 12", 22),
    rewarded("122", 22),
    rewarded("221", 22),
    rewarded("13", 22),
    rewarded("21", 22),
    rewarded("-22", 22),
    rewarded("not 22", 22),
    rewarded("2", 22),
    rewarded("", 22),
    rewarded(None, 22),
    rewarded("107", 107),
    rewarded("98 or 108", 108),
)
GROUP_CASES = (
    case("advantages", [[1, 0, 0, 1]]),
    case("advantages", [[1, 0, 0, 0], [1, 1, 1, 1]]),
    case("advantages", [[11, 10, 10, 11, 10], [10, 10, 10, 10, 11]]),
    case("advantages", [[0, 0], [0.5, -1.5]]),
)


def by_words(answer, truth):
    return float(str(truth) in (answer or "").split())


def first_number(answer, truth):
    return float(numbers_of(answer)[:1] == [truth])


def only_number(answer, truth):
    return float(numbers_of(answer) == [truth])


def last_number(answer, truth):
    return float(numbers_of(answer)[-1:] == [truth])


QUESTIONS = [
    Question(
        "right carries at temperature 0",
        LESSON,
        right="C",
        measure=letter_of,
        yes="The most likely answer to a carry is the mistake of the majority.",
        wrong=(
            Wrong(
                "A",
                "the most likely answer is the best one",
                "At temperature 0 the model writes what most people write. What do most people "
                "write here after 17+5=?",
            ),
            Wrong(
                "B",
                "temperature changes the style and not the content",
                "Temperature 1 samples the wrong and the right answer about as often as the "
                "writers gave them. What is left of a minority at temperature 0?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "targets",
        LESSON,
        right=solution.targets,
        cases=TARGET_CASES,
        tolerance=0,
        yes="Answers and their ends, shifted by one: the token <|assistant|> predicts the first "
        "token of the answer.",
        wrong=(
            Wrong(
                chosen(lambda id, following, graded, next_graded: following if graded else -1),
                "mask and targets have the same index",
                "Your mask is laid over the inputs. So <|assistant|> has no target, and the first "
                "token of each answer is never learned; instead END learns what follows it. A "
                "target belongs to the token that is predicted.",
            ),
            Wrong(
                chosen(
                    lambda id, following, graded, next_graded: (
                        following if next_graded and following != END else -1
                    )
                ),
                "the end is not part of an answer",
                "END has no target in yours, so the model never learns to stop: it would go on "
                "until the context is full. Grade the end, too.",
            ),
            Wrong(
                chosen(lambda id, following, graded, next_graded: following),
                "all text teaches",
                "You grade everything. That works, but the model learns to write questions, too, "
                "and most graded tokens are not of answers. Only answers and their ends count.",
            ),
            Wrong(
                chosen(lambda id, following, graded, next_graded: -1 if next_graded else following),
                "-1 marks what is learned",
                "You grade the questions, so the model learns to ask. -1 means: ignore.",
            ),
            Wrong(
                chosen(lambda id, following, graded, next_graded: id if graded else -1),
                "a token is its own target",
                "Each token has itself as its target. It can see itself, so the loss falls to 0 "
                "and nothing is learned. The target is the token AFTER it.",
            ),
            Wrong(
                chosen(lambda id, following, graded, next_graded: id if next_graded else -1),
                "the place of a target is the token to copy",
                "The right places, but there stands the token itself. What does the model have to "
                "predict at this place? The token AFTER it.",
            ),
            Wrong(
                last_answer_only,
                "only the last answer counts",
                "A conversation with two answers teaches both. Yours grades the last one.",
            ),
            Wrong(
                after_the_first_question,
                "after the first question everything is the model's",
                "The second question is graded in yours. Each END ends an answer.",
            ),
            Wrong(
                with_every_token,
                "every token has a target",
                "One too many: nothing follows the last token, so it has no target. T + 1 ids "
                "give T targets.",
            ),
        ),
        otherwise="After <|assistant|> (43) and inside an answer the target is the next id, "
        "END (44) included; everywhere else it is -1.",
    ),
    Question(
        "right carries after SFT",
        LESSON,
        right="B",
        measure=letter_of,
        yes="It imitates its writers. That is what its loss asks for.",
        wrong=(
            Wrong(
                "A",
                "fine-tuning makes answers right",
                "Who wrote the 3,000 answers, and how many of their carries are right? The loss is "
                "lowest for a model that answers as they do.",
            ),
            Wrong(
                "C",
                "3,000 examples are too few",
                "Too few to learn sums from nothing. But the model has learned from 256,000 "
                "documents. What is left to learn?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the run that is broken",
        LESSON,
        right="Bo",
        measure=name_of,
        yes="Bo's. The loss looks normal, but the first token of each answer is never graded.",
        wrong=(
            Wrong(
                "Ada",
                "the highest loss is the worst run",
                "A loss is a mean over graded tokens. If the hard ones are left out, or easy ones "
                "added, it is lower. Ask the models.",
            ),
            Wrong(
                "Cai",
                "a loss too good is always an error report",
                "A good suspicion, and Cai does have a mistake: padding is graded. It is easy to "
                "predict, so the mean falls, and the answers stay. Whose answers are wrong?",
            ),
        ),
        otherwise='Answer with "Ada", "Bo" or "Cai".',
    ),
    Question(
        "right carries after training on its own answers",
        LESSON,
        right="B",
        measure=letter_of,
        yes="The program that checks has told it which of its answers to imitate.",
        wrong=(
            Wrong(
                "A",
                "nothing new comes from one's own answers",
                "The answers are its own, the choice is not: a program has thrown the wrong ones "
                "away. What does a model learn that imitates the rest?",
            ),
            Wrong(
                "C",
                "training on one's own text always makes worse",
                "It can get worse if all answers are kept: then it also repeats its mistakes. Here "
                "only right answers remain.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "advantages",
        LESSON,
        right=solution.advantages,
        cases=GROUP_CASES,
        tolerance=1e-6,
        yes="And a group that agrees gives 0: nothing to learn.",
        wrong=(
            Wrong(
                lambda groups: groups,
                "a reward is a direction",
                "These are the rewards themselves. With 10 and 11 every answer would get likelier, "
                "the wrong ones, too. Subtract what the group got on average.",
            ),
            Wrong(
                minus_batch_mean,
                "a mean is a mean",
                "You subtract the mean of all groups. Then every answer to an easy question gets "
                "likelier, and every answer to a hard one less likely. Compare answers to the "
                "same question.",
            ),
            Wrong(
                normalized(pstdev, 1e-4),
                "an advantage must have standard deviation 1",
                "You divide by the standard deviation, as GRPO's first version does. Here: only "
                "the mean is subtracted.",
                fits=like_any(
                    GROUP_CASES,
                    *(
                        normalized(spread, extra)
                        for spread in (pstdev, stdev)
                        for extra in (1e-4, 1e-8, 1e-6)
                    ),
                    agreeing_are_zero(pstdev),
                    agreeing_are_zero(stdev),
                ),
            ),
            Wrong(
                normalized(pstdev, 0.0),
                "every group has a spread",
                "A group that agrees has standard deviation 0: a division by zero. Subtract the "
                "mean, and do not divide.",
                fits=like_any(GROUP_CASES, normalized(pstdev, 0.0), normalized(stdev, 0.0)),
            ),
            Wrong(
                of_groups(minus_others),
                "an answer is compared with the others only",
                "You subtract the mean of the OTHER answers (leave-one-out, RLOO). It is a good "
                "baseline, too, and longer by G/(G-1). Here: the mean of the whole group.",
            ),
            Wrong(
                of_groups(lambda group: [max(r - mean_of(group), 0) for r in group]),
                "wrong answers are ignored",
                "You keep what is above the mean. Answers below it are to become less likely: "
                "their advantage is negative.",
            ),
            Wrong(
                of_groups(lambda group: [mean_of(group) - reward for reward in group]),
                "mean minus reward",
                "The sign: a better answer than the mean has a positive advantage.",
            ),
            Wrong(
                of_groups(lambda group: [reward - max(group) for reward in group]),
                "an answer is compared with the best one",
                "You subtract the largest reward, so nothing ever gets likelier.",
            ),
        ),
        otherwise="For each group: reward minus the mean reward of that group.",
    ),
    Question(
        "pass@64 after reinforcement",
        LESSON,
        right="B",
        measure=letter_of,
        yes="It could give a right answer before, in 64 attempts. Now it does so at the first.",
        wrong=(
            Wrong(
                "A",
                "what improves one attempt improves 64",
                "Before, one of 64 answers was right for nearly every question. How far can that "
                "rise?",
            ),
            Wrong(
                "C",
                "a model that is surer knows less",
                "On other tasks it does fall, because rare right answers get lost. Here the right "
                "answer is the one that gets likely.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "pass_at_k",
        LESSON,
        right=solution.pass_at_k,
        cases=PASS_CASES,
        tolerance=1e-6,
        yes="1 minus the chance that all k are wrong, drawn without putting back.",
        wrong=(
            Wrong(
                lambda n, c, k: 1 - (1 - c / n) ** k,
                "answers are put back",
                "Of 4 answers, 1 is right; 2 of them include it in 3 of 6 pairs: 0.5. Yours gives "
                "0.44. c/n is only an estimate: on average this gives a chance that is too low. "
                "Count the ways to choose k of the n answers: `math.comb`.",
            ),
            Wrong(
                lambda n, c, k: (c / n) ** k,
                "all k must be right",
                "That is the chance that ALL k are right. pass@k asks for at least one.",
            ),
            Wrong(
                lambda n, c, k: comb(n - c, k) / comb(n, k),
                "the chance of failing",
                "That is the chance that none is right: with no right answer yours gives 1.",
            ),
            Wrong(
                lambda n, c, k: comb(c, k) / comb(n, k),
                "all k must be right",
                "That counts the choices in which all k are right. pass@k asks for at least one.",
            ),
            Wrong(
                lambda n, c, k: min(1.0, k * c / n),
                "chances add up",
                "Chances of several attempts do not add up: two attempts with a half each are not "
                "certain. Start from the chance that all k are wrong.",
                fits=like_any(
                    PASS_CASES,
                    lambda n, c, k: min(1.0, k * c / n),
                    lambda n, c, k: k * c / n,
                ),
            ),
            Wrong(
                lambda n, c, k: c / n,
                "k changes nothing",
                "That is pass@1. With more attempts the chance is higher.",
            ),
        ),
        otherwise="Start from the chance that none of the k answers is right: count the choices of "
        "k answers without a right one (`math.comb`), and all choices.",
    ),
    Question(
        "what reinforcement can start from",
        LESSON,
        right={"never": False, "seldom": True, "often": True},
        yes="From nothing comes nothing. From a little comes something, because what is learned "
        "from one question helps with others.",
        wrong=(
            Wrong(
                {"never": True, "seldom": True, "often": True},
                "more steps help",
                "If no answer of any group is right, all rewards are 0. What are the advantages, "
                "and which way does a weight move?",
            ),
            Wrong(
                {"never": False, "seldom": False, "often": True},
                "reinforcement only makes likely what is likely already",
                "Now and then one answer of a group is right, and it gets a large advantage. "
                "Next time this KIND of answer is a little more likely, for other questions, too.",
            ),
            Wrong(
                {"never": False, "seldom": False, "often": False},
                "reinforcement teaches nothing",
                "You have seen five runs that started from 30 %.",
            ),
        ),
        otherwise="True where the share of right answers rises, False where nothing changes.",
    ),
    Question(
        "right answers at that reward",
        LESSON,
        right="C",
        measure=letter_of,
        yes="The reward is not the goal. It is what somebody could write down of it.",
        wrong=(
            Wrong(
                "A",
                "the reward is the goal",
                "This reward asks whether the text CONTAINS the number. Which text contains it "
                "more surely than an honest answer?",
            ),
            Wrong(
                "B",
                "a flaw is used a little",
                "One answer in ten hedged before. Every step makes what is rewarded more likely. "
                "Where does that end?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the KL weight to take",
        LESSON,
        right=0.03,
        measure=lambda answer: 0.03 if answer in (0.03, 0.1, 0.3) else answer,
        yes="With it the answers are nearly as often right as without a penalty, and nearly as "
        "many different names as before remain.",
        wrong=(
            Wrong(
                0,
                "the reward is the goal",
                "The highest reward, and the fewest different names. A user who wants another name "
                "gets the same one again. What does the next row cost?",
            ),
            Wrong(
                1,
                "the safest is the best",
                "That weight is not in the table. A large one holds the policy at the reference "
                "model; what was the training for?",
            ),
        ),
        otherwise="Answer with a KL weight of the table, a number.",
    ),
    Exercise(
        "reward",
        LESSON,
        right=solution.reward,
        cases=REWARD_CASES,
        tolerance=0,
        yes="None of these attacks gets the reward. Attacks that nobody thought of are not tested "
        "here either.",
        wrong=(
            Wrong(
                contains,
                "it will answer honestly",
                "Lost: '12 or 22' gets the reward, and so does '122'. A model that names every "
                "number is always right. Compare the whole answer.",
                fits=like_any(
                    REWARD_CASES, contains, lambda answer, truth: float(str(truth) in answer)
                ),
            ),
            Wrong(
                by_words,
                "it will answer honestly",
                "Lost: '12 or 22' gets the reward, for one of its words is right. Compare the "
                "whole answer.",
                fits=like_any(
                    REWARD_CASES,
                    by_words,
                    lambda answer, truth: float(str(truth) in answer.split()),
                    lambda answer, truth: float(truth in numbers_of(answer)),
                ),
            ),
            Wrong(
                first_number,
                "the first number is the answer",
                "Lost: '22 or 12' gets the reward. It will put its best number first and hedge "
                "with the rest. Compare the whole answer.",
            ),
            Wrong(
                only_number,
                "one number in a text is what the text claims",
                "Lost: '-22' and 'not 22' get the reward. Compare the whole answer.",
            ),
            Wrong(
                last_number,
                "the last number is the answer",
                "Lost: '12 or 22' gets the reward. The last number is the usual choice for long "
                "answers, with a mark in front of it. Here the whole answer is one number.",
            ),
            Wrong(
                contained,
                "the answer is a part of the truth",
                "Lost: '' gets the reward, for the empty text is in every text, and '2' is in "
                "'22'. It happened in public: Visual-RFT, issue 176.",
            ),
            Wrong(
                either_way,
                "a close answer is right, whichever contains the other",
                "Lost twice: '12 or 22' contains the truth, and the empty text is contained in it.",
            ),
            Wrong(
                read_as_number,
                "every answer is a number",
                "'12 or 22' is no number and None is no text, so `int` raises an error, and the "
                "run ends in the middle of the night. A reward gives a number to EVERY answer.",
            ),
            Wrong(
                lambda answer, truth: float(answer == truth),
                "22 is '22'",
                "Text and number are never equal in Python: every answer gets 0, all groups agree, "
                "and nothing is learned. Compare with str(truth).",
            ),
            Wrong(
                lambda answer, truth: float((answer or "").startswith(str(truth))),
                "how it begins is what it says",
                "Lost: '22 or 12' and '221' begin with 22.",
            ),
            Wrong(
                lambda answer, truth: float((answer or "").endswith(str(truth))),
                "how it ends is what it says",
                "Lost: '12 or 22' and '122' end with 22.",
            ),
        ),
        otherwise="1 if the whole answer is the number, 0 for everything else, None included.",
    ),
]
