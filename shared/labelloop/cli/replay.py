"""Replay an export of a finished project: a table, a picture, and the numbers.

Imported late: it needs packages that most commands do not need.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from rich.box import SIMPLE_HEAD
from rich.table import Table

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.fetching import Fetcher
from labelloop.adapters.guarded_https import GuardedHttps, Hosts
from labelloop.adapters.image_encoder_files import ImageEncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.exported_model import BUILT
from labelloop.cli.finished import Finished, finished, label_config_of, own_recipe, unseen
from labelloop.cli.replay_options import ReplayOptions
from labelloop.cli.report import Report
from labelloop.domain.intake.events import canonical
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM, STRATEGIES
from labelloop.errors import Rejected
from labelloop.picture import Line, check_path, draw
from labelloop.recipes import encoder_of
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.judging.backtest import Accuracies, Backtest, Replay, Result, compare
from labelloop.usecases.learning.vectors import RecalledVectors, UsedVectors

_NO_ENCODER: Final = "none"
_BUILT_FOR_IMAGES: Final = Path(".aws-sam/build/ImageEncoderLayer/python/image_encoder")
_READ_THEM: Final = (
    "images take an encoder of their own: `make build`, or --image-encoder; what lies elsewhere is"
    " fetched from --fetch-hosts alone"
)
_SHOWN: Final = 50, 200
_MOST_TRIED: Final = 60  # labels of a trial training, which finds the vectors that trainings need
_WIDTHS: Final = {DEFAULT: 2.5, RANDOM: 1.6}
# A strategy keeps its colour, whichever are drawn. "tab10" without its grey; random is black.
_COLOURS: Final = dict(
    zip(
        [name for name in STRATEGIES if name != RANDOM],
        [f"C{n}" for n in (0, 1, 2, 3, 4, 5, 6, 8, 9)],
        strict=False,
    )
)


def replay(options: ReplayOptions, report: Report) -> None:
    """Replay a project, and report how many labels each strategy would have saved."""
    names = _strategies(options.strategies)
    if options.picture:
        check_path(options.picture)
    project = finished(
        options.export,
        options.text,
        options.choice,
        label_config_of(options.label_config),
        own_recipe(options.recipe) if options.recipe else None,
    )
    with report.working("encoding") as shown:
        tools = _tools(options)
        project = unseen(project, tools.tuned_to(), report)
        replayed = replay_of(project, tools)
        steps = replayed.steps(options.labels)
        report.data |= _facts(project, replayed, options.seeds)
        for line in _sentences(report.data):
            report.say(line)
        runs: dict[str, list[Accuracies]] = {name: [] for name in names}
        order = [(name, seed) for seed in range(options.seeds) for name in names]
        todo = (delayed(replayed.run)(name, seed, steps) for name, seed in order)
        curves = Parallel(n_jobs=min(options.jobs, len(order)), return_as="generator")(todo)
        for done, ((name, _), accuracies) in enumerate(zip(order, curves, strict=True), start=1):
            runs[name].append(accuracies)
            shown.update(f"replaying: {done} of {len(order)} runs")
    result = compare(steps, runs)
    report.data |= result.as_json()
    report.console.print(table(result, steps[-1], options.seeds))
    if options.seeds > 1:
        report.say(_first(result.first))
    if result.target <= report.data["commonest"]["share"]:
        report.say("The commonest label alone is right as often: accuracy can't tell these apart.")
    if options.picture:
        draw({options.export.stem: lines(result)}, "held-out tasks", options.picture)
        report.data["picture"] = str(options.picture)
        report.say(f"drawn into {options.picture}")


def _strategies(names: Sequence[str]) -> list[str]:
    """Return the strategies to replay, all if none is named; random order is always included."""
    unknown = sorted(set(names) - set(STRATEGIES))
    if unknown:
        raise Rejected(f"no strategy {unknown[0]!r}; there are: {', '.join(STRATEGIES)}")
    return [name for name in STRATEGIES if not names or name in (*names, RANDOM)]


def _tools(options: ReplayOptions) -> Toolbox:
    """Return the encoders that are named, or that lie in the current folder, as a stack has them.

    Files are fetched as a stack does it, but for uploads and buckets, which take credentials.
    """
    fetch = Fetcher(GuardedHttps(Hosts.listed(options.fetch_hosts)))
    threads, encoder, images = os.cpu_count() or 1, None, None
    if folder := _folder(options.encoder, BUILT):
        files = EncoderFiles.named_there(folder)
        encoder = OnnxEncoder(files, threads)
    if folder := _folder(options.image_encoder, _BUILT_FOR_IMAGES):
        from labelloop.adapters.onnx_image_encoder import OnnxImageEncoder

        seeing = OnnxImageEncoder(ImageEncoderFiles.in_folder(folder.name, folder), threads)
        images = Images(seeing.name, lambda: seeing, fetch)
    if encoder is None:
        return Toolbox(images=images, fetch=fetch)
    return Toolbox(encoder.name, lambda: encoder, images, fetch=fetch, tuned_to=files.tuned_to)


def _folder(named: str, built: Path) -> Path | None:
    """Return the folder of an encoder: the one that is named, else a built one; None for none."""
    if named == _NO_ENCODER or not (named or built.is_dir()):
        return None
    return Path(named) if named else built


def replay_of(project: Finished, tools: Toolbox) -> Replay:
    """Return the replay of what can be read. Other processes get vectors, not the encoder.

    A trial training shows which vectors a training needs besides those of the inputs.
    """
    control, used = project.control, UsedVectors(tools)
    features = control.features(project.inputs, tools)
    rows = np.flatnonzero(features.are_finite() & bool(features.blocks))
    if not len(rows):
        raise Rejected("nothing of the tasks can be read here", _READ_THEM)
    features, labels = features.take(rows), [project.labels[row] for row in rows.tolist()]
    for count in (_MOST_TRIED, len(labels)):
        trial = labels[:count]
        if not control.missing(trial, 0):
            control.fit(trial, features.take(range(len(trial))), tools=used)
            break
    encoder = encoder_of(control.recipe, tools.encoder, tools.image_encoder)
    return Replay(features, labels, control, RecalledVectors(encoder, used.by_digest))


def _facts(project: Finished, replayed: Replay, runs: int) -> dict[str, Any]:
    """Return the facts about a replay, as JSON values."""
    texts = [canonical(label) for label in replayed.labels]
    unread = len(project.labels) - len(texts)
    label, count = Counter(texts).most_common(1)[0]
    about = project.control.about()
    return {
        "choice": about["choice"],
        "text": about["text"].removeprefix("$"),
        "classes": len(set(texts)),
        "commonest": {
            "label": replayed.labels[texts.index(label)],
            "share": round(count / len(texts), 4),
        },
        "tasks": len(texts),
        "held_out": replayed.held_out,
        "left_out": project.left_out + unread,
        "repeats": project.repeats,
        "runs": runs,
        "encoder": replayed.tools.encoder or None,
    }


def _sentences(facts: dict[str, Any]) -> Iterator[str]:
    commonest = facts["commonest"]
    yield (
        f"{facts['tasks']:,} tasks about {facts['text']!r}, each with one of {facts['classes']}"
        f" labels of {facts['choice']!r}; {commonest['share']:.0%} are {commonest['label']!r}."
    )
    yield (
        f"{facts['held_out']:,} held out to measure with. Left out: {facts['left_out']:,} without"
        f" a label, or unreadable, {facts['repeats']:,} that say the same as another."
    )
    if facts["encoder"]:
        yield f"With the encoder {facts['encoder']}."
        return
    yield (
        "By terms alone. A deployed project has an encoder unless Encoder is set to none, and does"
        f" better: `make build` puts it into {BUILT}, --encoder names a folder."
    )


def lines(backtest: Backtest) -> list[Line]:
    """Return the curve of each strategy, and a line for the accuracy to reach."""
    curves = [
        Line(
            name,
            result.curve,
            _COLOURS.get(name, "black"),
            _WIDTHS.get(name, 1.2),
            "--" if name == RANDOM else "-",
        )
        for name, result in backtest.results.items()
    ]
    level = [(labels, backtest.target) for labels, _ in backtest.results[RANDOM].curve]
    return [*curves, Line("to reach", level, "black", 0.8, ":", marker="")]


def table(backtest: Backtest, budget: int, runs: int) -> Table:
    """Return a table of 80 columns: a row for each strategy, the best first."""
    shown = [size for size in _SHOWN if size < budget] + [budget]
    target = f"{backtest.target:.1%}"
    spread = f"±: a standard error of {runs} runs. In brackets: the least and the most of any. "
    saved = f"saved: how many fewer labels than random order it takes to reach {target}"
    caption = f"{spread if runs > 1 else ''}{saved}, random order's mean in its second half."
    title = "Accuracy (%) on held-out tasks, by number of labels"
    rows = Table(
        title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    rows.add_column("strategy", no_wrap=True)
    for size in shown:
        rows.add_column(str(size), justify="right", no_wrap=True)
    for heading in ("ahead", f"to {target}", "saved"):
        rows.add_column(heading, justify="right", no_wrap=True)
    for names, result in backtest.orders():
        name, *same = names
        curve = dict(result.curve)
        cells = (f"{100 * curve[size]:.1f}" if size in curve else "" for size in shown)
        ahead = "" if name == RANDOM else _ahead(result)
        saved = "" if name == RANDOM else _saved(backtest.saved(name))
        rows.add_row(name, *cells, ahead, _reached(result), saved)
        for other in same:
            rows.add_row(f"= {other}")
    return rows


def _first(names: Sequence[str]) -> str:
    best, *others = names
    if not others:
        return f"First, by more than a standard error: {best}."
    return f"First: {best}, and within a standard error of it {', '.join(others)}."


def _ahead(result: Result) -> str:
    error = "" if result.error is None else f" ± {100 * result.error:.1f}"
    return f"{100 * result.ahead:+.1f}{error}"


def _saved(labels: float | None) -> str:
    return "?" if labels is None else f"{labels:+.0f}"


def _reached(result: Result) -> str:
    """Return the labels needed for the target: the median, and the range over the runs."""
    (first, _), (last, _) = result.curve[0], result.curve[-1]

    def shown(labels: float) -> str:
        if labels > last:
            return f">{last}"
        return f"≤{first}" if labels <= first else f"{labels:.0f}"

    least, most = shown(result.least), shown(result.most)
    return shown(result.to_target) + (f" ({least} to {most})" if least != most else "")
