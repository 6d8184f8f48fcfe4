"""Two of Label Studio's official backends predict as recipes what they predict as servers.

    OFFICIAL_BACKEND=<checkout of HumanSignal/label-studio-ml-backend> \\
    OFFICIAL_PYTHON=<python with label_studio_ml, scikit-learn, gunicorn, spacy and its model> \\
    [SPACY_MODEL=en_core_web_sm] pytest tests/system/test_official_backends.py

Each server runs by itself on loopback, with its own packages, beside what stands for Label Studio's
API, where its `fit` fetches the labels. The recipe is made by `labelloop recipe from-backend`, and
runs in the same environment, from the same labels to the artefact and back.
"""

import json
import os
import random
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from labelloop.local.emulator import LOOPBACK, ROOT, claim_port

CHECKOUT, PYTHON = os.environ.get("OFFICIAL_BACKEND"), os.environ.get("OFFICIAL_PYTHON")
LABELS, TASKS = 100, 200
SPACY_MODEL = os.environ.get("SPACY_MODEL", "en_core_web_sm")
CHOICES = """<View><Text name="text" value="$text"/><Choices name="topic" toName="text">
<Choice value="Trade"/><Choice value="Weather"/><Choice value="Sport"/></Choices></View>"""
SPANS = """<View><Labels name="ner" toName="text"><Label value="PERSON"/><Label value="ORG"/>
<Label value="GPE"/><Label value="DATE"/></Labels><Text name="text" value="$text"/></View>"""
OURS = """
import json, sys
given = json.load(open(sys.argv[1]))
sys.path.append(given["packages"])  # what ours needs and this environment lacks
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.own import load_recipe
from labelloop.recipes.tools import Toolbox

control = load_recipe(given["recipe"]).read(parse(given["config"]))
def seen(rows):
    return control.features([control.input_of(row["data"]) for row in rows], Toolbox())
labels = [control.label_of(row["annotations"][0]["result"]) for row in given["learnt"]]
model = control.load(control.fit(labels, seen(given["learnt"])).packed().artefact)
answers = model.answer(seen(given["asked"]))
scores = control.measure.reading(answers).confidence.tolist()
results = control.results(control.shown(answers, control.known(model.names)))
json.dump([results, scores], open(sys.argv[2], "w"))
"""

pytestmark = pytest.mark.skipif(
    not (CHECKOUT and PYTHON),
    reason="OFFICIAL_BACKEND and OFFICIAL_PYTHON name the official backends: see here",
)


def topic_texts(count: int) -> list[tuple[str, str]]:
    """Return texts of three topics that share many words, and their topics."""
    words = {
        "Trade": ("tariff", "export", "price", "market", "contract"),
        "Weather": ("rain", "storm", "sun", "front", "record"),
        "Sport": ("match", "goal", "record", "contract", "front"),
    }
    common = ("the", "new", "in", "north", "after", "week", "price", "sun", "match")
    chance = random.Random(1)
    texts = []
    for number in range(count):
        topic = list(words)[number % 3]
        drawn = chance.choices(words[topic], k=3) + chance.choices(common, k=5)
        chance.shuffle(drawn)
        texts.append((" ".join(drawn), topic))
    return texts


def named_texts(count: int) -> list[str]:
    """Return sentences with names of people, companies and places, and dates."""
    people = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Tim Cook")
    firms = ("IBM", "Apple", "Deutsche Bank", "the BBC", "Toyota")
    places = ("London", "New York", "Berlin", "Japan", "Oslo")
    lines = (
        "{0} left {1} for {2} on Monday.",
        "In {2}, {1} hired {0} last year",
        "{1} says {0} lives in {2}.",
        "Why did {0} sell {1}?",
        "nothing is named in this sentence number {3}",
    )
    chance = random.Random(2)
    return [
        chance.choice(lines).format(*map(chance.choice, (people, firms, places)), number)
        for number in range(count)
    ]


