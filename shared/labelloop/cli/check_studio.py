"""Is Label Studio set up to get predictions from Labelloop, and to send it all events?"""

from collections.abc import Iterator
from typing import Final

from labelloop.cli.address import bare
from labelloop.cli.check import Check, bad, good, note
from labelloop.cli.connect import LOCAL, ORDERED
from labelloop.cli.learnable import what_is_learnt, why_unlearnable
from labelloop.cli.session import Session
from labelloop.cli.wiring import CONNECTED, TITLE, is_good, is_set, refreshed, webhooks_of
from labelloop.domain.serving.in_words import CHANGE_CONFIG
from labelloop.errors import Denied, Rejected

_CONNECT: Final = "run `labelloop connect`"
_MANAGES: Final = "the management password, which opens every project and setting"


def rights(session: Session) -> Iterator[Check]:
    """Check that the token is valid, and that it may read and change the project."""
    user = session.studio.admin.whoami()
    name = user.get("email") or user.get("username") or "a user"
    yield good("token", f"{session.studio.url} knows it: {name}")
    project = session.project
    try:
        session.studio.api.change_project(session.project_id, sampling=project["sampling"])
    except (Denied, Rejected) as exc:
        detail = f"the project can't be changed: {exc}"
        yield bad("rights", detail, "use the token of a person who may edit the project")
    else:
        yield good("rights", "the project can be read and changed")


def label_config(session: Session) -> Iterator[Check]:
    """Demand a label config that can be learnt."""
    config = session.project["label_config"]
    if reason := why_unlearnable(config):
        yield bad("label config", reason, CHANGE_CONFIG)
    else:
        yield good("label config", f"learns {what_is_learnt(config)}")


def backend(session: Session) -> Iterator[Check]:
    """Check the ML backends: only the one with the lowest id predicts."""
    address = session.backend.address
    backends = sorted(session.studio.admin.backends(session.project_id), key=lambda b: int(b["id"]))
    own = [each for each in backends if each.get("title") == TITLE or address.is_at(each["url"])]
    if not own:
        yield bad("ML backend", "not connected", _CONNECT)
        return
    current = refreshed(own[0], session)
    if bare(current["url"]) != address.url:
        yield bad("ML backend", f"leads to {bare(current['url'])}, not to {address.url}", _CONNECT)
    elif current["state"] != CONNECTED:
        state = current.get("readable_state") or current["state"]
        fix = LOCAL if address.is_private() else f"check the address and credentials; {_CONNECT}"
        yield bad("ML backend", f"Label Studio sees it as {state}", fix)
    elif address.opens(current["url"]) or current.get("basic_auth_user") == address.user:
        yield bad("ML backend", f"is given {_MANAGES}", _CONNECT)
    elif not is_set(current, session):
        detail = "its title or authentication differs from what `connect` sets with this password"
        yield bad("ML backend", detail, _CONNECT)
    else:
        yield good("ML backend", "connected with credentials for ML calls")
    if backends[0]["id"] != current["id"]:
        title = backends[0].get("title")
        detail = f"{title!r} was connected before, and is the only one that predicts"
        yield bad("other backends", detail, "remove it under Settings > Model")
    if address.is_private():
        yield note("network", f"{address.url} is on a private network", LOCAL)


def webhook(session: Session) -> Iterator[Check]:
    """Demand one webhook that sends this project's credentials and every action."""
    hooks, address = webhooks_of(session), session.backend.address
    if not hooks:
        yield bad("webhook", "missing: no label reaches Labelloop", _CONNECT)
    elif len(hooks) > 1:
        yield bad("webhook", f"{len(hooks)} of them: each makes submitting slower", _CONNECT)
    elif not hooks[0].get("is_active"):
        yield bad("webhook", "switched off: no label reaches Labelloop", _CONNECT)
    elif not (hooks[0].get("send_for_all_actions") and hooks[0].get("send_payload")):
        yield bad("webhook", "does not send all actions with their payload", _CONNECT)
    elif address.is_shown_by(hooks[0]):
        yield bad("webhook", f"shows every annotator {_MANAGES}", _CONNECT)
    elif not is_good(hooks[0], session):
        detail = "carries no credentials, or old ones: Labelloop refuses it, which Label Studio"
        yield bad("webhook", f"{detail} doesn't show", _CONNECT)
    else:
        yield good("webhook", "one, with this project's credentials and all actions")


def order(session: Session) -> Iterator[Check]:
    """Demand that Label Studio orders the project's tasks by score."""
    sampling = session.project.get("sampling")
    if sampling == ORDERED:
        yield good("order", ORDERED)
    else:
        fix = f"{_CONNECT} (Label Studio's settings page offers it to Enterprise only)"
        yield bad("order", f"{sampling}: tasks don't come by score", fix)
