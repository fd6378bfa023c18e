"""How a number becomes 32, 16 or 8 bits: sign, exponent, digits; and which numbers are next to it.

Left out on purpose: formats with a scale beside the bits (int8, fp4), and all arithmetic.
Source: IEEE 754-2019 for float32 and float16; Kalamkar et al. 2019 for bfloat16, arXiv 1905.12322;
    Micikevicius et al. 2022, "FP8 Formats for Deep Learning", arXiv 2209.05433.
"""

from dataclasses import dataclass
from math import copysign, frexp, inf, isinf, isnan, ldexp, nan


@dataclass(frozen=True)
class NumberFormat:
    """A sign, `exponent` bits that say how large, and `digits` bits that say which number.

    The rules are those of IEEE 754: nearest number, of two the even one. Without `infinity`
    (float8_e4m3) only the last of all patterns is no number, and what is too large becomes the
    largest.
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    has_infinity: bool = True

    @property
    def bits(self) -> int:
        return 1 + self.exponent_bits + self.mantissa_bits

    @property
    def min_exponent(self) -> int:
        """The exponent of the smallest numbers, 0 among them."""
        return 2 - 2 ** (self.exponent_bits - 1)

    @property
    def first_non_finite(self) -> int:
        """The first pattern, without its sign, that is no finite number."""
        if self.has_infinity:
            return (2**self.exponent_bits - 1) << self.mantissa_bits
        return 2 ** (self.bits - 1) - 1

    def encode(self, value: float) -> int:
        """The bits of the nearest number, read as one whole number."""
        sign = int(copysign(1, value) < 0) << (self.bits - 1)
        magnitude = abs(value)
        if isnan(value):
            return 2 ** (self.bits - 1) - 1
        return sign | min(
            self.first_non_finite - 1 + self.has_infinity, self.nearest_pattern(magnitude)
        )

    def nearest_pattern(self, magnitude: float) -> int:
        """The same for a number without a sign, as if the exponent had no end."""
        if isinf(magnitude):
            return self.first_non_finite
        if not magnitude:
            return 0
        # The patterns count the numbers from 0 upwards: 2**digits of them, then twice as far apart.
        exponent = max(frexp(magnitude)[1] - 1, self.min_exponent)
        significand = round(
            ldexp(magnitude, self.mantissa_bits - exponent)
        )  # of two equally near ones the even one
        return ((exponent - self.min_exponent) << self.mantissa_bits) + significand

    def decode(self, bits: int) -> float:
        """The number that the bits stand for."""
        magnitude = bits & (2 ** (self.bits - 1) - 1)
        sign = -1.0 if bits != magnitude else 1.0
        if magnitude >= self.first_non_finite:
            return sign * inf if self.has_infinity and magnitude == self.first_non_finite else nan
        significand, exponent = self.split_pattern(magnitude)
        return sign * ldexp(significand, exponent - self.mantissa_bits)

    def split_pattern(self, bits: int) -> tuple[int, int]:
        """(steps, power): without its sign the number is steps / 2**digits * 2**power."""
        stored = (bits >> self.mantissa_bits) & (2**self.exponent_bits - 1)
        significand = bits & (2**self.mantissa_bits - 1)
        if stored:  # then there is a digit 1 before the others, which is not stored
            return significand + 2**self.mantissa_bits, stored + self.min_exponent - 1
        return significand, self.min_exponent

    def neighbours(self, value: float) -> tuple[float, float]:
        """The numbers next to the stored one, below and above it; none is beside infinity."""
        sign, magnitude = copysign(1, value), self.encode(abs(value))
        outer = self.decode(magnitude + 1) if magnitude < self.first_non_finite else nan
        inner = self.decode(magnitude - 1) if magnitude else -self.decode(1)
        return (inner, outer) if sign > 0 else (-outer, -inner)


FORMATS = {
    number_format.name: number_format
    for number_format in (
        NumberFormat("float32", 8, 23),
        NumberFormat("bfloat16", 8, 7),
        NumberFormat("float16", 5, 10),
        NumberFormat("float8_e4m3", 4, 3, has_infinity=False),
        NumberFormat("float8_e5m2", 5, 2),
    )
}
