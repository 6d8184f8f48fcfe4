"""How fast: each part against the bare work that it can't do without, both in one run.

    make bench [ARGS='cold warm']

Each part runs in a process of its own. Ratios are what to look at: machines differ.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from tests.bench.report import Finding, write

PARTS = (
    "texts",
    "encoder",
    "warm",
    "official",
    "rerank",
    "retrain",
    "fold",
    "cold",
    "event_to_live",
    "cost",
    "sizes",
)


def run(part: str) -> list[Finding]:
    """Measure one part."""
    print(f"── {part}", flush=True)
    return list(import_module(f"tests.bench.{part}").measure())


def main() -> bool:
    """Measure the parts asked for, report, and say whether all goals are reached."""
    asks = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asks.add_argument("parts", nargs="*", default=PARTS, choices=PARTS, metavar="part")
    asked = asks.parse_args().parts
    findings: list[Finding] = []
    # One at a time, and each from the start: what one imported or kept in memory is no other's.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as workers:
        for found in workers.map(run, asked):
            findings += found
    return write("bench", findings)


if __name__ == "__main__":
    sys.exit(not main())
