"""What a bench found: printed as a table, written to reports/<target>.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

REPORTS = Path(__file__).parents[2] / "reports"


@dataclass(frozen=True)
class Finding:
    """One measured value and its goal: at most `goal`, or at least."""

    name: str
    value: float
    unit: str
    goal: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Say whether the goal is reached."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def write(target: str, findings: list[Finding]) -> bool:
    """Print and store what was found; say whether every goal is reached."""
    table = Table("what", "value", "goal", "unit", "met", title=f"make {target}")
    for one in findings:
        met = "yes" if one.met else "NO"
        table.add_row(one.name, f"{one.value:.3g}", f"{one.goal:.3g}", one.unit, met)
    Console().print(table)
    REPORTS.mkdir(exist_ok=True)
    rows = [asdict(one) | {"met": one.met} for one in findings]
    for row in rows:
        del row["at_least"]
    (REPORTS / f"{target}.json").write_text(json.dumps(rows, indent=1) + "\n")
    return all(one.met for one in findings)
