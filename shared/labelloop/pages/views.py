"""What the pages show, and in which words; the templates only lay it out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labelloop.domain.judging.in_words import in_short, lines
from labelloop.domain.serving.in_words import (
    chosen_options,
    learnt_of,
    minute_of,
    no_model_of,
    problems,
    put_off_of,
    refused_of,
    work_of,
)
from labelloop.pages.chart import chart
from labelloop.pages.tables import BLOCKS, Shown, project_link

_MOST_DAYS: Final = 14
_MOST_ROWS: Final = 25  # of doubts; downloads have them all
_BUSY_S, _QUIET_S = 5, 60  # between two looks of an open page

_UNTIL: Final = "Newer labels will bring a newer one; pin it to keep it."
DONE: Final = {
    "activate": f"The version is active. {_UNTIL}",
    "rollback": f"The version before is active. {_UNTIL}",
    "pin": "Pinned: labels are collected, but not learnt.",
    "unpin": "Unpinned: the labels that waited are learnt now.",
    "train": "A training is on its way.",
    "rank": "A ranking is on its way.",
}


def overview(projects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each project, those with a problem first, then by id."""
    rows = [
        {
            "key": one["project"],
            "id": int(one["project"].partition(".")[0]),
            "kind": one["recipe"].replace("_", " "),
            "sentence": _sentence(one["insights"], one["labels"], one["annotations"]),
            "value": one["insights"].get("random_share", {}).get("value"),
            "waiting": one["pending_events"],
            "problem": _brief_problem(one),
            "trained": minute_of(one["trained_at"]),
            "pinned": one["pinned"],
        }
        for one in projects
    ]
    return sorted(rows, key=lambda row: (not row["problem"], row["id"]))


def project_page(shown: Shown, label_studio: str) -> dict[str, Any]:
    """Return what a project's page shows. `label_studio`: its address, empty if none is known."""
    status = shown["status"]
    card = status["card"] or {}
    insights = card.get("insights", {})
    tables = {name: block(shown, label_studio) for name, block in BLOCKS.items()}
    missing = status["no_model"]
    state, why = no_model_of(missing) if missing else ("", "")
    return {
        "key": status["project"],
        "id": status["project"].partition(".")[0],
        "link": project_link(label_studio, status["project"]),
        "learns": learnt_of(status["learning"]) if status["learning"]["choice"] else "",
        "sentence": _sentence(
            insights, card.get("labels", 0), status["dataset"]["annotations"], state
        ),
        "no_model": why,
        "told": lines(insights, card["labels"]) if insights else [],
        "measure": str(insights.get("title", "accuracy")),
        "chart": chart(tables["curve"].rows, shown["random_order"], shown["history"]["versions"]),
        "now": now(status),
        "tables": {name: table.rows for name, table in tables.items()},
        "doubts": tables["doubts"].rows[:_MOST_ROWS],
        "days": _days(tables["days"].rows),
        "versions": shown["history"],
        "options": chosen_options(status["options"]),
    }


def now(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return what happens at the moment; it is fetched again and again while a page is open."""
    work = work_of(status["progress"])
    waiting = status["pending_events"]
    facts: dict[str, Any] = {
        "version": status["version"],
        "pinned": status["pinned"],
        "waiting": waiting,
        "work": work,
        "percent": next((row["percent"] for row in status["progress"]), None),
        "problems": [{"why": why, "fix": fix} for why, fix in problems(status)],
    }
    return facts | {"every_s": _BUSY_S if work or waiting else _QUIET_S}


def _sentence(
    insights: Mapping[str, Any], labels: int, annotations: int, state: str = "no model yet"
) -> str:
    if insights:
        return in_short(insights, labels)
    count = f"{annotations} {'annotation' if annotations == 1 else 'annotations'}."
    return f"{count} {state.capitalize()}." if state else count


def _brief_problem(one: Mapping[str, Any]) -> str:
    if one["archived"]:
        return f"archived: {one['archived']['reason']}"
    if one["damaged"]:
        return f"damaged: {one['damaged']}"
    if one["put_off"]:
        return f"training {put_off_of(one['put_off'])}"
    return refused_of(one["refused"]) if one["refused"] else ""


def _days(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the labels of the newest days, of all people together."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["day"]] = totals.get(row["day"], 0) + row["labels"]
    return [{"day": day, "labels": labels} for day, labels in sorted(totals.items())][-_MOST_DAYS:]
