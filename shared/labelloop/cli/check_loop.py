"""Does what people label come back to them as an order?"""

from collections.abc import Iterator
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.backfill import counts_of, known_counts
from labelloop.cli.check import Check, bad, good, note
from labelloop.cli.first_order import served_order
from labelloop.cli.session import Session
from labelloop.domain.version import UNTRAINED

_REPAIR: Final = "run `labelloop repair`"
_COMPARES: Final = "Labels are learnt again once they are compared with Label Studio's"
_RANK: Final = "run `labelloop rank`, with --watch where AWS can't reach Label Studio"


def same_project(session: Session) -> Iterator[Check]:
    """Demand that Labelloop's project of this number is the one that is there."""
    id_ = str(session.project_id)
    keys = session.backend.get("/projects")["projects"]
    others = [str(key) for key in keys if str(key).partition(".")[0] == id_]
    if session.key in keys or not others:
        yield good("project", session.key)
        return
    told = (
        f"Labelloop knows project {id_} of another Label Studio, or of another database "
        f"({', '.join(others)}), and not this one ({session.key})"
    )
    fix = "run `labelloop connect` to begin with this one, or set LABEL_STUDIO_URL to the other"
    yield bad("project", told, fix)


def pushes(session: Session) -> Iterator[Check]:
    """Compare where predictions are pushed to with where we are."""
    pushed_to = session.backend.get("/label-studio")
    if not pushed_to["url"]:
        told = "the deployment names no Label Studio, so it pushes no order"
        fix = "set its parameter LabelStudioUrl, or leave `labelloop rank --watch` running"
        yield note("push", told, fix)
    elif bare(pushed_to["url"]) != bare(session.studio.url):
        told = f"the deployment pushes to another Label Studio: {pushed_to['url']}"
        fix = f"set the deployment's parameter LabelStudioUrl to {session.studio.url}"
        yield bad("push", told, fix)
    elif not pushed_to["token"]:
        fix = "run `labelloop connect` without --no-token"
        yield bad("push", "the deployment has no token for Label Studio", fix)
    else:
        yield good("push", "the deployment has the address and a token")


def versions(session: Session) -> Iterator[Check]:
    """Demand that Label Studio orders by a version that has predictions: the active one."""
    status, shown = _status(session), session.project.get("model_version")
    active = status["version"]
    if archived := status["archived"]:
        told = f"archived since {archived['since']}: {archived['reason']}"
        fix = "run `labelloop rank` once the project is there, and the token's owner can see it"
        yield bad("project", told, fix)
    if status["pinned"]:
        told = f"pinned to {active}: labels are collected, but not learnt"
        yield note("pin", told, "run `labelloop unpin` to learn them")
    if served := served_order(session, session.project):
        yield good("model_version", served)
        return
    if active == UNTRAINED and not session.project["task_number"]:
        told = "no model yet, and no tasks to order"
        yield note("model_version", told, "import tasks into the project in Label Studio")
        return
    if active == UNTRAINED:
        fix = f"wait a minute if `labelloop connect` has just ended, else {_RANK}"
        yield bad("model_version", "no model and no first order yet: the order is random", fix)
        return
    counts = session.studio.api.prediction_counts(session.project_id)
    titles = {one.get("title") for one in session.studio.admin.backends(session.project_id)}
    if shown in titles:
        told = f"{shown!r} is the title of a live backend, not a version: the order is random"
        yield bad("model_version", told, _RANK)
    elif shown and counts.get(shown):
        yield bad("model_version", f"{shown} is shown, but {active} is active", _RANK)
    else:
        told = f"{shown!r} has no predictions: the order is random"
        yield bad("model_version", told, _RANK)


def labels(session: Session) -> Iterator[Check]:
    """Compare Label Studio's counters with what arrived: events over 1 s late are lost."""
    status = _status(session)
    there, here = counts_of(session.project), known_counts(status)
    told = f"{there[0]} annotations and {there[1]} skips in Label Studio, {here[0]} and {here[1]}"
    if status["quarantined_events"]:
        fix = "see quarantine/ in the bucket for the reasons, then run `labelloop repair`"
        yield bad("events", f"{status['quarantined_events']} could not be read", fix)
    if there == here:
        yield good("labels", f"{told} known")
    elif status["pending_events"]:
        yield note("labels", f"{told} known; {status['pending_events']} events wait to be learnt")
    else:
        lost = "events" if sum(there) > sum(here) else "deletions"
        yield bad("labels", f"{told} known: {lost} were lost", _REPAIR)


def dataset(session: Session) -> Iterator[Check]:
    """Say whether what is stored is what was once stored."""
    status = _status(session)
    repair = status["repair"] or {"lost": False}
    if status["damaged"]:
        yield bad("dataset", status["damaged"], _REPAIR)
    elif repair["lost"]:
        told = f"damaged on {repair['since'][:10]}: {repair['why']}"
        begun = (
            f"from snapshot {repair['restored']}" if repair["restored"] else "without a snapshot"
        )
        told += f"; went on {begun}. {_COMPARES}"
        yield note("dataset", told, f"wait for the next sweeps, or {_REPAIR}")
    else:
        yield good("dataset", f"snapshot {status['dataset']['seq']}, undamaged")


def tasks(session: Session) -> Iterator[Check]:
    """Compare Label Studio's number of tasks with ours: one that is not known is not ranked."""
    pushes = session.backend.get("/label-studio")
    if not (pushes["url"] and pushes["token"]):
        return
    there, pool = session.project["task_number"], _status(session)["pool"]
    if pool["tasks"] == there:
        yield good("tasks", f"{there:,} in Label Studio, all of them known")
    elif pool["comparing"] is not None:
        told = f"{there:,} in Label Studio; {pool['comparing']:,} compared so far"
        yield note("tasks", f"{told}, the others follow")
    else:
        known = "none counted" if pool["tasks"] is None else f"{pool['tasks']:,} known"
        what = "deletions were lost" if (pool["tasks"] or 0) > there else "the others aren't ranked"
        yield bad("tasks", f"{there:,} in Label Studio, {known}: {what}", _REPAIR)


def _status(session: Session) -> dict[str, Any]:
    return session.backend.get("/status", project=session.key)
