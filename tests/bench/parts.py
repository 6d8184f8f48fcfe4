"""What can be measured, and how a process of its own measures it."""

from importlib import import_module

from tests.bench.report import Finding

PARTS = (
    "texts",
    "encoder",
    "warm",
    "official",
    "rerank",
    "retrain",
    "fold",
    "cold",
    "event_to_live",
    "cost",
    "sizes",
)


def run(part: str) -> list[Finding]:
    """Measure one part."""
    print(f"── {part}", flush=True)
    return list(import_module(f"tests.bench.{part}").measure())
