"""Does Labelloop answer, does it accept the credentials, and is it fast enough for Label Studio?"""

from collections.abc import Iterator
from typing import Any, Final

from labelloop.cli.backend import API_URL, fix_of_401, fix_of_403
from labelloop.cli.check import Check, bad, good
from labelloop.cli.session import Session

_TRIES: Final = 5
_LEAST_CHARACTERS: Final = 16  # of a password: annotators can read what is derived from it
_LIMITS: Final = (("GET", "/health", 1.0), ("POST", "/setup", 3.0))  # s, of Label Studio 1.23


def answers(session: Session) -> Iterator[Check]:
    """Call /health, which is open, and /projects, which needs credentials."""
    address = session.backend.address
    health = session.backend.try_once("GET", "/health")
    if health.status != 200 or not isinstance(health.body, dict):
        yield bad("url", f"{address.url}/health answered {health.status}", API_URL)
        return
    yield good("url", f"{address.url} answers")
    projects = session.backend.try_once("GET", "/projects")
    if projects.status == 401:
        yield bad("credentials", "Labelloop refuses the user and password", fix_of_401(address.url))
    elif projects.status == 403:
        error = projects.body.get("error") if isinstance(projects.body, dict) else "refused"
        yield bad("credentials", str(error), fix_of_403(str(error), address.url))
    elif projects.status != 200:
        detail = f"{address.url}/projects answered {projects.status}"
        yield bad("credentials", detail, "look into the log group of the predict function")
    else:
        yield good("credentials", "accepted")


def password(session: Session) -> Iterator[Check]:
    """Demand a long password: annotators can read credentials that are derived from it."""
    if len(session.backend.address.password) < _LEAST_CHARACTERS:
        yield bad(
            "password",
            f"has fewer than {_LEAST_CHARACTERS} characters: annotators could guess it",
            "make one by `openssl rand -hex 24`, and change it as RUNBOOK's 'Passwords' says",
        )


def latency(session: Session) -> Iterator[Check]:
    """Measure the calls for which Label Studio waits a short time, each on a new connection."""
    bodies: dict[str, Any] = {"/setup": {"project": session.key}}
    for method, path, limit_s in _LIMITS:
        tries = [session.backend.try_once(method, path, bodies.get(path)) for _ in range(_TRIES)]
        times = [answer.seconds for answer in tries]
        first, best, worst = times[0], min(times), max(times)
        detail = f"first {first:.2f} s, best {best:.2f} s, worst {worst:.2f} s of {limit_s:.0f} s"
        if worst < limit_s:
            yield good(f"latency of {path}", detail)
        else:
            fix = (
                "give the webhook function more memory, or deploy nearer to Label Studio; or start "
                f"Label Studio with ML_TIMEOUT_{path[1:].upper()}={limit_s * 3:.0f}"
            )
            yield bad(f"latency of {path}", detail, fix)
