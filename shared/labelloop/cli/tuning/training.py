"""Run the trainer: a job in, weights out, and how far it is in between."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from labelloop.cli.tuning.checkpoint import WEIGHTS, Checkpoint
from labelloop.cli.tuning.interpreter import ALONE
from labelloop.errors import Rejected

TRAINER: Final = Path(__file__).with_name("trainer.py")
_SEED: Final = 0

type Report = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to tune; how these were chosen is in tests/bench/NOTEBOOK.md."""

    rate: float = 1e-4
    steps: int = 40  # whatever the number of labels, so this is what tuning takes
    batch: int = 32
    frozen: float = 0.5  # of the blocks, the lower ones, with the embeddings


SETTINGS: Final = Settings()


def tune(
    start: Checkpoint,
    runs: Sequence[tuple[Sequence[str], Sequence[str]]],
    python: str,
    report: Report,
    settings: Settings = SETTINGS,
) -> list[bytes]:
    """Return the weights after each run of texts and labels. `report`: of batches done, and of all.

    Rejected if the program fails. It ends with this one, whatever ends that.
    """
    with TemporaryDirectory(prefix="labelloop-tune-") as temporary:
        folder = Path(temporary)
        for name, body in start.files.items():
            path = folder / "model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        jobs = []
        for number, (texts, labels) in enumerate(runs):
            to = folder / str(number)
            to.mkdir()
            read = [start.described.prefix + text for text in texts]
            jobs.append({"texts": read, "labels": list(labels), "to": str(to)})
        job = folder / "job.json"
        limits = {"max_tokens": start.described.max_tokens}
        facts = {
            "model": str(folder / "model"),
            "seed": _SEED,
            "threads": threads(),
        }
        job.write_text(json.dumps(facts | {"settings": asdict(settings) | limits, "runs": jobs}))
        _run([python, ALONE, "-W", "ignore", str(TRAINER), str(job)], report)
        return [(folder / str(n) / WEIGHTS).read_bytes() for n in range(len(runs))]


def threads() -> int:
    """Return how many threads compute at a time."""
    return os.process_cpu_count() or 1


def _run(command: list[str], report: Report) -> None:
    with (
        TemporaryDirectory(prefix="labelloop-tune-") as temporary,
        (Path(temporary) / "errors").open("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as program,  # noqa: S603
    ):
        try:
            for line in program.stdout or ():
                progress = json.loads(line)
                report(progress["done"], progress["of"])
        except BaseException:  # an interruption too: nothing goes on behind it
            program.kill()
            raise
        if program.wait():
            errors.seek(0)
            lines = errors.read().strip().splitlines() or [f"exit code {program.returncode}"]
            raise Rejected(f"the tuning ended: {lines[-1]:.300}", "name another Python: --python")
