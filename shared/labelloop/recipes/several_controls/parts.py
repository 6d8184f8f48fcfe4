"""The parts of several controls: how their names and numbers lie beside each other in one.

What models see and say of a part stands in blocks whose names begin with the part's own prefix, and
its names, the classes say, begin with it too. A prefix has neither a dot nor a colon.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:  # functions without numpy read label configs
    import numpy as np
    from numpy.typing import NDArray

    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.domain.measure import Measure


@lru_cache(maxsize=1_024)
def prefix_of(name: str) -> str:
    """Return the prefix of a control's name, which may be any text: most stay as they are."""
    return quote(name, safe="").replace(".", "%2E") + ":"


def named(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return a part's names as they stand beside those of the others."""
    return tuple(prefix + name for name in names)


def own_names(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return a part's own names out of those of all parts."""
    return tuple(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def own_columns(prefix: str, columns: "Columns") -> "Columns":
    """Return a part's own blocks out of those of all parts, and what is said of whole tasks."""
    from labelloop.domain.columns import Columns
    from labelloop.recipes.tuned_to import TUNED

    own = [name for name in columns.blocks if name.startswith(prefix) or name == TUNED]
    return Columns(columns.rows, {one.removeprefix(prefix): columns.blocks[one] for one in own})


def beside(rows: int, parts: Mapping[str, "Columns"]) -> "Columns":
    """Return the blocks of all parts, by prefix, beside each other."""
    from labelloop.domain.columns import Columns

    blocks = {p + name: block for p, part in parts.items() for name, block in part.blocks.items()}
    return Columns(rows, blocks)


def own_answers(prefix: str, answers: "Answers") -> "Answers | None":
    """Return a part's own answers out of those of all parts; None if there are none of it."""
    from labelloop.domain.answers import Answers

    columns = own_columns(prefix, answers.columns)
    return Answers(own_names(prefix, answers.names), columns) if columns.blocks else None


def answers_beside(rows: int, parts: Mapping[str, "Answers"]) -> "Answers":
    """Return the answers of all parts, by prefix, beside each other."""
    from labelloop.domain.answers import Answers

    names = tuple(name for prefix, part in parts.items() for name in named(prefix, part.names))
    return Answers(names, beside(rows, {prefix: part.columns for prefix, part in parts.items()}))


@dataclass(frozen=True, slots=True)
class Measured:
    """A part for the measure: its control's name, what that offers, and how it is compared.

    `weight`: where versions are compared; `weight_in_order`: where tasks are put in order, the same
    if None.
    """

    name: str
    offered: Sequence[str]
    measure: "Measure"
    weight: float
    weight_in_order: float | None = None

    @property
    def prefix(self) -> str:
        """The prefix of its names and blocks."""
        return prefix_of(self.name)

    def asked(self, answers: "Answers") -> "NDArray[np.bool_]":
        """Say for each task whether it is answered: without a region nothing is said of any."""
        import numpy as np

        from labelloop.recipes.region_answers.measure import RegionMeasure

        if isinstance(self.measure, RegionMeasure):
            return self.measure.asked(answers)
        return np.ones(len(answers), np.bool_)
