"""How few labels: Labelloop against what most have, and its strategy against its peers'.

    make bench-labels [ARGS='--seeds 1 --sets Snips,R8 --jobs 1']

What was measured is kept in .local/bench-labels, set by set. `--again` measures all ways anew, and
`--again Labelloop` those with the word in their names: no peer changes when our code does.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.labels import other_kinds, peers, tuned
from tests.bench.labels.data import FOR_E5, load
from tests.bench.labels.findings import report
from tests.bench.labels.packages import ROOT, NoSet
from tests.bench.labels.sources import text_sets
from tests.bench.labels.systems import ORDERS, SYSTEMS, WITH_E5
from tests.bench.report import write

KEPT = ROOT / ".local" / "bench-labels"
PEERS_POOL = 2_000
MORE_SEEDS = 4  # times as many, where runs lie far apart or ways close together
FEW_TEXTS = 1_000  # held-out texts, by which runs lie far apart
SAME_OF_TWO = dict.fromkeys(("least_confidence", "entropy"), "margin")  # of two classes
WAYS = {
    "systems": list(SYSTEMS),
    "orders": list(ORDERS),
    "peers": [peers.OURS, peers.RANDOM, *peers.PEERS],
    "other": list(other_kinds.ORDERS),  # images and tables
}


@dataclass(frozen=True)
class Job:
    """One set, measured in one way."""

    kind: str  # of WAYS
    name: str
    seeds: int
    again: str | None  # a part of the names of ways to measure anew; None for none

    @property
    def path(self) -> Path:
        """Where its curves are kept."""
        return KEPT / f"{self.kind} {self.name} {self.seeds}.json"

    def run(self) -> None:
        """Measure the curves of each seed and way, but for those that are kept."""
        kept = json.loads(self.path.read_text()) if self.path.is_file() else {}
        ways, again = self._ways(), self.again
        wanted = [way for way in ways if way not in kept or (again is not None and again in way)]
        if not wanted:
            return
        try:
            found: list[dict] = getattr(self, f"_{self.kind}")(wanted)
        except NoSet as exc:
            print(f"{self.name} left out: {exc}")
            return
        if found:
            kept |= {way: [one[way] for one in found] for way in wanted}
            self.path.write_text(json.dumps({way: kept[way] for way in ways}))
            print(f"{self.kind}: {self.name} measured", flush=True)

    def _ways(self) -> list[str]:
        ways = WAYS[self.kind]
        return ways if self.name in FOR_E5 else [way for way in ways if way != WITH_E5]

    def _systems(self, wanted: list[str]) -> list[dict]:
        return [
            {way: SYSTEMS[way](data.drawn(seed), seed) for way in wanted}
            for data in load(self.name)
            for seed in range(self.seeds * (MORE_SEEDS if len(data.test) < FEW_TEXTS else 1))
        ]

    def _orders(self, wanted: list[str]) -> list[dict]:
        (data,) = load(self.name)
        found = list[dict]()
        for seed in range(self.seeds * MORE_SEEDS):
            drawn = data.drawn(seed)
            same = SAME_OF_TWO if len(set(drawn.pool.labels)) == 2 else {}
            curves = {
                way: ORDERS[way](drawn, seed) for way in {same.get(way, way) for way in wanted}
            }
            found.append({way: curves[same.get(way, way)] for way in wanted})
        return found

    def _peers(self, wanted: list[str]) -> list[dict]:
        found = []
        for every in load(self.name):
            for seed in range(self.seeds * MORE_SEEDS):
                data = every.drawn(seed)
                codes = {label: code for code, label in enumerate(sorted(set(data.pool.labels)))}
                test = np.array([codes[label] for label in data.test.labels])
                pool = np.random.default_rng(100 + seed).permutation(len(data.pool))[:PEERS_POOL]
                labels = np.array([codes[label] for label in data.pool.labels[pool]])
                vectors = data.pool.features.vectors, data.test.features.vectors
                assert vectors[0] is not None
                assert vectors[1] is not None
                rounds = peers.Rounds(vectors[0][pool], labels, vectors[1], test, seed)
                found.append(peers.curves(rounds, wanted))
        return found

    def _other(self, wanted: list[str]) -> list[dict]:
        rows = other_kinds.sets()[self.name]()
        seeds = range(3 * self.seeds)  # small sets, on which runs lie far apart
        are_images = self.name in other_kinds.IMAGES
        return [other_kinds.curves(rows, seed, wanted, are_images) for seed in seeds]


def main() -> bool:
    """Measure what is not kept, report, and say whether all goals are reached."""
    asks = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asks.add_argument("--seeds", type=int, default=5)
    asks.add_argument("--sets", default="", help="names, separated by commas")
    asks.add_argument("--kinds", default="", help=f"of {', '.join(WAYS)}; separated by commas")
    asks.add_argument("--jobs", type=int, default=2, help="sets measured at a time")
    asks.add_argument("--again", nargs="?", const="", help="measure anew; only ways named so")
    asks.add_argument("--tuned", default="", help="a Python with torch: what tuning brings, alone")
    chosen = asks.parse_args()
    wanted = [name for name in chosen.sets.split(",") if name]
    kinds = [kind for kind in chosen.kinds.split(",") if kind]
    if chosen.tuned:
        return measure_tuned(chosen.tuned, wanted, chosen.seeds)
    texts, others = list(text_sets()), list(other_kinds.sets())
    names = {"systems": texts, "orders": texts, "peers": texts, "other": others}
    jobs = [
        Job(kind, name, chosen.seeds, chosen.again)
        for kind, known in names.items()
        for name in known
        if (not wanted or name in wanted) and (not kinds or kind in kinds)
    ]
    KEPT.mkdir(parents=True, exist_ok=True)
    for _ in load(chosen.sets):  # the features, once, by all processors
        pass
    with ProcessPoolExecutor(chosen.jobs) as workers:
        list(workers.map(Job.run, jobs))
    every = [Job(kind, name, chosen.seeds, None) for kind in names for name in names[kind]]
    kept = [job for job in every if job.path.is_file()]
    return report({(job.kind, job.name): json.loads(job.path.read_text()) for job in kept})


def measure_tuned(python: str, wanted: list[str], seeds: int) -> bool:
    """Measure what tuning brings, one seed after the other, and report."""
    KEPT.mkdir(parents=True, exist_ok=True)
    names = [name for name in (*tuned.TONE, *tuned.TOPICS) if not wanted or name in wanted]
    by_seed = [tuned.measured(python, names, seed, KEPT) for seed in range(seeds)]
    found = {name: [one[name] for one in by_seed] for name in names}
    return write("bench-labels-tuned", list(tuned.findings(found)))


if __name__ == "__main__":
    sys.exit(not main())
