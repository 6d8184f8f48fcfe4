"""Does what people label come back to them as an order?"""

from collections.abc import Iterator
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.backfill import counts_of, known_counts
from labelloop.cli.check import Check, bad, good, note
from labelloop.cli.first_order import served_order
from labelloop.cli.session import Session
from labelloop.labelstudio import UNTRAINED

_RANK: Final = "run `labelloop rank`, with --watch where AWS can't reach Label Studio"


def token(session: Session) -> Iterator[Check]:
    """Compare where predictions are pushed to with where we are."""
    pushed_to = session.backend.get("/label-studio")
    if not pushed_to["url"]:
        told = "the deployment names no Label Studio, so it pushes no order"
        yield note("push", f"{told}: set its parameter LabelStudioUrl, or use `rank --watch`")
    elif bare(pushed_to["url"]) != bare(session.studio.url):
        fix = "set the deployment's parameter LabelStudioUrl to this Label Studio's address"
        yield bad("push", f"the deployment pushes to {pushed_to['url']}", fix)
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
        fix = "run `labelloop rank`, once Label Studio and the token have the project"
        yield bad("project", told, fix)
    if status["pinned"]:
        yield note("pin", f"pinned to {active}: labels are collected, and not learnt")
    if served := served_order(session, session.project):
        yield good("model_version", served)
        return
    if active == UNTRAINED and not session.project["task_number"]:
        yield note("model_version", "no model yet, and no tasks to order")
        return
    if active == UNTRAINED:
        fix = f"wait a minute after `labelloop connect`, or {_RANK}"
        yield bad("model_version", "no model yet, and no order without one: it is random", fix)
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
        fix = "see quarantine/ in the bucket for the reasons, then run `labelloop backfill`"
        yield bad("events", f"{status['quarantined_events']} could not be understood", fix)
    if there == here:
        yield good("labels", f"{told} known")
    elif status["pending_events"]:
        yield note("labels", f"{told} known; {status['pending_events']} events wait to be learnt")
    elif sum(there) > sum(here):
        yield bad("labels", f"{told} known: events were lost", "run `labelloop backfill`")
    else:
        fix = "the next sweep reconciles them, if the deployment has a token for Label Studio"
        yield bad("labels", f"{told} known: deletions were lost", fix)


def _status(session: Session) -> dict[str, Any]:
    return session.backend.get("/status", project=session.key)
