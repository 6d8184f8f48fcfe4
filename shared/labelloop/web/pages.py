"""The pages under /ui: who may see them, which one is asked for, and changes by their forms.

Nothing but the login page and the files that it loads is shown without a session.
"""

import gzip
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from labelloop.bootstrap import secret, store, why_lacking
from labelloop.config import settings
from labelloop.errors import Foreign, LabelloopError, NotFound, Unprocessable
from labelloop.labelstudio.payloads import project_key
from labelloop.observability import count, logger
from labelloop.pages.links import list_link
from labelloop.pages.rendering import assets
from labelloop.pages.tables import table_of
from labelloop.pages.views import done_of, now, overview, project_page
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.find_tasks import find_tasks
from labelloop.usecases.serving.list_projects import list_projects
from labelloop.usecases.serving.show_project import show_project
from labelloop.web.credentials import Role, lines_of
from labelloop.web.http import Request, read_request, refuse_pages, status_of
from labelloop.web.page_answers import (
    error_page,
    fields_of,
    form_bytes,
    page,
    query_of,
    redirect,
    response,
)
from labelloop.web.page_changes import ACTIONS
from labelloop.web.sessions import Session, cookie, log_in, session_of

PREFIX: Final = "/ui"
_OWN_PATH: Final = re.compile(r"/ui(/[A-Za-z0-9._-]+)*")
_SAVED: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


class _NotAllowed(Foreign):
    """A session that may not change anything, or a form that is not of this session."""


def serve(event: Mapping[str, Any]) -> Any:
    """Return the answer to one request of API Gateway for a page; errors are pages, too."""
    try:
        request = read_request(event)
    except LabelloopError as error:
        request = Request("GET", PREFIX, {}, b"")
        return error_page(request, None, error)
    session = None
    try:
        if answer := _answer_to_anybody(request):
            return answer
        session = session_of(request.headers, secret()(), datetime.now(UTC).timestamp())
        return _answer(request, session) if session else _ask_to_log_in(request)
    except LabelloopError as error:
        if status_of(error) >= 500:
            logger().exception("page failed")
        return error_page(request, session, error)
    except Exception:
        logger().exception("page failed")
        return page(request, 500, "error.html", session, title="Failed", why="internal error")


def _answer_to_anybody(request: Request) -> Any | None:
    """Return the answer that takes no session, None for what does."""
    if request.method not in ("GET", "HEAD", "POST"):
        return response(request, 405, b"", {"allow": "GET, HEAD, POST"})
    match request.method, request.path.split("/")[2:]:
        case (("GET" | "HEAD"), ["assets", name]):
            return _asset(request, name)
        case (("GET" | "HEAD"), ["login"]):
            return _login_page(request, 200, query_of(request).get("to", ""))
        case "POST", ["login"]:
            return _log_in(request)
    return None


def _answer(request: Request, session: Session) -> Any:
    match request.method, request.path.split("/")[2:]:
        case (("GET" | "HEAD"), []):
            projects = overview(list_projects(store()))
            return page(request, 200, "overview.html", session, projects=projects)
        case (("GET" | "HEAD"), ["projects", key]):
            return _project(request, session, _key(key))
        case (("GET" | "HEAD"), ["projects", key, "now"]):
            return _now(request, session, _key(key))
        case (("GET" | "HEAD"), ["projects", key, "tasks"]):
            return _tasks(request, _key(key))
        case (("GET" | "HEAD"), ["projects", key, name]):
            return _download(request, _key(key), name)
        case "POST", ["logout"]:
            _check_form(request, session)
            return redirect(request, f"{PREFIX}/login", {"set-cookie": cookie("", request.headers)})
        case "POST", ["projects", key, action]:
            return _change(request, session, _key(key), action)
    raise NotFound("There is no such page.")


# -- to read ---------------------------------------------------------------------------------


def _project(
    request: Request, session: Session, key: str, status: int = 200, failed: str = ""
) -> Any:
    address = settings().label_studio_url
    shown = project_page(show_project(key, store(), why_lacking), address)
    done = done_of(query_of(request).get("done", ""), is_pinned=shown["now"]["pinned"])
    return page(
        request,
        status,
        "project.html",
        session,
        page=shown,
        key=key,
        now=shown["now"],
        seen=_digest(shown["now"]),
        done="" if failed else done,
        failed=failed,
    )


