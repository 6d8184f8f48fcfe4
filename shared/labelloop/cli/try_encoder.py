"""Replay a finished project beside several encoders: how many labels one would have saved.

Imported late: it needs packages that most commands do not need.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from rich.box import SIMPLE_HEAD
from rich.table import Table

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.sentence_transformers import Given
from labelloop.cli import aws
from labelloop.cli.check_encoder import check_encoder
from labelloop.cli.encoder_source import Hub, opened
from labelloop.cli.exported_model import BUILT
from labelloop.cli.finished import Finished, finished, label_config_of, unseen
from labelloop.cli.replay import replay_of
from labelloop.cli.report import Report
from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.domain.ordering.strategies import DEFAULT
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.judging.backtest import Accuracies

_NONE, _BUILT_IN = "none", "built-in"
_SHOWN: Final = (20, 50, 100, 200)
_AIMED_AT: Final = 1 / 2  # of the labels: from there on an encoder's accuracy is averaged


@dataclass(frozen=True, slots=True)
class Trial:
    """An encoder to try on an export, and how; `encoder` explains the options."""

    encoder: str
    export: Path
    text: str
    choice: str
    label_config: Path | None
    seeds: int
    labels: int
    jobs: int
    given: Given
    is_forced: bool
    hub: Hub
    stack: str


def try_encoder(trial: Trial, report: Report) -> None:
    """Replay an export without an encoder, with the built-in one, and with the one to try."""
    config = label_config_of(trial.label_config)
    project = finished(trial.export, trial.text, trial.choice, config)
    with report.errors.status("encoding") as shown, _loaded(trial) as (tried, tuned_to):
        project = unseen(project, tuned_to, report)
        runs: dict[str, list[Accuracies]] = {}
        for name, tools in {_NONE: Toolbox(), **_built(), trial.encoder: _tools(tried)}.items():
            shown.update(f"replaying: {name}")
            steps, runs[name] = _runs(project, tools, trial)
        found = _compared(steps, runs, trial.encoder)
        report.data |= {"tasks": len(project.inputs), "runs": trial.seeds, "encoder": tried.name}
    report.data |= found
    report.console.print(_table(found, steps))
    for line in _sentences(found, trial.encoder, len(project.inputs)):
        report.say(line)


def _built() -> dict[str, Toolbox]:
    if not BUILT.is_dir():
        return {}
    return {_BUILT_IN: _tools(OnnxEncoder(EncoderFiles.in_folder("minilm", BUILT), _threads()))}


def _tools(encoder: OnnxEncoder) -> Toolbox:
    return Toolbox(encoder.name, lambda: encoder)


def _threads() -> int:
    return os.cpu_count() or 1


@contextmanager
def _loaded(trial: Trial) -> Iterator[tuple[OnnxEncoder, frozenset[str]]]:
    """Return the encoder, and what it was tuned to: see `EncoderFiles.tuned_to`.

    A folder's or a hub's once it is checked, else the bucket's.
    """
    if not (Path(trial.encoder).is_dir() or trial.encoder.startswith("hub:")):
        command = f"labelloop encoder try {trial.encoder} {trial.export} --stack {trial.stack}"
        with aws.errors_explained(trial.stack, command):
            files = EncoderFiles.of(aws.bucket(trial.stack), trial.encoder)
            encoder, tuned_to = OnnxEncoder(files, _threads()), files.tuned_to()
        yield encoder, tuned_to
        return
    with opened(trial.encoder, trial.given, trial.hub) as files_of:
        found = check_encoder(
            files_of.folder, "tried", files_of.described, is_forced=trial.is_forced
        )
        described = found.description | files_of.tuned()[0]
        (files_of.folder / "encoder.json").write_text(json.dumps(described))
        files = EncoderFiles.in_folder("tried", files_of.folder)
        yield OnnxEncoder(files, _threads()), files.tuned_to()


def _runs(project: Finished, tools: Toolbox, trial: Trial) -> tuple[list[int], list[Accuracies]]:
    replayed = replay_of(project, tools)
    steps = replayed.steps(trial.labels)
    todo = (delayed(replayed.run)(DEFAULT, seed, steps) for seed in range(trial.seeds))
    return steps, Parallel(n_jobs=min(trial.jobs, trial.seeds))(todo)


def _compared(steps: list[int], runs: dict[str, list[Accuracies]], tried: str) -> dict[str, Any]:
    """Return curves, and what the encoder saves over each other one, as JSON values.

    The accuracy to reach is the other one's own, the mean of the second half of its labels.
    """
    means = {name: np.mean(rows, axis=0) for name, rows in runs.items()}
    curves = {name: list(zip(steps, mean.tolist(), strict=True)) for name, mean in means.items()}
    is_later = np.array(steps) >= _AIMED_AT * steps[-1]
    saved = {}
    for name in runs:
        if name == tried:
            continue
        target = float(means[name][is_later].mean())
        own, other = (labels_to_reach(target, curves[one]) for one in (tried, name))
        differences = np.mean(runs[tried], axis=1) - np.mean(runs[name], axis=1)
        spread = (
            differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else None
        )
        saved[name] = {
            "target": round(target, 4),
            "labels": None if own is None else round(own),
            "labels_of_other": None if other is None else round(other),
            "ahead": round(float(differences.mean()), 4),
            "standard_error": None if spread is None else round(float(spread), 4),
        }
    shown = {
        name: [{"labels": n, "accuracy": round(a, 4)} for n, a in curve]
        for name, curve in curves.items()
    }
    return {"curves": shown, "saved_over": saved}


def _table(found: dict[str, Any], steps: list[int]) -> Table:
    shown = sorted({min(steps, key=lambda step: abs(step - size)) for size in (*_SHOWN, steps[-1])})
    title = "Accuracy (%) on held-out tasks, by number of labels"
    rows = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("encoder", *map(str, shown)):
        rows.add_column(heading, justify="left" if heading == "encoder" else "right")
    for name, curve in found["curves"].items():
        by_size = {point["labels"]: point["accuracy"] for point in curve}
        rows.add_row(name, *(f"{100 * by_size[size]:.1f}" for size in shown))
    return rows


def _sentences(found: dict[str, Any], tried: str, tasks: int) -> Iterator[str]:
    for name, saved in found["saved_over"].items():
        error = saved["standard_error"]
        spread = "" if error is None else f" ± {100 * error:.1f}"
        ahead = f"{tried} is {100 * saved['ahead']:+.1f}{spread} points ahead of {name}"
        own, other = saved["labels"], saved["labels_of_other"]
        if own is None or other is None:
            yield f"{ahead}; it does not reach its {saved['target']:.1%} with these labels"
        else:
            yield f"{ahead}; for {saved['target']:.1%} it takes {own} labels, {name} {other}"
    if _BUILT_IN not in found["saved_over"]:
        yield f"The built-in encoder is not here: `make build` puts it into {BUILT}."
    yield f"By {tasks:,} tasks of one export: others may differ."
