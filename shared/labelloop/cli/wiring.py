"""What leads from Label Studio to Labelloop: one ML backend and one webhook, as they should be."""

import time
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.session import Session

TITLE: Final = "Labelloop"
CONNECTED: Final = "CO"  # a backend's state in Label Studio
AWAKE_S: Final = 0.5  # an answer takes then; Label Studio gives it one
LOOKS_S: Final = (0, 1, 2, 4)  # pauses before looking again at a backend that answered late


def repair_webhook(session: Session) -> bool:
    """Leave exactly one webhook, with the project's credentials and all actions; say if changed."""
    address, admin, id_ = session.backend.address, session.studio.admin, session.project_id
    hooks = webhooks_of(session)
    good = [hook for hook in hooks if is_good(hook, session)]
    fixable = [hook for hook in hooks if bare(hook["url"]) == hook["url"]]
    headers = {"Authorization": address.for_events(session.key).basic}
    fields: dict[str, Any] = {"headers": headers, "is_active": True}
    if good:
        kept = good[0]
    elif fixable:
        kept = fixable[0]
        admin.change_webhook(kept["id"], url=address.webhook, **fields)
    else:
        kept = admin.create_webhook(id_, address.webhook, **fields)
    others = [hook for hook in hooks if hook["id"] != kept["id"]]
    for hook in others:
        admin.delete_webhook(hook["id"])
    return bool(others) or not good


def webhooks_of(session: Session) -> list[dict[str, Any]]:
    """Return the project's webhooks that lead to Labelloop."""
    hooks = session.studio.admin.webhooks(session.project_id)
    return [hook for hook in hooks if session.backend.address.is_at(hook["url"], "/webhook")]


def is_good(hook: dict[str, Any], session: Session) -> bool:
    """Say whether a webhook tells Labelloop everything, and is let in for nothing else."""
    address = session.backend.address
    header = (hook.get("headers") or {}).get("Authorization")
    is_open = header == address.for_events(session.key).basic and not address.is_shown_by(hook)
    tells_all = hook.get("send_for_all_actions") and hook.get("send_payload")
    is_same = hook["url"] == address.webhook
    return bool(is_open and tells_all and is_same and hook.get("is_active"))


def repair_backend(session: Session) -> bool:
    """Leave exactly one backend, let in by Basic auth for ML calls; say whether one changed."""
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
    kept, *others = backends
    for other in others:
        admin.delete_backend(other["id"])
    if is_set(kept, session) and looked_at_again(kept, session)["state"] == CONNECTED:
        return bool(others)
    admin.change_backend(kept["id"], id_, address.url, **fields)
    return True


def _wake(session: Session) -> None:
    """Have Labelloop awake: Label Studio asks at once, and refuses what takes over a second."""
    for pause in LOOKS_S:
        if session.backend.try_once("GET", "/health").seconds < AWAKE_S:
            return
        time.sleep(pause)


def backends_of(session: Session) -> list[dict[str, Any]]:
    """Return the project's backends that are Labelloop's, the one that predicts first."""
    address, admin = session.backend.address, session.studio.admin
    backends = sorted(admin.backends(session.project_id), key=lambda one: int(one["id"]))
    return [one for one in backends if one.get("title") == TITLE or address.is_at(one["url"])]


def looked_at_again(backend: dict[str, Any], session: Session) -> dict[str, Any]:
    """Return a backend as Label Studio shows it, after more looks if it shows it as broken.

    It calls each backend whenever it lists them, and has one second's patience: cold starts, or
    a machine at its limit, make it miss several answers in a row.
    """
    for pause in LOOKS_S:
        if backend["state"] == CONNECTED:
            break
        time.sleep(pause)
        now = session.studio.admin.backends(session.project_id)
        backend = next((one for one in now if one["id"] == backend["id"]), backend)
    return backend


def is_set(backend: dict[str, Any], session: Session) -> bool:
    """Say whether a backend is set as `connect` sets it, by this password."""
    address = session.backend.address.for_ml_calls
    is_let_in = (
        backend.get("auth_method") == "BASIC_AUTH"
        and backend.get("basic_auth_user") == address.user
        and backend.get("basic_auth_pass_is_set") is not False
    )
    is_same = backend["url"].rstrip("/") == address.url and backend.get("title") == TITLE
    return is_same and is_let_in
