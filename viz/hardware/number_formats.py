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
    exponent: int
    digits: int
    infinity: bool = True

    @property
    def bits(self) -> int:
        return 1 + self.exponent + self.digits

    @property
    def lowest(self) -> int:
        """The exponent of the smallest numbers, 0 among them."""
        return 2 - 2 ** (self.exponent - 1)

    @property
    def past_largest(self) -> int:
        """The first pattern, without its sign, that is no finite number."""
        if self.infinity:
            return (2**self.exponent - 1) << self.digits
        return 2 ** (self.bits - 1) - 1

    def encode(self, value: float) -> int:
        """The bits of the nearest number, read as one whole number."""
        sign = int(copysign(1, value) < 0) << (self.bits - 1)
        size = abs(value)
        if isnan(value):
            return 2 ** (self.bits - 1) - 1
        return sign | min(self.past_largest - 1 + self.infinity, self.nearest(size))

    def nearest(self, size: float) -> int:
        """The same for a number without a sign, as if the exponent had no end."""
        if isinf(size):
            return self.past_largest
        if not size:
            return 0
        # The patterns count the numbers from 0 upwards: 2**digits of them, then twice as far apart.
        power = max(frexp(size)[1] - 1, self.lowest)
        steps = round(ldexp(size, self.digits - power))  # of two equally near ones the even one
        return ((power - self.lowest) << self.digits) + steps

    def decode(self, bits: int) -> float:
        """The number that the bits stand for."""
        size = bits & (2 ** (self.bits - 1) - 1)
        sign = -1.0 if bits != size else 1.0
        if size >= self.past_largest:
            return sign * inf if self.infinity and size == self.past_largest else nan
        steps, power = self.parts(size)
        return sign * ldexp(steps, power - self.digits)

    def parts(self, bits: int) -> tuple[int, int]:
        """(steps, power): without its sign the number is steps / 2**digits * 2**power."""
        stored = (bits >> self.digits) & (2**self.exponent - 1)
        steps = bits & (2**self.digits - 1)
        if stored:  # then there is a digit 1 before the others, which is not stored
            return steps + 2**self.digits, stored + self.lowest - 1
        return steps, self.lowest

    def neighbours(self, value: float) -> tuple[float, float]:
        """The numbers next to the stored one, below and above it; none is beside infinity."""
        sign, size = copysign(1, value), self.encode(abs(value))
        outer = self.decode(size + 1) if size < self.past_largest else nan
        inner = self.decode(size - 1) if size else -self.decode(1)
        return (inner, outer) if sign > 0 else (-outer, -inner)


FORMATS = {
    number_format.name: number_format
    for number_format in (
        NumberFormat("float32", 8, 23),
        NumberFormat("bfloat16", 8, 7),
        NumberFormat("float16", 5, 10),
        NumberFormat("float8_e4m3", 4, 3, infinity=False),
        NumberFormat("float8_e5m2", 5, 2),
    )
}
