"""Replay an export of a finished project: a table, a picture, and the numbers.

Imported late: it needs packages that most commands do without.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from joblib import Parallel, delayed
from rich.box import SIMPLE_HEAD
from rich.table import Table

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.backtest import Wanted
from labelloop.cli.export import Finished, finished
from labelloop.cli.report import Report
from labelloop.domain.intake.events import canonical
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM, STRATEGIES
from labelloop.errors import Rejected
from labelloop.picture import Line, check_path, draw
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.judging.backtest import Accuracies, Backtest, Replay, Result, compare
from labelloop.usecases.learning.vectors import RecalledVectors, UsedVectors

BUILT: Final = Path(".aws-sam/build/EncoderLayer/python/encoder")  # by `make build`
_NO_ENCODER: Final = "none"
_SHOWN: Final = 50, 200
_MOST_TRIED: Final = 60  # labels, to find out which vectors a training needs
_WIDTHS: Final = {DEFAULT: 2.5, RANDOM: 1.6}
# By the place among all strategies, whichever are drawn. "tab10" without its grey; random is black.
_COLOURS: Final = dict(
    zip(
        [name for name in STRATEGIES if name != RANDOM],
        [f"C{n}" for n in (0, 1, 2, 3, 4, 5, 6, 8, 9)],
        strict=False,
    )
)


def replay(wanted: Wanted, report: Report) -> None:
    """Replay a project, and tell what each strategy would have saved."""
    names = _known(wanted.strategies)
    if wanted.picture:
        check_path(wanted.picture)
    project = finished(wanted.export, wanted.text, wanted.choice)
    with report.errors.status("encoding") as shown:
        tools = _tools(wanted.encoder)
        replayed = _replay(project, tools)
        steps = replayed.steps(wanted.labels)
        report.data |= _facts(project, replayed, tools.encoder, wanted.seeds)
        for line in _told(report.data):
            report.say(line)
        runs: dict[str, list[Accuracies]] = {name: [] for name in names}
        order = [(name, seed) for seed in range(wanted.seeds) for name in names]
        todo = (delayed(replayed.run)(name, seed, steps) for name, seed in order)
        found = Parallel(n_jobs=min(wanted.jobs, len(order)), return_as="generator")(todo)
        for done, ((name, _), accuracies) in enumerate(zip(order, found, strict=True), start=1):
            runs[name].append(accuracies)
            shown.update(f"replaying: {done} of {len(order)} runs")
    result = compare(steps, runs)
    report.data |= result.as_json()
    report.console.print(table(result, steps[-1], wanted.seeds))
    if result.target <= report.data["commonest"]["share"]:
        report.say("The commonest label alone is right as often: accuracy can't tell these apart.")
    if wanted.picture:
        draw({wanted.export.stem: lines(result)}, "held-out tasks", wanted.picture)
        report.data["picture"] = str(wanted.picture)
        report.say(f"drawn into {wanted.picture}")


def _known(wanted: Sequence[str]) -> list[str]:
    """Return the strategies to replay, random order among them."""
    unknown = sorted(set(wanted) - set(STRATEGIES))
    if unknown:
        raise Rejected(f"no strategy {unknown[0]!r}; there are: {', '.join(STRATEGIES)}")
    return [name for name in STRATEGIES if not wanted or name in (*wanted, RANDOM)]


def _tools(encoder: str) -> Toolbox:
    folder = Path(encoder) if encoder else BUILT
    if encoder == _NO_ENCODER or not (encoder or folder.is_dir()):
        return Toolbox()
    loaded = OnnxEncoder(EncoderFiles.in_folder(folder.name, folder), os.cpu_count() or 1)
    return Toolbox(loaded.name, lambda: loaded)


def _replay(project: Finished, tools: Toolbox) -> Replay:
    """Return what is replayed. Other processes get the vectors that they need, not the encoder."""
    control, labels = project.control, project.labels
    features, used = control.features(project.inputs, tools), UsedVectors(tools)
    for few in (_MOST_TRIED, len(labels)):  # what a training encodes besides shows in any of them
        if not control.missing(labels[:few], 0):
            control.fit(labels[:few], features.take(range(len(labels[:few]))), tools=used)
            break
    return Replay(features, labels, control, RecalledVectors(tools.encoder, used.by_digest))


def _facts(project: Finished, replayed: Replay, encoder: str, runs: int) -> dict[str, Any]:
    """Return what is replayed, as JSON values."""
    texts = [canonical(label) for label in project.labels]
    label, count = Counter(texts).most_common(1)[0]
    about = project.control.about()
    return {
        "choice": about["choice"],
        "text": about["text"].removeprefix("$"),
        "classes": len(set(texts)),
        "commonest": {
            "label": project.labels[texts.index(label)],
            "share": round(count / len(project.labels), 4),
        },
        "tasks": len(project.inputs),
        "held_out": replayed.held_out,
        "left_out": project.left_out,
        "repeats": project.repeats,
        "runs": runs,
        "encoder": encoder or None,
    }


def _told(facts: dict[str, Any]) -> Iterator[str]:
    commonest = facts["commonest"]
    yield (
        f"{facts['tasks']:,} tasks with a text in {facts['text']!r} and one of {facts['classes']}"
        f" labels of {facts['choice']!r}; {commonest['share']:.0%} are {commonest['label']!r}."
    )
    yield (
        f"{facts['held_out']:,} held out to measure with. Left out: {facts['left_out']:,} without"
        f" a label or a text, {facts['repeats']:,} with the text of another."
    )
    if facts["encoder"]:
        yield f"With the encoder {facts['encoder']}."
        return
    yield (
        "By terms alone. A deployed project has an encoder unless the stack was told otherwise, and"
        f" does better: `make build` puts it into {BUILT}, --encoder names a folder."
    )


def lines(found: Backtest) -> list[Line]:
    """Return the curves as they are drawn, and the accuracy to reach."""
    curves = [
        Line(
            name,
            one.curve,
            _COLOURS.get(name, "black"),
            _WIDTHS.get(name, 1.2),
            "--" if name == RANDOM else "-",
        )
        for name, one in found.results.items()
    ]
    level = [(labels, found.target) for labels, _ in found.results[RANDOM].curve]
    return [*curves, Line("to reach", level, "black", 0.8, ":", marker="")]


def table(found: Backtest, budget: int, runs: int) -> Table:
    """Return what is shown: a row for each strategy, the best first, in 80 columns."""
    shown = [size for size in _SHOWN if size < budget] + [budget]
    spread = f"±: a standard error of {runs} runs. In brackets: the least and the most of any. "
    ended = f"saved: labels, of those that random order takes to {found.target:.1%}"
    caption = f"{spread if runs > 1 else ''}{ended}, what it has in the mean of its second half."
    title = "Accuracy (%) on held-out tasks after so many labels"
    rows = Table(
        title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    rows.add_column("strategy", no_wrap=True)
    for size in shown:
        rows.add_column(str(size), justify="right", no_wrap=True)
    for heading in ("ahead", f"to {found.target:.1%}", "saved"):
        rows.add_column(heading, justify="right", no_wrap=True)
    for name, one in found.results.items():
        curve = dict(one.curve)
        cells = (f"{100 * curve[size]:.1f}" if size in curve else "" for size in shown)
        ahead = "" if name == RANDOM else _ahead(one)
        saved = "" if name == RANDOM else _saved(found.saved(name))
        rows.add_row(name, *cells, ahead, _reached(one), saved)
    return rows


def _ahead(one: Result) -> str:
    error = "" if one.error is None else f" ± {100 * one.error:.1f}"
    return f"{100 * one.ahead:+.1f}{error}"


def _saved(labels: float | None) -> str:
    return "?" if labels is None else f"{labels:+.0f}"


def _reached(one: Result) -> str:
    """Return the labels that it takes, in the median and in any run."""
    (first, _), (last, _) = one.curve[0], one.curve[-1]

    def shown(labels: float) -> str:
        if labels > last:
            return f">{last}"
        return f"≤{first}" if labels <= first else f"{labels:.0f}"

    least, most = shown(one.least), shown(one.most)
    return shown(one.to_target) + (f" ({least} to {most})" if least != most else "")
