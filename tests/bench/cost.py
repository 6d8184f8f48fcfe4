"""What it costs: durations measured under the emulator of the runtime, times AWS's list prices.

Prices are those of `labelloop.domain.prices`, for x86_64; nothing here was billed by AWS. For each
label Label Studio sends one webhook, and asks /health, /setup and /predict for the next task; each
twentieth label trains and ranks. Ranking is taken from `make e2e`, not timed here. While nobody
labels the sweep looks every five minutes; alarms, $0.10 each beyond ten free ones, are left out.
"""

import statistics
from collections.abc import Iterator

from labelloop.domain.prices import PRICES, seconds_cost
from labelloop.local.annotator import annotation_created, predict_request, setup_request
from tests.bench.emulated import Function, emulated
from tests.bench.report import Finding
from tests.bench.served import train_seconds
from tests.bench.trained import api_event, environment_of, trained_stack

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
    train = seconds_cost(train_seconds(LABELS), Function.built("TrainFunction").memory_mb)
    call = PRICES.api_request + PRICES.invocation
    prediction = health + setup + predict + 3 * call + 2 * PRICES.s3_read
    yield Finding("cost of 1,000 predictions, with /health and /setup", 1_000 * prediction, "$", 1)
    version = (
        train
        + seconds_cost(RANK_S, RANK_MB)
        + 6 * (PRICES.message + PRICES.invocation)
        + 40 * PRICES.s3_write
    )
    each = hook + call + PRICES.s3_write + PRICES.message + PRICES.s3_read + version / RETRAIN_AFTER
    yield Finding("cost of 1,000 labels, versions and rankings too", 1_000 * each, "$", 1)
    idle = SWEEPS * (
        sweep + PRICES.invocation + 2 * PRICES.s3_write + 6 * PRICES.s3_read
    )  # a listing costs as a write
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
            costs.append(seconds_cost(median, function.memory_mb))
    return costs
