"""Mutants of the solutions that a check accepts, because they give the same results.

The key is the proof; the value is the exercise and its mutants. An accepted mutant that is not
listed here fails the tests; so does a listed one that is rejected.
"""

EQUIVALENT = (
    (
        "A name is in a list if and only if it is in the set of that list.",
        "count_known",
        ("set(known)  ->  known", "there  ->  known"),
    ),
    (
        "(f(x - h) - f(x + h)) / (-2 h) is (f(x + h) - f(x - h)) / (2 h): both signs change.",
        "slope_at",
        ("1e-05  ->  -1e-05",),
    ),
    (
        "e / sum(e): -1 cancels above and below the line.",
        "logits_gradient",
        ("exp(logit)  ->  -exp(logit)",),
    ),
    (
        "i grows by 1, or by 2 where two ids are left: it reaches len(ids) and never skips it.",
        "join",
        ("i < len(ids)  ->  i != len(ids)",),
    ),
    ("The same, as encode uses join.", "encode", ("i < len(ids)  ->  i != len(ids)",)),
    (
        "A pair is a tuple already; tuple() returns it.",
        "join",
        ("tuple(pair)  ->  pair",),
    ),
    ("The merges are tuples, too.", "encode", ("tuple(pair)  ->  pair",)),
    (
        "join takes slices, tuple() makes numbers of a slice of bytes as of one of a list, and it "
        "gives back a list; all texts have a merge to do.",
        "encode",
        ("list(text.encode())  ->  text.encode()",),
    ),
    *(
        (
            "softmax: a factor -1, and a number taken from all scores alike, cancel above and "
            "below the line (as long as e^score does not overflow, which is beyond 709).",
            name,
            (
                "exp(score - max(scores))  ->  -exp(score - max(scores))",
                "score - max(scores)  ->  score + max(scores)",
                "score - max(scores)  ->  score",
                "max(scores)  ->  min(scores)",
                "max(scores)  ->  -max(scores)",
            ),
        )
        for name in ("weights_of", "masked")
    ),
    (
        "a * b is b * a, and a query is as long as each key.",
        "weights_of",
        ("zip(q, k)  ->  zip(k, q)", "q  ->  k"),
    ),
    ("-0.0 equals 0.0.", "masked", ("0.0  ->  -0.0",)),
    (
        "Of 2 h losses the last h begin at place h and at place -h; as many losses as documents.",
        "contest",
        (
            "len(losses) // 2  ->  -(len(losses) // 2)",
            "len(losses)  ->  -len(losses)",
            "2  ->  -2",
            "losses  ->  documents",
        ),
    ),
    (
        "Axes 1 and 2 of four are exchanged, in either order; of four axes 2 is also -2.",
        "split_heads",
        (
            "x.view(B, T, n_head, C // n_head).transpose(1, 2)  ->  "
            "x.view(B, T, n_head, C // n_head).transpose(2, 1)",
            "2  ->  -2",
        ),
    ),
    (
        "Of two axes the second is also the last; -0 is 0, and both tensors of zeros have one "
        "shape; a sign is cancelled by the sum below the line.",
        "route",
        (
            "1  ->  -1",
            "probs.new_zeros(probs.shape)  ->  -probs.new_zeros(probs.shape)",
            "probs  ->  logits",
            "probs.new_zeros(probs.shape).scatter(1, best.indices, best.values)  ->  "
            "-probs.new_zeros(probs.shape).scatter(1, best.indices, best.values)",
        ),
    ),
    (
        "The larger of two numbers does not depend on their order; less than one byte among "
        "thousands is within the tolerance.",
        "tokens_per_second",
        (
            "max(read, compute)  ->  max(compute, read)",
            "parameters * bits / 8  ->  parameters * bits // 8",
        ),
    ),
    (
        "Two tokens are equal in either order.",
        "shared_blocks",
        ("zip(first, second)  ->  zip(second, first)",),
    ),
    (
        "The larger and the smaller of two numbers do not depend on their order; a sign of all "
        "missing probabilities is cancelled by their sum.",
        "rule",
        (
            "max(0, p_x - q_x)  ->  -max(0, p_x - q_x)",
            "min(1, p_x / q_x)  ->  min(p_x / q_x, 1)",
            "max(0, p_x - q_x)  ->  max(p_x - q_x, 0)",
        ),
    ),
    (
        "No part is longer than the text; the empty part is in every line, and has length 0.",
        "longest_copy",
        (
            "0  ->  -1",
            "range(len(text), 0, -1)  ->  range(len(text), 0 - 1, -1)",
            "range(len(text), 0, -1)  ->  range(len(text) + 1, 0, -1)",
        ),
    ),
    (
        "The places are visited one by one, so the first that is `patience` away is the end.",
        "early_stopping",
        ("place - best >= patience  ->  place - best == patience",),
    ),
    (
        "The larger of two numbers is the same in both orders, and -0.0 is equal to 0.0.",
        "memorized",
        (
            "max(0.0, copied - in_held_out * n_train / n_held_out)  ->  "
            "max(copied - in_held_out * n_train / n_held_out, 0.0)",
            "0.0  ->  -0.0",
        ),
    ),
    (
        "-True is -1, which counts as true, too.",
        "longest_copy",
        ("any((part in line for line in lines))  ->  -any((part in line for line in lines))",),
    ),
    (
        "END is the largest id of the vocabulary.",
        "targets",
        ("id != END  ->  id < END",),
    ),
    (
        "True is 1 and False is 0, for the exercise and for the sum of rewards.",
        "reward",
        ("float(answer == str(truth))  ->  answer == str(truth)",),
    ),
    ("No target is below -1.", "mean_loss", ("targets != -1  ->  targets > -1",)),
    (
        "Intersection and union do not depend on the order, so neither does their quotient.",
        "similarity",
        ("(one, other)  ->  (other, one)", "a & b  ->  b & a", "a | b  ->  b | a"),
    ),
    (
        "About a tenth that the id alone decides is asked for, not a certain tenth: other bytes of "
        "the hash, another remainder, a ninth or an eleventh will do. 0 is the least remainder, "
        "and -n is divisible by 10 where n is.",
        "validation_ids",
        (
            "int.from_bytes(sha256(i.encode()).digest()[:8]) % 10 == 0  ->  "
            "int.from_bytes(sha256(i.encode()).digest()[:8]) % 10 <= 0",
            "int.from_bytes(sha256(i.encode()).digest()[:8]) % 10  ->  "
            "-(int.from_bytes(sha256(i.encode()).digest()[:8]) % 10)",
            "int.from_bytes(sha256(i.encode()).digest()[:8])  ->  "
            "-int.from_bytes(sha256(i.encode()).digest()[:8])",
            ":8  ->  :",
            ":8  ->  :8 + 1",
            ":8  ->  :8 - 1",
            "8  ->  9",
            "8  ->  7",
            "8  ->  -8",
            "10  ->  11",
            "10  ->  9",
            "10  ->  -10",
            "0  ->  1",
        ),
    ),
    (
        "The minimum of three numbers does not depend on their order.",
        "rate",
        tuple(
            "min(step / 11, 1.0, (max_steps - step + 1) / (max_steps // 5))  ->  " + other
            for other in (
                "min(1.0, step / 11, (max_steps - step + 1) / (max_steps // 5))",
                "min((max_steps - step + 1) / (max_steps // 5), 1.0, step / 11)",
                "min(step / 11, (max_steps - step + 1) / (max_steps // 5), 1.0)",
            )
        ),
    ),
    (
        "The exercise says that max_steps is 200 or 400; both divide by 5.",
        "rate",
        ("max_steps // 5  ->  max_steps / 5",),
    ),
    (
        "The question asks for millions, and whole ones will do: 51, 1, 101, 201.",
        "gpt2-medium",
        (
            "50257 * 1024 / 1000000.0  ->  50257 * 1024 // 1000000.0",
            "1024 * 1024 / 1000000.0  ->  1024 * 1024 // 1000000.0",
            "24 * 4 * 1024 ** 2 / 1000000.0  ->  24 * 4 * 1024 ** 2 // 1000000.0",
            "24 * 8 * 1024 ** 2 / 1000000.0  ->  24 * 8 * 1024 ** 2 // 1000000.0",
        ),
    ),
    (
        "9.4e17 / 120 cut off to whole operations is the same to 15 digits.",
        "9.4e17 FLOPs",
        ("FLOPS / 120  ->  FLOPS // 120",),
    ),
    (
        "Two digits of 88.5 are enough, cut off as well as rounded.",
        "9.4e17 FLOPs",
        ("sqrt(FLOPS / 120) / 1000000.0  ->  sqrt(FLOPS / 120) // 1000000.0",),
    ),
)
