"""Two runs with the same card; one is broken. Read this after you have guessed.

Both programs note the step with the lowest held-out loss, and write it into the card. Ada's loads
the weights of that step before it saves the model. Bo's forgets to, so his card is about weights
that nobody has, and his model is that of the last step, which knows the list by heart.
"""

from collections.abc import Iterator

from course.experiments.own_gpt.recorded import Run, runs

WEIGHTS = {"Ada": "kept", "Bo": "last"}


def first_run() -> Run:
    """The recorded run that both models are of: 400 steps on the creatures, without dropout."""
    return runs("kept")[0]


def cards() -> Iterator[str]:
    """What both cards say."""
    kept = first_run()["kept"]
    for who in WEIGHTS:
        loss = f"held-out loss {kept['held_out']:.2f} nats per token"
        yield f"{who}'s card:  {loss}, at step {kept['step']} of 400"


def samples_of() -> Iterator[str]:
    """Ten lines of each model."""
    for who, name in WEIGHTS.items():
        written = (line or "(empty)" for line in first_run()[name]["written"])
        yield f"{who}'s model writes:  {', '.join(written)}"


def measured_again() -> Iterator[str]:
    """The held-out loss of each model, measured after it was loaded, and its copies."""
    for who, name in WEIGHTS.items():
        found = first_run()[name]
        copies = f"{sum(found['known'])} of {len(found['known'])} samples are training lines"
        yield f"{who}:  held-out loss {found['held_out']:.2f} nats per token,  {copies}"
