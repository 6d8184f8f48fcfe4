"""What is said of each span of a text: how right it is, where the spans are predicted, too.

Snips: spans of coarse types, such as a place, and of each which it is: a city, a country, of 21 in
all. Beside it the recipe for texts on the span's own words, which it is given: nobody predicts
spans for it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Label
from labelloop.recipes import control_of
from labelloop.recipes.region_answers.control import RegionAnswers
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.parts import own_answers, prefix_of
from tests.bench.kinds.curves import Baseline, Metric, Part, Project, compared
from tests.bench.kinds.several_controls import Tasks, _tools
from tests.bench.labels.packages import NoSet
from tests.bench.labels.sources import FOLDER
from tests.bench.report import Finding

SIZES: Final = (25, 50, 100, 200, 400)
_COARSE: Final = {
    "place": ("city", "state", "country", "current_location", "geographic_poi", "poi"),
    "name": (
        *("object_name", "movie_name", "entity_name", "restaurant_name", "location_name"),
        *("artist", "track", "album", "playlist"),
    ),
    "number": ("rating_value", "best_rating", "party_size_number", "year"),
}
_TYPE: Final = {fine: coarse for coarse, every in _COARSE.items() for fine in every}
_TESTED: Final = 400
_SPANS, _FINE, _WORDS = "span F1", "answers of regions right", "words of the region"


def findings(seeds: int) -> Iterator[Finding]:
    """Yield how the product's order does beside random order, and the answers beside a text's."""
    pool, test = _tasks("pool"), _tasks("test")[:_TESTED]
    project = _project(pool, test)
    baselines = {_WORDS: lambda _: _by_words(pool, test)}
    curves = compared("region answers", lambda _: project, baselines, seeds, SIZES)
    for name, one in curves.items():
        yield Finding(
            f"region answers, {name}: worst of the order less random",
            one.worst(),
            "standard errors",
            -1.0,
            at_least=True,
        )
    last = {system: rows.mean(axis=0)[-1] for system, rows in curves[_FINE].values.items()}
    ahead = max(last.values()) - last[_WORDS]
    yield Finding("region answers: right beyond the words alone", ahead, "", 0.0, at_least=True)


def _tasks(part: str) -> Tasks:
    """Return data, and what people marked and answered, of sentences with such a span."""
    folder = FOLDER / "snips_ner"
    if not folder.is_dir():
        raise NoSet(f"Snips: no {folder}; DATA_FOLDER names the folder of exports")
    tasks = json.loads((folder / f"tasks_{part}.json").read_text())
    labels = json.loads((folder / f"labels_{part}.json").read_text())
    read = [(one["data"]["text"], labels[one["data"]["ref_id"]]) for one in tasks]
    every = [({"text": text}, list(_regions(spans))) for text, spans in read]
    return [(data, result) for data, result in every if result]


def _regions(spans: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, span in enumerate(spans):
        value, fine = span["value"], span["value"]["labels"][0]
        about = {"id": f"r{number}", "to_name": "text"}
        place = {"start": value["start"], "end": value["end"]}
        if coarse := _TYPE.get(fine):
            marked = {"from_name": "span", "type": "labels", "value": place | {"labels": [coarse]}}
            said = {"from_name": "fine", "type": "choices", "value": place | {"choices": [fine]}}
            yield about | marked
            yield about | said


def _control() -> SeveralControls:
    labels = "".join(f'<Label value="{one}"/>' for one in _COARSE)
    choices = "".join(f'<Choice value="{one}"/>' for one in _TYPE)
    control = control_of(
        f'<View><Labels name="span" toName="text">{labels}</Labels>'
        '<Text name="text" value="$text"/>'
        f'<Choices name="fine" toName="text" perRegion="true">{choices}</Choices></View>'
    )
    assert isinstance(control, SeveralControls)
    return control


def _project(pool: Tasks, test: Tasks) -> Project:
    control, tools = _control(), _tools()

    def part(tasks: Tasks) -> Part:
        labels = [control.label_of(result) for _, result in tasks]
        return Part.of(control, [control.input_of(data) for data, _ in tasks], labels, tools)

    metrics = {_SPANS: _hits(control, "span"), _FINE: _hits(control, "fine")}
    return Project(control, tools, part(pool), part(test), metrics)


def _hits(control: SeveralControls, name: str) -> Metric:
    measure = dict(control.controls)[name].measure

    def hits(answers: Answers, labels: Sequence[Label]) -> float:
        own = own_answers(prefix_of(name), answers)
        return float(measure.hits(own, [label[name] for label in labels]).mean()) if own else 0.0

    return hits


def _by_words(pool: Tasks, test: Tasks) -> Baseline:
    """Return the recipe for texts on the words of each region, as people marked it."""
    regions, tools = dict(_control().controls)["fine"], _tools()
    assert isinstance(regions, RegionAnswers)
    inner = regions.inner
    texts, wanted = _words(test)
    tested = inner.features(texts, tools)

    def measured(rows: NDArray[np.int64]) -> dict[str, float]:
        given, labels = _words([pool[row] for row in rows.tolist()])
        model = inner.fit(labels, inner.features(given, tools), None, tools)
        hits = float(inner.measure.hits(model.answer(tested), wanted).mean())
        return {_SPANS: 0.0, _FINE: hits}

    return measured


def _words(tasks: Tasks) -> tuple[list[str], list[str]]:
    said = [
        (data["text"][one["value"]["start"] : one["value"]["end"]], one["value"]["choices"][0])
        for data, result in tasks
        for one in result
        if one["from_name"] == "fine"
    ]
    return [words for words, _ in said], [label for _, label in said]
