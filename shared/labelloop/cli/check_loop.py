"""Do the labels change the order in which Label Studio shows tasks?"""

from collections.abc import Iterator
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.backfill import counts_of, known_counts
from labelloop.cli.check import Check, bad, good, note
from labelloop.cli.check_language import unknown_language
from labelloop.cli.first_order import served_order
from labelloop.cli.learnable import why_unlearnable
from labelloop.cli.session import Session
from labelloop.domain.version import UNTRAINED

_REPAIR: Final = "run `labelloop repair`"
_COMPARES: Final = "Labels are learnt again once they are compared with Label Studio's"
_RANK: Final = "run `labelloop rank`, with --watch where AWS can't reach Label Studio"


def same_project(session: Session) -> Iterator[Check]:
    """Demand that Labelloop's project with this number is the one in Label Studio."""
    id_ = str(session.project_id)
    keys = session.backend.get("/projects")["projects"]
    others = [str(key) for key in keys if str(key).partition(".")[0] == id_]
    if session.key in keys or not others:
        yield good("project", session.key)
        return
    detail = (
        f"Labelloop knows project {id_} of another Label Studio, or of another database "
        f"({', '.join(others)}), and not this one ({session.key})"
    )
    fix = "run `labelloop connect` to begin with this one, or set LABEL_STUDIO_URL to the other"
    yield bad("project", detail, fix)


def language(session: Session) -> Iterator[Check]:
    """Note texts of a script that the built-in encoder does not know."""
    if unknown := unknown_language(session, _status(session)):
        yield note("language", *unknown)


def pushes(session: Session) -> Iterator[Check]:
    """Demand that predictions are pushed to this Label Studio."""
    target = session.backend.get("/label-studio")
    if not target["url"]:
        detail = "the deployment names no Label Studio, so it pushes no order"
        fix = "set its parameter LabelStudioUrl, or leave `labelloop rank --watch` running"
        yield note("push", detail, fix)
    elif bare(target["url"]) != bare(session.studio.url):
        detail = f"the deployment pushes to another Label Studio: {target['url']}"
        fix = f"set the deployment's parameter LabelStudioUrl to {session.studio.url}"
        yield bad("push", detail, fix)
    elif not target["token"]:
        fix = "run `labelloop connect` without --no-token"
        yield bad("push", "the deployment has no token for Label Studio", fix)
    else:
        yield good("push", "the deployment has the address and a token")


def versions(session: Session) -> Iterator[Check]:
    """Demand that Label Studio orders tasks by the active version, and has predictions of it."""
    status, shown = _status(session), session.project.get("model_version")
    active = status["version"]
    if archived := status["archived"]:
        detail = f"archived since {archived['since']}: {archived['reason']}"
        fix = "run `labelloop rank` once the project exists and the token's owner can see it"
        yield bad("project", detail, fix)
    if status["pinned"]:
        detail = f"pinned to {active}: labels are collected, but not learnt"
        yield note("pin", detail, "run `labelloop unpin` to learn them")
    if served := served_order(session, session.project):
        yield good("model_version", served)
        return
    if active == UNTRAINED and not session.project["task_number"]:
        detail = "no model yet, and no tasks to order"
        yield note("model_version", detail, "import tasks into the project in Label Studio")
        return
    if active == UNTRAINED and why_unlearnable(session.project["label_config"]):
        return  # nothing can be ordered, which the check of the label config says
    if active == UNTRAINED:
        fix = f"wait a minute if `labelloop connect` has just ended, else {_RANK}"
        yield bad("model_version", "no model and no first order yet: the order is random", fix)
        return
    counts = session.studio.api.prediction_counts(session.project_id)
    backends = session.studio.admin.backends(session.project_id)
    if shown in {backend.get("title") for backend in backends}:
        detail = f"{shown!r} is the title of a live backend, not a version: the order is random"
        yield bad("model_version", detail, _RANK)
    elif shown and counts.get(shown):
        yield bad("model_version", f"{shown} is shown, but {active} is active", _RANK)
    else:
        detail = f"{shown!r} has no predictions: the order is random"
        yield bad("model_version", detail, _RANK)


def labels(session: Session) -> Iterator[Check]:
    """Compare Label Studio's counts with Labelloop's: events over 1 s late are lost."""
    status = _status(session)
    counts, known = counts_of(session.project), known_counts(status)
    detail = (
        f"{counts[0]} annotations and {counts[1]} skips in Label Studio, {known[0]} and {known[1]}"
    )
    if status["quarantined_events"]:
        fix = "see quarantine/ in the bucket for the reasons, then run `labelloop repair`"
        yield bad("events", f"{status['quarantined_events']} could not be read", fix)
    if counts == known:
        yield good("labels", f"{detail} known")
    elif status["pending_events"]:
        yield note("labels", f"{detail} known; {status['pending_events']} events wait to be learnt")
    else:
        lost = "events" if sum(counts) > sum(known) else "deletions"
        yield bad("labels", f"{detail} known: {lost} were lost", _REPAIR)


def dataset(session: Session) -> Iterator[Check]:
    """Demand an undamaged dataset."""
    status = _status(session)
    repair = status["repair"] or {"lost": False}
    if status["damaged"]:
        yield bad("dataset", status["damaged"], _REPAIR)
    elif repair["lost"]:
        start = (
            f"from snapshot {repair['restored']}" if repair["restored"] else "without a snapshot"
        )
        detail = f"damaged on {repair['since'][:10]}: {repair['why']}; went on {start}. {_COMPARES}"
        yield note("dataset", detail, f"wait for the next sweeps, or {_REPAIR}")
    else:
        yield good("dataset", f"snapshot {status['dataset']['seq']}, undamaged")


def tasks(session: Session) -> Iterator[Check]:
    """Compare Label Studio's number of tasks with Labelloop's: unknown tasks are not ranked."""
    target = session.backend.get("/label-studio")
    if not (target["url"] and target["token"]):
        return
    count, pool = session.project["task_number"], _status(session)["pool"]
    if pool["tasks"] == count:
        yield good("tasks", f"{count:,} in Label Studio, all of them known")
    elif pool["comparing"] is not None:
        detail = f"{count:,} in Label Studio; {pool['comparing']:,} compared so far"
        yield note("tasks", f"{detail}, the others follow")
    else:
        known = "none counted" if pool["tasks"] is None else f"{pool['tasks']:,} known"
        what = "deletions were lost" if (pool["tasks"] or 0) > count else "the others aren't ranked"
        yield bad("tasks", f"{count:,} in Label Studio, {known}: {what}", _REPAIR)


def _status(session: Session) -> dict[str, Any]:
    return session.backend.get("/status", project=session.key)
