"""Tune an encoder to an export's labels, if it pays, and write its folder.

Imported late: it needs packages that most commands do not need.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from labelloop.cli.check_encoder import PoolCost
from labelloop.cli.encoder_source import Hub
from labelloop.cli.finished import finished, label_config_of, unlabelled
from labelloop.cli.report import Report
from labelloop.cli.tuning.checkpoint import Checkpoint, checkpoint
from labelloop.cli.tuning.graph import encoder_files
from labelloop.cli.tuning.interpreter import interpreter
from labelloop.cli.tuning.training import SETTINGS, tune
from labelloop.cli.tuning.trial import Labelled, tried
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.learning.examples import controls_of
from labelloop.errors import Rejected
from labelloop.recipes import control_or_none
from labelloop.recipes.protocol import Control

LEAST_LABELS: Final = 40
_LEAST_OF_A_CLASS: Final = 2  # of two classes at least: pairs of one label, and of two
_MOST_UNLABELLED: Final = 200  # that models are learnt from, in the trial
_KEPT: Final = "the encoder stays as it is; label more and try again, or add --anyway"
_ALL_SEEN: Final = (
    "without --project, labels of its random share were tuned to as well, and measure nothing any "
    "more: its page will show no accuracy until it has new ones"
)
_LEARNT_FROM: Final = (
    "versions beside it learn from the {labels} labels that it was tuned to, and are measured by "
    "all others, so label on"
)
_ANY_POOL: Final = 10_000
_CARD: Final = """---
license: {licence}
language: [{languages}]
---
An encoder tuned by `labelloop tune` to {labels} labels of one project, from {source}.
"""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What to tune, and how; `labelloop tune` explains the options.

    `project`: its key, empty if it is not known; `pool`: how many tasks it has; `project_config`:
    its label config.
    """

    export: Path
    label_config: Path | None
    text: str
    choice: str
    source: str
    hub: Hub
    python: str
    is_wanted_anyway: bool
    project: str = ""
    pool: int = _ANY_POOL
    project_config: str = ""


def tuned_encoder(tuning: Tuning, folder: Path, report: Report) -> None:
    """Write a tuned encoder into a new folder. Rejected if it is not clearly better."""
    began = time.monotonic()
    known = _labelled(tuning)
    with report.working("preparing") as shown:
        python = interpreter(tuning.python, report.say)
        start = checkpoint(tuning.source, tuning.hub, python)
        shown.update("trial")
        verdict, ms = tried(
            known, start, python, lambda done, of: shown.update(f"trial: {done} of {of} batches")
        )
        _tell(report, verdict, PoolCost.of(tuning.pool, ms), time.monotonic() - began)
        if not (verdict.switches or tuning.is_wanted_anyway):
            raise Rejected(verdict.reason, _KEPT)
        texts, labels = _drawn(known)
        (weights,) = tune(
            start,
            [(texts, labels)],
            python,
            lambda done, of: shown.update(f"tuning to all labels: {done} of {of} batches"),
        )
        with _whole(folder) as into:
            for name, body in encoder_files(start, weights, texts).items():
                (into / name).write_bytes(body)
            (into / "README.md").write_text(_card(tuning.source, start, len(labels)))
    minutes = round((time.monotonic() - began) / 60, 1)
    report.data |= {"folder": str(folder), "minutes": minutes, "tuned_to": len(labels)}
    report.say(f"the encoder is in {folder}, after {minutes} minutes")
    report.say(_LEARNT_FROM.format(labels=len(labels)))
    if not tuning.project:
        report.say(_ALL_SEEN)


def _drawn(known: Labelled) -> tuple[Sequence[str], Sequence[str]]:
    """Return the texts that are tuned to, and their labels: as many as the steps take.

    More would not be read, and count as if they had been.
    """
    most = SETTINGS.steps * SETTINGS.batch
    if len(known.labels) <= most:
        return known.texts, known.labels
    rows = sorted(random.Random(0).sample(range(len(known.labels)), most))  # noqa: S311
    return [known.texts[row] for row in rows], [known.labels[row] for row in rows]


def demand_free(folder: Path) -> None:
    """Raise Rejected for a folder that holds something."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise Rejected(f"{folder} is there already", "name another one: --out")
    if not folder.absolute().parent.is_dir():
        raise Rejected(f"there is no folder {folder.absolute().parent}", "name another one: --out")


def _labelled(tuning: Tuning) -> Labelled:
    config = label_config_of(tuning.label_config) or _config_of_project(tuning)
    # by labels of the random share accuracy is measured: they stay unseen
    project = finished(
        tuning.export, tuning.text, tuning.choice, config, but_random_of=tuning.project
    )
    control = project.control
    if not all(map(_is_one_choice, project.inputs, project.labels, repeat(control))):
        raise Rejected(
            f"only one choice of several about a text is tuned to, and this is {control.asks}, by "
            f"the recipe {control.recipe}",
            "an encoder that knows the texts' language helps other kinds: labelloop encoder try",
        )
    counts = Counter(project.labels)
    enough = [label for label, count in counts.items() if count >= _LEAST_OF_A_CLASS]
    if len(project.labels) < LEAST_LABELS or len(enough) < _LEAST_OF_A_CLASS:
        raise Rejected(
            f"there are {len(project.labels)} distinct texts with a label, of {len(counts)} "
            f"classes; tuning takes {LEAST_LABELS}, and two classes with two each",
            "label more first",
        )
    others = unlabelled(tuning.export, project)
    some = random.Random(0).sample(others, min(_MOST_UNLABELLED, len(others)))  # noqa: S311
    return Labelled(project.inputs, project.labels, some, control)


def _config_of_project(tuning: Tuning) -> str:
    """Return the project's label config, empty where options say more, or it asks several things.

    A page may show several texts of a task, which are read as one: only what is tuned to as
    versions read it is known to them.
    """
    if tuning.text or tuning.choice or not tuning.project_config:
        return ""
    control = control_or_none(tuning.project_config)
    return "" if control is None or controls_of(control) else tuning.project_config


def _is_one_choice(input_: Any, label: Any, control: Control) -> bool:
    return isinstance(input_, str) and isinstance(label, str) and control.parts(label) == (label,)


def _tell(report: Report, verdict: Verdict, pool: PoolCost, seconds: float) -> None:
    """Say what the trial found, and what it takes to encode the pool."""
    minutes = round(seconds / 60, 1)
    report.data |= {"is_better": verdict.switches, "reason": verdict.reason, **verdict.numbers}
    report.data |= {"trial_minutes": minutes}
    report.say(f"the trial took {minutes} minutes: {verdict.reason}")
    report.say(
        f"a switch encodes the pool anew: {pool.minutes} minutes and ${pool.usd} of Lambda for "
        f"{pool.tasks:,} tasks, if it is as fast as this machine"
    )


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which gets its name once all of it is there."""
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.absolute().parent) as temporary:
        inner = Path(temporary) / folder.name
        inner.mkdir()
        yield inner
        if folder.exists():
            folder.rmdir()
        inner.rename(folder)


def _card(source: str, start: Checkpoint, labels: int) -> str:
    facts: dict[str, Any] = {"labels": labels, "source": source or "all-MiniLM-L6-v2"}
    facts["licence"] = start.described.licence if source else "apache-2.0"
    facts["languages"] = ", ".join(start.described.languages) if source else "en"
    return _CARD.format(**facts)
