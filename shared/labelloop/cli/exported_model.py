"""Write the active model into a folder: artefact, card, encoder, and how to predict with them."""

import json
from pathlib import Path
from typing import Any, Final

from labelloop.adapters.encoder_files import EncoderFiles, Reading, base_of
from labelloop.bucket.pointers import DatasetPointer
from labelloop.bucket.project import Project
from labelloop.cli.report import Report
from labelloop.domain.judging.card import Card
from labelloop.errors import BadModel, NotFound
from labelloop.labelstudio.label_config import parse
from labelloop.ports import ObjectStore
from labelloop.recipes import name_of, recipe_named
from labelloop.recipes.fetched import as_texts

BUILT: Final = Path(".aws-sam/build/EncoderLayer/python/encoder")  # by `make build`

_README: Final = """\
# Model version {version} of project {project}

It learnt {labels} labels ({recipe}, trained at {trained_at}); `card.json` says how good it is.
`label_config.xml` is the label config that it learnt. {encoder}

{how}
"""
_ALONE: Final = """\
Save the lines below as `predict.py` in this folder, install {packages}, and run
`ORT_DISABLE_TELEMETRY=1 python predict.py "a text"`: they print how likely each choice is. The text
is the one that Label Studio shows of a task, `input` in what `labelloop export ... dataset` writes.
Labelloop shows only choices that the label config still offers, scaled to sum to 1.

```python
{lines}```"""
_WITH_PACKAGE: Final = """\
What a model of this kind sees of a task is computed by Labelloop's own code. So install it, out of
its folder, by `pip install './shared[backtest]'`, save the lines below as `predict.py` in this
folder, and run `python predict.py '{{"text": "the data of a task"}}'`: they print the prediction as
Label Studio gets it.

```python
import json, pathlib, sys
from labelloop.recipes import control_or_none, load
from labelloop.recipes.tools import Toolbox
{tools}
control = control_or_none(pathlib.Path("label_config.xml").read_text(), "{recipe}")
model = load("{recipe}", pathlib.Path("model.onnx").read_bytes())
features = control.features([control.input_of(json.loads(sys.argv[1]))], tools, model.needs)
answers = model.answer(features)
print(json.dumps(control.results(control.shown(answers, control.known(answers.names)))[0]))
```"""
_FETCH: Final = """\
import urllib.request
fetch = lambda addresses: [urllib.request.urlopen(one, timeout=10).read() for one in addresses]
"""
_NO_ENCODER: Final = "tools = Toolbox({fetch})"
_ENCODER: Final = """\
from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
encoder = OnnxEncoder(EncoderFiles.in_folder("{name}", pathlib.Path("encoder")))
tools = Toolbox(encoder.name, lambda: encoder{fetch})"""
_INCOMPLETE: Final = """\
That encoder is not in this folder: export the model again with `--encoder`, the folder of its
files."""
_OF_IMAGES: Final = """\
That encoder reads images, and is not exported: what it sees also depends on how Labelloop fetches,
decodes and scales a file. So these files alone don't predict; ask the stack (POST /predict), or
load them in Python beside the encoder, as `labelloop.recipes.load("{recipe}", ...)` does."""
_OWN: Final = """\
It was made by the recipe of your own `{recipe}`, which is not installed where this was exported.
How to predict with `model.onnx` is for that recipe to say: its method `load` reads the file."""


def export_model(
    project: Project, store: ObjectStore, folder: Path, encoder: Path | None, report: Report
) -> None:
    """Write the active version's files. NotFound where there is no model."""
    version = project.active().value.version
    artefact, card = project.model(version), project.card(version)
    if artefact is None or card is None:
        raise NotFound(
            f"project {project.key} has no model yet", "`labelloop status` says what it lacks"
        )
    files = _encoder_of(card, store, encoder) if _needs(card) else None
    learnt = project.dataset(DatasetPointer(card.dataset_seq, card.dataset_sha256))
    contents = {
        "model.onnx": artefact,
        "card.json": json.dumps(card.to_json(), indent=1, sort_keys=True).encode(),
        "label_config.xml": (learnt.label_config or "").encode(),
        "README.md": _readme(project.key, card, files, learnt.label_config or "").encode(),
        **{f"encoder/{name}": body for name, body in (files.contents() if files else {}).items()},
    }
    for name, body in contents.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    is_whole = files is not None or not _needs(card)
    report.data |= {"version": version, "encoder": _needs(card), "is_whole": is_whole}
    report.data["files"] = [str(folder / name) for name in contents]
    report.say(f"version {version} in {folder}; its README.md says how to predict with it")
    if not is_whole:
        report.say(f"without its encoder {card.encoder}, which is not here: name it by --encoder")


def _needs(card: Card) -> str:
    """Return the encoder that a version needs, empty for none."""
    return "" if card.is_imported else card.encoder


def _encoder_of(card: Card, store: ObjectStore, folder: Path | None) -> EncoderFiles | None:
    """Return the files of the encoder that a version needs; None if they are not to be had."""
    name = base_of(card.encoder)
    for place in [folder] if folder else [None, BUILT]:
        try:
            files = EncoderFiles.in_folder(name, place) if place else EncoderFiles.of(store, name)
        except BadModel:
            continue
        if files.name == card.encoder:
            return files
    return None


def _readme(project: str, card: Card, files: EncoderFiles | None, label_config: str) -> str:
    """Return what the folder says of itself."""
    facts: dict[str, Any] = {"version": card.version, "project": project, "labels": card.labels}
    facts |= {"recipe": name_of(card.recipe), "trained_at": card.trained_at}
    encoder = f"It needs the encoder {_needs(card)}." if _needs(card) else "It needs no encoder."
    return _README.format(**facts, encoder=encoder, how=_how(card, files, label_config))


def _how(card: Card, files: EncoderFiles | None, label_config: str) -> str:
    """Return how to predict."""
    try:
        recipe = recipe_named(card.recipe)
    except BadModel:
        return _OWN.format(recipe=card.recipe)
    if any(getattr(recipe, name, False) for name in ("sees_images", "sees_both")):
        return _OF_IMAGES.format(recipe=name_of(card.recipe))
    if _needs(card) and files is None:
        return _INCOMPLETE
    standalone = getattr(recipe, "standalone", None)
    if standalone is None or (files and files.reading != Reading()):
        tools = _tools(base_of(card.encoder) if files else "", label_config)
        return _WITH_PACKAGE.format(tools=tools, recipe=name_of(card.recipe))
    packages = "`onnxruntime` and `tokenizers`" if files else "`onnxruntime`"
    return _ALONE.format(packages=packages, lines=standalone(files.max_tokens if files else 0))


def _tools(encoder: str, label_config: str) -> str:
    """Return the lines that make the tools of a model, beside an encoder if it has one.

    Texts at addresses are fetched there: one that is not read would get a prediction all the same.
    """
    config = parse(label_config)
    is_fetched = as_texts(config) is not config
    if not encoder:
        lines = _NO_ENCODER.format(fetch="fetch=fetch" if is_fetched else "")
    else:
        lines = _ENCODER.format(name=encoder, fetch=", fetch=fetch" if is_fetched else "")
    return (_FETCH if is_fetched else "") + lines
