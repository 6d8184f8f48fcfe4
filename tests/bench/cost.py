"""What it costs: durations measured under the emulator of the runtime, times AWS's list prices.

Prices of us-east-1 for x86_64, November 2026, without the free tier; nothing here was billed by
AWS. For each label Label Studio sends one webhook, and asks /health, /setup and /predict for the
next task; each twentieth label trains and ranks. Ranking is taken from `make e2e`, not timed here.
While nobody labels the sweep looks every five minutes; five alarms, $0.10 each beyond ten free
ones, are left out.
"""

import statistics
from collections.abc import Iterator

from labelloop.local.annotator import annotation_created, predict_request, setup_request
from tests.bench.emulated import Function, emulated
from tests.bench.report import Finding
from tests.bench.served import train_seconds
from tests.bench.trained import api_event, environment_of, trained_stack

GB_SECOND, REQUEST = 0.0000166667, 0.20e-6  # Lambda
API_REQUEST, MESSAGE = 1.00e-6, 0.40e-6  # HTTP API; SQS
S3_WRITE, S3_READ = 5e-6, 0.4e-6
RETRAIN_AFTER, RANK_S, RANK_MB = 20, 15.0, 1_769
SWEEPS = 12 * 24 * 30  # a month
LABELS, REPEATS, CORE = 1_000, 20, 1


def measure() -> Iterator[Finding]:
    """Measure warm durations with 1,000 labels known, and add up."""
    with trained_stack("minilm", LABELS, REPEATS) as (stack, project, tasks, truth):
        login = f"{stack.user}:{stack.password}"
        label = annotation_created(project, tasks[-1], truth[-1], LABELS + 1)
        ask = predict_request(project, tasks[-1:])
        webhook = [
            api_event(login, "GET", "/health", None),
            api_event(login, "POST", "/setup", setup_request(project)),
            api_event(login, "POST", "/webhook", label),
        ]
        health, setup, hook = _warm(stack, "Webhook", webhook)
        (predict,) = _warm(stack, "Predict", [api_event(login, "POST", "/predict", ask)])
        (sweep,) = _warm(stack, "Sweep", [{}])
    train = _lambda(train_seconds(LABELS), Function.built("TrainFunction").memory_mb)
    call = API_REQUEST + REQUEST
    prediction = health + setup + predict + 3 * call + 2 * S3_READ
    yield Finding("cost of 1,000 predictions, with /health and /setup", 1_000 * prediction, "$", 1)
    version = train + _lambda(RANK_S, RANK_MB) + 6 * (MESSAGE + REQUEST) + 40 * S3_WRITE
    each = hook + call + S3_WRITE + MESSAGE + S3_READ + version / RETRAIN_AFTER
    yield Finding("cost of 1,000 labels, versions and rankings too", 1_000 * each, "$", 1)
    idle = SWEEPS * (sweep + REQUEST + 2 * S3_WRITE + 6 * S3_READ)  # a listing costs as a write
    yield Finding("cost of a month in which nobody labels, one project", idle, "$", 1)


def _warm(stack, name: str, events) -> list[float]:
    """Return what one warm invocation with each event costs, by the median of its durations."""
    function = Function.built(f"{name}Function")
    costs = []
    with emulated(function, environment_of(stack, name), CORE) as running:
        for event in events:
            seconds = [running.invoke(event)[0] for _ in range(REPEATS)]
            median = statistics.median(seconds[1:])
            print(
                f"{event.get('rawPath', name)}: {median * 1e3:.1f} ms at {function.memory_mb:,} MB",
                flush=True,
            )
            costs.append(_lambda(median, function.memory_mb))
    return costs


def _lambda(seconds: float, memory_mb: int) -> float:
    return seconds * memory_mb / 1024 * GB_SECOND
