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

from labelloop.domain.judging.evidence import FRESH, Evidence
from labelloop.domain.judging.gate import judge
from labelloop.recipes.text_choices.measure import MEASURE
from tests.bench.report import Finding, write
from tests.bench.simulation import Ints, Project, TextSet, Version, labelled, load

SIZES = ((300, 30), (300, 100), (200, 150), (600, 150), (300, 300))  # known, and new labels
SMALL = ((60, 20), (100, 30), (100, 100))  # fewer than 30 random labels: told, not promised
POOL_ROWS, BIG_DAMAGE = 1_500, 0.05
SOUND = ("sound", "sound, 10 % wrong all along", "sound, 5 % corrected", "sound, 10 % deleted")
KNOWN, STEP, MOST_WAITED = 300, 25, 300
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
ROUND, ROUNDS = 30, 6  # of wrong labels, one after the other
LASTING = ("two classes change places for good", "30 % wrong, all labels", "a class lost")


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
    pool = rng.choice(project.rest, min(POOL_ROWS, len(project.rest)), replace=False)
    for kind in SOUND + BROKEN:
        yield trial(kind, project, labels_of(kind, project, known, rng), pool)


def trial(
    kind: str, project: Project, labels: Labels, pool: Ints, refused_at: int = sys.maxsize
) -> Trial:
    """Put one challenger before the gate, and measure the damage on held-out texts."""
    data, order = project.data, project.order
    old, now = labels.champion >= 0, labels.challenger >= 0
    champion = Version(data, order[old], labels.champion[old])
    challenger = Version(data, order[now], labels.challenger[now])
    honest_old = champion.predict(order)
    honest_old[old] = champion.out_of_fold
    honest_new = np.full((len(order), data.classes), 1 / data.classes)
    honest_new[now] = challenger.out_of_fold
    verdict = judge(
        Evidence(
            measure=MEASURE,
            known=data.known,
            parts=[(name,) for name in data.known],
            before=labels.champion,
            labels=labels.challenger,
            is_random=project.random[order],
            is_fresh=np.arange(len(order)) >= max(refused_at, len(order) - FRESH),
            is_tuned=np.zeros(len(order), np.bool_),
            champion=data.answers(honest_old),
            challenger=data.answers(honest_new),
            pool_champion=data.answers(champion.predict(pool)),
            pool_challenger=data.answers(challenger.predict(pool)),
            offered=data.known,
        )
    )
    damage = champion.accuracy() - challenger.accuracy()
    random = int((project.random[order] & now).sum())
    return Trial(kind, data.name, random, damage, verdict.switches, verdict.reason)


def labels_until_switched(data: TextSet, seed: int) -> dict[str, int | None]:
    """Return after how many labels a project goes on in which the active version is out of date."""
    project = labelled(data, KNOWN + MOST_WAITED, seed)
    rng = np.random.default_rng(seed)
    pool = rng.choice(project.rest, min(POOL_ROWS, len(project.rest)), replace=False)
    return {kind: _until_switched(kind, project, pool, rng) for kind in LASTING}


def _until_switched(
    kind: str, project: Project, pool: Ints, rng: np.random.Generator
) -> int | None:
    """Labels made after the first refusal are right, or follow the new meaning."""
    data, refused_at = project.data, sys.maxsize
    if kind == LASTING[0]:
        every = labels_of("two classes swapped, one day", project, KNOWN, rng)
    else:
        begun = Project(data, project.order[: KNOWN + STEP], project.random)
        every = labels_of(kind, begun, KNOWN, rng)
        later = data.labels[project.order[KNOWN + STEP :]]
        every = Labels(
            np.append(every.champion, np.full(len(later), -1)), np.append(every.challenger, later)
        )
    for size in range(KNOWN + STEP, len(project.order) + 1, STEP):
        known = Project(data, project.order[:size], project.random)
        labels = Labels(every.champion[:size], every.challenger[:size])
        if trial(kind, known, labels, pool, refused_at).switched:
            return size - KNOWN
        refused_at = min(refused_at, size)
    return None


def rounds_served(data: TextSet, seed: int) -> int:
    """Return how many rounds of wrong labels are switched in, each judged by the one before."""
    project = labelled(data, KNOWN + ROUND * ROUNDS, seed)
    rng, every = np.random.default_rng(seed), len(project.order)
    pool = rng.choice(project.rest, min(POOL_ROWS, len(project.rest)), replace=False)
    labels = _wrong(data.labels[project.order], np.arange(every) >= KNOWN, data.classes, rng)
    known, refused_at, served = KNOWN, sys.maxsize, 0
    for size in range(KNOWN + ROUND, every + 1, ROUND):
        until_now = Project(data, project.order[:size], project.random)
        learnt = np.where(np.arange(size) < known, labels[:size], -1)
        if trial("steady", until_now, Labels(learnt, labels[:size]), pool, refused_at).switched:
            served, known, refused_at = served + 1, size, sys.maxsize
        else:
            refused_at = min(refused_at, size)
    return served


def show_waits(waits: list[dict[str, int | None]]) -> None:
    """Print how long projects waited."""
    table = Table("then, after 300 labels", "labels until the next version", title="giving way")
    for kind in LASTING:
        table.add_row(kind, ", ".join(str(wait[kind] or f"> {MOST_WAITED}") for wait in waits))
    Console(width=120).print(table)


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
    waits: list[dict[str, int | None]] = []
    steady: list[int] = []
    for data in load(names):
        for seed in range(seeds):
            for known, new in SIZES:
                found += trials(data, known, new, seed)
            for known, new in SMALL:
                small += trials(data, known, new, seed)
            waits.append(labels_until_switched(data, seed))
            if data.classes > 2:  # of two, all wrong is the other way round: a new meaning
                steady.append(rounds_served(data, seed))
        show([one for one in found if one.data == data.name], data.name)
    show(small, f"fewer than 30 random labels ({min(t.random for t in small)} at least)")
    show(found, f"30 random labels or more ({min(t.random for t in found if t.kind == 'sound')})")
    show_waits(waits)
    broken = [one for one in found if one.kind in BROKEN and one.damage > BIG_DAMAGE]
    sound = [one for one in found if one.kind in SOUND]
    blocked = sum(not one.switched for one in broken) / len(broken)
    refused = sum(not one.switched for one in sound) / len(sound)
    rounds = len(steady) * ROUNDS
    served = 100 * sum(steady) / max(1, rounds)
    tested = f"of {len(broken)} broken by more than 5 points", f"of {len(sound)} sound"
    return write(
        "gate",
        [
            Finding(f"let through {tested[0]}", 100 * (1 - blocked), "%", 10),
            Finding(f"refused {tested[1]}", 100 * refused, "%", 5),
            Finding(f"let through of {rounds} rounds of 30 wrong labels", served, "%", 10),
        ],
    )


if __name__ == "__main__":
    seeds_, names_ = [*sys.argv[1:], *("4", "")[len(sys.argv) - 1 :]][:2]
    sys.exit(not main(int(seeds_), names_))
