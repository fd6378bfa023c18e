"""Questions of lesson 13: modern blocks."""

from importlib import import_module
from math import cos, pi, sin

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong, letter_of
from course.exercises.rounding import or_rounded
from course.solutions import lesson_13 as solution

LESSON = "13_modern_blocks"


def one_tensor(answer, shape: str):
    """The reader's tensor. Raises: InvalidAnswerError for something else."""
    if isinstance(done(answer), (tuple, list)) or not hasattr(answer, "tolist"):
        raise InvalidAnswerError(f"The answer is one tensor of the shape {shape}.")
    return answer


# What an exercise is judged by -------------------------------------------------------------------


def a_rotation(pairs: list, position: int, frequencies: list[float]) -> Case:
    """The reader's pairs, at a position."""
    return Case(
        f"rotate({pairs}, {position}, {frequencies})",
        lambda rotate: [list(pair) for pair in done(rotate(list(pairs), position, frequencies))],
    )


def some_keys(B: int, K: int, T: int, D: int, n_head: int) -> Case:
    """The reader's keys for all query heads; each number of the keys is another one."""

    def call(repeat_kv):
        k = import_module("torch").arange(B * K * T * D).view(B, K, T, D)
        return one_tensor(repeat_kv(k, n_head), "(B, H, T, D)")

    return Case(f"repeat_kv(arange({B * K * T * D}).view({B}, {K}, {T}, {D}), {n_head})", call)


def an_mlp(seed: int, N: int, C: int, M: int) -> Case:
    """The reader's MLP on random numbers."""

    def call(swiglu):
        torch = import_module("torch")  # here: few lessons need it
        generator = torch.Generator().manual_seed(seed)
        shapes = ((N, C), (M, C), (M, C), (C, M))
        numbers = [
            torch.randn(s, generator=generator, dtype=torch.float64).mul(8).round() / 8
            for s in shapes
        ]
        return one_tensor(swiglu(*numbers), "(N, C)")

    return Case(f"swiglu(x, w_gate, w_up, w_down) with N, C, M = {N}, {C}, {M}", call)


def a_routing(logits: list, k: int) -> Case:
    """The reader's weights of the experts."""

    def call(route):
        torch = import_module("torch")
        given = torch.tensor(logits, dtype=torch.float64)
        return one_tensor(route(given, k), "(N, E)")

    return Case(f"route(tensor({logits}), {k})", call)


# Answers that readers give -----------------------------------------------------------------------


def turned(angle_of, sign: float = 1.0):
    """A rotation with other angles, or the other way round."""

    def rotate(pairs, position, frequencies):
        angles = [sign * angle_of(position, frequencies, i) for i in range(len(pairs))]
        return [
            (a * cos(t) - b * sin(t), a * sin(t) + b * cos(t)) for (a, b), t in zip(pairs, angles)
        ]

    return rotate


def angle_added(pairs, position, frequencies):
    return [(a + position * f, b + position * f) for (a, b), f in zip(pairs, frequencies)]


def one_half_rotated(pairs, position, frequencies):
    angles = [position * f for f in frequencies]
    return [(a * cos(t), b * sin(t)) for (a, b), t in zip(pairs, angles)]


