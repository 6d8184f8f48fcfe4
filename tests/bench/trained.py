"""A local stack with a project that has a model, for what is measured on the built functions."""

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from labelloop.domain.version import UNTRAINED
from labelloop.local import reuters
from labelloop.local.annotator import DemoTask, annotation_created
from labelloop.local.backend import DemoBackend
from labelloop.local.emulator import ROOT
from labelloop.local.project import DemoProject, Json
from labelloop.local.stack import LocalStack, local_stack

QUIET_S = 1
EVENTS = ROOT / "events"


@contextmanager
def trained_stack(
    encoder: str, labels: int = 200, more: int = 0
) -> Iterator[tuple[LocalStack, DemoProject, list[DemoTask], list[str]]]:
    """Run a stack that has learnt some of Reuters-21578 R8; yield its tasks and their labels too.

    The tasks that are learnt come first; `more` are left.
    """
    data = reuters.load(ROOT / ".local" / "data", labels + more, 1)
    project = DemoProject(1, "bench", data.labels, len(data.pool))
    tasks = [DemoTask(i, i, document.text) for i, document in enumerate(data.pool, start=1)]
    truth = [document.label for document in data.pool]
    with local_stack(parameters={"QuietSeconds": str(QUIET_S), "Encoder": encoder}) as stack:
        with httpx.Client(base_url=stack.url, auth=(stack.user, stack.password)) as client:
            backend = DemoBackend(client)

            def label(index: int) -> None:
                backend.send(annotation_created(project, tasks[index], truth[index], index + 1))

            with ThreadPoolExecutor(4) as posters:
                list(posters.map(label, range(labels)))
            settle(backend, project, tasks[0])
        yield stack, project, tasks, truth


def settle(backend: DemoBackend, project: DemoProject, task: DemoTask, seconds: float = 8) -> None:
    """Wait until there is a version, and no new one came for a while."""
    known, since = UNTRAINED, time.monotonic()
    while known == UNTRAINED or time.monotonic() - since < seconds:
        time.sleep(0.3)
        if (version := predicted_version(backend, project, task)) != known:
            known, since = version, time.monotonic()


def predicted_version(backend: DemoBackend, project: DemoProject, task: DemoTask) -> str:
    """Return the version that /predict answers with."""
    return backend.predict(project, [task])[0].version


def environment_of(stack: LocalStack, function: str) -> dict[str, str]:
    """Return a deployed function's environment, and where its AWS is."""
    deployed = stack.client("lambda").list_functions()["Functions"]
    (found,) = [one for one in deployed if function in one["FunctionName"]]
    return {**found["Environment"]["Variables"], **stack.aws_environment}


def api_event(login: str, method: str, path: str, body: Json | None) -> Json:
    """Return what API Gateway makes of a request of Label Studio's; `login` is user:password."""
    event: Json = json.loads((EVENTS / "webhook-health.json").read_text())
    basic = f"Basic {base64.b64encode(login.encode()).decode()}"
    event["headers"] |= {"authorization": basic, "content-type": "application/json"}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    return event | {"rawPath": path, "body": None if body is None else json.dumps(body)}
