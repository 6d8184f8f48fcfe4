"""Whether the label-saving estimate's band holds the truth, and whether stopping advice is sound.

    python -m tests.bench.savings [seeds] [sets]

The truth of a run: how many labels random order, in the mean of its runs, takes to the accuracy
that the run has on held-out texts, or as many as an estimate may say at most.
"""

import sys
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from labelloop.domain.judging.curve import CurvePoint, expected_gain
from labelloop.domain.judging.insights import NEXT_LABELS, believed_error
from labelloop.domain.judging.savings import FOLLOWED, pooled_error, saving
from labelloop.domain.judging.stopping import advise, per_step
from labelloop.recipes import control_of
from tests.bench.report import Finding, write
from tests.bench.simulation import Floats, Ints, Project, TextSet, Version, labelled, load
from tests.builders import label_config

AT = (100, 180, 300, 500)
STEP, MOST, REFERENCE = 25, FOLLOWED, 1_000
SIZES = (10, 15, 20, 30, 40, 60, 80, 110, 150, 200, 270, 360, 480, 640, 850, 1_100, 1_500, 2_000)
RANDOM_RUNS, SAMPLE = 6, 1_500
CONTROL = control_of(label_config())


@dataclass(frozen=True)
class Run:
    """One estimate beside the truth."""

    labels: int
    truth: float
    estimate: float
    low: float
    high: float
    error: float

    @property
    def holds(self) -> bool:
        """Whether the band holds the truth."""
        return self.low <= self.truth <= self.high


@dataclass(frozen=True)
class Stop:
    """Where stopping was advised, and accuracy there and at 1,000 labels."""

    labels: int | None
    accuracy: float
    reference: float


def random_curve(data: TextSet) -> Floats:
    """Return the mean accuracy of random order at each size, never falling."""
    found = np.zeros((RANDOM_RUNS, len(SIZES)))
    for seed in range(RANDOM_RUNS):
        order = np.random.default_rng(1_000 + seed).permutation(data.pool)
        for place, size in enumerate(SIZES):
            found[seed, place] = accuracy(data, order[:size])
    return np.maximum.accumulate(found.mean(axis=0))


def accuracy(data: TextSet, rows: Ints) -> float:
    """Return the held-out accuracy of a model of some rows."""
    return Version(data, rows, data.labels[rows]).accuracy()


def labels_in_random_order(curve: Floats, reached: float) -> float:
    """Return where the curve reaches an accuracy, infinite where it never does."""
    if reached > curve[-1]:
        return float("inf")
    rising = curve + 1e-9 * np.arange(len(curve))
    return float(np.exp(np.interp(reached, rising, np.log(SIZES))))


def error_now(project: Project, size: int) -> float:
    """Return the error as the trainer can know it after so many labels."""
    data, rows = project.data, project.order[:size]
    labels = data.labels[rows]
    version = Version(data, rows, labels)
    missed = 1 - CONTROL.measure.hits(data.answers(version.out_of_fold), data.named(labels))
    confidence = version.predict(np.setdiff1d(np.arange(data.pool), rows)).max(axis=1)
    random = project.random[rows]
    believed = believed_error(confidence, float(missed.sum()), size, data.pool)
    assert believed is not None
    return pooled_error(float(missed[random].sum()), int(random.sum()), believed)


def estimates(data: TextSet, project: Project, curve: Floats) -> list[Run]:
    """Return the estimates of one run at several sizes."""
    found, law = [], CONTROL.law
    assert law is not None
    for size in AT:
        error = error_now(project, size)
        told = saving(size, error, data.pool, law)
        truth = labels_in_random_order(curve, accuracy(data, project.order[:size]))
        if told is not None:
            truth = min(truth, told.most)
            found.append(Run(size, truth, told.random_order, told.low, told.high, error))
    return found


def stop(data: TextSet, project: Project) -> Stop:
    """Follow a run until labelling is advised to stop."""
    sample = np.random.default_rng(0).choice(data.pool, min(SAMPLE, data.pool), replace=False)
    before: list[str] | None = None
    disagreements: list[float] = []
    points: list[CurvePoint] = []
    at: int | None = None
    reference = reached = 0.0
    for size in range(STEP, len(project.order) + 1, STEP):
        rows = project.order[:size]
        said = Version(data, rows, data.labels[rows]).predict(sample)
        now = CONTROL.measure.labels(data.answers(said))
        if before is not None:
            disagreements.append(per_step(CONTROL.measure.disagreement(before, now), STEP))
        before = now
        if size == REFERENCE:
            reference = accuracy(data, rows)
        if at is None and size % (2 * STEP) == 0:
            points.append(CurvePoint(size, error_now(project, size)))
            gain = expected_gain(points, min(NEXT_LABELS, data.pool - size))
            if advise(size, disagreements, gain).stops:
                at, reached = size, accuracy(data, rows)
        if at is not None and size >= REFERENCE:
            break
    return Stop(at, reached, reference)


def main(seeds: int, names: str, stops: int) -> bool:
    """Simulate, print, and say whether the promises hold."""
    table = Table("set", "runs", "band holds", "median truth / labels", "median estimate / labels")
    ends = Table("set", "advised at", "accuracy there", "at 1,000 labels", "lost")
    runs: list[Run] = []
    lost: list[float] = []
    for data in load(names):
        curve = random_curve(data)
        own = [
            run
            for seed in range(seeds)
            for run in estimates(data, labelled(data, max(AT), seed), curve)
        ]
        runs += own
        table.add_row(data.name, *_summary(own))
        for seed in range(stops):
            one = stop(data, labelled(data, min(MOST, data.pool - STEP), seed))
            lost.append(one.reference - one.accuracy if one.labels else 1.0)
            shown = f"{one.accuracy:.3f}", f"{one.reference:.3f}", f"{lost[-1]:+.3f}"
            ends.add_row(data.name, str(one.labels or "never"), *shown)
    table.add_row("all", *_summary(runs))
    Console(width=110).print(table, ends)
    missed = 1 - float(np.mean([run.holds for run in runs]))
    findings = [Finding(f"90 % bands that miss the truth, of {len(runs)}", 100 * missed, "%", 15)]
    if lost:
        findings.append(Finding("accuracy lost by stopping, worst", 100 * max(lost), "points", 1))
    return write("savings", findings)


def _summary(runs: list[Run]) -> tuple[str, str, str, str]:
    held = np.mean([run.holds for run in runs])
    truth = np.median([run.truth / run.labels for run in runs])
    estimate = np.median([run.estimate / run.labels for run in runs])
    return str(len(runs)), f"{held:.1%}", f"{truth:.2f}", f"{estimate:.2f}"


if __name__ == "__main__":
    given = sys.argv[1:]
    seeds_, names_, stops_ = [*given, *("12", "", "1")[len(given) :]][:3]
    sys.exit(not main(int(seeds_), names_, int(stops_)))