def repeated_in_turn(k, n_head):
    return k.repeat(1, n_head // k.shape[1], 1, 1)


def n_head_copies(k, n_head):
    return k.repeat_interleave(n_head, dim=1)


def along_tokens(k, n_head):
    return k.repeat_interleave(n_head // k.shape[1], dim=2)


def mlp_like(combine):
    """An MLP whose numbers in between are computed from gate and value otherwise."""

    def swiglu(x, w_gate, w_up, w_down):
        return combine(x @ w_gate.T, x @ w_up.T) @ w_down.T

    return swiglu


def silu(x):
    return import_module("torch").nn.functional.silu(x)


def routed(choose):
    """A router that computes the weights of the chosen experts otherwise."""

    def route(logits, k):
        torch = import_module("torch")
        return choose(torch, logits, k)

    return route


def not_renormalised(torch, logits, k):
    probs = logits.softmax(1)
    best = probs.topk(k, 1)
    return torch.zeros_like(probs).scatter(1, best.indices, best.values)


def all_experts(torch, logits, k):
    return logits.softmax(1)


def equal_weights(torch, logits, k):
    best = logits.topk(k, 1)
    return torch.zeros_like(logits).scatter(1, best.indices, 1 / k)


def over_tokens(torch, logits, k):
    probs = logits.softmax(0)
    best = probs.topk(k, 1)
    chosen = torch.zeros_like(probs).scatter(1, best.indices, best.values)
    return chosen / chosen.sum(1, keepdim=True)


def divided_logits(torch, logits, k):
    best = logits.topk(k, 1)
    chosen = torch.zeros_like(logits).scatter(1, best.indices, best.values)
    return chosen / chosen.sum(1, keepdim=True)


def softmax_with_zeros(torch, logits, k):
    best = logits.topk(k, 1)
    return torch.zeros_like(logits).scatter(1, best.indices, best.values).softmax(1)


MEGABYTES = solution.kv_megabytes
OF_QUERIES = dict.fromkeys(MEGABYTES, MEGABYTES["MHA, 9 heads"])
HALVED = {name: size / 2 for name, size in MEGABYTES.items()}
ONE_LAYER = {name: size / 30 for name, size in MEGABYTES.items()}

QUESTIONS = [
    Question(
        "the switch that helps most",
        LESSON,
        right="A",
        measure=letter_of,
        yes="By far the largest of the four.",
        wrong=(
            Wrong(
                "B",
                "what every new model has must help much",
                "RMSNorm is in nearly every new model, because it is simpler and faster. Does "
                "everything that is faster lower the loss?",
            ),
            Wrong(
                "C",
                "what every new model has must help much",
                "A gate helps the MLP. Which change concerns how tokens find each other?",
            ),
            Wrong(
                "D",
                "a norm more makes the loss lower",
                "QK-norm keeps scores small. Is that a problem at a good learning rate?",
            ),
        ),
        otherwise='Answer with "A", "B", "C" or "D".',
    ),
    Exercise(
        "rotate",
        LESSON,
        right=solution.rotate,
        cases=(
            a_rotation([(1.0, 0.0), (0.0, 2.0)], 1, [pi / 2, pi]),
            a_rotation([(1.0, 2.0), (3.0, -1.0)], 3, [1.0, 0.1]),
            a_rotation([(0.5, -0.5)], 0, [1.0]),
        ),
        tolerance=1e-6,
        yes="Lengths stay, directions turn: the first pairs fast, the last ones hardly.",
        wrong=(
            Wrong(
                turned(lambda p, f, i: p * f[0]),
                "all pairs turn alike",
                "One frequency for all pairs. After one round all of them are back where they "
                "were, and two positions look the same. Each pair has its own frequency.",
            ),
            Wrong(
                turned(lambda p, f, i: p * f[i], -1.0),
                "the direction of the rotation does not matter",
                "Yours turns clockwise. For the scores that would do, if queries and keys both "
                "did; but weights of a real model expect (a cos - b sin, a sin + b cos).",
            ),
            Wrong(
                turned(lambda p, f, i: f[i]),
                "the frequency is the angle",
                "The angle is position * frequency. Yours is the same at every position.",
            ),
            Wrong(
                turned(lambda p, f, i: p),
                "the position is the angle",
                "The angle is position * frequency: each pair turns at its own speed.",
            ),
            Wrong(
                angle_added,
                "a position is added, as wpe is",
                "That adds the angle to both numbers. RoPE adds nothing: it rotates.",
            ),
            Wrong(
                one_half_rotated,
                "a rotation scales both numbers",
                "(1, 0) turned by 90 degrees is (0, 1), so the new second number needs the old "
                "first one: both new numbers are computed from both old ones.",
            ),
        ),
        otherwise="A point (a, b) turned by t is (a cos t - b sin t, a sin t + b cos t).",
    ),
    Question(
        "RoPE at four times the length",
        LESSON,
        right="C",
        measure=letter_of,
        yes="It never saw such angles in training.",
        wrong=(
            Wrong(
                "A",
                "what depends on distances works at any length",
                "It depends on distances, and distances above 63 did not occur in training. What "
                "should a head do with angles that it never met?",
            ),
            Wrong(
                "B",
                "a smooth formula extrapolates a little worse",
                "The formula is smooth. What the heads learned to do with its angles need not be.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "repeat_kv",
        LESSON,
        right=solution.repeat_kv,
        cases=(some_keys(1, 2, 1, 2, 4), some_keys(2, 3, 2, 2, 6), some_keys(1, 1, 2, 2, 3)),
        tolerance=0,
        yes="Query heads 0 and 1 share the first keys, 2 and 3 the second.",
        wrong=(
            Wrong(
                repeated_in_turn,
                "the order of heads is free",
                "The shape is right, the order is 0, 1, 0, 1. So query head 1 gets the keys of "
                "another group. No error, and it even trains: keep it for later in this lesson.",
            ),
            Wrong(
                n_head_copies,
                "each key head is needed by all query heads",
                "K heads, each n_head times, are K * n_head heads. Each is needed n_head / K "
                "times.",
            ),
            Wrong(
                along_tokens,
                "any axis will do",
                "You repeat tokens: axis 2. Heads are axis 1 of (B, K, T, D).",
            ),
        ),
        otherwise="(B, K, T, D) becomes (B, H, T, D): H / K copies of each head, side by side.",
    ),
    Question(
        "megabytes of the KV cache",
        LESSON,
        right=MEGABYTES,
        measure=or_rounded(MEGABYTES, whole=True),
        tolerance=1e-9,
        yes="Keys and values only: queries are used once and forgotten.",
        wrong=(
            Wrong(
                OF_QUERIES,
                "the cache has something for each query head",
                "The three have the same queries, but the cache has only keys and values. How many "
                "heads of those are there?",
            ),
            Wrong(
                HALVED,
                "the cache has keys",
                "Keys and values are two vectors of D numbers, and each number has 16 bits: how "
                "many bytes is that?",
            ),
            Wrong(
                ONE_LAYER,
                "one cache for all layers",
                "Each of the 30 layers has its own keys and values.",
            ),
            Wrong(
                {name: size * 1e6 for name, size in MEGABYTES.items()},
                "bytes are megabytes",
                "These are bytes. The question asks for millions: divide by 1e6.",
            ),
        ),
        otherwise="2 (keys, values) x layers x heads x D x tokens x 2 bytes, in millions.",
    ),
    Exercise(
        "swiglu",
        LESSON,
        right=solution.swiglu,
        cases=(an_mlp(1, 2, 3, 4), an_mlp(2, 1, 2, 6)),
        tolerance=1e-6,
        yes="One half decides how much of the other half passes.",
        wrong=(
            Wrong(
                mlp_like(lambda gate, up: gate * silu(up)),
                "gate and value can be exchanged",
                "You put SiLU on the value. It belongs on the gate: weights of a real model would "
                "be read wrongly.",
            ),
            Wrong(
                mlp_like(lambda gate, up: gate.sigmoid() * up),
                "a gate is a sigmoid",
                "That is the first gated linear unit, of 2017. SwiGLU's gate is SiLU: gate * "
                "sigmoid(gate).",
            ),
            Wrong(
                mlp_like(lambda gate, up: silu(gate * up)),
                "the activation comes last",
                "SiLU is applied to the gate, before the product.",
            ),
            Wrong(
                mlp_like(lambda gate, up: silu(gate) + up),
                "two branches are added",
                "A gate multiplies. A sum would be one linear layer more.",
            ),
            Wrong(
                mlp_like(lambda gate, up: gate * up),
                "a product is already non-linear",
                "It is (a bilinear unit). SwiGLU applies SiLU to the gate first.",
            ),
            Wrong(
                mlp_like(lambda gate, up: silu(gate)),
                "the gate is the MLP",
                "That is an MLP without a gate: w_up is not used.",
            ),
        ),
        otherwise="silu(x W_gate^T) times x W_up^T, number by number; then W_down. silu(z) is "
        "z * sigmoid(z).",
    ),
    Question(
        "swiglu with GPT-2's initial weights",
        LESSON,
        right="C",
        measure=letter_of,
        yes="The same switch and seeds, other initial weights: the mean changes sides, though both "
        "intervals contain 0.",
        wrong=(
            Wrong(
                "A",
                "a better block is better from any start",
                "A gate multiplies two numbers. With GPT-2's small weights both are small. What is "
                "their product?",
            ),
            Wrong(
                "B",
                "training makes up for the initial weights",
                "In the end, perhaps. These runs have 600 steps, and the comparisons that you read "
                "about have an end, too.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "route",
        LESSON,
        right=solution.route,
        cases=(
            a_routing([[2.0, 1.0, 0.0, -1.0]], 2),
            a_routing([[0.0, 3.0, 1.0], [1.0, 0.5, 2.0]], 1),
            a_routing([[0.5, -1.0, 2.0, 1.0], [1.0, 2.0, -2.0, 0.0], [0.0, 0.1, 0.2, 0.3]], 3),
        ),
        tolerance=1e-6,
        yes="Two experts of four run; their weights sum to 1.",
        wrong=(
            Wrong(
                routed(not_renormalised),
                "the probabilities of the chosen ones are the weights",
                "They sum to less than 1, because the others keep their part. Divide by the sum of "
                "the chosen ones.",
            ),
            Wrong(
                routed(all_experts),
                "every expert helps a little",
                "Then all experts run, and nothing is saved. Keep the k largest; the rest is 0.",
            ),
            Wrong(
                routed(equal_weights),
                "the chosen ones count the same",
                "The router's probabilities must matter: without them it gets no gradient, and "
                "never learns.",
            ),
            Wrong(
                routed(over_tokens),
                "softmax over any axis gives probabilities",
                "That is a softmax over tokens. Each ROW, a token, has probabilities for experts.",
            ),
            Wrong(
                routed(divided_logits),
                "logits are weights",
                "Logits may be negative, or sum to 0. Apply softmax first.",
            ),
            Wrong(
                routed(softmax_with_zeros),
                "a logit of 0 is a probability of 0",
                "exp(0) is 1, so the experts with 0 get a probability, too. Apply softmax first, "
                "then choose.",
            ),
        ),
        otherwise="Softmax over the experts, keep the k largest of each row, divide by their sum.",
    ),
    Question(
        "experts without work in the loss",
        LESSON,
        right="B",
        measure=letter_of,
        yes="The loss does not tell. Look at the load.",
        wrong=(
            Wrong(
                "A",
                "what is broken shows in the loss",
                "The busy experts do the work of all. What would the loss have to show?",
            ),
        ),
        otherwise='Answer with "A" or "B".',
    ),
    Question(
        "Muon at equal seconds",
        LESSON,
        right="C",
        measure=letter_of,
        yes="On this processor, with matrices of 32 columns. Seconds must be measured.",
        wrong=(
            Wrong(
                "A",
                "better at each step is better",
                "Each of its steps costs more. How many more steps does AdamW make in that time?",
            ),
            Wrong(
                "B",
                "what one gains, the other gains back",
                "It could be so, and at another size it was. Look at the row of the longer run.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "Ada's or Bo's attention",
        LESSON,
        right="Bo",
        measure=lambda answer: (
            str(answer).strip().lower().replace("'s", "").capitalize() if answer is not ... else ...
        ),
        yes="Bo's. No loss of a training run would have told you.",
        wrong=(
            Wrong(
                "Ada",
                "the first suspect is the culprit",
                "The weights were trained with Ada's attention. Would a wrong program compute that "
                "loss?",
            ),
        ),
        otherwise='Answer with "Ada" or "Bo".',
    ),
    Question(
        "the head that is missed more",
        LESSON,
        right="B",
        measure=letter_of,
        yes="Without it no induction head knows which token came before.",
        wrong=(
            Wrong(
                "A",
                "the head that copies is the one that matters",
                "There are other induction heads that can copy. What do all of them need?",
            ),
        ),
        otherwise='Answer with "A" or "B".',
    ),
]
