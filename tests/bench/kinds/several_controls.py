"""Two controls on one sentence: learnt together, is each as good as by its recipe alone?

Snips: which of 7 things is wanted, and of which type the first words are that say more. Any two
controls that recipes read may stand in `CONFIG`: their metric is the share of hits.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of, read
from labelloop.recipes.protocol import Control
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.model import SeveralModel
from labelloop.recipes.tools import Toolbox
from tests.bench.kinds.curves import Curves, Metric, Part, Project
from tests.bench.labels.packages import NoSet
from tests.bench.labels.sources import FOLDER
from tests.bench.report import Finding

type Tasks = list[tuple[dict[str, Any], list[dict[str, Any]]]]  # data, and what people answered

SIZES: Final = (25, 50, 100, 200, 300, 400, 500)
_TYPES: Final = 8  # of first words; the rarer ones are one
_OTHER: Final = "other"


def findings(seeds: int) -> Iterator[Finding]:
    """Yield how far each control is behind its recipe alone, and what both together take."""
    config, pool, test = snips()
    every, tools = control_of(config), _tools()
    assert isinstance(every, SeveralControls)
    together = _project(every, pool, test, tools, _metrics(every))
    alone = {
        name: _project(control, pool, test, tools, {name: _hits(control)})
        for name, control in _alone(config).items()
    }
    runs: dict[str, list[Mapping[str, list[float]]]] = {}
    for seed in range(seeds):
        for system, strategy in (("together", DEFAULT), ("together, random", RANDOM)):
            runs.setdefault(system, []).append(together.run(strategy, seed, SIZES))
        for system, strategy in (("alone", DEFAULT), ("alone, random", RANDOM)):
            each = [one.run(strategy, seed, SIZES) for one in alone.values()]
            runs.setdefault(system, []).append({k: v for run in each for k, v in run.items()})
    for name in alone:
        values = {system: np.array([run[name] for run in each]) for system, each in runs.items()}
        curves = Curves(f"several controls, {name}", SIZES, values)
        curves.show()
        yield Finding(
            f"several controls, {name}: worst of together less alone",
            curves.worst("together", "alone"),
            "standard errors",
            -1.0,
            at_least=True,
        )
        yield Finding(
            f"several controls, {name}: worst of random order, together less alone",
            curves.worst("together, random", "alone, random"),
            "standard errors",
            -1.0,
            at_least=True,
        )
    yield from _times(together)


def snips() -> tuple[str, Tasks, Tasks]:
    """Return a label config, and the pool and the test tasks as people answered them."""
    if not (FOLDER / "snips_ner").is_dir():
        raise NoSet(f"Snips: no {FOLDER / 'snips_ner'}; DATA_FOLDER names the folder of exports")
    types = {part: _first_types(part) for part in ("pool", "test")}
    common = [one for one, _ in Counter(types["pool"].values()).most_common(_TYPES)]
    parts = {
        part: [
            (text, intent, types[part][text] if types[part][text] in common else _OTHER)
            for text, intent in _rows("snips", part)
            if text in types[part]
        ]
        for part in types
    }
    intents = sorted({intent for _, intent, _ in parts["pool"]})
    controls = _choices("intent", intents) + _choices("first", [*common, _OTHER])
    config = f'<View><Text name="text" value="$text"/>{controls}</View>'
    pool, test = ([_task(*row) for row in parts[part]] for part in ("pool", "test"))
    return config, pool, test


def _rows(name: str, part: str) -> list[tuple[str, Any]]:
    tasks = json.loads((FOLDER / name / f"tasks_{part}.json").read_text())
    labels = json.loads((FOLDER / name / f"labels_{part}.json").read_text())
    return [(task["data"]["text"], labels[task["data"]["ref_id"]]) for task in tasks]


def _first_types(part: str) -> dict[str, str]:
    """Return the type of the first span of each sentence that has one."""
    firsts = {
        text: min(spans, key=lambda span: span["value"]["start"])
        for text, spans in _rows("snips_ner", part)
        if spans
    }
    return {text: str(span["value"]["labels"][0]) for text, span in firsts.items()}


def _choices(name: str, labels: Sequence[str]) -> str:
    choices = "".join(f'<Choice value="{label}"/>' for label in labels)
    return f'<Choices name="{name}" toName="text">{choices}</Choices>'


def _task(text: str, intent: str, first: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    about = {"to_name": "text", "type": "choices"}
    answers = {"intent": intent, "first": first}
    regions = [
        {"from_name": name, **about, "value": {"choices": [label]}}
        for name, label in answers.items()
    ]
    return {"text": text}, regions


def _alone(config: str) -> dict[str, Control]:
    """Return the control of each recipe by itself, by name."""
    read_config = parse(config)
    controls = {
        tag.attributes["name"]: read(read_config.only(tag)) for tag in read_config.controls()
    }
    return {name: control for name, control in controls.items() if control is not None}


def _project(
    control: Control, pool: Tasks, test: Tasks, tools: Toolbox, metrics: Mapping[str, Metric]
) -> Project:
    def part(tasks: Tasks) -> Part:
        inputs = [control.input_of(data) for data, _ in tasks]
        labels = [control.label_of(result) for _, result in tasks]
        return Part.of(control, inputs, labels, tools)

    return Project(control, tools, part(pool), part(test), metrics)


def _metrics(control: SeveralControls) -> dict[str, Metric]:
    """Return the hits of each control, by its name."""

    def of(name: str) -> Metric:
        measure = control.measure
        return lambda said, labels: float(
            measure.hits(said, [{name: label[name]} for label in labels]).mean()
        )

    return {name: of(name) for name, _ in control.controls}


def _hits(control: Control) -> Metric:
    return lambda said, labels: float(control.measure.hits(said, labels).mean())


def _times(project: Project) -> Iterator[Finding]:
    """Yield the seconds of a training, and a warm answer next to what it can't do without."""
    rows = np.arange(min(1_000, len(project.pool.labels)))
    labels = [project.pool.labels[row] for row in rows.tolist()]
    rest = np.arange(len(rows), min(len(rows) + 1_500, len(project.pool.labels)))
    started = time.perf_counter()
    trained = project.control.fit(
        labels, project.pool.features.take(rows), project.pool.features.take(rest), project.tools
    ).packed()
    seconds = time.perf_counter() - started
    yield Finding("several controls: training on 1,000 labels", seconds, "s", 20.0)
    control, model = project.control, project.control.load(trained.artefact)
    inputs, names = project.test.inputs[:1], control.known(model.names) or ()

    def whole() -> None:
        said = control.shown(model.answer(control.features(inputs, project.tools)), names)
        control.measure.reading(said).sureness()
        control.results(said)

    assert isinstance(control, SeveralControls)
    assert isinstance(model, SeveralModel)
    one_sees, models = control.controls[0][1], [part.model for part in model.parts]

    def bare() -> None:
        seen = one_sees.features(inputs[0], project.tools)
        for one in models:
            one.answer(seen)

    ratio = _fastest(whole) / _fastest(bare)
    yield Finding("several controls: a warm answer next to its models", ratio, "times", 1.5)


def _fastest(run: Callable[[], None]) -> float:
    times = []
    for _ in range(200):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return float(np.median(times))


@cache
def _tools() -> Toolbox:
    encoder = OnnxEncoder(EncoderFiles.built_in(), threads=1)
    return Toolbox(encoder.name, lambda: encoder)
