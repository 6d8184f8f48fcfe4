"""From curves to findings: ratios, areas, the table of README.md, the picture."""

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
from labelloop.picture import Line, draw
from labelloop.usecases.judging.backtest import is_level
from tests.bench.labels import peers
from tests.bench.labels.curves import Curve, area, mean
from tests.bench.labels.data import UNSEEN, commonest_share
from tests.bench.labels.systems import OURS, TERMS, WITH_E5
from tests.bench.report import Finding, write

LOOKED_AT = (30, 50, 100, 200)  # labels
TARGET = 500  # labels that the other system has had
COLOURS = {
    OURS: "#0f766e",
    WITH_E5: "#7c3aed",
    "TF-IDF, margin": "#9a6b2f",
    "TF-IDF, random": "#a8a29e",
}
HERE = Path(__file__).parent

type Curves = dict[str, list[Curve]]  # by way: a curve for each seed
type Measured = Mapping[tuple[str, str], Curves]  # by kind and set


def report(measured: Measured) -> bool:
    """Write findings, tables and picture; say whether every goal is reached."""
    systems = {name: curves for (kind, name), curves in measured.items() if kind == "systems"}
    orders = {name: curves for (kind, name), curves in measured.items() if kind == "orders"}
    same = {name: curves for (kind, name), curves in measured.items() if kind == "peers"}
    other = {name: curves for (kind, name), curves in measured.items() if kind == "other"}
    tables = {
        "systems": _systems_table(systems) if systems else "",
        "orders": _orders_table(orders) if orders else "",
        "peers": _peers_table(same) if same else "",
        "other": _other_table(other) if other else "",
    }
    path = HERE / "README.md"
    path.write_text(_with(path.read_text(), tables))
    if systems:
        panels = {name: _lines(curves) for name, curves in systems.items()}
        draw(panels, "held-out texts", HERE / "curves.png")
    findings = [*_ratios(systems), *_behind(orders), *_areas(same), *_savings(other)]
    return write("bench-labels", findings)


def _with(text: str, tables: Mapping[str, str]) -> str:
    """Return a text with new tables, each behind its mark; those not measured stay as they are."""
    for name, table in tables.items():
        before, mark, behind = text.partition(f"<!-- {name} -->\n")
        if table and mark:
            _, another, rest = behind.partition("<!-- ")
            text = f"{before}{mark}\n{table}\n" + (f"\n{another}{rest}" if another else "")
    return text


def fewer(curves: Curves, ours: str, *theirs: str) -> float:
    """Return how many times fewer labels it takes to the best of their accuracies at the target."""
    needed = labels_to_reach(_goal(curves, theirs), mean(curves[ours]))
    return TARGET / needed if needed else 0.0


def _goal(curves: Curves, ways: Collection[str]) -> float:
    return max(dict(mean(curves[way]))[TARGET] for way in ways)


def _baselines(order: str) -> list[str]:
    return ["TF-IDF, margin"] if order == "margin" else [f"{terms}, random" for terms in TERMS]


def _lines(curves: Curves) -> list[Line]:
    random = max(_baselines("random"), key=lambda way: dict(mean(curves[way]))[TARGET])
    ways = {name: random if name == "TF-IDF, random" else name for name in COLOURS}
    return [
        Line(name, mean(curves[ways[name]]), colour, marker="")
        for name, colour in COLOURS.items()
        if ways[name] in curves
    ]


def _ratios(systems: Mapping[str, Curves]) -> Iterator[Finding]:
    goals = {"random": (10, 4), "margin": (5, 2)}
    for order, with_added in product(goals, (False, True)):
        ratios = [
            fewer(one, WITH_E5 if with_added and WITH_E5 in one else OURS, *_baselines(order))
            for one in systems.values()
        ]
        title = f"fewer labels than the better TF-IDF in {order} order at {TARGET}"
        title += ", with e5 for other languages and for tone" if with_added else ""
        if ratios:
            among = float(np.exp(np.mean(np.log(np.maximum(ratios, 0.1)))))
            least_mean, least_worst = goals[order]
            yield Finding(f"{title}, geometric mean", among, "times", least_mean, at_least=True)
            yield Finding(f"{title}, worst", min(ratios), "times", least_worst, at_least=True)


def _behind(orders: Mapping[str, Curves]) -> Iterator[Finding]:
    """Compare the default order with random order, with no model, and with the best of ours."""
    for name, curves in orders.items():
        at = {
            way: np.array([[dict(c)[n] for n in LOOKED_AT] for c in curves[way]]) for way in curves
        }
        gaps = at[DEFAULT] - at[RANDOM]
        ahead = gaps.mean(axis=0) + _error(gaps)
        title = f"accuracy at {', '.join(map(str, LOOKED_AT))} labels, at worst, against"
        yield Finding(f"{title} random order (and a standard error), {name}", *_points(ahead.min()))
        commonest = commonest_share(name)
        ahead = at[DEFAULT].mean(axis=0) - commonest
        yield Finding(f"{title} the commonest class, {name}", *_points(ahead.min()))
        areas = {way: _first_areas(found) for way, found in curves.items()}
        best = max(areas, key=lambda way: areas[way].mean())
        gap = areas[DEFAULT] - areas[best]
        title = (
            f"area under the curve against the best of our orders, {best} (and a standard error)"
        )
        yield Finding(f"{title}, {name}", *_points(gap.mean() + float(_error(gap))))


