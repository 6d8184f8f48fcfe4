"""Choices about images: digits and clothes, against logistic regression on the same vectors.

The images are 8 and 28 pixels wide, unlike what the encoder was trained on, but can be had without
asking anybody. Each is stored as a PNG and read as any other, at a pool's usual size.
"""

import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from labelloop.adapters.image_encoder_files import ImageEncoderFiles
from labelloop.adapters.onnx_image_encoder import OnnxImageEncoder
from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
from labelloop.recipes import control_of
from labelloop.recipes.image_choices.features import VECTORS
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Images, Toolbox
from tests.bench.kinds.curves import Part, Project, compared
from tests.bench.labels.packages import NoSet
from tests.bench.labels.sources import fashion
from tests.bench.report import Finding

BUILT: Final = Path(__file__).parents[3] / ".aws-sam/build/ImageEncoderLayer/python/image_encoder"
LOGISTIC: Final = "logistic regression"
_POOL, _MOST_TEST = 3_500, 1_500
_IMAGES: Final = 5_000  # of each set
_RETRAINED: Final = 1_000  # labels
_TIMED: Final = 50  # warm answers

type Labelled = tuple[NDArray[np.uint8], Sequence[str]]


def findings(seeds: int) -> Iterator[Finding]:
    """Yield how many labels the product takes, and how long it takes."""
    for name, images in {"digits": _digits, "Fashion-MNIST": _fashion}.items():
        try:
            pixels, labels = images()
        except NoSet as exc:
            Console().print(f"left out: {exc}")
            continue
        control, part = _control(labels), _encoded(pixels, labels)
        project = partial(_project, control, part)
        curves = compared(name, project, {LOGISTIC: _logistic}, seeds)["accuracy"]
        yield Finding(
            f"{name}: times fewer labels than random order's 500",
            curves.times_fewer(DEFAULT, RANDOM),
            "times",
            2.5,
            at_least=True,
        )
        yield Finding(
            f"{name}: times fewer labels than 500 of logistic regression",
            curves.times_fewer(DEFAULT, LOGISTIC),
            "times",
            1.0,
            at_least=True,
        )
        yield Finding(
            f"{name}: worst difference to random order",
            curves.worst(),
            "standard errors",
            -1.0,
            at_least=True,
        )
        yield Finding(f"{name}: retraining at 1,000 labels", _retrained(project(0)), "s", 20.0)
    yield Finding("images: a warm answer against the bare encoder and model", _warm(), "times", 1.5)


def _digits() -> Labelled:
    found = load_digits()
    return np.asarray(found.images * 255 / 16, np.uint8), [str(label) for label in found.target]


def _fashion() -> Labelled:
    values, labels = fashion()
    images = np.asarray(values[:_IMAGES] * 255, np.uint8).reshape(-1, 28, 28)
    return images, [str(label) for label in labels[:_IMAGES]]


def _control(labels: Sequence[str]) -> Control:
    choices = "".join(f'<Choice value="{name}"/>' for name in sorted(set(labels)))
    image = '<Image name="image" value="$image"/>'
    return control_of(f'<View>{image}<Choices name="c" toName="image">{choices}</Choices></View>')


@cache
def _encoder() -> OnnxImageEncoder:
    return OnnxImageEncoder(ImageEncoderFiles.in_folder("efficientnet", BUILT))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    body = io.BytesIO()
    Image.fromarray(pixels).save(body, "PNG")
    return body.getvalue()


def _toolbox(files: Mapping[str, bytes]) -> Toolbox:
    def fetch(addresses: Sequence[str]) -> list[Any]:
        return [files[address] for address in addresses]

    return Toolbox(images=Images(_encoder().name, _encoder, fetch))


def _encoded(pixels: NDArray[np.uint8], labels: Sequence[str]) -> Part:
    files = {f"{number}.png": _png(one) for number, one in enumerate(pixels)}
    return Part.of(_control(labels), [[name] for name in files], labels, _toolbox(files))


def _project(control: Control, every: Part, seed: int) -> Project:
    order = np.random.default_rng(seed).permutation(len(every.labels))
    held_out = min(_MOST_TEST, len(order) * 35 // 100)

    def part(rows: NDArray[np.int64]) -> Part:
        inputs = [every.inputs[row] for row in rows.tolist()]
        labels = [every.labels[row] for row in rows.tolist()]
        return Part(inputs, labels, every.features.take(rows))

    def accuracy(answers: Answers, labels: Sequence[Label]) -> float:
        return float(control.measure.hits(answers, labels).mean())

    pool = part(order[held_out : held_out + _POOL])
    return Project(control, _toolbox({}), pool, part(order[:held_out]), {"accuracy": accuracy})


def _logistic(project: Project) -> Callable[[NDArray[np.int64]], Mapping[str, float]]:
    """Return what a user would pick: standardised vectors, tuned by cross-validation."""
    seen, unseen = _rows(project.pool.features), _rows(project.test.features)
    labels = np.array(project.pool.labels)

    def measured(rows: NDArray[np.int64]) -> Mapping[str, float]:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
        grid = {"logisticregression__C": [0.01, 0.1, 1.0]}
        with warnings.catch_warnings(action="ignore"):  # of classes with fewer rows than folds
            found = GridSearchCV(model, grid, cv=3).fit(seen[rows], labels[rows])
        return {"accuracy": float(found.score(unseen, np.array(project.test.labels)))}

    return measured


def _rows(features: Columns) -> NDArray[np.float32]:
    vectors = features.array(VECTORS)
    assert vectors is not None
    return np.asarray(vectors, np.float32)


def _retrained(project: Project) -> float:
    rows = np.arange(min(_RETRAINED, len(project.pool.labels)))
    started = time.perf_counter()
    labels = [project.pool.labels[row] for row in rows.tolist()]
    project.control.fit(labels, project.pool.features.take(rows), None, project.tools).packed()
    return time.perf_counter() - started


def _warm() -> float:
    """Return the time of an answer as the product makes it, against the encoder and a product."""
    pixels, labels = _digits()
    part, control = _encoded(pixels[:200], labels[:200]), _control(labels)
    trained = control.fit(labels[:200], part.features, None, _toolbox({})).packed()
    model = control.load(trained.artefact)
    files = {f"{number}.png": _png(one) for number, one in enumerate(pixels[200 : 200 + _TIMED])}
    tools, matrix = _toolbox(files), np.ones((_encoder().dimensions, len(set(labels))), np.float32)

    def product(name: str) -> None:
        features = control.features([[name]], tools, model.needs)
        control.results(control.shown(model.answer(features), tuple(model.names)))

    def bare(name: str) -> None:
        np.exp(_encoder().encode(files[name]) @ matrix)

    times = {which: [_seconds(which, name) for name in files] for which in (bare, product)}
    return float(np.median(times[product]) / np.median(times[bare]))


def _seconds(run: Callable[[str], None], name: str) -> float:
    started = time.perf_counter()
    run(name)
    return time.perf_counter() - started
