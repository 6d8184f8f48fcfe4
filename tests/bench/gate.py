"""How often the gate refuses broken versions, and sound ones.

    python -m tests.bench.gate [seeds] [sets]

Each champion is trained on a simulated project, each challenger on the same project some days
later, sound or broken as happens in life. `damage` is the accuracy it loses on held-out texts.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from labelloop.domain.evidence import Evidence
from labelloop.domain.gate import judge
from tests.bench.simulation import Floats, Ints, Project, fit, labelled, out_of_fold
from tests.bench.text_sets import TextSet, load

SIZES = ((300, 30), (300, 100), (200, 150), (600, 150), (300, 300))  # known, and new labels
SMALL = ((60, 20), (100, 30), (100, 100))  # fewer than 30 random labels: told, not promised
POOL_ROWS, BIG_DAMAGE = 1_500, 0.05
SOUND = ("sound", "sound, 10 % wrong all along", "sound, 5 % corrected", "sound, 10 % deleted")
BROKEN = (
    "day shuffled",
    "two classes swapped, one day",
    "two classes swapped, all labels",
    "30 % wrong, one day",
    "30 % wrong, all labels",
    "truncated to 50 %",
    "truncated to 20 %",
    "a class lost",
)


@dataclass(frozen=True)
class Labels:
    """What each version learns of the tasks in a project's order; -1: no label."""

    champion: Ints
    challenger: Ints


@dataclass(frozen=True)
class Trial:
    """One challenger before the gate."""

    kind: str
    data: str
    random: int
    damage: float
    switched: bool
    reason: str


def labels_of(kind: str, project: Project, known: int, rng: np.random.Generator) -> Labels:
    """Return the labels of a project in which something happened after `known` labels."""
    truth, classes = project.data.labels[project.order].copy(), project.data.classes
    is_old = np.arange(len(truth)) < known
    now = truth.copy()
    if kind == "sound, 10 % wrong all along":
        truth = now = _wrong(truth, rng.random(len(truth)) < 0.1, classes, rng)
    elif kind == "sound, 5 % corrected":
        truth = _wrong(truth, is_old & (rng.random(len(truth)) < 0.05), classes, rng)
    elif kind == "sound, 10 % deleted":
        now = np.where(is_old & (rng.random(len(now)) < 0.1), -1, now)
    elif kind == "day shuffled":
        now[~is_old] = rng.permutation(now[~is_old])
    elif kind.startswith("two classes swapped"):
        first, second = np.argsort(-np.bincount(truth, minlength=classes), kind="stable")[:2]
        rows = ~is_old if kind.endswith("one day") else np.full(len(now), True)
        now[rows & (truth == first)], now[rows & (truth == second)] = second, first
    elif kind.startswith("30 % wrong"):
        rows = ~is_old if kind.endswith("one day") else np.full(len(now), True)
        now = _wrong(now, rows & (rng.random(len(now)) < 0.3), classes, rng)
    elif kind.startswith("truncated"):
        now[int(len(now) * float(kind.split()[2]) / 100) :] = -1
    elif kind == "a class lost":
        now[now == np.bincount(truth).argmax()] = -1
    return Labels(np.where(is_old, truth, -1), now)


def _wrong(labels: Ints, rows: NDArray[np.bool_], classes: int, rng: np.random.Generator) -> Ints:
    other = (labels + rng.integers(1, classes, len(labels))) % classes
    return np.where(rows, other, labels)


def trials(data: TextSet, known: int, new: int, seed: int) -> Iterator[Trial]:
    """Yield every kind of challenger of one simulated project."""
    project, rng = labelled(data, known + new, seed), np.random.default_rng(seed)
    pool = project.data.vectors[rng.choice(project.rest, POOL_ROWS, replace=False)]
    for kind in SOUND + BROKEN:
        yield trial(kind, project, labels_of(kind, project, known, rng), pool)


def trial(kind: str, project: Project, labels: Labels, pool: Floats) -> Trial:
    """Put one challenger before the gate, and measure the damage on held-out texts."""
    data, order = project.data, project.order
    classes, vectors = data.classes, data.vectors[order]
    old, now = labels.champion >= 0, labels.challenger >= 0
    champion = fit(vectors[old], labels.champion[old], classes)
    challenger = fit(vectors[now], labels.challenger[now], classes)
    honest_old = champion(vectors)
    honest_old[old] = out_of_fold(vectors[old], labels.champion[old], order[old], classes)
    honest_new = np.full((len(order), classes), 1 / classes)
    honest_new[now] = out_of_fold(vectors[now], labels.challenger[now], order[now], classes)
    verdict = judge(
        Evidence(
            before=labels.champion,
            labels=labels.challenger,
            is_random=project.random[order],
            is_fresh=np.full(len(order), False),
            champion=honest_old,
            challenger=honest_new,
            pool_champion=champion(pool),
            pool_challenger=challenger(pool),
            offered=np.full(classes, True),
        )
    )
    held_out, truth = data.vectors[data.pool :], data.labels[data.pool :]
    was, becomes = (
        float((model(held_out).argmax(1) == truth).mean()) for model in (champion, challenger)
    )
    random = int((project.random[order] & now).sum())
    return Trial(kind, data.name, random, was - becomes, verdict.switches, verdict.reason)


def show(found: list[Trial], title: str) -> None:
    """Print refusals by kind and damage."""
    table = Table("challenger", "refused", "damage > 5 points", "refused", "why", title=title)
    for kind in SOUND + BROKEN:
        rows = [one for one in found if one.kind == kind]
        big = [one for one in rows if one.damage > BIG_DAMAGE]
        whys = Counter(one.reason.lstrip("0123456789.% ")[:32] for one in rows if not one.switched)
        why = whys.most_common(1)[0][0] if whys else ""
        table.add_row(kind, _refused(rows), str(len(big)), _refused(big), why)
    Console(width=120).print(table)


def _refused(rows: list[Trial]) -> str:
    refused = sum(not one.switched for one in rows)
    return f"{refused} of {len(rows)} ({refused / len(rows):.1%})" if rows else "-"


def main(seeds: int, names: str) -> bool:
    """Simulate, print, and say whether both promises hold."""
    found: list[Trial] = []
    small: list[Trial] = []
    for data in load(names):
        for seed in range(seeds):
            for known, new in SIZES:
                found += trials(data, known, new, seed)
            for known, new in SMALL:
                small += trials(data, known, new, seed)
        show([one for one in found if one.data == data.name], data.name)
    show(small, f"fewer than 30 random labels ({min(t.random for t in small)} at least)")
    show(found, f"30 random labels or more ({min(t.random for t in found if t.kind == 'sound')})")
    broken = [one for one in found if one.kind in BROKEN and one.damage > BIG_DAMAGE]
    sound = [one for one in found if one.kind in SOUND]
    blocked = sum(not one.switched for one in broken) / len(broken)
    refused = sum(not one.switched for one in sound) / len(sound)
    print(f"broken by more than 5 points: {blocked:.1%} of {len(broken)} refused (goal: 90 %)")
    print(f"sound: {refused:.1%} of {len(sound)} refused (goal: at most 5 %)")
    return blocked >= 0.9 and refused <= 0.05


if __name__ == "__main__":
    seeds_, names_ = [*sys.argv[1:], *("4", "")[len(sys.argv) - 1 :]][:2]
    sys.exit(not main(int(seeds_), names_))
