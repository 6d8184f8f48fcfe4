"""The options of `labelloop backtest`: for the command, and for the replay that it starts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """An export to replay, and how; `backtest` explains the options. Empty: the default."""

    export: Path
    text: str
    choice: str
    label_config: Path | None
    recipe: str
    strategies: tuple[str, ...]
    encoder: str
    image_encoder: str
    fetch_hosts: str
    picture: Path | None
    seeds: int
    labels: int
    jobs: int
