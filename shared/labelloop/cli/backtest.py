"""What `labelloop backtest` is told, and whether its packages are there."""

from dataclasses import dataclass
from pathlib import Path

from labelloop.cli.report import Report
from labelloop.errors import Rejected


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export to replay, and how: `cli/app.py` explains the options. Empty: the default."""

    export: Path
    text: str
    choice: str
    strategies: tuple[str, ...]
    encoder: str
    picture: Path | None
    seeds: int
    labels: int
    jobs: int


def backtest(wanted: Wanted, report: Report) -> None:
    """Replay a project with every strategy, or some; needs the extra `backtest`."""
    try:
        from labelloop.cli.replay import replay
    except ImportError as exc:
        fix = "run `make cli`, which brings it, or pipx install './shared[cli,backtest]'"
        raise Rejected(f"this command needs the package {exc.name}", fix) from None
    replay(wanted, report)
