"""How much each of several controls weighs where tasks are put in order.

Label Studio has weights of controls as a setting of the project, `control_weights`: 1 of each until
somebody sends others to its API. It is made for how far annotators agree, and comes with events.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labelloop.domain.learning.examples import controls_of

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control


def weights_of(control: "Control", settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the weight of each of several controls, none of one alone.

    1 where the settings say nothing that is a weight; 1 of all if they leave none above 0.
    """
    stored = settings.get("control_weights")
    rows: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
    weights = {name: _weight(rows.get(name)) for name, _ in controls_of(control)}
    return weights if any(weights.values()) else dict.fromkeys(weights, 1.0)


def weighted(control: "Control", settings: Mapping[str, Any]) -> "Control":
    """Return a control that puts tasks in order by the weights that a project's settings have."""
    several: Any = control
    if not hasattr(several, "weighted"):  # one alone, or what a package composed for itself
        return control
    found: Control = several.weighted(weights_of(control, settings))
    return found


def _weight(row: Any) -> float:
    value: Any = row.get("overall") if isinstance(row, Mapping) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and value >= 0 else 1.0
