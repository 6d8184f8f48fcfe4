"""Disconnect a project, including the webhook, which Label Studio would leave behind."""

from typing import Annotated, Any

import typer

from labelloop.cli.connect import ORDERED
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.cli.wiring import backends_of, webhooks_of
from labelloop.domain.version import UNTRAINED

_DEFAULT_ORDER = "Sequential sampling"


def disconnect(
    session: Session,
    report: Report,
    keep_sampling: Annotated[
        bool, typer.Option("--keep-sampling", help="leave the project's task sampling as it is")
    ] = False,
) -> None:
    """Remove Labelloop's ML backend and webhook from the project. What was learnt stays in AWS."""
    project, admin = session.project, session.studio.admin
    report.data["project"] = session.key
    backends = backends_of(session)
    for backend in backends:
        admin.delete_backend(backend["id"])
    report.changed("ML backend", bool(backends), f"{len(backends)} removed")
    hooks = webhooks_of(session)
    for hook in hooks:
        admin.delete_webhook(hook["id"])
    report.changed("webhook", bool(hooks), f"{len(hooks)} removed")
    if keep_sampling:
        return report.step("order", "skipped", "--keep-sampling")
    is_ordered = project.get("sampling") == ORDERED
    if is_ordered:
        session.studio.api.change_project(session.project_id, sampling=_DEFAULT_ORDER)
    _leave_no_first_order(session, project)
    return report.changed("order", is_ordered, _DEFAULT_ORDER)


def _leave_no_first_order(session: Session, project: dict[str, Any]) -> None:
    """Remove the version of the first order: its predictions are only places in the queue."""
    api, id_ = session.studio.api, session.project_id
    if project.get("model_version") == UNTRAINED:
        api.change_project(id_, model_version="")
    if UNTRAINED in api.prediction_counts(id_):
        api.delete_predictions(id_, UNTRAINED)
