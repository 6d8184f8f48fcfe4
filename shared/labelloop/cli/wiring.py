"""The connection from Label Studio to Labelloop: one ML backend and one webhook."""

import time
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.session import Session

TITLE: Final = "Labelloop"
CONNECTED: Final = "CO"  # a backend's state in Label Studio
AWAKE_S: Final = 0.5  # a started function answers faster than this; Label Studio waits 1 s
LOOKS_S: Final = (0, 1, 2, 4)  # pauses before each further look at a backend that answered late


def repair_webhook(session: Session) -> bool:
    """Leave exactly one webhook, with the project's credentials and all actions; say if changed."""
    address, admin, id_ = session.backend.address, session.studio.admin, session.project_id
    hooks = webhooks_of(session)
    good = [hook for hook in hooks if is_good(hook, session)]
    fixable = [hook for hook in hooks if bare(hook["url"]) == hook["url"]]
    headers = {"Authorization": address.for_events(session.key).basic}
    fields: dict[str, Any] = {"headers": headers, "is_active": True}
    if good:
        current = good[0]
    elif fixable:
        current = fixable[0]
        admin.change_webhook(current["id"], url=address.webhook, **fields)
    else:
        current = admin.create_webhook(id_, address.webhook, **fields)
    others = [hook for hook in hooks if hook["id"] != current["id"]]
    for hook in others:
        admin.delete_webhook(hook["id"])
    return bool(others) or not good


def webhooks_of(session: Session) -> list[dict[str, Any]]:
    """Return the project's webhooks with Labelloop's address."""
    hooks = session.studio.admin.webhooks(session.project_id)
    return [hook for hook in hooks if session.backend.address.is_at(hook["url"], "/webhook")]


def is_good(hook: dict[str, Any], session: Session) -> bool:
    """Say whether a webhook sends Labelloop all events, with credentials for nothing else."""
    address = session.backend.address
    header = (hook.get("headers") or {}).get("Authorization")
    is_allowed = header == address.for_events(session.key).basic and not address.is_shown_by(hook)
    sends_all = hook.get("send_for_all_actions") and hook.get("send_payload")
    is_same = hook["url"] == address.webhook
    return bool(is_allowed and sends_all and is_same and hook.get("is_active"))


def repair_backend(session: Session) -> bool:
    """Leave exactly one backend, with Basic auth for ML calls; say whether anything changed."""
    address, admin = session.backend.address.for_ml_calls, session.studio.admin
    id_ = session.project_id
    fields: dict[str, Any] = {
        "title": TITLE,
        "auth_method": "BASIC_AUTH",
        "basic_auth_user": address.user,
        "basic_auth_pass": address.password,
    }
    backends = backends_of(session)
    if not backends:
        _wake(session)
        admin.create_backend(id_, address.url, **fields)
        return True
    current, *others = backends
    for other in others:
        admin.delete_backend(other["id"])
    if is_set(current, session) and refreshed(current, session)["state"] == CONNECTED:
        return bool(others)
    admin.change_backend(current["id"], id_, address.url, **fields)
    return True


def _wake(session: Session) -> None:
    """Start Labelloop's function: Label Studio calls it at once, and waits only a second."""
    for pause in LOOKS_S:
        if session.backend.try_once("GET", "/health").seconds < AWAKE_S:
            return
        time.sleep(pause)


def backends_of(session: Session) -> list[dict[str, Any]]:
    """Return the project's backends that are Labelloop's, the one that predicts first."""
    address, admin = session.backend.address, session.studio.admin
    backends = sorted(admin.backends(session.project_id), key=lambda each: int(each["id"]))
    return [each for each in backends if each.get("title") == TITLE or address.is_at(each["url"])]


def refreshed(backend: dict[str, Any], session: Session) -> dict[str, Any]:
    """Return a backend as Label Studio shows it, after further looks if it shows it as broken.

    Label Studio calls each backend whenever it lists them, and waits one second: with cold starts,
    or on a busy machine, it may miss several answers in a row.
    """
    for pause in LOOKS_S:
        if backend["state"] == CONNECTED:
            break
        time.sleep(pause)
        backends = session.studio.admin.backends(session.project_id)
        backend = next((each for each in backends if each["id"] == backend["id"]), backend)
    return backend


def is_set(backend: dict[str, Any], session: Session) -> bool:
    """Say whether a backend is set up as `connect` does it with this password."""
    address = session.backend.address.for_ml_calls
    is_allowed = (
        backend.get("auth_method") == "BASIC_AUTH"
        and backend.get("basic_auth_user") == address.user
        and backend.get("basic_auth_pass_is_set") is not False
    )
    is_same = backend["url"].rstrip("/") == address.url and backend.get("title") == TITLE
    return is_same and is_allowed
