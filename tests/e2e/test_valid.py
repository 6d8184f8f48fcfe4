"""Whatever tasks hold, Label Studio's own validation takes what is predicted for them."""

import json
import math
import os
import random
import subprocess
from pathlib import Path
from typing import Any

from tests.builders import PROJECT, label_config
from tests.conftest import load_event
from tests.e2e.report import Exactly, find
from tests.reliability.requests import odd_task
from tests.reliability.site import call, site

TASKS, AT_ONCE = 10_000, 100
# Prints why predictions are invalid: a list of reasons for each that is.
VALIDATION = """
import json, sys
from label_studio_sdk.label_interface import LabelInterface

label_config, results = json.load(sys.stdin)
validate = LabelInterface(label_config).validate_prediction
told = [errors for one in results if (errors := validate(one, return_errors=True))]
print(json.dumps(told))
"""


def test_each_of_ten_thousand_odd_tasks_gets_a_result_that_label_studio_finds_valid(monkeypatch):
    chance, results = random.Random(2), []
    with site(monkeypatch):
        for _ in range(TASKS // AT_ONCE):
            results += predict([odd_task(chance) for _ in range(AT_ONCE)])

    invalid = errors_of(results)
    unsound = [one for one in results if not math.isfinite(one["score"])]
    versions = {one["model_version"] for one in results}
    print(*invalid[:20], *unsound[:20], versions, sep="\n")
    assert sum(bool(one["result"]) for one in results) > TASKS / 10  # else nothing was tried
    unit = "of 10,000 odd tasks"
    find(Exactly("predictions that Label Studio finds invalid", len(invalid), unit, 0))
    find(Exactly("tasks without a result of their own", TASKS - len(results), unit, 0))
    find(Exactly("scores that are no numbers", len(unsound), unit, 0))
    find(Exactly("versions that the predictions name", len(versions), unit, 1))


def test_the_validation_finds_what_is_invalid():
    region = {"from_name": "label", "to_name": "text", "type": "choices"}
    wrong: list[dict[str, Any]] = [
        {"result": [region | {"value": {"choices": ["Neither"]}}], "score": 0.5},
        {"result": [region | {"from_name": "other", "value": {"choices": ["Positive"]}}]},
    ]

    assert len(errors_of(wrong)) == len(wrong)


def predict(tasks: list[Any]) -> list[dict[str, Any]]:
    """Return the function's results for as many tasks."""
    event = load_event("predict-predict")
    body = json.loads(event["body"]) | {"project": PROJECT, "label_config": label_config()}
    status, answer = call(event | {"body": json.dumps(body | {"tasks": tasks})})
    assert status == 200, answer[:300]
    results: list[dict[str, Any]] = json.loads(answer)["results"]
    assert len(results) == len(tasks)
    return results


def errors_of(results: list[dict[str, Any]]) -> list[list[str]]:
    """Return the reasons for each prediction that Label Studio finds invalid."""
    done = subprocess.run(  # noqa: S603 - installed by make e2e
        [Path(os.environ["LABEL_STUDIO_VENV"]) / "bin" / "python", "-c", VALIDATION],
        input=json.dumps([label_config(), results]).encode(),
        capture_output=True,
        check=True,
        timeout=300,
    )
    told: list[list[str]] = json.loads(done.stdout)
    return told
