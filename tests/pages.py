"""Projects in all the states that a page shows, and a browser that speaks to the handler."""

import base64
import itertools
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labelloop.bucket.evidence import Rejection
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.progress import Stage
from labelloop.bucket.project import Project
from labelloop.bucket.spent import Spent
from labelloop.domain.intake.folding import fold
from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.insights import Honest, insights
from labelloop.domain.judging.quality import PartQuality, share
from labelloop.domain.judging.savings import Law
from labelloop.ports import ObjectStore
from labelloop.recipes.text_choices import FORMAT
from tests.builders import PROJECT, annotation, card, event, label_config, task
from tests.conftest import SECRET
from tests.integration.conftest import CONTEXT

USER, PASSWORD = SECRET.split(":")
HOST = "loop.example.com"
TITLE = "Film reviews"
HOSTILE = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='x"),
    *("\ud800", "\u202eevil", "{{ 7 * 7 }}", "javascript:alert(1)", "=1+1", "&lt;b&gt;", "\0"),
    *("</title><script>x</script>", "שלום עולם", "a" * 3_000, "<!--", "]]>", "\U0001f600"),
)
_LAW = Law(1.0, -0.2, 0.1, 0.3)


def known(labels: int, parts: dict[str, float], rows: int = 80) -> dict[str, Any]:
    """Return a card's insights, made by the code that makes them; `parts`: recall by name."""
    chance = np.random.default_rng(7)
    hits = (chance.random(rows) < 0.9).astype(float)
    quality = {
        name: PartQuality(share(recall * 20, 20), share(min(1.0, recall + 0.05) * 20, 20))
        for name, recall in parts.items()
    }
    honest = Honest(hits, chance.random(rows), quality, chance.random(200), 0.12, 900)
    sizes = [n for n in (30, 60, 110, 190, 300) if n < labels]
    errors = [round(0.9 * n**-0.35, 4) for n in sizes]
    curve = [
        CurvePoint(n, error, round(error * 0.7, 4), round(error * 1.4, 4))
        for n, error in zip(sizes, errors, strict=True)
    ]
    numbers = insights(labels, honest, curve, [0.01] * 3, 0.95, labels, _LAW)
    names = list(parts)
    mixed = [
        {"label": a, "predicted": b, "tasks": 9 - i}
        for i, (a, b) in enumerate(itertools.pairwise(names))
    ]
    more = {"confusions": mixed[:8], "pool_shares": {name: 1 / len(parts) for name in parts}}
    return numbers | more | {"title": "accuracy"}


