"""Replay an export of a finished project: a table, a picture, and the numbers.

Imported late: it needs packages that most commands do without.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from rich.table import Table

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.fitted_head import FittedHead
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.backtest import Wanted
from labelloop.cli.export import Finished, finished
from labelloop.cli.report import Report
from labelloop.domain.strategies import DEFAULT, RANDOM, STRATEGIES
from labelloop.errors import Rejected
from labelloop.recipes.label_names import words_of
from labelloop.usecases.backtest import Accuracies, Backtest, Replay, Result, compare
from labelloop.usecases.featurise import Featuriser

BUILT: Final = Path(".aws-sam/build/EncoderLayer/python/encoder")  # by `make build`
_NO_ENCODER: Final = "none"
_SHOWN: Final = 50, 100, 200, 500


def replay(wanted: Wanted, report: Report) -> None:
    """Replay a project, and tell what each strategy would have saved."""
    names = _known(wanted.strategies)
    if wanted.picture:
        from labelloop.cli.picture import check_path, draw

        check_path(wanted.picture)
    project = finished(wanted.export, wanted.text, wanted.choice)
    with report.errors.status("encoding") as shown:
        featuriser = _featuriser(wanted.encoder)
        replayed = _replay(project, featuriser)
        _say_what(report, project, replayed, featuriser.encoder)
        steps = replayed.steps(wanted.labels)
        runs: dict[str, list[Accuracies]] = {name: [] for name in names}
        order = [(name, seed) for seed in range(wanted.seeds) for name in names]
        todo = (delayed(replayed.run)(name, seed, steps) for name, seed in order)
        found = Parallel(n_jobs=min(wanted.jobs, len(order)), return_as="generator")(todo)
        for done, ((name, _), accuracies) in enumerate(zip(order, found, strict=True), start=1):
            runs[name].append(accuracies)
            shown.update(f"replaying: {done} of {len(order)} runs")
    result = compare(steps, runs)
    report.data |= result.as_json()
    report.console.print(_table(result, steps[-1]))
    if wanted.picture:
        draw(result, wanted.export.stem, wanted.picture)
        report.data["picture"] = str(wanted.picture)
        report.say(f"drawn into {wanted.picture}")


def _known(wanted: Sequence[str]) -> list[str]:
    """Return the strategies to replay, random order among them."""
    unknown = sorted(set(wanted) - set(STRATEGIES))
    if unknown:
        raise Rejected(f"no strategy {unknown[0]!r}; there are: {', '.join(STRATEGIES)}")
    return [name for name in STRATEGIES if not wanted or name in (*wanted, RANDOM)]


def _featuriser(encoder: str) -> Featuriser:
    folder = Path(encoder) if encoder else BUILT
    if encoder == _NO_ENCODER or not (encoder or folder.is_dir()):
        return Featuriser()
    loaded = OnnxEncoder(EncoderFiles.in_folder(folder.name, folder), os.cpu_count() or 1)
    return Featuriser(loaded.name, lambda: loaded)


def _replay(project: Finished, featuriser: Featuriser) -> Replay:
    names = None
    if featuriser.encoder:
        classes = sorted(set(project.labels))
        vectors = featuriser.vectors([words_of(name) for name in classes])
        names = dict(zip(classes, vectors, strict=True))
    labels, features = np.array(project.labels), featuriser(project.texts)
    return Replay(features, labels, partial(FittedHead, names=names))


def _say_what(report: Report, project: Finished, replayed: Replay, encoder: str) -> None:
    classes = len(set(project.labels))
    report.data |= {
        "choice": project.choice,
        "text": project.field,
        "classes": classes,
        "tasks": len(project.texts),
        "held_out": replayed.held_out,
        "left_out": project.left_out,
        "encoder": encoder or None,
    }
    report.say(
        f"{len(project.texts):,} tasks with a text in {project.field!r} and one of {classes} labels"
        f" of {project.choice!r}, {replayed.held_out:,} of them held out to measure with."
        f" {project.left_out:,} tasks left out."
    )
    report.say(f"With the encoder {encoder}." if encoder else "Without an encoder, by terms alone.")


def _table(found: Backtest, budget: int) -> Table:
    shown = [size for size in _SHOWN if size < budget] + [budget]
    title = "Accuracy (%) on held-out tasks by labels; labels to what random order has at its end"
    table = Table(title=title, caption=f"default: {DEFAULT}")
    table.add_column("strategy")
    for size in shown:
        table.add_column(str(size), justify="right")
    table.add_column("mean, ahead of random", justify="right")
    table.add_column(f"to {found.target:.1%}", justify="right")
    for name, one in found.results.items():
        curve = dict(one.curve)
        cells = (f"{100 * curve[size]:.1f}" if size in curve else "" for size in shown)
        table.add_row(name, *cells, "" if name == RANDOM else _ahead(one), _reached(one))
    return table


def _ahead(one: Result) -> str:
    error = "" if one.error is None else f" ± {100 * one.error:.1f}"
    return f"{100 * one.ahead:+.1f}{error}"


def _reached(one: Result) -> str:
    """Return the labels that it takes in the mean, and the least and the most of any run."""
    if one.to_target is None:
        return "never"
    if one.least is None:
        return f"{one.to_target:.0f}"
    most = "never" if one.most is None else f"{one.most:.0f}"
    return f"{one.to_target:.0f} ({one.least:.0f} to {most})"
