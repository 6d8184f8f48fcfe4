"""Connect a project to Labelloop, or repair its connection.

Each step changes only what differs, so that a second run changes nothing.
"""

from typing import Annotated, Any, Final

import typer

from labelloop.cli.address import Address, bare
from labelloop.cli.backfill import backfill, is_complete
from labelloop.cli.check_language import unknown_language
from labelloop.cli.first_order import rank_first
from labelloop.cli.learnable import what_is_learnt, why_unlearnable
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.cli.wiring import repair_backend, repair_webhook
from labelloop.domain.serving.in_words import CHANGE_CONFIG
from labelloop.domain.version import UNTRAINED
from labelloop.errors import Denied, LabelloopError, Rejected

ORDERED: Final = "Uncertainty sampling"
LOCAL: Final = (
    "Label Studio refuses addresses of its own network unless it is started with "
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP=false and LABEL_STUDIO_SSRF_PROTECTION_ENABLED=false"
)


def connect(
    session: Session,
    report: Report,
    stores_token: Annotated[
        bool,
        typer.Option(
            "--token-in-aws/--no-token", help="store the token in AWS, so that AWS pushes the order"
        ),
    ] = True,
    backfills: Annotated[
        bool, typer.Option("--backfill/--no-backfill", help="send the labels that exist already")
    ] = True,
) -> None:
    """Connect a project, or repair its connection. A second run changes nothing."""
    project, address = session.project, session.backend.address
    report.data["project"] = session.key
    # The error says if credentials are wrong.
    status = session.backend.get("/status", project=session.key)
    try:
        # First: Label Studio makes a webhook of its own, without credentials, if there is none.
        report.changed("webhook", repair_webhook(session), address.webhook)
        report.changed("ML backend", repair_backend(session), address.url)
    except (Denied, Rejected) as exc:
        raise Rejected(str(exc), _fix_of_refusal(exc, address)) from exc
    report.changed("order", _order(session, project), ORDERED)
    _look_at_config(project["label_config"], report)
    if unknown := unknown_language(session, status):
        report.step("language", "warning", "; ".join(unknown))
    _store_token(session, stores_token, report)
    _learn(session, backfills, report)
    _look_for_tasks(session, report)


def _order(session: Session, project: dict[str, Any]) -> bool:
    if project.get("sampling") == ORDERED:
        return False
    session.studio.api.change_project(session.project_id, sampling=ORDERED)
    return True


def _look_at_config(label_config: str, report: Report) -> None:
    """Warn of a label config that can't be learnt; the project is connected all the same."""
    if reason := why_unlearnable(label_config):
        warning = f"nothing of it can be learnt or ordered: {reason}. Labels are collected"
        warning = f"{warning}; to have them learnt, {CHANGE_CONFIG}"
        return report.step("label config", "warning", warning)
    return report.step("label config", "unchanged", f"learns {what_is_learnt(label_config)}")


def _store_token(session: Session, stores_token: bool, report: Report) -> None:
    url = session.backend.get("/label-studio")["url"]
    if not stores_token:
        return report.step(
            "token", "skipped", "--no-token: `labelloop rank --watch` pushes instead"
        )
    if not url:
        reason = "the deployment names no Label Studio: set its parameter LabelStudioUrl"
        return report.step("token", "skipped", reason)
    if bare(url) != bare(session.studio.url):
        reason = f"the deployment names another Label Studio: {url}"
        return report.step("token", "skipped", reason)
    answer = session.backend.put("/label-studio", token=session.studio.token)
    return report.changed("token", answer["changed"], "stored as a SecureString in AWS")


def _learn(session: Session, backfills: bool, report: Report) -> None:
    """Send the labels that exist already, start a training, and request the order."""
    project, status = session.project, session.backend.get("/status", project=session.key)
    if not backfills:
        report.step("labels so far", "skipped", "--no-backfill")
    elif is_complete(project, status):
        report.step("labels so far", "unchanged", f"{status['dataset']['annotations']} known")
    else:
        sent = backfill(session, session.studio.api.export(session.project_id), report)
        report.step("labels so far", "done", f"{sent['annotations']} annotations sent")
        session.backend.post("/train", project=session.key)
        is_ordered = not why_unlearnable(project["label_config"])
        follows = "on its way; the order follows by itself" if is_ordered else "on its way"
        report.step("training", "done", follows)
        return rank_first(session, report, is_asked=True)
    version = status["version"]
    report.step("training", "unchanged", "no model yet" if version == UNTRAINED else version)
    return rank_first(session, report, is_asked=False)


def _look_for_tasks(session: Session, report: Report) -> None:
    """Start a survey of tasks that no event named, if AWS can reach Label Studio."""
    target = session.backend.get("/label-studio")
    if not (target["url"] and target["token"]):
        return None
    count = session.project["task_number"]
    known = session.backend.get("/status", project=session.key)["pool"]["tasks"]
    if known == count:
        return report.step("tasks", "unchanged", f"{count:,} known")
    session.backend.post("/rank", project=session.key)
    detail = f"{count:,} in Label Studio, {known or 0:,} known: the others are on their way"
    return report.step("tasks", "done", detail)


def _fix_of_refusal(error: LabelloopError, address: Address) -> str:
    if address.is_private():
        return LOCAL
    reach = f"check that Label Studio can reach {address.url}"
    return error.fix or f"{reach}, and that the token's owner may change the project"