def trained(
    store: ObjectStore, names: tuple[str, ...] = ("Positive", "Negative"), versions: int = 3
) -> Project:
    """Store a project with labels, versions, doubts and switches; the last version is active."""
    project = Project(store, PROJECT)
    rows = [
        annotation(
            n,
            names[n % len(names)],
            annotator=1 + n % 3,
            created_at=f"2026-11-{20 + n % 3:02d}T10:{n // 4 % 60:02d}:{n % 60:02d}.000000+00:00",
            updated_at=f"2026-11-{20 + n % 3:02d}T10:{n // 4 % 60:02d}:{n % 60:02d}.000000+00:00",
        )
        for n in range(1, 61)
    ]
    tasks = tuple(task(row.task) for row in rows)
    config = (
        label_config() if len(names) > 10 or set(names) & set(HOSTILE) else label_config(*names)
    )
    titled = {"title": TITLE} if names != HOSTILE else {"title": "".join(HOSTILE)}
    one = event(annotations=tuple(rows), tasks=tasks, label_config=config, settings=titled)
    pointer = project.dataset_pointer()
    project.add_dataset(pointer, fold(project.dataset(pointer.value), [one]))
    recalls = {name: 0.55 + 0.4 * i / len(names) for i, name in enumerate(names)}
    numbers = known(412, recalls)
    for seq in range(1, versions + 1):
        labels = 412 * seq // versions
        name = f"{seq}-{seq:08x}"
        made = card(
            name,
            labels=labels,
            trained_at=f"2026-11-{1 + seq % 28:02d}T12:00:00+00:00",
            parts={one: labels // len(names) for one in names},
            insights=numbers,
            gate={"switches": seq % 5 != 0 or seq == versions, "reason": f"better than {names[0]}"},
            blind_since="",
        )
        doubts = [
            {
                "task": 100 + n,
                "label": label,
                "suggested": names[0],
                "doubt": 0.9 - n / 100,
                "why": "annotators disagree",
            }
            for n, label in enumerate(names[:40])
        ]
        models = f"projects/{PROJECT}/models/{name}/"
        store.create(f"{models}doubts.json", json.dumps(doubts).encode())
        alike = [
            {
                "task": 200 + n,
                "label": one,
                "other": 300 + n,
                "other_label": other,
                "likeness": 1 - n / 99,
            }
            for n, (one, other) in enumerate(itertools.pairwise(names[:40]))
        ]
        store.create(f"{models}alike.json", json.dumps(alike).encode())
        project.add_model(b"", made)
        active = project.active()
        to = ActivePointer(name, seq, FORMAT, switch=seq, recipe="text_choices")
        project.switch(
            active, to, {"why": f"trained: {names[0]}", "at": made.trained_at, "by": names[-1]}
        )
    month = f"{datetime.now(UTC):%Y-%m}"  # what was spent is shown of this one
    for work in ("train", "rank"):
        project.spent.add(work, Spent(month, 40, 60.5, 180.0, "arm64"))
    return project


def failing(store: ObjectStore, reason: str = "MemoryError") -> Project:
    """Store a project whose trainings fail, whose newest version was refused, and that is lost."""
    project = trained(store)
    now = 1_795_000_000.0
    lease = {
        "holder": "",
        "until": 0.0,
        "begun": {},
        "unfinished": 4,
        "failed_at": now,
        "reason": reason,
    }
    store.create(f"projects/{PROJECT}/lease.json", json.dumps(lease).encode())
    project.add_event("waiting", event())
    store.create(f"projects/{PROJECT}/quarantine/a.json", b"{}")
    champion = project.active_version()
    refused = Rejection(
        champion, "9-0000000a", f"worse: {reason}", "2026", "2026-11-23T12:00:00+00:00"
    )
    store.create(f"projects/{PROJECT}/gate.json", json.dumps(asdict(refused)).encode())
    archived = {"reason": f"gone: {reason}", "since": "2026-11-23T12:00:00+00:00", "looked_at": ""}
    store.create(f"projects/{PROJECT}/archived.json", json.dumps(archived).encode())
    return project


def training(store: ObjectStore) -> Project:
    """Store a project whose next training is under way, with events that wait."""
    project, now = trained(store), datetime.now(UTC).timestamp()
    lease = {
        "holder": "a",
        "until": now + 3_600,
        "begun": {"a": now},
        "unfinished": 0,
        "failed_at": 0.0,
        "reason": "",
    }
    store.create(f"projects/{PROJECT}/lease.json", json.dumps(lease).encode())
    project.progress.note(Stage("features", 400, 1_000, now))
    project.add_event("waiting", event())
    return project


def restored(project: Project) -> None:
    """Pin a project, as a person does."""
    active = project.active()
    project.switch(active, replace(active.value, pinned=True), {"why": "pinned"})


class Answer:
    """What the handler answered."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.headers = {name.lower(): value for name, value in answer["headers"].items()}
        body = answer["body"]
        self.raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()

    @property
    def text(self) -> str:
        return self.raw.decode()


class Browser:
    """A browser: it keeps the cookie and sends it along."""

    def __init__(self, host: str = HOST) -> None:
        self.host, self.cookie = host, ""

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return self._ask(method, path, "", headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        own = {"origin": f"https://{self.host}", "sec-fetch-site": "same-origin"}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(fields, errors="surrogatepass")
        return self._ask("POST", path, body, own | kind | headers)

    def log_in(self, user: str = USER, password: str = PASSWORD, to: str = "") -> Answer:
        return self.post("/ui/login", {"user": user, "password": password, "to": to})

    def change(self, action: str, **fields: str) -> Answer:
        """Press a button of the project's page."""
        return self.post(f"/ui/projects/{PROJECT}/{action}", {"csrf": self.token()} | fields)

    def token(self) -> str:
        """Return what a form of this session holds."""
        text = self.get("/ui").text
        return text.partition('name="csrf" value="')[2].partition('"')[0]

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        from functions.predict.app import lambda_handler

        path, _, query = path.partition("?")
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": self.host} | named,
            "requestContext": {"http": http, "stage": "$default"},
            "body": body,
            "isBase64Encoded": False,
        }
        if self.cookie:
            event["cookies"] = [self.cookie]
        answer = Answer(lambda_handler(event, CONTEXT))
        if sent := answer.headers.get("set-cookie"):
            self.cookie = sent.partition(";")[0]
        return answer


def handled() -> Starlette:
    """Return the pages as an app: each request goes to the handler, as through API Gateway."""
    from functions.predict.app import lambda_handler

    def handle(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Any:
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
        event: dict[str, Any] = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name: value for name, value in headers.items() if name != "cookie"},
            "requestContext": {"http": http, "stage": "$default"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        if cookies := headers.get("cookie"):
            event["cookies"] = cookies.split("; ")
        return lambda_handler(event, CONTEXT)

    async def answer(request: Request) -> Response:
        asked = request.method, request.url.path, request.url.query, dict(request.headers)
        made = Answer(handle(*asked, await request.body()))
        return Response(made.raw, made.status, made.headers)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "HEAD", "POST"])])
