"""Floating-point formats: how a number becomes 32, 16 or 8 bits, and which numbers are next to it.

Formats with a separate scale (int8, fp4) are not covered.

Source: IEEE 754-2019 for float32 and float16; Kalamkar et al. 2019 for bfloat16, arXiv 1905.12322;
    Micikevicius et al. 2022, "FP8 Formats for Deep Learning", arXiv 2209.05433.
"""

from dataclasses import dataclass
from math import copysign, frexp, inf, isinf, isnan, ldexp, nan


@dataclass(frozen=True)
class NumberFormat:
    """A binary floating-point format: a sign bit, exponent bits, mantissa bits.

    Numbers are rounded as in IEEE 754: to the nearest one, ties to even. In a format without
    infinity, a number that is too large becomes the largest one, and only the last bit pattern is
    NaN.

    Attributes:
        name: Name of the format, as PyTorch calls it.
        exponent_bits: Number of bits of the exponent.
        mantissa_bits: Number of stored bits of the mantissa.
        has_infinity: Whether the format has infinity; float8_e4m3 does not.
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    has_infinity: bool = True

    @property
    def bits(self) -> int:
        """Number of bits in total."""
        return 1 + self.exponent_bits + self.mantissa_bits

    @property
    def min_exponent(self) -> int:
        """The exponent of the smallest normal number, of all subnormal numbers and of 0."""
        return 2 - (1 << (self.exponent_bits - 1))

    @property
    def first_non_finite(self) -> int:
        """The smallest bit pattern, without the sign, that is not a finite number."""
        exponent_field = (1 << self.exponent_bits) - 1
        return exponent_field << self.mantissa_bits if self.has_infinity else self.magnitude_mask

    @property
    def magnitude_mask(self) -> int:
        """All bits but the sign."""
        return (1 << (self.bits - 1)) - 1

    def encode(self, value: float) -> int:
        """Round a number to this format.

        Args:
            value: Any float, also NaN or infinity.

        Returns:
            The bit pattern as an unsigned integer.
        """
        if isnan(value):
            return self.magnitude_mask
        sign = int(copysign(1, value) < 0) << (self.bits - 1)
        largest = self.first_non_finite - 1 + self.has_infinity
        return sign | min(largest, self.nearest_pattern(abs(value)))

    def nearest_pattern(self, magnitude: float) -> int:
        """The bit pattern of a number >= 0, as if the exponent had no maximum."""
        if isinf(magnitude):
            return self.first_non_finite
        if not magnitude:
            return 0
        # The patterns count the numbers from 0 upwards; the gap between them doubles after each
        # 2**mantissa_bits of them.
        exponent = max(frexp(magnitude)[1] - 1, self.min_exponent)
        significand = round(ldexp(magnitude, self.mantissa_bits - exponent))  # ties to even
        return ((exponent - self.min_exponent) << self.mantissa_bits) + significand

    def decode(self, bits: int) -> float:
        """Read a bit pattern.

        Args:
            bits: A bit pattern as an unsigned integer.

        Returns:
            The number, exactly.
        """
        magnitude = bits & self.magnitude_mask
        sign = -1.0 if bits != magnitude else 1.0
        if magnitude >= self.first_non_finite:
            return sign * inf if self.has_infinity and magnitude == self.first_non_finite else nan
        significand, exponent = self.split_pattern(magnitude)
        return sign * ldexp(significand, exponent - self.mantissa_bits)

    def split_pattern(self, bits: int) -> tuple[int, int]:
        """Split a bit pattern into two integers.

        Args:
            bits: A bit pattern as an unsigned integer.

        Returns:
            (significand, exponent). Without its sign, the number is
            significand / 2**mantissa_bits * 2**exponent.
        """
        stored_exponent = (bits >> self.mantissa_bits) & ((1 << self.exponent_bits) - 1)
        mantissa = bits & ((1 << self.mantissa_bits) - 1)
        if not stored_exponent:  # 0 or a subnormal number
            return mantissa, self.min_exponent
        implicit_bit = 1 << self.mantissa_bits
        return implicit_bit | mantissa, stored_exponent + self.min_exponent - 1

    def neighbours(self, value: float) -> tuple[float, float]:
        """Find the numbers next to the stored one.

        Args:
            value: Any float; it is rounded to this format first.

        Returns:
            The next number below and the next number above; NaN if there is none.
        """
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
