"""The numbers that a control takes: a range, and steps within it. Needs no numpy."""

import math
from dataclasses import dataclass
from typing import Any, Final, Self

from labelloop.labelstudio.label_config import Tag

_STARS: Final = 5.0  # of a <Rating> that does not say how many
_DIGITS: Final = 12  # significant ones: 0.3, not 0.30000000000000004
_FINENESS: Final = 100  # steps of a range whose control sets none, at least


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of numbers, low < high, and the step from one number to the next.

    Within it models count by shares: 0 is the lowest number, 1 the highest.
    """

    low: float
    high: float
    step: float

    @classmethod
    def of(cls, tag: Tag) -> Self | None:
        """Return the scale of a `<Rating>` or a `<Number>`, None if it sets no end or no range.

        Stars start at 1: the editor saves no 0. A number's steps start at its min, or at 0, and
        without a step the editor takes any number: some hundred of them are offered then.
        """
        fields = tag.attributes
        if tag.kind == "rating":
            low, high, step = 1.0, _number(fields.get("maxrating") or _STARS) // 1, 1.0
        else:
            low, high = _number(fields.get("min") or 0), _number(fields.get("max"))
            step = _number(fields.get("step"))
        if not -math.inf < low < high < math.inf:
            return None
        if not step > 0:
            is_slider = fields.get("slider") == "true"  # whose handle moves by 1
            step = 1.0 if is_slider else min(1.0, _hundredth(high - low))
        return cls(low, high, step) if step <= high - low else None

    @property
    def width(self) -> float:
        """The range's width."""
        return self.high - self.low

    @property
    def values(self) -> int:
        """How many numbers can be chosen."""
        rounding = 2 * math.ulp(max(abs(self.low), abs(self.high)))  # a difference has lost that
        return 1 + math.floor((self.width + rounding) / self.step + 1e-9)

    def read(self, value: Any) -> float | None:
        """Return the number that an annotation has, None if it is no number or outside the range.

        A whole number is an int. Numbers that are imported may lie between the steps, or be texts.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        number = _number(value)
        return _json(number) if self.low <= number <= self.high else None

    def share(self, value: float) -> float:
        """Return where a number is in the range, 0 to 1."""
        return (value - self.low) / self.width

    def value(self, share: float) -> float:
        """Return the number nearest to a share of the range, one that the editor lets pass."""
        steps = round(min(max(share, 0.0), 1.0) * self.width / self.step)
        return _json(self.low + min(steps, self.values - 1) * self.step)

    @property
    def text(self) -> str:
        """The range for people."""
        return f"{_json(self.low)} to {_json(self.high)}"


def _number(value: Any) -> float:
    """Return a number, NaN if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _json(number: float) -> float:
    """Return a number as its shortest JSON: whole ones without a point."""
    rounded = float(f"{number:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _hundredth(width: float) -> float:
    """Return the largest power of ten that divides a width into a hundred steps or more."""
    return float(f"1e{math.floor(math.log10(width / _FINENESS))}")
