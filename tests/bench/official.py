"""Against Label Studio's official backend: its scikit-learn text example, under its own server.

    OFFICIAL_BACKEND=<checkout of HumanSignal/label-studio-ml-backend> \\
    OFFICIAL_PYTHON=<python of an environment with label_studio_ml, scikit-learn, gunicorn>

Both have learnt the same 1,000 texts of Reuters-21578 R8, run on the same one core, and answer wrk
with one task a request, as when an annotator opens a task. Ours is the predict function's handler
behind uvicorn, which stands for API Gateway; it checks credentials, the official one does not.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from labelloop.local import reuters
from labelloop.local.annotator import DemoTask, predict_request
from labelloop.local.emulator import LOOPBACK, ROOT, claim_port
from labelloop.local.project import DemoProject
from tests.bench.report import Finding
from tests.bench.served import MADE_AT

LABELS, TEXTS, SECONDS, ROUNDS, CONNECTIONS = 1_000, 200, 8, 5, 4
EXAMPLE = "label_studio_ml/examples/sklearn_text_classifier"
LOGIN = "labelloop", "example-password"  # of the tests; the official one asks for none
LUA = Path(__file__).with_name("predict.lua")
# Their model and its settings, from EXAMPLE/model.py; labels by their places.
FIT = """
import json, pickle, sys
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
texts, codes = json.load(open(sys.argv[1]))
model = make_pipeline(
    TfidfVectorizer(ngram_range=(1, 3), token_pattern=r"(?u)\\b\\w\\w+\\b|\\w"),
    LogisticRegression(C=10),
)
pickle.dump(model.fit(texts, codes), open(sys.argv[2], "wb"))
"""


def measure() -> Iterator[Finding]:
    """Measure both in turn."""
    checkout, python = os.environ.get("OFFICIAL_BACKEND"), os.environ.get("OFFICIAL_PYTHON")
    wrk = shutil.which("wrk")
    if not (checkout and python and wrk):
        print("left out: OFFICIAL_BACKEND and OFFICIAL_PYTHON name it, and wrk asks (see here)")
        return
    data = reuters.load(ROOT / ".local" / "data", LABELS + TEXTS, 1)
    project = DemoProject(1, "bench", data.labels, len(data.pool), MADE_AT)
    with TemporaryDirectory() as folder:
        bodies = Path(folder, "bodies")
        learnt, asked = data.pool[:LABELS], data.pool[LABELS:]
        # Of a labelled task: ours keeps its suggestion for task 1 to itself until then.
        requests = (predict_request(project, [DemoTask(1, 1, one.text)], True) for one in asked)
        bodies.write_text("\n".join(json.dumps(one) for one in requests))
        codes = [data.labels.index(one.label) for one in learnt]
        Path(folder, "data.json").write_text(json.dumps([[one.text for one in learnt], codes]))
        subprocess.run(  # noqa: S603 - named by whoever runs this
            [python, "-c", FIT, f"{folder}/data.json", f"{folder}/model.pkl"], check=True
        )
        gunicorn = ["-m", "gunicorn", "--preload", "--workers", "1", "--threads", "8"]
        theirs = [python, *gunicorn, "--timeout", "0", "_wsgi:app", "--bind"]
        ours = [sys.executable, "-m", "tests.bench.handler_server"]
        environment = os.environ | {"MODEL_DIR": folder, "LOG_LEVEL": "ERROR"}
        with (
            _server(theirs, Path(checkout, EXAMPLE), environment) as their_url,
            _server(ours, ROOT, environment | {"LABELS": str(LABELS)}) as our_url,
        ):
            for url in (our_url, their_url):
                _check(url, bodies)
            rounds = [
                (_load(wrk, our_url, bodies), _load(wrk, their_url, bodies)) for _ in range(ROUNDS)
            ]
    mine, other = zip(*rounds, strict=True)
    for name, found in (("ours", mine), ("official", other)):
        told = ", ".join(f"{rate:.0f}/s p99 {p99:.1f} ms" for rate, p99 in found)
        print(f"{name}: {told}", flush=True)
    rate = _median([a[0] / b[0] for a, b in rounds])
    p99 = _median([a[1] / b[1] for a, b in rounds])
    yield Finding("predictions per second, of the official backend's", rate, "times", 5, True)
    yield Finding("p99 of a prediction, of the official backend's", p99, "times", 1 / 3)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@contextmanager
def _server(command: list[str], folder: Path, environment) -> Iterator[str]:
    port = claim_port(0, "a backend", "")
    running = subprocess.Popen(  # noqa: S603 - named by whoever runs this
        [*command, f"{LOOPBACK}:{port}"],
        cwd=folder,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://{LOOPBACK}:{port}"
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/health", trust_env=False, timeout=5)
                break
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait()


def _check(url: str, bodies: Path) -> None:
    """Make sure that a backend predicts, and does not just answer."""
    body = json.loads(bodies.read_text().partition("\n")[0])
    answer = httpx.post(f"{url}/predict", json=body, auth=LOGIN, trust_env=False, timeout=60)
    (result,) = answer.raise_for_status().json()["results"]
    assert result["result"][0]["value"]["choices"], result


def _load(wrk: str, url: str, bodies: Path) -> tuple[float, float]:
    """Return requests per second, and the 99th percentile in ms."""
    done = subprocess.run(  # noqa: S603 - our own script
        [
            *(wrk, "--threads", "1", "--connections", str(CONNECTIONS), "--latency"),
            *("--duration", f"{SECONDS}s", "--timeout", "20s", "--script", LUA, url, "--", bodies),
        ],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    assert "Non-2xx" not in done.stdout, done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    assert rate is not None, done.stdout
    assert p99 is not None, done.stdout
    return float(rate[1]), float(p99[1]) * {"us": 1e-3, "ms": 1, "s": 1e3}[p99[2]]
