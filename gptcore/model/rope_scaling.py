"""How RoPE is changed for texts longer than those a model learned from.

Source: linear: Chen et al. 2023, arXiv 2306.15595; NTK: bloc97 2023; YaRN: Peng et al. 2023,
    arXiv 2309.00071; llama3: Llama 3.1 (Grattafiori et al. 2024, arXiv 2407.21783).
"""

from dataclasses import dataclass

from gptcore.checks import as_finite, as_int, check_choice

# type -> rotations within the learned length below which a frequency is divided by the factor, and
# above which it stays; in between it is mixed. The other types treat all frequencies alike.
ROTATIONS = {"yarn": (1.0, 32.0), "llama3": (1.0, 4.0)}
TYPES = ("linear", "ntk", *ROTATIONS)


@dataclass(frozen=True)
class RopeScaling:
    """Slow the rotation down, so that a longer text has the angles of a shorter one.

    Raises:
        ValueError: For an unknown type, or numbers that scale nothing.

    Example:
        >>> RopeScaling("yarn", factor=4, original_block_size=2048).high_rotations
        32.0
    """

    type: str
    """linear, ntk, yarn or llama3"""
    factor: float
    """how many times longer the texts may be"""
    original_block_size: int
    """tokens of the texts that the model learned from"""
    low_rotations: float | None = None
    """yarn, llama3: frequencies with fewer rotations in a learned text are divided by the factor"""
    high_rotations: float | None = None
    """yarn, llama3: frequencies with more rotations stay as they are"""
    attention_factor: float | None = None
    """yarn: multiplies queries and keys; None: 0.1 ln(factor) + 1"""

    def __post_init__(self) -> None:
        check_choice(self.type, "rope_scaling type", TYPES)
        self._set("factor", as_finite(self.factor, "rope_scaling factor", minimum=1))
        size = as_int(self.original_block_size, "rope_scaling original_block_size", 1)
        self._set("original_block_size", size)
        if self.type not in ROTATIONS:
            return
        for name, default in zip(("low_rotations", "high_rotations"), ROTATIONS[self.type]):
            value = getattr(self, name)
            self._set(name, as_finite(default if value is None else value, name, above=0))
        if not self.low_rotations < self.high_rotations:  # type: ignore[operator]  # set above
            raise ValueError(
                f"low_rotations={self.low_rotations} must be below high_rotations="
                f"{self.high_rotations}; {self.type} uses {ROTATIONS[self.type]}."
            )

    def _set(self, name: str, value: float) -> None:
        object.__setattr__(self, name, value)