def _first_areas(curves: list[Curve]) -> NDArray[np.float64]:
    """Return the areas from where every order has met two classes."""
    return np.array([area([one for one in curve if one[0] >= LOOKED_AT[0]]) for curve in curves])


def _error(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean of paired differences, by the first axis."""
    return gaps.std(axis=0, ddof=1) / len(gaps) ** 0.5


def _points(gap: float) -> tuple[float, str, float, bool]:
    return 100 * float(gap), "points", 0, True


def _areas(same: Mapping[str, Curves]) -> Iterator[Finding]:
    for name, curves in same.items():
        areas = {way: [area(curve) for curve in found] for way, found in curves.items()}
        ours = areas.pop(peers.OURS)
        random = float(np.mean(areas.pop(peers.RANDOM)))
        best = max(areas, key=lambda way: float(np.mean(areas[way])))
        gap = float(np.mean(ours) - np.mean(areas[best]))
        error = float(np.std(ours, ddof=1) + 1e-9) / len(ours) ** 0.5 if len(ours) > 1 else 0.0
        title = f"area under the curve against {best} (less one standard error), {name}"
        yield Finding(title, gap + error, "accuracy", 0, at_least=True)
        title = f"area under the curve against random order, {name}"
        yield Finding(title, float(np.mean(ours)) - random, "accuracy", 0, at_least=True)


def _savings(other: Mapping[str, Curves]) -> Iterator[Finding]:
    for name, curves in other.items():
        ratio = fewer(curves, "default order", "random order")
        title = f"fewer labels than random order at {TARGET}, {name}"
        yield Finding(title, ratio, "times", 2.5, at_least=True)


def _systems_table(systems: Mapping[str, Curves]) -> str:
    rows = ["| set | tuned on | TF-IDF at 500, random / margin | Labelloop at 50, 100, 200 |"]
    rows[0] += " labels to random's | fewer | labels to margin's | fewer |"
    rows.append("|---|---|---|---|---|---|---|---|")
    for name, way in ((name, way) for name in systems for way in (OURS, WITH_E5)):
        curves = systems[name]
        if way not in curves:
            continue
        ours = mean(curves[way])
        theirs = [_goal(curves, _baselines(order)) for order in ("random", "margin")]
        needed = [labels_to_reach(goal, ours) for goal in theirs]
        shown = name + way.removeprefix(OURS).replace(" ", ", ", 1)
        cells = [shown, "no" if name in UNSEEN else "yes"]
        cells.append(" / ".join(f"{goal:.3f}" for goal in theirs))
        cells.append(", ".join(f"{dict(ours).get(at, np.nan):.3f}" for at in (50, 100, 200)))
        for labels in needed:
            cells += [f"{labels:.0f}", f"{TARGET / labels:.1f}x"] if labels else ["never", "-"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _orders_table(orders: Mapping[str, Curves]) -> str:
    ways = list(next(iter(orders.values()), {}))
    rows = [f"| set | commonest class | {' | '.join(ways)} |", "|---" * (len(ways) + 2) + "|"]
    for name, curves in orders.items():
        areas = np.array([_first_areas(curves[way]) for way in ways])
        means = areas.mean(axis=1)
        first = [is_level(areas[means.argmax()] - one) for one in areas]
        cells = [
            f"**{one:.3f}**" if is_ else f"{one:.3f}" for one, is_ in zip(means, first, strict=True)
        ]
        rows.append(f"| {name} | {commonest_share(name):.3f} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _peers_table(same: Mapping[str, Curves]) -> str:
    ways = list(next(iter(same.values()), {}))
    rows = [f"| set | {' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|"]
    for name, curves in same.items():
        areas = np.array([[area(curve) for curve in curves[way]] for way in ways])
        errors = areas.std(axis=1) / areas.shape[1] ** 0.5
        means = areas.mean(axis=1)
        best = areas[means.argmax()]
        cells = [f"{mean_:.3f} ± {error:.3f}" for mean_, error in zip(means, errors, strict=True)]
        are_first = [is_level(best - one) for one in areas]
        cells = [
            f"**{cell}**" if first else cell for cell, first in zip(cells, are_first, strict=True)
        ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _other_table(other: Mapping[str, Curves]) -> str:
    rows = ["| set | random order at 500 | labels to it in default order | fewer |"]
    rows.append("|---|---|---|---|")
    for name, curves in other.items():
        goal = dict(mean(curves["random order"]))[TARGET]
        ratio = fewer(curves, "default order", "random order")
        labels = f"{TARGET / ratio:.0f}" if ratio else "never"
        rows.append(f"| {name} | {goal:.3f} | {labels} | {ratio:.1f}x |")
    return "\n".join(rows)
