"""The blocks of a project's page as tables: what the page shows, and what can be downloaded."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.domain.serving.in_words import label_in_words, problems, work_of
from labelloop.pages.links import task_link

type Shown = Mapping[str, Any]
"""What `usecases.serving.show_project` returns."""

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")  # as spreadsheets take them


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by column. A value is a text, a number, a truth value or None."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]

    def to_json(self) -> str:
        """Return the rows as a JSON list of objects."""
        return json.dumps(self.rows, indent=1)

    def to_csv(self) -> str:
        """Return the rows as CSV with a header; no text is taken for a formula."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns)
        writer.writeheader()
        writer.writerows({name: _cell(row.get(name)) for name in self.columns} for row in self.rows)
        return text.getvalue()


def table_of(name: str, shown: Shown, label_studio: str) -> Table | None:
    """Return a block by its name, None if there is no such block."""
    block = BLOCKS.get(name)
    return block(shown, label_studio) if block else None


def _insights(shown: Shown) -> Mapping[str, Any]:
    card = shown["status"]["card"]
    return card["insights"] if card else {}


def _curve(shown: Shown, _: str) -> Table:
    random = {one["labels"]: one for one in shown["random_order"]}
    rows = [
        {
            "labels": point["labels"],
            "value": round(1 - point["error"], 4),
            "low": _complement(point.get("high")),
            "high": _complement(point.get("low")),
            "random_order": random.get(point["labels"], {}).get("random_order"),
        }
        for point in _insights(shown).get("curve", [])
    ]
    return Table(("labels", "value", "low", "high", "random_order"), rows)


def _complement(error: float | None) -> float | None:
    return None if error is None else round(1 - error, 4)


def _now(shown: Shown, _: str) -> Table:
    status = shown["status"]
    rows = [{"what": "waiting events", "state": status["pending_events"], "fix": ""}]
    rows += [{"what": "at work", "state": text, "fix": ""} for text in work_of(status["progress"])]
    rows += [{"what": "problem", "state": why, "fix": fix} for why, fix in problems(status)]
    return Table(("what", "state", "fix"), rows)


def _parts(shown: Shown, _: str) -> Table:
    """Return classes or types, the weakest first; those without a figure last."""
    insights, card = _insights(shown), shown["status"]["card"] or {}
    qualities, pool = insights.get("by_class", {}), insights.get("pool_shares", {})
    counts = card.get("classes", {})
    offered = shown["status"]["learning"]["labels"]
    has_none = card and not (counts or qualities)  # labels that are numbers, or orders
    names = set() if has_none else {*counts, *qualities, *pool, *offered}
    rows = [_part(name, counts, qualities.get(name, {}), pool) for name in names]
    rows.sort(key=lambda row: (row["recall"] is None, row["recall"], row["name"]))
    figures = [f"{of}{end}" for of in ("recall", "precision") for end in ("", "_low", "_high")]
    return Table(("name", "labels", "pool_share", *figures, "recall_rows"), rows)


def _part(
    name: str, counts: Mapping[str, int], quality: Mapping[str, Any], pool: Mapping[str, float]
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "labels": counts.get(name, 0)}
    row["pool_share"] = pool.get(name, 0.0) if pool else None
    for of in ("recall", "precision"):
        share = quality.get(of) or {}
        is_known = bool(share.get("rows"))
        row |= {of: share["value"] if is_known else None}
        row |= {f"{of}_{end}": share[end] if is_known else None for end in ("low", "high")}
    return row | {"recall_rows": (quality.get("recall") or {}).get("rows", 0)}


def _confusions(shown: Shown, _: str) -> Table:
    return Table(("label", "predicted", "tasks"), _insights(shown).get("confusions", []))


def _doubts(shown: Shown, label_studio: str) -> Table:
    rows = [
        {
            "task": one["task"],
            "label": label_in_words(one["label"]),
            "suggested": label_in_words(one["suggested"]),
            "doubt": one["doubt"],
            "why": one["why"],
            "link": task_link(label_studio, shown["status"]["project"], one["task"]),
        }
        for one in shown["doubts"]
    ]
    return Table(("task", "label", "suggested", "doubt", "why", "link"), rows)


def _alike(shown: Shown, label_studio: str) -> Table:
    key = shown["status"]["project"]
    rows = [
        {
            "task": one["task"],
            "label": label_in_words(one["label"]),
            "other": one["other"],
            "other_label": label_in_words(one["other_label"]),
            "likeness": one["likeness"],
            "link": task_link(label_studio, key, one["task"]),
            "other_link": task_link(label_studio, key, one["other"]),
        }
        for one in shown["alike"]
    ]
    names = "task", "label", "other", "other_label", "likeness", "link", "other_link"
    return Table(names, rows)


def _outlook(shown: Shown, _: str) -> Table:
    """Return how long labelling takes at the pace of now, and what it costs."""
    pace, cost = shown["pace"], shown["cost"]
    facts = {
        "labels a day": pace["a_day"],
        "labels until it may be advised to stop": pace["to_stop"],
        "days until it may be advised to stop": pace["days_to_stop"],
        "tasks left": pace["left"],
        "days until all tasks are labelled": pace["days_left"],
        f"USD for training in {cost['month']}": cost["of"].get("training", 0.0),
        f"USD for ranking in {cost['month']}": cost["of"].get("ranking", 0.0),
    }
    rows = [{"what": what, "value": value} for what, value in facts.items() if value is not None]
    return Table(("what", "value"), rows)


def _people(shown: Shown, _: str) -> Table:
    counts, agreements = ("labels", "skipped", "seconds"), ("agreement", "blind")
    names = ("annotator", *counts, *agreements, "with_others", "shared")
    rows = [{name: one[name] for name in names} for one in shown["people"]]
    return Table(names, rows)


def _days(shown: Shown, _: str) -> Table:
    rows = [
        {"day": day, "annotator": one["annotator"], "labels": labels}
        for one in shown["people"]
        for day, labels in one["days"].items()
    ]
    return Table(("day", "annotator", "labels"), sorted(rows, key=lambda row: row["day"]))


def _versions(shown: Shown, _: str) -> Table:
    names = ("version", "trained_at", "labels", "accuracy", "accuracy_low", "accuracy_high")
    return Table((*names, "outcome", "why"), shown["history"]["versions"])


def _switches(shown: Shown, _: str) -> Table:
    return Table(("at", "version", "instead_of", "pinned", "by", "why"), shown["switches"])


def _cell(value: Any) -> Any:
    """Return a value as it is written into CSV: no lone surrogate, no formula."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "replace").decode()
    return f"'{text}" if text.startswith(_FORMULAS) else text


BLOCKS: Final[Mapping[str, Callable[[Shown, str], Table]]] = {
    "curve": _curve,
    "now": _now,
    "classes": _parts,
    "confusions": _confusions,
    "doubts": _doubts,
    "alike": _alike,
    "outlook": _outlook,
    "people": _people,
    "days": _days,
    "versions": _versions,
    "switches": _switches,
}
