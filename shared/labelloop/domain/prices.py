"""AWS's list prices, and what a stack's usage costs by them. Nothing here was billed by AWS."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

HOURS_OF_A_MONTH: Final = 730.0  # AWS's own


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region at one time, in USD, without free tiers and discounts."""

    region: str
    as_of: str
    gb_second: Mapping[str, float]  # of Lambda's memory, by processor
    invocation: float
    api_request: float  # HTTP API
    message: float  # a request to an SQS standard queue
    s3_write: float  # PUT, LIST
    s3_read: float  # GET
    s3_gb_month: float
    log_gb: float  # taken in by CloudWatch
    alarm_month: float


PRICES: Final = Prices(
    region="us-east-1",
    as_of="2026-11",
    gb_second={"x86_64": 0.0000166667, "arm64": 0.0000133334},
    invocation=0.20e-6,
    api_request=1.00e-6,
    message=0.40e-6,
    s3_write=5e-6,
    s3_read=0.4e-6,
    s3_gb_month=0.023,
    log_gb=0.50,
    alarm_month=0.10,
)


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """What one function did. `seconds`: of all invocations together."""

    invocations: float
    seconds: float
    memory_mb: int
    processor: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a stack used in `hours` hours. None: not measured."""

    hours: float
    functions: Mapping[str, FunctionUse] = field(default_factory=dict)
    api_requests: float = 0.0
    messages: float = 0.0
    s3_gb: float = 0.0
    s3_writes: float | None = None
    s3_reads: float | None = None
    log_gb: float = 0.0
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a bill, in USD."""

    name: str
    used: str
    usd: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What a function runs on. `memory_mb`: 0 outside Lambda."""

    memory_mb: int
    processor: str


def seconds_cost(seconds: float, memory_mb: int, processor: str = "x86_64") -> float:
    """Return what a function's time costs, in USD."""
    return seconds * memory_mb / 1024 * PRICES.gb_second[processor]


def work_cost(gb_seconds: float, runs: int, processor: str) -> float:
    """Return what a function's work costs, in USD, by seconds times memory."""
    price = PRICES.gb_second.get(processor, PRICES.gb_second["x86_64"])
    return gb_seconds * price + runs * PRICES.invocation


def bill(usage: Usage) -> Iterator[Item]:
    """Yield what each part of a stack costs."""
    month = usage.hours / HOURS_OF_A_MONTH
    for name, use in usage.functions.items():
        time = seconds_cost(use.seconds, use.memory_mb, use.processor)
        used = f"{use.invocations:,.0f} invocations, {use.seconds:,.0f} s at {use.memory_mb:,} MB"
        yield Item(name, used, time + use.invocations * PRICES.invocation)
    api, queues = usage.api_requests, usage.messages
    yield Item("API", f"{api:,.0f} requests", api * PRICES.api_request)
    yield Item("queues", f"{queues:,.0f} requests", queues * PRICES.message)
    stored = usage.s3_gb * PRICES.s3_gb_month * month
    yield Item("bucket, stored", f"{usage.s3_gb:,.3f} GB", stored)
    if usage.s3_writes is not None and usage.s3_reads is not None:
        requests = usage.s3_writes * PRICES.s3_write + usage.s3_reads * PRICES.s3_read
        used = f"{usage.s3_writes:,.0f} writes, {usage.s3_reads:,.0f} reads"
        yield Item("bucket, requests", used, requests)
    yield Item("logs", f"{usage.log_gb:,.3f} GB", usage.log_gb * PRICES.log_gb)
    yield Item("alarms", f"{usage.alarms}", usage.alarms * PRICES.alarm_month * month)


LEFT_OUT: Final = (
    "cold starts' initialisation",
    "data that leaves AWS",
    "custom metrics, traces and KMS",
    "SnapStart and kept instances",
    "the dashboard, beyond an account's first three, and an alarm's further metrics",
    "free tiers and discounts",
)
