"""The demo: real documents, a simulated annotator, active and random order, on the local stack.

Run it by `make demo`, which sets up and builds what it needs.
"""

import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx
from rich.console import Console

from labelloop.errors import LabelloopError
from labelloop.local import learning_curve, reuters
from labelloop.local.backend import DemoBackend
from labelloop.local.campaign import POLL_S, Curve
from labelloop.local.contest import ORDERS, label_side_by_side
from labelloop.local.emulator import ROOT
from labelloop.local.progress import Display
from labelloop.local.stack import local_stack
from labelloop.picture import draw

DATA = ROOT / ".local" / "data"
POOL, HELD_OUT = 3_000, 1_000
VERSIONS_WANTED = 3
PARAMETERS = {"QuietSeconds": "2"}  # longer than between two labels, shorter than a round
INTERRUPTED = 130  # a shell's exit status for a program ended by Ctrl-C


@dataclass(frozen=True)
class Plan:
    """How much is labelled, and where what comes of it is kept."""

    rounds: Sequence[int] = (20,) * 10
    poll_s: float = POLL_S
    state: Path = ROOT / ".local" / "demo"
    results: Path = ROOT / "demo"


PLAN = Plan()


def main(plan: Plan = PLAN) -> int:
    """Run the demo; return 0 only if both projects were served by several versions."""
    console = Console(highlight=False)
    started = time.monotonic()
    try:
        data = reuters.load(DATA, POOL, HELD_OUT)
        _introduce(console, data)
        curves = _label(console, data, plan)
    except KeyboardInterrupt:
        shutil.rmtree(plan.state, ignore_errors=True)
        console.print("Stopped.")
        return INTERRUPTED
    except LabelloopError as error:
        console.print(f"The demo failed: {error}", style="red", markup=False)
        console.print(
            f"What the stack was doing is in {plan.state.relative_to(ROOT)}/emulator.log."
        )
        return 1
    shutil.rmtree(plan.state, ignore_errors=True)
    _conclude(console, data, curves, time.monotonic() - started, plan.results)
    return 0 if _have_versions(console, curves) else 1


def _introduce(console: Console, data: reuters.DataSet) -> None:
    console.print(
        f"{reuters.NAME}: {data.documents:,} documents ({len(data.pool):,} to label,"
        f" {len(data.held_out):,} held out), {len(data.labels)} classes."
    )
    console.print(f"Licence: {reuters.LICENCE}.")


def _label(console: Console, data: reuters.DataSet, plan: Plan) -> dict[str, Curve]:
    shutil.rmtree(plan.state, ignore_errors=True)
    with (
        Display(console, ORDERS, sum(plan.rounds)) as display,
        local_stack(state=plan.state, parameters=PARAMETERS) as stack,
        httpx.Client(
            base_url=stack.url, auth=(stack.user, stack.password), trust_env=False
        ) as client,
    ):
        backend = DemoBackend(client)
        return label_side_by_side(data, plan.rounds, backend, display, plan.poll_s)


def _conclude(
    console: Console,
    data: reuters.DataSet,
    curves: Mapping[str, Curve],
    seconds: float,
    results: Path,
) -> None:
    active, random = curves["active"], curves["random"]
    results.mkdir(exist_ok=True)
    title = f"{reuters.NAME}: {len(data.pool):,} documents to choose from"
    lines = learning_curve.lines(active, random)
    draw({title: lines}, "held-out documents", results / "learning-curve.png")
    numbers = json.dumps(_result(data, curves, seconds), indent=2)
    (results / "result.json").write_text(numbers + "\n")
    console.print(learning_curve.table(active, random))
    console.print(
        "Accuracy is measured on the answers of /predict. Labels saved: how many more labels random"
        " order took to reach the same accuracy. This is one run; numbers differ between runs."
    )
    console.print(
        f"{seconds:.0f} s. See {results.name}/learning-curve.png and {results.name}/result.json."
    )


def _result(data: reuters.DataSet, curves: Mapping[str, Curve], seconds: float) -> object:
    dataset = {
        "name": reuters.NAME,
        "documents": data.documents,
        "classes": len(data.labels),
        "licence": reuters.LICENCE,
    }
    points = {
        name: [{"labels": point.labels, "accuracy": point.accuracy} for point in curve]
        for name, curve in curves.items()
    }
    return {"dataset": dataset, **points, "seconds": round(seconds, 1)}


def _have_versions(console: Console, curves: Mapping[str, Curve]) -> bool:
    """Say whether each project was served by several versions, one after the other."""
    versions = {name: len({point.version for point in curve}) for name, curve in curves.items()}
    served = ", ".join(f"{name} {count}" for name, count in versions.items())
    console.print(f"Versions trained and served: {served}.")
    return min(versions.values()) >= VERSIONS_WANTED


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Stop everything that was started; further signals are ignored, so that nothing is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("\nStopping ...", flush=True)
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
