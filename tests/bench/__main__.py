"""How fast: each part against the bare work that it can't do without, both in one run.

    make bench [ARGS='cold warm']

Each part runs in a process of its own. Ratios are what to look at: machines differ.
"""

import argparse
import os
import platform
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from tests.bench.parts import PARTS, run
from tests.bench.report import Finding, write

PAGE, MARK = Path(__file__).with_name("README.md"), "<!-- measured -->"


def main() -> bool:
    """Measure the parts asked for, report, and say whether all goals are reached."""
    asks = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asks.add_argument("parts", nargs="*", choices=PARTS, metavar="part")
    asked = tuple(asks.parse_args().parts) or PARTS
    findings: list[Finding] = []
    # One at a time, and each from the start: what one imported or kept in memory is no other's.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as workers:
        for found in workers.map(run, asked):
            findings += found
    if asked == PARTS:
        page = PAGE.read_text().split(MARK)[0]
        PAGE.write_text(f"{page}{MARK}\n\n{machine()}\n\n{table(findings)}\n")
    return write("bench", findings)


def machine() -> str:
    """Describe what was measured on."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    names = ("numpy", "onnxruntime", "scikit-learn")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    cores = f"{os.cpu_count()} cores of {model[1] if model else platform.processor()}"
    return f"{date.today()}, {cores}; Python {platform.python_version()}, {libraries}."


def table(findings: list[Finding]) -> str:
    """Return findings as a table."""
    rows = ["| what | value | goal | met |", "|---|---|---|---|"]
    for one in findings:
        sign, met = "≥" if one.at_least else "≤", "yes" if one.met else "no"
        rows.append(f"| {one.name} | {one.value:.3g} {one.unit} | {sign} {one.goal:.3g} | {met} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(not main())
