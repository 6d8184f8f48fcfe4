"""Cold starts of the built functions: from the first event to the first answer.

Under Lambda's Runtime Interface Emulator with the share of a processor that the function's memory
buys, on a core of its own; S3, SQS and SSM are the emulator's of the local stack, on the other.
AWS adds its own time to set up the machine, and gives more processor time during the start.
"""

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

from labelloop.local.annotator import annotation_created, predict_request, setup_request
from labelloop.local.project import Json
from tests.bench.emulated import BUILD, Function, emulated, share_of
from tests.bench.report import Finding
from tests.bench.trained import api_event, environment_of, trained_stack

STARTS, CORE = 20, 1
PLAIN = Path(__file__).parent, BUILD / "RuntimeLayer" / "python"


def measure() -> Iterator[Finding]:
    """Measure webhook, predict without and with the encoder, and a plain function beside them."""
    with trained_stack("none") as (stack, project, tasks, truth):
        webhook = Function.built("WebhookFunction")
        print(f"webhook: {share_of(webhook)}")
        environment = environment_of(stack, "Webhook")
        plain = Function(PLAIN, webhook.memory_mb, "plain_function.lambda_handler")
        base = _cold(plain, {"body": "{}"}, environment, "plain function: Logger and boto3")
        label = annotation_created(project, tasks[0], truth[0], 1)
        for method, path, body, goal in (
            ("GET", "/health", None, 0.30),
            ("POST", "/setup", setup_request(project), 3.0),
            ("POST", "/webhook", label, 0.30),
        ):
            asked = api_event(f"{stack.user}:{stack.password}", method, path, body)
            seconds = _cold(webhook, asked, environment, path)
            yield Finding(f"cold {path}, {webhook.memory_mb:,} MB", seconds, "s", goal)
            yield Finding(f"cold {path}, of a plain function's", seconds / base, "times", 1)
        yield _predict(stack, project, tasks, "sparse model", 0.60)
    with trained_stack("minilm") as (stack, project, tasks, _):
        yield _predict(stack, project, tasks, "encoder", 1.2)


def _predict(stack, project, tasks, model: str, goal: float) -> Finding:
    function = Function.built("PredictFunction", without="-" if model == "encoder" else "Encoder")
    asked = api_event(
        f"{stack.user}:{stack.password}", "POST", "/predict", predict_request(project, tasks[-1:])
    )
    seconds = _cold(function, asked, environment_of(stack, "Predict"), f"/predict, {model}")
    name = f"cold /predict with its model, {model}, {function.memory_mb:,} MB"
    return Finding(name, seconds, "s", goal)


def _cold(function: Function, asked: Json, environment: Mapping[str, str], name: str) -> float:
    """Return the median of the times to the first answer."""
    seconds = []
    for _ in range(STARTS + 1):  # the first one fills the machine's file cache
        with emulated(function, environment, CORE) as started:
            took, answer = started.invoke(asked)
        assert answer.get("statusCode") in (200, 202), answer
        seconds.append(took)
    low, median, high = min(seconds[1:]), statistics.median(seconds[1:]), max(seconds[1:])
    print(f"{name}: {median:.3f} s ({low:.3f} to {high:.3f})", flush=True)
    return median
