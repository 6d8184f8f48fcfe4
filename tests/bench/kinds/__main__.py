"""How few labels each kind of labelling takes: `make bench-kinds`, `ARGS="spans --seeds 2"`.

A module beside this one for each kind has `findings(seeds)`, which prints its curves and yields
what they say about the goals.
"""

import argparse
from importlib import import_module
from pathlib import Path

from tests.bench.report import write

KINDS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in {"__main__", "curves"}
)


def main() -> int:
    """Run the benches that are named, all if none is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="all if none is named")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    found = []
    for kind in options.kinds or KINDS:
        module = import_module(f"tests.bench.kinds.{kind}")
        found += list(module.findings(options.seeds))
    return 0 if write("bench-kinds", found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