def _now(request: Request, session: Session, key: str) -> Any:
    """Return the part of a page that changes, nothing if it did not since it was seen."""
    asked, state = query_of(request), now(describe(key, store(), why_lacking))
    if asked.get("version", state["version"]) != state["version"]:
        return response(request, 200, b"", {"hx-refresh": "true"})
    if asked.get("seen") == _digest(state):
        return response(request, 204, b"", {})
    return page(request, 200, "now.html", session, key=key, now=state, seen=_digest(state))


def _tasks(request: Request, key: str) -> Any:
    """Lead to the tasks that a number counts, in Label Studio's Data Manager."""
    tasks = find_tasks(key, query_of(request), store())
    link = list_link(settings().label_studio_url, key, tasks)
    if not link:
        raise NotFound("No Label Studio is connected.")
    return redirect(request, link)


def _download(request: Request, key: str, name: str) -> Any:
    block, _, kind = name.rpartition(".")
    table = table_of(block, show_project(key, store(), why_lacking), settings().label_studio_url)
    if table is None or kind not in _SAVED:
        raise NotFound("There is no such page.")
    body = (table.to_csv() if kind == "csv" else table.to_json()).encode()
    file = f'attachment; filename="project-{key}-{block}.{kind}"'
    return response(request, 200, body, {"content-type": _SAVED[kind], "content-disposition": file})


def _asset(request: Request, name: str) -> Any:
    found = assets().get(name)
    if found is None:
        raise NotFound("There is no such page.")
    kind, compressed = found
    headers = {"content-type": kind, "cache-control": "public, max-age=31536000, immutable"}
    return response(request, 200, gzip.decompress(compressed), headers)


# -- sessions --------------------------------------------------------------------------------


def _log_in(request: Request) -> Any:
    refuse_pages(request.headers)
    form = fields_of(form_bytes(request))
    accepted = secret()()
    if not lines_of(accepted):
        return _login_page(request, 403, problem=Role.UNCONFIGURED.value)
    user, password, to = form.get("user", ""), form.get("password", ""), form.get("to", "")
    value = log_in(user, password, accepted, datetime.now(UTC).timestamp())
    if not value:
        count("Unauthorised")
        return _login_page(request, 401, to, "That user and password are not known here.")
    return redirect(request, _own(to), {"set-cookie": cookie(value, request.headers)})


def _ask_to_log_in(request: Request) -> Any:
    if "hx-request" in request.headers:  # a part of a page: the whole page has to go there
        return response(request, 401, b"", {"hx-redirect": f"{PREFIX}/login"})
    if request.method == "POST":
        return _login_page(request, 401, problem="The session has ended: log in, and try again.")
    to = request.path if _OWN_PATH.fullmatch(request.path) else PREFIX
    return redirect(request, f"{PREFIX}/login?to={to}")


def _login_page(request: Request, status: int, to: str = "", problem: str = "") -> Any:
    return page(request, status, "login.html", None, to=_own(to), problem=problem)


def _own(path: str) -> str:
    """Return a path to go to after the login, the overview if it is none of the pages'."""
    return path if _OWN_PATH.fullmatch(path) else PREFIX


# -- changes ---------------------------------------------------------------------------------


def _change(request: Request, session: Session, key: str, action: str) -> Any:
    if action not in ACTIONS:
        raise NotFound("There is no such page.")
    form = _check_form(request, session)
    if not session.may_change:
        raise _NotAllowed("This session is for reading alone.")
    try:
        ACTIONS[action](key, form.get("version", ""), session.user)
    except (NotFound, Unprocessable) as error:
        return _project(request, session, key, status_of(error), failed=str(error))
    return redirect(request, f"{PREFIX}/projects/{key}?done={action}")


def _check_form(request: Request, session: Session) -> dict[str, str]:
    """Return the fields of a form; _NotAllowed unless a page of this session sent it."""
    refuse_pages(request.headers)
    form = fields_of(form_bytes(request))
    if not session.owns(form.get("csrf", "")):
        raise _NotAllowed("The form is not of this session: load the page again.")
    return form


def _key(text: str) -> str:
    try:
        return project_key(text)
    except Unprocessable:
        raise NotFound("There is no such project.") from None


def _digest(state: Mapping[str, Any]) -> str:
    return sha256(repr(state).encode("utf-8", "backslashreplace")).hexdigest()[:16]