def task(number: int, text: str, result: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": number, "data": {"text": text}, "annotations": []}
    if result is not None:
        made["annotations"] = [{"id": number, "result": result, "was_cancelled": False}]
    return made


def chosen(name: str, topic: str) -> list[dict[str, Any]]:
    region = {"from_name": name, "to_name": "text", "type": "choices"}
    return [region | {"value": {"choices": [topic]}}]


def test_the_scikit_learn_example_predicts_the_same(tmp_path):
    texts = topic_texts(LABELS + TASKS)
    learnt = [
        task(number, text, chosen("topic", topic))
        for number, (text, topic) in enumerate(texts[:LABELS], 1)
    ]
    asked = [task(number, text) for number, (text, _) in enumerate(texts[LABELS:], 1_000)]

    agree("sklearn_text_classifier", CHOICES, learnt, asked, tmp_path)


def test_the_spacy_example_predicts_the_same(tmp_path):
    texts = named_texts(TASKS + 10)
    region = {"from_name": "ner", "to_name": "text", "type": "labels"}
    label = region | {"value": {"start": 0, "end": 2, "text": "", "labels": ["ORG"]}}
    learnt = [task(number, text, [label]) for number, text in enumerate(texts[:10], 1)]
    asked = [task(number, text) for number, text in enumerate(texts[10:], 1_000)]

    results = agree("spacy", SPANS, learnt, asked, tmp_path)

    assert sum(map(len, results)) > TASKS  # names are found


def agree(
    example: str, config: str, learnt: list[Any], asked: list[Any], folder: Path
) -> list[Any]:
    """Have both learn and predict the same; return the results, which are equal."""
    assert CHECKOUT
    source = Path(CHECKOUT, "label_studio_ml", "examples", example)
    theirs = by_their_server(source, config, learnt, asked, folder)
    ours, scores = by_our_recipe(source, config, learnt, asked, folder)

    offered = {value for value in ("PERSON", "ORG", "GPE", "DATE") if value in config}
    expected = [[one for one in row["result"] if is_offered(one, offered)] for row in theirs]
    assert len(expected) == len(asked) == len(ours)
    assert ours == expected
    told = [row["score"] for row in theirs]
    if any(told):  # spaCy's says 0 of all
        assert scores == pytest.approx(told, abs=1e-9)
    return ours


def is_offered(region: dict[str, Any], offered: set[str]) -> bool:
    """Say whether the label config has a region's label; ours leaves out the others."""
    labels = region["value"].get("labels")
    return labels is None or bool(set(labels) & offered)


def by_our_recipe(
    source: Path, config: str, learnt: list[Any], asked: list[Any], folder: Path
) -> tuple[list[Any], list[float]]:
    assert PYTHON
    command = ["recipe", "from-backend", str(source), "--to", str(folder), "--name", "official"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    given, found = folder / "given.json", folder / "found.json"
    packages = sysconfig.get_path("purelib")
    told = {"recipe": str(folder / "official"), "config": config, "packages": packages}
    given.write_text(json.dumps(told | {"learnt": learnt, "asked": asked}))
    module = folder / "official" / "__init__.py"
    settings = f'variables={{"SPACY_MODEL": "{SPACY_MODEL}"}}'
    module.write_text(module.read_text().replace("variables={}", settings))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "shared")}
    subprocess.run(  # noqa: S603 - named by whoever runs this
        [PYTHON, "-c", OURS, str(given), str(found)], env=environment, check=True
    )
    results, scores = json.loads(found.read_text())
    return results, scores


def by_their_server(
    source: Path, config: str, learnt: list[Any], asked: list[Any], folder: Path
) -> list[Any]:
    models = folder / "models"
    models.mkdir()
    with label_studio(config, learnt) as studio, server(source, models, studio) as url:
        project = {"id": 1, "label_config": config}
        setup = {"project": "1.1", "schema": config, "extra_params": None}
        event = {"action": "START_TRAINING", "project": project, "annotation": {"project": 1}}
        request = {"tasks": asked, "project": "1.1", "label_config": config, "params": {}}
        for path, body in (("setup", setup), ("webhook", event), ("predict", request)):
            answer = httpx.post(f"{url}/{path}", json=body, timeout=120, trust_env=False)
            assert answer.is_success, answer.text
    results: list[Any] = answer.json()["results"]
    return results


@contextmanager
def label_studio(config: str, learnt: list[Any]) -> Iterator[str]:
    """Run what stands for Label Studio's API: a project, and a page of labelled tasks."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body: Any = {"id": 1, "title": "one", "label_config": config}
            if "/api/tasks" in self.path:
                body = {"tasks": learnt, "total": len(learnt), "end_pagination": True}
            elif "/api/version" in self.path:
                body = {"release": "1.23.2"}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            pass

    api = ThreadingHTTPServer((LOOPBACK, 0), Api)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{api.server_port}"
    finally:
        api.shutdown()
        api.server_close()


@contextmanager
def server(source: Path, models: Path, studio: str) -> Iterator[str]:
    """Run an example as its README says, with gunicorn in its own folder."""
    assert PYTHON
    port = claim_port(0, "a backend", "")
    settings = {
        "PATH": os.environ["PATH"],
        "MODEL_DIR": str(models),
        "LABEL_STUDIO_HOST": studio,
        "LABEL_STUDIO_API_KEY": "a-key",
        "LOG_LEVEL": "ERROR",
        "SPACY_MODEL": SPACY_MODEL,
    }
    gunicorn = ["-m", "gunicorn", "--workers", "1", "--timeout", "0", "_wsgi:app", "--bind"]
    running = subprocess.Popen(  # noqa: S603 - named by whoever runs this
        [PYTHON, *gunicorn, f"{LOOPBACK}:{port}"], cwd=source, env=settings, stdout=sys.stderr
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
        running.send_signal(signal.SIGTERM)
        running.wait()
