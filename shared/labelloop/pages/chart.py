"""The learning curve as shapes of an SVG: band, curve, random order, versions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

WIDTH: Final = 720
LEFT, RIGHT, TOP, BOTTOM = 64, 700, 18, 258


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis, or a point: `at` and `y` in the picture's units, and its text."""

    at: float
    text: str
    y: float = BOTTOM
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """The shapes. `band`, `line` and `random` are SVG point lists, empty where there are none."""

    line: str = ""
    band: str = ""
    random: str = ""
    dots: list[Mark] = field(default_factory=list)
    ticks: list[Mark] = field(default_factory=list)
    x_marks: list[Mark] = field(default_factory=list)
    y_marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From labels and shares of 1 to places in the picture."""

    most: float
    least: float

    def x(self, labels: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * labels / self.most, 1)

    def y(self, share: float) -> float:
        part = (share - self.least) / (1 - self.least)
        return round(BOTTOM - (BOTTOM - TOP) * max(0.0, min(1.0, part)), 1)

    def points(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(labels)},{self.y(share)}" for labels, share in points)


def chart(
    curve: Sequence[Mapping[str, Any]],
    random_order: Sequence[Mapping[str, Any]],
    versions: Sequence[Mapping[str, Any]],
) -> Chart | None:
    """Return the chart of a learning curve, None without a point.

    `curve`: rows of the table `curve`; `random_order` and `versions`: as `show_project` has them.
    """
    if not curve:
        return None
    random = [(one["random_order"], 1 - one["error"]) for one in random_order]
    scale = _scale(curve, random)
    banded = [row for row in curve if row["low"] is not None and row["high"] is not None]
    upper = [(row["labels"], row["high"]) for row in banded]
    lower = [(row["labels"], row["low"]) for row in reversed(banded)]
    return Chart(
        line=scale.points([(row["labels"], row["value"]) for row in curve]),
        band=scale.points([*upper, *lower]) if len(banded) > 1 else "",
        random=scale.points(random) if len(random) > 1 else "",
        dots=[_dot(row, scale) for row in curve],
        ticks=[_tick(row, scale) for row in versions if 0 < row["labels"] <= scale.most],
        x_marks=[Mark(scale.x(n), f"{n:,}") for n in _steps(0, scale.most)],
        y_marks=[
            Mark(scale.y(n / 100), f"{n:.0f}%") for n in _steps(100 * scale.least, 100) if n <= 100
        ],
    )


def _scale(curve: Sequence[Mapping[str, Any]], random: Sequence[tuple[float, float]]) -> _Scale:
    most = max([row["labels"] for row in curve] + [labels for labels, _ in random])
    shares = [row["value"] if row["low"] is None else row["low"] for row in curve]
    least = max(0.0, math.floor(10 * min(shares)) / 10)
    return _Scale(max(1.0, most * 1.02), min(0.9, least))


def _dot(row: Mapping[str, Any], scale: _Scale) -> Mark:
    text = f"{row['labels']:,} labels: {row['value']:.0%}"
    return Mark(scale.x(row["labels"]), text, scale.y(row["value"]))


def _tick(row: Mapping[str, Any], scale: _Scale) -> Mark:
    text = f"{row['version']}, {row['labels']:,} labels: {row['outcome']}"
    kind = {"active": "active", "refused": "refused"}.get(row["outcome"], "")
    return Mark(scale.x(row["labels"]), text, kind=kind)


def _steps(first: float, last: float) -> list[int]:
    """Return four to eight round numbers from the first to the last."""
    rough = max(1.0, (last - first) / 5)
    power = 10 ** math.floor(math.log10(rough))
    step = max(1, round(next(power * n for n in (1, 2, 5, 10) if power * n >= rough)))
    start = math.ceil(first / step) * step
    return list(range(start, math.floor(last) + 1, step))
