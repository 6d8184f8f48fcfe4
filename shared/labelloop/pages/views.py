"""What the pages show, and in which words; the templates only lay it out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labelloop.domain.judging.in_words import capitalised, in_short, lines
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
from labelloop.pages.links import project_link
from labelloop.pages.tables import BLOCKS, Shown

_MOST_DAYS: Final = 14
_MOST_ROWS: Final = 25  # to look at again; downloads have them all
_BUSY_S, _QUIET_S = 5, 60  # between two looks of an open page

_UNTIL: Final = "Newer labels will bring a newer one; pin it to keep it."
_PINNED: Final = "The project is pinned, so it stays until it is unpinned."
_DONE: Final = {
    "activate": f"The version is active. {_UNTIL}",
    "rollback": f"The version before is active. {_UNTIL}",
    "pin": "Pinned: labels are collected, but not learnt.",
    "unpin": "Unpinned: the labels that waited are learnt now.",
    "train": "Labels that are not learnt yet are learnt now; without any, the version stays.",
    "rank": "A ranking is on its way.",
}


def done_of(action: str, *, is_pinned: bool) -> str:
    """Return in words what a person just did, empty for what is no action."""
    said = _DONE.get(action, "")
    return said.replace(_UNTIL, _PINNED) if is_pinned else said


def overview(projects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each project, those with a problem first, then by id."""
    rows = [
        {
            "key": one["project"],
            "id": int(one["project"].partition(".")[0]),
            "title": one["title"],
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
    if status["learning"]["reason"]:  # then it is the first of the problems
        why = ""
    why, _, by_design = why.partition(": ") if missing and missing["by_design"] else (why, "", "")
    return {
        "key": status["project"],
        "id": status["project"].partition(".")[0],
        "title": status["dataset"]["settings"].get("title", ""),
        "link": project_link(label_studio, status["project"]),
        "learns": learnt_of(status["learning"]) if status["learning"]["choice"] else "",
        "sentence": _sentence(
            insights, card.get("labels", 0), status["dataset"]["annotations"], state
        ),
        "no_model": why,
        "by_design": by_design,
        "labelled": _counted(status["dataset"]["tasks"], "task"),
        "told": lines(insights, card["labels"]) if insights else [],
        "measure": str(insights.get("title", "accuracy")),
        "chart": chart(tables["curve"].rows, shown["random_order"], shown["history"]["versions"]),
        "now": now(status),
        "tables": {name: table.rows for name, table in tables.items()},
        "doubts": tables["doubts"].rows[:_MOST_ROWS],
        "alike": tables["alike"].rows[:_MOST_ROWS],
        "outlook": _outlook(shown["pace"]),
        "cost": _cost(shown["cost"]),
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
        "made_by": status["made_by"],
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
    return f"{count} {capitalised(state)}." if state else count


def _brief_problem(one: Mapping[str, Any]) -> str:
    if one["archived"]:
        return f"archived: {one['archived']['reason']}"
    if one["damaged"]:
        return f"damaged: {one['damaged']}"
    if one["put_off"]:
        return f"training {put_off_of(one['put_off'])}"
    return refused_of(one["refused"]) if one["refused"] else ""


def _outlook(pace: Mapping[str, Any]) -> dict[str, str]:
    """Return the pace of labelling and what it takes at that pace, in words."""
    a_day = f"{pace['a_day']:,.0f} a day" if pace["a_day"] else "none"
    to_stop, left = pace["to_stop"], pace["left"]
    stop = "not known yet" if to_stop is None else "now"
    if to_stop:
        more = f"after {_counted(to_stop, 'label')}{_time(pace['days_to_stop'])}"
        stop = "with the last task" if to_stop == left else more
    rest = "" if left is None else f"{_counted(left, 'task')}{_time(pace['days_left'])}"
    return {"pace": a_day, "stop": stop, "left": rest}


def _time(days: float | None) -> str:
    """Return how long something takes, as `, 3 days`; empty if that is not known."""
    if days is None:
        return ""
    return ", less than a day" if 0 < days < 1 else f", {_counted(round(days), 'day')}"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _cost(cost: Mapping[str, Any]) -> dict[str, str]:
    usd, prices = cost["usd"], cost["prices"]
    return {
        "usd": f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}" if usd else "$0",
        "by": f"Time of training and ranking, by list prices of {prices['region']}, "
        f"{prices['as_of']}.",
    }


def _days(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the labels of the newest days, of all people together."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["day"]] = totals.get(row["day"], 0) + row["labels"]
    return [{"day": day, "labels": labels} for day, labels in sorted(totals.items())][-_MOST_DAYS:]
